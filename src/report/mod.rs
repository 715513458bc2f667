//! Pictures and reports, drawn as plain text formats without a library.

pub mod layout_picture;

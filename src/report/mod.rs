//! Pictures and reports, drawn as plain text formats without a library.

pub mod comparison_picture;
pub mod layout_picture;
pub mod page;
mod svg;

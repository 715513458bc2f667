//! (in the making)

pub mod layout_picture;

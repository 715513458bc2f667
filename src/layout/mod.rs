//! Loudspeaker layouts: what stands where, in which channel order.
//!
//! [`Layout`] and [`Speaker`] are the types; `library` holds the built-in layouts of `layouts/*.toml`;
//! `parse` reads a layout file's text; `import` reads other programs' layout files.

mod types;

pub use types::{AngleRange, Layout, Speaker};

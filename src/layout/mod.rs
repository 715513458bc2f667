//! Loudspeaker layouts: what stands where, in which channel order.
//!
//! [`Layout`] and [`Speaker`] are the types; [`library`] holds the built-in layouts of
//! `layouts/*.toml` and [`find`] knows their names; [`parse`] reads a layout file's text; `wav` knows
//! channel masks. Nothing here opens a file (`format::layout_file` does).

mod library;
mod names;
mod read;
mod rules;
mod types;
mod values;
mod wav;

pub use library::{library, library_text};
pub use names::{find, names_of};
pub use read::{Reading, parse, read};
pub use types::{AngleRange, Layout, Speaker};
pub use wav::wav_position;

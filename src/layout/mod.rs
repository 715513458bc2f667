//! Loudspeaker layouts: what stands where, in which channel order.
//!
//! [`Layout`] and [`Speaker`] are the types; [`library`] holds the built-in layouts of
//! `layouts/*.toml` and [`find`] knows their names; [`parse`] reads a layout file's text and [`to_toml`]
//! writes one; [`lint`](lint()) says what is odd about a layout; [`import`](import()) reads other programs'
//! files; `wav` knows channel masks. Nothing here opens a file (`format::layout_file` does).

mod codes;
mod import;
mod library;
mod lint;
mod names;
mod read;
mod read_screen;
mod rules;
mod screen;
mod surround;
mod types;
mod values;
mod wav;
mod write;

pub use codes::{RULES, Rule};
pub use import::{Imported, import};
pub use library::{library, library_text};
pub use lint::{Compensation, Source, compensation, lint};
pub use names::{find, names_of, shared_names_of};
pub use read::{Reading, parse, read};
pub use screen::{Screen, ScreenEdges};
pub use types::{AngleRange, Layout, Speaker};
pub use wav::wav_position;
pub use write::to_toml;

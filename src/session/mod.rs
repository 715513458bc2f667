//! The session file: read, checked strictly, and built into a scene.
//!
//! - [`schema`] holds the keys, as types; [`json_schema()`] is the JSON Schema made from them.
//! - [`Session::load`] reads a file and refuses it with every finding at once, each with its place.
//! - [`Session::build`] opens the stems and makes a [`Song`]: inputs, strips, objects, outputs.
//! - [`Checked::of`] is for linting: it gives all findings, and what could be read.
//!
//! The numbered rules are in [`RULES`].

mod build;
mod codes;
mod conform;
mod findings;
mod json;
mod json_schema;
mod keyframe;
mod later;
mod load;
mod movement;
mod outside;
mod read;
mod rules;
mod scan;
pub mod schema;
mod text;
pub mod time;
mod tree;

pub use build::{BuildOptions, Input, OutSpec, Song, Strip};
pub use codes::{RULES, Rule};
pub use json_schema::json_schema;
pub use keyframe::Keyframe;
pub use load::{Checked, Session};
pub use rules::{Target, file_name, target};

//! The session file: read, checked strictly, and built into a scene.
//!
//! - [`schema`] holds the keys, as types; [`json_schema()`] is the JSON Schema made from them.
//! - [`Session::load`] reads a file and refuses it with every finding at once, each with its place.
//! - [`Session::build`] opens the stems and makes a [`Song`]: inputs, strips, objects, outputs.
//! - [`Checked::of`] is for linting: it gives all findings, and what could be read.
//!
//! The numbered rules are in [`RULES`].
//!
//! For a folder without a session: [`folder`] lists it, [`names`] reads what the names say, [`sound`] listens
//! for the rest, [`propose`] places every stem and [`mod@write`] writes the file.

mod build;
mod chain;
mod codes;
mod conform;
mod desk;
mod findings;
pub mod folder;
mod impulses;
mod json;
mod json_schema;
mod keyframe;
mod later;
mod load;
mod movement;
pub mod names;
mod outs;
mod outside;
mod place;
mod presets;
pub mod propose;
mod read;
mod rules;
mod scan;
pub mod schema;
mod silence;
mod song;
pub mod sound;
mod text;
pub mod time;
mod tree;
pub mod write;

pub use chain::{ChainFile, ChainText};
pub use codes::{RULES, Rule};
pub(crate) use findings::did_you_mean;
pub use json_schema::{json_schema, published_schema};
pub use keyframe::Keyframe;
pub use load::{Checked, Session};
pub use outs::{DeliverySpec, OutSpec};
pub use place::{Placing, Turn};
pub use presets::{PRESETS, Preset};
pub use rules::{Target, file_name, on_headphones, target};
pub use schema::{BitDepthKey, ContainerKey, GateKeys, OutFormat};
pub use song::{BuildOptions, Input, Song};
pub use time::Time;

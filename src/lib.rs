//! `umbel` renders a folder of stems as positioned objects to any loudspeaker layout and, beside it, to a
//! conventional stereo bus, in one pass.
//!
//! Modules, each of which uses only those before it (`tests/layers.rs` holds the list):

pub mod audio;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod dsp;
pub mod effect;
pub mod engine;
pub mod error;
pub mod format;
pub mod geometry;
pub mod layout;
pub mod measure;
pub mod mix;
pub mod offline;
pub mod panner;
pub mod render;
pub mod report;
pub mod scene;
pub mod session;
pub mod units;

pub use error::{Error, Result};

//! The scene: which objects there are and where each one is at every absolute frame.
//!
//! An [`Object`] is one mono feed with metadata. Its [`MetadataBlock`]s arrive in order of time from a
//! [`BlockSource`], so that an hour of automation needs no more memory than a minute. A session's
//! movement is compiled to blocks on the grid of absolute frames; other
//! formats deliver blocks at frames of their own.

mod curve;
mod object;
mod playback;

pub use curve::Curve;
pub use object::{BlockSource, Extent, MetadataBlock, Object, ObjectState, StaticBlock};
pub use playback::Playback;

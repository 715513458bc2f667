//! Binaural rendering: to the two ears of a listener with headphones.
//!
//! - [`Headphones`] says what is rendered for: the prepared set, the room, how the head turns.
//! - `ears` plays sources through the filters of their directions; `course` knows where an object is when
//!   (`places`: where that is), [`pose`](Pose) how the head is turned.
//! - `columns` divides what an object plays: its own source, fixed directions for extent and diffuse sound
//!   (`virtual_layouts`; decorrelated in
//!   `wide`, as loud as `wide_level` says), the `room` (as much as `room_level` says); `bass_split` parts both from their bass.
//! - `stage` puts it together; `renderer` runs it, or, for a preview of loudspeakers, runs it on their feeds.

mod bass_split;
mod columns;
mod course;
mod ears;
mod headphones;
mod places;
mod pose;
mod renderer;
mod room;
mod room_level;
mod stage;
mod virtual_layouts;
mod wide;
mod wide_level;

pub use headphones::{Headphones, RoomChoice};
pub use pose::{Pose, PoseTrack};
pub(super) use renderer::BinauralRenderer;

/// Frames that one transform takes in: sets are [prepared](super::hrtf::Preparation) for it.
pub const HOP: usize = ears::HOP;

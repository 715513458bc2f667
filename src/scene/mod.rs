//! The scene: which objects there are and where each one is at every absolute frame.
//!
//! An [`Object`] is one mono feed with metadata: a positioned source, a loudspeaker's channel or a component
//! of a sound field ([`State`]). Its [`MetadataBlock`]s arrive in order of time from a
//! [`BlockSource`], so that an hour of automation needs no more memory than a minute. A session's
//! movement is compiled to blocks on the grid of absolute frames; other
//! formats deliver blocks at frames of their own.

mod conversion;
mod curve;
mod features;
mod headphones;
mod motion;
mod object;
mod playback;
mod shapes;
mod sound_field;
mod speakers;
mod trajectory;

pub use conversion::{to_cartesian, to_polar};
pub use curve::Curve;
pub use features::{
    ChannelLock, Divergence, Features, LockHorizontal, LockVertical, ScreenEdgeLock, Zone,
};
pub use headphones::{OnHeadphones, RoomMode};
pub use motion::{Imaging, Motion, PanRule, Placement, Side, blocks, blocks_of};
pub use object::{
    BlockSource, Extent, MetadataBlock, Object, ObjectState, Pan, Ramp, State, StaticBlock,
};
pub(crate) use playback::USUAL_BLOCKS;
pub use playback::{Begun, Playback};
pub use shapes::{BackAndForth, Circle, Cycle, Ring, Spiral, Swing, Turn};
pub use sound_field::{HoaComponent, Normalization, SoundField};
pub use speakers::{Bounded, DirectSpeakers, SpeakerPosition};
pub(crate) use trajectory::along;
pub use trajectory::{Keyframe, Keyframes, LATEST_SECOND, MotionProblem, Place, Trajectory};

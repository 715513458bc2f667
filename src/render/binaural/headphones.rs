//! Headphones as a target: the set, the room, the head.

use std::sync::Arc;

use super::pose::PoseTrack;
use super::virtual_layouts::VirtualLayout;
use crate::Result;
use crate::layout::Layout;
use crate::render::hrtf::Filters;
use crate::render::target::Target;
use crate::scene::RoomMode;

/// In which room objects are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoomChoice {
    /// Each in its own; [`RoomMode::Mid`] if it says none.
    #[default]
    Own,
    /// All in one.
    All(RoomMode),
    /// None: ears alone.
    Dry,
}

impl RoomChoice {
    /// The room of an object that asks for `own`; `None`: ears alone.
    pub(super) fn of(self, own: Option<RoomMode>) -> Option<RoomMode> {
        match self {
            Self::Own => Some(own.unwrap_or(RoomMode::Mid)),
            Self::All(mode) => Some(mode),
            Self::Dry => None,
        }
    }
}

/// What a binaural render is made for.
pub struct Headphones {
    pub(super) filters: Arc<Filters>,
    pub(super) room: RoomChoice,
    pub(super) pose: PoseTrack,
    /// Linear gain on both ears.
    pub(super) gain: f64,
    pub(super) wide: VirtualLayout,
    pub(super) dense: VirtualLayout,
    /// Loudspeakers that are listened to instead of the objects themselves.
    pub(in crate::render) preview: Option<Box<Target>>,
    name: String,
}

impl Headphones {
    /// Headphones with the ears of `filters`, the head straight ahead.
    ///
    /// # Errors
    /// Never for the fixed directions that are used; a fault in them is an error all the same.
    pub fn new(filters: Arc<Filters>, room: RoomChoice) -> Result<Self> {
        Ok(Self {
            filters,
            room,
            pose: PoseTrack::default(),
            gain: 1.0,
            wide: VirtualLayout::wide()?,
            dense: VirtualLayout::dense()?,
            preview: None,
            name: "binaural".to_owned(),
        })
    }

    /// The same with a head that turns.
    #[must_use]
    pub fn with_pose(self, pose: PoseTrack) -> Self {
        Self { pose, ..self }
    }

    /// The same, louder by a linear factor.
    #[must_use]
    pub fn with_gain(self, gain: f64) -> Self {
        Self { gain, ..self }
    }

    /// Headphones that play the loudspeakers of `layout`, each where it stands, all as far away: trims and delays
    /// of the layout, which even out a real room, are left out.
    ///
    /// # Errors
    /// [`crate::Error::Layout`] if the layout has no speaker besides LFEs.
    pub fn with_loudspeakers(self, mut layout: Layout) -> Result<Self> {
        for speaker in &mut layout.speakers {
            (speaker.gain_db, speaker.delay_ms) = (0.0, 0.0);
        }
        Ok(Self {
            name: format!("binaural:{}", layout.name),
            preview: Some(Box::new(Target::loudspeakers(layout)?)),
            ..self
        })
    }

    /// "binaural", or "binaural:" and the layout that is listened to.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether loudspeakers are listened to instead of the objects themselves.
    pub fn plays_loudspeakers(&self) -> bool {
        self.preview.is_some()
    }

    /// The prepared set.
    pub fn filters(&self) -> &Filters {
        &self.filters
    }
}

impl std::fmt::Debug for Headphones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Headphones")
            .field("name", &self.name)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

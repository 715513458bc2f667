//! What stands in the room: loudspeakers, screen, and the panners for polar and Cartesian positions. Objects
//! and loudspeakers' channels are panned on it.

use super::loudspeakers::{Loudspeaker, loudspeakers};
use super::objects::screen::ScreenAtHand;
use super::{Allocentric, Panner};
use crate::layout::Layout;

/// A layout made ready for panning.
pub(super) struct Stage {
    /// The channels in order, LFE included.
    pub(super) speakers: Vec<Loudspeaker>,
    /// Pans polar positions.
    pub(super) panner: Box<dyn Panner>,
    /// Pans Cartesian positions, if the loudspeakers have places in the room cube.
    pub(super) room: Option<Allocentric>,
    /// Moves positions that depend on the screen.
    pub(super) screen: ScreenAtHand,
}

impl Stage {
    pub(super) fn new(layout: &Layout, panner: Box<dyn Panner>) -> Self {
        let speakers = loudspeakers(layout);
        Self {
            room: Allocentric::of(&speakers),
            screen: ScreenAtHand::new(layout, &speakers),
            speakers,
            panner,
        }
    }
}

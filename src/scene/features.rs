//! The rarer properties of an object (ITU-R BS.2076, audioBlockFormat of type Objects).

use crate::layout::Screen;

/// What a block may say beside position, extent, gain and diffuseness.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Features {
    /// Plays from the nearest loudspeaker alone.
    pub channel_lock: Option<ChannelLock>,
    /// Splits into three sources.
    pub divergence: Option<Divergence>,
    /// Loudspeakers in these zones do not play it.
    pub zones: Vec<Zone>,
    /// The position is meant relative to the reference screen and is scaled to the screen at hand.
    pub screen_ref: bool,
    /// The position sticks to an edge of the screen at hand.
    pub screen_edge_lock: ScreenEdgeLock,
    /// The screen the programme was made for.
    pub reference_screen: Screen,
}

/// Snaps to the nearest loudspeaker.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChannelLock {
    /// Only to a loudspeaker nearer than this, in units of the loudspeaker distance (0 and up); `None`:
    /// however far.
    pub max_distance: Option<f64>,
}

/// Plays beside its position too, left and right of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divergence {
    /// 0: at the position only; 1: at the two sides only.
    pub value: f64,
    /// Degrees from the position to a side, for polar positions; `None`: not said.
    pub azimuth_range: Option<f64>,
    /// Room units along x from the position to a side, for Cartesian positions; `None`: not said.
    pub position_range: Option<f64>,
}

/// A part of the room; limits are included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Zone {
    /// Degrees: azimuth from `min_azimuth` anticlockwise (to the left) to `max_azimuth`.
    Polar {
        /// Right end in degrees.
        min_azimuth: f64,
        /// Left end in degrees.
        max_azimuth: f64,
        /// Lower end in degrees.
        min_elevation: f64,
        /// Upper end in degrees.
        max_elevation: f64,
    },
    /// A box: x right, y front, z up, -1..1.
    Cartesian {
        /// Lower corner (x, y, z).
        min: [f64; 3],
        /// Upper corner (x, y, z).
        max: [f64; 3],
    },
}

/// Edges of the screen that a position sticks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScreenEdgeLock {
    /// Left or right edge.
    pub horizontal: Option<LockHorizontal>,
    /// Top or bottom edge.
    pub vertical: Option<LockVertical>,
}

impl ScreenEdgeLock {
    /// True if it sticks to no edge.
    pub fn is_none(self) -> bool {
        self.horizontal.is_none() && self.vertical.is_none()
    }
}

/// A side edge of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockHorizontal {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

/// The upper or lower edge of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockVertical {
    /// The upper one.
    Top,
    /// The lower one.
    Bottom,
}

//! Channels made for a loudspeaker (ITU-R BS.2076, type DirectSpeakers).

use super::ScreenEdgeLock;
use crate::geometry::Position;
use crate::layout::Screen;

/// A channel of a bed and what says which loudspeaker it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectSpeakers {
    /// Labels, best first: "M+030", or "urn:itu:bs:2051:0:speaker:M+030".
    pub labels: Vec<String>,
    /// Where the loudspeaker is meant to be.
    pub position: SpeakerPosition,
    /// Upper end of the channel's band in Hz, if it says one.
    pub low_pass: Option<f64>,
    /// Lower end of the channel's band in Hz, if it says one.
    pub high_pass: Option<f64>,
    /// Id of the innermost pack it comes in ("AP_00010003"), for the mapping of common packs.
    pub pack: Option<String>,
    /// The position sticks to an edge of the screen at hand.
    pub screen_edge_lock: ScreenEdgeLock,
    /// The screen the programme was made for.
    pub reference_screen: Screen,
    /// Linear gain.
    pub gain: f64,
}

impl DirectSpeakers {
    /// The channel of the loudspeaker `label` at `position`, at full level, with nothing else said.
    pub fn labelled(label: impl Into<String>, position: impl Into<SpeakerPosition>) -> Self {
        Self {
            labels: vec![label.into()],
            position: position.into(),
            low_pass: None,
            high_pass: None,
            pack: None,
            screen_edge_lock: ScreenEdgeLock::default(),
            reference_screen: Screen::default(),
            gain: 1.0,
        }
    }
}

/// A coordinate with the range within which a loudspeaker may stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounded {
    /// The coordinate itself.
    pub value: f64,
    /// Lower bound; `None`: the value.
    pub min: Option<f64>,
    /// Upper bound; `None`: the value.
    pub max: Option<f64>,
}

impl From<f64> for Bounded {
    fn from(value: f64) -> Self {
        Self {
            value,
            min: None,
            max: None,
        }
    }
}

/// Where a loudspeaker is meant to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpeakerPosition {
    /// Degrees and loudspeaker distances.
    Polar {
        /// + = left.
        azimuth: Bounded,
        /// + = up.
        elevation: Bounded,
        /// 1 = on the loudspeaker sphere.
        distance: Bounded,
    },
    /// Room cube.
    Cartesian {
        /// -1 left to 1 right.
        x: Bounded,
        /// -1 back to 1 front.
        y: Bounded,
        /// -1 floor to 1 ceiling.
        z: Bounded,
    },
}

impl From<Position> for SpeakerPosition {
    fn from(position: Position) -> Self {
        match position {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => Self::Polar {
                azimuth: azimuth.into(),
                elevation: elevation.into(),
                distance: distance.into(),
            },
            Position::Cartesian { x, y, z } => Self::Cartesian {
                x: x.into(),
                y: y.into(),
                z: z.into(),
            },
        }
    }
}

impl SpeakerPosition {
    /// The position itself, without the bounds around it.
    pub fn nominal(&self) -> Position {
        match self {
            Self::Polar {
                azimuth,
                elevation,
                distance,
            } => Position::Polar {
                azimuth: azimuth.value,
                elevation: elevation.value,
                distance: distance.value,
            },
            Self::Cartesian { x, y, z } => Position::Cartesian {
                x: x.value,
                y: y.value,
                z: z.value,
            },
        }
    }
}

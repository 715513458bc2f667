//! A loudspeaker layout: an ordered list of speakers.

use super::Screen;
use crate::geometry::{Direction, Position};

/// An allowed range of an angle in degrees, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AngleRange {
    /// Lower end in degrees.
    pub min: f64,
    /// Upper end in degrees; may be less than `min` for an azimuth range through ±180.
    pub max: f64,
}

/// One output channel and the loudspeaker (or subwoofer) that plays it.
#[derive(Debug, Clone, PartialEq)]
pub struct Speaker {
    /// ITU-R BS.2051 label ("M+030", "LFE1") or the user's own.
    pub label: String,
    /// The name other houses use ("L", "Ltf"), if there is one.
    pub name: Option<String>,
    /// Where it really stands; polar, distance in units of the layout's largest distance.
    pub position: Position,
    /// Allowed azimuths, if a standard gives a range.
    pub azimuth_range: Option<AngleRange>,
    /// Allowed elevations, if a standard gives a range.
    pub elevation_range: Option<AngleRange>,
    /// A low-frequency channel: never panned into.
    pub lfe: bool,
    /// Room-cube coordinates (x right, y front, z up, walls at ±1), where a standard gives them.
    pub room: Option<[f64; 3]>,
    /// Bit number in the WAVEFORMATEXTENSIBLE channel mask (FFmpeg's numbers above 31), if it has one.
    pub mask_bit: Option<u8>,
    /// Calibration trim in dB, applied to the channel.
    pub gain_db: f64,
    /// Calibration delay in ms, applied to the channel; ≥ 0.
    pub delay_ms: f64,
}

impl Speaker {
    /// Azimuth and elevation in degrees and distance, with the digits the file gives.
    pub fn polar(&self) -> (f64, f64, f64) {
        match self.position {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => (azimuth, elevation, distance),
            Position::Cartesian { .. } => self.position.to_polar(),
        }
    }

    /// Unit vector towards the loudspeaker.
    pub fn direction(&self) -> Direction {
        let v = self.position.vector();
        let length = v.norm();
        if length > 0.0 {
            v / length
        } else {
            Position::FRONT.vector()
        }
    }
}

/// A named loudspeaker layout. Channel order of every output is the order of `speakers`.
///
/// Invariants (checked where a layout is read): at least one speaker that is not an LFE, labels
/// unique, no two speakers (LFE apart) within 0.05 degrees of each other, all numbers finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Canonical name ("4+7+0") or the name in the user's file.
    pub name: String,
    /// Other names it answers to ("7.1.4").
    pub aliases: Vec<String>,
    /// What it is, for people ("ITU-R BS.2051 system J").
    pub title: String,
    /// Channels in order.
    pub speakers: Vec<Speaker>,
    /// Where the numbers come from.
    pub source: String,
    /// The screen of the room; `None`: there is none, and nothing is scaled to it.
    pub screen: Option<Screen>,
}

impl Layout {
    /// Number of output channels, LFE included.
    pub fn channels(&self) -> usize {
        self.speakers.len()
    }

    /// Channel index of the first LFE, if the layout has one.
    pub fn lfe_channel(&self) -> Option<usize> {
        self.speakers.iter().position(|s| s.lfe)
    }
}

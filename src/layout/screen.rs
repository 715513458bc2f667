//! The screen that a programme was made for, or that stands in the room (ITU-R BS.2076, audioProgrammeReferenceScreen).

use crate::geometry::Position;

/// A screen, upright and facing the listener.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Screen {
    /// Width over height.
    pub aspect_ratio: f64,
    /// Its centre: polar, or in the room cube.
    pub centre: Position,
    /// Its width: degrees seen from the listener with a polar centre, room units along x with a Cartesian one.
    pub width: f64,
}

impl Default for Screen {
    /// The default of ITU-R BS.2076: 58 degrees wide, 1.78 : 1, straight ahead.
    fn default() -> Self {
        Self {
            aspect_ratio: 1.78,
            centre: Position::FRONT,
            width: 58.0,
        }
    }
}

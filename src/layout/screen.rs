//! The screen that a programme was made for, or that stands in the room (ITU-R BS.2076, audioProgrammeReferenceScreen).

use nalgebra::Vector3;

use crate::geometry::{Position, direction};

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

/// Azimuths and elevations, in degrees, of the middles of a screen's edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScreenEdges {
    /// Azimuth of the left edge.
    pub left: f64,
    /// Azimuth of the right edge; not above `left`.
    pub right: f64,
    /// Elevation of the bottom edge.
    pub bottom: f64,
    /// Elevation of the top edge.
    pub top: f64,
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

/// How far, in degrees, the bottom edge may lie beside the top edge: rounding.
const UPRIGHT_DEG: f64 = 1e-3;

impl Screen {
    /// Where its edges are seen from the listener (ITU-R BS.2127-0, 7.3.3).
    ///
    /// # Errors
    /// In words, that the screen goes round behind the listener or past straight up or down, where left and
    /// right (or top and bottom) have no meaning.
    pub fn edges(&self) -> Result<ScreenEdges, &'static str> {
        let centre = self.centre.vector();
        let (across, up) = match self.centre {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => {
                let half = distance * (self.width / 2.0).to_radians().tan();
                (
                    direction(azimuth - 90.0, 0.0) * half,
                    direction(azimuth, elevation + 90.0) * (half / self.aspect_ratio),
                )
            }
            Position::Cartesian { .. } => {
                let half = self.width / 2.0;
                (
                    Vector3::x() * half,
                    Vector3::z() * (half / self.aspect_ratio),
                )
            }
        };
        let seen = |at: Vector3<f64>| {
            let (x, y, z) = (at.x, at.y, at.z);
            let (azimuth, elevation, _) = Position::Cartesian { x, y, z }.to_polar();
            (azimuth, elevation)
        };
        let ((left, _), (right, _)) = (seen(centre - across), seen(centre + across));
        if right > left {
            return Err("it goes round behind the listener");
        }
        let ((below, bottom), (above, top)) = (seen(centre - up), seen(centre + up));
        if (below - above).abs() > UPRIGHT_DEG || bottom > top {
            return Err("it goes past straight up or down");
        }
        let edges = ScreenEdges {
            left,
            right,
            bottom,
            top,
        };
        match [left, right, bottom, top]
            .iter()
            .all(|angle| angle.is_finite())
        {
            true => Ok(edges),
            false => Err("it is too large or too far away"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polar(azimuth: f64, elevation: f64, width: f64) -> Screen {
        Screen {
            centre: Position::Polar {
                azimuth,
                elevation,
                distance: 1.0,
            },
            width,
            ..Screen::default()
        }
    }

    #[test]
    fn the_default_screen_reaches_29_degrees_to_each_side() {
        let edges = Screen::default().edges().expect("a screen in front");
        assert!((edges.left - 29.0).abs() < 1e-9 && (edges.right + 29.0).abs() < 1e-9);
        let half = (29f64.to_radians().tan() / 1.78).atan().to_degrees();
        assert!((edges.top - half).abs() < 1e-9 && (edges.bottom + half).abs() < 1e-9);
    }

    #[test]
    fn a_wall_in_the_room_cube_is_a_screen_too() {
        let wall = Screen {
            aspect_ratio: 2.0,
            centre: Position::Cartesian {
                x: 0.0,
                y: 1.0,
                z: 0.0,
            },
            width: 2.0,
        };
        let edges = wall.edges().expect("a screen in front");
        assert!((edges.left - 45.0).abs() < 1e-9 && (edges.right + 45.0).abs() < 1e-9);
        assert!((edges.top - 0.5f64.atan().to_degrees()).abs() < 1e-9);
    }

    #[test]
    fn screens_behind_or_overhead_are_refused() {
        for (screen, reason) in [
            (polar(180.0, 0.0, 40.0), "behind"),
            (polar(0.0, 85.0, 40.0), "straight up"),
            (polar(0.0, -85.0, 40.0), "straight up or down"),
        ] {
            let said = screen.edges().expect_err("no use");
            assert!(said.contains(reason), "{screen:?}: {said}");
        }
    }
}

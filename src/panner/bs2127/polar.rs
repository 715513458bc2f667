//! The polar panner: a point source with an extent, at any distance (ITU-R BS.2127-0, section 7.3.8).

use nalgebra::Vector3;

use super::PointSource;
use super::extent::{FADE_DEG, Grid, interpolate};
use crate::geometry::{Direction, Position, direction};
use crate::layout::Layout;
use crate::panner::{Bearing, Bearings, Panner};
use crate::scene::Extent;

/// The size, as the tangent of a quarter of the angle it covers from distance 1, of something without
/// extent and of something of 360 degrees.
const SIZES: (f64, f64) = (0.2, 1.0);

/// Shares of the power below this are left out.
const NOTHING: f64 = 1e-10;

/// Nearer to the listener than this there is no direction, but straight ahead.
const NO_DISTANCE: f64 = 1e-10;

/// Most loudspeakers that a system has.
const MOST_SPEAKERS: usize = 24;

/// The panner for positions in degrees on the systems of BS.2051.
///
/// Gains have power 1 (0+2+0: down to 0.5 at the back) and are those of the EBU ADM Renderer 2.1.0.
/// Extents are seen from the listener: they shrink with distance beyond 1 and grow below it, to all
/// round at the listener's place; a point, too, grows below distance 1.
///
/// A position in the room cube is taken as a vector from the listener, its extent as lengths: what is
/// seen of them, or of a point at the same distance if that is more.
#[derive(Debug, Clone)]
pub struct Polar {
    point_source: PointSource,
    grid: Grid,
}

impl Polar {
    /// The panner of `layout`; `None` if it is no system of BS.2051 ([`super::System::of`]).
    pub fn new(layout: &Layout) -> Option<Self> {
        let point_source = PointSource::new(layout)?;
        let speakers = layout.speakers.iter().enumerate();
        let channels = speakers.filter(|(_, s)| !s.lfe).map(|(channel, _)| channel);
        Some(Self {
            grid: Grid::new(&point_source, channels.collect()),
            point_source,
        })
    }

    /// The panner of directions beneath it.
    pub fn point_source(&self) -> &PointSource {
        &self.point_source
    }
}

/// What is seen of an object from one distance.
#[derive(Debug, Clone, Copy)]
struct Seen {
    width_deg: f64,
    height_deg: f64,
}

impl Polar {
    /// Writes the squared gains of what is `seen` in `direction` to `powers`, one per loudspeaker.
    fn powers(&self, direction: &Direction, seen: Seen, powers: &mut [f64], scratch: &mut [f64]) {
        let spread = (seen.width_deg.max(seen.height_deg) / FADE_DEG).min(1.0);
        let point = 1.0 - spread;
        powers.fill(0.0);
        if point > NOTHING {
            self.point_source.direction_gains(direction, scratch);
            for (power, &channel) in powers.iter_mut().zip(self.grid.channels()) {
                *power += point * scratch[channel] * scratch[channel];
            }
        }
        if spread > NOTHING {
            let least = FADE_DEG / 2.0;
            let (width, height) = (seen.width_deg.max(least), seen.height_deg.max(least));
            let mut gains = [0.0; MOST_SPEAKERS];
            let gains = &mut gains[..powers.len()];
            self.grid.spread(direction, width, height, gains);
            for (power, gain) in powers.iter_mut().zip(gains) {
                *power += spread * *gain * *gain;
            }
        }
    }
}

impl Panner for Polar {
    fn channels(&self) -> usize {
        self.point_source.channels()
    }

    fn gains_at(&self, position: Position, bearing: &Bearing, extent: Extent, gains: &mut [f64]) {
        match position {
            Position::Polar { distance, .. }
                if (1.0..f64::INFINITY).contains(&distance) && extent.is_point() =>
            {
                self.point_source.bearing_gains(bearing, gains);
            }
            _ => self.gains(position, extent, gains),
        }
    }

    fn pans_together(&self) -> bool {
        true
    }

    fn points(&self, bearings: &Bearings, gains: &mut [f64], places: &[Option<u32>]) {
        self.point_source.points_gains(bearings, gains, places);
    }

    fn gains(&self, position: Position, extent: Extent, gains: &mut [f64]) {
        let (direction, distance) = split(position);
        let extent = Extent {
            width: clamped(extent.width, 360.0),
            height: clamped(extent.height, 360.0),
            depth: clamped(extent.depth, 1.0),
        };
        if distance >= 1.0 && extent.is_point() {
            return self.point_source.direction_gains(&direction, gains);
        }
        let seen_from = |distance: f64| {
            let angle = |size: f64| match position {
                Position::Polar { .. } => seen_angle_deg(size, distance),
                Position::Cartesian { .. } => {
                    let covered = 4.0
                        * (2.0 * clamped(size, 1.0))
                            .atan2(4.0 * distance)
                            .to_degrees();
                    covered.max(seen_angle_deg(0.0, distance))
                }
            };
            Seen {
                width_deg: angle(extent.width),
                height_deg: angle(extent.height),
            }
        };
        let speakers = self.grid.channels().len();
        let mut far = [0.0; MOST_SPEAKERS];
        let far = &mut far[..speakers];
        if extent.depth > 0.0 {
            let mut near = [0.0; MOST_SPEAKERS];
            let near = &mut near[..speakers];
            let half = extent.depth / 2.0;
            self.powers(&direction, seen_from(distance + half), far, gains);
            self.powers(
                &direction,
                seen_from((distance - half).max(0.0)),
                near,
                gains,
            );
            for (far, near) in far.iter_mut().zip(near) {
                *far = 0.5 * (*far + *near);
            }
        } else {
            self.powers(&direction, seen_from(distance), far, gains);
        }
        gains.fill(0.0);
        for (&channel, power) in self.grid.channels().iter().zip(far) {
            gains[channel] = power.sqrt();
        }
    }
}

/// The width or height, in degrees, of something that has `extent_deg` at distance 1, from `distance`.
#[allow(
    clippy::float_cmp,
    reason = "where distance is 1, what is seen is the extent itself"
)]
pub(in crate::panner) fn seen_angle_deg(extent_deg: f64, distance: f64) -> f64 {
    if distance == 1.0 {
        return extent_deg;
    }
    let size = SIZES.0 + (SIZES.1 - SIZES.0) * extent_deg / 360.0;
    let covered = |distance: f64| 4.0 * size.atan2(distance).to_degrees();
    let (from_here, from_1) = (covered(distance), covered(1.0));
    interpolate(
        from_here,
        &[(0.0, 0.0), (from_1, extent_deg), (360.0, 360.0)],
    )
}

/// `size` within 0..`most`; 0 if it is not a number.
fn clamped(size: f64, most: f64) -> f64 {
    if size > 0.0 { size.min(most) } else { 0.0 }
}

/// Unit vector and distance of a position; straight ahead at no distance if it is not finite.
fn split(position: Position) -> (Direction, f64) {
    let (direction, distance) = match position {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => (direction(azimuth, elevation), distance),
        Position::Cartesian { x, y, z } => {
            let largest = x.abs().max(y.abs()).max(z.abs());
            // Scaled first, so that neither huge nor tiny positions leave the range of the squares.
            let scaled = Vector3::new(x, y, z) / largest;
            let length = scaled.norm();
            (scaled / length, length * largest)
        }
    };
    let finite = direction.iter().all(|x| x.is_finite());
    if finite && (NO_DISTANCE..f64::INFINITY).contains(&distance) {
        (direction, distance)
    } else {
        (Position::FRONT.vector(), 0.0)
    }
}

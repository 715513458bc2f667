//! Plain spread: an object that is larger than a point.
//!
//! The extent is an oval of directions round the object, `width` across and `height` up and down in the
//! object's own frame (so that 360 degrees of width at ear height is the horizontal ring): a disc if both
//! are equal, a line if one is 0. It is filled with point sources whose gains are summed and scaled to
//! power 1 (multiple-direction amplitude panning, Pulkki 1999).

use std::f64::consts::{FRAC_PI_2, TAU};
use std::sync::LazyLock;

use nalgebra::Vector3;

use crate::geometry::{Direction, Position};
use crate::scene::Extent;

/// Rings of point sources round the middle; ring `k` holds `6 k` of them.
const RINGS: u32 = 6;

/// Cosine of the elevation (75 degrees) from which on width and height become one, because left and
/// right have no meaning overhead.
const OVERHEAD: f64 = 0.26;

/// A point source of the unit disc.
struct Point {
    /// Coordinates in the disc.
    disc: [f64; 2],
    /// Each coordinate drawn out so that the points lie evenly on a line.
    line: [f64; 2],
    /// The part of the disc that it stands for; all together 1.
    share: f64,
}

static POINTS: LazyLock<Vec<Point>> = LazyLock::new(|| {
    let mut points = vec![point(0.0, 0.0, 0.75)];
    for ring in 1..=RINGS {
        let radius = f64::from(ring) / f64::from(RINGS);
        let share = if ring == RINGS { 0.5 } else { 1.0 };
        for step in 0..6 * ring {
            let (sin, cos) = (TAU * f64::from(step) / f64::from(6 * ring)).sin_cos();
            points.push(point(radius * cos, radius * sin, share));
        }
    }
    let total: f64 = points.iter().map(|point| point.share).sum();
    for point in &mut points {
        point.share /= total;
    }
    points
});

/// Works out the points of the disc, so that the first spread does not have to.
pub(super) fn prepare() {
    LazyLock::force(&POINTS);
}

fn point(x: f64, y: f64, share: f64) -> Point {
    // How much of the disc lies on either side of a chord at `t`, from -1 to 1.
    let drawn_out = |t: f64| {
        let t = t.clamp(-1.0, 1.0);
        (t * (1.0 - t * t).sqrt() + t.asin()) / FRAC_PI_2
    };
    Point {
        disc: [x, y],
        line: [drawn_out(x), drawn_out(y)],
        share,
    }
}

/// Half of the oval's axes in radians, as seen from the listener.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    half_width_rad: f64,
    half_height_rad: f64,
}

impl Spread {
    /// The spread of an object at `distance`. Degrees are clamped to 0..360, shares of the room to 0..1; what
    /// is not a number is 0.
    ///
    /// A length `s` (the room's is 2) at a distance `d` covers the angle `4 atan(s / 4 d)`: `s / d` when it
    /// is far, all round when the listener is in it.
    pub(super) fn of(extent: Extent, position: Position, distance: f64) -> Self {
        let angle_rad = |size: f64| match position {
            Position::Polar { .. } => clamped(size, 360.0).to_radians(),
            Position::Cartesian { .. } => 4.0 * (2.0 * clamped(size, 1.0)).atan2(4.0 * distance),
        };
        Self {
            half_width_rad: angle_rad(extent.width) / 2.0,
            half_height_rad: angle_rad(extent.height) / 2.0,
        }
    }

    /// The same object seen from `nearer` times its distance, 0 to 1: half angles `h` become
    /// `2 atan(tan(h / 2) / nearer)`.
    pub(super) fn seen_from(self, nearer: f64) -> Self {
        let grow = |half: f64| 2.0 * (half / 2.0).sin().atan2((half / 2.0).cos() * nearer);
        Self {
            half_width_rad: grow(self.half_width_rad),
            half_height_rad: grow(self.half_height_rad),
        }
    }

    /// Whether the object is a point.
    pub(super) fn is_point(self) -> bool {
        self.half_width_rad <= 0.0 && self.half_height_rad <= 0.0
    }

    /// Calls `visit` with each direction of the oval round `middle` and its weight; the weights sum to 1
    /// for a small oval and to less for one that reaches behind the listener.
    pub(super) fn for_each(self, middle: &Direction, mut visit: impl FnMut(&Direction, f64)) {
        let (half_width, half_height) = self.axes_at(middle);
        let flat = middle.x.hypot(middle.y);
        // Straight up, where the oval is a disc, any frame will do.
        let left = if flat > 1e-12 {
            Vector3::new(-middle.y / flat, middle.x / flat, 0.0)
        } else {
            -Vector3::x()
        };
        let up = middle.cross(&left);
        let round = half_width.min(half_height);
        let (longer_width, longer_height) = (half_width - round, half_height - round);
        let roundness = round / half_width.max(half_height).max(f64::MIN_POSITIVE);
        for point in POINTS.iter() {
            let across = round * point.disc[0] + longer_width * point.line[0];
            let upward = round * point.disc[1] + longer_height * point.line[1];
            let angle = across.hypot(upward);
            let sinc = if angle > 1e-9 {
                angle.sin() / angle
            } else {
                1.0
            };
            let direction = middle * angle.cos() + (left * across + up * upward) * sinc;
            // Towards the back a disc shrinks on the sphere, and with it a point's share; a line does not.
            let shrunk = 1.0 + roundness * (sinc.max(0.0) - 1.0);
            visit(&direction, point.share * shrunk);
        }
    }

    /// Half axes, made equal towards the zenith and the nadir.
    fn axes_at(self, middle: &Direction) -> (f64, f64) {
        let sideways = (middle.x.hypot(middle.y) / OVERHEAD).min(1.0);
        let keep = sideways * sideways * (3.0 - 2.0 * sideways);
        let mean = (self.half_width_rad + self.half_height_rad) / 2.0;
        let blend = |half: f64| mean + (half - mean) * keep;
        (blend(self.half_width_rad), blend(self.half_height_rad))
    }
}

/// `size` within 0..`most`; 0 if it is not a number.
fn clamped(size: f64, most: f64) -> f64 {
    if size > 0.0 { size.min(most) } else { 0.0 }
}

/// The distances that an object's depth (clamped to 0..1) takes up: near end and far end.
pub(super) fn depth_range(extent: Extent, distance: f64) -> (f64, f64) {
    let half = clamped(extent.depth, 1.0) / 2.0;
    ((distance - half).max(0.0), distance + half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    fn polar(width: f64, height: f64) -> Spread {
        let extent = Extent {
            width,
            height,
            depth: 0.0,
        };
        Spread::of(extent, Position::FRONT, 1.0)
    }

    #[test]
    fn points_keep_to_the_oval_and_balance_about_its_middle() {
        let middle = direction(20.0, 10.0);
        let mut sum = Vector3::zeros();
        polar(60.0, 30.0).for_each(&middle, |u, weight| {
            assert!((u.norm() - 1.0).abs() < 1e-12);
            assert!(u.dot(&middle) > 30f64.to_radians().cos() - 1e-9);
            sum += u * weight;
        });
        assert!(sum.normalize().dot(&middle) > 1.0 - 1e-9);
    }

    #[test]
    fn all_round_balances_about_the_listener() {
        for (width, height) in [(360.0, 360.0), (360.0, 0.0)] {
            let (mut sum, mut total) = (Vector3::zeros(), 0.0);
            polar(width, height).for_each(&direction(40.0, 0.0), |u, weight| {
                sum += u * weight;
                total += weight;
            });
            assert!(
                sum.norm() < 0.05 * total,
                "{width} x {height}: {sum:?} of {total}"
            );
        }
    }

    #[test]
    fn shares_of_the_room_become_angles() {
        let extent = Extent {
            width: 0.05,
            height: 1.0,
            depth: 0.0,
        };
        let at = |y: f64| Position::Cartesian { x: 0.0, y, z: 0.0 };
        let far = Spread::of(extent, at(1.0), 1.0);
        assert!((2.0 * far.half_width_rad - 0.1).abs() < 1e-4, "{far:?}");
        let within = Spread::of(extent, at(0.0), 0.0);
        assert!((within.half_height_rad - std::f64::consts::PI).abs() < 1e-12);
    }
}

//! Where an object is at every frame: fixed, through keyframes, or along a generated shape.

use crate::geometry::Position;
use crate::scene::{BackAndForth, Circle, Curve, Spiral};
use crate::units::{Frames, SampleRate};

/// Latest time in seconds that a movement may name (11.5 days). It bounds every frame number, so that
/// sums of frames cannot wrap at any sample rate.
pub const LATEST_SECOND: f64 = 1e6;

/// Where a stem is: the place of its centre and the width between its two sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The centre, in the form the author wrote. The azimuth is unwrapped: it may exceed ±180.
    pub position: Position,
    /// From the left to the right side of a stereo stem: degrees 0..360 (polar) or room units 0..2
    /// along x (Cartesian). A mono stem has no sides and ignores it.
    pub width: f64,
}

impl Place {
    /// A place without width.
    pub fn point(position: Position) -> Self {
        Self {
            position,
            width: 0.0,
        }
    }

    /// The place at progress `x` (0..1) of a straight move from `self` to `to`: every coordinate as it is
    /// written, on a straight line. Azimuths are not wrapped: 0 to 360 is one turn to the left.
    ///
    /// A move between the two forms of position has no meaning and waits at `self` until it arrives;
    /// [`Keyframes::new`] and [`Trajectory::check`] refuse it.
    pub fn towards(self, to: Self, x: f64) -> Self {
        if x <= 0.0 {
            return self;
        }
        if x >= 1.0 {
            return to;
        }
        let line = |a: f64, b: f64| a + (b - a) * x;
        let position = match (self.position, to.position) {
            (
                Position::Polar {
                    azimuth: az0,
                    elevation: el0,
                    distance: d0,
                },
                Position::Polar {
                    azimuth: az1,
                    elevation: el1,
                    distance: d1,
                },
            ) => Position::Polar {
                azimuth: line(az0, az1),
                elevation: line(el0, el1),
                distance: line(d0, d1),
            },
            (
                Position::Cartesian {
                    x: x0,
                    y: y0,
                    z: z0,
                },
                Position::Cartesian {
                    x: x1,
                    y: y1,
                    z: z1,
                },
            ) => Position::Cartesian {
                x: line(x0, x1),
                y: line(y0, y1),
                z: line(z0, z1),
            },
            _ => return self,
        };
        Self {
            position,
            width: line(self.width, to.width),
        }
    }

    /// True if both are polar or both are Cartesian.
    pub fn same_form(self, other: Self) -> bool {
        matches!(self.position, Position::Polar { .. })
            == matches!(other.position, Position::Polar { .. })
    }

    /// Checks the ranges of all numbers.
    ///
    /// # Errors
    /// Names the first coordinate that is out of its range: elevation -90..90 degrees, distance ≥ 0,
    /// x, y and z -1..1, width 0..360 degrees or 0..2 room units; none may be infinite or not a number.
    pub fn check(self) -> Result<(), MotionProblem> {
        let everything = f64::MIN..=f64::MAX;
        let (coordinates, widest) = match self.position {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => (
                [
                    ("azimuth", azimuth, everything.clone()),
                    ("elevation", elevation, -90.0..=90.0),
                    ("distance", distance, 0.0..=f64::MAX),
                ],
                360.0,
            ),
            Position::Cartesian { x, y, z } => (
                [
                    ("x", x, -1.0..=1.0),
                    ("y", y, -1.0..=1.0),
                    ("z", z, -1.0..=1.0),
                ],
                2.0,
            ),
        };
        for (field, value, range) in
            coordinates
                .into_iter()
                .chain([("width", self.width, 0.0..=widest)])
        {
            if !range.contains(&value) {
                return Err(MotionProblem::range(
                    field,
                    value,
                    *range.start(),
                    *range.end(),
                ));
            }
        }
        Ok(())
    }
}

/// What is wrong with a movement, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MotionProblem {
    /// Index of the keyframe concerned, if it is about one.
    pub keyframe: Option<usize>,
    /// The coordinate or setting concerned ("elevation", "period", "time").
    pub field: &'static str,
    /// The sentence: what was found.
    pub message: String,
    /// What is allowed and what to do.
    pub help: String,
}

impl MotionProblem {
    pub(crate) fn new(
        field: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            keyframe: None,
            field,
            message: message.into(),
            help: help.into(),
        }
    }

    /// `value` of `field` is not within `low..=high`.
    pub(crate) fn range(field: &'static str, value: f64, low: f64, high: f64) -> Self {
        let allowed = if high < f64::MAX {
            format!("{field} is {low} to {high}")
        } else if low > f64::MIN {
            format!("{field} is {low} or more, and finite")
        } else {
            format!("{field} is a finite number")
        };
        Self::new(field, format!("{field} {value} is out of range"), allowed)
    }
}

/// One point of a trajectory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Keyframe {
    /// Absolute frame.
    pub at: Frames,
    /// Where it is then.
    pub place: Place,
    /// Shape of the segment that arrives here.
    pub curve: Curve,
}

/// Places in order of time; the first holds before, the last after. Two keyframes at one frame are a
/// jump.
///
/// Invariants: at least one keyframe, in order of time, all in one form of position, all in range.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyframes(Vec<Keyframe>);

impl Keyframes {
    /// A trajectory through `points`.
    ///
    /// # Errors
    /// If there is no keyframe, one is earlier than its predecessor, in the other form of position than
    /// the first, or out of range. The problem carries the keyframe's index.
    pub fn new(points: Vec<Keyframe>) -> Result<Self, MotionProblem> {
        let Some(first) = points.first() else {
            return Err(MotionProblem::new(
                "time",
                "the movement has no keyframe",
                "give at least one time and position",
            ));
        };
        let mut latest = first.at;
        for (index, point) in points.iter().enumerate() {
            let problem = if point.at < latest {
                Err(MotionProblem::new(
                    "time",
                    "this keyframe is earlier than the one before it",
                    "keyframes stand in order of time; two at the same time are a jump",
                ))
            } else if !point.place.same_form(first.place) {
                Err(mixed_forms())
            } else {
                point.place.check()
            };
            problem.map_err(|problem| MotionProblem {
                keyframe: Some(index),
                ..problem
            })?;
            latest = point.at;
        }
        Ok(Self(points))
    }

    /// The keyframes, in order of time.
    pub fn points(&self) -> &[Keyframe] {
        &self.0
    }

    fn at(&self, frame: Frames) -> Place {
        let next = self.0.partition_point(|point| point.at <= frame);
        match (next.checked_sub(1).map(|i| self.0[i]), self.0.get(next)) {
            (None, _) => self.0[0].place,
            (Some(from), None) => from.place,
            (Some(from), Some(to)) => along(from.at, from.place, to, frame),
        }
    }

    fn still_until(&self, after: Frames) -> Option<Frames> {
        let mut until = after;
        for next in self.0.partition_point(|point| point.at <= after).. {
            let to = self.0.get(next)?;
            match next.checked_sub(1).map(|i| self.0[i].place) {
                Some(from) if from != to.place && to.curve != Curve::Step => break,
                Some(from) if from != to.place => return Some(to.at),
                // A first keyframe may be followed by a jump at the same frame: nothing is known beyond.
                None => return Some(to.at),
                Some(_) => until = to.at,
            }
        }
        Some(until)
    }
}

/// The place at `frame` on the segment from a place to keyframe `to`.
pub(crate) fn along(from: Frames, place: Place, to: &Keyframe, frame: Frames) -> Place {
    let x = (frame - from).0 as f64 / (to.at - from).0 as f64;
    place.towards(to.place, to.curve.shape(x))
}

pub(crate) fn mixed_forms() -> MotionProblem {
    MotionProblem::new(
        "position",
        "a movement mixes the two forms of position",
        "write all its positions with az, el, dist, or all with x, y, z",
    )
}

/// Where an object is at every frame of the song.
#[derive(Debug, Clone, PartialEq)]
pub enum Trajectory {
    /// Always the same place.
    Fixed(Place),
    /// Through written places.
    Keyframes(Keyframes),
    /// Round the listener or round a point of the room.
    Circle(Circle),
    /// A circle that climbs, dives, widens or narrows.
    Spiral(Spiral),
    /// To and fro between two places.
    BackAndForth(BackAndForth),
}

impl Trajectory {
    /// The place at an absolute frame.
    pub fn at(&self, frame: Frames, rate: SampleRate) -> Place {
        match self {
            Self::Fixed(place) => *place,
            Self::Keyframes(keyframes) => keyframes.at(frame),
            Self::Circle(circle) => circle.at(frame, rate),
            Self::Spiral(spiral) => spiral.at(frame, rate),
            Self::BackAndForth(swing) => swing.at(frame, rate),
        }
    }

    /// The place is the same at all frames from `after` up to the returned one (excluded); `None`: for
    /// ever. Returns `after` itself if it may move at once.
    pub fn still_until(&self, after: Frames) -> Option<Frames> {
        match self {
            Self::Fixed(_) => None,
            Self::Keyframes(keyframes) => keyframes.still_until(after),
            Self::Circle(circle) => circle.still_until(after),
            Self::Spiral(spiral) => spiral.still_until(after),
            Self::BackAndForth(swing) => swing.still_until(after),
        }
    }

    /// Checks the ranges of all settings.
    ///
    /// # Errors
    /// Names the first setting that is out of range, or two forms of position in one movement.
    pub fn check(&self) -> Result<(), MotionProblem> {
        match self {
            Self::Fixed(place) => place.check(),
            // Checked when they were made.
            Self::Keyframes(_) => Ok(()),
            Self::Circle(circle) => circle.check(),
            Self::Spiral(spiral) => spiral.check(),
            Self::BackAndForth(swing) => swing.check(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate(48_000);

    fn polar(azimuth: f64, elevation: f64, width: f64) -> Place {
        Place {
            position: Position::Polar {
                azimuth,
                elevation,
                distance: 1.0,
            },
            width,
        }
    }

    fn key(at: u64, place: Place, curve: Curve) -> Keyframe {
        Keyframe {
            at: Frames(at),
            place,
            curve,
        }
    }

    fn through(points: &[Keyframe]) -> Trajectory {
        Trajectory::Keyframes(Keyframes::new(points.to_vec()).unwrap())
    }

    fn azimuth(trajectory: &Trajectory, frame: u64) -> f64 {
        match trajectory.at(Frames(frame), RATE).position {
            Position::Polar { azimuth, .. } => azimuth,
            Position::Cartesian { x, .. } => x,
        }
    }

    #[test]
    fn azimuth_goes_through_the_numbers_as_written() {
        let path = through(&[
            key(1000, polar(0.0, 0.0, 60.0), Curve::Linear),
            key(2000, polar(360.0, 10.0, 60.0), Curve::Linear),
            key(3000, polar(360.0, 40.0, 120.0), Curve::Smooth),
        ]);
        for (frame, expected) in [
            (0, 0.0),
            (1000, 0.0),
            (1250, 90.0),
            (1750, 270.0),
            (2000, 360.0),
            (9999, 360.0),
        ] {
            assert!(
                (azimuth(&path, frame) - expected).abs() < 1e-9,
                "frame {frame}"
            );
        }
        // -30 to 180 is 210 degrees by the front and the left.
        let path = through(&[
            key(0, polar(-30.0, 0.0, 0.0), Curve::Linear),
            key(100, polar(180.0, 0.0, 0.0), Curve::Linear),
        ]);
        assert!((azimuth(&path, 50) - 75.0).abs() < 1e-9);
    }

    #[test]
    fn the_curve_shapes_the_segment_that_arrives() {
        let (a, b) = (polar(0.0, 0.0, 0.0), polar(100.0, 0.0, 50.0));
        for (curve, quarter, last) in [
            (Curve::Linear, 25.0, 99.9),
            (Curve::Smooth, 15.625, 99.9997),
            (Curve::Step, 0.0, 0.0),
        ] {
            let path = through(&[key(0, a, Curve::Step), key(1000, b, curve)]);
            assert!((azimuth(&path, 250) - quarter).abs() < 1e-9, "{curve:?}");
            assert!((azimuth(&path, 999) - last).abs() < 1e-3, "{curve:?}");
            assert!(path.at(Frames(1000), RATE) == b);
            let width = path.at(Frames(250), RATE).width;
            assert!(
                (width - quarter / 2.0).abs() < 1e-9,
                "the width moves along"
            );
        }
    }

    #[test]
    fn two_keyframes_at_one_frame_jump() {
        let places = [0.0, 10.0, 90.0, 100.0].map(|az| polar(az, 0.0, 0.0));
        let path = through(&[
            key(0, places[0], Curve::Linear),
            key(100, places[1], Curve::Linear),
            key(100, places[2], Curve::Linear),
            key(200, places[3], Curve::Linear),
        ]);
        assert!((azimuth(&path, 99) - 9.9).abs() < 1e-9);
        assert!((azimuth(&path, 100) - 90.0).abs() < 1e-9);
        assert!((azimuth(&path, 150) - 95.0).abs() < 1e-9);
        let at_start = through(&[
            key(50, places[0], Curve::Linear),
            key(50, places[1], Curve::Linear),
        ]);
        assert!((azimuth(&at_start, 49) - 0.0).abs() < 1e-9);
        assert!((azimuth(&at_start, 50) - 10.0).abs() < 1e-9);
        assert_eq!(at_start.still_until(Frames(0)), Some(Frames(50)));
    }

    /// `still_until` may be cautious, but never claims rest where there is none, and knows plain rest.
    #[test]
    fn stillness_is_never_claimed_of_a_move() {
        let [a, b, c] = [0.0, 30.0, 60.0].map(|az| polar(az, 0.0, 0.0));
        let path = through(&[
            key(10, a, Curve::Linear),
            key(20, a, Curve::Linear),
            key(30, b, Curve::Linear),
            key(40, b, Curve::Smooth),
            key(50, b, Curve::Linear),
            key(60, c, Curve::Step),
            key(60, a, Curve::Linear),
            key(80, a, Curve::Linear),
        ]);
        for after in 0..100 {
            let until = path.still_until(Frames(after)).map_or(200, |frame| frame.0);
            assert!(until >= after);
            for frame in after..until {
                assert!(
                    path.at(Frames(frame), RATE) == path.at(Frames(after), RATE),
                    "{after}..{until}: {frame}"
                );
            }
        }
        assert_eq!(path.still_until(Frames(12)), Some(Frames(20)));
        assert_eq!(path.still_until(Frames(25)), Some(Frames(25)));
        assert_eq!(
            path.still_until(Frames(31)),
            Some(Frames(60)),
            "over a keyframe at the same place"
        );
        assert_eq!(path.still_until(Frames(60)), None);
    }

    #[test]
    fn broken_keyframes_are_refused_with_their_index() {
        let room = Place::point(Position::Cartesian {
            x: 0.0,
            y: 1.0,
            z: 0.0,
        });
        let good = polar(0.0, 0.0, 0.0);
        for (index, field, points) in [
            (
                Some(1),
                "time",
                vec![key(10, good, Curve::Linear), key(9, good, Curve::Linear)],
            ),
            (
                Some(1),
                "position",
                vec![key(0, good, Curve::Linear), key(9, room, Curve::Linear)],
            ),
            (
                Some(0),
                "elevation",
                vec![key(0, polar(0.0, 90.1, 0.0), Curve::Linear)],
            ),
            (
                Some(0),
                "azimuth",
                vec![key(0, polar(f64::NAN, 0.0, 0.0), Curve::Linear)],
            ),
            (
                Some(0),
                "width",
                vec![key(0, polar(0.0, 0.0, -1.0), Curve::Linear)],
            ),
            (None, "time", vec![]),
        ] {
            let problem = Keyframes::new(points).unwrap_err();
            assert_eq!(
                (problem.keyframe, problem.field),
                (index, field),
                "{problem}"
            );
        }
    }
}

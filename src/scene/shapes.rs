//! Generated movement: circle, spiral, back and forth.
//!
//! Settings out of their range never panic: a period that is not above 0 stands still, rings of two
//! forms stay on the first. [`Trajectory::check`](crate::scene::Trajectory::check) refuses them.

use crate::geometry::{Position, direction};
use crate::scene::trajectory::mixed_forms;
use crate::scene::{MotionProblem, Place};
use crate::units::{Frames, SampleRate};

/// A level circle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ring {
    /// Round the listener.
    Polar {
        /// Degrees, -90..90, the same all the way round.
        elevation: f64,
        /// ≥ 0; 1 = on the loudspeaker sphere.
        distance: f64,
    },
    /// Round a vertical axis in the room.
    Room {
        /// Centre, -1 left to 1 right.
        x: f64,
        /// Centre, -1 back to 1 front.
        y: f64,
        /// Height, -1..1.
        z: f64,
        /// 0..2, in room units (the walls stand at ±1).
        radius: f64,
    },
}

impl Ring {
    /// The point of the ring at `azimuth` degrees, seen from its centre: 0 = front, + = left, unwrapped.
    pub fn point(self, azimuth: f64) -> Position {
        match self {
            Self::Polar {
                elevation,
                distance,
            } => Position::Polar {
                azimuth,
                elevation,
                distance,
            },
            Self::Room { x, y, z, radius } => {
                let spoke = direction(azimuth, 0.0) * radius;
                Position::Cartesian {
                    x: x + spoke.x,
                    y: y + spoke.y,
                    z,
                }
            }
        }
    }

    /// The ring at progress `t` (0..1) of a straight move to another ring of the same form.
    fn towards(self, to: Self, t: f64) -> Self {
        let line = |a: f64, b: f64| if t < 1.0 { a + (b - a) * t } else { b };
        match (self, to) {
            (
                Self::Polar {
                    elevation: el0,
                    distance: d0,
                },
                Self::Polar {
                    elevation: el1,
                    distance: d1,
                },
            ) => Self::Polar {
                elevation: line(el0, el1),
                distance: line(d0, d1),
            },
            (
                Self::Room {
                    x: x0,
                    y: y0,
                    z: z0,
                    radius: r0,
                },
                Self::Room {
                    x: x1,
                    y: y1,
                    z: z1,
                    radius: r1,
                },
            ) => Self::Room {
                x: line(x0, x1),
                y: line(y0, y1),
                z: line(z0, z1),
                radius: line(r0, r1),
            },
            _ => self,
        }
    }

    /// The centre of the ring must be a place in range; the ring itself may leave the room.
    fn check(self, width: f64) -> Result<(), MotionProblem> {
        let position = match self {
            Self::Polar { .. } => self.point(0.0),
            Self::Room { x, y, z, radius } => {
                if !(0.0..=2.0).contains(&radius) {
                    return Err(MotionProblem::range("radius", radius, 0.0, 2.0));
                }
                Position::Cartesian { x, y, z }
            }
        };
        Place { position, width }.check()
    }
}

/// Which way round, seen from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// Front, left, back, right: the azimuth grows.
    #[default]
    Left,
    /// Front, right, back, left: the azimuth falls.
    Right,
}

/// When a shape moves: before `from` it holds its first place, after `until` the place reached then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cycle {
    /// Seconds of one turn, or of one way there and back; above 0.
    pub period_s: f64,
    /// First frame of the movement.
    pub from: Frames,
    /// Where it stops; `None` goes on to the end of the song.
    pub until: Option<Frames>,
}

impl Cycle {
    /// Periods gone by at `frame`, of the one absolute time: nothing is summed up.
    fn phase(&self, frame: Frames, rate: SampleRate) -> f64 {
        let frame = frame.min(self.until.unwrap_or(frame)).max(self.from);
        let phase = rate.seconds_at(frame - self.from) / self.period_s;
        if self.period_s > 0.0 && phase.is_finite() {
            phase
        } else {
            0.0
        }
    }

    fn still_until(&self, after: Frames) -> Option<Frames> {
        let until = self.until.unwrap_or(Frames(u64::MAX));
        (after < until).then_some(after.max(self.from))
    }

    fn check(&self) -> Result<(), MotionProblem> {
        if !(self.period_s > 0.0 && self.period_s.is_finite()) {
            return Err(MotionProblem::new(
                "period",
                format!("a period of {} s is no movement", self.period_s),
                "the period of a shape is above 0, in seconds or beats",
            ));
        }
        if self.until.is_some_and(|until| until < self.from) {
            return Err(MotionProblem::new(
                "until",
                "the shape stops before it begins",
                "`until` is later than `from`",
            ));
        }
        Ok(())
    }
}

/// Round a ring at constant speed; `cycle.period_s` is one turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circle {
    /// The circle itself.
    pub ring: Ring,
    /// Where on it the movement begins, degrees from the front, + = left.
    pub start_azimuth: f64,
    /// Which way round.
    pub turn: Turn,
    /// When, and how fast.
    pub cycle: Cycle,
    /// Width of a stereo stem, as in [`Place`].
    pub width: f64,
}

impl Circle {
    /// The place at an absolute frame.
    pub fn at(&self, frame: Frames, rate: SampleRate) -> Place {
        self.on(self.ring, frame, rate)
    }

    /// The place on `ring`, at the angle reached at `frame`.
    fn on(&self, ring: Ring, frame: Frames, rate: SampleRate) -> Place {
        let degrees = 360.0 * self.cycle.phase(frame, rate);
        let azimuth = match self.turn {
            Turn::Left => self.start_azimuth + degrees,
            Turn::Right => self.start_azimuth - degrees,
        };
        Place {
            position: ring.point(azimuth),
            width: self.width,
        }
    }

    pub(crate) fn still_until(&self, after: Frames) -> Option<Frames> {
        self.cycle.still_until(after)
    }

    pub(crate) fn check(&self) -> Result<(), MotionProblem> {
        if !self.start_azimuth.is_finite() {
            return Err(MotionProblem::range(
                "azimuth",
                self.start_azimuth,
                f64::MIN,
                f64::MAX,
            ));
        }
        self.ring.check(self.width)?;
        self.cycle.check()
    }
}

/// A circle whose ring moves steadily to another ring; a [`Cycle::until`] later than `arrives` goes on
/// turning on the last ring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spiral {
    /// Where it begins and how it turns.
    pub circle: Circle,
    /// The ring it ends on, in the form of the first.
    pub to: Ring,
    /// When the ring has got there; the way begins at `circle.cycle.from`.
    pub arrives: Frames,
}

impl Spiral {
    /// The place at an absolute frame.
    pub fn at(&self, frame: Frames, rate: SampleRate) -> Place {
        let from = self.circle.cycle.from;
        let way = if frame <= from {
            0.0
        } else if frame >= self.arrives {
            1.0
        } else {
            (frame - from).0 as f64 / (self.arrives - from).0 as f64
        };
        self.circle
            .on(self.circle.ring.towards(self.to, way), frame, rate)
    }

    pub(crate) fn still_until(&self, after: Frames) -> Option<Frames> {
        if after < self.arrives {
            return Some(after.max(self.circle.cycle.from));
        }
        self.circle.still_until(after)
    }

    pub(crate) fn check(&self) -> Result<(), MotionProblem> {
        self.circle.check()?;
        if matches!(self.circle.ring, Ring::Polar { .. }) != matches!(self.to, Ring::Polar { .. }) {
            return Err(mixed_forms());
        }
        self.to.check(self.circle.width)?;
        if self.arrives < self.circle.cycle.from {
            return Err(MotionProblem::new(
                "until",
                "the spiral arrives before it begins",
                "a spiral takes at least part of a turn",
            ));
        }
        Ok(())
    }
}

/// How a [`BackAndForth`] moves between its two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Swing {
    /// A cosine: at rest at both ends, like a pendulum.
    #[default]
    Smooth,
    /// Constant speed, turning at once.
    Linear,
}

/// From `a` to `b` and back; `cycle.period_s` is the way there and back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BackAndForth {
    /// Where it begins.
    pub a: Place,
    /// The other end, in the same form of position. Azimuths are taken as written, unwrapped.
    pub b: Place,
    /// How it moves between them.
    pub swing: Swing,
    /// When, and how fast.
    pub cycle: Cycle,
}

impl BackAndForth {
    /// The place at an absolute frame.
    pub fn at(&self, frame: Frames, rate: SampleRate) -> Place {
        let phase = self.cycle.phase(frame, rate).fract();
        let x = match self.swing {
            // The y of a direction is the cosine of its azimuth, exact at quarter turns.
            Swing::Smooth => 0.5 - 0.5 * direction(360.0 * phase, 0.0).y,
            Swing::Linear => 1.0 - (1.0 - 2.0 * phase).abs(),
        };
        self.a.towards(self.b, x)
    }

    pub(crate) fn still_until(&self, after: Frames) -> Option<Frames> {
        self.cycle.still_until(after)
    }

    pub(crate) fn check(&self) -> Result<(), MotionProblem> {
        self.a.check()?;
        self.b.check()?;
        if !self.a.same_form(self.b) {
            return Err(mixed_forms());
        }
        self.cycle.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Trajectory;

    const RATE: SampleRate = SampleRate(48_000);

    fn cycle(period_s: f64, from: u64, until: Option<u64>) -> Cycle {
        Cycle {
            period_s,
            from: Frames(from),
            until: until.map(Frames),
        }
    }

    fn circle(ring: Ring, turn: Turn, cycle: Cycle) -> Circle {
        Circle {
            ring,
            start_azimuth: 30.0,
            turn,
            cycle,
            width: 40.0,
        }
    }

    const LEVEL: Ring = Ring::Polar {
        elevation: 20.0,
        distance: 0.8,
    };
    const PILLAR: Ring = Ring::Room {
        x: 0.2,
        y: -0.1,
        z: 0.5,
        radius: 0.7,
    };

    /// Distance between two places as points of the room.
    fn apart(a: Place, b: Place) -> f64 {
        (a.position.vector() - b.position.vector()).norm()
    }

    #[test]
    fn a_circle_closes_keeps_its_height_and_its_speed() {
        for ring in [LEVEL, PILLAR] {
            for turn in [Turn::Left, Turn::Right] {
                let circle = circle(ring, turn, cycle(2.5, 1000, None));
                let (first, period) = (circle.at(Frames(1000), RATE), 120_000);
                let step = apart(first, circle.at(Frames(1000 + 500), RATE));
                let mut turned = 0.0;
                for n in 0..240 {
                    let at = Frames(1000 + n * 500);
                    let (here, next) = (circle.at(at, RATE), circle.at(at + Frames(500), RATE));
                    assert!((apart(here, next) - step).abs() < 1e-9, "{ring:?} {n}");
                    assert!((here.position.vector().z - first.position.vector().z).abs() < 1e-12);
                    assert!(apart(here, circle.at(at + Frames(7 * period), RATE)) < 1e-9);
                    turned += step;
                }
                // 240 chords of a regular polygon go once round.
                let radius = if ring == PILLAR {
                    0.7
                } else {
                    0.8 * 20f64.to_radians().cos()
                };
                let round = 480.0 * radius * (std::f64::consts::PI / 240.0).sin();
                assert!(
                    (turned - round).abs() < 1e-9,
                    "{ring:?} {turn:?}: {turned} of {round}"
                );
            }
        }
    }

    #[test]
    fn a_quarter_turn_to_the_left_is_at_the_left() {
        let mut one = circle(LEVEL, Turn::Left, cycle(4.0, 0, None));
        one.start_azimuth = 0.0;
        let second = Frames(48_000);
        assert!(one.at(second, RATE).position == LEVEL.point(90.0));
        one.turn = Turn::Right;
        assert!(one.at(second, RATE).position == LEVEL.point(-90.0));
        one.ring = PILLAR;
        let x = one.at(second, RATE).position.vector().x;
        assert!((x - 0.9).abs() < 1e-12, "right of its centre, at x {x}");
    }

    #[test]
    fn shapes_hold_before_and_after() {
        let until = 1000 + 48_000;
        let one = circle(LEVEL, Turn::Left, cycle(4.0, 1000, Some(until)));
        let swing = BackAndForth {
            a: Place::point(LEVEL.point(-60.0)),
            b: Place::point(LEVEL.point(60.0)),
            swing: Swing::Smooth,
            cycle: one.cycle,
        };
        let spiral = Spiral {
            circle: one,
            to: Ring::Polar {
                elevation: 60.0,
                distance: 0.4,
            },
            arrives: Frames(until),
        };
        for (shape, last) in [
            (Trajectory::Circle(one), LEVEL.point(120.0)),
            (Trajectory::BackAndForth(swing), LEVEL.point(0.0)),
            (Trajectory::Spiral(spiral), spiral.to.point(120.0)),
        ] {
            shape.check().unwrap();
            assert!(shape.at(Frames(0), RATE) == shape.at(Frames(1000), RATE));
            assert_eq!(shape.still_until(Frames(0)), Some(Frames(1000)));
            let (end, later) = (
                shape.at(Frames(until), RATE),
                shape.at(Frames(until * 9), RATE),
            );
            assert!(end == later);
            assert!(apart(end, Place::point(last)) < 1e-12, "{shape:?}: {end:?}");
            assert_eq!(shape.still_until(Frames(until)), None);
        }
    }

    #[test]
    fn a_spiral_climbs_steadily_while_it_turns() {
        let spiral = Spiral {
            circle: circle(LEVEL, Turn::Right, cycle(1.0, 0, None)),
            to: Ring::Polar {
                elevation: 80.0,
                distance: 0.4,
            },
            arrives: Frames(4 * 48_000),
        };
        for (second, elevation, distance) in [
            (0, 20.0, 0.8),
            (1, 35.0, 0.7),
            (2, 50.0, 0.6),
            (4, 80.0, 0.4),
            (9, 80.0, 0.4),
        ] {
            let (az, el, dist) = spiral.at(Frames(second * 48_000), RATE).position.to_polar();
            // Whole turns: always at the azimuth it began at.
            assert!((az - 30.0).abs() < 1e-9, "{second} s: {az}");
            assert!(
                (el - elevation).abs() < 1e-9 && (dist - distance).abs() < 1e-9,
                "{second} s"
            );
        }
        // Arrived, it goes on turning.
        assert_eq!(spiral.still_until(Frames(999_999)), Some(Frames(999_999)));
    }

    #[test]
    fn back_and_forth_reaches_both_ends_and_is_at_rest_there_when_smooth() {
        for swing in [Swing::Smooth, Swing::Linear] {
            let shape = BackAndForth {
                a: Place::point(LEVEL.point(-60.0)),
                b: Place::point(LEVEL.point(300.0)),
                swing,
                cycle: cycle(2.0, 0, None),
            };
            let azimuth = |frame: u64| match shape.at(Frames(frame), RATE).position {
                Position::Polar { azimuth, .. } => azimuth,
                Position::Cartesian { .. } => f64::NAN,
            };
            let quarter = 24_000;
            for (frame, expected) in [
                (0, -60.0),
                (1, 120.0),
                (2, 300.0),
                (3, 120.0),
                (4, -60.0),
                (6, 300.0),
            ] {
                assert!(
                    (azimuth(frame * quarter) - expected).abs() < 1e-9,
                    "{swing:?} {frame}"
                );
            }
            let (at_end, midway) = (
                azimuth(1) - azimuth(0),
                azimuth(quarter + 1) - azimuth(quarter),
            );
            match swing {
                Swing::Smooth => assert!(at_end < 1e-3 * midway),
                Swing::Linear => assert!((at_end - midway).abs() < 1e-9),
            }
        }
    }

    #[test]
    fn settings_out_of_range_are_refused_and_never_panic() {
        let good = circle(LEVEL, Turn::Left, cycle(1.0, 10, Some(20)));
        let ring = |elevation, distance| Ring::Polar {
            elevation,
            distance,
        };
        let with = |ring, cycle, start_azimuth, width| Circle {
            ring,
            cycle,
            start_azimuth,
            width,
            ..good
        };
        let spiral = |to, arrives| {
            Trajectory::Spiral(Spiral {
                circle: good,
                to,
                arrives: Frames(arrives),
            })
        };
        let swing = |a, b| {
            Trajectory::BackAndForth(BackAndForth {
                a: Place::point(a),
                b: Place::point(b),
                swing: Swing::Linear,
                cycle: good.cycle,
            })
        };
        let wide = Ring::Room {
            x: 0.0,
            y: 0.0,
            z: 0.0,
            radius: -1.0,
        };
        for (field, shape) in [
            (
                "period",
                Trajectory::Circle(with(LEVEL, cycle(0.0, 0, None), 0.0, 0.0)),
            ),
            (
                "period",
                Trajectory::Circle(with(LEVEL, cycle(f64::NAN, 0, None), 0.0, 0.0)),
            ),
            (
                "period",
                Trajectory::Circle(with(LEVEL, cycle(-1.0, 0, None), 0.0, 0.0)),
            ),
            (
                "until",
                Trajectory::Circle(with(LEVEL, cycle(1.0, 20, Some(10)), 0.0, 0.0)),
            ),
            (
                "elevation",
                Trajectory::Circle(with(ring(91.0, 1.0), good.cycle, 0.0, 0.0)),
            ),
            (
                "distance",
                Trajectory::Circle(with(ring(0.0, -1.0), good.cycle, 0.0, 0.0)),
            ),
            (
                "radius",
                Trajectory::Circle(with(wide, good.cycle, 0.0, 0.0)),
            ),
            (
                "azimuth",
                Trajectory::Circle(with(LEVEL, good.cycle, f64::INFINITY, 0.0)),
            ),
            (
                "width",
                Trajectory::Circle(with(LEVEL, good.cycle, 0.0, 361.0)),
            ),
            ("position", spiral(PILLAR, 15)),
            ("until", spiral(LEVEL, 5)),
            ("elevation", spiral(ring(f64::NAN, 1.0), 15)),
            ("position", swing(LEVEL.point(0.0), PILLAR.point(0.0))),
        ] {
            let problem = shape.check().expect_err(field);
            assert_eq!(problem.field, field, "{problem}");
            assert!(!problem.help.is_empty());
            for frame in [0, 10, 15, 20, 1 << 40] {
                shape.at(Frames(frame), RATE);
            }
        }
    }
}

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
        self.to.check(self.circle.width)?;
        if matches!(self.circle.ring, Ring::Polar { .. }) != matches!(self.to, Ring::Polar { .. }) {
            return Err(mixed_forms());
        }
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

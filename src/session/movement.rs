//! From `at` and `move` as written to what moves an object.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::desk::curve;
use super::outside;
use super::rules;
use super::schema::{self, Movement, StemKeys, SwingKey, TimeText};
use super::time::{Time, TimeLine};
use crate::effect;
use crate::geometry::Position;
use crate::scene::{
    BackAndForth, BlockSource, Circle, Cycle, Imaging, Keyframe, Keyframes, PanRule, Place,
    Placement, Ring, Side, Spiral, Swing, Trajectory, Turn,
};
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// What moves the sides of a stem.
#[derive(Debug)]
pub(super) enum Mover {
    /// A trajectory of the session's own.
    Placed(Arc<Placement>),
    /// Positions from a file.
    Csv { path: PathBuf, imaging: Imaging },
}

/// What times are measured against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock<'a> {
    pub(super) line: &'a TimeLine,
    pub(super) rate: SampleRate,
    /// Length of the song.
    pub(super) length: Frames,
}

/// The mover of a stem in a checked session at `path`.
pub(super) fn of(stem: &StemKeys, clock: Clock<'_>, path: &Path) -> Result<Mover> {
    let imaging = Imaging {
        size: stem.spread(),
        pan: stem.pan.map_or(PanRule::Follow, PanRule::Fixed),
        stereo_width: stem.stereo_width.unwrap_or(1.0),
    };
    let trajectory = match (&stem.at, &stem.movement) {
        (_, Some(Movement::Csv(keys))) => {
            return Ok(Mover::Csv {
                path: rules::folder(path).join(&keys.csv),
                imaging,
            });
        }
        (_, Some(movement)) => trajectory(movement, clock),
        (Some(at), None) => Ok(Trajectory::Fixed(place(*at))),
        (None, None) => Ok(Trajectory::Fixed(Place::point(Position::FRONT))),
    };
    let trajectory = trajectory
        .and_then(|trajectory| trajectory.check().map(|()| trajectory))
        .map_err(|problem| {
            let (message, help) = (problem.message, problem.help);
            Error::Usage(format!(
                "the movement of stem \"{}\": {message}; {help}",
                stem.name
            ))
        })?;
    Ok(Mover::Placed(Arc::new(Placement {
        trajectory,
        imaging,
    })))
}

/// The mover of one output of a return that stands at `at`.
pub(super) fn still(at: schema::Place, size: f64, name: &str) -> Result<Mover> {
    let trajectory = Trajectory::Fixed(place(at));
    trajectory.check().map_err(|problem| {
        let (message, help) = (problem.message, problem.help);
        Error::Usage(format!("the return \"{name}\": {message}; {help}"))
    })?;
    Ok(Mover::Placed(Arc::new(Placement {
        trajectory,
        imaging: Imaging {
            size,
            pan: PanRule::Follow,
            stereo_width: 1.0,
        },
    })))
}

/// The side of a place: which half of a sum it belongs to; on the median plane it belongs to both.
pub(super) fn side_of(at: schema::Place) -> effect::Side {
    let right = match at {
        schema::Place::Polar(p) => -p.az.to_radians().sin() * p.el.to_radians().cos(),
        schema::Place::Room(p) => p.x,
    };
    match right {
        right if right > 1e-6 => effect::Side::Right,
        right if right < -1e-6 => effect::Side::Left,
        _ => effect::Side::Both,
    }
}

impl Mover {
    /// The metadata blocks of one side.
    pub(super) fn blocks(&self, side: Side, clock: Clock<'_>) -> Result<Box<dyn BlockSource>> {
        let Clock { rate, length, .. } = clock;
        match self {
            Self::Placed(placement) => {
                Ok(crate::scene::blocks(placement.clone(), side, rate, length))
            }
            Self::Csv { path, imaging } => outside::csv_blocks(path, *imaging, side, rate, length),
        }
    }
}

/// The absolute frame of a time in a checked session.
pub(super) fn frame(time: &TimeText, line: &TimeLine) -> Frames {
    let time = match time {
        TimeText::Seconds(seconds) => Ok(Time::Seconds(*seconds)),
        TimeText::Text(text) => text.parse(),
    };
    time.and_then(|time| line.frame(&time))
        .expect("the rules of times have been checked")
}

fn place(place: schema::Place) -> Place {
    match place {
        schema::Place::Polar(p) => Place {
            position: Position::Polar {
                azimuth: p.az,
                elevation: p.el,
                distance: p.dist,
            },
            width: p.width,
        },
        schema::Place::Room(p) => Place {
            position: Position::Cartesian {
                x: p.x,
                y: p.y,
                z: p.z,
            },
            width: p.width,
        },
    }
}

fn trajectory(
    movement: &Movement,
    clock: Clock<'_>,
) -> Result<Trajectory, crate::scene::MotionProblem> {
    Ok(match movement {
        Movement::Keyframes(keyframes) => Trajectory::Keyframes(Keyframes::new(
            keyframes
                .iter()
                .map(|keyframe| Keyframe {
                    at: frame(&keyframe.at, clock.line),
                    place: place(keyframe.value),
                    curve: curve(keyframe.curve),
                })
                .collect(),
        )?),
        Movement::Circle(keys) => Trajectory::Circle(Circle {
            ring: Ring::Polar {
                elevation: keys.el,
                distance: keys.dist,
            },
            start_azimuth: keys.az,
            turn: turn(keys.turn),
            width: keys.width,
            cycle: cycle(
                keys.period,
                keys.beats,
                keys.from.as_ref(),
                keys.to.as_ref(),
                clock,
            ),
        }),
        Movement::RoomCircle(keys) => Trajectory::Circle(Circle {
            ring: Ring::Room {
                x: keys.x,
                y: keys.y,
                z: keys.z,
                radius: keys.radius,
            },
            start_azimuth: keys.az,
            turn: turn(keys.turn),
            width: keys.width,
            cycle: cycle(
                keys.period,
                keys.beats,
                keys.from.as_ref(),
                keys.to.as_ref(),
                clock,
            ),
        }),
        Movement::Spiral(keys) => {
            let cycle = cycle(
                keys.period,
                keys.beats,
                keys.from.as_ref(),
                keys.to.as_ref(),
                clock,
            );
            let ring = |end: usize| Ring::Polar {
                elevation: keys.el[end],
                distance: keys.dist[end],
            };
            Trajectory::Spiral(Spiral {
                circle: Circle {
                    ring: ring(0),
                    start_azimuth: keys.az,
                    turn: turn(keys.turn),
                    width: keys.width,
                    cycle,
                },
                to: ring(1),
                arrives: cycle.until.unwrap_or(clock.length).max(cycle.from),
            })
        }
        Movement::BackAndForth(keys) => Trajectory::BackAndForth(BackAndForth {
            a: place(keys.a),
            b: place(keys.b),
            swing: match keys.curve {
                SwingKey::Smooth => Swing::Smooth,
                SwingKey::Linear => Swing::Linear,
            },
            cycle: cycle(
                keys.period,
                keys.beats,
                keys.from.as_ref(),
                keys.to.as_ref(),
                clock,
            ),
        }),
        // Made by the caller: a file has no trajectory.
        Movement::Csv(_) => Trajectory::Fixed(Place::point(Position::FRONT)),
    })
}

fn turn(turn: schema::Turn) -> Turn {
    match turn {
        schema::Turn::Left => Turn::Left,
        schema::Turn::Right => Turn::Right,
    }
}

fn cycle(
    period: Option<f64>,
    beats: Option<f64>,
    from: Option<&TimeText>,
    to: Option<&TimeText>,
    clock: Clock<'_>,
) -> Cycle {
    let from = from.map_or(Frames(0), |time| frame(time, clock.line));
    let from_s = clock.rate.seconds_at(from);
    let in_beats = beats.and_then(|beats| clock.line.seconds_of_beats(beats, from_s));
    Cycle {
        // The rules ask for one of the two.
        period_s: period.or(in_beats).unwrap_or(1.0),
        from,
        until: to.map(|time| frame(time, clock.line)),
    }
}

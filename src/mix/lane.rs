//! A parameter of a chain that moves: what is to be set, and when.

use super::desk::{Lane, LanePoint};
use crate::effect::{Chain, Parameter};
use crate::scene::Curve;
use crate::units::{Frames, SampleRate};

/// Seconds over which a step arrives: no click, and no audible ramp.
const STEP_SECONDS: f64 = 0.005;

/// Frames at least, and pieces at most, into which a bent segment is cut.
const SHORTEST_PIECE: u64 = 64;
const MOST_PIECES: u64 = 256;

/// The moves of one parameter, in order of time.
#[derive(Debug)]
pub(super) struct Moves {
    entry: usize,
    parameter: usize,
    moves: Vec<Move>,
    next: usize,
}

/// At frame `at` the parameter sets out for `value`, which it reaches `frames` later.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Move {
    at: u64,
    value: f64,
    frames: u64,
}

impl Moves {
    /// The moves of `lane`, whose processor comes `late` frames after the song's time line.
    pub(super) fn new(
        lane: &Lane,
        index: usize,
        parameter: &Parameter,
        late: u64,
        rate: SampleRate,
    ) -> Self {
        let step = rate.frame_at(STEP_SECONDS).0;
        let mut moves = Vec::new();
        if let Some(first) = lane.points.first() {
            moves.push(Move {
                at: 0,
                value: first.value,
                frames: 0,
            });
        }
        for pair in lane.points.windows(2) {
            segment(pair[0], pair[1], parameter.logarithmic, step, &mut moves);
        }
        for m in moves.iter_mut().skip(1) {
            m.at += late;
        }
        Self {
            entry: lane.entry,
            parameter: index,
            moves,
            next: 0,
        }
    }

    /// Makes the moves that are due at frame `at`.
    pub(super) fn make(&mut self, at: u64, chain: &mut Chain) {
        while let Some(m) = self.moves.get(self.next).filter(|m| m.at <= at) {
            chain.set(self.entry, self.parameter, m.value, Frames(m.frames));
            self.next += 1;
        }
    }

    /// The frame of the next move.
    pub(super) fn due(&self) -> Option<u64> {
        self.moves.get(self.next).map(|m| m.at)
    }

    /// Starts anew at frame 0.
    pub(super) fn reset(&mut self) {
        self.next = 0;
    }
}

fn segment(from: LanePoint, to: LanePoint, logarithmic: bool, step: u64, moves: &mut Vec<Move>) {
    let (start, length) = (from.at.0, (to.at - from.at).0);
    match to.curve {
        Curve::Step => moves.push(Move {
            at: to.at.0,
            value: to.value,
            frames: step,
        }),
        Curve::Linear => moves.push(Move {
            at: start,
            value: to.value,
            frames: length,
        }),
        curve @ Curve::Smooth => {
            let pieces = (length / SHORTEST_PIECE).clamp(1, MOST_PIECES);
            let border = |piece: u64| length * piece / pieces;
            for piece in 0..pieces {
                let x = curve.shape(border(piece + 1) as f64 / length.max(1) as f64);
                let value = match logarithmic && from.value > 0.0 && to.value > 0.0 {
                    true => from.value * (to.value / from.value).powf(x),
                    false => from.value + (to.value - from.value) * x,
                };
                moves.push(Move {
                    at: start + border(piece),
                    value,
                    frames: border(piece + 1) - border(piece),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_become_moves_that_end_where_the_next_begins() {
        let point = |at, value, curve| LanePoint {
            at: Frames(at),
            value,
            curve,
        };
        let lane = Lane {
            entry: 0,
            parameter: String::new(),
            points: vec![
                point(100, 1.0, Curve::Linear),
                point(300, 2.0, Curve::Linear),
                point(1000, 4.0, Curve::Smooth),
                point(2000, 8.0, Curve::Step),
            ],
        };
        let parameter = Parameter {
            name: String::new(),
            unit: "",
            min: 0.0,
            max: 10.0,
            value: 0.0,
            logarithmic: false,
        };
        let moves = Moves::new(&lane, 0, &parameter, 10, SampleRate(48_000)).moves;
        let at = |at, value, frames| Move { at, value, frames };
        assert_eq!(moves[..2], [at(0, 1.0, 0), at(110, 2.0, 200)]);
        assert_eq!(moves.last(), Some(&at(2010, 8.0, 240)));
        let smooth = &moves[2..moves.len() - 1];
        assert_eq!(smooth.len(), 10);
        assert!(smooth.windows(2).all(|w| w[0].at + w[0].frames == w[1].at));
        assert!((smooth[9].value - 4.0).abs() < 1e-12 && (smooth[4].value - 3.0).abs() < 1e-12);
    }
}

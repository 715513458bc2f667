//! Finding the threshold for a wanted reduction, from the programme itself.

use super::Compressor;
use crate::audio::Passage;
use crate::effect::meter::ReductionMeter;
use crate::units::SampleRate;

/// Frames put together: the level of the loudest, and the power of all. A third of a millisecond.
const PIECE: usize = 16;

/// Thresholds that are tried.
const LOWEST_DB: f64 = -80.0;
const HIGHEST_DB: f64 = 20.0;

/// Halvings of that interval with the programme in pieces: to a twentieth of a dB; and of what is left about it,
/// frame by frame, to a fiftieth.
const HALVINGS: usize = 11;
const FINE_DB: f64 = 6.0;
const FINE_HALVINGS: usize = 9;

/// Longest programme that is kept frame by frame, in frames: half an hour at 48 kHz, 170 MB. For a longer one
/// pieces have to do.
const MOST_LEVELS: usize = 86_400_000;

/// Levels are kept in steps of this many dB.
const STEP_DB: f64 = 1.0 / 256.0;

/// The programme as a detector heard it.
#[derive(Debug, Default)]
pub(super) struct Rehearsal {
    pieces: Vec<Piece>,
    /// The level of every frame, in [`STEP_DB`].
    levels: Vec<i16>,
    level_db: f64,
    power: f64,
    frames: usize,
}

/// Some frames in a row.
#[derive(Debug, Clone, Copy)]
struct Piece {
    level_db: f32,
    /// Mean square of what was heard.
    power: f32,
}

impl Rehearsal {
    /// Takes frames and the levels the detector read off them.
    pub(super) fn add(&mut self, heard: &Passage<'_>, levels: &[f64]) {
        let channels = heard.channels();
        for (n, level) in levels.iter().enumerate() {
            if self.frames == 0 {
                self.level_db = f64::NEG_INFINITY;
            }
            self.level_db = self.level_db.max(*level);
            if self.levels.len() < MOST_LEVELS {
                self.levels.push((level / STEP_DB) as i16);
            }
            for channel in 0..channels {
                let x = f64::from(heard.row(channel)[n]);
                self.power += x * x;
            }
            self.frames += 1;
            if self.frames == PIECE {
                self.pieces.push(Piece {
                    level_db: self.level_db as f32,
                    power: (self.power / (PIECE * channels) as f64) as f32,
                });
                (self.frames, self.power) = (0, 0.0);
            }
        }
    }

    /// The threshold at which 95 of 100 windows stay below `target_db` of reduction; the highest there is for
    /// a silent programme. `slow` is the compressor in steps of a piece, `exact` the compressor itself.
    pub(super) fn threshold(
        &self,
        target_db: f64,
        slow: &mut Compressor,
        exact: &mut Compressor,
        rate: SampleRate,
    ) -> f64 {
        let window = rate.frame_at(ReductionMeter::WINDOW_S).0 as usize / PIECE;
        let window = window.max(1);
        let coarse = halved(LOWEST_DB, HIGHEST_DB, HALVINGS, |threshold| {
            self.reduction(threshold, window, slow, rate, false) > target_db
        });
        if self.levels.len() < self.pieces.len() * PIECE {
            return (coarse * 100.0).round() / 100.0;
        }
        // Pieces count their loudest frame: the threshold lies lower, if anywhere.
        let (low, high) = (coarse - FINE_DB, coarse + 0.1 * FINE_DB);
        let fine = halved(low, high, FINE_HALVINGS, |threshold| {
            self.reduction(threshold, window, exact, rate, true) > target_db
        });
        (fine * 100.0).round() / 100.0
    }

    fn reduction(
        &self,
        threshold: f64,
        window: usize,
        compressor: &mut Compressor,
        rate: SampleRate,
        by_frame: bool,
    ) -> f64 {
        compressor.hold_threshold(threshold);
        let mut meter = ReductionMeter::new(rate);
        let mut levels = self.levels.chunks_exact(PIECE);
        for pieces in self.pieces.chunks(window) {
            let (mut before, mut after) = (0.0, 0.0);
            for piece in pieces {
                let reduction = match levels.next().filter(|_| by_frame) {
                    Some(levels) => {
                        let step =
                            |level: &i16| compressor.step_reduction(f64::from(*level) * STEP_DB);
                        levels.iter().map(step).sum::<f64>() / PIECE as f64
                    }
                    None => compressor.step_reduction(f64::from(piece.level_db)),
                };
                let power = f64::from(piece.power);
                before += power;
                after += power * 10f64.powf(-0.1 * reduction);
            }
            if before > ReductionMeter::FLOOR * pieces.len() as f64 {
                meter.count(10.0 * (before / after).log10());
            }
        }
        meter.read().map_or(0.0, |read| read.p95_db)
    }
}

/// Halves the interval until only the border is left above which `is_low` no longer holds.
fn halved(
    mut low: f64,
    mut high: f64,
    halvings: usize,
    mut is_low: impl FnMut(f64) -> bool,
) -> f64 {
    for _ in 0..halvings {
        let middle = 0.5 * (low + high);
        if is_low(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The rate of pieces.
pub(super) fn piece_rate(rate: SampleRate) -> f64 {
    f64::from(rate.0) / PIECE as f64
}

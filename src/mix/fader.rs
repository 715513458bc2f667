//! Levels over time, applied frame by frame.

use super::GainCurve;
use crate::units::Frames;

/// Frames in a straight piece of a level that moves: on a grid of absolute frames, so that the result does
/// not depend on the blocks. A fade of 60 dB in a second leaves its curve by 1e-6 in a piece, one of 60 dB in
/// 10 ms by 0.3 %.
const PIECE: u64 = 16;

/// Levels that multiply. They stand on the song's time line; what they are applied to comes `late` frames
/// after it.
#[derive(Debug)]
pub(super) struct Fader {
    curves: Vec<GainCurve>,
    /// What the curves that never change come to.
    fixed: f64,
    late: u64,
    arch: pulp::Arch,
}

/// Frames over which a gain is one straight line; frame i of them has the gain `from + (first + i) step`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    /// First frame, from the start of what is asked for.
    start: usize,
    /// Frame after the last.
    end: usize,
    /// Where on the line the first frame stands: blocks may cut a line anywhere without moving it.
    first: u32,
    /// Gain at the line's start.
    from: f64,
    /// Change per frame.
    step: f64,
}

impl Fader {
    pub(super) fn new(curves: impl IntoIterator<Item = GainCurve>, late: u64) -> Self {
        let (fixed, curves): (Vec<_>, Vec<_>) =
            curves.into_iter().partition(GainCurve::is_constant);
        Self {
            fixed: fixed.iter().map(|curve| curve.at(Frames(0)).0).product(),
            curves,
            late,
            arch: pulp::Arch::new(),
        }
    }

    /// True if it changes nothing.
    #[allow(clippy::float_cmp, reason = "unity is written exactly")]
    pub(super) fn is_unity(&self) -> bool {
        self.curves.is_empty() && self.fixed == 1.0
    }

    /// Multiplies `row`, whose first sample stands at absolute frame `at`.
    pub(super) fn apply(&self, row: &mut [f32], at: u64) {
        if self.is_unity() {
            return;
        }
        let arch = self.arch;
        self.pieces(at, row.len(), |piece| {
            let row = &mut row[piece.start..piece.end];
            arch.dispatch(Fade { row, piece });
        });
    }

    /// Writes `row`, whose first sample stands at absolute frame `at`, to `out` at these levels.
    pub(super) fn copy(&self, row: &[f32], out: &mut [f32], at: u64) {
        out.copy_from_slice(row);
        self.apply(out, at);
    }

    /// Calls `take` with the straight pieces of the `frames` frames from absolute frame `at` on, in order.
    fn pieces(&self, at: u64, frames: usize, mut take: impl FnMut(Piece)) {
        if self.curves.is_empty() {
            take(Piece {
                start: 0,
                end: frames,
                first: 0,
                from: self.fixed,
                step: 0.0,
            });
            return;
        }
        let end = at + frames as u64;
        let mut begun = self.line_start(at);
        let mut from = self.gain(begun);
        let mut start = at;
        while start < end {
            let over = self.line_end(begun);
            let to = self.gain(over);
            let until = over.min(end);
            take(Piece {
                start: (start - at) as usize,
                end: (until - at) as usize,
                first: (start - begun) as u32,
                from,
                step: (to - from) / (over - begun) as f64,
            });
            (start, begun, from) = (until, over, to);
        }
    }

    fn gain(&self, frame: u64) -> f64 {
        let song = Frames(frame.saturating_sub(self.late));
        let moving = self.curves.iter().map(|curve| curve.at(song).0);
        self.fixed * moving.product::<f64>()
    }

    /// First frame of the line that `frame` lies on.
    fn line_start(&self, frame: u64) -> u64 {
        let grid = frame - frame % PIECE;
        let point = |curve: &GainCurve| curve.last_point(frame, self.late);
        self.curves.iter().filter_map(point).fold(grid, u64::max)
    }

    /// The frame after the last of the line that begins at `frame`.
    fn line_end(&self, frame: u64) -> u64 {
        let grid = frame - frame % PIECE + PIECE;
        let point = |curve: &GainCurve| curve.next_point(frame, self.late);
        self.curves.iter().filter_map(point).fold(grid, u64::min)
    }
}

/// The loop of [`Fader::apply`], compiled once for each instruction set.
struct Fade<'a> {
    row: &'a mut [f32],
    piece: Piece,
}

impl pulp::NullaryFnOnce for Fade<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Piece {
            first, from, step, ..
        } = self.piece;
        for (i, sample) in self.row.iter_mut().enumerate() {
            *sample *= step.mul_add(f64::from(first + i as u32), from) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::GainPoint;
    use super::*;
    use crate::scene::Curve;
    use crate::units::Decibels;

    fn curve(points: &[(u64, f64)]) -> GainCurve {
        let point = |&(at, db): &(u64, f64)| GainPoint {
            at: Frames(at),
            level: Decibels(db),
            curve: Curve::Linear,
        };
        GainCurve::new(points.iter().map(point).collect())
    }

    #[test]
    fn values_stand_at_their_frames_however_blocks_are_cut() {
        let late = 37;
        let fader = || {
            let curves = [
                curve(&[(100, 0.0), (333, -12.0), (1001, 3.0)]),
                curve(&[(0, -6.0)]),
                curve(&[(500, 0.0), (740, f64::NEG_INFINITY)]),
            ];
            Fader::new(curves, late)
        };
        let whole = {
            let mut row = vec![1.0f32; 2000];
            fader().apply(&mut row, 0);
            row
        };
        let db = |frame: u64| 20.0 * f64::from(whole[(frame + late) as usize]).log10();
        for (frame, level) in [
            (0, -6.0),
            (100, -6.0),
            (333, -18.0),
            (200, -6.0 - 100.0 / 233.0 * 12.0),
        ] {
            assert!((db(frame) - level).abs() < 0.02, "{frame}: {}", db(frame));
        }
        assert_eq!(whole[(740 + late) as usize].to_bits(), 0);
        for cut in [1, 7, 64, 1023] {
            let mut row = vec![1.0f32; 2000];
            let fader = fader();
            let mut at = 0;
            for part in row.chunks_mut(cut) {
                fader.apply(part, at);
                at += part.len() as u64;
            }
            assert!(
                row.iter()
                    .zip(&whole)
                    .all(|(a, b)| a.to_bits() == b.to_bits()),
                "cut {cut}"
            );
        }
    }

    #[test]
    fn a_constant_level_is_one_factor() {
        let half = Fader::new([curve(&[(0, -6.0)]), curve(&[(5, -6.0), (9, -6.0)])], 0);
        let mut row = [1.0f32; 5];
        half.apply(&mut row, 1000);
        let expected = Decibels(-12.0).gain().0 as f32;
        assert!(row.iter().all(|x| (x - expected).abs() < 1e-7));
        assert!(Fader::new([], 0).is_unity());
    }
}

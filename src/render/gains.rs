//! The gains of all objects of a target on every channel. Most are 0, so those that play are marked.
//!
//! Each object has two rows of gains: those at the two ends of the line on which they move. All rows stand in one
//! block of memory, because a target's gains leave the cache between one quantum and the next.
//!
//! Gains are written as a panner gives them and then settled, many objects at once: residues of rounding are dropped,
//! the object's own gain and the trims of the channels are applied, and the marks are set, all in vectors.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::panner::RESIDUE;

/// Most gains of a vector.
const LANES: usize = 8;

/// Channels whose marks stand in one word.
const WORD: usize = u64::BITS as usize;

/// A gain for each channel at both ends of each object's line.
#[derive(Debug)]
pub(super) struct Gains {
    channels: usize,
    /// The rows in whole vectors: what is beyond the last channel is 0.
    rows: Vec<[f64; LANES]>,
    /// Vectors of a row.
    width: usize,
    /// A bit for each channel whose gain is not 0, in so many words for each row.
    marks: Vec<u64>,
    words: usize,
    /// A factor for each channel.
    trims: Vec<[f64; LANES]>,
    /// Rows that have been written and not settled.
    written: Vec<Written>,
    /// Vectors of rows that are to be cleared before they are written from outside. Rows that are written in turn follow
    /// each other: most are cleared at once.
    to_clear: Range<usize>,
}

/// One end of an object's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row(u32);

impl Row {
    /// One of the two rows, 0 or 1, of object `object` of `objects`: rows that are written in turn follow each other.
    ///
    /// # Panics
    /// If there are more than 2³¹ objects.
    pub(super) fn of(object: usize, objects: usize, end: usize) -> Self {
        Self(
            u32::try_from(end * objects + object).expect("a scene has far fewer than 2^31 objects"),
        )
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// A row that is to be settled, and how.
#[derive(Debug, Clone, Copy)]
struct Written {
    row: Row,
    finish: Finish,
}

/// How gains that have been written are to be settled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finish {
    /// Magnitudes below this are dropped.
    pub(super) residue: f64,
    /// All others are multiplied by this.
    pub(super) level: f64,
}

impl Finish {
    /// An object's gains, as a panner gives them, at its own level.
    pub(super) fn of(level: f64) -> Self {
        Self {
            residue: RESIDUE,
            level,
        }
    }

    /// They stay as they are.
    pub(super) const NONE: Self = Self {
        residue: 0.0,
        level: 1.0,
    };
}

/// `values` in whole vectors, the last filled up.
fn in_vectors(mut values: Vec<f64>, filling: f64) -> Vec<[f64; LANES]> {
    values.resize(values.len().next_multiple_of(LANES), filling);
    values.as_chunks::<LANES>().0.to_vec()
}

impl Gains {
    /// No gain of any of the `objects`, on as many channels as have linear `trims`.
    pub(super) fn new(objects: usize, trims: Vec<f64>) -> Self {
        let channels = trims.len();
        let (width, words) = (channels.div_ceil(LANES), channels.div_ceil(WORD));
        Self {
            channels,
            rows: vec![[0.0; LANES]; 2 * objects * width],
            width,
            marks: vec![0; 2 * objects * words],
            words,
            trims: in_vectors(trims, 1.0),
            written: Vec::with_capacity(objects),
            to_clear: 0..0,
        }
    }

    /// The gains of a row.
    pub(super) fn values(&self, row: Row) -> &[f64] {
        &self.rows.as_flattened()[row.index() * self.width * LANES..][..self.channels]
    }

    fn row_mut(&mut self, row: Row) -> &mut [[f64; LANES]] {
        &mut self.rows[row.index() * self.width..][..self.width]
    }

    fn marks(&self, row: Row) -> &[u64] {
        &self.marks[row.index() * self.words..][..self.words]
    }

    /// Has `write` write the gains of a row, which are to be settled then.
    pub(super) fn write(&mut self, row: Row, write: impl FnOnce(&mut [f64]) -> Finish) {
        let channels = self.channels;
        let finish = write(&mut self.row_mut(row).as_flattened_mut()[..channels]);
        self.written.push(Written { row, finish });
    }

    /// Clears a row for gains that are written [from outside](Self::all_mut), which are to be settled then. The answer is
    /// where it begins.
    pub(super) fn clear_to_write(&mut self, row: Row, finish: Finish) -> u32 {
        let start = row.index() * self.width;
        if self.to_clear.end != start {
            self.clear();
            self.to_clear.start = start;
        }
        self.to_clear.end = start + self.width;
        self.written.push(Written { row, finish });
        row.0 * (self.width * LANES) as u32
    }

    /// All rows.
    pub(super) fn all_mut(&mut self) -> &mut [f64] {
        self.clear();
        self.rows.as_flattened_mut()
    }

    fn clear(&mut self) {
        self.rows[std::mem::take(&mut self.to_clear)].fill([0.0; LANES]);
    }

    /// No gain on any channel.
    pub(super) fn silence(&mut self, row: Row) {
        self.row_mut(row).fill([0.0; LANES]);
        let words = self.words;
        self.marks[row.index() * words..][..words].fill(0);
    }

    /// Goes the part `x` (0 to 1) of the way from the gains of `row` to those of `other`.
    pub(super) fn move_towards(&mut self, row: Row, other: Row, x: f64) {
        let width = self.width * LANES;
        let all = self.rows.as_flattened_mut();
        for n in 0..width {
            let to = all[other.index() * width + n];
            let from = &mut all[row.index() * width + n];
            *from += (to - *from) * x;
        }
        self.mark(row);
    }

    fn mark(&mut self, row: Row) {
        let gains = &self.rows[row.index() * self.width..][..self.width];
        let words = &mut self.marks[row.index() * self.words..][..self.words];
        for (word, eights) in words.iter_mut().zip(gains.chunks(WORD / LANES)) {
            let bits = eights.as_flattened().iter().enumerate();
            *word = bits.fold(0, |word, (n, gain)| word | u64::from(*gain != 0.0) << n);
        }
    }

    /// The channels that play, and their gains.
    pub(super) fn playing(&self, row: Row) -> impl Iterator<Item = (usize, f64)> {
        let values = self.values(row);
        channels_of(self.marks(row).iter().copied()).map(|channel| (channel, values[channel]))
    }

    /// The channels that play at one or the other end, and their gains at both.
    pub(super) fn lines(&self, from: Row, to: Row) -> impl Iterator<Item = (usize, f64, f64)> {
        let marks = self.marks(from).iter().zip(self.marks(to));
        let (from, to) = (self.values(from), self.values(to));
        channels_of(marks.map(|(a, b)| a | b)).map(|channel| (channel, from[channel], to[channel]))
    }

    /// Settles the rows that have been written.
    pub(super) fn settle(&mut self) {
        pulp::Arch::new().dispatch(Settle(self));
    }
}

/// [`Gains::settle`] for each instruction set. A named type, because a closure is not reliably inlined into the function
/// that enables the instructions.
struct Settle<'a>(&'a mut Gains);

impl WithSimd for Settle<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Gains {
            rows,
            width,
            marks,
            words,
            trims,
            written,
            ..
        } = self.0;
        for Written { row, finish } in written.drain(..) {
            let gains = &mut rows[row.index() * *width..][..*width];
            let marks = &mut marks[row.index() * *words..][..*words];
            let gains = gains.chunks_mut(WORD / LANES);
            let trims = trims.chunks(WORD / LANES);
            for ((gains, trims), word) in gains.zip(trims).zip(marks) {
                *word = settle_word(simd, gains, trims, finish);
            }
        }
    }
}

/// Settles the gains of as many channels as a word marks, and gives the marks.
#[inline(always)]
fn settle_word<S: Simd>(
    simd: S,
    gains: &mut [[f64; LANES]],
    trims: &[[f64; LANES]],
    finish: Finish,
) -> u64 {
    let residue = simd.splat_f64s(finish.residue);
    let level = simd.splat_f64s(finish.level);
    let zero = simd.splat_f64s(0.0);
    let gains = S::as_mut_simd_f64s(gains.as_flattened_mut()).0;
    let trims = S::as_simd_f64s(trims.as_flattened()).0;
    let places = S::as_simd_u64s(&PLACES).0;
    let mut marks = simd.splat_u64s(0);
    // Without a branch: which channels play is hard to predict.
    for ((gain, trim), place) in gains.iter_mut().zip(trims).zip(places) {
        let is_residue = simd.less_than_f64s(simd.abs_f64s(*gain), residue);
        let sound = simd.select_f64s(is_residue, zero, *gain);
        *gain = simd.mul_f64s(simd.mul_f64s(sound, level), *trim);
        let plays = simd.less_than_f64s(zero, simd.abs_f64s(*gain));
        let mark = simd.select_u64s(plays, *place, simd.splat_u64s(0));
        marks = simd.or_u64s(marks, mark);
    }
    let mut lanes = [0; LANES];
    S::as_mut_simd_u64s(&mut lanes).0[0] = marks;
    lanes.iter().fold(0, |word, marks| word | marks)
}

/// The bit of each channel of a word.
static PLACES: [u64; WORD] = {
    let mut places = [0; WORD];
    let mut n = 0;
    while n < WORD {
        places[n] = 1 << n;
        n += 1;
    }
    places
};

/// The channels whose bits are set in `words`, in order.
fn channels_of(words: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
    words
        .enumerate()
        .flat_map(|(n, word)| Bits(word).map(move |bit| n * WORD + bit))
}

/// The places of the bits of a word, from the lowest.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let place = self.0.trailing_zeros() as usize;
        (place < WORD).then(|| {
            self.0 &= self.0 - 1;
            place
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gains of which two thirds are 0 or residues.
    fn drawn(channels: usize, seed: usize) -> Vec<f64> {
        let draw = |n: usize| ((n + 1) * (seed + 3) * 7919 % 1009) as f64 / 1009.0;
        let gains = (0..channels).map(|n| [0.0, 5e-10 * draw(n), draw(n)][(n * 5 + seed) % 3]);
        gains.collect()
    }

    fn bits(gains: &[f64]) -> Vec<u64> {
        gains.iter().map(|gain| gain.to_bits()).collect()
    }

    #[test]
    fn settled_gains_have_no_residues_and_are_marked_where_they_play() {
        for (seed, channels) in [1, 2, 7, 8, 12, 24, 63, 64, 65, 130]
            .into_iter()
            .enumerate()
        {
            for (residue, level) in [(1e-9, 1.0), (1e-9, 0.3), (0.0, 1.0)] {
                let factors: Vec<f64> = (0..channels).map(|n| 0.5 + n as f64 / 100.0).collect();
                // Two objects, of which the second has both ends written.
                let rows = [(0, 1), (1, 0), (1, 1)].map(|(object, end)| Row::of(object, 2, end));
                let mut gains = [0, 1].map(|_| Gains::new(2, factors.clone()));
                for gains in &mut gains {
                    for (n, row) in rows.into_iter().enumerate() {
                        gains.write(row, |to| {
                            to.copy_from_slice(&drawn(channels, seed + n));
                            Finish { residue, level }
                        });
                    }
                }
                let [vectors, plain] = &mut gains;
                vectors.settle();
                pulp::Scalar.vectorize(Settle(plain));
                for gains in &gains {
                    for (n, row) in rows.into_iter().enumerate() {
                        let drawn = drawn(channels, seed + n);
                        let expected: Vec<f64> = (drawn.iter().zip(&factors))
                            .map(|(&gain, trim)| match gain.abs() < residue {
                                true => 0.0,
                                false => gain * level * trim,
                            })
                            .collect();
                        let playing: Vec<usize> = (0..channels)
                            .filter(|&channel| expected[channel] > 0.0)
                            .collect();
                        assert_eq!(
                            bits(gains.values(row)),
                            bits(&expected),
                            "{channels} channels"
                        );
                        let found: Vec<usize> =
                            gains.playing(row).map(|(channel, _)| channel).collect();
                        assert_eq!(found, playing, "{channels} channels");
                    }
                    let untouched = Row::of(0, 2, 0);
                    assert_eq!(gains.playing(untouched).count(), 0);
                }
            }
        }
    }

    #[test]
    fn gains_on_their_way_play_where_either_end_does() {
        let [from, to, other] = [(0, 0), (0, 1), (1, 0)].map(|(n, end)| Row::of(n, 2, end));
        let mut gains = Gains::new(2, vec![1.0; 70]);
        for (row, at) in [(from, 3), (to, 66), (other, 1)] {
            gains.write(row, |to| {
                to.fill(0.0);
                to[at] = 1.0;
                Finish::NONE
            });
        }
        gains.settle();
        assert_eq!(
            gains.lines(other, to).collect::<Vec<_>>(),
            [(1, 1.0, 0.0), (66, 0.0, 1.0)]
        );
        gains.move_towards(from, to, 0.25);
        let playing: Vec<(usize, f64)> = gains.playing(from).collect();
        assert_eq!(playing, [(3, 0.75), (66, 0.25)]);
        gains.silence(from);
        assert_eq!(gains.playing(from).count(), 0);
        assert_eq!(gains.playing(to).count(), 1);
    }

    #[test]
    fn rows_that_are_written_from_outside_are_cleared_first() {
        let mut gains = Gains::new(4, vec![1.0; 12]);
        // Two that follow each other, one apart, and one that is left as it is.
        let rows = [(0, 1), (1, 1), (3, 0)].map(|(object, end)| Row::of(object, 4, end));
        let other = Row::of(2, 4, 1);
        for row in rows.into_iter().chain([other]) {
            gains.write(row, |to| {
                to.fill(1.0);
                Finish::NONE
            });
        }
        gains.settle();
        for (n, row) in rows.into_iter().enumerate() {
            let start = gains.clear_to_write(row, Finish::of(0.5)) as usize;
            gains.all_mut()[start + n] = 0.5;
        }
        gains.settle();
        let starts = rows.map(|row| gains.clear_to_write(row, Finish::of(0.5)) as usize);
        for (n, start) in starts.into_iter().enumerate() {
            gains.all_mut()[start + n + 1] = 1.0;
        }
        gains.settle();
        for (n, row) in rows.into_iter().enumerate() {
            assert_eq!(gains.playing(row).collect::<Vec<_>>(), [(n + 1, 0.5)]);
        }
        assert_eq!(gains.playing(other).count(), 12);
    }
}

//! The gains of an object on every channel. Most are 0, so those that play are marked.
//!
//! Gains are written as a panner gives them and then settled, many objects at once: residues of rounding are dropped,
//! the object's own gain and the trims of the channels are applied, and the marks are set, all in vectors.

use pulp::{Simd, WithSimd};

use crate::panner::RESIDUE;

/// Most gains of a vector.
const LANES: usize = 8;

/// Channels whose marks stand in one word.
const WORD: usize = u64::BITS as usize;

/// A gain for each channel.
#[derive(Debug)]
pub(super) struct Gains {
    /// In whole vectors: what is beyond the last channel is 0.
    all: Vec<[f64; LANES]>,
    channels: usize,
    /// A bit for each channel whose gain is not 0.
    playing: Vec<u64>,
    /// They are to be taken from this row first.
    row: Option<usize>,
    /// Magnitudes below this are residues.
    residue: f64,
    /// What all are to be multiplied by.
    level: f64,
}

/// `values` in whole vectors, the last filled up.
fn in_vectors(mut values: Vec<f64>, filling: f64) -> Vec<[f64; LANES]> {
    values.resize(values.len().next_multiple_of(LANES), filling);
    values.as_chunks::<LANES>().0.to_vec()
}

impl Gains {
    /// No gain on any of the `channels`.
    pub(super) fn new(channels: usize) -> Self {
        Self {
            all: in_vectors(vec![0.0; channels], 0.0),
            channels,
            playing: vec![0; channels.div_ceil(WORD)],
            row: None,
            residue: 0.0,
            level: 1.0,
        }
    }

    /// The gain of each channel.
    pub(super) fn values(&self) -> &[f64] {
        &self.all.as_flattened()[..self.channels]
    }

    /// Has `write` write the gains, which are to be settled then.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut [f64]) -> Finish) {
        let finish = write(&mut self.all.as_flattened_mut()[..self.channels]);
        (self.residue, self.level) = (finish.residue, finish.level);
    }

    /// Takes the gains from row `row` of those that [`Settler`] has.
    pub(super) fn take_row(&mut self, row: usize, finish: Finish) {
        self.row = Some(row);
        (self.residue, self.level) = (finish.residue, finish.level);
    }

    /// No gain on any channel.
    pub(super) fn silence(&mut self) {
        self.all.fill([0.0; LANES]);
        self.playing.fill(0);
    }

    /// Goes the part `x` (0 to 1) of the way to `other`.
    pub(super) fn move_towards(&mut self, other: &Self, x: f64) {
        let others = other.all.as_flattened();
        for (from, to) in self.all.as_flattened_mut().iter_mut().zip(others) {
            *from += (to - *from) * x;
        }
        self.mark();
    }

    fn mark(&mut self) {
        for (word, eights) in self.playing.iter_mut().zip(self.all.chunks(WORD / LANES)) {
            let bits = eights.as_flattened().iter().enumerate();
            *word = bits.fold(0, |word, (n, gain)| word | u64::from(*gain != 0.0) << n);
        }
    }

    /// The channels that play, and their gains.
    pub(super) fn playing(&self) -> impl Iterator<Item = (usize, f64)> {
        let values = self.values();
        channels_of(self.playing.iter().copied()).map(|channel| (channel, values[channel]))
    }

    /// The channels that play in one or the other.
    pub(super) fn playing_in(a: &Self, b: &Self) -> impl Iterator<Item = usize> {
        channels_of(a.playing.iter().zip(&b.playing).map(|(a, b)| a | b))
    }

    #[inline(always)]
    fn settle<S: Simd>(&mut self, simd: S, settler: &Settler) {
        if let Some(row) = self.row.take() {
            let (played, rest) = self.all.split_at_mut(settler.width);
            for (to, from) in played.iter_mut().zip(&settler.rows[row * settler.width..]) {
                *to = *from;
            }
            rest.fill([0.0; LANES]);
        }
        let (residue, level) = (simd.splat_f64s(self.residue), simd.splat_f64s(self.level));
        let zero = simd.splat_f64s(0.0);
        let words = self.all.chunks_mut(WORD / LANES);
        let trims = settler.trims.chunks(WORD / LANES);
        for ((gains, trims), word) in words.zip(trims).zip(&mut self.playing) {
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
            *word = lanes.iter().fold(0, |word, marks| word | marks);
        }
    }
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

/// Settles gains on the channels of a target.
#[derive(Debug)]
pub(super) struct Settler {
    /// Gains of many objects, in rows of whole vectors: what is beyond the last channel is 0.
    rows: Vec<[f64; LANES]>,
    /// Vectors of a row.
    width: usize,
    /// A factor for each channel, and as many again for those played through decorrelators.
    trims: Vec<[f64; LANES]>,
}

impl Settler {
    /// For gains of `sides` times as many channels as have `trims`; with room for `count` rows, more must be allocated.
    pub(super) fn new(trims: &[f64], sides: usize, count: usize) -> Self {
        let width = trims.len().div_ceil(LANES);
        Self {
            rows: Vec::with_capacity(count * width),
            width,
            trims: in_vectors(trims.repeat(sides), 1.0),
        }
    }

    /// Has `write` write `count` rows, each of which begins so many gains after the one before.
    pub(super) fn write_rows<T>(
        &mut self,
        count: usize,
        write: impl FnOnce(&mut [f64], usize) -> T,
    ) -> T {
        self.rows.resize(count * self.width, [0.0; LANES]);
        write(self.rows.as_flattened_mut(), self.width * LANES)
    }

    /// Settles gains that have been written.
    pub(super) fn settle<'a>(&self, written: impl IntoIterator<Item = &'a mut Gains>) {
        pulp::Arch::new().dispatch(Settle {
            written: written.into_iter(),
            settler: self,
        });
    }
}

/// [`Settler::settle`] for each instruction set. A named type, because a closure is not reliably inlined into the function that
/// enables the instructions.
struct Settle<'a, I> {
    written: I,
    settler: &'a Settler,
}

impl<'a, I: Iterator<Item = &'a mut Gains>> WithSimd for Settle<'_, I> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for gains in self.written {
            gains.settle(simd, self.settler);
        }
    }
}

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
                let written = drawn(channels, seed);
                let factors: Vec<f64> = (0..channels).map(|n| 0.5 + n as f64 / 100.0).collect();
                let expected: Vec<f64> = written
                    .iter()
                    .zip(&factors)
                    .map(|(&gain, trim)| match gain.abs() < residue {
                        true => 0.0,
                        false => gain * level * trim,
                    })
                    .collect();
                let playing: Vec<usize> = (0..channels)
                    .filter(|&channel| expected[channel] > 0.0)
                    .collect();

                let settler = Settler::new(&factors, 1, 0);
                let mut gains = [Gains::new(channels), Gains::new(channels)];
                for gains in &mut gains {
                    gains.write(|to| {
                        to.copy_from_slice(&written);
                        Finish { residue, level }
                    });
                }
                let [vectors, plain] = &mut gains;
                settler.settle([&mut *vectors]);
                pulp::Scalar.vectorize(Settle {
                    written: [&mut *plain].into_iter(),
                    settler: &settler,
                });
                for gains in &gains {
                    assert_eq!(bits(gains.values()), bits(&expected), "{channels} channels");
                    let found: Vec<usize> = gains.playing().map(|(channel, _)| channel).collect();
                    assert_eq!(found, playing, "{channels} channels");
                }
            }
        }
    }

    #[test]
    fn gains_on_their_way_play_where_either_end_does() {
        let of = |at: usize| {
            let mut gains = Gains::new(70);
            gains.write(|to| {
                to.fill(0.0);
                to[at] = 1.0;
                Finish::NONE
            });
            Settler::new(&[1.0; 70], 1, 0).settle([&mut gains]);
            gains
        };
        let (mut from, to) = (of(3), of(66));
        from.move_towards(&to, 0.25);
        let playing: Vec<(usize, f64)> = from.playing().collect();
        assert_eq!(playing, [(3, 0.75), (66, 0.25)]);
        assert_eq!(Gains::playing_in(&of(1), &to).collect::<Vec<_>>(), [1, 66]);
        from.silence();
        assert_eq!(from.playing().count(), 0);
    }
}

//! From interleaved samples to the rows of a block, a square of eight frames by eight channels at a time.

use crate::dsp::transpose::{SIDE, Square};

/// Where the samples of one block go.
pub(super) struct Destination<'a> {
    /// The store of the block.
    pub(super) samples: &'a mut [f32],
    /// Floats between its rows.
    pub(super) stride: usize,
    /// Frame of the block at which to begin.
    pub(super) first: usize,
    /// The row of each channel, if it is wanted.
    pub(super) rows: &'a [Option<usize>],
}

/// Start of a channel that is not wanted: beyond any store, so that what is stored there goes nowhere.
const NOWHERE: usize = usize::MAX / 2;

/// Interleaved samples, each of one or more words of type `T`.
#[derive(Clone, Copy)]
pub(super) struct Interleaved<'a, T> {
    /// The words, from the first sample on. Behind the last sample stands what a square reaches beyond a
    /// frame of fewer than eight channels.
    pub(super) words: &'a [T],
    pub(super) words_per_sample: usize,
    pub(super) channels: usize,
    /// A multiple of the side of a square.
    pub(super) frames: usize,
}

/// The float of a block's store at which each channel starts, for whole squares of channels.
#[derive(Debug)]
pub(super) struct Starts {
    floats: Vec<usize>,
    /// The same, counted in sides of a square; used if all are whole.
    sides: Vec<usize>,
}

impl Starts {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            floats: vec![NOWHERE; channels.max(SIDE)],
            sides: vec![NOWHERE; channels.max(SIDE)],
        }
    }

    fn set(&mut self, to: &Destination<'_>) {
        for ((row, float), side) in to.rows.iter().zip(&mut self.floats).zip(&mut self.sides) {
            *float = row.map_or(NOWHERE, |row| row * to.stride + to.first);
            *side = row.map_or(NOWHERE, |_| *float / SIDE);
        }
    }
}

/// Fills the wanted rows. `columns(f, c)` gives the samples of the eight frames that begin the runs `f`, for
/// eight channels from `c` on.
///
/// All channels of eight frames are done before the next eight, so that the source is passed over once,
/// from front to back. Closures are marked for inlining all along: what is not inlined is compiled without
/// the instructions of the processor at hand.
#[inline(always)]
pub(super) fn squares_to_rows<T>(
    from: Interleaved<'_, T>,
    starts: &mut Starts,
    to: &mut Destination<'_>,
    columns: impl Fn([&[T]; SIDE], usize) -> Square,
) {
    starts.set(to);
    if to.stride.is_multiple_of(SIDE) && to.first.is_multiple_of(SIDE) {
        // The usual case; one comparison for each store instead of two.
        let sides = to.samples.as_chunks_mut::<SIDE>().0;
        store_squares(
            from,
            &starts.sides,
            columns,
            #[inline(always)]
            |start, square, column| {
                if let Some(to) = sides.get_mut(start + square) {
                    *to = column;
                }
            },
        );
    } else {
        let samples = &mut *to.samples;
        store_squares(
            from,
            &starts.floats,
            columns,
            #[inline(always)]
            |start, square, column| {
                let to = samples.get_mut(start + square * SIDE..);
                if let Some(to) = to.and_then(<[f32]>::first_chunk_mut::<SIDE>) {
                    *to = column;
                }
            },
        );
    }
}

/// `store(s, n, column)` takes eight frames, the n-th from the beginning, of the channel that starts at `s`.
#[inline(always)]
fn store_squares<T>(
    from: Interleaved<'_, T>,
    starts: &[usize],
    columns: impl Fn([&[T]; SIDE], usize) -> Square,
    mut store: impl FnMut(usize, usize, [f32; SIDE]),
) {
    let per_frame = from.words_per_sample * from.channels;
    // Of fewer than eight channels the rest of a square is the beginning of the next frame; it goes nowhere.
    let width = from.channels.max(SIDE);
    let reach = from.words_per_sample * width;
    for square in 0..from.frames / SIDE {
        let band = &from.words[square * SIDE * per_frame..];
        let runs: [&[T]; SIDE] = std::array::from_fn(
            #[inline(always)]
            |n| &band[n * per_frame..][..reach],
        );
        for group in (0..width).step_by(SIDE) {
            // The last group overlaps the one before it, if there is one.
            let first = group.min(width - SIDE);
            let starts = starts[first..]
                .first_chunk::<SIDE>()
                .expect("there is a start for each channel of a square");
            for (&start, column) in starts.iter().zip(columns(runs, first)) {
                store(start, square, column);
            }
        }
    }
}

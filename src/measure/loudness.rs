//! A loudness meter: ITU-R BS.1770-4/-5 with the loudness range of EBU Tech 3342.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::gating::{self, MOMENTARY_HOPS, SHORT_TERM_HOPS};
use super::k_weighting::KWeighting;
use super::lanes::{LANES, Lanes, Weighting};
use crate::audio::Block;
use crate::dsp::transpose::{Plain, Transpose};
use crate::units::SampleRate;

/// Hops per second: gating blocks of 400 ms overlap by 75 %.
const HOPS_PER_SECOND: u64 = 10;
/// Room for a day of hops (7 MB, of which only what is used is ever touched), so that `add` does not
/// allocate.
const RESERVED_HOPS: usize = 24 * 3600 * HOPS_PER_SECOND as usize;

/// Measures the loudness of a signal that arrives in blocks of any length.
///
/// - The figures depend on the signal alone, bit for bit, not on the length of the blocks.
/// - A signal shorter than a window (0.4 s; 3 s for short-term and range) has no such figure, nor has
///   silence: `None`, never minus infinity.
/// - What follows the last whole tenth of a second is not counted (BS.1770: an incomplete gating block
///   is not used).
/// - Stereo, 5.1, 22.2: whatever the weights say. Samples are expected to be finite and below 10¹⁸; a tenth of a
///   second that holds one that is not is left out of every figure.
///
/// ```
/// use umbel::audio::Block;
/// use umbel::measure::LoudnessMeter;
/// use umbel::units::SampleRate;
///
/// let mut meter = LoudnessMeter::new(SampleRate(48_000), &[1.0]);
/// let mut block = Block::new(1, 48_000);
/// block.set_frames(48_000);
/// for (n, sample) in block.row_mut(0).iter_mut().enumerate() {
///     *sample = (std::f64::consts::TAU * 997.0 * n as f64 / 48_000.0).sin() as f32;
/// }
/// meter.add(&block);
/// assert!((meter.integrated().unwrap() - -3.01).abs() < 0.01);
/// ```
#[derive(Debug, Clone)]
pub struct LoudnessMeter {
    weighting: Weighting,
    rate: SampleRate,
    groups: Vec<Group>,
    channels: usize,
    /// Frames measured so far.
    position: u64,
    /// Absolute frame at which the hop being filled ends.
    hop_end: u64,
    /// Weighted mean square of every whole hop.
    hop_powers: Vec<f64>,
}

/// Up to [`LANES`] channels that count. Lanes to spare repeat the first channel with weight 0.
#[derive(Debug, Clone)]
struct Group {
    rows: [usize; LANES],
    weights: [f64; LANES],
    lanes: Lanes,
}

impl Group {
    fn new(channels: &[usize], weights: &[f64]) -> Self {
        let mut group = Self {
            rows: [channels[0]; LANES],
            weights: [0.0; LANES],
            lanes: Lanes::new(),
        };
        for (lane, &channel) in channels.iter().enumerate() {
            group.rows[lane] = channel;
            group.weights[lane] = weights[channel];
        }
        group
    }

    #[inline(always)]
    fn add<S: Simd>(
        &mut self,
        simd: S,
        weighting: &Weighting,
        block: &Block,
        frames: Range<usize>,
        transpose: impl Transpose,
    ) {
        let rows = self.rows.map(|row| &block.row(row)[frames.clone()]);
        self.lanes.add(simd, weighting, rows, transpose);
    }

    /// The weighted sum of squares since the last call.
    fn take_energy(&mut self) -> f64 {
        let lanes = self.lanes.take_energy().into_iter().zip(self.weights);
        // A spare lane may hold what is not finite: it is left out, not multiplied by 0.
        lanes
            .filter(|&(_, weight)| weight > 0.0)
            .map(|(energy, weight)| weight * energy)
            .sum()
    }
}

/// The work on one stretch of a block.
struct Filter<'a, T> {
    weighting: &'a Weighting,
    groups: &'a mut [Group],
    block: &'a Block,
    frames: Range<usize>,
    transpose: T,
}

impl<T: Transpose> WithSimd for Filter<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for group in self.groups {
            group.add(
                simd,
                self.weighting,
                self.block,
                self.frames.clone(),
                self.transpose,
            );
        }
    }
}

impl LoudnessMeter {
    /// A meter for blocks of `weights.len()` channels; `weights` are factors of power, 0 for a channel
    /// that does not count (see [`channel_weights`](super::channel_weights)). Below [`SampleRate::LOWEST_FILTERED`]
    /// nothing has a loudness.
    pub fn new(rate: SampleRate, weights: &[f64]) -> Self {
        let counted: Vec<usize> = (0..weights.len()).filter(|&c| weights[c] > 0.0).collect();
        let weighting = KWeighting::new(rate);
        let scale = Lanes::scale(&weighting);
        let scaled: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        let groups = counted.chunks(LANES).map(|c| Group::new(c, &scaled));
        let mut meter = Self {
            weighting: Weighting::new(&weighting),
            rate,
            groups: groups.collect(),
            channels: weights.len(),
            position: 0,
            hop_end: 0,
            hop_powers: Vec::with_capacity(RESERVED_HOPS),
        };
        meter.hop_end = meter.hop_border(1);
        meter
    }

    /// Absolute frame at which hop `index` begins. Rates that are no multiple of 10 get hops that differ
    /// by a frame, without drift.
    fn hop_border(&self, index: u64) -> u64 {
        (index * u64::from(self.rate.0.max(1))).div_ceil(HOPS_PER_SECOND)
    }

    /// Measures the block, which follows the one before without a gap.
    ///
    /// # Panics
    /// If the block does not have one row per weight.
    pub fn add(&mut self, block: &Block) {
        assert_eq!(
            block.channels(),
            self.channels,
            "one row per channel weight"
        );
        let mut start = 0;
        while start < block.frames() {
            let rest = (self.hop_end - self.position).max(1);
            let end = block.frames().min(start.saturating_add(rest as usize));
            self.filter(block, start..end);
            self.position += (end - start) as u64;
            if self.position >= self.hop_end {
                self.close_hop();
            }
            start = end;
        }
    }

    fn filter(&mut self, block: &Block, frames: Range<usize>) {
        let weighting = &self.weighting;
        let groups = &mut self.groups;
        // Wider vectors than these have more lanes than a group.
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            return Simd::vectorize(
                simd,
                Filter {
                    weighting,
                    groups,
                    block,
                    frames,
                    transpose: simd,
                },
            );
        }
        pulp::Arch::new().dispatch(Filter {
            weighting,
            groups,
            block,
            frames,
            transpose: Plain,
        });
    }

    fn close_hop(&mut self) {
        let index = self.hop_powers.len() as u64;
        let frames = self.hop_border(index + 1) - self.hop_border(index);
        let energy = self.groups.iter_mut().map(Group::take_energy).sum::<f64>();
        // Below that rate K-weighting is no weighting: sound has no more loudness than silence.
        let is_weighted = self.rate >= SampleRate::LOWEST_FILTERED;
        let power = if is_weighted {
            energy / frames.max(1) as f64
        } else {
            0.0
        };
        self.hop_powers.push(power);
        self.hop_end = self.hop_border(index + 2);
    }

    /// Loudness of the whole signal so far, gated, LUFS (= LKFS).
    pub fn integrated(&self) -> Option<f64> {
        gating::integrated(&self.hop_powers)
    }

    /// Highest loudness of any 400 ms, LUFS. Windows begin at every tenth of a second.
    pub fn momentary_max(&self) -> Option<f64> {
        gating::highest(&self.hop_powers, MOMENTARY_HOPS)
    }

    /// Highest loudness of any 3 s, LUFS. Windows begin at every tenth of a second.
    pub fn short_term_max(&self) -> Option<f64> {
        gating::highest(&self.hop_powers, SHORT_TERM_HOPS)
    }

    /// Loudness of each 400 ms, LUFS; they begin at every tenth of a second. `None` for silence.
    pub fn momentary(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        gating::each(&self.hop_powers, MOMENTARY_HOPS)
    }

    /// Loudness of each 3 s, LUFS; they begin at every tenth of a second. `None` for silence.
    pub fn short_term(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        gating::each(&self.hop_powers, SHORT_TERM_HOPS)
    }

    /// Loudness range: how far apart quiet and loud passages are, LU (EBU Tech 3342).
    pub fn range(&self) -> Option<f64> {
        gating::range(&self.hop_powers)
    }
}

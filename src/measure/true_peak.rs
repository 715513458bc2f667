//! True peak: the highest value between the samples, as a converter would meet it.
//!
//! ITU-R BS.1770-4 Annex 2: fourfold interpolation by the FIR filter of order 48 that the annex prints.
//! Above 48 kHz the same filter oversamples more than the annex asks for, which only helps.

use super::peak::highest;
use crate::audio::Block;

/// Interpolated values per sample.
const PHASES: usize = 4;
/// Coefficients of each phase.
const TAPS: usize = 12;
/// Frames looked at together. A stretch too quiet to raise the peak is passed over whole.
const STRETCH: usize = 64;

/// The four phases as printed (Annex 2, "one set of filter coefficients"). Tap k weighs the sample k
/// frames ago. Phases 3 and 2 are phases 0 and 1 backwards.
#[rustfmt::skip]
#[expect(clippy::excessive_precision, reason = "every digit as printed; all are exact in f32")]
const COEFFICIENTS: [[f32; TAPS]; PHASES] = [
    [ 0.001_708_984_375_0,  0.010_986_328_125_0, -0.019_653_320_312_5,  0.033_203_125_000_0,
     -0.059_448_242_187_5,  0.137_329_101_562_5,  0.972_167_968_750_0, -0.102_294_921_875_0,
      0.047_607_421_875_0, -0.026_611_328_125_0,  0.014_892_578_125_0, -0.008_300_781_250_0],
    [-0.029_174_804_687_5,  0.029_296_875_000_0, -0.051_757_812_500_0,  0.089_111_328_125_0,
     -0.166_503_906_250_0,  0.465_087_890_625_0,  0.779_785_156_250_0, -0.200_317_382_812_5,
      0.101_562_500_000_0, -0.058_227_539_062_5,  0.033_081_054_687_5, -0.018_920_898_437_5],
    [-0.018_920_898_437_5,  0.033_081_054_687_5, -0.058_227_539_062_5,  0.101_562_500_000_0,
     -0.200_317_382_812_5,  0.779_785_156_250_0,  0.465_087_890_625_0, -0.166_503_906_250_0,
      0.089_111_328_125_0, -0.051_757_812_500_0,  0.029_296_875_000_0, -0.029_174_804_687_5],
    [-0.008_300_781_250_0,  0.014_892_578_125_0, -0.026_611_328_125_0,  0.047_607_421_875_0,
     -0.102_294_921_875_0,  0.972_167_968_750_0,  0.137_329_101_562_5, -0.059_448_242_187_5,
      0.033_203_125_000_0, -0.019_653_320_312_5,  0.010_986_328_125_0,  0.001_708_984_375_0],
];

/// Keeps the highest true peak of each channel, as a factor of full scale.
///
/// - Never below the sample peak.
/// - The same, bit for bit, whatever the length of the blocks, and whether or not quiet stretches were
///   passed over: only those are whose samples, times the most the filter can make of them, stay below
///   the peak so far.
/// - A sample that is not a number is passed over; an infinite one gives an infinite peak.
#[derive(Debug, Clone)]
pub struct TruePeakMeter {
    channels: Vec<Channel>,
    worst_gain: f32,
}

#[derive(Debug, Clone)]
struct Channel {
    /// The last samples of the block before, oldest first, then room for one stretch.
    window: [f32; TAPS - 1 + STRETCH],
    /// Sample peak of the stretch before, whose end is in the window.
    before: f32,
    peak: f32,
}

/// The work on one block. A named type rather than a closure, because only what is inlined into `call` is
/// compiled for the processor at hand.
struct Interpolate<'a> {
    channels: &'a mut [Channel],
    worst_gain: f32,
    block: &'a Block,
}

impl pulp::NullaryFnOnce for Interpolate<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (channel, row) in self.channels.iter_mut().zip(self.block.rows()) {
            for stretch in row.chunks(STRETCH) {
                channel.add(stretch, self.worst_gain);
            }
        }
    }
}

impl TruePeakMeter {
    /// A meter for blocks of `channels` rows.
    pub fn new(channels: usize) -> Self {
        let phase_gain = |phase: &[f32; TAPS]| phase.iter().map(|c| c.abs()).sum::<f32>();
        let worst_gain = COEFFICIENTS.iter().map(phase_gain).fold(0.0, f32::max);
        Self {
            channels: vec![
                Channel {
                    window: [0.0; TAPS - 1 + STRETCH],
                    before: 0.0,
                    peak: 0.0,
                };
                channels
            ],
            // More than the rounding of twelve products and sums.
            worst_gain: worst_gain * 1.000_1,
        }
    }

    /// Measures the block, which follows the one before without a gap.
    ///
    /// # Panics
    /// If the block has another number of channels.
    pub fn add(&mut self, block: &Block) {
        assert_eq!(block.channels(), self.channels.len(), "one row per channel");
        pulp::Arch::new().dispatch(Interpolate {
            channels: &mut self.channels,
            worst_gain: self.worst_gain,
            block,
        });
    }

    /// The true peak of each channel so far; 1 is full scale (0 dBTP). The tail of the filter beyond the
    /// last sample belongs to it, as if silence followed.
    pub fn peaks(&self) -> Vec<f32> {
        let tail = [0.0; TAPS - 1];
        let finished = |channel: &Channel| {
            let mut channel = channel.clone();
            channel.add(&tail, self.worst_gain);
            channel.peak
        };
        self.channels.iter().map(finished).collect()
    }

    /// The true peak of all channels.
    pub fn highest(&self) -> f32 {
        self.peaks().into_iter().fold(0.0, f32::max)
    }
}

impl Channel {
    #[inline(always)]
    fn add(&mut self, stretch: &[f32], worst_gain: f32) {
        let frames = stretch.len();
        self.window[TAPS - 1..][..frames].copy_from_slice(stretch);
        let here = highest(stretch);
        self.peak = if here > self.peak { here } else { self.peak };
        // The start of the window belongs to the stretch before, or to earlier ones if that was short.
        let around = if self.before > here {
            self.before
        } else {
            here
        };
        if around * worst_gain > self.peak {
            let between = &interpolated(&self.window)[..frames];
            self.peak = self.peak.max(highest(between));
        }
        self.before = if frames < TAPS - 1 { around } else { here };
        self.window.copy_within(frames..frames + TAPS - 1, 0);
    }
}

/// The phases folded in two: with s = x(n-k) + x(n-11+k) and d = x(n-k) - x(n-11+k), the mirrored phases
/// are E + O and E - O, where E sums `EVEN` times s and O sums `ODD` times d over k = 0..6. The greater of
/// their magnitudes is |E| + |O|.
const EVEN: [[f32; TAPS / 2]; PHASES / 2] = folded(1.0);
const ODD: [[f32; TAPS / 2]; PHASES / 2] = folded(-1.0);

const fn folded(sign: f32) -> [[f32; TAPS / 2]; PHASES / 2] {
    let mut folded = [[0.0; TAPS / 2]; PHASES / 2];
    let mut phase = 0;
    while phase < PHASES / 2 {
        let mut tap = 0;
        while tap < TAPS / 2 {
            let mirrored = COEFFICIENTS[phase][TAPS - 1 - tap];
            folded[phase][tap] = (COEFFICIENTS[phase][tap] + sign * mirrored) / 2.0;
            tap += 1;
        }
        phase += 1;
    }
    folded
}

/// The greatest magnitude of the four values that belong to each frame of the stretch. Each value is one
/// sum in the order of the taps, whatever stands beside it.
#[inline(always)]
fn interpolated(window: &[f32; TAPS - 1 + STRETCH]) -> [f32; STRETCH] {
    let mut even = [[0.0_f32; STRETCH]; PHASES / 2];
    let mut odd = [[0.0_f32; STRETCH]; PHASES / 2];
    for tap in 0..TAPS / 2 {
        let newer = &window[TAPS - 1 - tap..][..STRETCH];
        let older = &window[tap..][..STRETCH];
        for frame in 0..STRETCH {
            let sum = newer[frame] + older[frame];
            let difference = newer[frame] - older[frame];
            for phase in 0..PHASES / 2 {
                even[phase][frame] += EVEN[phase][tap] * sum;
                odd[phase][frame] += ODD[phase][tap] * difference;
            }
        }
    }
    let mut peaks = [0.0; STRETCH];
    for (frame, peak) in peaks.iter_mut().enumerate() {
        let [outer, inner] = [0, 1].map(|phase| even[phase][frame].abs() + odd[phase][frame].abs());
        *peak = if outer > inner { outer } else { inner };
    }
    peaks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_of(samples: &[f32]) -> Block {
        let mut block = Block::new(1, samples.len());
        block.set_frames(samples.len());
        block.row_mut(0).copy_from_slice(samples);
        block
    }

    /// Every value of every phase, tap by tap, nothing passed over: the definition.
    fn slow_peak(samples: &[f32]) -> f32 {
        let at = |n: isize| {
            usize::try_from(n)
                .ok()
                .and_then(|n| samples.get(n).copied())
                .unwrap_or(0.0)
        };
        let mut peak = samples.iter().fold(0.0_f32, |p, s| p.max(s.abs()));
        for n in 0..(samples.len() + TAPS - 1) as isize {
            for phase in &COEFFICIENTS {
                let mut sum = 0.0_f32;
                for (tap, c) in phase.iter().enumerate() {
                    sum += c * at(n - tap as isize);
                }
                peak = peak.max(sum.abs());
            }
        }
        peak
    }

    fn noise(frames: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        (0..frames)
            .map(|n| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let level = if n % 700 < 100 { 1.0 } else { 0.2 };
                level * (f64::from(state) / f64::from(u32::MAX) - 0.5) as f32
            })
            .collect()
    }

    #[test]
    fn passing_over_quiet_stretches_and_cutting_change_no_bit() {
        for seed in 1..6 {
            let samples = noise(5_003, seed);
            let expected = slow_peak(&samples);
            let read = [5_003, 1, 7, 13, 64, 100].map(|length| {
                let mut meter = TruePeakMeter::new(1);
                for piece in samples.chunks(length) {
                    meter.add(&block_of(piece));
                }
                meter.highest()
            });
            assert!(
                (read[0] - expected).abs() < 1e-6,
                "{} for {expected}",
                read[0]
            );
            assert_eq!(
                read.map(f32::to_bits),
                [read[0].to_bits(); 6],
                "seed {seed}"
            );
        }
    }

    #[test]
    fn phases_mirror_each_other_and_pass_a_constant() {
        for (phase, mirror) in [(0, 3), (1, 2)] {
            let mut backwards = COEFFICIENTS[mirror];
            backwards.reverse();
            assert_eq!(
                COEFFICIENTS[phase].map(f32::to_bits),
                backwards.map(f32::to_bits)
            );
            let sum: f32 = COEFFICIENTS[phase].iter().sum();
            assert!((sum - 1.0).abs() < 0.03, "phase {phase} passes {sum}");
        }
    }

    #[test]
    fn a_peak_at_the_very_end_is_heard() {
        let mut meter = TruePeakMeter::new(1);
        meter.add(&block_of(&[0.0, 0.0, 0.8, 0.8]));
        assert!(meter.highest() > 0.85, "{}", meter.highest());
    }
}

//! Sample peak.

use crate::audio::Block;

/// Keeps the highest magnitude of each channel's samples, as a factor of full scale.
#[derive(Debug, Clone)]
pub struct PeakMeter {
    peaks: Vec<f32>,
}

impl PeakMeter {
    /// A meter for blocks of `channels` rows.
    pub fn new(channels: usize) -> Self {
        Self {
            peaks: vec![0.0; channels],
        }
    }

    /// Measures the block.
    ///
    /// # Panics
    /// If the block has another number of channels.
    pub fn add(&mut self, block: &Block) {
        assert_eq!(block.channels(), self.peaks.len(), "one row per channel");
        for (peak, row) in self.peaks.iter_mut().zip(block.rows()) {
            *peak = peak.max(highest(row));
        }
    }

    /// The peak of each channel; 0 is silence, 1 full scale.
    pub fn peaks(&self) -> &[f32] {
        &self.peaks
    }

    /// The peak of all channels.
    pub fn highest(&self) -> f32 {
        self.peaks.iter().copied().fold(0.0, f32::max)
    }
}

/// Highest magnitude in a row. A sample that is not a number is passed over.
#[inline(always)]
pub(super) fn highest(row: &[f32]) -> f32 {
    // Eight running maxima: one would be a single chain of dependent comparisons.
    let mut lanes = [0.0_f32; 8];
    let chunks = row.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, sample) in lanes.iter_mut().zip(chunk) {
            let magnitude = sample.abs();
            *lane = if magnitude > *lane { magnitude } else { *lane };
        }
    }
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    for half in [4, 2, 1] {
        for lane in 0..half {
            lanes[lane] = greater(lanes[lane], lanes[lane + half]);
        }
    }
    rest.iter()
        .fold(lanes[0], |peak, sample| greater(peak, sample.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_peak_wherever_it_stands_and_of_either_sign() {
        for length in [1, 7, 8, 9, 1000] {
            for at in [0, length / 2, length - 1] {
                let mut row = vec![0.25_f32; length];
                row[at] = -0.75;
                assert_eq!(
                    highest(&row).to_bits(),
                    0.75_f32.to_bits(),
                    "{at} of {length}"
                );
            }
        }
        assert_eq!(highest(&[]).to_bits(), 0);
        assert_eq!(highest(&[f32::NAN, 0.5]).to_bits(), 0.5_f32.to_bits());
    }

    #[test]
    fn channels_are_kept_apart() {
        let mut block = Block::new(2, 10);
        block.set_frames(3);
        block.row_mut(1)[2] = -1.5;
        let mut meter = PeakMeter::new(2);
        meter.add(&block);
        block.clear();
        meter.add(&block);
        assert_eq!(meter.peaks(), [0.0, 1.5]);
    }
}

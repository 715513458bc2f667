//! The LFE send: the low-passed sum of the copies.

use super::Strip;
use crate::audio::Block;
use crate::dsp::biquad::{Biquad, lowpass_butterworth4};
use crate::units::{Hertz, SampleRate};

/// Corner of the LFE's low-pass: -3 dB here, 24 dB per octave above (a fourth-order Butterworth).
pub const LFE_LOWPASS: Hertz = Hertz(120.0);

/// Sums the strips' copies into the LFE feed and low-passes the sum, which is the same as low-passing
/// each copy.
#[derive(Debug)]
pub(super) struct LfeSend {
    feed: usize,
    lowpass: [Biquad; 2],
}

impl LfeSend {
    pub(super) fn new(feed: usize, rate: SampleRate) -> Self {
        Self {
            feed,
            lowpass: lowpass_butterworth4(LFE_LOWPASS, rate).map(Biquad::new),
        }
    }

    /// Row of the LFE feed.
    pub(super) fn feed(&self) -> usize {
        self.feed
    }

    /// Fills `frames` frames of the LFE feed from row offset `offset` on.
    pub(super) fn process(
        &mut self,
        strips: &[Strip],
        feeds: &mut Block,
        offset: usize,
        frames: usize,
    ) {
        let stride = feeds.stride();
        let (before, lfe) = feeds.samples_mut().split_at_mut(self.feed * stride);
        let lfe = &mut lfe[offset..][..frames];
        lfe.fill(0.0);
        for strip in strips {
            let Some(gain) = strip.lfe else { continue };
            let gain = gain.0 as f32;
            for feed in strip.feeds.clone() {
                let copy = &before[feed * stride + offset..][..frames];
                for (sum, sample) in lfe.iter_mut().zip(copy) {
                    *sum += gain * sample;
                }
            }
        }
        for sample in lfe {
            let through = f64::from(*sample);
            *sample = self
                .lowpass
                .iter_mut()
                .fold(through, |x, section| section.step(x)) as f32;
        }
    }
}

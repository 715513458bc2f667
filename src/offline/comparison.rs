//! What a comparison of two files gives.

use std::path::PathBuf;

use crate::format::AudioFacts;
use crate::measure::{LoudnessMeter, Offset, Residual};
use crate::units::Frames;

/// Where to write both files, aligned and equally loud: 32-bit float, the louder one turned down.
#[derive(Debug, Clone)]
pub struct Matched {
    /// The first.
    pub first: PathBuf,
    /// The second.
    pub second: PathBuf,
    /// Existing files may be replaced.
    pub overwrite: bool,
}

/// One of two files, by itself. Levels are `None` for silence.
#[derive(Debug)]
pub struct Sound {
    /// What is known of the file.
    pub facts: AudioFacts,
    /// Its loudness.
    pub loudness: LoudnessMeter,
    /// Highest sample of all channels.
    pub peak_dbfs: Option<f64>,
    /// Highest true peak of all channels.
    pub true_peak_dbtp: Option<f64>,
    /// Root mean square of all channels, re a sample of 1.
    pub rms_dbfs: Option<f64>,
}

impl Sound {
    /// Sample peak over root mean square in dB.
    pub fn crest_db(&self) -> Option<f64> {
        Some(self.peak_dbfs? - self.rms_dbfs?)
    }

    /// True peak over integrated loudness in LU.
    pub fn plr_lu(&self) -> Option<f64> {
        Some(self.true_peak_dbtp? - self.loudness.integrated()?)
    }
}

/// A third octave of both files, over the frames they have in common, in dB re a mean square of 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spectrum {
    /// Its middle in Hz.
    pub hz: f64,
    /// The first; `None` for silence.
    pub first_db: Option<f64>,
    /// The second, as it is.
    pub second_db: Option<f64>,
}

/// What a comparison gives. Differences are the second's against the first.
#[derive(Debug)]
pub struct Comparison {
    /// The first file.
    pub first: Sound,
    /// The second file.
    pub second: Sound,
    /// How much later the second is; `None` if one is silent.
    pub offset: Option<Offset>,
    /// Frames they have in common, once aligned.
    pub overlap: Frames,
    /// Gain in dB that makes the second as loud as the first over what they have in common; `None` if one has no
    /// loudness.
    pub gain_db: Option<f64>,
    /// The first without the second as it is, aligned.
    pub as_is: Option<Residual>,
    /// The first without the second at equal loudness, aligned.
    pub matched: Option<Residual>,
    /// Linear gain of the second that leaves the least; `None` if it is silent.
    pub best_gain: Option<f64>,
    /// What that leaves in dB re the first; `None` if nothing.
    pub least_db: Option<f64>,
    /// Correlation of the levels in windows of 50 ms.
    pub envelope_correlation: Option<f64>,
    /// Third octaves.
    pub spectrum: Vec<Spectrum>,
}

impl Comparison {
    /// True if both files have the same length and samples.
    pub fn is_identical(&self) -> bool {
        let same_length = self.first.facts.frames == self.second.facts.frames;
        let whole = self.overlap == self.first.facts.frames;
        same_length && whole && self.as_is.is_some_and(|left| left.peak <= 0.0)
    }

    /// How much stronger each third octave of the second is once it is as loud as the first: Hz and dB. Bands
    /// in which either is silent are left out.
    pub fn tone(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let gain = self.gain_db.unwrap_or(0.0);
        let bands = self.spectrum.iter();
        bands.filter_map(move |band| Some((band.hz, band.second_db? + gain - band.first_db?)))
    }
}

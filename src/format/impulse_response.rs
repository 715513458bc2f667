//! Impulse responses in audio files.

use std::path::Path;

use super::{open, resampled};
use crate::audio::Block;
use crate::effect::Impulse;
use crate::units::SampleRate;
use crate::{Error, Result};

/// Frames read at a time.
const AT_A_TIME: usize = 8192;

/// Longest impulse response in seconds, and most channels.
const LONGEST_IMPULSE_S: f64 = 30.0;
const MOST_CHANNELS: usize = 64;

/// The impulse response in the audio file at `path`, all its channels; converted to `rate`, if one is wanted, so
/// that it filters as it did.
///
/// # Errors
/// It cannot be read, or is too large to be a response.
pub fn read(path: &Path, rate: Option<SampleRate>) -> Result<Impulse> {
    let mut source = open(path)?;
    let facts = source.facts().clone();
    let refused = |reason: String| Error::malformed(path, "impulse response", "", reason);
    if facts.channels > MOST_CHANNELS {
        return Err(refused(format!(
            "it has {} channels; at most {MOST_CHANNELS} are used",
            facts.channels
        )));
    }
    let longest = facts.sample_rate.frame_at(LONGEST_IMPULSE_S);
    if facts.frames > longest {
        return Err(refused(format!(
            "it lasts {:.1} s; at most {LONGEST_IMPULSE_S} s are used",
            facts.sample_rate.seconds_at(facts.frames)
        )));
    }
    let from = facts.sample_rate;
    let to = rate.unwrap_or(from);
    source = resampled(source, to)?;
    // At a higher rate there are more taps, each of them less.
    let scale = (f64::from(from.0) / f64::from(to.0)) as f32;
    let rows: Vec<Option<usize>> = (0..facts.channels).map(Some).collect();
    let mut block = Block::new(facts.channels, AT_A_TIME);
    let mut channels = vec![Vec::new(); facts.channels];
    loop {
        block.set_frames(AT_A_TIME);
        let frames = source.read(&mut block, &rows)?;
        for (channel, row) in channels.iter_mut().zip(block.rows()) {
            channel.extend(row[..frames].iter().map(|sample| sample * scale));
        }
        if frames < AT_A_TIME {
            return Ok(Impulse { rate: to, channels });
        }
    }
}

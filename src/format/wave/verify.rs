//! Compares a written file with what was meant: the header with our own reader, the samples by the peak of every
//! channel, which is compared in the integers (or floats) of the file.

use std::fs;
use std::path::Path;

use super::header::WaveSpec;
use super::pack::ChannelTally;
use super::reader::WaveReader;
use super::writer::WrittenFile;
use crate::format::source::AudioSource;
use crate::{Error, Result};

/// Compares the file at `path` with what was written to it, channel by channel; `peaks` are those of its samples, read
/// again.
pub(super) fn verify(
    path: &Path,
    written: &WrittenFile,
    spec: WaveSpec,
    tallies: &[ChannelTally],
    peaks: &[f32],
) -> Result<()> {
    let differs = |reason: String| Error::Verify {
        path: path.to_path_buf(),
        reason,
    };
    let length = fs::metadata(path)
        .map_err(|e| Error::io(path, "read", e))?
        .len();
    if length != written.bytes {
        return Err(differs(format!(
            "it has {length} bytes where {} were written",
            written.bytes
        )));
    }
    let reader = WaveReader::open(path)?;
    let facts = reader.facts();
    if facts.frames != written.frames
        || facts.channels != spec.channels
        || facts.sample_rate != spec.sample_rate
        || facts.sample_format != spec.bit_depth.sample_format()
        || facts.container != written.container
    {
        return Err(differs(format!(
            "it reads as {} with {} channels of {} frames of {} at {}; {} with {} channels of {} frames of \
             {} at {} were written",
            facts.container,
            facts.channels,
            facts.frames.0,
            facts.sample_format,
            facts.sample_rate,
            written.container,
            spec.channels,
            written.frames.0,
            spec.bit_depth.sample_format(),
            spec.sample_rate,
        )));
    }
    for (channel, (found, tally)) in peaks.iter().zip(tallies).enumerate() {
        if found.to_bits() != tally.peak.to_bits() {
            return Err(differs(format!(
                "the peak of channel {} is {found}; {} was written",
                channel + 1,
                tally.peak
            )));
        }
    }
    Ok(())
}

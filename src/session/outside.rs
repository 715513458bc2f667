//! What the session asks of files beside it, in one place: audio and positions.

use std::path::Path;

use crate::Result;
use crate::audio::Block;
use crate::effect::Impulse;
use crate::format::{self, AudioFacts, impulse_response, positions_csv};
use crate::scene::{BlockSource, Imaging, Side};
use crate::units::{Frames, SampleRate};

/// Frames read at a time when a whole file is listened to.
const AT_A_TIME: usize = 8192;

/// What an audio file says of itself, or of one of its tracks.
pub(super) fn audio_facts(path: &Path, track: Option<usize>) -> Result<AudioFacts> {
    Ok(format::open_track(path, track, false)?.facts().clone())
}

/// Largest sample of each channel of a track of a file, which is read to its end; 0 for channels that are not wanted.
///
/// # Errors
/// It cannot be read to its end, or a sample of a wanted channel is not finite.
pub(super) fn peaks(path: &Path, track: Option<usize>, wanted: &[bool]) -> Result<Vec<f32>> {
    let mut source = format::open_track(path, track, true)?;
    let mut block = Block::new(wanted.len(), AT_A_TIME);
    block.set_frames(AT_A_TIME);
    let rows: Vec<Option<usize>> = wanted
        .iter()
        .enumerate()
        .map(|(channel, wanted)| wanted.then_some(channel))
        .collect();
    let mut peaks = vec![0f32; wanted.len()];
    loop {
        let frames = source.read(&mut block, &rows)?;
        for (peak, row) in peaks.iter_mut().zip(block.rows()) {
            *peak = row
                .iter()
                .fold(*peak, |peak, sample| peak.max(sample.abs()));
        }
        if frames < AT_A_TIME {
            return Ok(peaks);
        }
    }
}

/// An impulse response: all channels of a file.
///
/// # Errors
/// It cannot be read, or is too large to be a response.
pub(super) fn impulse(path: &Path) -> Result<Impulse> {
    impulse_response::read(path, None)
}

/// Checks a CSV file of positions.
pub(super) fn csv(path: &Path) -> Result<()> {
    positions_csv::check(path).map(|_| ())
}

/// The metadata blocks of one side of a stem from a CSV file of positions, which has been checked.
pub(super) fn csv_blocks(
    path: &Path,
    imaging: Imaging,
    side: Side,
    rate: SampleRate,
    length: Frames,
) -> Result<Box<dyn BlockSource>> {
    positions_csv::blocks(path, imaging, side, rate, length)
}

//! What the session asks of files beside it, in one place: audio, layouts, positions.

use std::path::Path;

use crate::layout::Layout;
use crate::scene::{BlockSource, Imaging, Side};
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// What must be known of an audio file to place it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AudioFacts {
    pub(crate) channels: usize,
    pub(crate) sample_rate: SampleRate,
    pub(crate) frames: Frames,
    /// Oddities that were mended, one sentence each.
    pub(crate) warnings: Vec<String>,
}

/// What an audio file says of itself.
pub(crate) fn audio_facts(path: &Path) -> Result<AudioFacts> {
    let _ = path;
    Err(Error::Usage("not merged".to_owned()))
}

/// A layout file of the user's.
pub(crate) fn layout_file(path: &Path) -> Result<Layout> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, "open", e))?;
    crate::layout::parse(&text, path)
}

/// The metadata blocks of one side of a stem from a CSV file of positions, which has been checked.
pub(crate) fn csv_blocks(
    path: &Path,
    imaging: Imaging,
    side: Side,
    rate: SampleRate,
    length: Frames,
) -> Result<Box<dyn BlockSource>> {
    let _ = (imaging, side, rate, length);
    Err(Error::io(
        path,
        "read",
        std::io::ErrorKind::Unsupported.into(),
    ))
}

/// Largest sample of each channel of a file, which is read to its end.
///
/// # Errors
/// It cannot be read to its end, or a sample of a wanted channel is not finite.
pub(crate) fn peaks(path: &Path, wanted: &[bool]) -> Result<Vec<f32>> {
    let _ = wanted;
    Err(Error::io(
        path,
        "read",
        std::io::ErrorKind::Unsupported.into(),
    ))
}

/// Checks a CSV file of positions: what was found, and what is allowed.
pub(crate) fn csv(path: &Path) -> Result<(), (String, String)> {
    let _ = path;
    Ok(())
}

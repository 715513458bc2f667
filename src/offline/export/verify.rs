//! Reads a master again before it gets its name.

use std::io::Read;
use std::path::Path;

use super::sum::Sum;
use crate::error::Severity;
use crate::format::adm::{self, Selection};
use crate::format::{AudioSource, WaveReader};
use crate::{Error, Result};

/// An axml chunk up to this size is understood again, a larger one only compared byte by byte.
const UNDERSTOOD: u64 = 64 << 20;

/// What the file must turn out to be.
pub(super) struct Meant<'a> {
    /// The final name, for messages.
    pub(super) path: &'a Path,
    /// Checksum of what was written as axml.
    pub(super) axml: u64,
    pub(super) chna: &'a [u8],
    pub(super) tracks: usize,
    pub(super) blocks: usize,
}

/// Compares the metadata of the file at `part` with what was meant.
pub(super) fn verify(part: &Path, meant: &Meant<'_>) -> Result<()> {
    let differs = |reason: String| Error::Verify {
        path: meant.path.to_path_buf(),
        reason,
    };
    let file = WaveReader::open(part)?;
    let size = |id: &[u8; 4]| {
        let mut chunks = file.facts().chunks.iter();
        chunks
            .find(|chunk| chunk.id.0 == *id)
            .map_or(0, |chunk| chunk.size)
    };
    if file.chunk(*b"chna", 8 << 20)?.as_deref() != Some(meant.chna) {
        return Err(differs("the chna chunk is not what was written".to_owned()));
    }
    let is_small = size(b"axml") <= UNDERSTOOD;
    let (sum, document) = rayon::join(
        || sum_of(&file, meant),
        || is_small.then(|| adm::read(part)).transpose(),
    );
    if sum? != meant.axml {
        return Err(differs("the axml chunk is not what was written".to_owned()));
    }
    let Some(document) = document? else {
        return Ok(());
    };
    let faults = |findings: &[crate::error::Finding]| {
        let mut errors = findings.iter().filter(|f| f.severity == Severity::Error);
        errors
            .next()
            .map(|finding| format!("{}: {}", finding.code, finding.message))
    };
    let master = match document.master(&Selection::default()) {
        Ok(master) => master,
        Err(Error::Session { findings, .. }) => {
            let fault = faults(&findings).unwrap_or_default();
            return Err(differs(format!("its metadata cannot be played: {fault}")));
        }
        Err(error) => return Err(error),
    };
    if document.chna.len() != meant.tracks || master.objects.len() > meant.tracks {
        return Err(differs(format!(
            "it has {} tracks; {} were written",
            document.chna.len(),
            meant.tracks
        )));
    }
    if document.block_count() != meant.blocks {
        return Err(differs(format!(
            "it has {} metadata blocks; {} were written",
            document.block_count(),
            meant.blocks
        )));
    }
    Ok(())
}

/// Checksum of the axml chunk.
fn sum_of(file: &WaveReader, meant: &Meant<'_>) -> Result<u64> {
    let mut sum = Sum::new();
    if let Some(mut axml) = file.chunk_reader(*b"axml")? {
        let mut buffer = vec![0; 256 << 10];
        loop {
            let count = axml
                .read(&mut buffer)
                .map_err(|e| Error::io(meant.path, "read", e))?;
            if count == 0 {
                break;
            }
            sum.add(&buffer[..count]);
        }
    }
    Ok(sum.value())
}

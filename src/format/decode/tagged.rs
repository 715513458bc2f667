//! A file without what stands behind its sound: a decoder takes tags for a part of the last packet.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::flac_end::FlacEnd;

/// An ID3v1 tag: so many bytes at the end of a file, which begin with these letters.
const TAG_BYTES: u64 = 128;
const TAG: [u8; 3] = *b"TAG";

/// A file up to the end of its last packet, where all its packets are there; otherwise up to its ID3v1 tag, if it has one.
pub(super) struct Untagged {
    file: File,
    length: u64,
}

impl Untagged {
    pub(super) fn new(mut file: File) -> io::Result<Self> {
        let mut length = file.metadata()?.len();
        let end = FlacEnd::find(&mut file)?;
        if let Some(end) = end.filter(|end| end.frames > 0 && end.frames >= end.told) {
            length = end.bytes;
        } else if let Some(before) = length.checked_sub(TAG_BYTES) {
            let mut letters = [0; TAG.len()];
            file.seek(SeekFrom::Start(before))?;
            file.read_exact(&mut letters)?;
            if letters == TAG {
                length = before;
            }
        }
        file.rewind()?;
        Ok(Self { file, length })
    }
}

impl Read for Untagged {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.file.stream_position()?);
        let count = to.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.file.read(&mut to[..count])
    }
}

impl Seek for Untagged {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::End(offset) => {
                let at = self.length.checked_add_signed(offset);
                let at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
                self.file.seek(SeekFrom::Start(at))
            }
            other => self.file.seek(other),
        }
    }
}

impl MediaSource for Untagged {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_tag_and_nothing_else_is_hidden() {
        for (tag, hidden) in [(&b"TAG"[..], 128), (b"TOG", 0)] {
            let mut file = tempfile::tempfile().unwrap();
            let sound: Vec<u8> = (0..300).map(|n| n as u8).collect();
            let mut end = tag.to_vec();
            end.resize(128, b'x');
            file.write_all(&[&sound[..], &end].concat()).unwrap();
            let mut view = Untagged::new(file).unwrap();
            assert_eq!(view.byte_len(), Some(428 - hidden));
            let mut all = Vec::new();
            view.read_to_end(&mut all).unwrap();
            assert_eq!(all.len() as u64, 428 - hidden);
            assert_eq!(all[..300], sound);
            assert_eq!(view.seek(SeekFrom::End(-1)).unwrap(), 427 - hidden);
            assert_eq!(view.read(&mut [0; 9]).unwrap(), 1);
        }
        let mut short = tempfile::tempfile().unwrap();
        short.write_all(b"TAG").unwrap();
        assert_eq!(Untagged::new(short).unwrap().byte_len(), Some(3));
    }
}

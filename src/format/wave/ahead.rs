//! Reserves room on the disk ahead of what is written.
//!
//! A file that grows page by page asks the file system for every page; in stretches the system finds the room a third
//! cheaper, the file lies in fewer pieces, and a disk that is full says so some megabytes earlier.

use std::fs::File;
use std::io;

/// Bytes reserved at a time. Shorter files are not worth it.
const STEP_BYTES: u64 = 16 << 20;

/// How far room is reserved for a file.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// Byte up to which there is room.
    reserved: u64,
    /// The file system knows no such thing.
    has_ended: bool,
}

impl Ahead {
    /// Sees to it that there is room in `file` for bytes up to `end`, if the file system can.
    pub(super) fn reach(&mut self, file: &File, end: u64) {
        while !self.has_ended && end > self.reserved.max(STEP_BYTES) {
            self.reserved = self.reserved.max(STEP_BYTES);
            // A disk that is full is told by the write that finds it so.
            self.has_ended = reserve(file, self.reserved, STEP_BYTES).is_err();
            self.reserved += STEP_BYTES;
        }
    }

    /// Gives back what was reserved beyond the end of the file, which has `bytes` bytes.
    pub(super) fn give_back(&self, file: &File, bytes: u64) -> io::Result<()> {
        match self.reserved > bytes {
            true => file.set_len(bytes),
            false => Ok(()),
        }
    }
}

/// Reserves `count` bytes from byte `at` on; the file stays as long as it is.
#[cfg(target_os = "linux")]
fn reserve(file: &File, at: u64, count: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    fallocate(file, FallocateFlags::KEEP_SIZE, at, count).map_err(io::Error::from)
}

/// Other systems are left to themselves.
#[cfg(not(target_os = "linux"))]
fn reserve(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn nothing_is_kept_beyond_the_end_of_a_file() {
        use std::os::unix::fs::MetadataExt;
        let mut file = tempfile::tempfile().unwrap();
        let mut ahead = Ahead::default();
        let part = vec![7_u8; 1 << 20];
        for n in 1..=18 {
            ahead.reach(&file, n << 20);
            file.write_all(&part).unwrap();
            assert_eq!(file.metadata().unwrap().len(), n << 20);
        }
        ahead.give_back(&file, 18 << 20).unwrap();
        file.sync_all().unwrap();
        let facts = file.metadata().unwrap();
        assert_eq!(facts.len(), 18 << 20);
        // Blocks of 512 bytes, those that describe the file included.
        assert!(facts.blocks() * 512 < 19 << 20, "{} blocks", facts.blocks());
    }

    #[test]
    fn short_files_and_what_cannot_be_reserved_are_left_alone() {
        let mut ahead = Ahead::default();
        ahead.reach(&tempfile::tempfile().unwrap(), STEP_BYTES);
        assert_eq!(ahead.reserved, 0);
        #[cfg(target_os = "linux")]
        {
            let (pipe, _other) = std::io::pipe().unwrap();
            let pipe = File::from(std::os::fd::OwnedFd::from(pipe));
            ahead.reach(&pipe, STEP_BYTES + 1);
            assert!(ahead.has_ended);
        }
    }
}

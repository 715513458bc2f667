//! Lets go of what has been written and read again, so that a long file does not fill the system's page cache.
//!
//! The system begins at once to bring it to the disk and then has its pages for what comes next. Without that, a file
//! of many gigabytes displaces all that other programs work with, until the system has to wait for the disk in the
//! middle of the work; and where a virtual machine finds new pages slowly, every page of the file is a new one.

use std::fs::File;
use std::io;
use std::time::Instant;

/// The front of a file that stays in the page cache: files up to this size are often read by another program next.
const KEPT_BYTES: u64 = 1 << 30;

/// Bytes let go of at a time.
const STEP_BYTES: u64 = 32 << 20;

/// Steps after which the disk should have the bytes, so that their pages can go.
const STEPS_TO_DISK: u64 = 8;

/// Steps that are timed together: half a gigabyte, so that a disk which pauses once does not count as slow.
const TIMED_STEPS: u32 = 16;

/// A step may take so many times as long as while the file was kept.
const MOST_SLOWER: f64 = 2.0;

/// How far a file has been let go of.
#[derive(Debug)]
pub(super) struct Behind {
    kept: u64,
    step: u64,
    /// Bytes of the file that the system has been asked to bring to the disk.
    sent: u64,
    /// When the first bytes came.
    begun: Option<Instant>,
    /// What a step has taken on average while the file was kept, in seconds.
    usual_s: Option<f64>,
    /// When the steps that are now timed have begun, and how many there were since.
    timed: (Instant, u32),
    /// The disk does not keep up, or the system knows no such thing.
    has_ended: bool,
}

impl Behind {
    pub(super) fn new() -> Self {
        Self::with(KEPT_BYTES, STEP_BYTES)
    }

    fn with(kept: u64, step: u64) -> Self {
        Self {
            kept,
            step,
            sent: kept,
            begun: None,
            usual_s: None,
            timed: (Instant::now(), 0),
            has_ended: false,
        }
    }

    /// Lets go of whole steps of `file` up to byte `done`; nobody reads what is before it. Where everything
    /// takes longer than before, because it has to wait for the disk, the page cache has the rest of the file.
    pub(super) fn follow(&mut self, file: &File, done: u64) {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        while !self.has_ended && done.saturating_sub(self.sent) >= self.step {
            self.usual_s.get_or_insert_with(|| {
                self.timed = (Instant::now(), 0);
                begun.elapsed().as_secs_f64() * self.step as f64 / done as f64
            });
            let on_disk = self.sent.saturating_sub(STEPS_TO_DISK * self.step);
            let sent = let_go(file, self.sent, self.step);
            let dropped = match on_disk >= self.kept {
                true => let_go(file, on_disk, self.step),
                false => Ok(()),
            };
            self.sent += self.step;
            self.timed.1 += 1;
            self.has_ended = sent.is_err() || dropped.is_err() || self.is_slow();
        }
    }

    /// Whether the steps that are timed have taken too long; begins anew after enough of them.
    fn is_slow(&mut self) -> bool {
        let (since, steps) = self.timed;
        if steps < TIMED_STEPS {
            return false;
        }
        let step_s = since.elapsed().as_secs_f64() / f64::from(steps);
        self.timed = (Instant::now(), 0);
        self.usual_s
            .is_some_and(|usual_s| step_s > MOST_SLOWER * usual_s)
    }
}

/// Has the system write `count` bytes of the file, from byte `at` on, and forget those that have been written.
#[cfg(target_os = "linux")]
fn let_go(file: &File, at: u64, count: u64) -> io::Result<()> {
    use rustix::fs::{Advice, fadvise};
    let count = std::num::NonZeroU64::new(count);
    fadvise(file, at, count, Advice::DontNeed).map_err(io::Error::from)
}

/// Other systems are left to themselves.
#[cfg(not(target_os = "linux"))]
fn let_go(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const STEP: usize = 64 << 10;

    #[test]
    fn a_file_is_whole_after_it_was_let_go_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        let mut file = File::create(&path).unwrap();
        let mut behind = Behind::with(3 * STEP as u64, STEP as u64);
        let mut whole = Vec::new();
        for n in 0..100_u32 {
            // Writes that end on no border of a step.
            let bytes: Vec<u8> = (0..STEP as u32 - 999).map(|i| (i * n) as u8).collect();
            file.write_all(&bytes).unwrap();
            whole.extend(bytes);
            behind.follow(&file, whole.len() as u64);
            assert!(behind.sent <= (whole.len() as u64).max(3 * STEP as u64));
            if !behind.has_ended {
                assert!(whole.len() as u64 - behind.sent.min(whole.len() as u64) < STEP as u64);
            }
        }
        assert!(std::fs::read(&path).unwrap() == whole);
    }

    #[test]
    fn short_files_are_kept() {
        let mut behind = Behind::new();
        let file = tempfile::tempfile().unwrap();
        behind.follow(&file, KEPT_BYTES);
        assert_eq!(behind.sent, KEPT_BYTES);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_cannot_be_let_go_of_ends_it() {
        let (pipe, _other) = std::io::pipe().unwrap();
        let pipe = File::from(std::os::fd::OwnedFd::from(pipe));
        let mut behind = Behind::with(0, STEP as u64);
        behind.follow(&pipe, 10 * STEP as u64);
        assert!(behind.has_ended);
        assert_eq!(behind.sent, STEP as u64);
    }
}

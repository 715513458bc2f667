//! Which part of a track is the sound: encoders put frames in front of it and behind it.
//!
//! An AAC encoder needs a run-up (its "priming", 1024 or 2112 frames as a rule) and fills its last packet up. The
//! edit list of a track (ISO/IEC 14496-12, 8.6.6) says what is to be played; files from before that was done carry
//! a tag "iTunSMPB" instead (Apple, "QuickTime File Format", appendix G on audio priming). One of them is honoured, so
//! that every track of a file begins at the same moment as what was encoded.

use super::boxes::{Fault, long_number, number};

/// Ticks of a clock, so many a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    pub(super) count: u64,
    pub(super) per_second: u32,
}

impl Ticks {
    /// The same time in ticks of another clock, rounded.
    fn at(self, per_second: u32) -> u64 {
        let (from, to) = (u128::from(self.per_second.max(1)), u128::from(per_second));
        let count = (u128::from(self.count) * to + from / 2) / from;
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}

/// What is played of a track, in order: silence, then a stretch of its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Passage {
    /// Frames of silence before the sound.
    pub(crate) silence: u64,
    /// Frames of the track that are left out in front: the encoder's priming.
    pub(crate) start: u64,
    /// Frames that are played after the silence; `None`: all that follow.
    pub(crate) frames: Option<u64>,
}

/// What an edit list says: silence, where in the track the sound begins, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edit {
    silence: Ticks,
    start: Ticks,
    /// 0: to the end.
    length: Ticks,
}

impl Edit {
    /// Reads the content of a box `elst` at byte `at`; `None` if it has no entry.
    pub(super) fn read(
        content: &[u8],
        at: u64,
        movie: u32,
        media: u32,
    ) -> Result<Option<Self>, Fault> {
        let cut = || Fault::new(at, "the edit list is cut off");
        let version = content.first().copied().ok_or_else(cut)?;
        let entries = number(content, 4).ok_or_else(cut)?;
        let size = if version == 1 { 20 } else { 12 };
        let table = content.get(8..).unwrap_or(&[]);
        // The count is only held against what is there.
        if (table.len() / size) < entries as usize {
            return Err(cut());
        }
        let mut silence = 0u64;
        let mut edit = None;
        for entry in table.chunks_exact(size).take(entries as usize) {
            let (length, start, rate) = match version {
                1 => (
                    long_number(entry, 0),
                    long_number(entry, 8).map(|start| start as i64),
                    number(entry, 16),
                ),
                _ => (
                    number(entry, 0).map(u64::from),
                    number(entry, 4).map(|start| i64::from(start as i32)),
                    number(entry, 8),
                ),
            };
            let (Some(length), Some(start), Some(rate)) = (length, start, rate) else {
                return Err(cut());
            };
            let unread = |what: &str| {
                let reason = format!(
                    "its edit list {what}, which is not read; export the track in one piece"
                );
                Err(Fault::new(at, reason))
            };
            if edit.is_some() {
                return unread("puts the sound together from several pieces");
            }
            if start == -1 {
                silence = silence.saturating_add(length);
            } else if start < 0 {
                return unread("begins before the sound");
            } else if rate != 0x1_0000 {
                return unread("plays the sound at another speed");
            } else {
                let ticks = |count, per_second| Ticks { count, per_second };
                edit = Some(Self {
                    silence: ticks(silence, movie),
                    start: ticks(start as u64, media),
                    length: ticks(length, movie),
                });
            }
        }
        Ok(edit)
    }

    /// What it plays of a track of `total` frames at `rate`. The length of an edit is told in ticks of the movie's
    /// clock, often milliseconds: an end within a tick of the track's own is the track's own.
    pub(super) fn passage(&self, total: u64, rate: u32) -> Result<Passage, String> {
        let (silence, start) = (self.silence.at(rate), self.start.at(rate));
        let Some(left) = total.checked_sub(start) else {
            return Err(format!(
                "its edit list begins at frame {start}; the track has {total}"
            ));
        };
        let tick = u64::from(rate.div_ceil(self.length.per_second.max(1)));
        let stated = self.length.at(rate);
        let is_all = stated == 0 || stated.saturating_add(tick) >= left;
        Ok(Passage {
            silence,
            start,
            frames: Some(if is_all { left } else { stated }),
        })
    }
}

/// The tag "iTunSMPB": hexadecimal numbers, of which the second is the priming, the third the padding, and the
/// fourth the length of the sound, in frames.
pub(super) fn gapless(text: &str) -> Option<Passage> {
    let mut numbers = text
        .split_whitespace()
        .map(|word| u64::from_str_radix(word, 16).ok());
    numbers.next()??;
    let [start, _padding, frames] = [(); 3].map(|()| numbers.next().flatten());
    let (start, frames) = (start?, frames?);
    (frames > 0).then_some(Passage {
        silence: 0,
        start,
        frames: Some(frames),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(u32, i32)]) -> Vec<u8> {
        let mut bytes = [0u32, entries.len() as u32].map(u32::to_be_bytes).concat();
        for (length, start) in entries {
            bytes.extend(length.to_be_bytes());
            bytes.extend(start.to_be_bytes());
            bytes.extend(0x1_0000u32.to_be_bytes());
        }
        bytes
    }

    fn passage(entries: &[(u32, i32)], movie: u32, total: u64) -> Result<Passage, String> {
        let edit = Edit::read(&list(entries), 0, movie, 44_100).map_err(|fault| fault.reason)?;
        edit.ok_or("none")?.passage(total, 44_100)
    }

    #[test]
    fn priming_is_cut_and_the_length_is_exact_where_the_clock_is_coarse() {
        let cut = |silence, start, frames| {
            Ok(Passage {
                silence,
                start,
                frames: Some(frames),
            })
        };
        // 610 ms are 26 901 frames, as far as a clock of milliseconds can tell.
        assert_eq!(passage(&[(610, 1024)], 1000, 27_925), cut(0, 1024, 26_901));
        assert_eq!(passage(&[(610, 1024)], 1000, 27_940), cut(0, 1024, 26_916));
        // The rest of the last packet is more than a tick: it is padding.
        assert_eq!(passage(&[(610, 1024)], 1000, 28_672), cut(0, 1024, 26_901));
        assert_eq!(
            passage(&[(26_900, 2112)], 44_100, 30_000),
            cut(0, 2112, 26_900)
        );
        assert_eq!(passage(&[(0, 1024)], 1000, 5000), cut(0, 1024, 3976));
        // Longer than the track: what is there.
        assert_eq!(passage(&[(9000, 1024)], 1000, 5000), cut(0, 1024, 3976));
        assert_eq!(
            passage(&[(500, -1), (1000, 0)], 1000, 50_000),
            cut(22_050, 0, 44_100)
        );
        assert!(passage(&[(610, 9000)], 1000, 5000).is_err());
        assert!(passage(&[(1, 0), (1, 100)], 1000, 5000).is_err());
        assert!(passage(&[(1, -2)], 1000, 5000).is_err());
        assert!(Edit::read(&list(&[(1, 0)])[..15], 0, 1, 1).is_err());
        let lying = [&[0; 4][..], &[0xff; 4], &[0; 12]].concat();
        assert!(Edit::read(&lying, 0, 1, 1).is_err());
    }

    #[test]
    fn the_tag_of_gapless_playback_is_read() {
        let tag = " 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        let found = gapless(tag).unwrap();
        assert_eq!((found.start, found.frames), (2112, Some(4_141_558)));
        for broken in [
            "",
            "00000000 840",
            "x y z w",
            " 00000000 00000840 000001CA 0",
        ] {
            assert_eq!(gapless(broken), None, "{broken}");
        }
    }
}

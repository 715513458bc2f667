//! The fragments of an MP4 file (ISO/IEC 14496-12, 8.8): the box `moov` only announces them, each box `moof` lists the
//! packets that it brings. How long a track is, all of them tell together.

use super::boxes::{Atom, Fault, Walk, atoms, long_number, number};

/// What holds for the packets of a track of which a fragment says nothing else: a box `trex`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Defaults {
    track: u32,
    ticks: u32,
    bytes: u32,
}

/// What a box `mvex` announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fragments {
    defaults: Vec<Defaults>,
}

impl Fragments {
    pub(super) fn announced(mvex: Atom<'_>) -> Result<Self, Fault> {
        let mut defaults = Vec::new();
        for atom in atoms(mvex.content, mvex.at) {
            let atom = atom?;
            let field = |at| number(atom.content, at);
            if &atom.kind == b"trex"
                && let (Some(track), Some(ticks), Some(bytes)) = (field(4), field(12), field(16))
            {
                defaults.push(Defaults {
                    track,
                    ticks,
                    bytes,
                });
            }
        }
        Ok(Self { defaults })
    }

    /// Adds what the fragments of a file bring to the length of each track, by its number; gives how many fragments
    /// there are.
    pub(super) fn count(
        &self,
        mut walk: Walk<'_>,
        file_length: u64,
        lengths: &mut [(u32, &mut u64)],
    ) -> Result<usize, Fault> {
        let mut count = 0;
        while let Some((at, bytes)) = walk.next(b"moof")? {
            count += 1;
            for atom in atoms(&bytes, at) {
                let atom = atom?;
                if &atom.kind == b"traf" {
                    self.add(atom, file_length, lengths)?;
                }
            }
        }
        Ok(count)
    }

    /// Adds what one fragment brings for one track.
    fn add(
        &self,
        traf: Atom<'_>,
        file_length: u64,
        lengths: &mut [(u32, &mut u64)],
    ) -> Result<(), Fault> {
        let mut head = None;
        let mut time = None;
        let mut runs = Vec::new();
        for atom in atoms(traf.content, traf.at) {
            let atom = atom?;
            match &atom.kind {
                b"tfhd" => head = Some(atom),
                b"tfdt" => time = Some(atom),
                b"trun" => runs.push(atom),
                _ => {}
            }
        }
        let head = head.ok_or_else(|| Fault::new(traf.at, "a fragment has no head"))?;
        let defaults = self.of_fragment(head)?;
        let Some((_, length)) = lengths.iter_mut().find(|(id, _)| *id == defaults.track) else {
            return Ok(());
        };
        if let Some(time) = time {
            let begins = match time.content.first() {
                Some(1) => long_number(time.content, 4),
                _ => number(time.content, 4).map(u64::from),
            };
            // Where fragments are missing, what follows would sound too early.
            if begins.is_some_and(|begins| begins != **length) {
                let reason = format!(
                    "the fragment begins at tick {} of its track, those before it end at tick {length}: sound is \
                     missing or there twice; export the file again",
                    begins.unwrap_or(0)
                );
                return Err(Fault::new(time.at, reason));
            }
        }
        for run in runs {
            let ticks = ticks_of(run, defaults, file_length)?;
            **length = length.checked_add(ticks).ok_or_else(|| {
                Fault::new(run.at, "the times add up to more than can be counted")
            })?;
        }
        Ok(())
    }

    /// What holds in a fragment with this box `tfhd`.
    fn of_fragment(&self, head: Atom<'_>) -> Result<Defaults, Fault> {
        let cut = || Fault::new(head.at, "the head of a fragment is cut off");
        let flags = number(head.content, 0).ok_or_else(cut)?;
        let track = number(head.content, 4).ok_or_else(cut)?;
        let known = self.defaults.iter().find(|known| known.track == track);
        let mut defaults = known.copied().unwrap_or(Defaults {
            track,
            ticks: 0,
            bytes: 0,
        });
        // Where the samples begin, and which description is theirs, stand before.
        let mut at = 8;
        at += if flags & 0x1 != 0 { 8 } else { 0 };
        at += if flags & 0x2 != 0 { 4 } else { 0 };
        if flags & 0x8 != 0 {
            defaults.ticks = number(head.content, at).ok_or_else(cut)?;
            at += 4;
        }
        if flags & 0x10 != 0 {
            defaults.bytes = number(head.content, at).ok_or_else(cut)?;
        }
        Ok(defaults)
    }
}

/// Ticks of the packets in a box `trun`, none of which may be larger than the file.
fn ticks_of(run: Atom<'_>, defaults: Defaults, file_length: u64) -> Result<u64, Fault> {
    let cut = || Fault::new(run.at, "the table of a fragment is cut off");
    let flags = number(run.content, 0).ok_or_else(cut)?;
    let count = number(run.content, 4).ok_or_else(cut)?;
    let (has_ticks, has_bytes) = (flags & 0x100 != 0, flags & 0x200 != 0);
    let before = 8 + 4 * (flags & 0x5).count_ones() as usize;
    let entry = 4 * (flags & 0xf00).count_ones() as usize;
    let table = run.content.get(before..).ok_or_else(cut)?;
    let mut largest = if has_bytes { 0 } else { defaults.bytes };
    let mut ticks = u64::from(count) * u64::from(if has_ticks { 0 } else { defaults.ticks });
    let entries = table.len().checked_div(entry);
    if entries.is_some_and(|entries| entries < count as usize) {
        return Err(cut());
    }
    if entries.is_some() {
        for fields in table.chunks_exact(entry).take(count as usize) {
            if has_ticks {
                ticks += u64::from(number(fields, 0).ok_or_else(cut)?);
            }
            if has_bytes {
                let bytes = number(fields, if has_ticks { 4 } else { 0 }).ok_or_else(cut)?;
                largest = largest.max(bytes);
            }
        }
    }
    if count > 0 && u64::from(largest) > file_length {
        let reason = format!("a packet claims {largest} bytes; the whole file has {file_length}");
        return Err(Fault::new(run.at, reason));
    }
    Ok(ticks)
}

//! What an MP4 file says of its audio tracks.

use std::path::Path;

use super::boxes::{self, Atom, Fault, Walk, atoms, number};
use super::fragments::Fragments;
use super::ni_stems::StemAtom;
use super::passage::{self, Edit, Passage};
use crate::format::sniff;
use crate::{Error, Result};

/// The facts of an MP4 file, as far as they concern sound.
#[derive(Debug)]
pub(crate) struct Movie {
    /// Its audio tracks, in order.
    pub(crate) tracks: Vec<AudioTrack>,
    /// The atom that names stems, and the byte at which it stands; a text if it is there and cannot be read.
    pub(crate) stems: Option<std::result::Result<StemAtom, String>>,
    /// What the tag "iTunSMPB" says.
    gapless: Option<Passage>,
    /// The fragments that are still to be counted.
    fragments: Option<Fragments>,
}

/// One audio track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AudioTrack {
    /// Its number inside the file, by which packets name it.
    pub(crate) id: u32,
    /// The four letters of its coding: "mp4a", "alac".
    pub(crate) coding: String,
    /// Ticks a second of its clock.
    clock: u32,
    /// Its length in ticks of its clock, with that of its fragments.
    pub(super) length: u64,
    /// Its samples are PCM whose bytes come most significant first, though its coding leaves that open.
    pub(super) is_big_endian: bool,
    edit: Option<Edit>,
}

impl AudioTrack {
    /// The coding as people call it.
    pub(crate) fn coding_name(&self) -> String {
        match self.coding.as_str() {
            "mp4a" => "AAC".to_owned(),
            "alac" => "ALAC".to_owned(),
            "fLaC" => "FLAC".to_owned(),
            other => other.trim().to_owned(),
        }
    }

    fn is_aac(&self) -> bool {
        self.coding == "mp4a"
    }
}

impl Movie {
    /// Reads the facts of the file at `path`.
    ///
    /// # Errors
    /// The file cannot be opened, or its boxes are damaged; the message names the byte.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let mut file = sniff::open_regular(path)?;
        let length = file
            .metadata()
            .map_err(|e| Error::io(path, "read", e))?
            .len();
        let mut read = || {
            let (at, bytes) = boxes::movie(&mut file, length)?;
            let mut movie = Self::of(&bytes, at, length)?;
            if let Some(fragments) = movie.fragments.take() {
                let tracks = movie.tracks.iter_mut();
                let mut lengths: Vec<_> =
                    tracks.map(|track| (track.id, &mut track.length)).collect();
                let walk = Walk::new(&mut file, length);
                let found = fragments.count(walk, length, &mut lengths)?;
                if found == 0 && lengths.iter().all(|(_, length)| **length == 0) {
                    let reason = "it announces fragments and has none: the file is not complete; export it again";
                    return Err(Fault::new(at, reason));
                }
            }
            Ok(movie)
        };
        read().map_err(|fault: Fault| {
            Error::malformed(path, "MP4", format!("byte {}", fault.at), fault.reason)
        })
    }

    fn of(bytes: &[u8], at: u64, file_length: u64) -> std::result::Result<Self, Fault> {
        let mut clock = None;
        let mut fragments = None;
        let mut traks = Vec::new();
        let mut user_data = Vec::new();
        for atom in atoms(bytes, at) {
            let atom = atom?;
            match &atom.kind {
                b"mvhd" => clock = clock_of(atom.content),
                b"mvex" => fragments = Some(Fragments::announced(atom)?),
                b"trak" => traks.push(atom),
                b"udta" => user_data.push(atom),
                _ => {}
            }
        }
        let clock = clock
            .filter(|&clock| clock > 0)
            .ok_or_else(|| Fault::new(at, "the movie's clock is missing or stands still"))?;
        let mut tracks = Vec::new();
        for trak in traks {
            let track = track(trak, clock, file_length)?;
            tracks.extend(track);
        }
        let mut movie = Self {
            tracks,
            stems: None,
            gapless: None,
            fragments,
        };
        for user_data in user_data {
            movie.take_user_data(user_data)?;
        }
        Ok(movie)
    }

    fn take_user_data(&mut self, user_data: Atom<'_>) -> std::result::Result<(), Fault> {
        for atom in atoms(user_data.content, user_data.at) {
            let atom = atom?;
            match &atom.kind {
                b"stem" => {
                    let read = StemAtom::read(atom.content);
                    self.stems = Some(read.map_err(|reason| format!("byte {}: {reason}", atom.at)));
                }
                b"meta" => self.gapless = self.gapless.or_else(|| gapless(atom)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes sure that the file has a track for each stem that `stems` names, beside the mix.
    ///
    /// # Errors
    /// It has more or fewer.
    pub(crate) fn check_stems(&self, stems: &StemAtom, path: &Path) -> Result<()> {
        let (named, tracks) = (stems.stems.len(), self.tracks.len());
        if tracks == named + 1 {
            return Ok(());
        }
        let reason = format!(
            "it names {named} stems and has {tracks} audio tracks; a stem file has the mix in track 1 and one track \
             for each stem behind it: export it again"
        );
        Err(Error::malformed(path, "stem", "moov/udta/stem", reason))
    }

    /// The stems that the file at `path` names, each with a track.
    ///
    /// # Errors
    /// It names none, or not as many as it has tracks.
    pub(crate) fn named_stems(&self, path: &Path) -> Result<&StemAtom> {
        match &self.stems {
            Some(Ok(stems)) => self.check_stems(stems, path).map(|()| stems),
            Some(Err(reason)) => Err(Error::malformed(path, "stem", "moov/udta/stem", reason)),
            None => Err(Error::Unsupported {
                path: path.to_path_buf(),
                feature: "an MP4 file that names no stems (it has no atom moov/udta/stem)"
                    .to_owned(),
                hint: "name a .stem.mp4 file, or put this one in a folder with the other stems"
                    .to_owned(),
            }),
        }
    }

    /// What is to be played of a track whose frames come at `rate`, and what a listener should know of it.
    ///
    /// # Errors
    /// In words: the edit list contradicts the track.
    pub(crate) fn passage(
        &self,
        track: &AudioTrack,
        rate: u32,
    ) -> std::result::Result<(Passage, Option<String>), String> {
        let total = u128::from(track.length) * u128::from(rate) / u128::from(track.clock.max(1));
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        if let Some(edit) = &track.edit {
            let passage = edit.passage(total, rate)?;
            let says_nothing = passage.start == 0 && passage.silence == 0;
            if !(says_nothing && track.is_aac() && self.gapless.is_some()) {
                return Ok((passage, None));
            }
        }
        let whole = Passage {
            frames: Some(total),
            ..Passage::default()
        };
        if !track.is_aac() {
            return Ok((whole, None));
        }
        match self.gapless {
            Some(tag) => {
                let end = tag.start.checked_add(tag.frames.unwrap_or(0));
                if end.is_some_and(|end| end <= total) {
                    return Ok((tag, None));
                }
                let remark = format!(
                    "its tag iTunSMPB speaks of more than the {total} frames of the track and is ignored"
                );
                Ok((whole, Some(remark)))
            }
            None if track.edit.is_none() => Ok((
                whole,
                Some(
                    "it does not say how many frames its AAC encoder put in front (no edit list, no iTunSMPB): the \
                     sound begins so much late, often 1024 or 2112 frames"
                        .to_owned(),
                ),
            )),
            None => Ok((whole, None)),
        }
    }
}

/// The ticks a second in a box `mvhd` or `mdhd`.
fn clock_of(content: &[u8]) -> Option<u32> {
    number(content, if content.first() == Some(&1) { 20 } else { 12 })
}

/// The audio track in a box `trak`; `None` if it is of another kind.
fn track(
    trak: Atom<'_>,
    movie_clock: u32,
    file_length: u64,
) -> std::result::Result<Option<AudioTrack>, Fault> {
    let mut id = None;
    let mut edit_list = None;
    let mut media = None;
    for atom in atoms(trak.content, trak.at) {
        let atom = atom?;
        match &atom.kind {
            b"tkhd" => {
                let is_long = atom.content.first() == Some(&1);
                id = number(atom.content, if is_long { 20 } else { 12 });
            }
            b"edts" => {
                for atom in atoms(atom.content, atom.at) {
                    edit_list = edit_list.or(Some(atom?).filter(|atom| &atom.kind == b"elst"));
                }
            }
            b"mdia" => media = Some(atom),
            _ => {}
        }
    }
    let missing = |what: &str| Fault::new(trak.at, format!("a track has no {what}"));
    let media = media.ok_or_else(|| missing("media"))?;
    let mut clock = None;
    let mut kind = None;
    let mut tables = None;
    for atom in atoms(media.content, media.at) {
        let atom = atom?;
        match &atom.kind {
            b"mdhd" => clock = clock_of(atom.content),
            b"hdlr" => kind = atom.content.get(8..12),
            b"minf" => {
                for atom in atoms(atom.content, atom.at) {
                    tables = tables.or(Some(atom?).filter(|atom| &atom.kind == b"stbl"));
                }
            }
            _ => {}
        }
    }
    if kind != Some(b"soun") {
        return Ok(None);
    }
    let id = id.ok_or_else(|| missing("number"))?;
    let clock = clock
        .filter(|&clock| clock > 0)
        .ok_or_else(|| missing("clock"))?;
    let tables = tables.ok_or_else(|| missing("tables"))?;
    let mut coding = None;
    let mut is_big_endian = false;
    let mut length = 0;
    for atom in atoms(tables.content, tables.at) {
        let atom = atom?;
        match &atom.kind {
            b"stsd" => {
                coding = atom.content.get(12..16);
                is_big_endian = is_big_endian_pcm(atom)?;
            }
            b"stts" => length = length_of(atom)?,
            b"stsz" => check_packets(atom, file_length)?,
            _ => {}
        }
    }
    let edit = edit_list
        .map(|list| Edit::read(list.content, list.at, movie_clock, clock))
        .transpose()?
        .flatten();
    Ok(Some(AudioTrack {
        id,
        coding: coding
            .ok_or_else(|| missing("coding"))?
            .escape_ascii()
            .to_string(),
        clock,
        length,
        is_big_endian,
        edit,
    }))
}

/// Whether the description in a box `stsd` is of PCM in a form that leaves the order of bytes to an extension, and none
/// says that the least significant comes first ("QuickTime File Format", sound sample description extensions, "enda").
/// Version 2 of the description names the order itself.
fn is_big_endian_pcm(stsd: Atom<'_>) -> std::result::Result<bool, Fault> {
    let Some(description) = atoms(stsd.content.get(8..).unwrap_or(&[]), stsd.at + 8).next() else {
        return Ok(false);
    };
    let description = description?;
    let extensions = match (&description.kind, description.content.get(8..10)) {
        (b"in24" | b"in32" | b"fl32" | b"fl64", Some([0, 0])) => 28,
        (b"in24" | b"in32" | b"fl32" | b"fl64", Some([0, 1])) => 44,
        _ => return Ok(false),
    };
    let content = description.content.get(extensions..).unwrap_or(&[]);
    let at = description.at + extensions as u64;
    let mut found = atoms(content, at).collect::<std::result::Result<Vec<_>, _>>()?;
    for wave in found.clone().iter().filter(|atom| &atom.kind == b"wave") {
        for atom in atoms(wave.content, wave.at) {
            found.push(atom?);
        }
    }
    let mut orders = found.iter().filter(|atom| &atom.kind == b"enda");
    Ok(!orders.any(|order| order.content.get(..2) == Some(&[0, 1])))
}

/// Ticks of all packets: the box `stts` says how many packets have which length.
fn length_of(atom: Atom<'_>) -> std::result::Result<u64, Fault> {
    let entries = number(atom.content, 4).unwrap_or(0) as usize;
    let table = atom.content.get(8..).unwrap_or(&[]);
    if table.len() / 8 < entries {
        return Err(Fault::new(atom.at, "the table of times is cut off"));
    }
    let mut total = 0u64;
    for entry in table.chunks_exact(8).take(entries) {
        let packets = u64::from(number(entry, 0).unwrap_or(0));
        let ticks = u64::from(number(entry, 4).unwrap_or(0));
        total = packets
            .checked_mul(ticks)
            .and_then(|ticks| total.checked_add(ticks))
            .ok_or_else(|| Fault::new(atom.at, "the times add up to more than can be counted"))?;
    }
    Ok(total)
}

/// Makes sure that no packet claims more bytes than the file has, since room for it is made before it is read.
fn check_packets(atom: Atom<'_>, file_length: u64) -> std::result::Result<(), Fault> {
    let same = number(atom.content, 4).unwrap_or(0);
    let count = number(atom.content, 8).unwrap_or(0) as usize;
    let table = atom.content.get(12..).unwrap_or(&[]);
    if same == 0 && table.len() / 4 < count {
        return Err(Fault::new(atom.at, "the table of packets is cut off"));
    }
    let each = table
        .chunks_exact(4)
        .take(count)
        .filter_map(|size| number(size, 0));
    let largest = if same == 0 { each.max() } else { Some(same) };
    match largest.map(u64::from) {
        Some(largest) if largest > file_length => {
            let reason =
                format!("a packet claims {largest} bytes; the whole file has {file_length}");
            Err(Fault::new(atom.at, reason))
        }
        _ => Ok(()),
    }
}

/// The tag "iTunSMPB" among the tags of a box `meta`. What is damaged there has nothing to do with the sound.
fn gapless(meta: Atom<'_>) -> Option<Passage> {
    // In MP4 files four bytes of version and flags come first, in QuickTime's none do.
    let skip = if meta.content.get(4..8) == Some(b"hdlr") {
        0
    } else {
        4
    };
    let inside = |content: &'_ [u8], kind: &[u8; 4]| -> Vec<Vec<u8>> {
        atoms(content, 0)
            .map_while(std::result::Result::ok)
            .filter(|atom| &atom.kind == kind)
            .map(|atom| atom.content.to_vec())
            .collect()
    };
    let tags = inside(meta.content.get(skip..)?, b"ilst")
        .into_iter()
        .next()?;
    inside(&tags, b"----").into_iter().find_map(|tag| {
        let name = inside(&tag, b"name").into_iter().next()?;
        if name.get(4..)? != b"iTunSMPB" {
            return None;
        }
        let value = inside(&tag, b"data").into_iter().next()?;
        passage::gapless(std::str::from_utf8(value.get(8..)?).ok()?)
    })
}

//! Proposes a session for a folder of stems: role, group and starting place of each, and the song's tempo
//! and key. Everything proposed carries its reason; nothing found is left out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::names::{Confidence, NameReading, Role, read_names};
use super::place::{self, Placing};
use super::sound::Sound;
use crate::units::{Frames, SampleRate};

mod agreement;
mod draft;
mod mastering;

use agreement::{agreed_bpm, agreed_key, flag_disagreements};
pub(super) use draft::Draft;
pub use mastering::{MasterProposal, master};

/// What is known of a file before its name is read.
#[derive(Debug, Clone, PartialEq)]
pub struct StemFile {
    /// Path relative to the folder of the stems, with `/` between its parts.
    pub path: String,
    /// Its audio, or why it cannot be read.
    pub audio: Result<StemAudio, String>,
    /// The track of it that is meant, if it is a stem file.
    pub named: Option<NamedTrack>,
}

/// A track of a stem file, as the file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTrack {
    /// Its number, from 1.
    pub track: usize,
    /// The name of the stem; it may be empty.
    pub name: String,
    /// Its colour, "#RRGGBB".
    pub colour: Option<String>,
}

impl StemFile {
    /// The path whose name is read: a track is called as its file calls it.
    fn read_as(&self) -> PathBuf {
        match &self.named {
            Some(named) => {
                let plain = named.name.replace(['/', '\\'], " ");
                PathBuf::from(format!("{plain}.wav"))
            }
            None => PathBuf::from(&self.path),
        }
    }
}

/// Shape of a stem's audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StemAudio {
    /// Channels, at least 1.
    pub channels: usize,
    /// Sample rate.
    pub sample_rate: SampleRate,
    /// Length.
    pub frames: Frames,
    /// It has been through a lossy coder.
    pub is_lossy: bool,
}

/// What the user said rather than the files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Given {
    /// Title of the song.
    pub title: String,
    /// Tempo in beats per minute.
    pub bpm: Option<f64>,
    /// Musical key.
    pub key: Option<String>,
    /// Metre ("4/4").
    pub meter: Option<String>,
}

/// A session in the making.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Title of the song.
    pub title: String,
    /// Tempo in beats per minute, if the names or the user say one.
    pub bpm: Option<f64>,
    /// Musical key, if the names or the user say one.
    pub key: Option<String>,
    /// Metre.
    pub meter: String,
    /// Groups that have members, in the order of a desk.
    pub groups: Vec<String>,
    /// Every audio file of the folder, in the order of the groups.
    pub stems: Vec<StemProposal>,
    /// What a person should know about the folder as a whole.
    pub remarks: Vec<String>,
    /// The mix, relative to the folder of the stems.
    pub reference: Option<String>,
    /// What the whole mix goes through.
    pub master: MasterProposal,
}

/// What is proposed for one file.
#[derive(Debug, Clone, PartialEq)]
pub struct StemProposal {
    /// Name in the session, unique.
    pub name: String,
    /// Path relative to the folder of the stems.
    pub file: String,
    /// The audio track of the file, from 1; `None` for the only one.
    pub track: Option<usize>,
    /// Its colour, "#RRGGBB".
    pub colour: Option<String>,
    /// Its audio; `None` if it cannot be read.
    pub audio: Option<StemAudio>,
    /// Channels of the file that it takes, counted from 1; `None` for all.
    pub channels: Option<Vec<usize>>,
    /// Tempo that its name says.
    pub bpm: Option<f64>,
    /// Key that its name says.
    pub key: Option<String>,
    /// The role, if one was found.
    pub role: Option<&'static Role>,
    /// The group; `None` if nothing says one.
    pub group: Option<String>,
    /// Where it starts.
    pub placing: Placing,
    /// Why there.
    pub place_reason: String,
    /// Level of a copy to the LFE channel.
    pub lfe_db: Option<f64>,
    /// Pan on the stereo bus, for the files of a left/right pair.
    pub pan: Option<f64>,
    /// Why this role.
    pub reason: String,
    /// How sure the role is.
    pub confidence: Confidence,
    /// What a person should look at; a stem with any is flagged.
    pub doubts: Vec<String>,
    /// False for what is written as a comment only: unreadable files, finished mixes, clicks.
    pub included: bool,
}

impl StemProposal {
    /// Whether a person should look at it.
    pub fn flagged(&self) -> bool {
        !self.doubts.is_empty() || !self.included
    }
}

/// Level of the kick's copy in the LFE channel; playback adds 10 dB there, so this is as loud as the kick's
/// own low end.
const KICK_LFE_DB: f64 = -10.0;

/// Proposes a session for `files`. `listen` gives the sound of a file, or `None` if listening is not wanted
/// or not possible; it is asked only for stems whose name does not tell their role.
pub fn propose(
    files: &[StemFile],
    given: &Given,
    listen: &mut dyn FnMut(&StemFile) -> Option<Sound>,
) -> Proposal {
    let paths: Vec<PathBuf> = files.iter().map(StemFile::read_as).collect();
    let mut readings = read_names(&paths);
    for (file, reading) in files.iter().zip(&mut readings) {
        // A stem file says in its own name what its tracks do not.
        if let Some(own) = file.named.as_ref().and_then(|_| song_of(&file.path)) {
            reading.bpm = reading.bpm.or(own.bpm);
            reading.key = reading.key.take().or(own.key);
        }
    }
    let mut remarks = Vec::new();
    let bpm = given.bpm.or_else(|| agreed_bpm(&readings, &mut remarks));
    let key = given
        .key
        .clone()
        .or_else(|| agreed_key(&readings, &mut remarks));

    let mut stems: Vec<Draft> = Vec::new();
    for (file, reading) in files.iter().zip(&readings) {
        let draft = Draft::new(file, reading, listen);
        stems.extend(draft.split_channels());
    }
    flag_disagreements(&mut stems, given, bpm, key.as_deref());
    flag_sums(&mut stems);
    flag_audio(&mut stems, &mut remarks);
    stems.sort_by_key(|draft| draft.order());
    place::assign(&mut stems, bpm.is_some());
    add_lfe(&mut stems);
    make_names_unique(&mut stems);

    let stems: Vec<StemProposal> = stems.into_iter().map(|draft| draft.stem).collect();
    let used = |group: &str| {
        stems
            .iter()
            .any(|stem| stem.included && stem.group.as_deref() == Some(group))
    };
    Proposal {
        title: given.title.clone(),
        bpm,
        key,
        meter: given.meter.clone().unwrap_or_else(|| "4/4".to_owned()),
        groups: GROUPS
            .iter()
            .filter(|group| used(group))
            .map(|&group| group.to_owned())
            .collect(),
        stems,
        remarks,
        reference: None,
        master: MasterProposal::default(),
    }
}

/// What the name of a stem file says: "Night Ferry_124_Am.stem.mp4".
fn song_of(path: &str) -> Option<NameReading> {
    let name = path.strip_suffix(".mp4").or(path.strip_suffix(".m4a"))?;
    let name = name.strip_suffix(".stem").unwrap_or(name);
    read_names(&[format!("{name}.wav")]).pop()
}

/// The six groups in the order of a desk.
pub const GROUPS: [&str; 6] = ["kick", "bass", "drums", "synths", "vocals", "fx"];

/// A sum beside its parts would be heard twice: a drum mix beside single drums, "Kick_SUM" beside "Kick In".
fn flag_sums(stems: &mut [Draft]) {
    let mut members: BTreeMap<String, usize> = BTreeMap::new();
    for draft in stems
        .iter()
        .filter(|draft| draft.stem.included && !draft.reading.sum)
    {
        if let Some(role) = draft.stem.role {
            *members.entry(role.id.clone()).or_default() += 1;
        }
    }
    let single_drums = ["kick", "snare", "hi-hats", "toms", "overheads"]
        .iter()
        .filter(|&&role| members.contains_key(role))
        .count();
    for draft in stems.iter_mut().filter(|draft| draft.stem.included) {
        let Some(role) = draft.stem.role else {
            continue;
        };
        let kit = role.id == "drums" && !draft.reading.passage && single_drums >= 2;
        let sum = draft.reading.sum && members.contains_key(&role.id);
        if kit || sum {
            draft
                .stem
                .doubts
                .push("may be the sum of other files here: mute one or the other".to_owned());
        }
    }
}

/// Sample rates and lengths that differ from those of most files.
fn flag_audio(stems: &mut [Draft], remarks: &mut Vec<String>) {
    let audio = || {
        stems
            .iter()
            .filter(|d| d.stem.included)
            .filter_map(|d| d.stem.audio)
    };
    let rate = most_common(audio().map(|audio| audio.sample_rate.0));
    let longest = audio().map(|audio| audio.frames).max();
    let shorter = audio()
        .filter(|audio| Some(audio.frames) != longest)
        .count();
    if shorter > 0 {
        remarks.push(format!(
            "{shorter} files are shorter than the longest: all should start at bar 1 and have one length"
        ));
    }
    let lossy = audio().filter(|audio| audio.is_lossy).count();
    if lossy > 0 {
        remarks.push(format!(
            "{lossy} of the stems are AAC, which is lossy: take WAV or FLAC from the session where there is one"
        ));
    }
    for stem in stems.iter_mut().map(|draft| &mut draft.stem) {
        if let (Some(audio), Some(rate)) = (stem.audio, rate)
            && audio.sample_rate.0 != rate
        {
            stem.doubts.push(format!(
                "{}, most files have {rate} Hz: render with --resample",
                audio.sample_rate
            ));
        }
    }
}

fn most_common(values: impl Iterator<Item = u32>) -> Option<u32> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts
        .into_iter()
        .max_by_key(|&(_, count)| count)
        .map(|(value, _)| value)
}

/// The first kick feeds the LFE: several microphones of one drum would add up there.
fn add_lfe(stems: &mut [Draft]) {
    let kick = stems
        .iter_mut()
        .map(|draft| &mut draft.stem)
        .find(|stem| stem.included && stem.role.is_some_and(|role| role.id == "kick"));
    if let Some(kick) = kick {
        kick.lfe_db = Some(KICK_LFE_DB);
    }
}

/// Names become file names later: unique whatever the capitals, not too long, none that Windows keeps.
fn make_names_unique(stems: &mut [Draft]) {
    const LONGEST: usize = 80;
    const KEPT: [&str; 6] = ["con", "prn", "aux", "nul", "com1", "lpt1"];
    let mut taken = std::collections::HashSet::new();
    for stem in stems.iter_mut().map(|draft| &mut draft.stem) {
        let mut base: String = stem
            .name
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST)
            .collect();
        if base.trim().is_empty() || KEPT.contains(&base.to_lowercase().as_str()) {
            base = format!("Stem {base}").trim_end().to_owned();
        }
        let mut name = base.clone();
        let mut number = 2;
        while !taken.insert(name.to_lowercase()) {
            name = format!("{base} ({number})");
            number += 1;
        }
        stem.name = name;
    }
}

#[cfg(test)]
mod tests;

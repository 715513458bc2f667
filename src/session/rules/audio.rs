//! The audio of the stems: it can be opened, fits together, and fits what the session says of it.

use std::collections::HashMap;
use std::path::PathBuf;

use super::super::codes::{
    AFTER_THE_END, AUDIO_REMARK, AUDIO_UNREADABLE, CHANNELS, LENGTH, NO_EFFECT, RESAMPLED,
    SAMPLE_RATE, WIDTH_ON_MONO,
};
use super::super::findings::{Findings, shorten};
use super::super::outside;
use super::super::time::TimeLine;
use super::super::tree::Cursor;
use super::{Written, tables, time_line, time_of};
use crate::format::AudioFacts;
use crate::units::{Frames, SampleRate};

/// A stem's audio.
#[derive(Debug, Clone)]
pub(crate) struct StemAudio {
    pub(crate) path: PathBuf,
    /// Audio track of the file, from 1, if one was named.
    pub(crate) track: Option<usize>,
    /// Channels of the file that the stem plays, from 0: one or two.
    pub(crate) channels: Vec<usize>,
    pub(crate) facts: AudioFacts,
}

impl StemAudio {
    /// What is read: a file, and a track of it.
    pub(crate) fn file(&self) -> (PathBuf, Option<usize>) {
        (self.path.clone(), self.track)
    }
}

/// What all stems have together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Common {
    /// The rate most stems have; of two equally common, the higher.
    pub(crate) sample_rate: SampleRate,
    /// Length of the longest stem at that rate.
    pub(crate) length: Frames,
}

/// Opens the audio of every stem; `None` for those that cannot be used, after a finding.
fn open(session: Written<'_>, findings: &mut Findings) -> Vec<Option<StemAudio>> {
    // A file that many stems share is opened once.
    let mut opened: HashMap<(PathBuf, Option<usize>), Result<AudioFacts, String>> = HashMap::new();
    let mut audio = Vec::new();
    for at in tables(session.root, "stem") {
        let words = ["file", "track", "channels"].map(|key| at.key(key));
        let path = session.stem_path(at.key("file").text().unwrap_or(""));
        if words.into_iter().any(|words| session.is_faulty(words))
            || !session.is_sound() && !path.is_file()
        {
            // That has been found already.
            audio.push(None);
            continue;
        }
        let track = at.key("track").whole();
        let track = track.and_then(|track| usize::try_from(track).ok());
        let file = (path.clone(), track);
        let is_new = !opened.contains_key(&file);
        let facts = opened.entry(file).or_insert_with(|| {
            outside::audio_facts(&path, track).map_err(|error| error.to_string())
        });
        let facts = match facts {
            Ok(facts) => facts.clone(),
            Err(reason) => {
                let named = match track {
                    Some(_) if reason.contains("it has no track") => "track",
                    _ => "file",
                };
                findings.add(
                    AUDIO_UNREADABLE,
                    at.key(named).span(),
                    reason.clone(),
                    "cannot be read",
                    "",
                );
                audio.push(None);
                continue;
            }
        };
        if is_new {
            for warning in &facts.warnings {
                findings.add(
                    AUDIO_REMARK,
                    at.key("file").span(),
                    format!("\"{}\": {warning}", path.display()),
                    "this file",
                    "",
                );
            }
        }
        let channels = channels(&facts, at, findings);
        audio.push(channels.map(|channels| StemAudio {
            path,
            track,
            channels,
            facts,
        }));
    }
    audio
}

/// Opens the audio of every stem; `None` for those that cannot be used, after a finding. The second is
/// `None` if not one can be opened.
pub(crate) fn check(
    session: Written<'_>,
    resample: bool,
    findings: &mut Findings,
) -> (Vec<Option<StemAudio>>, Option<Common>) {
    let audio = open(session, findings);
    let common = common(&audio);
    if let Some(common) = common {
        rates(session, &audio, common, resample, findings);
        if common.length == Frames(0) {
            findings.add(
                AUDIO_UNREADABLE,
                session.root.key("stem").item(0).key("file").span(),
                "no stem holds any sound: their files have 0 frames",
                "0 frames",
                "export the stems again",
            );
        }
        lengths(session, &audio, common, findings);
        super::check_chains(session, common.sample_rate, findings);
        // Where the end is, and when what is written in bars, is known only of a sound session.
        let song = session.root.key("song");
        let timing = ["bpm", "tempo", "meter", "markers"].map(|key| song.key(key));
        let is_timed = !timing.into_iter().any(|words| session.is_faulty(words));
        if session.is_sound() || is_timed && audio.iter().all(Option::is_some) {
            let scratch = &mut Findings::new(session.path);
            let line = time_line(session.root, common.sample_rate, scratch);
            after_the_end(session.root, &line, common, findings);
        }
    }
    for (audio, at) in audio.iter().zip(tables(session.root, "stem")) {
        if audio
            .as_ref()
            .is_some_and(|audio| audio.channels.len() == 1)
        {
            mono(at, findings);
        }
    }
    (audio, common)
}

fn channels(facts: &AudioFacts, at: Cursor<'_>, findings: &mut Findings) -> Option<Vec<usize>> {
    let count = facts.channels;
    let name = name_of(at);
    let written = at.key("channels");
    if !written.exists() {
        if count <= 2 {
            return Some((0..count).collect());
        }
        findings.add(
            CHANNELS,
            at.key("file").span(),
            format!("the file of \"{name}\" has {count} channels"),
            "more than two channels",
            format!("say which it is: channels = [1] for a mono stem, channels = [1, 2] for a stereo one (1 to {count})"),
        );
        return None;
    }
    let mut chosen = Vec::new();
    for at in written.items() {
        let channel = at.whole()?;
        match usize::try_from(channel) {
            Ok(channel) if (1..=count).contains(&channel) => chosen.push(channel - 1),
            _ => findings.add(
                CHANNELS,
                at.span(),
                format!("the file of \"{name}\" has no channel {channel}"),
                "no such channel",
                match count {
                    1 => "it has 1 channel".to_owned(),
                    _ => format!("it has channels 1 to {count}"),
                },
            ),
        }
    }
    (chosen.len() == written.items().len()).then_some(chosen)
}

/// The name of a stem, for messages.
fn name_of(stem: Cursor<'_>) -> String {
    shorten(stem.key("name").text().unwrap_or(""))
}

fn common(audio: &[Option<StemAudio>]) -> Option<Common> {
    let mut rates: HashMap<u32, usize> = HashMap::new();
    for audio in audio.iter().flatten() {
        *rates.entry(audio.facts.sample_rate.0).or_default() += 1;
    }
    let (rate, _) = rates
        .into_iter()
        .max_by_key(|(rate, count)| (*count, *rate))?;
    let sample_rate = SampleRate(rate);
    let length = audio
        .iter()
        .flatten()
        .map(|audio| frames_at(sample_rate, &audio.facts))
        .max()?;
    Some(Common {
        sample_rate,
        length,
    })
}

/// Length of a file once it is at `rate`.
pub(crate) fn frames_at(rate: SampleRate, facts: &AudioFacts) -> Frames {
    if facts.sample_rate == rate {
        return facts.frames;
    }
    let frames = u128::from(facts.frames.0) * u128::from(rate.0);
    Frames(
        u64::try_from(frames.div_ceil(u128::from(facts.sample_rate.0.max(1)))).unwrap_or(u64::MAX),
    )
}

fn rates(
    session: Written<'_>,
    audio: &[Option<StemAudio>],
    common: Common,
    resample: bool,
    findings: &mut Findings,
) {
    let with = audio
        .iter()
        .flatten()
        .filter(|a| a.facts.sample_rate == common.sample_rate)
        .count();
    let stems = if with == 1 { "stem has" } else { "stems have" };
    for (audio, at) in audio.iter().zip(tables(session.root, "stem")) {
        let Some(audio) = audio else { continue };
        if audio.facts.sample_rate == common.sample_rate {
            continue;
        }
        if resample {
            findings.add(
                RESAMPLED,
                at.key("file").span(),
                format!(
                    "\"{}\" is converted from {} to the {} of {with} other{}",
                    name_of(at),
                    audio.facts.sample_rate,
                    common.sample_rate,
                    if with == 1 { "" } else { "s" }
                ),
                "another sample rate",
                "the rate of most stems is that of the song; of as many, the higher one",
            );
        } else {
            findings.add(
                SAMPLE_RATE,
                at.key("file").span(),
                format!(
                    "\"{}\" has {}; {with} other {stems} {}",
                    name_of(at),
                    audio.facts.sample_rate,
                    common.sample_rate
                ),
                "another sample rate",
                format!(
                    "export it at {}, or render with --resample",
                    common.sample_rate
                ),
            );
        }
    }
}

fn lengths(
    session: Written<'_>,
    audio: &[Option<StemAudio>],
    common: Common,
    findings: &mut Findings,
) {
    for (audio, at) in audio.iter().zip(tables(session.root, "stem")) {
        let Some(audio) = audio else { continue };
        let frames = frames_at(common.sample_rate, &audio.facts);
        if frames < common.length {
            let short = common.length - frames;
            findings.add(
                LENGTH,
                at.key("file").span(),
                format!(
                    "\"{}\" is {} frames ({:.3} s) shorter than the longest stem",
                    name_of(at),
                    short.0,
                    common.sample_rate.seconds_at(short)
                ),
                "shorter",
                "it is padded with silence; export all stems from bar 1 to the end",
            );
        }
    }
}

fn after_the_end(root: Cursor<'_>, line: &TimeLine, common: Common, findings: &mut Findings) {
    let end_s = common.sample_rate.seconds_at(common.length);
    let mut scratch = Findings::new(std::path::Path::new(""));
    let mut late = |at: Cursor<'_>| {
        let Some(seconds) = time_of(at, line, &mut scratch) else {
            return;
        };
        // A time at the very end, rounded to a frame, is not beyond it.
        if common.sample_rate.frame_at(seconds) > common.length {
            findings.add(
                AFTER_THE_END,
                at.span(),
                format!("{seconds:.3} s is after the end of the song, at {end_s:.3} s"),
                "after the end",
                "",
            );
        }
    };
    let markers = root.key("song").key("markers");
    for entry in markers.entries() {
        late(markers.key(&entry.key));
    }
    for table in tables(root, "group").chain(tables(root, "stem")) {
        let movement = table.key("move");
        for keyframe in table.key("gain").items().chain(movement.items()) {
            late(keyframe.item(0));
        }
        for end in ["from", "to"] {
            if movement.key(end).exists() {
                late(movement.key(end));
            }
        }
    }
}

/// What a mono stem says that only a stereo stem can do.
fn mono(stem: Cursor<'_>, findings: &mut Findings) {
    let at = stem.key("at");
    let movement = stem.key("move");
    let places = [at, movement, movement.key("a"), movement.key("b")];
    let keyframes = movement.items().map(|keyframe| keyframe.item(1));
    let name = name_of(stem);
    for place in places.into_iter().chain(keyframes) {
        if place.key("width").exists() {
            findings.add(
                WIDTH_ON_MONO,
                place.key_span("width"),
                format!("\"{name}\" is mono: `width` does nothing"),
                "for stereo stems",
                "`size` spreads a mono stem",
            );
            break;
        }
    }
    if stem.key("stereo-width").exists() {
        findings.add(
            NO_EFFECT,
            stem.key_span("stereo-width"),
            format!("\"{name}\" is mono: `stereo-width` does nothing"),
            "for stereo stems",
            "`pan` places a mono stem on the stereo bus",
        );
    }
}

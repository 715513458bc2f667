//! From a checked session to everything a renderer needs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::codes::{AUDIO_UNREADABLE, CHANNELS, SAMPLE_RATE};
use super::findings::Findings;
use super::load::Session;
use super::movement::{self, Clock};
use super::rules::{self, StemAudio, Target};
use super::schema::{BitDepthKey, ContainerKey, CurveKey, GroupKeys, Level, OutKeys, StemKeys};
use super::time::TimeLine;
use crate::error::{Finding, Severity};
use crate::mix::{GainCurve, GainPoint, Strip};
use crate::scene::{Curve, Object, Side};
use crate::units::{Decibels, Frames, SampleRate};
use crate::{Error, Result};

/// How a session is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BuildOptions {
    /// Take stems of another sample rate, to be converted to that of most stems, instead of refusing them.
    pub resample: bool,
}

/// A song ready to be rendered.
///
/// Feeds are numbered from 0 in the order of the stems, left before right; object k plays feed k.
#[derive(Debug)]
pub struct Song {
    /// Its title.
    pub title: String,
    /// The rate of most stems; with [`BuildOptions::resample`] others are to be converted to it.
    pub sample_rate: SampleRate,
    /// Length of the longest stem; shorter ones are followed by silence.
    pub length: Frames,
    /// The files to read, each once, however many stems it carries.
    pub inputs: Vec<Input>,
    /// The stems that sound, in the order of the session.
    pub strips: Vec<Strip>,
    /// One object per feed.
    pub objects: Vec<Object>,
    /// Number of feeds.
    pub feed_count: usize,
    /// What is written.
    pub outs: Vec<OutSpec>,
    /// What was found on the way, notes included.
    pub warnings: Vec<Finding>,
}

/// A file to read: channel `channels[k]` is feed `feeds[k]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The stem it is, for messages; the first of them if it carries several.
    pub stem: String,
    /// The file.
    pub path: PathBuf,
    /// Channels of the file, from 0.
    pub channels: Vec<usize>,
    /// Rows of the feeds.
    pub feeds: Vec<usize>,
}

/// One output.
#[derive(Debug, Clone, PartialEq)]
pub struct OutSpec {
    /// Its name.
    pub name: String,
    /// What it is rendered for.
    pub target: Target,
    /// The layout as written.
    pub layout: String,
    /// Sample format.
    pub bit_depth: BitDepthKey,
    /// Chunk format.
    pub container: ContainerKey,
    /// One mono file per channel.
    pub multi_mono: bool,
    /// A safe file name without a folder, ending in .wav.
    pub file_name: String,
}

pub(super) fn build(session: &Session, options: &BuildOptions) -> Result<Song> {
    let mut findings = Findings::new(&session.path);
    let (audio, common) = rules::check_audio(session, options.resample, &mut findings);
    let mut warnings = findings.finish(&session.text);
    refuse(session, &audio, &warnings)?;
    let Some(common) = common else {
        return Err(Error::Usage(format!(
            "\"{}\" has no stem",
            session.path.display()
        )));
    };
    let line = rules::time_line(
        session.root(),
        common.sample_rate,
        &mut Findings::new(&session.path),
    );
    let clock = Clock {
        line: &line,
        rate: common.sample_rate,
        length: common.length,
    };
    let mut song = Song {
        title: session.title(),
        sample_rate: common.sample_rate,
        length: common.length,
        inputs: Vec::new(),
        strips: Vec::new(),
        objects: Vec::new(),
        feed_count: 0,
        outs: outs(&session.file.out, &session.path)?,
        warnings: session.findings.clone(),
    };
    song.warnings.append(&mut warnings);
    let any_solo = session.file.stem.iter().any(|stem| stem.solo)
        || session.file.group.iter().any(|group| group.solo);
    let mut input_of: HashMap<PathBuf, usize> = HashMap::new();
    for (stem, audio) in session.file.stem.iter().zip(&audio) {
        let Some(audio) = audio else { continue };
        let group = stem
            .group
            .as_ref()
            .and_then(|name| session.file.group.iter().find(|group| group.name == *name));
        if is_silenced(stem, group, any_solo) {
            continue;
        }
        song.add_stem(session, clock, stem, group, audio)?;
        song.add_input(stem, audio, &mut input_of);
    }
    Ok(song)
}

/// Stops at the first finding that forbids rendering; what is wrong with a stem's audio is told as that.
fn refuse(session: &Session, audio: &[Option<StemAudio>], findings: &[Finding]) -> Result<()> {
    let errors: Vec<&Finding> = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .collect();
    let Some(first) = errors.first() else {
        return Ok(());
    };
    let about_audio = [AUDIO_UNREADABLE, CHANNELS, SAMPLE_RATE]
        .iter()
        .any(|rule| rule.code == first.code);
    let stems = session.root().key("stem");
    let concerned = (0..audio.len()).find(|&index| {
        let stem = stems.item(index);
        let words = [stem.key("file").span(), stem.key("channels").span()];
        first.span.as_ref().is_some_and(|span| {
            words
                .iter()
                .flatten()
                .any(|word| word.start <= span.start && span.end <= word.end)
        })
    });
    match concerned
        .filter(|_| about_audio)
        .and_then(|index| session.file.stem.get(index))
    {
        Some(stem) => {
            let mut reason = first.message.clone();
            if !first.help.is_empty() {
                reason = format!("{reason}; {}", first.help);
            }
            if errors.len() > 1 {
                reason = format!(
                    "{reason} ({} more: `umbel check` lists them all)",
                    errors.len() - 1
                );
            }
            Err(Error::stem(
                &stem.name,
                &session.stem_path(&stem.file),
                reason,
            ))
        }
        None => Err(Error::Session {
            path: session.path.clone(),
            findings: findings.to_vec(),
        }),
    }
}

fn is_silenced(stem: &StemKeys, group: Option<&GroupKeys>, any_solo: bool) -> bool {
    let mute = (stem.mute, group.is_some_and(|group| group.mute));
    let solo = (stem.solo, group.is_some_and(|group| group.solo));
    rules::silenced(mute, solo, any_solo).is_some()
}

impl Song {
    fn add_stem(
        &mut self,
        session: &Session,
        clock: Clock<'_>,
        stem: &StemKeys,
        group: Option<&GroupKeys>,
        audio: &StemAudio,
    ) -> Result<()> {
        let sides: &[(Side, &str)] = match audio.channels.len() {
            1 => &[(Side::Mono, "")],
            _ => &[(Side::Left, " L"), (Side::Right, " R")],
        };
        let mover = movement::of(stem, clock, &session.path)?;
        let first = self.feed_count;
        for (side, suffix) in sides {
            self.objects.push(Object::new(
                format!("{}{suffix}", stem.name),
                self.feed_count,
                mover.blocks(*side, clock)?,
            ));
            self.feed_count += 1;
        }
        let faders = [
            stem.gain.as_ref(),
            group.and_then(|group| group.gain.as_ref()),
        ];
        let mut gains = Vec::new();
        for level in faders.into_iter().flatten() {
            let curve = gain_curve(level, clock.line);
            let unity = curve.is_constant() && (curve.at(Frames(0)).0 - 1.0).abs() < 1e-12;
            if !unity {
                gains.push(curve);
            }
        }
        self.strips.push(Strip {
            name: stem.name.clone(),
            feeds: first..self.feed_count,
            gains,
            lfe: stem
                .lfe
                .map(|db| Decibels(db).gain())
                .filter(|gain| gain.0 > 0.0),
        });
        Ok(())
    }

    /// A file that several stems take channels of is one input: it is read once.
    fn add_input(
        &mut self,
        stem: &StemKeys,
        audio: &StemAudio,
        input_of: &mut HashMap<PathBuf, usize>,
    ) {
        let Some(feeds) = self.strips.last().map(|strip| strip.feeds.clone()) else {
            return;
        };
        let index = *input_of.entry(audio.path.clone()).or_insert_with(|| {
            self.inputs.push(Input {
                stem: stem.name.clone(),
                path: audio.path.clone(),
                channels: Vec::new(),
                feeds: Vec::new(),
            });
            self.inputs.len() - 1
        });
        let input = &mut self.inputs[index];
        input.channels.extend(&audio.channels);
        input.feeds.extend(feeds);
    }
}

/// A level as written, on the time line. The session has been checked, so every time has its place.
fn gain_curve(level: &Level, line: &TimeLine) -> GainCurve {
    match level {
        Level::Constant(db) => GainCurve::constant(Decibels(*db)),
        Level::Keyframes(keyframes) => GainCurve::new(
            keyframes
                .iter()
                .map(|keyframe| GainPoint {
                    at: movement::frame(&keyframe.at, line),
                    level: Decibels(keyframe.value.0),
                    curve: curve(keyframe.curve),
                })
                .collect(),
        ),
    }
}

pub(super) fn curve(key: Option<CurveKey>) -> Curve {
    match key.unwrap_or_default() {
        CurveKey::Linear => Curve::Linear,
        CurveKey::Smooth => Curve::Smooth,
        CurveKey::Step => Curve::Step,
    }
}

fn outs(keys: &[OutKeys], path: &Path) -> Result<Vec<OutSpec>> {
    keys.iter()
        .map(|out| {
            Ok(OutSpec {
                name: out.name.clone(),
                target: rules::target(&out.layout, path)?,
                layout: out.layout.clone(),
                bit_depth: out.bit_depth,
                container: out.container,
                multi_mono: out.multi_mono,
                file_name: rules::file_name(&out.name, out.file.as_deref()),
            })
        })
        .collect()
}

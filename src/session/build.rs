//! From a checked session to everything a renderer needs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::codes::{AUDIO_UNREADABLE, CHANNELS, SAMPLE_RATE};
use super::desk;
use super::findings::Findings;
use super::impulses;
use super::load::Session;
use super::movement::{self, Clock};
use super::outs::{deliveries, outs};
use super::rules::{self, StemAudio};
use super::schema::{GroupKeys, Level, ReturnKeys, SessionFile, StemKeys};
use super::silence::{self, Sounding};
use super::song::{BuildOptions, Input, Song};
use crate::effect::{self, Settings};
use crate::error::{Finding, Severity};
use crate::mix::{Desk, GainCurve, Group, Master, Return, Strip};
use crate::scene::{Object, Side};
use crate::units::Decibels;
use crate::{Error, Result};

/// Builds the song of a session, which opens its stems.
pub(super) fn build(session: &Session, options: &BuildOptions) -> Result<Song> {
    let mut findings = Findings::new(&session.path);
    let (audio, common) = rules::check_audio(session.written(), options.resample, &mut findings);
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
        files: session.files(),
        desk: Desk::default(),
        stereo_chain: Vec::new(),
        objects: Vec::new(),
        feed_count: 0,
        outs: outs(&session.file.out, &session.path)?,
        deliveries: deliveries(&session.file.out),
        warnings: session.findings.clone(),
    };
    song.warnings.append(&mut warnings);
    let file = &session.file;
    let sounding = silence::of(&file.stem, &file.group, &line, common.sample_rate);
    let heard = desk::keyed_by(chains(file));
    let mut input_of: HashMap<(PathBuf, Option<usize>), usize> = HashMap::new();
    let mut strip_of: HashMap<&str, usize> = HashMap::new();
    for ((stem, audio), sounding) in file.stem.iter().zip(&audio).zip(sounding) {
        let Some(audio) = audio else { continue };
        let is_key = heard.contains(&stem.name.as_str())
            || stem
                .group
                .as_deref()
                .is_some_and(|group| heard.contains(&group));
        // What keys a compressor is heard there though it is muted.
        if sounding == Sounding::Never && !is_key {
            continue;
        }
        let group = stem
            .group
            .as_ref()
            .and_then(|name| file.group.iter().find(|group| group.name == *name));
        strip_of.insert(&stem.name, song.desk.strips.len());
        song.add_stem(
            session,
            clock,
            stem,
            group.filter(|g| !works(g, &heard)),
            audio,
        )?;
        if let Some(strip) = song.desk.strips.last_mut() {
            strip.mute = match sounding {
                Sounding::Always => None,
                Sounding::Never => Some(GainCurve::constant(Decibels(f64::NEG_INFINITY))),
                Sounding::AtTimes(curve) => Some(curve),
            };
        }
        song.add_input(stem, audio, &mut input_of);
    }
    for group in file.group.iter().filter(|group| works(group, &heard)) {
        let member = |stem: &&StemKeys| stem.group.as_ref() == Some(&group.name);
        let members = file.stem.iter().filter(member);
        song.desk.groups.push(Group {
            name: group.name.clone(),
            members: members
                .filter_map(|stem| strip_of.get(stem.name.as_str()).copied())
                .collect(),
            lanes: desk::lanes(&group.chain, &group.automation, &line),
            chain: group.chain.clone(),
            mute: None,
            gains: desk::fader(group.gain.as_ref(), &line, clock.rate),
            sends: desk::sends(&group.sends, &file.returns, &line, clock.rate),
        });
    }
    for keys in &file.returns {
        song.add_return(keys, file, clock)?;
    }
    song.desk.master = Master {
        chain: file.master.chain.clone(),
        lanes: desk::lanes(&file.master.chain, &file.master.automation, &line),
        gains: desk::fader(file.master.gain.as_ref(), &line, clock.rate),
    };
    song.stereo_chain = file.stereo.chain.clone();
    read_impulses(&mut song, rules::folder(&session.path));
    song.desk.bpm = line.quarters_per_minute();
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
        let words = ["file", "track", "channels"].map(|key| stem.key(key).span());
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

/// Reads the impulse responses of all chains; that they can be read has been checked.
fn read_impulses(song: &mut Song, folder: &Path) {
    let desk = &mut song.desk;
    let strips = desk.strips.iter_mut().map(|strip| &mut strip.chain);
    let groups = desk.groups.iter_mut().map(|group| &mut group.chain);
    let returns = desk.returns.iter_mut().map(|r| &mut r.chain);
    let others = [&mut desk.master.chain, &mut song.stereo_chain];
    for chain in strips.chain(groups).chain(returns).chain(others) {
        impulses::read(chain, folder);
    }
}

/// Whether a group has work of its own beyond a fader: otherwise its level is a level of its members.
fn works(group: &GroupKeys, heard: &[&str]) -> bool {
    !group.chain.is_empty() || !group.sends.is_empty() || heard.contains(&group.name.as_str())
}

/// All chains of a session.
fn chains(file: &SessionFile) -> impl Iterator<Item = &[Settings]> {
    let stems = file.stem.iter().map(|stem| stem.chain.as_slice());
    let groups = file.group.iter().map(|group| group.chain.as_slice());
    let returns = file.returns.iter().map(|r| r.chain.as_slice());
    stems
        .chain(groups)
        .chain(returns)
        .chain([file.master.chain.as_slice()])
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
            let name = format!("{}{suffix}", stem.name);
            let blocks = mover.blocks(*side, clock)?;
            let mut object = Object::new(name, self.feed_count, blocks);
            object.spread = stem.spread() > 0.0;
            object.colour.clone_from(&stem.colour);
            object.headphones.room = stem.binaural.map(Into::into);
            self.objects.push(object);
            self.feed_count += 1;
        }
        let levels = [
            stem.gain.as_ref(),
            group.and_then(|group| group.gain.as_ref()),
        ];
        let line = clock.line;
        let fader = |level: Option<&Level>| desk::fader(level, line, clock.rate);
        self.desk
            .sides
            .extend(sides.iter().map(|(side, _)| match side {
                Side::Left => effect::Side::Left,
                Side::Right => effect::Side::Right,
                Side::Mono => effect::Side::Both,
            }));
        self.desk.strips.push(Strip {
            name: stem.name.clone(),
            feeds: first..self.feed_count,
            lanes: desk::lanes(&stem.chain, &stem.automation, line),
            chain: stem.chain.clone(),
            mute: None,
            gains: levels.into_iter().flat_map(fader).collect(),
            sends: desk::sends(&stem.sends, &session.file.returns, line, clock.rate),
            lfe: stem
                .lfe
                .map(|db| Decibels(db).gain())
                .filter(|gain| gain.0 > 0.0),
        });
        Ok(())
    }

    /// A return: one feed and one object for each of its places.
    fn add_return(
        &mut self,
        keys: &ReturnKeys,
        file: &SessionFile,
        clock: Clock<'_>,
    ) -> Result<()> {
        let first = self.feed_count;
        for (index, at) in keys.at.iter().enumerate() {
            let size = at.size().unwrap_or(keys.size);
            let mover = movement::still(*at, size, &keys.name)?;
            let name = match keys.at.len() {
                1 => keys.name.clone(),
                _ => format!("{} {}", keys.name, index + 1),
            };
            let blocks = mover.blocks(Side::Mono, clock)?;
            let mut object = Object::new(name, self.feed_count, blocks);
            object.spread = size > 0.0;
            object.headphones.room = keys.binaural.map(Into::into);
            self.objects.push(object);
            self.desk.sides.push(movement::side_of(*at));
            self.feed_count += 1;
        }
        let line = clock.line;
        self.desk.returns.push(Return {
            name: keys.name.clone(),
            feeds: first..self.feed_count,
            lanes: desk::lanes(&keys.chain, &keys.automation, line),
            chain: keys.chain.clone(),
            mute: silence::of_switch(&keys.mute, line, clock.rate),
            gains: desk::fader(keys.gain.as_ref(), line, clock.rate),
            sends: desk::sends(&keys.sends, &file.returns, line, clock.rate),
        });
        Ok(())
    }

    /// A file that several stems take channels of is one input: it is read once.
    fn add_input(
        &mut self,
        stem: &StemKeys,
        audio: &StemAudio,
        input_of: &mut HashMap<(PathBuf, Option<usize>), usize>,
    ) {
        let Some(feeds) = self.desk.strips.last().map(|strip| strip.feeds.clone()) else {
            return;
        };
        let index = *input_of.entry(audio.file()).or_insert_with(|| {
            self.inputs.push(Input {
                stem: stem.name.clone(),
                path: audio.path.clone(),
                track: audio.track,
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

//! Facts of the ADM metadata in an audio file.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::audio::clock;
use crate::cli::{Ui, findings};
use crate::error::Finding;
use crate::format::adm::{
    self, AudioObject, Dbmd, Document, Loudness, Selection, TRIM_LAYOUTS, Time, Trim,
};
use crate::{Error, Result};

/// The metadata of one file and what was found in it.
pub(super) struct Metadata {
    document: Document,
    findings: Vec<Finding>,
}

impl Metadata {
    /// Reads the metadata of the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let document = adm::read(path)?;
        let findings = match document.master(&Selection::default()) {
            Ok(master) => master.findings,
            Err(Error::Session { findings, .. }) => findings,
            Err(error) => return Err(error),
        };
        Ok(Self { document, findings })
    }

    /// For people.
    pub(super) fn print(&self, ui: &Ui) -> Result<()> {
        let document = &self.document;
        for finding in &self.findings {
            let place = finding.line_column.map_or_else(String::new, |(line, _)| {
                format!(" (line {line} of the axml chunk)")
            });
            ui.warn(format_args!("{} {}{place}", finding.code, finding.message));
        }
        let version = document.version.as_deref().unwrap_or("no version given");
        ui.line(format_args!(
            "ADM metadata: {version}, {}; {}; {}",
            document.profile().name(),
            counted(document.block_count(), "block"),
            findings::count(&self.findings)
        ))?;
        for programme in document.programmes.iter() {
            let head = &programme.head;
            let language = in_language(programme.language.as_deref());
            let length = match (programme.start, programme.end) {
                (Some(start), Some(end)) => {
                    format!(", {} to {}", time_clock(start), time_clock(end))
                }
                _ => String::new(),
            };
            let line = format!("programme {} \"{}\"{language}{length}", head.id, head.name);
            ui.line(line + &loudness_words(&programme.loudness))?;
            for &content in &programme.contents {
                self.print_content(content, ui)?;
            }
        }
        let mut shown: Vec<usize> = document
            .programmes
            .iter()
            .flat_map(|programme| &programme.contents)
            .flat_map(|&content| document.contents[content].objects.iter().copied())
            .collect();
        shown.sort_unstable();
        for (index, object) in document.objects.iter().enumerate() {
            if shown.binary_search(&index).is_err() {
                self.print_object(object, "  ", ui)?;
            }
        }
        for row in &document.chna {
            let name = document
                .uids
                .find(&row.uid)
                .and_then(|uid| document.uids[uid].channel)
                .map_or_else(String::new, |channel| {
                    let channel = &document.channels[channel];
                    format!("  {} \"{}\"", channel.kind.name(), channel.head.name)
                });
            ui.line(format_args!(
                "  track {:>3}  {}  {}  {}{name}",
                row.track_index, row.uid, row.reference, row.pack
            ))?;
        }
        match &document.dbmd {
            Some(dbmd) => print_dbmd(dbmd, ui),
            None => Ok(()),
        }
    }

    fn print_content(&self, index: usize, ui: &Ui) -> Result<()> {
        let content = &self.document.contents[index];
        let dialogue = match content.dialogue {
            Some(0) => ", no dialogue",
            Some(1) => ", dialogue",
            Some(2) => ", mixed",
            _ => "",
        };
        let language = in_language(content.language.as_deref());
        let head = &content.head;
        let line = format!(
            "  content {} \"{}\"{language}{dialogue}",
            head.id, head.name
        );
        ui.line(line + &loudness_words(&content.loudness))?;
        for &object in &content.objects {
            self.print_object(&self.document.objects[object], "    ", ui)?;
        }
        Ok(())
    }

    fn print_object(&self, object: &AudioObject, indent: &str, ui: &Ui) -> Result<()> {
        let start = object.start.unwrap_or(Time::ZERO);
        let length = object.duration.map_or_else(
            || "to the end".to_owned(),
            |d| format!("for {}", time_clock(d)),
        );
        let mut line = format!(
            "{indent}object {} \"{}\"  {}, {}, {}, from {} {length}",
            object.head.id,
            object.head.name,
            self.kinds(object),
            counted(object.tracks.len(), "track"),
            counted(self.blocks_of(object), "block"),
            time_clock(start),
        );
        if let Some(importance) = object.importance {
            line.push_str(&format!(", importance {importance}"));
        }
        if let Some(gain) = object.gain {
            line.push_str(&format!(", gain {}", crate::units::Gain(gain).decibels()));
        }
        if object.mute {
            line.push_str(", mute");
        }
        for (list, word) in [
            (&object.objects, "contains"),
            (&object.complementary, "may be exchanged for"),
        ] {
            if !list.is_empty() {
                line.push_str(&format!(", {word} {}", self.object_ids(list).join(" ")));
            }
        }
        ui.line(line)
    }

    /// As the value of the key `adm`.
    pub(super) fn as_json(&self) -> Value {
        let document = &self.document;
        json!({
            "version": document.version,
            "edition": document.edition,
            "profile": document.profile().id(),
            "profiles": document.profiles.iter().map(|profile| json!({
                "name": profile.name,
                "version": profile.version,
                "level": profile.level,
            })).collect::<Vec<_>>(),
            "blocks": document.block_count(),
            "programmes": document.programmes.iter().map(|programme| json!({
                "id": programme.head.id,
                "name": programme.head.name,
                "language": programme.language,
                "labels": programme.labels.iter().map(|label| label.text.as_str()).collect::<Vec<_>>(),
                "start": programme.start.map(Time::seconds),
                "end": programme.end.map(Time::seconds),
                "loudness": programme.loudness.iter().map(loudness).collect::<Vec<_>>(),
                "contents": programme.contents.iter()
                    .map(|&content| document.contents[content].head.id.as_str()).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "contents": document.contents.iter().map(|content| json!({
                "id": content.head.id,
                "name": content.head.name,
                "language": content.language,
                "labels": content.labels.iter().map(|label| label.text.as_str()).collect::<Vec<_>>(),
                "dialogue": content.dialogue,
                "loudness": content.loudness.iter().map(loudness).collect::<Vec<_>>(),
                "objects": self.object_ids(&content.objects),
            })).collect::<Vec<_>>(),
            "objects": document.objects.iter().map(|object| self.object(object)).collect::<Vec<_>>(),
            "tracks": document.chna.iter().map(|row| self.track(row)).collect::<Vec<_>>(),
            "dbmd": document.dbmd.as_ref().map(dbmd),
            "findings": self.findings.iter().map(findings::json).collect::<Vec<_>>(),
        })
    }

    fn object(&self, object: &AudioObject) -> Value {
        let document = &self.document;
        let tracks: Vec<Value> = object
            .tracks
            .iter()
            .map(|track| match track {
                Some(uid) => json!(document.uids[*uid].head.id),
                None => Value::Null,
            })
            .collect();
        json!({
            "id": object.head.id,
            "name": object.head.name,
            "labels": object.labels.iter().map(|label| label.text.as_str()).collect::<Vec<_>>(),
            "type": self.kinds(object),
            "start": object.start.map_or(0.0, Time::seconds),
            "duration": object.duration.map(Time::seconds),
            "importance": object.importance,
            "gain": object.gain,
            "mute": object.mute,
            "head_locked": object.head_locked,
            "interactive": object.interactive,
            "packs": object.packs.iter()
                .map(|&pack| document.packs[pack].head.id.as_str()).collect::<Vec<_>>(),
            "tracks": tracks,
            "objects": self.object_ids(&object.objects),
            "complementary": self.object_ids(&object.complementary),
            "alternative_value_sets": object.alternative_sets.iter()
                .map(|set| set.id.as_str()).collect::<Vec<_>>(),
            "blocks": self.blocks_of(object),
        })
    }

    fn track(&self, row: &adm::ChnaRow) -> Value {
        let document = &self.document;
        let uid = document.uids.find(&row.uid).map(|uid| &document.uids[uid]);
        let channel = uid
            .and_then(|uid| uid.channel)
            .map(|channel| &document.channels[channel]);
        json!({
            "channel": row.track_index,
            "uid": row.uid,
            "reference": row.reference,
            "pack": row.pack,
            "channel_format": channel.map(|channel| channel.head.id.as_str()),
            "name": channel.map(|channel| channel.head.name.as_str()),
            "type": channel.map(|channel| channel.kind.name()),
            "blocks": channel.map(|channel| channel.blocks.len()),
        })
    }

    fn object_ids(&self, objects: &[usize]) -> Vec<&str> {
        let id = |&object: &usize| self.document.objects[object].head.id.as_str();
        objects.iter().map(id).collect()
    }

    /// The types of an object's packs, or "group".
    fn kinds(&self, object: &AudioObject) -> String {
        let mut kinds: Vec<&str> = object
            .packs
            .iter()
            .map(|&pack| self.document.packs[pack].kind.name())
            .collect();
        kinds.dedup();
        if kinds.is_empty() {
            "group".to_owned()
        } else {
            kinds.join("+")
        }
    }

    /// Blocks of all channels that an object's tracks lead to.
    fn blocks_of(&self, object: &AudioObject) -> usize {
        let document = &self.document;
        object
            .tracks
            .iter()
            .flatten()
            .filter_map(|&uid| document.uids[uid].channel)
            .map(|channel| document.channels[channel].blocks.len())
            .sum()
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

fn in_language(language: Option<&str>) -> String {
    language.map_or_else(String::new, |language| format!(" ({language})"))
}

fn time_clock(time: Time) -> String {
    clock(time.seconds())
}

fn loudness_words(loudness: &[Loudness]) -> String {
    loudness
        .iter()
        .filter_map(|loudness| loudness.integrated)
        .map(|integrated| format!(", {integrated} LKFS"))
        .collect()
}

fn loudness(loudness: &Loudness) -> Value {
    json!({
        "method": loudness.method,
        "integrated": loudness.integrated,
        "range": loudness.range,
        "max_true_peak": loudness.max_true_peak,
        "max_momentary": loudness.max_momentary,
        "max_short_term": loudness.max_short_term,
        "dialogue": loudness.dialogue,
    })
}

fn version_of(version: [u8; 4]) -> String {
    version.map(|part| part.to_string()).join(".")
}

fn print_dbmd(dbmd: &Dbmd, ui: &Ui) -> Result<()> {
    ui.line(format_args!("dbmd version {}", version_of(dbmd.version)))?;
    if let Some(programme) = &dbmd.programme {
        let [a, b, c] = programme.tool_version;
        ui.line(format_args!("  made with {} {a}.{b}.{c}", programme.tool))?;
        let rate = programme
            .frame_rate
            .map_or("not indicated", |rate| rate.name());
        let action = programme
            .first_action_s
            .map_or_else(|| "none".to_owned(), clock);
        ui.line(format_args!(
            "  frame rate {rate}, first frame of action {action}"
        ))?;
        ui.line(format_args!(
            "  5.1 render: {}; 5.1 to stereo: {}",
            programme.warp.name(),
            programme.downmix.name()
        ))?;
    }
    let Some(elements) = &dbmd.elements else {
        return Ok(());
    };
    ui.line(format_args!(
        "  headphones, by channel: {}",
        runs(elements.binaural.iter().map(|mode| mode.name()))
    ))?;
    let manual: Vec<&str> = elements
        .trims
        .iter()
        .zip(TRIM_LAYOUTS)
        .filter(|(trim, _)| **trim != Trim::Automatic)
        .map(|(_, layout)| layout)
        .collect();
    match manual.as_slice() {
        [] => ui.line("  trims: automatic"),
        manual => ui.line(format_args!(
            "  trims: set by hand for {}",
            manual.join(" ")
        )),
    }
}

/// "1-3 off, 4 near": equal words of neighbours together, counted from 1.
fn runs<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut runs: Vec<(usize, usize, &str)> = Vec::new();
    for (index, word) in words.enumerate() {
        match runs.last_mut() {
            Some((_, last, before)) if *before == word => *last = index + 1,
            _ => runs.push((index + 1, index + 1, word)),
        }
    }
    let said: Vec<String> = runs
        .into_iter()
        .map(|(first, last, word)| {
            if first == last {
                format!("{first} {word}")
            } else {
                format!("{first}-{last} {word}")
            }
        })
        .collect();
    said.join(", ")
}

fn dbmd(dbmd: &Dbmd) -> Value {
    let programme = dbmd.programme.as_ref();
    let elements = dbmd.elements.as_ref();
    let trims = elements.map(|elements| {
        let trims = elements.trims.iter().zip(TRIM_LAYOUTS);
        trims
            .map(|(trim, layout)| (layout.to_owned(), trim_json(trim)))
            .collect::<Map<String, Value>>()
    });
    json!({
        "version": version_of(dbmd.version),
        "segments": dbmd.segments,
        "origin": programme.map(|facts| facts.origin.as_str()),
        "tool": programme.map(|facts| facts.tool.as_str()),
        "tool_version": programme.map(|facts| facts.tool_version.map(|part| part.to_string()).join(".")),
        "frame_rate": programme.and_then(|facts| facts.frame_rate).map(|rate| rate.name()),
        "first_action_s": programme.and_then(|facts| facts.first_action_s),
        "downmix": programme.map(|facts| facts.downmix.name()),
        "warp": programme.map(|facts| facts.warp.name()),
        "binaural": elements.map(|facts| facts.binaural.iter().map(|mode| mode.name()).collect::<Vec<_>>()),
        "head_tracking": elements.map(|facts| facts.head_tracking.clone()),
        "trim_bypass": elements.map(|facts| facts.trim_bypass.clone()),
        "trims": trims,
    })
}

fn trim_json(trim: &Trim) -> Value {
    match *trim {
        Trim::Automatic => json!("automatic"),
        Trim::Manual {
            centre_db,
            surround_db,
            height_db,
            balance,
            height_balance,
        } => json!({
            "centre_db": centre_db,
            "surround_db": surround_db,
            "height_db": height_db,
            "balance": balance,
            "height_balance": height_balance,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_with_the_same_word_are_told_together() {
        assert_eq!(
            runs(["off", "off", "near", "off"].into_iter()),
            "1-2 off, 3 near, 4 off"
        );
        assert_eq!(runs(std::iter::empty()), "");
    }
}

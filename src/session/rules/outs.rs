//! Outputs: a known layout and a file name of its own for each.

use std::collections::HashMap;
use std::path::Path;

use super::super::codes::{
    FILE_NAME, MISSING_KEY, NO_EFFECT, NOT_A_CHOICE, NOT_AVAILABLE, SAME_OUTPUT_FILE,
    UNKNOWN_LAYOUT,
};
use super::super::findings::{Findings, shorten};
use super::super::later;
use super::super::schema::OutFormat;
use super::super::tree::Cursor;
use super::{folder, tables};
use crate::format::{Arrangement, Sink, layout_file};
use crate::layout::{self, Layout};
use crate::{Error, Result};

pub(super) fn check(root: Cursor<'_>, path: &Path, findings: &mut Findings) {
    let mut taken: HashMap<String, String> = HashMap::new();
    for out in tables(root, "out") {
        check_format(out, findings);
        check_layout(out.key("layout"), path, findings);
        let written = if out.key("file").exists() {
            out.key("file")
        } else {
            out.key("name")
        };
        let Some(text) = written.text() else { continue };
        let file = file_name(out.key("name").text().unwrap_or(""), out.key("file").text());
        let meant = if out.key("file").exists() {
            text.to_owned()
        } else {
            format!("{text}.wav")
        };
        if file != meant && format!("{meant}.wav") != file {
            findings.add(
                FILE_NAME,
                written.span(),
                format!("\"{}\" is not a safe file name", shorten(text)),
                "changed for the file",
                format!("the file is called \"{file}\", in the folder of the outputs"),
            );
        }
        let name = out.key("name").text().unwrap_or("");
        let mut said = false;
        for file in files(out, &file, path) {
            // Not every file system tells capitals from small letters.
            let other = taken.insert(file.to_lowercase(), name.to_owned());
            let Some(other) = other.filter(|_| !said) else {
                continue;
            };
            said = true;
            findings.add(
                SAME_OUTPUT_FILE,
                written.span(),
                format!(
                    "the file \"{file}\" is already written by the output \"{}\"",
                    shorten(&other)
                ),
                "the same file",
                "give this output a `file` of its own",
            );
        }
    }
}

/// The names that an output whose file is `file` takes: that one, and those of its channels if each has a file.
fn files(out: Cursor<'_>, file: &str, path: &Path) -> Vec<String> {
    let mut files = vec![file.to_owned()];
    let is_wav = out.key("format").text() == Some("wav");
    if !is_wav || !out.key("multi-mono").flag() {
        return files;
    }
    let layout = out.key("layout").text().unwrap_or_default();
    let labels = target(layout, path).map_or(Vec::new(), |target| target.labels());
    let arrangement = Arrangement::MultiMono {
        labels: labels.clone(),
    };
    if let Ok(channels) = Sink::targets(Path::new(file), labels.len(), &arrangement) {
        let names = channels.iter().filter_map(|path| path.file_name());
        files.extend(names.map(|name| name.to_string_lossy().into_owned()));
    }
    files
}

/// Keys that the format of an output asks for, or has no use for.
fn check_format(out: Cursor<'_>, findings: &mut Findings) {
    let Some(format) = out.key("format").text() else {
        return;
    };
    let layout = out.key("layout").text().unwrap_or_default();
    if format == "wav" && layout.is_empty() {
        findings.add(
            MISSING_KEY,
            out.span(),
            "an output of the format \"wav\" has no `layout`",
            "`layout` is missing",
            "what it is rendered for: layout = \"7.1.4\", \"stereo\" or \"binaural\"",
        );
    }
    let known = OutFormat::ALL.iter().find(|known| known.word() == format);
    let useless = known.map_or(&[][..], |known| known.useless_keys());
    for key in useless.iter().filter(|key| out.key(key).exists()) {
        findings.add(
            NO_EFFECT,
            out.key(key).span(),
            format!("`{key}` has no effect on an output of the format \"{format}\""),
            "no effect",
            "leave it out",
        );
    }
    let rate = out.key("fps");
    let word = rate.text().map(|text| text.trim().to_lowercase());
    let word = word.or_else(|| rate.number().map(|number| number.to_string()));
    if let Some(word) = word.filter(|word| !FRAME_RATES.contains(&word.as_str())) {
        findings.add(
            NOT_A_CHOICE,
            rate.span(),
            format!("\"{}\" is no frame rate", shorten(&word)),
            "not a frame rate",
            format!("allowed are {}", FRAME_RATES.join(", ")),
        );
    }
}

/// Frame rates that masters have words for.
const FRAME_RATES: [&str; 6] = ["23.976", "24", "25", "29.97", "29.97df", "30"];

fn check_layout(written: Cursor<'_>, path: &Path, findings: &mut Findings) {
    let Some(name) = written.text().filter(|name| !name.is_empty()) else {
        return;
    };
    if let Some(reason) = later::word(name) {
        findings.add(
            NOT_AVAILABLE,
            written.span(),
            format!("the layout \"{name}\" asks for something this version does not do"),
            "not available",
            reason,
        );
        return;
    }
    match target(name, path) {
        Ok(_) => {}
        Err(Error::Layout {
            reason, speaker, ..
        }) => {
            let (found, help) = reason.split_once("; ").unwrap_or((&reason, ""));
            let speaker = if speaker.is_empty() {
                String::new()
            } else {
                format!(", speaker \"{speaker}\"")
            };
            findings.add(
                UNKNOWN_LAYOUT,
                written.span(),
                format!(
                    "the layout \"{}\"{speaker} cannot be used: {found}",
                    shorten(name)
                ),
                "not a layout",
                if help.is_empty() {
                    "`umbel layout list` prints the names"
                } else {
                    help
                },
            );
        }
        Err(other) => findings.add(
            UNKNOWN_LAYOUT,
            written.span(),
            other.to_string(),
            "in this file",
            "`umbel layout check FILE` tells more",
        ),
    }
}

/// What an output is rendered for.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The stereo bus of a mixing desk: each stem's pan and width, not its position in the room.
    StereoBus,
    /// A loudspeaker layout.
    Layout(Layout),
    /// Headphones: the objects themselves, or the loudspeakers of a layout.
    Binaural(Option<Layout>),
}

impl Target {
    /// Labels of its channels.
    fn labels(&self) -> Vec<String> {
        match self {
            Self::StereoBus | Self::Binaural(_) => ["L", "R"].map(str::to_owned).to_vec(),
            Self::Layout(layout) => {
                let speakers = layout.speakers.iter();
                speakers.map(|speaker| speaker.label.clone()).collect()
            }
        }
    }
}

/// What `layout = NAME` of a session at `path` means: "stereo" is the stereo bus, "binaural" headphones,
/// "binaural:" and a layout its loudspeakers on headphones, a name with a slash or ending in .toml a layout file
/// relative to the session, anything else a built-in layout.
///
/// # Errors
/// There is no such layout, or it cannot be used.
pub fn target(name: &str, path: &Path) -> Result<Target> {
    if name.trim().eq_ignore_ascii_case("stereo") {
        return Ok(Target::StereoBus);
    }
    if let Some(through) = on_headphones(name) {
        let layout = through.map(|name| named_layout(name, path)).transpose()?;
        return Ok(Target::Binaural(layout));
    }
    named_layout(name, path).map(Target::Layout)
}

/// For a name that means headphones, the name of the layout that is listened to, if it says one.
pub fn on_headphones(name: &str) -> Option<Option<&str>> {
    let (head, layout) = match name.trim().split_once(':') {
        Some((head, layout)) => (head, Some(layout.trim())),
        None => (name.trim(), None),
    };
    head.trim()
        .eq_ignore_ascii_case("binaural")
        .then_some(layout)
}

fn named_layout(name: &str, path: &Path) -> Result<Layout> {
    let is_file = name.contains(['/', '\\']) || name.to_lowercase().ends_with(".toml");
    if is_file {
        let file = folder(path).join(name);
        layout::parse(&layout_file::read_text(&file)?, &file)
    } else {
        layout::find(name)
    }
}

/// A file name that every system takes and that stays in its folder, for an output's `name`, or for its
/// `file` if that is given; ends in .wav.
pub fn file_name(name: &str, file: Option<&str>) -> String {
    /// Bytes of the name before ".wav": half of what most disks take, so that there is room for the name
    /// of a channel.
    const LONGEST: usize = 120;
    let written = file.unwrap_or(name);
    let stem = match written
        .len()
        .checked_sub(4)
        .and_then(|dot| written.split_at_checked(dot))
    {
        Some((stem, extension)) if file.is_some() && extension.eq_ignore_ascii_case(".wav") => stem,
        _ => written,
    };
    let mut safe: String = stem
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .collect();
    while safe.len() > LONGEST {
        safe.pop();
    }
    // A leading dot hides a file or climbs a folder; Windows drops dots and blanks at the end.
    let trimmed = safe
        .trim()
        .trim_start_matches('.')
        .trim_end_matches(['.', ' '])
        .trim_start();
    let reserved = ["con", "prn", "aux", "nul"];
    let device = trimmed
        .split('.')
        .next()
        .unwrap_or("")
        .trim_end()
        .to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|port| {
        device
            .strip_prefix(port)
            .is_some_and(|n| n.chars().count() == 1 && n.chars().all(char::is_numeric))
    });
    let safe = if trimmed.is_empty() {
        "out".to_owned()
    } else if reserved.contains(&device.as_str()) || numbered {
        format!("_{trimmed}")
    } else {
        trimmed.to_owned()
    };
    format!("{safe}.wav")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_stay_in_their_folder() {
        for (name, expected) in [
            ("714", "714.wav"),
            ("../../etc/x", "-..-etc-x.wav"),
            ("A/B", "A-B.wav"),
            ("CON", "_CON.wav"),
            ("nul.5", "_nul.5.wav"),
            ("com1", "_com1.wav"),
            ("...", "out.wav"),
            ("🎧 mix", "🎧 mix.wav"),
            ("a\nb", "a-b.wav"),
            ("5.1.4", "5.1.4.wav"),
        ] {
            assert_eq!(file_name(name, None), expected, "{name:?}");
        }
        let long = file_name(&"é".repeat(10_000), None);
        assert!(
            long.len() <= 124 && long.ends_with("é.wav"),
            "{} bytes",
            long.len()
        );
        assert_eq!(file_name("x", Some("My Mix.WAV")), "My Mix.wav");
        assert_eq!(file_name("x", Some("mix")), "mix.wav");
    }
}

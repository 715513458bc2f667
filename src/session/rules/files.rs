//! Files that a session names: they exist, and no channel of one is used twice.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::codes::{CSV, DUPLICATE_AUDIO, MISSING_FILE};
use super::super::findings::{Findings, did_you_mean, meant, shorten};
use super::super::outside;
use super::super::tree::Cursor;
use super::{folder, tables};

/// Names of a folder that are compared with a missing one: suggesting must not take minutes.
const COMPARED: usize = 1000;

pub(super) fn check(root: Cursor<'_>, path: &Path, findings: &mut Findings) {
    let song = root.key("song");
    let own = folder(path);
    let beside = names_in(own);
    if let Some(reference) = song.key("reference").text() {
        exists(song.key("reference"), reference, own, &beside, findings);
    }
    for stem in tables(root, "stem") {
        let csv = stem.key("move").key("csv");
        if let Some(name) = csv.text().filter(|name| !name.is_empty())
            && exists(csv, name, own, &beside, findings)
            && let Err(error) = outside::csv(&own.join(name))
        {
            findings.add(
                CSV,
                csv.span(),
                error.to_string(),
                "in this file",
                "a line is time,azimuth,elevation,distance or time,x,y,z, under the names of its columns",
            );
            if let crate::Error::Session {
                findings: in_csv, ..
            } = error
            {
                findings.of_other_file(in_csv);
            }
        }
    }
    let stems_folder = song.key("stems");
    let stems = own.join(stems_folder.text().unwrap_or(""));
    if stems_folder.text().is_some() && !stems.is_dir() {
        let help = match stems.exists() {
            true => "`stems` names the folder of the stems, not a file".to_owned(),
            false => format!(
                "{}`stems` is relative to the session file",
                meant(did_you_mean(
                    stems_folder.text().unwrap_or("").trim_end_matches('/'),
                    beside.iter().map(String::as_str),
                ))
            ),
        };
        findings.add(
            MISSING_FILE,
            stems_folder.span(),
            format!("there is no folder \"{}\"", stems.display()),
            "not there",
            help,
        );
        // Every stem would be missing for the same reason.
    } else {
        let names = names_in(&stems);
        for stem in tables(root, "stem") {
            let file = stem.key("file");
            if let Some(name) = file.text().filter(|name| !name.is_empty()) {
                exists(file, name, &stems, &names, findings);
            }
        }
    }
    used_once(root, &stems, findings);
}

/// True if `folder`/`name` is a file; otherwise a finding, with the nearest name that is there.
fn exists(
    at: Cursor<'_>,
    name: &str,
    folder: &Path,
    names: &[String],
    findings: &mut Findings,
) -> bool {
    let path = folder.join(name);
    if path.is_file() {
        return true;
    }
    let (message, help) = if path.is_dir() {
        (
            format!("\"{}\" is a folder", shorten(name)),
            "name a file".to_owned(),
        )
    } else if path.exists() {
        (
            format!("\"{}\" is not a plain file", shorten(name)),
            "it is a pipe or a device; copy what it gives to a file".to_owned(),
        )
    } else {
        let nearest = did_you_mean(name, names.iter().map(String::as_str));
        let looked = if folder.as_os_str().is_empty() {
            "it was looked for beside the session file".to_owned()
        } else {
            format!("it was looked for in \"{}\"", folder.display())
        };
        (
            format!("there is no file \"{}\"", shorten(name)),
            format!("{}{looked}", meant(nearest)),
        )
    };
    findings.add(MISSING_FILE, at.span(), message, "not there", help);
    false
}

fn names_in(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .take(COMPARED)
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

/// One sound in two places is louder than meant, and is most often a line copied and not changed.
fn used_once(root: Cursor<'_>, stems: &Path, findings: &mut Findings) {
    // Which stem took a channel of a track of a file; channel 0 stands for all of them.
    // A file is itself however its name is spelled.
    let real = |file: &str| {
        let path = stems.join(file);
        path.canonicalize().unwrap_or(path)
    };
    let mut taken: HashMap<(PathBuf, u64), HashMap<u64, String>> = HashMap::new();
    for stem in tables(root, "stem") {
        let Some(file) = stem.key("file").text() else {
            continue;
        };
        let name = stem.key("name").text().unwrap_or("").to_owned();
        let written = stem.key("channels");
        let channels: Vec<u64> = if written.exists() {
            written
                .items()
                .take(2)
                .filter_map(|c| c.number())
                .map(|c| c as u64)
                .collect()
        } else {
            vec![0]
        };
        let track = stem.key("track").number().map_or(1, |track| track as u64);
        let takers = taken.entry((real(file), track)).or_default();
        if let [left, right] = channels.as_slice()
            && left == right
        {
            findings.add(
                DUPLICATE_AUDIO,
                written.item(1).span(),
                format!("channel {right} stands here twice"),
                "the same channel",
                format!("a mono stem is channels = [{right}]"),
            );
            continue;
        }
        let clash = channels.iter().find_map(|channel| {
            let whole = takers.get(&0).map(|taker| (0, taker));
            let same = takers.get(channel).map(|taker| (*channel, taker));
            let any = takers
                .iter()
                .next()
                .map(|(channel, taker)| (*channel, taker));
            whole.or(same).or(any.filter(|_| *channel == 0))
        });
        if let Some((channel, taker)) = clash {
            let what = match (channel, channels.as_slice()) {
                (0, _) | (_, [0]) if stem.key("track").exists() => {
                    format!("track {track} of \"{}\"", shorten(file))
                }
                (0, _) | (_, [0]) => format!("the file \"{}\"", shorten(file)),
                (channel, _) => format!("channel {channel} of \"{}\"", shorten(file)),
            };
            let at = if written.exists() {
                written
            } else {
                stem.key("file")
            };
            findings.add(
                DUPLICATE_AUDIO,
                at.span(),
                format!("{what} is already the stem \"{}\"", shorten(taker)),
                "used twice",
                "give each stem a file of its own, or channels of its own: channels = [3]",
            );
            continue;
        }
        for channel in channels {
            takers.insert(channel, name.clone());
        }
    }
}

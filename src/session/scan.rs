//! The full check of a session's audio: every file is opened and read to its end.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::codes::{NOT_FINITE, SILENT_STEM};
use super::findings::{Findings, shorten};
use super::load::{Checked, Session};
use super::rules::{self, StemAudio, Written};
use super::tree::Cursor;
use super::{codes, outside};
use crate::error::Finding;

/// A file, and a track of it.
type File<'a> = (&'a Path, Option<usize>);

impl Session {
    /// Opens and reads the audio of every stem, and lists everything found beside
    /// [`findings`](Self::findings): files that cannot be read, sample rates and lengths that differ,
    /// channels that do not exist, samples that are not finite, silent stems.
    pub fn check_audio(&self) -> Vec<Finding> {
        listen(self.written(), &self.text)
    }
}

impl Checked {
    /// As [`Session::check_audio`], for a session that may have errors: what is wrong with the audio of those stems
    /// whose file can be made out.
    pub fn check_audio(&self) -> Vec<Finding> {
        let written = self.written();
        written.map_or_else(Vec::new, |written| listen(written, &self.text))
    }
}

/// Reads all audio to its end.
fn listen(session: Written<'_>, text: &str) -> Vec<Finding> {
    let mut findings = Findings::new(session.path);
    rules::advise(session, &mut findings);
    let (audio, _) = rules::check_audio(session, false, &mut findings);
    // Each file is read once, however many stems it carries.
    let mut wanted: BTreeMap<File<'_>, Vec<bool>> = BTreeMap::new();
    for audio in audio.iter().flatten() {
        let channels = wanted
            .entry((&audio.path, audio.track))
            .or_insert_with(|| vec![false; audio.facts.channels]);
        for &channel in &audio.channels {
            channels[channel] = true;
        }
    }
    let peaks: BTreeMap<File<'_>, crate::Result<Vec<f32>>> = wanted
        .into_par_iter()
        .map(|(file, wanted)| (file, outside::peaks(file.0, file.1, &wanted)))
        .collect();
    for (index, audio) in audio.iter().enumerate() {
        if let Some(audio) = audio {
            heard(
                session.root.key("stem").item(index),
                audio,
                &peaks[&(audio.path.as_path(), audio.track)],
                &mut findings,
            );
        }
    }
    findings.finish(text)
}

fn heard(
    stem: Cursor<'_>,
    audio: &StemAudio,
    peaks: &crate::Result<Vec<f32>>,
    findings: &mut Findings,
) {
    let at = stem.key("file").span();
    let name = shorten(stem.key("name").text().unwrap_or(""));
    match peaks {
        Ok(peaks) => {
            if audio.channels.iter().all(|&channel| peaks[channel] <= 0.0) {
                findings.add(
                    SILENT_STEM,
                    at,
                    format!("\"{name}\" is silent throughout"),
                    "silent",
                    "if it is meant to be, remove the stem; if not, export it again",
                );
            }
        }
        Err(error) => {
            let message = error.to_string();
            let not_finite = message.contains("NaN") || message.contains("infinite");
            let rule = if not_finite {
                NOT_FINITE
            } else {
                codes::AUDIO_UNREADABLE
            };
            findings.add(rule, at, message, "in this file", "");
        }
    }
}

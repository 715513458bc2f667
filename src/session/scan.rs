//! The full check of a session's audio: every file is opened and read to its end.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::codes::{NOT_FINITE, SILENT_STEM};
use super::findings::{Findings, shorten};
use super::load::Session;
use super::rules::{self, StemAudio};
use super::{codes, outside};
use crate::error::Finding;

/// A file, and a track of it.
type File<'a> = (&'a Path, Option<usize>);

impl Session {
    /// Opens and reads the audio of every stem, and lists everything found beside
    /// [`findings`](Self::findings): files that cannot be read, sample rates and lengths that differ,
    /// channels that do not exist, samples that are not finite, silent stems.
    pub fn check_audio(&self) -> Vec<Finding> {
        let mut findings = Findings::new(&self.path);
        rules::advise(self, &mut findings);
        let (audio, _) = rules::check_audio(self, false, &mut findings);
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
                self.heard(
                    index,
                    audio,
                    &peaks[&(audio.path.as_path(), audio.track)],
                    &mut findings,
                );
            }
        }
        findings.finish(&self.text)
    }

    fn heard(
        &self,
        index: usize,
        audio: &StemAudio,
        peaks: &crate::Result<Vec<f32>>,
        findings: &mut Findings,
    ) {
        let at = self.root().key("stem").item(index).key("file").span();
        let name = shorten(&self.file.stem[index].name);
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
}

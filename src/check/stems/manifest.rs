//! The manifest beside exported stems: which files there were, and what they held.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::heard::Stem;
use crate::format::sha256;
use crate::{Error, Result};

/// Largest manifest that is read.
const LARGEST: u64 = 16 << 20;

/// A manifest.json that was found.
pub(super) struct Manifest {
    value: Value,
}

impl Manifest {
    /// The manifest of `folder`: `Ok(None)` if there is none, the reason in words if it cannot be understood.
    pub(super) fn of(folder: &Path) -> Result<Option<Result<Self, String>>> {
        let path = folder.join("manifest.json");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(path, "open", error)),
        };
        let mut text = String::new();
        let read = file.take(LARGEST).read_to_string(&mut text);
        if let Err(error) = read {
            return Ok(Some(Err(format!("it cannot be read: {error}"))));
        }
        Ok(Some(match serde_json::from_str::<Value>(&text) {
            Ok(value) if value["stems"].is_array() => Ok(Self { value }),
            Ok(_) => Err("it has no list \"stems\"".to_owned()),
            Err(error) => Err(format!("it is not JSON: {error}")),
        }))
    }

    /// Whether every stem carries left and right of the stereo bus, so that equal sides are meant.
    pub(super) fn is_stereo_image(&self) -> bool {
        self.value["image"] == "stereo"
    }

    /// Whether tempo and key are said.
    pub(super) fn has_notes(&self) -> bool {
        self.value["bpm"].is_number() && self.value["key"].is_string()
    }

    /// File name of the mix that was exported beside the stems.
    pub(super) fn mix(&self) -> Option<&str> {
        let listed = self.value["stems"].as_array()?;
        let mix = listed.iter().find(|entry| entry["kind"] == "mix")?;
        mix["file"].as_str()
    }

    /// How the files differ from the list: the file, and how.
    pub(super) fn differences(
        &self,
        folder: &Path,
        stems: &[Stem],
    ) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        let listed = self.value["stems"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        for entry in listed {
            let Some(file) = entry["file"].as_str() else {
                continue;
            };
            // Names are of this folder, whatever a manifest says.
            let path = Path::new(file).file_name().map(|name| folder.join(name));
            let Some(path) = path.filter(|path| path.is_file()) else {
                found.push((
                    file.to_owned(),
                    "the manifest lists it, and it is not there".to_owned(),
                ));
                continue;
            };
            if let Some(stem) = stems.iter().find(|stem| stem.file == file) {
                let facts = &stem.facts;
                let numbers = [
                    ("frames", entry["frames"].as_u64(), facts.frames.0),
                    (
                        "channels",
                        entry["channels"].as_u64(),
                        facts.channels as u64,
                    ),
                    (
                        "sample_rate",
                        self.value["sample_rate"].as_u64(),
                        u64::from(facts.sample_rate.0),
                    ),
                ];
                for (what, said, found_there) in numbers {
                    if said.is_some_and(|said| said != found_there) {
                        let said = said.unwrap_or(0);
                        found.push((
                            file.to_owned(),
                            format!("{what} {found_there}; the manifest says {said}"),
                        ));
                    }
                }
            }
            if let Some(said) = entry["sha256"].as_str()
                && !said.eq_ignore_ascii_case(&sha256(&path)?)
            {
                found.push((
                    file.to_owned(),
                    "its content is not what the manifest was made of (SHA-256)".to_owned(),
                ));
            }
        }
        for stem in stems {
            if !listed
                .iter()
                .any(|entry| entry["file"] == stem.file.as_str())
            {
                found.push((
                    stem.file.clone(),
                    "the manifest does not list it".to_owned(),
                ));
            }
        }
        Ok(found)
    }
}

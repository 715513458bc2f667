//! Writes the axml chunk: the elements in the order in which masters have them.

use std::io::{self, Write};

use super::super::model::Loudness;
use super::bed::BED;
use super::clock::Decimals;
use super::dolby_blocks;
use super::ebu_blocks;
use super::item::{Item, ItemKind, MasterFacts};
use super::losses::Losses;
use super::plan::{Flavour, ObjectIds, Plan, kind_of, label_of};
use super::xml::{Xml, number};
use crate::scene::Normalization;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrittenAxml {
    /// Blocks of all channels.
    pub blocks: usize,
}

/// Writes the metadata of `items` by `plan`, whose items they are; plays their blocks to the end.
///
/// # Errors
/// The stream cannot be written to.
pub fn write_axml(
    out: &mut dyn Write,
    plan: &Plan,
    facts: &MasterFacts,
    items: &mut [Item],
    losses: &mut Losses,
) -> io::Result<WrittenAxml> {
    let mut xml = Xml::begin(out);
    let mut document = Document {
        xml: &mut xml,
        plan,
        facts,
    };
    document.open()?;
    document.programme()?;
    document.contents()?;
    for (item, ids) in items.iter().zip(&plan.objects) {
        document.object(item, ids)?;
    }
    for (item, ids) in items.iter().zip(&plan.objects) {
        document.pack(item, ids)?;
    }
    let mut blocks = 0;
    for (item, ids) in items.iter_mut().zip(&plan.objects) {
        blocks += document.channels(item, ids, losses)?;
    }
    if plan.flavour.has_streams() {
        document.streams(items)?;
    }
    document.uids()?;
    document.close()?;
    xml.finish()?;
    Ok(WrittenAxml { blocks })
}

struct Document<'a, 'b> {
    xml: &'a mut Xml<'b>,
    plan: &'a Plan,
    facts: &'a MasterFacts,
}

/// The name by which readers of the profile know it.
const DOLBY_PROGRAMME: &str = "Atmos_Master";

const CLOSED: [&str; 4] = [
    "audioFormatExtended",
    "format",
    "coreMetadata",
    "ebuCoreMain",
];

impl Document<'_, '_> {
    fn is_dolby(&self) -> bool {
        self.plan.flavour == Flavour::Dolby
    }

    fn open(&mut self) -> io::Result<()> {
        let xml = &mut *self.xml;
        let attributes = [
            ("xmlns", "urn:ebu:metadata-schema:ebuCore_2016"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("xml:lang", "en"),
        ];
        xml.open("ebuCoreMain", &attributes)?;
        xml.open("coreMetadata", &[])?;
        xml.open("format", &[])?;
        match self.plan.flavour {
            Flavour::Dolby => xml.open("audioFormatExtended", &[]),
            Flavour::Ebu => xml.open("audioFormatExtended", &[("version", "ITU-R_BS.2076-2")]),
            Flavour::Emission { level } => {
                xml.open("audioFormatExtended", &[("version", "ITU-R_BS.2076-3")])?;
                xml.open("profileList", &[])?;
                let profile = [
                    (
                        "profileName",
                        "Advanced sound system: ADM and S-ADM profile for emission",
                    ),
                    ("profileVersion", "1"),
                    ("profileLevel", &level.to_string()),
                ];
                xml.leaf("profile", &profile, "ITU-R BS.2168")?;
                xml.close("profileList")
            }
        }
    }

    fn close(&mut self) -> io::Result<()> {
        CLOSED.iter().try_for_each(|name| self.xml.close(name))
    }

    /// A time of the programme's own clock, which may begin with a time code.
    fn time_code(&self, frames: u64) -> String {
        let decimals = self.decimals();
        let start_s = self.facts.said.as_ref().map_or(0.0, |said| said.start_s);
        let start = (start_s * decimals.parts() as f64).round() as u64;
        decimals.text(start + decimals.at(frames as f64, self.facts.sample_rate))
    }

    /// A span from 0 in the form of the flavour.
    fn time(&self, frames: u64) -> String {
        let decimals = self.decimals();
        decimals.text(decimals.at(frames as f64, self.facts.sample_rate))
    }

    fn decimals(&self) -> Decimals {
        match self.plan.flavour {
            Flavour::Dolby => Decimals::Five,
            Flavour::Ebu | Flavour::Emission { .. } => Decimals::Nine,
        }
    }

    fn programme(&mut self) -> io::Result<()> {
        let (start, end) = (self.time_code(0), self.time_code(self.facts.length.0));
        let name = match self.is_dolby() {
            true => DOLBY_PROGRAMME,
            false => &self.facts.title,
        };
        let mut attributes = vec![
            ("audioProgrammeID", "APR_1001"),
            ("audioProgrammeName", name),
        ];
        let said = self.facts.said.as_ref();
        let language = said.and_then(|said| said.language.as_deref());
        attributes.extend(language.map(|language| ("audioProgrammeLanguage", language)));
        if self.plan.flavour.has_programme_times() {
            attributes.extend([("start", start.as_str()), ("end", end.as_str())]);
        }
        self.xml.open("audioProgramme", &attributes)?;
        for (id, ..) in &self.plan.contents {
            self.xml.leaf("audioContentIDRef", &[], id)?;
        }
        if let Some(loudness) = self.facts.loudness.as_ref().filter(|_| !self.is_dolby()) {
            self.loudness(loudness)?;
        }
        self.xml.close("audioProgramme")
    }

    fn loudness(&mut self, loudness: &Loudness) -> io::Result<()> {
        let method = loudness.method.as_deref().unwrap_or("ITU-R BS.1770");
        self.xml
            .open("loudnessMetadata", &[("loudnessMethod", method)])?;
        for (name, value) in [
            ("integratedLoudness", loudness.integrated),
            ("loudnessRange", loudness.range),
            ("maxTruePeak", loudness.max_true_peak),
            ("maxMomentary", loudness.max_momentary),
            ("maxShortTerm", loudness.max_short_term),
            ("dialogueLoudness", loudness.dialogue),
        ] {
            if let Some(value) = value {
                self.xml.leaf(name, &[], &format!("{value:.2}"))?;
            }
        }
        self.xml.close("loudnessMetadata")
    }

    fn contents(&mut self) -> io::Result<()> {
        for (id, name, items) in &self.plan.contents {
            let said = self.facts.said.as_ref();
            let of_content = said.and_then(|said| said.contents.get(name));
            let mut attributes = vec![
                ("audioContentID", id.as_str()),
                ("audioContentName", name.as_str()),
            ];
            let language = of_content.and_then(|content| content.language.as_deref());
            attributes.extend(language.map(|language| ("audioContentLanguage", language)));
            self.xml.open("audioContent", &attributes)?;
            for &item in items {
                let object = &self.plan.objects[item].object;
                self.xml.leaf("audioObjectIDRef", &[], object)?;
            }
            let dialogue = match self.plan.flavour {
                Flavour::Dolby => Some([2, 0]),
                // No dialogue: music (ITU-R BS.2076-2, table 28).
                _ if said.is_none() => Some([0, 1]),
                _ => of_content.and_then(|content| content.dialogue),
            };
            // The emission profile asks for a word: mixed, of no kind, claims least.
            let dialogue = match self.plan.flavour {
                Flavour::Emission { .. } => dialogue.or(Some([2, 0])),
                _ => dialogue,
            };
            if let Some([value, kind]) = dialogue {
                let name = match value {
                    0 => "nonDialogueContentKind",
                    1 => "dialogueContentKind",
                    _ => "mixedContentKind",
                };
                let attributes = [(name, &*kind.to_string())];
                self.xml.leaf("dialogue", &attributes, &value.to_string())?;
            }
            self.xml.close("audioContent")?;
        }
        Ok(())
    }

    fn object(&mut self, item: &Item, ids: &ObjectIds) -> io::Result<()> {
        let (start, duration) = (self.time(0), self.time(self.facts.length.0));
        let attributes = [
            ("audioObjectID", ids.object.as_str()),
            ("audioObjectName", item.name.as_str()),
            ("start", start.as_str()),
            ("duration", duration.as_str()),
        ];
        let times = match self.plan.flavour {
            Flavour::Emission { .. } => 2,
            _ => 4,
        };
        self.xml.open("audioObject", &attributes[..times])?;
        self.xml.leaf("audioPackFormatIDRef", &[], &ids.pack)?;
        for track in &ids.tracks {
            self.xml.leaf("audioTrackUIDRef", &[], &track.uid)?;
        }
        if !self.is_dolby() && item.tracks.iter().any(|track| track.head_locked) {
            self.xml.leaf("headLocked", &[], "1")?;
        }
        self.xml.close("audioObject")
    }

    fn pack(&mut self, item: &Item, ids: &ObjectIds) -> io::Result<()> {
        if ids.is_common {
            return Ok(());
        }
        let (label, name) = type_words(item);
        let attributes = [
            ("audioPackFormatID", ids.pack.as_str()),
            ("audioPackFormatName", item.name.as_str()),
            ("typeLabel", label.as_str()),
            ("typeDefinition", name),
        ];
        self.xml.open("audioPackFormat", &attributes)?;
        for track in &ids.tracks {
            self.xml
                .leaf("audioChannelFormatIDRef", &[], &track.channel())?;
        }
        if let ItemKind::Field { normalization } = item.kind {
            let word = match normalization {
                Normalization::Sn3d => "SN3D",
                Normalization::N3d => "N3D",
                Normalization::FuMa => "FuMa",
            };
            self.xml.leaf("normalization", &[], word)?;
        }
        self.xml.close("audioPackFormat")
    }

    fn channels(
        &mut self,
        item: &mut Item,
        ids: &ObjectIds,
        losses: &mut Losses,
    ) -> io::Result<usize> {
        if ids.is_common {
            return Ok(0);
        }
        let (label, name) = type_words(item);
        let is_bed = self.is_dolby() && matches!(item.kind, ItemKind::Speakers { .. });
        let mut blocks = 0;
        for (track, ids) in item.tracks.iter_mut().zip(&ids.tracks) {
            let channel = ids.channel();
            let attributes = [
                ("audioChannelFormatID", channel.as_str()),
                ("audioChannelFormatName", track.name.as_str()),
                ("typeLabel", label.as_str()),
                ("typeDefinition", name),
            ];
            self.xml.open("audioChannelFormat", &attributes)?;
            let bed = BED.iter().find(|speaker| speaker.name == track.name);
            blocks += if let Some(speaker) = bed.filter(|_| is_bed) {
                dolby_blocks::bed(self.xml, ids, speaker)?
            } else if self.is_dolby() {
                dolby_blocks::write(self.xml, self.facts, ids, &item.name, track, losses)?
            } else {
                if !self.plan.flavour.has_programme_times() {
                    // The emission profile has no word on headphones.
                    track.headphone = None;
                }
                ebu_blocks::write(self.xml, self.facts, ids, &item.name, track, losses)?
            };
            self.xml.close("audioChannelFormat")?;
        }
        Ok(blocks)
    }

    fn streams(&mut self, items: &[Item]) -> io::Result<()> {
        let all = || {
            let own = items.iter().zip(&self.plan.objects);
            own.filter(|(_, ids)| !ids.is_common)
                .flat_map(|(item, ids)| {
                    let tracks = item.tracks.iter().zip(&ids.tracks);
                    tracks.map(move |(track, own)| (format!("PCM_{}", track.name), ids, own))
                })
        };
        const PCM: [(&str, &str); 2] = [("formatLabel", "0001"), ("formatDefinition", "PCM")];
        for (name, ids, own) in all() {
            let stream = own.stream();
            let head = [
                ("audioStreamFormatID", stream.as_str()),
                ("audioStreamFormatName", name.as_str()),
            ];
            self.xml.open("audioStreamFormat", &[head, PCM].concat())?;
            self.xml
                .leaf("audioChannelFormatIDRef", &[], &own.channel())?;
            if self.is_dolby() {
                self.xml.leaf("audioPackFormatIDRef", &[], &ids.pack)?;
            }
            self.xml.leaf("audioTrackFormatIDRef", &[], &own.track())?;
            self.xml.close("audioStreamFormat")?;
        }
        for (name, _, own) in all() {
            let track = own.track();
            let head = [
                ("audioTrackFormatID", track.as_str()),
                ("audioTrackFormatName", name.as_str()),
            ];
            self.xml.open("audioTrackFormat", &[head, PCM].concat())?;
            self.xml
                .leaf("audioStreamFormatIDRef", &[], &own.stream())?;
            self.xml.close("audioTrackFormat")?;
        }
        Ok(())
    }

    fn uids(&mut self) -> io::Result<()> {
        let rate = self.facts.sample_rate.0.to_string();
        let bits = self.facts.bits.to_string();
        for object in &self.plan.objects {
            for track in &object.tracks {
                let attributes = [
                    ("UID", track.uid.as_str()),
                    ("sampleRate", rate.as_str()),
                    ("bitDepth", bits.as_str()),
                ];
                self.xml.open("audioTrackUID", &attributes)?;
                if self.plan.flavour.has_streams() {
                    self.xml
                        .leaf("audioTrackFormatIDRef", &[], &track.track())?;
                } else {
                    self.xml
                        .leaf("audioChannelFormatIDRef", &[], &track.channel())?;
                }
                self.xml.leaf("audioPackFormatIDRef", &[], &object.pack)?;
                self.xml.close("audioTrackUID")?;
            }
        }
        Ok(())
    }
}

/// typeLabel and typeDefinition of an item.
fn type_words(item: &Item) -> (String, &'static str) {
    let kind = kind_of(&item.kind);
    (format!("{:04x}", label_of(kind)), kind.name())
}

/// Writes a coordinate of a position.
pub(super) fn coordinate(
    xml: &mut Xml<'_>,
    name: &str,
    value: f64,
    bound: Option<&str>,
) -> io::Result<()> {
    let mut attributes = vec![("coordinate", name)];
    attributes.extend(bound.map(|bound| ("bound", bound)));
    xml.leaf("position", &attributes, &number(value))
}

//! audioPackFormat, audioChannelFormat, audioStreamFormat, audioTrackFormat and audioTrackUID.

use std::io::BufRead;
use std::sync::Arc;

use super::super::blocks::Blocks;
use super::super::chna::is_uid;
use super::super::codes::{CHNA, CHOICE, CODED, MISSING, NUMBER, TYPE_MISSING, TYPES};
use super::super::findings::shorten;
use super::super::model::{
    ChannelFormat, Frequency, Head, PackFormat, StreamFormat, TrackFormat, TrackUid, TypeDefinition,
};
use super::super::xml::Step;
use super::Parser;
use crate::error::Severity;
use crate::scene::Normalization;

/// Attributes that say a type.
const TYPE_ATTRIBUTES: [&str; 4] = ["typeLabel", "typeDefinition", "typeLink", "typeLanguage"];

/// Attributes that say a format.
const FORMAT_ATTRIBUTES: [&str; 4] = [
    "formatLabel",
    "formatDefinition",
    "formatLink",
    "formatLanguage",
];

impl<R: BufRead> Parser<'_, R> {
    pub(super) fn pack_format(&mut self) -> Step {
        let own = ["audioPackFormatID", "audioPackFormatName", "importance"];
        self.known_attributes(&[&own[..], &TYPE_ATTRIBUTES].concat());
        let Some(head) = self.head::<PackFormat>("audioPackFormatID", "audioPackFormatName")?
        else {
            return self.xml.skip();
        };
        self.check_id(&head, "AP_", &[8]);
        let Some(kind) = self.type_of(&head) else {
            return self.xml.skip();
        };
        let mut pack = PackFormat::new(head, kind);
        if let Some((text, place)) = self.attribute("importance") {
            pack.importance = self.importance(&text, place);
        }
        while self.open_child()? {
            let (name, place) = self.element();
            match name.as_str() {
                "audioChannelFormatIDRef" => pack.channel_refs.push(self.reference()?),
                "audioPackFormatIDRef" => pack.pack_refs.push(self.reference()?),
                "encodePackFormatIDRef" => pack.encode_refs.push(self.reference()?),
                "decodePackFormatIDRef" => pack.decode_refs.push(self.reference()?),
                "inputPackFormatIDRef" => self.single_reference(&mut pack.input_ref)?,
                "outputPackFormatIDRef" => self.single_reference(&mut pack.output_ref)?,
                "absoluteDistance" => {
                    let value = self.number_element()?;
                    self.once(&mut pack.absolute_distance, value, &name, place);
                }
                "normalization" => {
                    let value = self.normalization()?;
                    self.once(&mut pack.normalization, value, &name, place);
                }
                "nfcRefDist" => {
                    let value = self.number_element()?;
                    self.once(&mut pack.nfc_ref_dist, value, &name, place);
                }
                "screenRef" => {
                    let value = self.flag_element()?;
                    self.once(&mut pack.screen_ref, value, &name, place);
                }
                _ => self.unknown_element("audioPackFormat")?,
            }
        }
        self.keep(pack, |document| &mut document.packs);
        Ok(())
    }

    pub(super) fn channel_format(&mut self) -> Step {
        let own = ["audioChannelFormatID", "audioChannelFormatName"];
        self.known_attributes(&[&own[..], &TYPE_ATTRIBUTES].concat());
        let head = self.head::<ChannelFormat>("audioChannelFormatID", "audioChannelFormatName")?;
        let Some(head) = head else {
            return self.xml.skip();
        };
        self.check_id(&head, "AC_", &[8]);
        let Some(kind) = self.type_of(&head) else {
            return self.xml.skip();
        };
        let place = head.place;
        let mut frequency = Frequency::default();
        let mut blocks = super::blocks::empty(kind);
        let owner = self.context.clone();
        loop {
            if let Blocks::Objects(blocks) = &mut blocks {
                self.usual_blocks(blocks)?;
                self.context.clone_from(&owner);
            }
            if !self.open_child()? {
                break;
            }
            match self.xml.tag().name.as_str() {
                "audioBlockFormat" => {
                    self.block(&head.id, &mut blocks)?;
                    self.context.clone_from(&owner);
                }
                "frequency" => self.frequency(&mut frequency)?,
                _ => self.unknown_element("audioChannelFormat")?,
            }
        }
        if blocks.is_empty() {
            self.missing("audioBlockFormat", place);
        }
        let channel = ChannelFormat {
            head,
            kind,
            frequency,
            blocks: Arc::new(blocks),
        };
        self.keep(channel, |document| &mut document.channels);
        Ok(())
    }

    pub(super) fn stream_format(&mut self) -> Step {
        let own = ["audioStreamFormatID", "audioStreamFormatName"];
        self.known_attributes(&[&own[..], &FORMAT_ATTRIBUTES].concat());
        let head = self.head::<StreamFormat>("audioStreamFormatID", "audioStreamFormatName")?;
        let Some(head) = head else {
            return self.xml.skip();
        };
        self.check_id(&head, "AS_", &[8]);
        self.check_pcm();
        let mut stream = StreamFormat {
            head,
            ..StreamFormat::default()
        };
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "audioChannelFormatIDRef" => self.single_reference(&mut stream.channel_ref)?,
                "audioPackFormatIDRef" => self.single_reference(&mut stream.pack_ref)?,
                "audioTrackFormatIDRef" => stream.track_refs.push(self.reference()?),
                _ => self.unknown_element("audioStreamFormat")?,
            }
        }
        if stream.channel_ref.is_none() && stream.pack_ref.is_none() {
            let place = stream.head.place;
            self.missing("audioChannelFormatIDRef", place);
        }
        self.keep(stream, |document| &mut document.streams);
        Ok(())
    }

    pub(super) fn track_format(&mut self) -> Step {
        let own = ["audioTrackFormatID", "audioTrackFormatName"];
        self.known_attributes(&[&own[..], &FORMAT_ATTRIBUTES].concat());
        let head = self.head::<TrackFormat>("audioTrackFormatID", "audioTrackFormatName")?;
        let Some(head) = head else {
            return self.xml.skip();
        };
        self.check_id(&head, "AT_", &[8, 2]);
        self.check_pcm();
        let mut track = TrackFormat {
            head,
            ..TrackFormat::default()
        };
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "audioStreamFormatIDRef" => self.single_reference(&mut track.stream_ref)?,
                _ => self.unknown_element("audioTrackFormat")?,
            }
        }
        self.keep(track, |document| &mut document.tracks);
        Ok(())
    }

    pub(super) fn track_uid(&mut self) -> Step {
        self.known_attributes(&["UID", "sampleRate", "bitDepth"]);
        let Some(head) = self.head::<TrackUid>("UID", "audioTrackUIDName")? else {
            return self.xml.skip();
        };
        self.check_id(&head, "ATU_", &[8]);
        if head.id.eq_ignore_ascii_case(super::super::SILENT_TRACK) {
            let message = format!("there is an audioTrackUID with the ID {}", head.id);
            let help = "this ID stands for silence; give the track another";
            self.findings().add(CHNA, head.place, message, help);
            return self.xml.skip();
        }
        debug_assert!(is_uid("ATU_00000001"), "the form of track IDs");
        let mut uid = TrackUid {
            head,
            ..TrackUid::default()
        };
        if let Some((text, place)) = self.attribute("sampleRate") {
            uid.sample_rate = self.integer(&text, "sampleRate", place);
        }
        if let Some((text, place)) = self.attribute("bitDepth") {
            uid.bit_depth = self.integer(&text, "bitDepth", place);
        }
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "audioTrackFormatIDRef" => self.single_reference(&mut uid.track_ref)?,
                "audioChannelFormatIDRef" => self.single_reference(&mut uid.channel_ref)?,
                "audioPackFormatIDRef" => self.single_reference(&mut uid.pack_ref)?,
                "audioMXFLookUp" => self.xml.skip()?,
                _ => self.unknown_element("audioTrackUID")?,
            }
        }
        self.keep(uid, |document| &mut document.uids);
        Ok(())
    }

    /// The type that typeLabel and typeDefinition say.
    fn type_of(&mut self, head: &Head) -> Option<TypeDefinition> {
        let place = head.place;
        let label = self.attribute("typeLabel").map(|(label, _)| label);
        let word = self.attribute("typeDefinition").map(|(word, _)| word);
        let of_label = |label: &str| {
            let label = u32::from_str_radix(label, 16).ok()?;
            TypeDefinition::of_label(label)
        };
        let of_word = |word: &str| TypeDefinition::ALL.into_iter().find(|t| t.name() == word);
        let refuse = |this: &mut Self, attribute: &str, value: &str| {
            let message = format!("{}: {attribute} is \"{}\"", this.context, shorten(value));
            let help =
                "known are 0001 DirectSpeakers, 0002 Matrix, 0003 Objects, 0004 HOA, 0005 Binaural";
            this.findings().add(TYPES, place, message, help);
            None
        };
        match (&label, &word) {
            (Some(label), None) => of_label(label).or_else(|| refuse(self, "typeLabel", label)),
            (None, Some(word)) => of_word(word).or_else(|| refuse(self, "typeDefinition", word)),
            (Some(label), Some(word)) => {
                let Some(by_label) = of_label(label) else {
                    return refuse(self, "typeLabel", label);
                };
                let Some(by_word) = of_word(word) else {
                    return refuse(self, "typeDefinition", word);
                };
                if by_label == by_word {
                    return Some(by_label);
                }
                let message = format!(
                    "{}: typeLabel {} means {}, but typeDefinition is {}",
                    self.context,
                    shorten(label),
                    by_label.name(),
                    by_word.name()
                );
                self.findings().add(
                    TYPES,
                    place,
                    message,
                    "both say the same, or one is left out",
                );
                None
            }
            (None, None) => {
                let kind = head.id.get(3..7).and_then(of_label);
                if let Some(kind) = kind {
                    let message = format!("{} says no type", self.context);
                    let help = format!(
                        "its ID says {}; write typeLabel and typeDefinition",
                        kind.name()
                    );
                    self.findings().add(TYPE_MISSING, place, message, help);
                } else {
                    self.missing("typeLabel or typeDefinition", place);
                }
                kind
            }
        }
    }

    /// Refuses what is not PCM.
    fn check_pcm(&mut self) {
        let label = self.attribute("formatLabel").map(|(label, _)| label);
        let word = self.attribute("formatDefinition").map(|(word, _)| word);
        let is_pcm = label
            .as_deref()
            .is_none_or(|label| u32::from_str_radix(label, 16) == Ok(1))
            && word.as_deref().is_none_or(|word| word == "PCM");
        if is_pcm {
            return;
        }
        let place = self.xml.tag().place;
        let found = word.or(label).unwrap_or_default();
        let message = format!("{} is of format \"{}\"", self.context, shorten(&found));
        let help = "only PCM (0001) can be played: decode it first";
        self.findings().add(CODED, place, message, help);
    }

    fn frequency(&mut self, frequency: &mut Frequency) -> Step {
        let place = self.xml.tag().place;
        let end = self.attribute("typeDefinition").map(|(end, _)| end);
        let text = self.xml.leaf()?.to_owned();
        let value = self.number(&text, "frequency", place);
        if value.is_some_and(|hertz| hertz < 0.0) {
            let message = format!("{}: frequency is {text}", self.context);
            self.findings()
                .add(NUMBER, place, message, "a frequency is 0 Hz or above");
        }
        match end.as_deref() {
            Some("lowPass") => self.once(&mut frequency.low_pass, value, "lowPass", place),
            Some("highPass") => self.once(&mut frequency.high_pass, value, "highPass", place),
            Some(other) => {
                let message = format!(
                    "{}: frequency is of type \"{}\"",
                    self.context,
                    shorten(other)
                );
                self.findings()
                    .add(CHOICE, place, message, "allowed are lowPass and highPass");
            }
            None => {
                let message = format!("{}: frequency has no typeDefinition", self.context);
                self.findings()
                    .add(MISSING, place, message, "write lowPass or highPass");
            }
        }
        Ok(())
    }

    /// Reads the element as a scaling of spherical harmonics.
    pub(super) fn normalization(&mut self) -> Step<Option<Normalization>> {
        let place = self.xml.tag().place;
        let text = self.xml.leaf()?.to_owned();
        let found = match text.as_str() {
            "SN3D" => Some(Normalization::Sn3d),
            "N3D" => Some(Normalization::N3d),
            "FuMa" => Some(Normalization::FuMa),
            _ => None,
        };
        if found.is_none() {
            let message = format!("{}: normalization is \"{}\"", self.context, shorten(&text));
            self.findings()
                .add(CHOICE, place, message, "allowed are SN3D, N3D and FuMa");
        }
        Ok(found)
    }

    /// A finding of warning level.
    pub(super) fn warn(
        &mut self,
        rule: super::super::codes::Rule,
        place: super::super::findings::Place,
        message: String,
        help: &str,
    ) {
        self.findings()
            .add_as(Severity::Warning, rule, place, message, help);
    }
}

//! SpatGRIS speaker setups: XML, three generations.
//!
//! - 4.x: `<SPEAKER_SETUP SPEAKER_SETUP_VERSION=…>` with `<SPEAKER_GROUP>` and `<SPEAKER
//!   SPEAKER_PATCH_ID="1" CARTESIAN_POSITION="(x, y, z)" GAIN DIRECT_OUT_ONLY …/>`; x right, y front.
//! - 3.x: `<SPEAKER_SETUP VERSION=…>` with `<SPEAKER_1 GAIN … DIRECT_OUT_ONLY><POSITION X Y Z/>`; the
//!   number in the name is the output; x right, y front.
//! - 1.x and 2.x: `<SpeakerSetup>` with `<Speaker PositionX … Azimuth Zenith Radius OutputPatch Gain
//!   DirectOut/>`; x **front**, y **right** (its azimuth turns clockwise from the front). The shipped
//!   setups show it: outputs 1 and 2, front left and right, are at (0.93, -0.37) and (0.93, 0.37).
//!
//! Gains are in dB. A speaker that only takes direct outs is a subwoofer and becomes an LFE.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Draft, Entry};
use crate::layout::Screen;
/// Elements may nest this deep; SpatGRIS itself writes three levels.
const DEEPEST: usize = 32;

pub(super) fn read(text: &str) -> Result<Draft, String> {
    let mut reader = Reader::from_str(text);
    let mut setup = Setup::default();
    let mut depth = 0_usize;
    let mut line = 1;
    let mut counted = 0_usize;
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let passed = text.as_bytes().get(counted..offset).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', passed).count();
        counted = offset;
        let at = format!("line {line}");
        let event = reader
            .read_event()
            .map_err(|e| format!("not XML ({at}): {e}"))?;
        match event {
            Event::Start(element) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(format!("{at}: elements nest more than {DEEPEST} deep"));
                }
                setup.open(&element, &at)?;
            }
            Event::Empty(element) => {
                setup.open(&element, &at)?;
                setup.close(element.name().0);
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                setup.close(element.name().0);
            }
            Event::DocType(_) => {
                return Err(format!("{at}: a DOCTYPE is not allowed; remove it"));
            }
            Event::Eof if depth > 0 => return Err("the XML ends inside an element".to_owned()),
            Event::Eof => return setup.finish(),
            _ => {}
        }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Setup {
    /// The root element's name, once seen.
    root: Option<String>,
    name: Option<String>,
    entries: Vec<Entry>,
    /// The 3.x speaker whose POSITION is still to come.
    open: Option<Entry>,
    high_passes: usize,
    triplets: usize,
    not_normal: Vec<String>,
}

impl Setup {
    fn open(&mut self, element: &BytesStart<'_>, at: &str) -> Result<(), String> {
        let tag = element.name().0.to_owned();
        let attributes = Attributes::of(element, at)?;
        if self.root.is_none() {
            if !["SPEAKER_SETUP", "SpeakerSetup"].contains(&tag.as_str()) {
                return Err(format!(
                    "{at}: the root element is <{tag}>, not <SPEAKER_SETUP>: not a SpatGRIS setup"
                ));
            }
            self.name = attributes
                .get("Name")
                .map(|name| name.trim_end_matches(".xml").to_owned());
            self.root = Some(tag);
            return Ok(());
        }
        match tag.as_str() {
            "Speaker" => self.second_generation(&attributes),
            "SPEAKER" => self.fourth_generation(&attributes),
            "SPEAKER_GROUP" => not_moved(&attributes),
            "POSITION" => self.position(&attributes),
            "HIGHPASS" => {
                self.high_passes += 1;
                Ok(())
            }
            "triplet" => {
                self.triplets += 1;
                Ok(())
            }
            _ => match tag.strip_prefix("SPEAKER_").map(str::parse::<i64>) {
                Some(Ok(output)) => self.third_generation(&attributes, output),
                _ => Ok(()),
            },
        }
    }

    fn close(&mut self, tag: &str) {
        let is_speaker = tag
            .strip_prefix("SPEAKER_")
            .is_some_and(|rest| rest.parse::<i64>().is_ok());
        if is_speaker && let Some(entry) = self.open.take() {
            self.entries.push(entry);
        }
    }

    fn second_generation(&mut self, attributes: &Attributes<'_>) -> Result<(), String> {
        let mut entry = self.entry(
            attributes,
            attributes.whole("OutputPatch")?,
            "Gain",
            "DirectOut",
        )?;
        let front = attributes.number("PositionX")?;
        let right = attributes.number("PositionY")?;
        entry.place_at(right, front, attributes.number("PositionZ")?);
        if attributes.number_or("HighPassCutoff", 0.0)? > 0.0 {
            self.high_passes += 1;
        }
        self.entries.push(entry);
        Ok(())
    }

    fn third_generation(&mut self, attributes: &Attributes<'_>, output: i64) -> Result<(), String> {
        if self.open.is_some() {
            return Err(format!("{}: a speaker inside a speaker", attributes.at));
        }
        self.open = Some(self.entry(attributes, output, "GAIN", "DIRECT_OUT_ONLY")?);
        Ok(())
    }

    fn position(&mut self, attributes: &Attributes<'_>) -> Result<(), String> {
        let [x, y, z] = ["X", "Y", "Z"].map(|axis| attributes.number(axis));
        let Some(entry) = &mut self.open else {
            return Err(format!("{}: <POSITION> outside a speaker", attributes.at));
        };
        entry.place_at(x?, y?, z?);
        Ok(())
    }

    fn fourth_generation(&mut self, attributes: &Attributes<'_>) -> Result<(), String> {
        let output = attributes.whole("SPEAKER_PATCH_ID")?;
        let mut entry = self.entry(attributes, output, "GAIN", "DIRECT_OUT_ONLY")?;
        let [x, y, z] = attributes.vector("CARTESIAN_POSITION")?;
        entry.place_at(x, y, z);
        if attributes.number_or("HIGHPASS_FREQ", 0.0)? > 0.0 {
            self.high_passes += 1;
        }
        self.entries.push(entry);
        Ok(())
    }

    /// What the generations have in common.
    fn entry(
        &mut self,
        attributes: &Attributes<'_>,
        output: i64,
        gain: &str,
        direct_out: &str,
    ) -> Result<Entry, String> {
        let place = format!("speaker {output} ({})", attributes.at);
        let state = attributes
            .get("STATE")
            .or_else(|| attributes.get("IO_STATE"));
        if state.is_some_and(|state| state != "normal") {
            self.not_normal.push(output.to_string());
        }
        let lfe = attributes
            .get(direct_out)
            .is_some_and(|flag| flag == "1" || flag == "true");
        let label = if lfe {
            format!("LFE-{output}")
        } else {
            format!("S{output}")
        };
        Ok(Entry {
            lfe,
            gain_db: attributes.number_or(gain, 0.0)?,
            ..Entry::new(place, output, label)
        })
    }

    fn finish(self) -> Result<Draft, String> {
        if self.root.is_none() {
            return Err("XML without an element: not a SpatGRIS setup".to_owned());
        }
        if let Some(entry) = self.entries.iter().find(|entry| entry.distance.is_none()) {
            return Err(format!("{} has no <POSITION>", entry.place));
        }
        let mut losses = Vec::new();
        let subwoofers: Vec<&str> = self
            .entries
            .iter()
            .filter(|entry| entry.lfe)
            .map(|entry| entry.label.as_str())
            .collect();
        if !subwoofers.is_empty() {
            losses.push(format!(
                "direct-out speakers are taken as LFE channels: {}",
                subwoofers.join(", ")
            ));
        }
        if self.high_passes > 0 {
            losses.push(format!(
                "{} high-pass filter(s) not carried over",
                self.high_passes
            ));
        }
        if self.triplets > 0 {
            losses.push(format!(
                "{} speaker triplets not carried over",
                self.triplets
            ));
        }
        if !self.not_normal.is_empty() {
            losses.push(format!(
                "mute or solo of speaker {} not carried over",
                self.not_normal.join(", ")
            ));
        }
        Ok(Draft {
            format: "SpatGRIS speaker setup",
            name: self.name,
            entries: self.entries,
            losses,
            metres: false,
            screen: Some(Screen::default()),
        })
    }
}

/// A group that was moved or turned would need SpatGRIS's own arithmetic.
fn not_moved(attributes: &Attributes<'_>) -> Result<(), String> {
    let turned = ["YAW", "PITCH", "ROLL"]
        .iter()
        .map(|key| attributes.number_or(key, 0.0))
        .collect::<Result<Vec<_>, _>>()?;
    let moved = match attributes.get("CARTESIAN_POSITION") {
        Some(_) => attributes.vector("CARTESIAN_POSITION")?.to_vec(),
        None => Vec::new(),
    };
    if turned.iter().chain(&moved).any(|value| value.abs() > 1e-6) {
        return Err(format!(
            "{}: a speaker group is moved or turned; ungroup it in SpatGRIS and save again",
            attributes.at
        ));
    }
    Ok(())
}

/// The attributes of one element and where it stands.
struct Attributes<'a> {
    values: HashMap<String, String>,
    at: &'a str,
}

impl<'a> Attributes<'a> {
    fn of(element: &BytesStart<'_>, at: &'a str) -> Result<Self, String> {
        let mut values = HashMap::new();
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|e| format!("not XML ({at}): {e}"))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|e| format!("not XML ({at}): {e}"))?;
            values.insert(attribute.key.0.to_owned(), value.into_owned());
        }
        Ok(Self { values, at })
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    fn text(&self, key: &str) -> Result<&str, String> {
        self.get(key)
            .ok_or_else(|| format!("{}: no {key}", self.at))
    }

    fn number(&self, key: &str) -> Result<f64, String> {
        self.parsed(key, self.text(key)?)
    }

    fn number_or(&self, key: &str, default: f64) -> Result<f64, String> {
        self.get(key)
            .map_or(Ok(default), |text| self.parsed(key, text))
    }

    fn whole(&self, key: &str) -> Result<i64, String> {
        let text = self.text(key)?;
        text.trim()
            .parse()
            .map_err(|_| format!("{}: {key} is \"{text}\", not a whole number", self.at))
    }

    /// "(x, y, z)", brackets optional.
    fn vector(&self, key: &str) -> Result<[f64; 3], String> {
        let text = self.text(key)?;
        let inner = text.trim().trim_start_matches('(').trim_end_matches(')');
        let numbers = inner
            .split(',')
            .map(|number| self.parsed(key, number))
            .collect::<Result<Vec<_>, _>>()?;
        <[f64; 3]>::try_from(numbers)
            .map_err(|_| format!("{}: {key} is \"{text}\", not three numbers", self.at))
    }

    fn parsed(&self, key: &str, text: &str) -> Result<f64, String> {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .ok_or_else(|| format!("{}: {key} is \"{text}\", not a number", self.at))
    }
}

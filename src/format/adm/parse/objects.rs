//! audioObject.

use std::io::BufRead;

use super::super::codes::{CHOICE, MISSING_ID, OFFSET};
use super::super::findings::{Place, shorten};
use super::super::model::{AlternativeValueSet, AudioObject, PositionOffset};
use super::super::xml::Step;
use super::Parser;

impl<R: BufRead> Parser<'_, R> {
    pub(super) fn object(&mut self) -> Step {
        self.known_attributes(&[
            "audioObjectID",
            "audioObjectName",
            "start",
            "startTime",
            "duration",
            "dialogue",
            "importance",
            "interact",
            "disableDucking",
            "typeLabel",
            "typeDefinition",
        ]);
        let Some(head) = self.head::<AudioObject>("audioObjectID", "audioObjectName")? else {
            return self.xml.skip();
        };
        self.check_id(&head, "AO_", &[4]);
        let mut object = AudioObject {
            start: self
                .time_attribute("start")
                .or_else(|| self.time_attribute("startTime")),
            duration: self.time_attribute("duration"),
            head,
            ..AudioObject::default()
        };
        if let Some((text, place)) = self.attribute("importance") {
            object.importance = self.importance(&text, place);
        }
        if let Some((text, place)) = self.attribute("dialogue") {
            object.dialogue = self.integer(&text, "dialogue", place);
        }
        if let Some((text, place)) = self.attribute("interact") {
            object.interactive = self.flag(&text, "interact", place).unwrap_or(false);
        }
        let (mut gain, mut mute, mut head_locked) = (None, None, None);
        let mut offset = OffsetParts::default();
        while self.open_child()? {
            let (name, place) = self.element();
            match name.as_str() {
                "audioPackFormatIDRef" => object.pack_refs.push(self.reference()?),
                "audioObjectIDRef" => object.object_refs.push(self.reference()?),
                "audioComplementaryObjectIDRef" => {
                    object.complementary_refs.push(self.reference()?);
                }
                "audioTrackUIDRef" => object.track_refs.push(self.reference()?),
                "audioObjectLabel" => object.labels.push(self.label()?),
                "audioComplementaryObjectGroupLabel" => self.xml.skip()?,
                "audioObjectInteraction" => self.xml.skip()?,
                "gain" => {
                    let value = self.gain_element()?;
                    self.once(&mut gain, value, "gain", place);
                }
                "mute" => {
                    let value = self.flag_element()?;
                    self.once(&mut mute, value, "mute", place);
                }
                "headLocked" => {
                    let value = self.flag_element()?;
                    self.once(&mut head_locked, value, "headLocked", place);
                }
                "positionOffset" => self.offset_part(&mut offset)?,
                "alternativeValueSet" => {
                    if let Some(set) = self.alternative_value_set()? {
                        object.alternative_sets.push(set);
                    }
                }
                _ => self.unknown_element("audioObject")?,
            }
        }
        object.gain = gain;
        object.mute = mute.unwrap_or(false);
        object.head_locked = head_locked.unwrap_or(false);
        object.offset = self.finish_offset(&offset);
        self.keep(object, |document| &mut document.objects);
        Ok(())
    }

    fn alternative_value_set(&mut self) -> Step<Option<AlternativeValueSet>> {
        self.known_attributes(&["alternativeValueSetID"]);
        let place = self.xml.tag().place;
        let Some((id, _)) = self.attribute("alternativeValueSetID") else {
            let message = format!("{}: an alternativeValueSet has no ID", self.context);
            let help = "programmes and contents choose it by its ID";
            self.findings().add(MISSING_ID, place, message, help);
            self.xml.skip()?;
            return Ok(None);
        };
        self.charge(size_of::<AlternativeValueSet>() + id.len())?;
        let mut set = AlternativeValueSet {
            id,
            ..AlternativeValueSet::default()
        };
        let mut offset = OffsetParts::default();
        while self.open_child()? {
            let (name, place) = self.element();
            match name.as_str() {
                "gain" => {
                    let value = self.gain_element()?;
                    self.once(&mut set.gain, value, "gain", place);
                }
                "mute" => {
                    let value = self.flag_element()?;
                    self.once(&mut set.mute, value, "mute", place);
                }
                "positionOffset" => self.offset_part(&mut offset)?,
                "audioObjectInteraction" => self.xml.skip()?,
                _ => self.unknown_element("alternativeValueSet")?,
            }
        }
        set.offset = self.finish_offset(&offset);
        Ok(Some(set))
    }

    /// Reads one coordinate of a position offset.
    fn offset_part(&mut self, parts: &mut OffsetParts) -> Step {
        let place = self.xml.tag().place;
        let coordinate = self.attribute("coordinate").map(|(name, _)| name);
        let text = self.xml.leaf()?.to_owned();
        parts.place = place;
        let name = coordinate.as_deref().unwrap_or_default();
        let Some(index) = OFFSET_COORDINATES.iter().position(|c| *c == name) else {
            let message = format!(
                "{}: positionOffset has the coordinate \"{}\"",
                self.context,
                shorten(name)
            );
            let help = "allowed are azimuth, elevation, distance; or X, Y, Z";
            self.findings().add(CHOICE, place, message, help);
            return Ok(());
        };
        let value = self.number(&text, name, place);
        self.once(
            &mut parts.values[index],
            value,
            OFFSET_COORDINATES[index],
            place,
        );
        Ok(())
    }

    fn finish_offset(&mut self, parts: &OffsetParts) -> Option<PositionOffset> {
        let polar = parts.values[..3].iter().any(Option::is_some);
        let cartesian = parts.values[3..].iter().any(Option::is_some);
        let [azimuth, elevation, distance, x, y, z] =
            parts.values.map(|value| value.unwrap_or(0.0));
        match (polar, cartesian) {
            (false, false) => None,
            (true, false) => Some(PositionOffset::Polar {
                azimuth,
                elevation,
                distance,
            }),
            (false, true) => Some(PositionOffset::Cartesian { x, y, z }),
            (true, true) => {
                let message = format!("{}: positionOffset mixes two forms", self.context);
                let help = "give azimuth, elevation, distance, or X, Y, Z";
                self.findings().add(OFFSET, parts.place, message, help);
                None
            }
        }
    }
}

const OFFSET_COORDINATES: [&str; 6] = ["azimuth", "elevation", "distance", "X", "Y", "Z"];

#[derive(Default)]
struct OffsetParts {
    /// In the order of [`OFFSET_COORDINATES`].
    values: [Option<f64>; 6],
    place: Place,
}

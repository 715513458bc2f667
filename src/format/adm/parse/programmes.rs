//! audioProgramme and audioContent.

use std::io::BufRead;

use super::super::codes::{MISSING, NUMBER, POSITION};
use super::super::model::{Content, Label, Loudness, Programme};
use super::super::xml::Step;
use super::Parser;
use crate::geometry::Position;
use crate::layout::Screen;

impl<R: BufRead> Parser<'_, R> {
    pub(super) fn programme(&mut self) -> Step {
        self.known_attributes(&[
            "audioProgrammeID",
            "audioProgrammeName",
            "audioProgrammeLanguage",
            "start",
            "end",
            "maxDuckingDepth",
            "typeLabel",
            "typeDefinition",
        ]);
        let Some(head) = self.head::<Programme>("audioProgrammeID", "audioProgrammeName")? else {
            return self.xml.skip();
        };
        self.check_id(&head, "APR_", &[4]);
        let mut programme = Programme {
            language: self.attribute("audioProgrammeLanguage").map(|(l, _)| l),
            start: self.time_attribute("start"),
            end: self.time_attribute("end"),
            head,
            ..Programme::default()
        };
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "audioContentIDRef" => programme.content_refs.push(self.reference()?),
                "alternativeValueSetIDRef" => programme.alternative_refs.push(self.reference()?),
                "loudnessMetadata" => programme.loudness.push(self.loudness()?),
                "audioProgrammeReferenceScreen" => {
                    let place = self.xml.tag().place;
                    let screen = self.screen()?;
                    let name = "audioProgrammeReferenceScreen";
                    self.once(&mut programme.screen, screen, name, place);
                }
                "audioProgrammeLabel" => programme.labels.push(self.label()?),
                "authoringInformation" => self.xml.skip()?,
                _ => self.unknown_element("audioProgramme")?,
            }
        }
        self.keep(programme, |document| &mut document.programmes);
        Ok(())
    }

    pub(super) fn content(&mut self) -> Step {
        self.known_attributes(&[
            "audioContentID",
            "audioContentName",
            "audioContentLanguage",
            "typeLabel",
            "typeDefinition",
        ]);
        let Some(head) = self.head::<Content>("audioContentID", "audioContentName")? else {
            return self.xml.skip();
        };
        self.check_id(&head, "ACO_", &[4]);
        let mut content = Content {
            language: self.attribute("audioContentLanguage").map(|(l, _)| l),
            head,
            ..Content::default()
        };
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "audioObjectIDRef" => content.object_refs.push(self.reference()?),
                "alternativeValueSetIDRef" => content.alternative_refs.push(self.reference()?),
                "loudnessMetadata" => content.loudness.push(self.loudness()?),
                "audioContentLabel" => content.labels.push(self.label()?),
                "dialogue" => {
                    let place = self.xml.tag().place;
                    let kinds = [
                        "nonDialogueContentKind",
                        "dialogueContentKind",
                        "mixedContentKind",
                    ];
                    let kind = kinds.into_iter().find_map(|name| self.attribute(name));
                    content.dialogue_kind = kind.and_then(|(kind, _)| kind.trim().parse().ok());
                    let text = self.xml.leaf()?.to_owned();
                    content.dialogue = self.integer(&text, "dialogue", place);
                }
                _ => self.unknown_element("audioContent")?,
            }
        }
        self.keep(content, |document| &mut document.contents);
        Ok(())
    }

    /// A label with its language.
    pub(super) fn label(&mut self) -> Step<Label> {
        let language = self.attribute("language").map(|(language, _)| language);
        let text = self.xml.leaf()?.to_owned();
        self.charge(size_of::<Label>() + text.len())?;
        Ok(Label { language, text })
    }

    fn loudness(&mut self) -> Step<Loudness> {
        self.charge(size_of::<Loudness>())?;
        let mut loudness = Loudness {
            method: self.attribute("loudnessMethod").map(|(method, _)| method),
            ..Loudness::default()
        };
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "integratedLoudness" => loudness.integrated = self.number_element()?,
                "loudnessRange" => loudness.range = self.number_element()?,
                "maxTruePeak" => loudness.max_true_peak = self.number_element()?,
                "maxMomentary" => loudness.max_momentary = self.number_element()?,
                "maxShortTerm" => loudness.max_short_term = self.number_element()?,
                "dialogueLoudness" => loudness.dialogue = self.number_element()?,
                // Editions and profiles add figures of their own; none changes the sound.
                _ => self.xml.skip()?,
            }
        }
        Ok(loudness)
    }

    /// The reference screen (ITU-R BS.2076, 5.8.3).
    fn screen(&mut self) -> Step<Option<Screen>> {
        let place = self.xml.tag().place;
        let aspect = self.attribute("aspectRatio");
        let mut aspect_ratio = match aspect {
            Some((text, place)) => self.number(&text, "aspectRatio", place),
            None => None,
        };
        let mut centre = None;
        // The width, and whether it is an angle.
        let mut width = None;
        let mut is_empty = aspect_ratio.is_none();
        while self.open_child()? {
            is_empty = false;
            match self.xml.tag().name.as_str() {
                "aspectRatio" => aspect_ratio = self.number_element()?,
                "screenCentrePosition" => {
                    centre = self.screen_centre();
                    self.xml.skip()?;
                }
                "screenWidth" => {
                    width = ["azimuth", "X"].into_iter().find_map(|name| {
                        let (text, place) = self.attribute(name)?;
                        Some((self.number(&text, name, place)?, name == "azimuth"))
                    });
                    self.xml.skip()?;
                }
                _ => self.unknown_element("audioProgrammeReferenceScreen")?,
            }
        }
        if is_empty {
            return Ok(None);
        }
        let (Some(aspect_ratio), Some(centre), Some((width, is_angle))) =
            (aspect_ratio, centre, width)
        else {
            let message = format!(
                "{}: the reference screen lacks its aspectRatio, screenCentrePosition or screenWidth",
                self.context
            );
            let help = "all three are needed; without a screen the default one is used";
            self.findings().add(MISSING, place, message, help);
            return Ok(None);
        };
        if is_angle != matches!(centre, Position::Polar { .. }) {
            let message = format!(
                "{}: centre and width of the reference screen are in different forms",
                self.context
            );
            let help = "both are polar (azimuth) or both Cartesian (X)";
            self.findings().add(POSITION, place, message, help);
            return Ok(None);
        }
        let widest = if is_angle { 180.0 } else { 2.0 };
        if aspect_ratio <= 0.0 || width <= 0.0 || width >= widest {
            let message = format!(
                "{}: the reference screen has aspect ratio {aspect_ratio} and width {width}",
                self.context
            );
            let help = format!("both are above 0, and the width is below {widest}");
            self.findings().add(NUMBER, place, message, help);
            return Ok(None);
        }
        Ok(Some(Screen {
            aspect_ratio,
            centre,
            width,
        }))
    }

    fn screen_centre(&mut self) -> Option<Position> {
        let mut number = |name: &str| {
            let (text, place) = self.attribute(name)?;
            self.number(&text, name, place)
        };
        let (x, y, z) = (number("X"), number("Y"), number("Z"));
        let (azimuth, elevation) = (number("azimuth"), number("elevation"));
        let distance = number("distance").unwrap_or(1.0);
        match (x, y, z, azimuth, elevation) {
            (Some(x), Some(y), z, None, None) => Some(Position::Cartesian {
                x,
                y,
                z: z.unwrap_or(0.0),
            }),
            (None, None, None, Some(azimuth), Some(elevation)) => Some(Position::Polar {
                azimuth,
                elevation,
                distance,
            }),
            _ => None,
        }
    }
}

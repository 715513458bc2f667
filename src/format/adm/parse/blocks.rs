//! audioBlockFormat of all types but Objects, and what all have in common.

use std::io::BufRead;

use super::super::blocks::{
    BinauralBlock, BlockTimes, Blocks, Coefficient, HeadphoneVirtualise, HoaBlock, MatrixBlock,
    ObjectBlocks, SpeakerBlock,
};
use super::super::codes::{BLOCK_TIMES, CHOICE, HOA, MISSING_ID, NUMBER, POSITION};
use super::super::findings::{Place, shorten};
use super::super::model::TypeDefinition;
use super::super::time::Time;
use super::super::xml::Step;
use super::Parser;
use crate::scene::{Bounded, LockHorizontal, LockVertical, ScreenEdgeLock, SpeakerPosition};

/// Room for the blocks of a channel of this type.
pub(super) fn empty(kind: TypeDefinition) -> Blocks {
    match kind {
        TypeDefinition::Objects => Blocks::Objects(ObjectBlocks::default()),
        TypeDefinition::DirectSpeakers => Blocks::Speakers(Vec::new()),
        TypeDefinition::Hoa => Blocks::Hoa(Vec::new()),
        TypeDefinition::Matrix => Blocks::Matrix(Vec::new()),
        TypeDefinition::Binaural => Blocks::Binaural(Vec::new()),
    }
}

/// Highest order of a sound field that is taken; its 1681 components are far beyond any in use.
const HIGHEST_ORDER: u32 = 40;

/// Longest delay of a matrix.
const LONGEST_DELAY_MS: f64 = 10_000.0;

/// What blocks of all types may hold.
#[derive(Debug, Default)]
pub(super) struct Common {
    pub(super) gain: Option<f64>,
    pub(super) importance: Option<u32>,
    pub(super) head_locked: Option<bool>,
    pub(super) headphone: Option<HeadphoneVirtualise>,
}

impl Common {
    pub(super) fn gain(&self) -> f64 {
        self.gain.unwrap_or(1.0)
    }

    pub(super) fn importance(&self) -> u32 {
        self.importance.unwrap_or(10)
    }
}

impl<R: BufRead> Parser<'_, R> {
    /// Reads a block of the channel `owner` into its blocks.
    pub(super) fn block(&mut self, owner: &str, blocks: &mut Blocks) -> Step {
        self.known_attributes(&[
            "audioBlockFormatID",
            "rtime",
            "duration",
            "lstart",
            "lduration",
            "initializeBlock",
        ]);
        let place = self.xml.tag().place;
        self.context.clear();
        self.context.push_str("audioBlockFormat ");
        match self.xml.tag().attribute("audioBlockFormatID") {
            Some(id) if !id.is_empty() => {
                let id = shorten(id);
                self.context.push_str(&id);
            }
            _ => {
                let number = blocks.len() + 1;
                self.context.push_str(&format!("{number} of {owner}"));
                let message = format!("{} has no audioBlockFormatID", self.context);
                let help = "every element has an ID";
                self.findings().add(MISSING_ID, place, message, help);
            }
        }
        let times = self.block_times(place);
        match blocks {
            Blocks::Objects(blocks) => {
                let bytes = self.object_block(times, place, blocks)?;
                self.charge(bytes)
            }
            Blocks::Speakers(blocks) => {
                if let Some(block) = self.speaker_block(times, place)? {
                    let labels: usize = block.labels.iter().map(String::len).sum();
                    self.charge(size_of::<SpeakerBlock>() + 64 + labels)?;
                    blocks.push(block);
                }
                Ok(())
            }
            Blocks::Hoa(blocks) => {
                let block = self.hoa_block(times, place)?;
                self.charge(size_of::<HoaBlock>())?;
                blocks.push(block);
                Ok(())
            }
            Blocks::Matrix(blocks) => {
                let block = self.matrix_block(times, place)?;
                let terms = block.coefficients.len();
                self.charge(size_of::<MatrixBlock>() + terms * (size_of::<Coefficient>() + 16))?;
                blocks.push(block);
                Ok(())
            }
            Blocks::Binaural(blocks) => {
                let mut common = Common::default();
                while self.open_child()? {
                    self.common(&mut common)?;
                }
                self.charge(size_of::<BinauralBlock>())?;
                blocks.push(BinauralBlock {
                    times,
                    gain: common.gain(),
                    importance: common.importance(),
                    place,
                });
                Ok(())
            }
        }
    }

    /// rtime and duration. Without an rtime a block with a duration starts at 0, as the first one does
    /// in many files.
    fn block_times(&mut self, place: Place) -> BlockTimes {
        let mut times = BlockTimes {
            rtime: self.time_attribute("rtime"),
            duration: self.time_attribute("duration"),
        };
        let has = |name| self.xml.tag().attribute(name).is_some();
        if has("rtime") && !has("duration") {
            let message = format!("{} has an rtime but no duration", self.context);
            let help = "give both, or neither for a block as long as its object";
            self.findings().add(BLOCK_TIMES, place, message, help);
        }
        if times.rtime.is_none() && times.duration.is_some() {
            times.rtime = Some(Time::ZERO);
        }
        times
    }

    /// Reads a child that blocks of all types may have, or skips one that no block has.
    pub(super) fn common(&mut self, common: &mut Common) -> Step {
        let (name, place) = self.element();
        match name.as_str() {
            "gain" => {
                let value = self.gain_element()?;
                self.once(&mut common.gain, value, &name, place);
            }
            "importance" => {
                let text = self.xml.leaf()?.to_owned();
                let value = self.importance(&text, place);
                self.once(&mut common.importance, value, &name, place);
            }
            "headLocked" => {
                let value = self.flag_element()?;
                self.once(&mut common.head_locked, value, &name, place);
            }
            "headphoneVirtualise" => {
                let value = self.headphone_virtualise()?;
                self.once(&mut common.headphone, value, &name, place);
            }
            _ => self.unknown_element("audioBlockFormat")?,
        }
        Ok(())
    }

    fn headphone_virtualise(&mut self) -> Step<Option<HeadphoneVirtualise>> {
        self.known_attributes(&["bypass", "DRR"]);
        let bypass = match self.attribute("bypass") {
            Some((text, place)) => self.flag(&text, "bypass", place),
            None => Some(false),
        };
        let ratio = match self.attribute("DRR") {
            Some((text, place)) => self.number(&text, "DRR", place),
            None => Some(130.0),
        };
        self.xml.skip()?;
        Ok(bypass
            .zip(ratio)
            .map(|(bypass, direct_to_reverberant_db)| HeadphoneVirtualise {
                bypass,
                direct_to_reverberant_db,
            }))
    }

    fn speaker_block(&mut self, times: BlockTimes, place: Place) -> Step<Option<SpeakerBlock>> {
        let mut common = Common::default();
        let mut labels = Vec::new();
        // Value, min and max of each coordinate.
        let mut found: [[Option<f64>; 3]; 6] = Default::default();
        let mut lock = ScreenEdgeLock::default();
        while self.open_child()? {
            let (name, at) = self.element();
            match name.as_str() {
                "speakerLabel" => labels.push(self.xml.leaf()?.to_owned()),
                "position" => self.speaker_position(&mut found, &mut lock)?,
                "cartesian" => {
                    self.flag_element()?;
                }
                "jumpPosition" => {
                    let message = format!("{} has a jumpPosition", self.context);
                    let help = "loudspeaker channels always jump; it has no effect";
                    self.warn(super::super::codes::IGNORED, at, message, help);
                    self.xml.skip()?;
                }
                _ => self.common(&mut common)?,
            }
        }
        let bounded =
            |[value, min, max]: [Option<f64>; 3]| value.map(|value| Bounded { value, min, max });
        let [azimuth, elevation, distance, x, y, z] = found.map(bounded);
        let any =
            |range: std::ops::Range<usize>| found[range].iter().flatten().any(Option::is_some);
        let (polar, cartesian) = (any(0..3), any(3..6));
        let position = match (azimuth, elevation, x, y) {
            (Some(azimuth), Some(elevation), _, _) if !cartesian => Some(SpeakerPosition::Polar {
                azimuth,
                elevation,
                distance: distance.unwrap_or(Bounded::from(1.0)),
            }),
            (_, _, Some(x), Some(y)) if !polar => Some(SpeakerPosition::Cartesian {
                x,
                y,
                z: z.unwrap_or(Bounded::from(0.0)),
            }),
            _ => None,
        };
        let Some(position) = position else {
            let message = format!("{} has no whole position", self.context);
            let help = "give azimuth and elevation (and distance), or X and Y (and Z)";
            self.findings().add(POSITION, place, message, help);
            return Ok(None);
        };
        Ok(Some(SpeakerBlock {
            times,
            labels,
            position,
            screen_edge_lock: lock,
            gain: common.gain(),
            importance: common.importance(),
            head_locked: common.head_locked.unwrap_or(false),
            headphone: common.headphone,
            place,
        }))
    }

    fn speaker_position(
        &mut self,
        found: &mut [[Option<f64>; 3]; 6],
        lock: &mut ScreenEdgeLock,
    ) -> Step {
        let (_, place) = self.element();
        let bound = self.attribute("bound").map(|(bound, _)| bound);
        let Some((coordinate, value)) = self.coordinate(lock)? else {
            return Ok(());
        };
        let part = match bound.as_deref() {
            None => 0,
            Some("min") => 1,
            Some("max") => 2,
            Some(other) => {
                let message = format!("{}: bound is \"{}\"", self.context, shorten(other));
                self.findings()
                    .add(CHOICE, place, message, "allowed are min and max");
                return Ok(());
            }
        };
        let name = COORDINATES[coordinate];
        self.once(&mut found[coordinate][part], value, name, place);
        Ok(())
    }

    /// Reads a position element: which of [`COORDINATES`] it gives, and its value. `None`, with a
    /// finding, for one that is none.
    pub(super) fn coordinate(
        &mut self,
        lock: &mut ScreenEdgeLock,
    ) -> Step<Option<(usize, Option<f64>)>> {
        let place = self.xml.tag().place;
        let name = self.attribute("coordinate").map(|(name, _)| name);
        let edge = self.attribute("screenEdgeLock").map(|(edge, _)| edge);
        let text = self.xml.leaf()?.to_owned();
        let name = name.unwrap_or_default();
        let Some(index) = COORDINATES.iter().position(|known| *known == name) else {
            let message = format!(
                "{}: a position has the coordinate \"{}\"",
                self.context,
                shorten(&name)
            );
            let help = "allowed are azimuth, elevation, distance; or X, Y, Z";
            self.findings().add(CHOICE, place, message, help);
            return Ok(None);
        };
        match (index, edge.as_deref()) {
            (_, None) => {}
            (0 | 3, Some("left")) => lock.horizontal = Some(LockHorizontal::Left),
            (0 | 3, Some("right")) => lock.horizontal = Some(LockHorizontal::Right),
            (1 | 5, Some("top")) => lock.vertical = Some(LockVertical::Top),
            (1 | 5, Some("bottom")) => lock.vertical = Some(LockVertical::Bottom),
            (_, Some(edge)) => {
                let message = format!(
                    "{}: screenEdgeLock of {name} is \"{}\"",
                    self.context,
                    shorten(edge)
                );
                let help = "allowed are left and right for azimuth and X, top and bottom for elevation and Z";
                self.findings().add(CHOICE, place, message, help);
            }
        }
        let value = self.number(&text, &name, place);
        Ok(Some((index, value)))
    }

    fn hoa_block(&mut self, times: BlockTimes, place: Place) -> Step<HoaBlock> {
        let mut common = Common::default();
        let (mut order, mut degree, mut normalization) = (None, None, None);
        let (mut nfc_ref_dist, mut screen_ref) = (None, None);
        let mut has_equation = false;
        while self.open_child()? {
            let (name, at) = self.element();
            match name.as_str() {
                "order" => {
                    let text = self.xml.leaf()?.to_owned();
                    let value = self.integer(&text, "order", at);
                    if value.is_some_and(|order| order > HIGHEST_ORDER) {
                        let message = format!("{}: order is {text}", self.context);
                        let help = format!("at most {HIGHEST_ORDER} is taken");
                        self.findings().add(HOA, at, message, help);
                    } else {
                        self.once(&mut order, value, "order", at);
                    }
                }
                "degree" => {
                    let text = self.xml.leaf()?.to_owned();
                    let value: Option<i32> = text.parse().ok();
                    if value.is_none() {
                        let message = format!("{}: degree is \"{}\"", self.context, shorten(&text));
                        self.findings()
                            .add(NUMBER, at, message, "write a whole number");
                    }
                    self.once(&mut degree, value, "degree", at);
                }
                "normalization" => {
                    let value = self.normalization()?;
                    self.once(&mut normalization, value, "normalization", at);
                }
                "nfcRefDist" => {
                    let value = self.number_element()?;
                    self.once(&mut nfc_ref_dist, value, "nfcRefDist", at);
                }
                "screenRef" => {
                    let value = self.flag_element()?;
                    self.once(&mut screen_ref, value, "screenRef", at);
                }
                "equation" => {
                    has_equation = true;
                    self.xml.skip()?;
                }
                "jumpPosition" => self.xml.skip()?,
                _ => self.common(&mut common)?,
            }
        }
        Ok(HoaBlock {
            times,
            order,
            degree,
            has_equation,
            normalization,
            nfc_ref_dist,
            screen_ref,
            gain: common.gain(),
            importance: common.importance(),
            head_locked: common.head_locked.unwrap_or(false),
            headphone: common.headphone,
            place,
        })
    }

    fn matrix_block(&mut self, times: BlockTimes, place: Place) -> Step<MatrixBlock> {
        let mut common = Common::default();
        let mut output = None;
        let mut coefficients = Vec::new();
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "outputChannelFormatIDRef" | "outputChannelIDRef" => {
                    self.single_reference(&mut output)?;
                }
                "matrix" => {
                    while self.open_child()? {
                        match self.xml.tag().name.as_str() {
                            "coefficient" => coefficients.extend(self.coefficient()?),
                            _ => self.unknown_element("matrix")?,
                        }
                    }
                }
                "jumpPosition" => self.xml.skip()?,
                _ => self.common(&mut common)?,
            }
        }
        Ok(MatrixBlock {
            times,
            output_ref: output.map(|reference| reference.id),
            output: None,
            coefficients,
            gain: common.gain(),
            place,
        })
    }

    fn coefficient(&mut self) -> Step<Option<Coefficient>> {
        self.known_attributes(&[
            "gain", "gainUnit", "gainVar", "delay", "delayVar", "phase", "phaseVar",
        ]);
        let place = self.xml.tag().place;
        let unit = self.attribute("gainUnit").map(|(unit, _)| unit);
        let gain = match self.attribute("gain") {
            Some((text, _)) => self.gain(&text, unit.as_deref(), place),
            None => Some(1.0),
        };
        let delay = match self.attribute("delay") {
            Some((text, _)) => self
                .number(&text, "delay", place)
                .filter(|delay| self.check_delay(*delay, place)),
            None => Some(0.0),
        };
        let unsupported = ["phase", "gainVar", "delayVar", "phaseVar"]
            .into_iter()
            .find(|name| self.xml.tag().attribute(name).is_some());
        let input_ref = self.xml.leaf()?.to_owned();
        self.charge(input_ref.len())?;
        Ok(gain.zip(delay).map(|(gain, delay_ms)| Coefficient {
            input_ref,
            input: None,
            gain,
            delay_ms,
            unsupported,
            place,
        }))
    }

    fn check_delay(&mut self, delay_ms: f64, place: Place) -> bool {
        let good = (0.0..=LONGEST_DELAY_MS).contains(&delay_ms);
        if !good {
            let message = format!("{}: delay is {delay_ms} ms", self.context);
            let help = format!("allowed is 0 to {LONGEST_DELAY_MS} ms");
            self.findings().add(NUMBER, place, message, help);
        }
        good
    }
}

/// Names of coordinates: three polar, three Cartesian.
pub(super) const COORDINATES: [&str; 6] = ["azimuth", "elevation", "distance", "X", "Y", "Z"];

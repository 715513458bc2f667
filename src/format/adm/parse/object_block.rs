//! audioBlockFormat of type Objects.

use std::io::BufRead;

use super::super::blocks::{BlockTimes, JumpPosition, ObjectBlocks, ObjectShape};
use super::super::codes::{IGNORED, MISSING, NUMBER, POSITION, TIME};
use super::super::findings::{Place, shorten};
use super::super::time::Time;
use super::super::xml::Step;
use super::Parser;
use super::blocks::{COORDINATES, Common};
use crate::scene::{ChannelLock, Divergence, Extent, ScreenEdgeLock, Zone};

/// What the children of a block say; `None` where they say nothing.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// In the order of [`COORDINATES`].
    pub(super) coordinates: [Option<f64>; 6],
    pub(super) lock: ScreenEdgeLock,
    pub(super) cartesian: Option<bool>,
    /// In the order of [`SIZES`].
    pub(super) sizes: [Option<f64>; 3],
    pub(super) diffuse: Option<f64>,
    /// `Some(None)`: it says that there is none.
    pub(super) channel_lock: Option<Option<ChannelLock>>,
    pub(super) jump: Option<JumpPosition>,
    pub(super) divergence: Option<Divergence>,
    pub(super) screen_ref: Option<bool>,
    pub(super) zones: Option<Vec<Zone>>,
    pub(super) common: Common,
}

/// Names of sizes.
pub(super) const SIZES: [&str; 3] = ["width", "height", "depth"];

impl<R: BufRead> Parser<'_, R> {
    /// Reads the block into `blocks`; gives the bytes it takes.
    pub(super) fn object_block(
        &mut self,
        times: BlockTimes,
        place: Place,
        blocks: &mut ObjectBlocks,
    ) -> Step<usize> {
        let mut said = Said::default();
        while self.open_child()? {
            let (name, at) = self.element();
            match name.as_str() {
                "position" => {
                    if let Some((index, value)) = self.coordinate(&mut said.lock)? {
                        self.once(&mut said.coordinates[index], value, COORDINATES[index], at);
                    }
                }
                "cartesian" => {
                    let value = self.flag_element()?;
                    self.once(&mut said.cartesian, value, &name, at);
                }
                "width" | "height" | "depth" => {
                    let text = self.xml.leaf()?.to_owned();
                    let value = self.number_within(&text, &name, 0.0..=f64::INFINITY, at);
                    let index = SIZES.iter().position(|n| *n == name);
                    self.once(&mut said.sizes[index.unwrap_or(0)], value, &name, at);
                }
                "diffuse" => {
                    let text = self.xml.leaf()?.to_owned();
                    let value = self.number_within(&text, &name, 0.0..=1.0, at);
                    self.once(&mut said.diffuse, value, &name, at);
                }
                "channelLock" => {
                    let value = self.channel_lock()?;
                    self.once(&mut said.channel_lock, value, &name, at);
                }
                "jumpPosition" => {
                    let value = self.jump_position()?;
                    self.once(&mut said.jump, value, &name, at);
                }
                "objectDivergence" => {
                    let value = self.divergence()?;
                    self.once(&mut said.divergence, value, &name, at);
                }
                "screenRef" => {
                    let value = self.flag_element()?;
                    self.once(&mut said.screen_ref, value, &name, at);
                }
                "zoneExclusion" => {
                    let value = self.zones()?;
                    self.once(&mut said.zones, Some(value), &name, at);
                }
                _ => self.common(&mut said.common)?,
            }
        }
        Ok(self.add_block(said, times, place, blocks))
    }

    /// Adds the block that its children have described; gives the bytes it takes.
    pub(super) fn add_block(
        &mut self,
        said: Said,
        times: BlockTimes,
        place: Place,
        blocks: &mut ObjectBlocks,
    ) -> usize {
        let cartesian = said.cartesian.unwrap_or(false);
        let divergence = said
            .divergence
            .map(|divergence| self.default_range(divergence, cartesian));
        let position = self.object_position(said.coordinates, cartesian, place);
        let [width, height, depth] = said.sizes.map(|size| size.unwrap_or(0.0));
        let shape = ObjectShape {
            cartesian,
            extent: Extent {
                width,
                height,
                depth,
            },
            diffuse: said.diffuse.unwrap_or(0.0),
            channel_lock: said.channel_lock.flatten(),
            divergence,
            zones: said.zones.unwrap_or_default(),
            screen_ref: said.screen_ref.unwrap_or(false),
            screen_edge_lock: said.lock,
            jump: said.jump.unwrap_or_default(),
            importance: said.common.importance(),
            head_locked: said.common.head_locked.unwrap_or(false),
            headphone: said.common.headphone,
        };
        blocks.push(times, position, said.common.gain(), shape, place.line)
    }

    fn object_position(
        &mut self,
        coordinates: [Option<f64>; 6],
        cartesian: bool,
        place: Place,
    ) -> [f64; 3] {
        let [azimuth, elevation, distance, x, y, z] = coordinates;
        let polar = azimuth.or(elevation).or(distance).is_some();
        let room = x.or(y).or(z).is_some();
        match (azimuth, elevation, x, y) {
            (Some(azimuth), Some(elevation), _, _) if !room && !cartesian => {
                let distance = distance.unwrap_or(1.0);
                if elevation.abs() > 90.0 || distance < 0.0 || azimuth.abs() > 360.0 {
                    let message = format!(
                        "{}: azimuth is {azimuth}, elevation {elevation}, distance {distance}",
                        self.context
                    );
                    let help = "azimuth is -180 to 180, elevation -90 to 90, distance 0 and up";
                    self.findings().add(NUMBER, place, message, help);
                } else if azimuth.abs() > 180.0 {
                    let message = format!("{}: azimuth is {azimuth}", self.context);
                    let help = "allowed is -180 to 180; the same direction is taken";
                    self.warn(NUMBER, place, message, help);
                }
                [azimuth, elevation, distance]
            }
            (_, _, Some(x), Some(y)) if !polar && cartesian => [x, y, z.unwrap_or(0.0)],
            _ => {
                let (message, help) = if polar && room {
                    (
                        "mixes polar and Cartesian coordinates",
                        "give azimuth, elevation and distance, or X, Y and Z",
                    )
                } else if room && !cartesian {
                    (
                        "gives X, Y, Z without <cartesian>1</cartesian>",
                        "add the cartesian element, or give azimuth and elevation",
                    )
                } else if polar && cartesian {
                    (
                        "gives azimuth or elevation with <cartesian>1</cartesian>",
                        "take the cartesian element out, or give X and Y",
                    )
                } else {
                    (
                        "has no whole position",
                        "give azimuth and elevation (and distance), or X and Y (and Z)",
                    )
                };
                let message = format!("{} {message}", self.context);
                self.findings().add(POSITION, place, message, help);
                [0.0; 3]
            }
        }
    }

    fn channel_lock(&mut self) -> Step<Option<Option<ChannelLock>>> {
        let place = self.xml.tag().place;
        let max_distance = match self.attribute("maxDistance") {
            Some((text, at)) => self.number_within(&text, "maxDistance", 0.0..=f64::INFINITY, at),
            None => None,
        };
        let text = self.xml.leaf()?.to_owned();
        let flag = self.flag(&text, "channelLock", place);
        Ok(flag.map(|flag| flag.then_some(ChannelLock { max_distance })))
    }

    fn jump_position(&mut self) -> Step<Option<JumpPosition>> {
        let place = self.xml.tag().place;
        let length = self.attribute("interpolationLength");
        let text = self.xml.leaf()?.to_owned();
        let flag = self.flag(&text, "jumpPosition", place);
        let interpolation_length = length.and_then(|(text, place)| {
            let length = Time::parse_seconds(&text);
            if length.is_none() {
                let message = format!(
                    "{}: interpolationLength is \"{}\"",
                    self.context,
                    shorten(&text)
                );
                let help = "it is a number of seconds, 0 and up: 0.005208";
                self.findings().add(TIME, place, message, help);
            }
            length
        });
        Ok(flag.map(|flag| JumpPosition {
            flag,
            interpolation_length,
        }))
    }

    fn divergence(&mut self) -> Step<Option<Divergence>> {
        let place = self.xml.tag().place;
        let mut range = |name: &str, limits| {
            let (text, place) = self.attribute(name)?;
            self.number_within(&text, name, limits, place)
        };
        let azimuth_range = range("azimuthRange", 0.0..=180.0);
        let position_range = range("positionRange", 0.0..=1.0);
        let text = self.xml.leaf()?.to_owned();
        let value = self.number_within(&text, "objectDivergence", 0.0..=1.0, place);
        Ok(value.map(|value| Divergence {
            value,
            azimuth_range,
            position_range,
        }))
    }

    /// Adds the range that holds if none is said; the editions differ. The range of the other form of
    /// position has no meaning.
    fn default_range(&mut self, divergence: Divergence, cartesian: bool) -> Divergence {
        let place = self.xml.place();
        let help = "it is for the other form of position, and has no effect";
        if cartesian {
            if divergence.azimuth_range.is_some() {
                let message = "objectDivergence of a Cartesian position has an azimuthRange";
                self.tally(IGNORED, message, help, place);
            }
            return Divergence {
                azimuth_range: None,
                ..divergence
            };
        }
        if divergence.position_range.is_some() {
            let message = "objectDivergence of a polar position has a positionRange";
            self.tally(IGNORED, message, help, place);
        }
        let default = if self.document.edition == 1 {
            45.0
        } else {
            0.0
        };
        Divergence {
            azimuth_range: divergence.azimuth_range.or(Some(default)),
            position_range: None,
            ..divergence
        }
    }

    fn zones(&mut self) -> Step<Vec<Zone>> {
        let mut zones = Vec::new();
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "zone" => {
                    self.charge(size_of::<Zone>())?;
                    zones.extend(self.zone());
                    self.xml.skip()?;
                }
                _ => self.unknown_element("zoneExclusion")?,
            }
        }
        Ok(zones)
    }

    fn zone(&mut self) -> Option<Zone> {
        let place = self.xml.tag().place;
        let has = |names: &[&str]| {
            let tag = self.xml.tag();
            names
                .iter()
                .filter(|name| tag.attribute(name).is_some())
                .count()
        };
        let (polar, room) = (has(&POLAR_ZONE), has(&ROOM_ZONE));
        if (polar, room) != (POLAR_ZONE.len(), 0) && (polar, room) != (0, ROOM_ZONE.len()) {
            let message = format!("{}: a zone has not all its limits", self.context);
            let help = "give minX maxX minY maxY minZ maxZ, or minAzimuth maxAzimuth minElevation maxElevation";
            self.findings().add(MISSING, place, message, help);
            return None;
        }
        let mut number = |name: &str| {
            let (text, place) = self.attribute(name)?;
            self.number(&text, name, place)
        };
        if polar > 0 {
            let [min_azimuth, max_azimuth, min_elevation, max_elevation] =
                POLAR_ZONE.map(&mut number);
            Some(Zone::Polar {
                min_azimuth: min_azimuth?,
                max_azimuth: max_azimuth?,
                min_elevation: min_elevation?,
                max_elevation: max_elevation?,
            })
        } else {
            let [min_x, max_x, min_y, max_y, min_z, max_z] = ROOM_ZONE.map(&mut number);
            Some(Zone::Cartesian {
                min: [min_x?, min_y?, min_z?],
                max: [max_x?, max_y?, max_z?],
            })
        }
    }
}

pub(super) const POLAR_ZONE: [&str; 4] =
    ["minAzimuth", "maxAzimuth", "minElevation", "maxElevation"];
pub(super) const ROOM_ZONE: [&str; 6] = ["minX", "maxX", "minY", "maxY", "minZ", "maxZ"];

//! audioBlockFormat of type Objects as most programs write them, read straight from the bytes of the file: long
//! masters consist of little else.
//!
//! Only what has one meaning is taken: known elements and attributes, each once, in plain ASCII without entities,
//! comments or prefixes, with values that are as they should be. Whatever is otherwise is left to the general
//! reader (`object_block`), which makes the same of it, or tells what is wrong. Neither path knows more than the
//! other about a block as a whole: both end in `Parser::add_block`.

mod scan;
#[cfg(test)]
mod tests;

use std::io::BufRead;
use std::ops::{Range, RangeInclusive};

use scan::{Scan, index_of, once};

use super::super::blocks::{BlockTimes, JumpPosition, ObjectBlocks};
use super::super::time::Time;
use super::super::xml::Step;
use super::Parser;
use super::blocks::COORDINATES;
use super::object_block::{POLAR_ZONE, ROOM_ZONE, SIZES, Said};
use super::values::{finite, of_decibels, plain_decimal};
use crate::scene::{ChannelLock, Divergence, Zone};

/// Memory that has to be left: more than any block in the bytes ahead takes, so that its end is told where it comes.
const LEFT: usize = 512 << 10;

/// Block, zoneExclusion, zone.
const LEVELS: usize = 3;

/// Longest ID; messages show it whole.
const LONGEST_ID: usize = 40;

impl<R: BufRead> Parser<'_, R> {
    /// Reads the blocks that come next into `blocks`, up to one that is not as usual.
    pub(super) fn usual_blocks(&mut self, blocks: &mut ObjectBlocks) -> Step {
        while self.budget > LEFT {
            let Some(block) = usual_block(self.xml.ahead(LEVELS)) else {
                break;
            };
            self.context.clear();
            self.context.push_str("audioBlockFormat ");
            self.context.push_str(block.id);
            let UsualBlock {
                times,
                said,
                begin,
                last,
                end,
                ..
            } = block;
            self.xml.pass(begin);
            let place = self.xml.place();
            self.xml
                .pass_elements(end - begin, last.start - begin..last.end - begin);
            let zones = said.zones.as_ref().map_or(0, Vec::len);
            let bytes = self.add_block(said, times, place, blocks);
            self.charge(zones * size_of::<Zone>() + bytes)?;
        }
        Ok(())
    }
}

/// A block that is as usual.
#[derive(Debug)]
struct UsualBlock<'a> {
    id: &'a str,
    times: BlockTimes,
    said: Said,
    /// Where its tag begins and its end tag ends.
    begin: usize,
    end: usize,
    /// Name of the element in it that begins last.
    last: Range<usize>,
}

/// The block that `text` begins with, after white space, if it is as usual and ends in `text`.
fn usual_block(text: &[u8]) -> Option<UsualBlock<'_>> {
    let mut scan = Scan::new(text);
    scan.space();
    let begin = scan.at;
    scan.take(b"<")?;
    if scan.name() != b"audioBlockFormat" {
        return None;
    }
    let ([id, rtime, duration], false) =
        scan.attributes(["audioBlockFormatID", "rtime", "duration"])?
    else {
        return None;
    };
    let id = words(id.filter(|id| (1..=LONGEST_ID).contains(&id.len()))?)?;
    let times = match (rtime, duration) {
        (None, None) => BlockTimes::default(),
        (Some(_), None) => return None,
        (rtime, Some(duration)) => BlockTimes {
            rtime: Some(rtime.map_or(Some(Time::ZERO), time)?),
            duration: Some(time(duration)?),
        },
    };
    let mut said = Said::default();
    loop {
        scan.space();
        scan.take(b"<")?;
        if scan.take(b"/").is_some() {
            scan.take(b"audioBlockFormat>")?;
            break;
        }
        child(&mut scan, &mut said)?;
    }
    Some(UsualBlock {
        id,
        times,
        said,
        begin,
        end: scan.at,
        last: scan.last,
    })
}

/// Reads a child, of which `<` has been taken.
fn child(scan: &mut Scan<'_>, said: &mut Said) -> Option<()> {
    let name = scan.name();
    match name {
        b"position" => {
            let ([axis], text) = scan.leaf(name, ["coordinate"])?;
            let axis = index_of(axis?, &COORDINATES)?;
            once(&mut said.coordinates[axis], number(text)?)
        }
        b"jumpPosition" => {
            let ([length], text) = scan.leaf(name, ["interpolationLength"])?;
            let jump = JumpPosition {
                flag: flag(text)?,
                interpolation_length: optional(length, |text| Time::parse_seconds(words(text)?))?,
            };
            once(&mut said.jump, jump)
        }
        b"cartesian" => once(&mut said.cartesian, flag(scan.text(name)?)?),
        b"gain" => {
            let ([unit], text) = scan.leaf(name, ["gainUnit"])?;
            let number = number(text)?;
            let gain = match unit {
                None | Some(b"linear") => number,
                Some(b"dB") => of_decibels(number)?,
                Some(_) => return None,
            };
            once(&mut said.common.gain, gain)
        }
        b"width" | b"height" | b"depth" => {
            let index = index_of(name, &SIZES)?;
            let size = within(scan.text(name)?, 0.0..=f64::INFINITY)?;
            once(&mut said.sizes[index], size)
        }
        b"diffuse" => once(&mut said.diffuse, within(scan.text(name)?, 0.0..=1.0)?),
        b"importance" => {
            let importance = words(scan.text(name)?)?.parse().ok();
            let importance = importance.filter(|importance| *importance <= 10)?;
            once(&mut said.common.importance, importance)
        }
        b"channelLock" => {
            let ([most], text) = scan.leaf(name, ["maxDistance"])?;
            let max_distance = optional(most, |most| within(most, 0.0..=f64::INFINITY))?;
            let lock = flag(text)?.then_some(ChannelLock { max_distance });
            once(&mut said.channel_lock, lock)
        }
        b"objectDivergence" => {
            let ([azimuth, position], text) = scan.leaf(name, ["azimuthRange", "positionRange"])?;
            let divergence = Divergence {
                value: within(text, 0.0..=1.0)?,
                azimuth_range: optional(azimuth, |range| within(range, 0.0..=180.0))?,
                position_range: optional(position, |range| within(range, 0.0..=1.0))?,
            };
            once(&mut said.divergence, divergence)
        }
        b"screenRef" => once(&mut said.screen_ref, flag(scan.text(name)?)?),
        b"headLocked" => once(&mut said.common.head_locked, flag(scan.text(name)?)?),
        b"zoneExclusion" => once(&mut said.zones, zones(scan)?),
        _ => None,
    }
}

/// Reads the zones of a zoneExclusion, whose name has been read.
fn zones(scan: &mut Scan<'_>) -> Option<Vec<Zone>> {
    let ([], false) = scan.attributes([])? else {
        return None;
    };
    let mut zones = Vec::new();
    loop {
        scan.space();
        scan.take(b"<")?;
        if scan.take(b"/").is_some() {
            scan.take(b"zoneExclusion>")?;
            return Some(zones);
        }
        if scan.name() != b"zone" {
            return None;
        }
        let [a, b, c, d] = POLAR_ZONE;
        let [e, f, g, h, i, j] = ROOM_ZONE;
        let (limits, is_empty) = scan.attributes([a, b, c, d, e, f, g, h, i, j])?;
        zones.push(match limits {
            [
                Some(min_azimuth),
                Some(max_azimuth),
                Some(min_elevation),
                Some(max_elevation),
                None,
                None,
                None,
                None,
                None,
                None,
            ] => Zone::Polar {
                min_azimuth: number(min_azimuth)?,
                max_azimuth: number(max_azimuth)?,
                min_elevation: number(min_elevation)?,
                max_elevation: number(max_elevation)?,
            },
            [
                None,
                None,
                None,
                None,
                Some(min_x),
                Some(max_x),
                Some(min_y),
                Some(max_y),
                Some(min_z),
                Some(max_z),
            ] => Zone::Cartesian {
                min: [number(min_x)?, number(min_y)?, number(min_z)?],
                max: [number(max_x)?, number(max_y)?, number(max_z)?],
            },
            _ => return None,
        });
        if !is_empty {
            // A name for people.
            while scan.take(b" ").is_some() || !scan.value().is_empty() {}
            scan.take(b"</zone>")?;
        }
    }
}

/// What `text` means, if it is there; fails if it means nothing.
fn optional<T>(text: Option<&[u8]>, read: impl Fn(&[u8]) -> Option<T>) -> Option<Option<T>> {
    text.map_or(Some(None), |text| read(text).map(Some))
}

fn flag(text: &[u8]) -> Option<bool> {
    match text {
        b"0" => Some(false),
        b"1" => Some(true),
        _ => None,
    }
}

fn within(text: &[u8], limits: RangeInclusive<f64>) -> Option<f64> {
    number(text).filter(|number| limits.contains(number))
}

fn number(text: &[u8]) -> Option<f64> {
    plain_decimal(text).or_else(|| finite(words(text)?))
}

fn time(text: &[u8]) -> Option<Time> {
    Time::parse_usual(text).or_else(|| Time::parse(words(text)?))
}

fn words(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

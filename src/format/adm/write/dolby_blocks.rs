//! Writes blocks as the Dolby Atmos master ADM profile has them, and notes what it cannot carry.

use std::io;

use super::bed::BedSpeaker;
use super::block_lines::BlockLines;
use super::clock::Decimals;
use super::digits;
use super::item::{MasterFacts, Track};
use super::losses::Losses;
use super::plan::TrackIds;
use super::steps::{self, MOVE_S, Step};
use super::xml::{Xml, number};
use super::zones;
use crate::geometry::Position;
use crate::scene::{Features, LockHorizontal, LockVertical, ScreenEdgeLock};

/// Shortest block but the first, in hundred-thousandths of a second: readers cut the move of a shorter one.
const LEAST: u64 = 521;

/// Writes all blocks of an object's track; gives their number.
pub(super) fn write(
    xml: &mut Xml<'_>,
    facts: &MasterFacts,
    ids: &TrackIds,
    object: &str,
    track: &mut Track,
    losses: &mut Losses,
) -> io::Result<usize> {
    let mut writer = Blocks {
        lines: BlockLines::new(xml, ids),
        xml,
        facts,
        object,
        losses,
        count: 0,
        held: None,
    };
    let end = Decimals::Five.at(facts.length.0 as f64, facts.sample_rate);
    let (length, rate) = (facts.length.0, facts.sample_rate);
    let is_dolby = writer.is_dolby();
    steps::play(&mut *track.blocks, length, rate, is_dolby, &mut |step| {
        writer.take(&step, end)
    })?;
    writer.finish(end)
}

/// The one block of a bed's channel.
pub(super) fn bed(xml: &mut Xml<'_>, ids: &TrackIds, speaker: &BedSpeaker) -> io::Result<usize> {
    xml.open("audioBlockFormat", &[("audioBlockFormatID", &ids.block(0))])?;
    xml.leaf("speakerLabel", &[], speaker.label)?;
    xml.leaf("cartesian", &[], "1")?;
    for (name, value) in ["X", "Y", "Z"].iter().zip(speaker.position) {
        let mut text = Vec::new();
        digits::coordinate(&mut text, value);
        let text = String::from_utf8_lossy(&text);
        xml.leaf("position", &[("coordinate", name)], &text)?;
    }
    xml.close("audioBlockFormat")?;
    Ok(1)
}

/// What a block says, in the words of the profile.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    position: [f64; 3],
    size: f64,
    decorrelated: bool,
    snaps: bool,
    zones: Vec<&'static str>,
}

struct Blocks<'a, 'b> {
    xml: &'a mut Xml<'b>,
    facts: &'a MasterFacts,
    object: &'a str,
    losses: &'a mut Losses,
    count: usize,
    /// What has begun, in hundred-thousandths of a second, but not been written.
    held: Option<(u64, Said)>,
    lines: BlockLines,
}

impl Blocks<'_, '_> {
    /// What is written comes from a master of the same profile.
    fn is_dolby(&self) -> bool {
        self.facts.said.as_ref().is_some_and(|said| said.is_dolby)
    }

    fn take(&mut self, step: &Step, end: u64) -> io::Result<()> {
        let at = Decimals::Five.at(step.at, self.facts.sample_rate);
        if at >= end && self.held.is_some() {
            return Ok(());
        }
        let said = self.said(step);
        match self.held.take() {
            // Nothing that the profile can say has changed in the middle of a longer move.
            Some((start, before)) if before == said && step.part_of.is_some() => {
                self.held = Some((start, before));
                return Ok(());
            }
            Some((start, before))
                if self.count > 0 && at > start && at - start < LEAST && !self.is_dolby() =>
            {
                // The move of the one before would be cut: it is finished first, or left out.
                let later = start + LEAST;
                if at - start < LEAST / 2 || later + LEAST > end {
                    self.held = Some((start, said));
                } else {
                    self.one(start, later, &before)?;
                    self.held = Some((later, said));
                }
                return Ok(());
            }
            Some((start, before)) if at > start => self.one(start, at, &before)?,
            Some((start, _)) => {
                self.held = Some((start, said));
                return Ok(());
            }
            None => {}
        }
        self.held = Some((at, said));
        Ok(())
    }

    fn finish(mut self, end: u64) -> io::Result<usize> {
        if let Some((start, said)) = self.held.take() {
            self.one(start, end.max(start + 1), &said)?;
        }
        Ok(self.count)
    }

    fn one(&mut self, start: u64, end: u64, said: &Said) -> io::Result<()> {
        let xml = &mut *self.xml;
        self.lines
            .open(xml, self.count, [start, end], said.position);
        if said.size > 0.0 {
            let size = number(said.size);
            for name in ["width", "depth", "height"] {
                xml.leaf(name, &[], &size)?;
            }
        }
        if said.decorrelated {
            xml.leaf("diffuse", &[], "1")?;
        }
        if said.snaps {
            xml.leaf("channelLock", &[], "1")?;
        }
        self.lines.jump(xml, self.count);
        if !said.zones.is_empty() {
            xml.open("zoneExclusion", &[])?;
            for name in &said.zones {
                let Some((low, high)) = zones::corners(name) else {
                    continue;
                };
                let corners = [
                    ("minX", low[0]),
                    ("maxX", high[0]),
                    ("minY", low[1]),
                    ("maxY", high[1]),
                    ("minZ", low[2]),
                    ("maxZ", high[2]),
                ]
                .map(|(name, value)| (name, number(value)));
                let corners = corners
                    .each_ref()
                    .map(|(name, text)| (*name, text.as_str()));
                xml.leaf("zone", &corners, name)?;
            }
            xml.close("zoneExclusion")?;
        }
        xml.close("audioBlockFormat")?;
        self.count += 1;
        Ok(())
    }

    /// What the profile can say of a step; the rest is noted.
    fn said(&mut self, step: &Step) -> Said {
        let second = step.at / f64::from(self.facts.sample_rate.0);
        let mut lose = |field: &'static str, words: &dyn Fn() -> (String, String)| {
            self.losses.add(self.object, field, second, words);
        };
        let state = &step.state;
        let position = step.position.map(|value| value.clamp(-1.0, 1.0));
        let shown = |position: [f64; 3]| {
            let [x, y, z] = position.map(|value| number((value * 1e4).round() / 1e4));
            format!("x {x}, y {y}, z {z}")
        };
        if let Position::Polar {
            azimuth,
            elevation,
            distance,
        } = state.position
        {
            lose("polar position", &|| {
                let found = format!(
                    "azimuth {}, elevation {}, distance {}",
                    number(azimuth),
                    number(elevation),
                    number(distance)
                );
                (
                    found,
                    format!("{} (ITU-R BS.2127, section 10)", shown(position)),
                )
            });
        }
        let beyond = position
            .iter()
            .zip(step.position)
            .any(|(a, b)| (a - b).abs() > 1e-9);
        if beyond {
            lose("position outside the room", &|| {
                (shown(step.position), shown(position))
            });
        }
        if let Some(frames) = step.part_of {
            lose("move", &|| {
                let ms = frames * 1e3 / f64::from(self.facts.sample_rate.0);
                let found = format!("a straight move of gains over {ms:.2} ms");
                (found, format!("steps that each move within {MOVE_S} s"))
            });
        }
        let [width, depth, height] = step.size.map(|size| size.clamp(0.0, 1.0));
        let size = (width + depth + height) / 3.0;
        if (width - size)
            .abs()
            .max((depth - size).abs())
            .max((height - size).abs())
            > 1e-6
        {
            lose("size per axis", &|| {
                let [w, d, h] = step.size.map(number);
                (
                    format!("width {w}, depth {d}, height {h}"),
                    format!("size {}", number(size)),
                )
            });
        }
        let decorrelated = state.diffuse >= 0.5;
        if (state.diffuse - f64::from(u8::from(decorrelated))).abs() > 1e-9 {
            lose("diffuseness", &|| {
                let written = if decorrelated { "1" } else { "0" };
                (number(state.diffuse), written.to_owned())
            });
        }
        if (state.gain - 1.0).abs() > 1e-9 {
            lose("gain", &|| {
                let found = format!("gain {}", number(state.gain));
                (found, "none: it is in the samples".to_owned())
            });
        }
        let features = state.features.as_deref();
        Said {
            position,
            size,
            decorrelated,
            snaps: features.is_some_and(|features| features.channel_lock.is_some()),
            zones: features.map_or_else(Vec::new, |features| rarer(features, &mut lose)),
        }
    }
}

/// Edges of the screen, in words.
fn edges(lock: ScreenEdgeLock) -> String {
    let horizontal = lock.horizontal.map(|edge| match edge {
        LockHorizontal::Left => "left",
        LockHorizontal::Right => "right",
    });
    let vertical = lock.vertical.map(|edge| match edge {
        LockVertical::Top => "top",
        LockVertical::Bottom => "bottom",
    });
    let words: Vec<&str> = horizontal.into_iter().chain(vertical).collect();
    words.join(" and ")
}

/// The zones of a block; notes what else the profile has no words for.
fn rarer(
    features: &Features,
    lose: &mut impl FnMut(&'static str, &dyn Fn() -> (String, String)),
) -> Vec<&'static str> {
    let nothing = || "nothing".to_owned();
    if let Some(most) = features.channel_lock.and_then(|lock| lock.max_distance) {
        lose("channel lock's largest distance", &|| {
            (number(most), nothing())
        });
    }
    if let Some(divergence) = features.divergence {
        lose("divergence", &|| (number(divergence.value), nothing()));
    }
    if features.screen_ref {
        lose("screen reference", &|| ("true".to_owned(), nothing()));
    }
    if !features.screen_edge_lock.is_none() {
        lose("screen edge lock", &|| {
            (edges(features.screen_edge_lock), nothing())
        });
    }
    zones::names(&features.zones).unwrap_or_else(|| {
        lose("zones", &|| (zones::in_words(&features.zones), nothing()));
        Vec::new()
    })
}

//! Writes blocks as ITU-R BS.2076-2 has them: everything in the form in which it is.

use std::io;

use super::super::blocks::HeadphoneVirtualise;
use super::clock::Decimals;
use super::document::coordinate;
use super::item::{MasterFacts, Track};
use super::losses::Losses;
use super::plan::TrackIds;
use super::xml::{Xml, number};
use crate::geometry::Position;
use crate::scene::{
    Bounded, DirectSpeakers, Extent, Features, LockHorizontal, LockVertical, MetadataBlock,
    ObjectState, SpeakerPosition, State, Zone,
};

/// Frames that a block lasts which another one replaces at once: it says where the next one comes from.
const BRIEF: f64 = 0.01;

/// Moves of blocks are equal within this, in frames.
const SAME: f64 = 1e-3;

/// Writes all blocks of a track; gives their number.
pub(super) fn write(
    xml: &mut Xml<'_>,
    facts: &MasterFacts,
    ids: &TrackIds,
    object: &str,
    track: &mut Track,
    losses: &mut Losses,
) -> io::Result<usize> {
    let end = facts.length.0 as f64;
    let mut count = 0;
    let mut next = track.blocks.next_block();
    if let Some(State::DirectSpeakers(speaker)) = next.as_ref().map(|block| &block.state) {
        frequency(xml, speaker)?;
    }
    // No block begins before the one before it ends.
    let mut earliest = 0.0_f64;
    let mut before: Option<State> = None;
    while let Some(mut block) = next {
        next = track.blocks.next_block();
        let from = start_of(&block).max(earliest);
        let until = match (&next, block.length) {
            (_, Some(length)) => (block.start.0 + length.0) as f64,
            (Some(next), None) => start_of(next),
            (None, None) => end,
        };
        let until = match next {
            // Replaced at once.
            Some(_) if until <= from => from + BRIEF,
            _ => until.min(end),
        };
        if until <= from {
            // It would begin where the programme ends.
            break;
        }
        if let Some(before) = &before {
            cut_move(&mut block, before, until);
        }
        if let State::Object(state) = &mut block.state {
            let second = from / f64::from(facts.sample_rate.0);
            keep_within(&mut state.position, second, object, losses);
        }
        screen(
            &block.state,
            from / f64::from(facts.sample_rate.0),
            object,
            losses,
        );
        // What stands still throughout needs no times.
        let is_all = count == 0 && next.is_none() && from <= 0.0 && until >= end;
        let times = (!is_all).then_some(Times { from, until });
        let words = (ids.block(count), track.headphone);
        one(xml, facts, words, &block, times)?;
        count += 1;
        earliest = until;
        before = Some(block.state);
    }
    Ok(count)
}

/// A move that the end of its block cuts short arrives where it has come by then: no block moves for longer
/// than it lasts.
fn cut_move(block: &mut MetadataBlock, before: &State, until: f64) {
    let ramp = &mut block.ramp;
    if ramp.end <= ramp.start || ramp.end <= until + SAME {
        return;
    }
    let x = ((until - ramp.start) / (ramp.end - ramp.start)).clamp(0.0, 1.0);
    ramp.end = until;
    let (State::Object(to), State::Object(from)) = (&mut block.state, before) else {
        return;
    };
    let line = |a: f64, b: f64| a + (b - a) * x;
    to.position = match (from.position, to.position) {
        (
            Position::Polar {
                azimuth: from_azimuth,
                elevation: from_elevation,
                distance: from_distance,
            },
            Position::Polar {
                azimuth,
                elevation,
                distance,
            },
        ) => Position::Polar {
            // The short way round.
            azimuth: from_azimuth + wrapped(azimuth - from_azimuth) * x,
            elevation: line(from_elevation, elevation),
            distance: line(from_distance, distance),
        },
        (
            Position::Cartesian {
                x: x0,
                y: y0,
                z: z0,
            },
            Position::Cartesian { x, y, z },
        ) => Position::Cartesian {
            x: line(x0, x),
            y: line(y0, y),
            z: line(z0, z),
        },
        (_, to) => to,
    };
    to.extent = Extent {
        width: line(from.extent.width, to.extent.width),
        height: line(from.extent.height, to.extent.height),
        depth: line(from.extent.depth, to.extent.depth),
    };
    to.gain = line(from.gain, to.gain);
    to.diffuse = line(from.diffuse, to.diffuse);
}

/// Keeps a position within what the format has, distances to 1 and the walls of the room, and notes what is not there.
fn keep_within(position: &mut Position, second: f64, object: &str, losses: &mut Losses) {
    match position {
        Position::Polar { distance, .. } if *distance > 1.0 => {
            let found = *distance;
            *distance = 1.0;
            losses.add(object, "distance", second, || {
                (number(found), "1, the farthest there is".to_owned())
            });
        }
        Position::Cartesian { x, y, z } => {
            let found = [*x, *y, *z];
            for value in [x, y, z] {
                *value = value.clamp(-1.0, 1.0);
            }
            if found.iter().any(|value| value.abs() > 1.0) {
                let [x, y, z] = found.map(number);
                losses.add(object, "position outside the room", second, || {
                    (
                        format!("x {x}, y {y}, z {z}"),
                        "held at the walls of the room".to_owned(),
                    )
                });
            }
        }
        Position::Polar { .. } => {}
    }
}

/// Notes what depends on a screen that is not the default one: the programme does not say its own.
fn screen(state: &State, second: f64, object: &str, losses: &mut Losses) {
    let found = match state {
        State::Object(state) => state.features.as_deref().and_then(|features| {
            let depends = features.screen_ref || !features.screen_edge_lock.is_none();
            depends.then_some(features.reference_screen)
        }),
        State::DirectSpeakers(speaker) => {
            (!speaker.screen_edge_lock.is_none()).then_some(speaker.reference_screen)
        }
        _ => None,
    };
    if let Some(screen) = found.filter(|screen| *screen != crate::layout::Screen::default()) {
        losses.add(object, "reference screen", second, || {
            (
                format!(
                    "a screen of aspect ratio {} and width {}",
                    number(screen.aspect_ratio),
                    number(screen.width)
                ),
                "none: readers take the default screen".to_owned(),
            )
        });
    }
}

/// When a block plays, in frames.
#[derive(Clone, Copy)]
struct Times {
    from: f64,
    until: f64,
}

/// Where a block begins, in frames: where its move does, if that is between the frame before and its first.
fn start_of(block: &MetadataBlock) -> f64 {
    let first = block.start.0 as f64;
    let ramp = block.ramp.start;
    if block.ramp.end > ramp && ramp > first - 1.0 && ramp <= first {
        ramp
    } else {
        first
    }
}

fn one(
    xml: &mut Xml<'_>,
    facts: &MasterFacts,
    (id, headphone): (String, Option<HeadphoneVirtualise>),
    block: &MetadataBlock,
    times: Option<Times>,
) -> io::Result<()> {
    let rate = facts.sample_rate;
    let words = times.map(|times| {
        let [from, until] = [times.from, times.until].map(|at| Decimals::Nine.at(at, rate));
        let duration = until.saturating_sub(from);
        (Decimals::Nine.text(from), Decimals::Nine.text(duration))
    });
    let mut attributes = vec![("audioBlockFormatID", id.as_str())];
    if let Some((rtime, duration)) = &words {
        attributes.extend([("rtime", rtime.as_str()), ("duration", duration.as_str())]);
    }
    xml.open("audioBlockFormat", &attributes)?;
    match &block.state {
        State::Object(state) => {
            object(xml, state)?;
            if let Some(times) = times {
                let whole = times.until - times.from;
                let move_frames = (block.ramp.end - times.from.max(block.ramp.start)).max(0.0);
                if (move_frames - whole).abs() > SAME {
                    let seconds = number(move_frames.min(whole) / f64::from(rate.0));
                    xml.leaf(
                        "jumpPosition",
                        &[("interpolationLength", seconds.as_str())],
                        "1",
                    )?;
                }
            }
        }
        State::DirectSpeakers(speaker) => self::speaker(xml, speaker)?,
        State::Hoa(component) => {
            let (order, degree) = component.field.components[component.component];
            xml.leaf("order", &[], &order.to_string())?;
            xml.leaf("degree", &[], &degree.to_string())?;
            gain(xml, component.gain)?;
        }
        State::Binaural { gain: level, .. } => gain(xml, *level)?,
    }
    if let Some(headphone) = headphone {
        let ratio = number(headphone.direct_to_reverberant_db);
        let bypass = if headphone.bypass { "1" } else { "0" };
        let mut attributes = vec![("bypass", bypass)];
        if !headphone.bypass {
            attributes.push(("DRR", &ratio));
        }
        xml.leaf("headphoneVirtualise", &attributes, "")?;
    }
    xml.close("audioBlockFormat")
}

/// A gain other than 1.
fn gain(xml: &mut Xml<'_>, gain: f64) -> io::Result<()> {
    if (gain - 1.0).abs() < 1e-12 {
        return Ok(());
    }
    xml.leaf("gain", &[], &number(gain))
}

fn object(xml: &mut Xml<'_>, state: &ObjectState) -> io::Result<()> {
    let features = state.features.as_deref();
    let lock = |axis: &str| {
        let edges = features?.screen_edge_lock;
        match axis {
            "azimuth" | "X" => edges.horizontal.map(|edge| match edge {
                LockHorizontal::Left => "left",
                LockHorizontal::Right => "right",
            }),
            "elevation" | "Z" => edges.vertical.map(|edge| match edge {
                LockVertical::Top => "top",
                LockVertical::Bottom => "bottom",
            }),
            _ => None,
        }
    };
    let cartesian = matches!(state.position, Position::Cartesian { .. });
    if cartesian {
        xml.leaf("cartesian", &[], "1")?;
    }
    let coordinates = match state.position {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => [
            ("azimuth", wrapped(azimuth)),
            ("elevation", elevation),
            ("distance", distance),
        ],
        Position::Cartesian { x, y, z } => [("X", x), ("Y", y), ("Z", z)],
    };
    for (name, value) in coordinates {
        let mut attributes = vec![("coordinate", name)];
        attributes.extend(lock(name).map(|edge| ("screenEdgeLock", edge)));
        xml.leaf("position", &attributes, &number(value))?;
    }
    let Extent {
        width,
        height,
        depth,
    } = state.extent;
    for (name, value) in [("width", width), ("height", height), ("depth", depth)] {
        if value > 0.0 {
            xml.leaf(name, &[], &number(value))?;
        }
    }
    gain(xml, state.gain)?;
    if state.diffuse > 0.0 {
        xml.leaf("diffuse", &[], &number(state.diffuse))?;
    }
    features.map_or(Ok(()), |features| self::features(xml, features))
}

fn features(xml: &mut Xml<'_>, features: &Features) -> io::Result<()> {
    if let Some(lock) = features.channel_lock {
        let distance = lock.max_distance.map(number);
        let attributes = distance.as_deref().map(|most| ("maxDistance", most));
        xml.leaf("channelLock", attributes.as_slice(), "1")?;
    }
    if let Some(divergence) = features.divergence {
        let azimuth = divergence.azimuth_range.map(number);
        let position = divergence.position_range.map(number);
        let mut attributes = Vec::new();
        attributes.extend(azimuth.as_deref().map(|range| ("azimuthRange", range)));
        attributes.extend(position.as_deref().map(|range| ("positionRange", range)));
        xml.leaf("objectDivergence", &attributes, &number(divergence.value))?;
    }
    if !features.zones.is_empty() {
        xml.open("zoneExclusion", &[])?;
        for zone in &features.zones {
            self::zone(xml, zone)?;
        }
        xml.close("zoneExclusion")?;
    }
    if features.screen_ref {
        xml.leaf("screenRef", &[], "1")?;
    }
    Ok(())
}

fn zone(xml: &mut Xml<'_>, zone: &Zone) -> io::Result<()> {
    let bounds: Vec<(&str, String)> = match zone {
        Zone::Polar {
            min_azimuth,
            max_azimuth,
            min_elevation,
            max_elevation,
        } => vec![
            ("minAzimuth", number(*min_azimuth)),
            ("maxAzimuth", number(*max_azimuth)),
            ("minElevation", number(*min_elevation)),
            ("maxElevation", number(*max_elevation)),
        ],
        Zone::Cartesian { min, max } => {
            let names = [["minX", "maxX"], ["minY", "maxY"], ["minZ", "maxZ"]];
            let axes = names.into_iter().zip(min.iter().zip(max));
            axes.flat_map(|([low, high], (min, max))| [(low, number(*min)), (high, number(*max))])
                .collect()
        }
    };
    let attributes: Vec<(&str, &str)> = bounds
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    xml.leaf("zone", &attributes, "")
}

/// The band of a loudspeaker's channel.
fn frequency(xml: &mut Xml<'_>, speaker: &DirectSpeakers) -> io::Result<()> {
    for (name, hz) in [
        ("lowPass", speaker.low_pass),
        ("highPass", speaker.high_pass),
    ] {
        if let Some(hz) = hz {
            xml.leaf("frequency", &[("typeDefinition", name)], &number(hz))?;
        }
    }
    Ok(())
}

fn speaker(xml: &mut Xml<'_>, speaker: &DirectSpeakers) -> io::Result<()> {
    for label in &speaker.labels {
        xml.leaf("speakerLabel", &[], label)?;
    }
    let coordinates = match &speaker.position {
        SpeakerPosition::Polar {
            azimuth,
            elevation,
            distance,
        } => [
            ("azimuth", azimuth),
            ("elevation", elevation),
            ("distance", distance),
        ],
        SpeakerPosition::Cartesian { x, y, z } => {
            xml.leaf("cartesian", &[], "1")?;
            [("X", x), ("Y", y), ("Z", z)]
        }
    };
    for (name, Bounded { value, min, max }) in coordinates {
        coordinate(xml, name, *value, None)?;
        for (bound, value) in [("min", min), ("max", max)] {
            if let Some(value) = value {
                coordinate(xml, name, *value, Some(bound))?;
            }
        }
    }
    gain(xml, speaker.gain)
}

/// An azimuth within -180 (excluded) to 180 degrees.
fn wrapped(azimuth: f64) -> f64 {
    if (-180.0..=180.0).contains(&azimuth) {
        return azimuth;
    }
    let turned = azimuth.rem_euclid(360.0);
    if turned > 180.0 {
        turned - 360.0
    } else {
        turned
    }
}

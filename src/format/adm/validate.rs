//! The rules of the structure: what refers to what, and what must be said of it.

use std::collections::HashSet;

use super::blocks::Blocks;
use super::codes::{FREQUENCY, HOA, LIMIT, LOOP, MATRIX, TREE, TYPES, UNSUPPORTED};
use super::findings::{Findings, Place};
use super::matrix::Use;
use super::model::{ChannelFormat, Document, Element, PackFormat, Table, TypeDefinition};
use super::packs::{PackChannel, channels_of};
use crate::scene::Normalization;

/// Channels of all packs together, each counted once per pack around it, and those that matrices name.
const MOST_CHANNELS: usize = 250_000;

/// Deepest nesting of packs.
const DEEPEST: usize = 64;

/// Checks the structure of `document`.
pub(super) fn validate(document: &mut Document) {
    let Document {
        objects,
        packs,
        channels,
        findings,
        ..
    } = document;
    let loops = [
        tell_loop(objects, |object| &object.objects, findings),
        tell_loop(packs, |pack| &pack.packs, findings),
    ];
    if loops.contains(&true) || !check_trees(packs, channels, findings) {
        return;
    }
    for pack in packs.iter() {
        check_types(pack, packs, channels, findings);
    }
    if findings.has_errors() {
        return;
    }
    for channel in channels.iter() {
        check_channel(channel, findings);
    }
    if findings.has_errors() {
        return;
    }
    for (index, pack) in packs.iter().enumerate() {
        match pack.kind {
            TypeDefinition::Hoa => {
                check_hoa(pack, &channels_of(packs, index), packs, channels, findings)
            }
            TypeDefinition::Matrix => check_matrix(pack, packs, channels, findings),
            _ => {}
        }
        if pack.kind != TypeDefinition::Matrix
            && (pack.input.is_some() || pack.output.is_some() || !pack.encoders.is_empty())
        {
            let message = format!(
                "audioPackFormat {} is no matrix but refers to packs as one",
                pack.head.id
            );
            let help = "take out its input, output, encode and decode references";
            findings.add(MATRIX, pack.head.place, message, help);
        }
    }
}

/// Tells a circle of references, if there is one.
fn tell_loop<T: Element>(
    table: &Table<T>,
    children: impl Fn(&T) -> &[usize],
    findings: &mut Findings,
) -> bool {
    let Some(path) = find_loop(table.len(), |index| children(&table[index])) else {
        return false;
    };
    let ids: Vec<&str> = path
        .iter()
        .map(|&index| table[index].head().id.as_str())
        .collect();
    let shown = if ids.len() > 12 {
        format!("{} -> … -> {}", ids[..10].join(" -> "), ids[ids.len() - 1])
    } else {
        ids.join(" -> ")
    };
    let message = format!("{}s contain each other in a circle: {shown}", T::KIND);
    let place = table[path[0]].head().place;
    findings.add(LOOP, place, message, "take one of these references out");
    true
}

/// A path that ends where it begins, if the graph has one. Depth-first, without recursion: references may
/// be chained as long as the file.
fn find_loop<'a>(count: usize, children: impl Fn(usize) -> &'a [usize]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; count];
    for root in 0..count {
        if marks[root] != Mark::New {
            continue;
        }
        let mut path = vec![(root, 0)];
        marks[root] = Mark::Open;
        while let Some(top) = path.last_mut() {
            let (node, next) = *top;
            let Some(&child) = children(node).get(next) else {
                marks[node] = Mark::Done;
                path.pop();
                continue;
            };
            top.1 += 1;
            match marks[child] {
                Mark::New => {
                    marks[child] = Mark::Open;
                    path.push((child, 0));
                }
                Mark::Open => {
                    let nodes = path.iter().map(|(node, _)| *node);
                    return Some(
                        nodes
                            .skip_while(|node| *node != child)
                            .chain([child])
                            .collect(),
                    );
                }
                Mark::Done => {}
            }
        }
    }
    None
}

/// From every pack each pack and channel is reached in one way only. There are no loops.
fn check_trees(
    packs: &Table<PackFormat>,
    channels: &Table<ChannelFormat>,
    findings: &mut Findings,
) -> bool {
    let mut steps = 0;
    let mut good = true;
    for root in packs.iter() {
        let mut seen_packs = HashSet::new();
        let mut seen_channels = HashSet::new();
        let mut open = vec![(root, 1)];
        while let Some((pack, depth)) = open.pop() {
            let neighbours = [pack.input, pack.output].into_iter().flatten();
            steps += 1 + pack.channels.len();
            steps += neighbours
                .map(|pack| packs[pack].channels.len())
                .sum::<usize>();
            if steps > MOST_CHANNELS || depth > DEEPEST {
                let message = "packs are nested or refer to each other beyond measure";
                let help = "packs nest 64 deep at most, and have 250000 channels in all";
                findings.add(LIMIT, root.head.place, message, help);
                return false;
            }
            let twice = pack
                .channels
                .iter()
                .find(|&&channel| !seen_channels.insert(channel))
                .map(|&channel| &channels[channel].head)
                .or_else(|| {
                    let twice = pack.packs.iter().find(|&&inner| !seen_packs.insert(inner));
                    twice.map(|&inner| &packs[inner].head)
                });
            if let Some(twice) = twice {
                let message = format!(
                    "audioPackFormat {} contains {} more than once",
                    root.head.id, twice.id
                );
                let help = "directly or by way of packs inside it: take one of the references out";
                findings.add(TREE, root.head.place, message, help);
                good = false;
                break;
            }
            open.extend(pack.packs.iter().map(|&inner| (&packs[inner], depth + 1)));
        }
    }
    good
}

/// Packs hold packs and channels of their own type.
fn check_types(
    pack: &PackFormat,
    packs: &Table<PackFormat>,
    channels: &Table<ChannelFormat>,
    findings: &mut Findings,
) {
    let inside = pack
        .channels
        .iter()
        .map(|&channel| (&channels[channel].head, channels[channel].kind))
        .chain(
            pack.packs
                .iter()
                .map(|&inner| (&packs[inner].head, packs[inner].kind)),
        );
    for (head, kind) in inside {
        if kind != pack.kind {
            let message = format!(
                "audioPackFormat {} is of type {}, but {} in it is of type {}",
                pack.head.id,
                pack.kind.name(),
                head.id,
                kind.name()
            );
            findings.add(TYPES, pack.head.place, message, "both are of the same type");
        }
    }
}

/// What a channel must have, whatever pack it is in.
fn check_channel(channel: &ChannelFormat, findings: &mut Findings) {
    let (id, place) = (&channel.head.id, channel.head.place);
    let has_band = channel.frequency.low_pass.is_some() || channel.frequency.high_pass.is_some();
    if has_band && channel.kind != TypeDefinition::DirectSpeakers {
        let message = format!(
            "audioChannelFormat {id} is of type {} and has a frequency",
            channel.kind.name()
        );
        let help = "take it out: only loudspeaker channels have one";
        findings.add(FREQUENCY, place, message, help);
    }
    match &*channel.blocks {
        Blocks::Hoa(blocks) => {
            let [block] = blocks.as_slice() else {
                let message = format!("audioChannelFormat {id} has {} blocks", blocks.len());
                let help = "a component of a sound field has one";
                return findings.add(HOA, place, message, help);
            };
            if block.has_equation {
                let message = format!("audioChannelFormat {id} has an equation");
                let help = "ITU-R BS.2076 gives equations no form; say order and degree";
                return findings.add(UNSUPPORTED, block.place, message, help);
            }
            let (Some(order), Some(degree)) = (block.order, block.degree) else {
                let message = format!("audioChannelFormat {id} lacks its order or degree");
                return findings.add(HOA, block.place, message, "both are needed");
            };
            if degree.unsigned_abs() > order {
                let message =
                    format!("audioChannelFormat {id} has order {order} and degree {degree}");
                let help = "the degree lies between minus the order and the order";
                findings.add(HOA, block.place, message, help);
            }
        }
        Blocks::Matrix(blocks) => {
            let [block] = blocks.as_slice() else {
                let message = format!("audioChannelFormat {id} has {} blocks", blocks.len());
                return findings.add(MATRIX, place, message, "a channel of a matrix has one");
            };
            if block.times.rtime.is_some() || block.times.duration.is_some() {
                let message = format!("audioChannelFormat {id} has a block with rtime or duration");
                let help = "a matrix holds all the time: take them out";
                findings.add(MATRIX, block.place, message, help);
            }
            for coefficient in &block.coefficients {
                if let Some(attribute) = coefficient.unsupported {
                    let message =
                        format!("audioChannelFormat {id} has a coefficient with {attribute}");
                    let help = "gain and delay can be rendered; phase and variables cannot";
                    findings.add(UNSUPPORTED, coefficient.place, message, help);
                }
            }
        }
        _ => {}
    }
}

/// Components differ, and what holds for the whole field is the same for all.
fn check_hoa(
    pack: &PackFormat,
    members: &[PackChannel],
    packs: &Table<PackFormat>,
    channels: &Table<ChannelFormat>,
    findings: &mut Findings,
) {
    let (id, place) = (&pack.head.id, pack.head.place);
    let mut seen = HashSet::new();
    let mut common = None;
    for member in members {
        let Blocks::Hoa(blocks) = &*channels[member.channel].blocks else {
            continue;
        };
        let block = &blocks[0];
        if !seen.insert((block.order, block.degree)) {
            let message = format!(
                "audioPackFormat {id} has two components of order {} and degree {}",
                block.order.unwrap_or(0),
                block.degree.unwrap_or(0)
            );
            return findings.add(HOA, place, message, "every component comes once");
        }
        let field = match field_of(member, packs, channels) {
            Ok(field) => field,
            Err(what) => {
                let message = format!(
                    "{what} is said twice, and differs, for {} in audioPackFormat {id}",
                    channels[member.channel].head.id
                );
                return findings.add(HOA, block.place, message, "say it once, or the same");
            }
        };
        let high = block.order.unwrap_or(0) > 3;
        if field.normalization == Normalization::FuMa && high {
            let message = format!("audioPackFormat {id} has FuMa components above order 3");
            return findings.add(HOA, place, message, "FuMa ends at order 3");
        }
        let times = (field, block.times);
        match &common {
            None => common = Some(times),
            Some(first) if *first == times => {}
            Some(_) => {
                let message = format!(
                    "the components of audioPackFormat {id} differ in normalization, nfcRefDist, \
                     screenRef or times"
                );
                return findings.add(HOA, place, message, "they are the same for all of a pack");
            }
        }
    }
}

/// What holds for a whole sound field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Field {
    pub(super) normalization: Normalization,
    /// Metres; `None`: no near-field compensation.
    pub(super) nfc_ref_dist: Option<f64>,
    pub(super) screen_ref: bool,
}

/// What is said of the field on the way to one of its components: in packs or in its block. Fails with
/// the name of what is said in two ways.
pub(super) fn field_of(
    member: &PackChannel,
    packs: &Table<PackFormat>,
    channels: &Table<ChannelFormat>,
) -> Result<Field, &'static str> {
    let Blocks::Hoa(blocks) = &*channels[member.channel].blocks else {
        return Err("the type");
    };
    let block = &blocks[0];
    let path = || member.path.iter().map(|&pack| &packs[pack]);
    let normalization = agreed(path().map(|p| p.normalization).chain([block.normalization]))
        .ok_or("normalization")?;
    let nfc_ref_dist =
        agreed(path().map(|p| p.nfc_ref_dist).chain([block.nfc_ref_dist])).ok_or("nfcRefDist")?;
    let screen_ref =
        agreed(path().map(|p| p.screen_ref).chain([block.screen_ref])).ok_or("screenRef")?;
    Ok(Field {
        normalization: normalization.unwrap_or_default(),
        nfc_ref_dist: nfc_ref_dist.filter(|&metres| metres != 0.0),
        screen_ref: screen_ref.unwrap_or(false),
    })
}

/// The one value that is said, if any is; `None` if two differ.
pub(super) fn agreed<T: PartialEq>(said: impl Iterator<Item = Option<T>>) -> Option<Option<T>> {
    let mut found = None;
    for value in said.flatten() {
        match &found {
            None => found = Some(value),
            Some(first) if *first == value => {}
            Some(_) => return None,
        }
    }
    Some(found)
}

/// A matrix takes channels of its input and makes those of its output, each once.
fn check_matrix(
    pack: &PackFormat,
    packs: &Table<PackFormat>,
    channels: &Table<ChannelFormat>,
    findings: &mut Findings,
) {
    let id = &pack.head.id;
    let mut refuse = |place: Place, message: String, help: &str| {
        findings.add(MATRIX, place, message, help);
    };
    let place = pack.head.place;
    if !pack.packs.is_empty() {
        let message = format!("the matrix audioPackFormat {id} has packs inside it");
        return refuse(place, message, "a matrix has channels only");
    }
    let Some(matrix_use) = Use::of(pack) else {
        let message =
            format!("the matrix audioPackFormat {id} has neither an input nor an output pack");
        return refuse(
            place,
            message,
            "direct matrices have both, encoders an input, decoders an output",
        );
    };
    for neighbour in [pack.input, pack.output].into_iter().flatten() {
        if packs[neighbour].kind == TypeDefinition::Matrix {
            let message = format!(
                "the input or output {} of audioPackFormat {id} is itself a matrix",
                packs[neighbour].head.id
            );
            return refuse(
                place,
                message,
                "only decoders build on a matrix, by encodePackFormatIDRef",
            );
        }
    }
    match (matrix_use, pack.encoders.as_slice()) {
        (Use::Direct | Use::Encode, []) => {}
        (Use::Direct | Use::Encode, _) => {
            let message = format!("audioPackFormat {id} has encoders but is no decoder");
            return refuse(
                place,
                message,
                "a decoder has an output pack and no input pack",
            );
        }
        (Use::Decode, [encoder]) => {
            let encoder = &packs[*encoder];
            let encodes =
                encoder.kind == TypeDefinition::Matrix && Use::of(encoder) == Some(Use::Encode);
            if !encodes {
                let message = format!(
                    "audioPackFormat {id} decodes {}, which is no encoder",
                    encoder.head.id
                );
                return refuse(
                    place,
                    message,
                    "an encoder is a matrix with an input pack only",
                );
            }
        }
        (Use::Decode, encoders) => {
            let message = format!(
                "the decoder audioPackFormat {id} has {} encoders",
                encoders.len()
            );
            return refuse(place, message, "a decoder has exactly one");
        }
    }
    let input = match matrix_use {
        Use::Decode => pack.encoders.first().copied(),
        Use::Direct | Use::Encode => pack.input,
    };
    let members = |pack: Option<usize>| -> HashSet<usize> {
        pack.map(|pack| channels_of(packs, pack))
            .unwrap_or_default()
            .iter()
            .map(|member| member.channel)
            .collect()
    };
    let inputs = members(input);
    let mut outputs = members(pack.output);
    let checks_output = matrix_use != Use::Encode;
    for &channel in &pack.channels {
        let channel = &channels[channel];
        let Blocks::Matrix(blocks) = &*channel.blocks else {
            continue;
        };
        let block = &blocks[0];
        for coefficient in &block.coefficients {
            if coefficient
                .input
                .is_some_and(|input| !inputs.contains(&input))
            {
                let message = format!(
                    "audioChannelFormat {} takes {}, which is no channel of the matrix's input",
                    channel.head.id, coefficient.input_ref
                );
                return refuse(
                    coefficient.place,
                    message,
                    "coefficients take channels of the input pack",
                );
            }
        }
        if checks_output && !block.output.is_some_and(|output| outputs.remove(&output)) {
            let message = format!(
                "audioChannelFormat {} makes no channel of the output pack of {id}, or one that another \
                 makes too",
                channel.head.id
            );
            let help = "every channel of the output pack is made by one channel of the matrix";
            return refuse(block.place, message, help);
        }
    }
    if checks_output && let Some(&left) = outputs.iter().min() {
        let message = format!(
            "the matrix audioPackFormat {id} does not make {} of its output pack",
            channels[left].head.id
        );
        refuse(
            place,
            message,
            "every channel of the output pack is made by one channel of the matrix",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_found_however_long_the_chain() {
        let length = 200_000;
        let chain: Vec<Vec<usize>> = (0..length)
            .map(|n| if n + 1 < length { vec![n + 1] } else { vec![] })
            .collect();
        assert_eq!(find_loop(length, |n| &chain[n]), None);
        let mut ring = chain;
        ring[length - 1] = vec![7];
        let found = find_loop(length, |n| &ring[n]).unwrap();
        assert_eq!((found[0], found[found.len() - 1]), (7, 7));
        assert_eq!(found.len(), length - 7 + 1);
        let own = [vec![0_usize]];
        assert_eq!(find_loop(1, |n| &own[n]), Some(vec![0, 0]));
    }

    #[test]
    fn what_is_said_twice_must_agree() {
        assert_eq!(agreed([None, Some(1), Some(1)].into_iter()), Some(Some(1)));
        assert_eq!(agreed([None::<u8>].into_iter()), Some(None));
        assert_eq!(agreed([Some(1), Some(2)].into_iter()), None);
    }
}

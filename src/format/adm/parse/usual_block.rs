//! audioBlockFormat of type Objects as most programs write them, read straight from the bytes of the file: long
//! masters consist of little else.
//!
//! Only what has one meaning is taken: known elements and attributes, each once, in plain ASCII without entities,
//! comments or prefixes, with values that are as they should be. Whatever is otherwise is left to the general
//! reader (`object_block`), which makes the same of it, or tells what is wrong. Neither path knows more than the
//! other about a block as a whole: both end in `Parser::add_block`.

use std::io::BufRead;
use std::ops::{Range, RangeInclusive};

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
    let mut scan = Scan {
        text,
        at: 0,
        last: 0..0,
    };
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

/// Fills a slot that nothing has filled.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
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

fn index_of(name: &[u8], names: &[&str]) -> Option<usize> {
    names.iter().position(|known| known.as_bytes() == name)
}

/// Bytes of names, numbers, times and IDs: they stand for themselves wherever they stand.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        plain[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'_' | b'-' | b'+');
        byte += 1;
    }
    plain
};

/// Values of attributes, in the order of the names that were asked for.
type Values<'a, const N: usize> = [Option<&'a [u8]>; N];

/// A place in the text that moves on as pieces are taken; where a piece is not there, all is given up.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// Name of the element that has begun last.
    last: Range<usize>,
}

impl<'a> Scan<'a> {
    /// Passes white space.
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    /// Takes these very bytes.
    #[inline(always)]
    fn take(&mut self, piece: &[u8]) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        rest.starts_with(piece).then(|| self.at += piece.len())
    }

    /// Takes plain bytes, as many as there are.
    #[inline(always)]
    fn value(&mut self) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let plain = rest.iter().position(|byte| !PLAIN[usize::from(*byte)]);
        let count = plain.unwrap_or(rest.len());
        self.at += count;
        &rest[..count]
    }

    /// Takes the name of an element that begins.
    fn name(&mut self) -> &'a [u8] {
        let begin = self.at;
        let name = self.value();
        self.last = begin..self.at;
        name
    }

    /// Takes the rest of a start tag: the values of the attributes `names`, and whether it is a whole element.
    #[inline(always)]
    fn attributes<const N: usize>(&mut self, names: [&str; N]) -> Option<(Values<'a, N>, bool)> {
        let mut found = [None; N];
        loop {
            if self.take(b">").is_some() {
                return Some((found, false));
            }
            if self.take(b"/>").is_some() {
                return Some((found, true));
            }
            let before = self.at;
            self.space();
            if self.at == before {
                return None;
            }
            if let Some(b'>' | b'/') = self.text.get(self.at) {
                continue;
            }
            let index = index_of(self.value(), &names)?;
            self.take(b"=\"")?;
            let value = self.value();
            self.take(b"\"")?;
            once(&mut found[index], value)?;
        }
    }

    /// Takes the rest of the element `name`, which has text alone: the values of the attributes `names`, and the
    /// text.
    #[inline(always)]
    fn leaf<const N: usize>(
        &mut self,
        name: &[u8],
        names: [&str; N],
    ) -> Option<(Values<'a, N>, &'a [u8])> {
        let (found, false) = self.attributes(names)? else {
            return None;
        };
        let text = self.value();
        self.take(b"</")?;
        self.take(name)?;
        self.take(b">")?;
        Some((found, text))
    }

    /// Takes the rest of the element `name`, which has text alone and no attributes.
    fn text(&mut self, name: &[u8]) -> Option<&'a [u8]> {
        let ([], text) = self.leaf(name, [])?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::BufReader;

    use super::super::super::model::Document;
    use super::*;
    use crate::format::{AudioFacts, SampleFormat};
    use crate::units::{Frames, SampleRate};

    const BEGIN: &str = "<audioFormatExtended version='ITU-R_BS.2076-2'>\n\t<audioChannelFormat \
                         audioChannelFormatID='AC_00031001' typeLabel='0003'>\n";
    const END: &str = "\t</audioChannelFormat>\n</audioFormatExtended>";

    /// All that is read of `text` with so many bytes ahead, and how that ended.
    fn read(text: &str, ahead: usize) -> String {
        let facts = AudioFacts {
            container: "RIFF",
            sample_format: SampleFormat::Integer { bits: 16 },
            channels: 1,
            sample_rate: SampleRate(48_000),
            frames: Frames(1),
            channel_mask: None,
            tracks: 1,
            priming: Frames(0),
            warnings: Vec::new(),
            chunks: Vec::new(),
        };
        let mut document = Document::empty("a.wav".as_ref(), &facts);
        let source = BufReader::with_capacity(ahead, text.as_bytes());
        let outcome = super::super::read(source, &mut document, 8 << 20);
        format!("{outcome:?} {document:#?}")
    }

    /// No block lies whole in one byte, so that all of them go the general way.
    fn same_both_ways(text: &str) {
        let general = read(text, 1);
        for ahead in [300, 1000, 1 << 16] {
            let usual = read(text, ahead);
            if usual != general {
                let differs = |(a, b): &(&str, &str)| a != b;
                let first = usual.lines().zip(general.lines()).find(differs);
                panic!("{ahead} bytes ahead: {first:?} in\n{text}");
            }
        }
    }

    fn is_usual(block: &str) -> bool {
        usual_block(block.as_bytes()).is_some_and(|found| block[found.end..].trim().is_empty())
    }

    struct Dice(u64);

    impl Dice {
        fn below(&mut self, count: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
            self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % count
        }

        fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
            of[self.below(of.len() as u64) as usize]
        }

        /// A number within -`most` to `most`, spelt in one of several ways.
        fn number(&mut self, most: f64) -> String {
            let value = (self.below(2_000_001) as f64 / 1e6 - 1.0) * most;
            match self.below(5) {
                0 => format!("{value:.10}"),
                1 => format!("{value}"),
                2 => format!("{value:e}"),
                3 => format!("{:.0}", value),
                _ => format!("{value:+.3}"),
            }
        }

        fn size(&mut self, most: f64) -> String {
            self.number(most).trim_start_matches(['-', '+']).to_owned()
        }
    }

    /// A block that keeps to all rules, and the children it has in any order.
    fn block(dice: &mut Dice, number: usize) -> String {
        let mut children = Vec::new();
        let room = dice.below(2) == 0;
        if room {
            children.push("<cartesian>1</cartesian>".to_owned());
        } else if dice.below(2) == 0 {
            children.push("<cartesian>0</cartesian>".to_owned());
        }
        let axes = match room {
            true => [("X", 1.0), ("Y", 1.0), ("Z", 1.0)],
            false => [("azimuth", 180.0), ("elevation", 90.0), ("distance", 1.0)],
        };
        for (n, (axis, most)) in axes.into_iter().enumerate() {
            if n == 2 && dice.below(2) == 0 {
                continue;
            }
            let value = match axis {
                "distance" => dice.size(most),
                _ => dice.number(most),
            };
            children.push(format!(
                "<position coordinate=\"{axis}\">{value}</position>"
            ));
        }
        for name in SIZES {
            if dice.below(3) == 0 {
                children.push(format!("<{name}>{}</{name}>", dice.size(1.0)));
            }
        }
        let size = dice.size(1.0);
        let zone = match dice.below(3) {
            0 => {
                "<zone minAzimuth=\"-30\" maxAzimuth=\"30.5\" minElevation=\"0\" maxElevation=\"90\"/>"
            }
            1 => {
                "<zone minX=\"-1\" maxX=\"1\" minY=\"-1\"\n maxY=\"0.5\" minZ=\"-1\" maxZ=\"1\">No back 2</zone>\n"
            }
            _ => "",
        };
        let range = if room {
            "positionRange=\"0.25\""
        } else {
            "azimuthRange=\"30\""
        };
        let range = if dice.below(2) == 0 { range } else { "" };
        let optional = [
            format!("<gain>{}</gain>", dice.number(2.0)),
            format!(
                "<gain gainUnit=\"{}\">{size}</gain>",
                dice.one(&["linear", "dB"])
            ),
            format!("<diffuse>{size}</diffuse>"),
            format!("<importance>{}</importance>", dice.below(11)),
            format!("<channelLock>{}</channelLock>", dice.below(2)),
            format!(
                "<channelLock maxDistance=\"{size}\" >{}</channelLock>",
                dice.below(2)
            ),
            format!("<jumpPosition>{}</jumpPosition>", dice.below(2)),
            "<jumpPosition interpolationLength=\"0.005208\">1</jumpPosition>".to_owned(),
            format!("<objectDivergence {range}>{size}</objectDivergence>"),
            format!("<screenRef>{}</screenRef>", dice.below(2)),
            format!("<headLocked>{}</headLocked>", dice.below(2)),
            format!("<zoneExclusion>{zone}{zone}</zoneExclusion>"),
        ];
        let name = |child: &str| child[1..].split([' ', '>']).next().unwrap().to_owned();
        for child in optional {
            if dice.below(3) == 0 && !children.iter().any(|other| name(other) == name(&child)) {
                let place = dice.below(children.len() as u64 + 1) as usize;
                children.insert(place, child);
            }
        }
        let times = match dice.below(4) {
            0 => String::new(),
            1 => "duration=\"00:00:00.512S48000\"".to_owned(),
            _ => format!(
                "rtime=\"00:00:{:02}.{:05}\" duration=\"00:00:00.{}\"",
                dice.below(60),
                dice.below(100_000),
                dice.below(1_000_000_000)
            ),
        };
        let id = format!("audioBlockFormatID=\"AB_00031001_{number:08x}\"");
        let attributes = match dice.below(2) {
            0 => format!("{id} {times}"),
            _ => format!("{times} {id}"),
        };
        let space = dice.one(&["", " ", "\n", "\r\n\t\t"]);
        let mut text = format!("{space}<audioBlockFormat {attributes}>{space}");
        for child in children {
            write!(text, "{child}{space}").unwrap();
        }
        text.push_str("</audioBlockFormat>");
        text
    }

    #[test]
    fn blocks_of_all_kinds_are_read_as_in_general() {
        let mut dice = Dice(1);
        for _ in 0..40 {
            let mut text = BEGIN.to_owned();
            for number in 0..50 {
                let block = block(&mut dice, number);
                assert!(is_usual(&block), "{block}");
                text.push_str(&block);
            }
            text.push_str(END);
            assert!(read(&text, 1).starts_with("Ok(())"), "{text}");
            same_both_ways(&text);
        }
    }

    const USUAL: &str = "<audioBlockFormat audioBlockFormatID=\"AB_00031001_00000001\" \
                         rtime=\"00:00:00.00000\" duration=\"00:00:01.00000\">\n<cartesian>1</cartesian>\n\
                         <position coordinate=\"X\">-0.5</position>\n<position coordinate=\"Y\">1</position>\n\
                         <jumpPosition interpolationLength=\"0.005208\">1</jumpPosition>\n</audioBlockFormat>\n";

    /// Whatever is not as usual goes the general way, whether it is good or wrong.
    #[test]
    fn odd_spellings_are_left_to_the_general_reader() {
        assert!(is_usual(USUAL));
        for (from, to) in [
            ("<cartesian>", "<!-- a --><cartesian>"),
            ("<cartesian>", "words<cartesian>"),
            ("<cartesian>", "<cartesian >1</cartesian>\n<cartesian>"),
            ("<cartesian>1", "<cartesian> 1"),
            ("<cartesian>1", "<cartesian>&#49;"),
            ("<cartesian>1", "<cartesian><![CDATA[1]]>"),
            ("<cartesian>1", "<cartesian>true"),
            ("<cartesian>1", "<cartesian>2"),
            ("<cartesian>1<", "<cartesian>1<!-- a --><"),
            ("<cartesian>1</cartesian>", "<cartesian/>"),
            ("<cartesian>1</cartesian>", "<a:cartesian>1</a:cartesian>"),
            ("<cartesian>1</cartesian>", "<cartesian>1</cartesian >"),
            ("<cartesian>1</cartesian>", "<cartesian>1</position>"),
            ("<cartesian>1</cartesian>", "<unknown>1</unknown>"),
            ("coordinate=\"X\"", "coordinate='X'"),
            ("coordinate=\"X\"", "coordinate = \"X\""),
            ("coordinate=\"X\"", "coordinate=\"X\" coordinate=\"X\""),
            (
                "coordinate=\"X\"",
                "coordinate=\"X\" screenEdgeLock=\"left\"",
            ),
            ("coordinate=\"X\"", "coordinate=\"Y\""),
            ("coordinate=\"X\"", "coordinate=\"W\""),
            ("coordinate=\"X\"", "coordinate=\" X\""),
            (" coordinate=\"X\"", ""),
            ("-0.5", "-0,5"),
            ("-0.5", "inf"),
            ("-0.5", "1e400"),
            ("-0.5", ""),
            ("-0.5", "\u{2212}0.5"),
            (
                "interpolationLength=\"0.005208\"",
                "interpolationLength=\"-1\"",
            ),
            ("rtime=", "other=\"\" rtime="),
            ("rtime=", "xmlns=\"a\" rtime="),
            ("rtime=\"00:00:00.00000\" ", "rtime=\"now\" "),
            (" duration=\"00:00:01.00000\"", ""),
            ("\" rtime", "\"rtime"),
            ("AB_00031001_00000001", ""),
            ("AB_00031001_00000001", "AB_&lt;"),
            ("</audioBlockFormat>", "</audioBlockFormat >"),
            (
                "</audioBlockFormat>",
                "<diffuse>2</diffuse></audioBlockFormat>",
            ),
            (
                "</audioBlockFormat>",
                "<gain gainUnit=\"B\">1</gain></audioBlockFormat>",
            ),
            (
                "</audioBlockFormat>",
                "<gain gainUnit=\"dB\">-inf</gain></audioBlockFormat>",
            ),
            (
                "</audioBlockFormat>",
                "<gain gainUnit=\"dB\">1e5</gain></audioBlockFormat>",
            ),
            (
                "</audioBlockFormat>",
                "<importance>11</importance></audioBlockFormat>",
            ),
            (
                "</audioBlockFormat>",
                "<width>-1</width></audioBlockFormat>",
            ),
            (
                "</audioBlockFormat>",
                "<headphoneVirtualise bypass=\"1\"/></audioBlockFormat>",
            ),
            (
                "</audioBlockFormat>",
                "<zoneExclusion><zone minX=\"0\"/></zoneExclusion></audioBlockFormat>",
            ),
            ("</audioBlockFormat>", ""),
            ("</audioBlockFormat>", "</audioBlockFormat"),
        ] {
            let odd = USUAL.replacen(from, to, 1);
            assert_ne!(odd, USUAL, "{from}");
            assert!(!is_usual(&odd), "{odd}");
            same_both_ways(&[BEGIN, USUAL, &odd, USUAL, END].concat());
        }
    }

    /// Findings about a block as a whole name it and its place.
    #[test]
    fn usual_spellings_with_faults_are_told_alike() {
        for (from, to) in [
            ("<cartesian>1</cartesian>\n", ""),
            ("\"Y\"", "\"Z\""),
            ("\"X\"", "\"azimuth\""),
            (
                "<jump",
                "<objectDivergence azimuthRange=\"10\">0.5</objectDivergence><jump",
            ),
        ] {
            let faulty = USUAL.replacen(from, to, 1);
            assert!(is_usual(&faulty), "{faulty}");
            same_both_ways(&[BEGIN, USUAL, "\n \t", &faulty, END].concat());
        }
    }

    /// Wherever the text ends, both ways say the same.
    #[test]
    fn a_text_that_is_cut_is_told_alike() {
        let text = [BEGIN, USUAL, USUAL, END].concat();
        for end in BEGIN.len()..text.len() {
            same_both_ways(&text[..end]);
        }
        let alone = BEGIN.replace("'0003'>", "'0003'/>");
        same_both_ways(&[&alone, USUAL, END].concat());
        let deep = ["<a>".repeat(60).as_str(), BEGIN, USUAL, END].concat();
        same_both_ways(&deep);
    }

    /// What is too much is told at the same block.
    #[test]
    fn too_many_blocks_are_told_alike() {
        let zone =
            "<zone minX=\"0\" maxX=\"0\" minY=\"0\" maxY=\"0\" minZ=\"0\" maxZ=\"0\"/>".repeat(20);
        let zones = format!("<zoneExclusion>{zone}</zoneExclusion></audioBlockFormat>");
        let block = USUAL.replace("</audioBlockFormat>", &zones);
        assert!(is_usual(&block));
        let text = [BEGIN, &block.repeat(9000), END].concat();
        let outcome = read(&text, 1 << 16);
        assert!(outcome.starts_with("Err(Rule { rule: Rule { code: \"U503\""));
        assert!(outcome == read(&text, 1));
    }
}

//! Blocks are read alike on both ways.

use std::fmt::Write as _;
use std::io::BufReader;

use super::*;

const BEGIN: &str = "<audioFormatExtended version='ITU-R_BS.2076-2'>\n\t<audioChannelFormat \
                     audioChannelFormatID='AC_00031001' typeLabel='0003'>\n";
const END: &str = "\t</audioChannelFormat>\n</audioFormatExtended>";

/// All that is read of `text` with so many bytes ahead, and how that ended.
fn read(text: &str, ahead: usize) -> String {
    let mut document = super::super::unread();
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

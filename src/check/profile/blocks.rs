//! Rules 43, 44, 52 to 54 of every block, and 105 to 125 of the blocks of objects, as they pass.

use std::collections::{HashMap, HashSet};

use super::chna::hex;
use super::document::{Kind, kind_of};
use super::emission;
use super::general::{name, one_time};
use super::report::{Report, quoted};
use super::tree::{Blocks, Element};
use super::zones;
use crate::format::adm::Place;

/// What was seen of the blocks of a channel.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) count: usize,
    /// The first block, whole.
    pub(super) first: Option<Element>,
    /// Where the last block ends, in seconds, and where it stands.
    pub(super) end: Option<(f64, Place)>,
}

/// The checker of blocks, with what it has seen.
pub(super) struct BlockRules<'a> {
    report: &'a mut Report,
    rate: f64,
    pub(super) summaries: HashMap<String, Summary>,
    channel: Channel,
}

/// The channel whose blocks pass.
#[derive(Default)]
struct Channel {
    summary: Summary,
    seen: HashSet<u64>,
    last_start: f64,
}

/// What may stand in a block of an object.
const CHILDREN: [&str; 11] = [
    "cartesian",
    "position",
    "gain",
    "importance",
    "width",
    "depth",
    "height",
    "diffuse",
    "channelLock",
    "jumpPosition",
    "zoneExclusion",
];

/// How far the ends of blocks may miss each other: real masters round both sides to 10 microseconds.
const JOINT_S: f64 = 16e-6;

impl<'a> BlockRules<'a> {
    pub(super) fn new(rate: u64, report: &'a mut Report) -> Self {
        Self {
            report,
            rate: rate as f64,
            summaries: HashMap::new(),
            channel: Channel::default(),
        }
    }
}

impl Blocks for BlockRules<'_> {
    fn block(&mut self, channel: &Element, block: &Element) {
        let number = self.channel.summary.count;
        self.identity(channel, block);
        emission::block(block, self.report);
        let times = self.times(block);
        if kind_of(channel) == Kind::Objects {
            self.joints(block, number, times);
            self.contents(block);
            self.position(block);
            self.jump(block, number);
            self.values(block);
            zones::check(block, self.report);
        }
        let summary = &mut self.channel.summary;
        summary.count += 1;
        if number == 0 {
            summary.first = Some(block.clone());
        }
    }

    fn channel_ends(&mut self, channel: &Element) {
        let seen = std::mem::take(&mut self.channel);
        self.summaries.entry(channel.key()).or_insert(seen.summary);
    }
}

impl BlockRules<'_> {
    fn identity(&mut self, channel: &Element, block: &Element) {
        let report = &mut *self.report;
        let id = block.id();
        let digits = id
            .split_once('_')
            .and_then(|(_, rest)| rest.split_once('_'));
        let parts = digits.filter(|(own, number)| {
            id.get(..3)
                .is_some_and(|start| start.eq_ignore_ascii_case("AB_"))
                && hex(own, "", 8).is_some()
                && hex(number, "", 8).is_some()
        });
        report.need(parts.is_some(), 43, block.place, || {
            format!("a block of {} has the ID {}", name(channel), quoted(id))
        });
        let Some((own, number)) = parts else { return };
        let of_channel = channel.id().get(3..).unwrap_or_default();
        report.need(
            own.eq_ignore_ascii_case(of_channel),
            52,
            block.place,
            || format!("{id} is a block of {}", name(channel)),
        );
        let number = u64::from_str_radix(number, 16).unwrap_or(0);
        let is_new = self.channel.seen.insert(number);
        report.need(is_new, 44, block.place, || format!("{id} is given twice"));
        let wanted = self.channel.summary.count as u64 + 1;
        if kind_of(channel) == Kind::Objects {
            report.need(number == wanted, 105, block.place, || {
                format!("{id} is block {wanted} of its channel")
            });
        }
    }

    /// Start and duration in seconds.
    fn times(&mut self, block: &Element) -> Option<(f64, f64)> {
        let (rtime, duration) = (block.attribute("rtime"), block.attribute("duration"));
        self.report.need(
            rtime.is_some() == duration.is_some(),
            54,
            block.place,
            || format!("{} has one of rtime and duration", name(block)),
        );
        let mut read = |key, text: Option<&str>| {
            one_time(
                &format!("{} has the {key}", name(block)),
                text?,
                block,
                self.report,
            )
        };
        let start = read("rtime", rtime);
        start.zip(read("duration", duration))
    }

    fn joints(&mut self, block: &Element, number: usize, times: Option<(f64, f64)>) {
        let (report, place) = (&mut *self.report, block.place);
        let has_both = block.attribute("rtime").is_some() && block.attribute("duration").is_some();
        report.need(has_both, 106, place, || {
            format!("{} has not both rtime and duration", name(block))
        });
        let Some((start, duration)) = times else {
            return;
        };
        let channel = &mut self.channel;
        if number == 0 {
            report.need(start.abs() < 1e-9, 107, place, || {
                format!("{} begins at {start:.5} s", name(block))
            });
        } else if let Some((end, _)) = channel.summary.end {
            let joins = (start - end).abs() <= JOINT_S && start >= channel.last_start;
            report.need(joins, 108, place, || {
                format!(
                    "{} begins at {start:.5} s; the block before it ends at {end:.5} s",
                    name(block)
                )
            });
        }
        report.need(duration > 0.0, 109, place, || {
            format!("{} has the duration {duration:.5} s", name(block))
        });
        channel.last_start = start;
        channel.summary.end = Some((start + duration, place));
    }

    fn contents(&mut self, block: &Element) {
        for child in block.others(&CHILDREN) {
            self.report.need(false, 112, child.place, || {
                format!("{} has {}", name(block), quoted(&child.name))
            });
        }
        for child in CHILDREN.into_iter().filter(|child| *child != "position") {
            let count = block.all(child).count();
            self.report.need(count <= 1, 112, block.place, || {
                format!("{} has {count} times {child}", name(block))
            });
        }
        let flag = block.text_of("cartesian");
        self.report.need(flag == Some("1"), 113, block.place, || {
            format!(
                "{} has cartesian {}",
                name(block),
                quoted(flag.unwrap_or(""))
            )
        });
    }

    fn position(&mut self, block: &Element) {
        let report = &mut *self.report;
        let mut counts = [0; 3];
        let mut is_known = true;
        for position in block.all("position") {
            let axis = position.attribute("coordinate");
            match axis.and_then(|axis| ["X", "Y", "Z"].iter().position(|known| *known == axis)) {
                Some(axis) => counts[axis] += 1,
                None => is_known = false,
            }
            let value: Option<f64> = position.text.parse().ok();
            let is_inside = value.is_some_and(|value| (-1.0..=1.0).contains(&value));
            // Coordinates of another kind are rule 114's.
            let is_room = axis.is_some_and(|axis| matches!(axis, "X" | "Y" | "Z"));
            report.need(is_inside || !is_room, 115, position.place, || {
                format!(
                    "{} has {} = {}",
                    name(block),
                    axis.unwrap_or(""),
                    quoted(&position.text)
                )
            });
            report.need(
                position.attribute("screenEdgeLock").is_none(),
                115,
                position.place,
                || format!("{} has a screenEdgeLock", name(block)),
            );
        }
        let is_whole = is_known && counts[0] == 1 && counts[1] == 1 && counts[2] <= 1;
        report.need(is_whole, 114, block.place, || {
            let named = block
                .all("position")
                .map(|position| position.attribute("coordinate").unwrap_or("?"));
            format!(
                "{} has the coordinates {}",
                name(block),
                quoted(&named.collect::<Vec<_>>().join(" "))
            )
        });
    }

    fn jump(&mut self, block: &Element, number: usize) {
        let jump = block.all("jumpPosition").next();
        let report = &mut *self.report;
        let said = jump.map(|jump| jump.text.as_str());
        report.need(said == Some("1"), 116, block.place, || {
            format!(
                "{} has jumpPosition {}",
                name(block),
                quoted(said.unwrap_or(""))
            )
        });
        let length = jump.and_then(|jump| jump.attribute("interpolationLength"));
        let value: Option<f64> = length.and_then(|length| length.parse().ok());
        let wanted = |value: f64| match number {
            0 => value.abs() < 1e-9,
            _ => {
                (value - 0.005208).abs() <= 1.001e-6
                    || (self.rate >= 96_000.0 && (value - 250.0 / self.rate).abs() <= 1.001e-6)
            }
        };
        report.need(value.is_some_and(wanted), 117, block.place, || {
            format!(
                "{}, block {} of its channel, has interpolationLength {}",
                name(block),
                number + 1,
                quoted(length.unwrap_or(""))
            )
        });
    }

    fn values(&mut self, block: &Element) {
        let (report, place) = (&mut *self.report, block.place);
        let number = |key: &str| block.text_of(key).map(|text| text.parse::<f64>().ok());
        let sizes = ["width", "depth", "height"].map(number);
        let is_one = match sizes {
            [None, None, None] => true,
            [Some(Some(width)), Some(Some(depth)), Some(Some(height))] => {
                let equal = (width - depth).abs() < 1e-9 && (width - height).abs() < 1e-9;
                equal && (0.0..=1.0).contains(&width)
            }
            _ => false,
        };
        report.need(is_one, 118, place, || {
            let said = ["width", "depth", "height"].map(|key| block.text_of(key).unwrap_or("-"));
            format!("{} has the sizes {}", name(block), quoted(&said.join(" ")))
        });
        for key in ["diffuse", "channelLock"] {
            let is_flag = number(key).is_none_or(|value| {
                value.is_some_and(|value| value.abs() < 1e-9 || (value - 1.0).abs() < 1e-9)
            });
            report.need(is_flag, 119, place, || {
                format!(
                    "{} has {key} {}",
                    name(block),
                    quoted(block.text_of(key).unwrap_or(""))
                )
            });
        }
        let lock = block.all("channelLock").next();
        report.need(
            lock.is_none_or(|lock| lock.attribute("maxDistance").is_none()),
            120,
            place,
            || format!("the channelLock of {} has a maxDistance", name(block)),
        );
        gain(block, report);
        let gain = number("gain").flatten();
        if let Some(importance) = number("importance") {
            let fits = importance.is_some_and(|importance| match importance {
                0.0 => gain == Some(0.0),
                _ => (0.0..=10.0).contains(&importance),
            });
            report.need(fits, 123, place, || {
                let importance = quoted(block.text_of("importance").unwrap_or(""));
                format!(
                    "{} has importance {importance} and gain {}",
                    name(block),
                    quoted(block.text_of("gain").unwrap_or(""))
                )
            });
        }
    }
}

fn gain(block: &Element, report: &mut Report) {
    let Some(gain) = block.all("gain").next() else {
        return;
    };
    let value: Option<f64> = gain.text.parse().ok();
    let is_linear = gain
        .attribute("gainUnit")
        .is_none_or(|unit| unit == "linear");
    let is_gain = is_linear && value.is_some_and(|value| value.is_finite() && value >= 0.0);
    report.need(is_gain, 121, gain.place, || {
        let unit = gain.attribute("gainUnit").unwrap_or("linear");
        format!(
            "{} has the gain {} ({unit})",
            name(block),
            quoted(&gain.text)
        )
    });
    report.need(!is_gain || value == Some(0.0), 122, gain.place, || {
        format!("{} has the gain {}", name(block), gain.text)
    });
}

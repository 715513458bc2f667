//! Tries the times of all blocks before anything is played.

use super::blocks::Blocks;
use super::build::Build;
use super::codes::{BLOCK_TIMES, INTERPOLATION, MENDED, OVERLAP, PAST_END, Rule, TIME};
use super::findings::{Findings, Place};
use super::path_values::PathValues;
use super::timeline::{Fault, Span, Timeline};

/// One warning for all mended blocks of a file.
pub(super) fn tell_mended(count: usize, findings: &mut Findings) {
    let message = match count {
        1 => "the times of 1 block were mended".to_owned(),
        n => format!("the times of {n} blocks were mended"),
    };
    let help = "they do not meet, or end after their object, by rounding only, or are shorter than their \
                interpolation: each now ends where the next one starts";
    findings.add(MENDED, Place::default(), message, help);
}

impl Build<'_> {
    pub(super) fn timeline(&self, channel: usize, values: &PathValues) -> Timeline {
        Timeline {
            blocks: self.blocks(channel),
            object_start: values.start,
            object_end: values.end,
            rate: self.document.sample_rate,
            mend: self.selection.mend,
        }
    }

    /// Tries all blocks of a channel. One finding at most: the next ones mostly follow from it.
    pub(super) fn times_are_good(
        &mut self,
        timeline: &Timeline,
        channel: usize,
        findings: &mut Findings,
    ) -> bool {
        if self.is_tried {
            return true;
        }
        if !self.spend(timeline.blocks.len(), findings) {
            return false;
        }
        let (mut mended, mut before) = (0, None);
        for index in 0..timeline.blocks.len() {
            match try_block(timeline, index, before) {
                Ok((span, was_mended)) => {
                    mended += usize::from(was_mended);
                    before = Some(span);
                }
                Err(fault) => {
                    let id = &self.document.channels[channel].head.id;
                    let (index, rule, message, help) = describe(fault, index);
                    let place = timeline.blocks.place(index);
                    let message = format!("block {} of {id} {message}", index + 1);
                    findings.add(rule, place, message, help);
                    return false;
                }
            }
        }
        // A channel that two objects play is mended once.
        if mended > 0 && self.told.insert((MENDED.code, channel.to_string())) {
            self.mended += mended;
        }
        true
    }
}

/// Does all that playing the block after `before` will do; gives when it plays, and whether its times had to
/// be mended.
fn try_block(
    timeline: &Timeline,
    index: usize,
    before: Option<Span>,
) -> Result<(Span, bool), Fault> {
    let span = timeline.span(index)?;
    timeline.frames(index, span)?;
    let mut mended = span.mended;
    if let Blocks::Objects(blocks) = &*timeline.blocks {
        let jump = blocks.shape(index).jump;
        // Checked also where nothing moves: the file says something impossible there.
        let (_, was_cut) = timeline.interpolation(span, jump)?;
        // A move that the end of all blocks cuts is as good as one that ends there.
        mended |= was_cut && index + 1 < timeline.blocks.len();
        if span.follows(before) {
            timeline.ramp(span, jump)?;
        }
    }
    Ok((span, mended))
}

/// The block to blame, and what to say.
fn describe(fault: Fault, index: usize) -> (usize, Rule, String, &'static str) {
    match fault {
        Fault::Overlaps(by) => (
            index + 1,
            OVERLAP,
            format!("starts {by} before the end of the block before it"),
            "blocks follow each other: correct rtime or duration",
        ),
        Fault::PastEnd(by) => (
            index,
            PAST_END,
            format!("ends {by} after its object"),
            "shorten the block, or give its object a longer duration",
        ),
        Fault::Incomplete => (
            index,
            BLOCK_TIMES,
            "has no rtime or no duration, but is not alone".to_owned(),
            "each of several blocks has both",
        ),
        Fault::Interpolation => (
            index,
            INTERPOLATION,
            "is shorter than its interpolationLength".to_owned(),
            "shorten the interpolation",
        ),
        Fault::TooFine => (
            index,
            TIME,
            "has times too fine to be added exactly".to_owned(),
            "use one clock for all times of an object",
        ),
    }
}

//! When the blocks of a channel play, to the sample (ITU-R BS.2127, 6.2).
//!
//! - A block starts at its object's start plus its rtime and ends its duration later. Without times it is
//!   as long as the object.
//! - A sample belongs to a block if start · rate <= n < end · rate.
//! - Blocks that follow each other at once are joined by a move of gains; after a gap nothing moves.
//!
//! Programs that round rtime and duration apart leave gaps and overlaps of one unit of the last decimal.
//! These are mended: the earlier block ends where the next one starts.

use std::sync::Arc;

use super::blocks::{Blocks, JumpPosition};
use super::time::Time;
use crate::scene::Ramp;
use crate::units::{Frames, SampleRate};

/// Overlaps up to this are taken for rounding: one unit of the fifth decimal and a half for the sum.
const OVERLAP_MENDED: (u64, u64) = (16, 1_000_000);

/// Gaps up to one unit of the fifth decimal are taken for rounding if the times have five decimals.
const GAP_MENDED: (u64, u64) = (1, 100_000);

/// Gaps up to a nanosecond always are.
const TINY_GAP_MENDED: (u64, u64) = (1, 1_000_000_000);

/// Blocks may end so much after their object and are cut there.
const EXCESS_MENDED: (u64, u64) = (1, 1_000);

fn limit((numerator, denominator): (u64, u64)) -> Time {
    Time::new(numerator, denominator).unwrap_or(Time::ZERO)
}

/// What is wrong with the times of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It begins so much before the end of the block before it.
    Overlaps(Time),
    /// It ends so much after its object.
    PastEnd(Time),
    /// It has an rtime or a duration alone, or none beside other blocks.
    Incomplete,
    /// Its interpolation is longer than itself.
    Interpolation,
    /// Its fraction of a second cannot be held exactly.
    TooFine,
}

/// When a block plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Time,
    /// `None`: to the end of the programme.
    pub(super) end: Option<Time>,
    /// Its end was moved.
    pub(super) mended: bool,
}

impl Span {
    /// True if it begins where the one before it ends.
    pub(super) fn follows(self, before: Option<Self>) -> bool {
        before.is_some_and(|before| before.end == Some(self.start))
    }
}

/// The blocks of a channel as one object plays them.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    pub(super) blocks: Arc<Blocks>,
    pub(super) object_start: Time,
    /// `None`: it has no end.
    pub(super) object_end: Option<Time>,
    pub(super) rate: SampleRate,
    pub(super) mend: bool,
}

impl Timeline {
    /// When block `index` plays.
    pub(super) fn span(&self, index: usize) -> Result<Span, Fault> {
        let times = self.blocks.times(index);
        let (rtime, duration) = match (times.rtime, times.duration) {
            (Some(rtime), Some(duration)) => (rtime, duration),
            (None, None) if self.blocks.len() == 1 => {
                return Ok(Span {
                    start: self.object_start,
                    end: self.object_end,
                    mended: false,
                });
            }
            _ => return Err(Fault::Incomplete),
        };
        let start = self.object_start.checked_add(rtime).ok_or(Fault::TooFine)?;
        let mut end = rtime.checked_add(duration).ok_or(Fault::TooFine)?;
        let mut mended = false;
        if index + 1 < self.blocks.len() {
            let next = self
                .blocks
                .times(index + 1)
                .rtime
                .ok_or(Fault::Incomplete)?;
            if end != next && self.is_rounding(rtime, duration, end, next)? {
                end = next;
                mended = true;
            }
        }
        let mut end = self.object_start.checked_add(end).ok_or(Fault::TooFine)?;
        if let Some(object_end) = self.object_end
            && end > object_end
        {
            let excess = end.checked_sub(object_end).ok_or(Fault::TooFine)?;
            if !self.mend || excess > limit(EXCESS_MENDED) || start > object_end {
                return Err(Fault::PastEnd(excess));
            }
            end = object_end;
            mended = true;
        }
        Ok(Span {
            start,
            end: Some(end),
            mended,
        })
    }

    /// True if a block ends beside the start of the next one by rounding only. Fails if it overlaps it by
    /// more.
    fn is_rounding(
        &self,
        rtime: Time,
        duration: Time,
        end: Time,
        next: Time,
    ) -> Result<bool, Fault> {
        if end > next {
            let overlap = end.checked_sub(next).ok_or(Fault::TooFine)?;
            return if self.mend && overlap <= limit(OVERLAP_MENDED) {
                Ok(true)
            } else {
                Err(Fault::Overlaps(overlap))
            };
        }
        let gap = next.checked_sub(end).ok_or(Fault::TooFine)?;
        let five_decimals = [rtime, duration, next]
            .iter()
            .all(|time| time.is_multiple_of(100_000));
        let rounding = gap <= limit(TINY_GAP_MENDED) || five_decimals && gap <= limit(GAP_MENDED);
        Ok(self.mend && rounding)
    }

    /// When block `index`, which is not the only one, starts.
    fn start(&self, index: usize) -> Result<Time, Fault> {
        let rtime = self.blocks.times(index).rtime.ok_or(Fault::Incomplete)?;
        self.object_start.checked_add(rtime).ok_or(Fault::TooFine)
    }

    /// How long the gains of a block move, and whether that was cut to the length of the block.
    pub(super) fn interpolation(
        &self,
        span: Span,
        jump: JumpPosition,
    ) -> Result<(Option<Time>, bool), Fault> {
        let length = match span.end {
            Some(end) => Some(end.checked_sub(span.start).ok_or(Fault::TooFine)?),
            None => None,
        };
        if !jump.flag {
            return Ok((length, false));
        }
        let wanted = jump.interpolation_length.unwrap_or(Time::ZERO);
        match length {
            Some(length) if wanted > length => {
                if self.mend {
                    Ok((Some(length), true))
                } else {
                    Err(Fault::Interpolation)
                }
            }
            _ => Ok((Some(wanted), false)),
        }
    }

    /// Frames of block `index`: its first, how many (`None`: until the next block at once, or the end).
    pub(super) fn frames(
        &self,
        index: usize,
        span: Span,
    ) -> Result<(Frames, Option<Frames>), Fault> {
        let first = span.start.first_frame(self.rate);
        let Some(end) = span.end else {
            return Ok((first, None));
        };
        if index + 1 < self.blocks.len() && self.start(index + 1)? == end {
            return Ok((first, None));
        }
        let length = end.first_frame(self.rate).0.saturating_sub(first.0);
        Ok((first, Some(Frames(length))))
    }

    /// The move of gains at the beginning of a block that plays in `span`, and follows another at once.
    pub(super) fn ramp(&self, span: Span, jump: JumpPosition) -> Result<Ramp, Fault> {
        let (Some(length), _) = self.interpolation(span, jump)? else {
            return Ok(Ramp::JUMP);
        };
        if length.is_zero() {
            return Ok(Ramp::JUMP);
        }
        let end = span.start.checked_add(length).ok_or(Fault::TooFine)?;
        Ok(Ramp {
            start: span.start.frames(self.rate),
            end: end.frames(self.rate),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::blocks::{BlockTimes, ObjectBlocks, ObjectShape};
    use super::*;

    fn line(times: &[(&str, &str)], end: Option<&str>) -> Timeline {
        let mut blocks = ObjectBlocks::default();
        for (rtime, duration) in times {
            let times = BlockTimes {
                rtime: Time::parse_seconds(rtime),
                duration: Time::parse_seconds(duration),
            };
            blocks.push(times, [0.0; 3], 1.0, ObjectShape::default(), 0);
        }
        Timeline {
            blocks: Arc::new(Blocks::Objects(blocks)),
            object_start: Time::parse_seconds("1").unwrap(),
            object_end: end.and_then(Time::parse_seconds),
            rate: SampleRate(48_000),
            mend: true,
        }
    }

    fn end_of_first(times: &[(&str, &str)]) -> Result<(Time, bool), Fault> {
        let span = line(times, None).span(0)?;
        Ok((
            span.end
                .unwrap()
                .checked_sub(Time::new(1, 1).unwrap())
                .unwrap(),
            span.mended,
        ))
    }

    #[test]
    fn rounding_is_mended_and_gaps_are_kept() {
        let time = |text| Time::parse_seconds(text).unwrap();
        for (first, next, expected) in [
            // Two blocks of 512 samples with five decimals: 1e-5 too long, and too short.
            (
                ("0.01067", "0.01067"),
                "0.02133",
                Ok((time("0.02133"), true)),
            ),
            (("0.02133", "0.01066"), "0.032", Ok((time("0.032"), true))),
            (("0", "0.5"), "0.5", Ok((time("0.5"), false))),
            // A microsecond is no unit of the fifth decimal: the gap is meant.
            (("0.5", "0.1"), "0.600001", Ok((time("0.6"), false))),
            (
                ("0.5", "0.1"),
                "0.6000000001",
                Ok((time("0.6000000001"), true)),
            ),
            (("0", "0.1"), "0.10002", Ok((time("0.1"), false))),
            (("0", "0.100016"), "0.1", Ok((time("0.1"), true))),
            (
                ("0", "0.100017"),
                "0.1",
                Err(Fault::Overlaps(time("0.000017"))),
            ),
        ] {
            assert_eq!(
                end_of_first(&[first, (next, "1")]),
                expected,
                "{first:?} {next}"
            );
        }
    }

    #[test]
    fn blocks_end_with_their_object() {
        let span = |duration, end| line(&[("0.5", duration)], Some(end)).span(0);
        assert_eq!(span("0.5", "2").unwrap().end, Time::parse_seconds("2"));
        let cut = span("0.50001", "2").unwrap();
        assert!(cut.mended && cut.end == Time::parse_seconds("2"));
        assert!(matches!(span("0.6", "2"), Err(Fault::PastEnd(_))));
        assert!(matches!(span("0.0005", "1.4999"), Err(Fault::PastEnd(_))));
    }

    #[test]
    fn nothing_is_mended_where_that_is_not_wanted() {
        let mut timeline = line(&[("0", "0.00002"), ("0.00001", "1")], None);
        timeline.mend = false;
        assert!(matches!(timeline.span(0), Err(Fault::Overlaps(_))));
        let span = timeline.span(1).unwrap();
        let jump = JumpPosition {
            flag: true,
            interpolation_length: Time::parse_seconds("1.5"),
        };
        assert_eq!(
            timeline.interpolation(span, jump),
            Err(Fault::Interpolation)
        );
        timeline.mend = true;
        let length = Time::parse_seconds("1");
        assert_eq!(timeline.interpolation(span, jump), Ok((length, true)));
    }

    #[test]
    fn blocks_that_touch_have_no_end_of_their_own() {
        let timeline = line(
            &[("0", "0.00001"), ("0.00001", "0.00001"), ("0.5", "0.1")],
            None,
        );
        let spans: Vec<Span> = (0..3).map(|n| timeline.span(n).unwrap()).collect();
        assert_eq!(timeline.frames(0, spans[0]), Ok((Frames(48_000), None)));
        // Shorter than a sample: 48000.48 to 48000.96.
        assert_eq!(
            timeline.frames(1, spans[1]),
            Ok((Frames(48_001), Some(Frames(0))))
        );
        assert_eq!(
            timeline.frames(2, spans[2]),
            Ok((Frames(72_000), Some(Frames(4800))))
        );
        assert!(spans[1].follows(Some(spans[0])));
        assert!(!spans[2].follows(Some(spans[1])) && !spans[0].follows(None));
        let ramp = timeline.ramp(spans[1], JumpPosition::default()).unwrap();
        assert!((ramp.start - 48_000.48).abs() < 1e-9 && (ramp.end - 48_000.96).abs() < 1e-9);
    }
}

//! The direction of an object over time.

use super::ears::{GRAIN, GRAINS, HOP, Heading};
use crate::audio::QUANTUM;
use crate::geometry::{Direction, direction};
use crate::scene::{MetadataBlock, Ramp};

/// Hops of a quantum.
pub(super) const HOPS: usize = QUANTUM / HOP;

/// Where an object is: within a block's ramp it moves along the arc from where it was to where the block puts
/// it, then it stays.
#[derive(Debug, Clone)]
pub(super) struct Course {
    from: Direction,
    to: Direction,
    ramp: Ramp,
    /// A first block has begun.
    begun: bool,
    /// First frame after the present block, if it has an end.
    end: Option<u64>,
    hops: [Heading; HOPS],
    /// The direction at the quantum's end is that of its beginning, as far as is known.
    still: bool,
}

impl Course {
    pub(super) fn new() -> Self {
        let ahead = direction(0.0, 0.0);
        Self {
            from: ahead,
            to: ahead,
            ramp: Ramp::JUMP,
            begun: false,
            end: None,
            hops: [Heading::still(ahead); HOPS],
            still: true,
        }
    }

    /// Headings in the hops of the quantum planned last.
    pub(super) fn heading(&self, hop: usize) -> Heading {
        self.hops[hop]
    }

    /// Plans the quantum that starts at frame `quantum`, in which `blocks` begin, each with where it is heard from.
    pub(super) fn plan<'a>(
        &mut self,
        quantum: u64,
        blocks: impl Iterator<Item = (&'a MetadataBlock, Direction)>,
    ) {
        let mut blocks = blocks.peekable();
        if blocks.peek().is_none() && self.still {
            return;
        }
        for hop in 0..HOPS {
            let start = quantum + (hop * HOP) as u64;
            let mut heading = Heading::still(self.at(start));
            for grain in 0..GRAINS {
                let end = start + ((grain + 1) * GRAIN) as u64;
                while let Some((block, to)) = blocks.next_if(|(block, _)| block.start.0 < end) {
                    let was_silent = !self.begun || self.end.is_some_and(|end| end <= start);
                    self.begin(block, to, was_silent);
                    if was_silent {
                        heading.anew = true;
                        heading.ends[..grain].fill(self.to);
                    }
                }
                heading.ends[grain] = self.at(end);
            }
            self.hops[hop] = heading;
        }
        let next = quantum + QUANTUM as u64;
        self.still = self.is_settled(next);
        // What stands still is planned once more, without what it did in this quantum.
        let last = self.hops[HOPS - 1];
        let all_same = self
            .hops
            .iter()
            .all(|hop| !hop.anew && hop.ends.iter().all(|end| *end == last.ends[0]));
        self.still &= all_same;
    }

    fn is_settled(&self, frame: u64) -> bool {
        self.ramp.end <= self.ramp.start || self.ramp.end <= frame as f64
    }

    fn begin(&mut self, block: &MetadataBlock, to: Direction, was_silent: bool) {
        let at = self.at(block.start.0);
        self.from = if was_silent { to } else { at };
        self.to = to;
        self.ramp = if self.begun { block.ramp } else { Ramp::JUMP };
        let length = block.length.map(|length| length.0);
        self.end = length.map(|length| block.start.0.saturating_add(length));
        self.begun = true;
    }

    /// The direction at `frame`.
    fn at(&self, frame: u64) -> Direction {
        if self.is_settled(frame) || self.from == self.to {
            return self.to;
        }
        let Ramp { start, end } = self.ramp;
        arc(&self.from, &self.to, (frame as f64 - start) / (end - start))
    }
}

/// The direction at `x`, 0..1, of the way from one direction to another, along the shortest arc.
fn arc(from: &Direction, to: &Direction, x: f64) -> Direction {
    let x = x.clamp(0.0, 1.0);
    let across = to - from * from.dot(to);
    // Straight opposite: round the back of the head, or over it for what is above.
    let across = match across.norm() > 1e-9 {
        true => across.normalize(),
        false if from.dot(to) > 0.0 => return *to,
        false if from.z.abs() < 0.9 => Direction::new(-from.y, from.x, 0.0).normalize(),
        false => Direction::new(1.0, 0.0, 0.0),
    };
    let angle = from.angle(to) * x;
    (from * angle.cos() + across * angle.sin()).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Position;
    use crate::scene::ObjectState;
    use crate::units::Frames;

    fn block(start: u64, azimuth: f64, ramp: Ramp) -> MetadataBlock {
        let position = Position::Polar {
            azimuth,
            elevation: 0.0,
            distance: 1.0,
        };
        MetadataBlock {
            start: Frames(start),
            length: None,
            ramp,
            state: ObjectState::at(position).into(),
        }
    }

    fn heard(block: &MetadataBlock) -> (&MetadataBlock, Direction) {
        let position = block.state.position().unwrap();
        (block, position.vector())
    }

    fn azimuths(course: &Course) -> Vec<f64> {
        let all = (0..HOPS).flat_map(|hop| course.heading(hop).ends);
        all.map(|d| (-d.x).atan2(d.y).to_degrees()).collect()
    }

    #[test]
    fn a_sweep_passes_every_border_on_its_arc() {
        let mut course = Course::new();
        course.plan(0, [block(0, 10.0, Ramp::JUMP)].iter().map(heard));
        assert!(
            course.heading(0).anew,
            "the first block does not fade in from elsewhere"
        );
        let ramp = Ramp::over(Frames(1024), Frames(1024));
        course.plan(1024, [block(1024, 50.0, ramp)].iter().map(heard));
        let found = azimuths(&course);
        for (found, expected) in found.iter().zip([20.0, 30.0, 40.0, 50.0]) {
            assert!((found - expected).abs() < 1e-9, "{found}");
        }
        course.plan(2048, [].iter().map(heard));
        assert!(azimuths(&course).iter().all(|az| (az - 50.0).abs() < 1e-9));
        course.plan(3072, [].iter().map(heard));
        assert!(azimuths(&course).iter().all(|az| (az - 50.0).abs() < 1e-9));
    }

    #[test]
    fn a_jump_shows_at_the_end_of_its_grain() {
        let mut course = Course::new();
        course.plan(0, [block(0, 0.0, Ramp::JUMP)].iter().map(heard));
        course.plan(
            1024,
            [block(1024 + 300, 90.0, Ramp::JUMP)].iter().map(heard),
        );
        let found = azimuths(&course);
        assert!(
            found[0].abs() < 1e-9 && (found[1] - 90.0).abs() < 1e-9,
            "{found:?}"
        );
    }
}

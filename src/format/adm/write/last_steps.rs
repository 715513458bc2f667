//! The steps of a move that may still change, because a jump or the end of the programme comes too close.
//!
//! No step but the first is shorter than its move, nor is the last one: where the end comes too early for it, the
//! last few steps share the time that is left.

use std::collections::VecDeque;
use std::io;

use super::steps::Step;

/// Frames of the shortest step: a whole move in times that are rounded down to 1e-5 s.
pub(super) fn least(brief: f64) -> f64 {
    brief + 1.0
}

/// Most steps that share what is left before the end; six keep a fast circle within -55 dBFS.
const SHARING: usize = 6;

/// A step that may still change.
struct Held {
    step: Step,
    /// It has to be there.
    is_fixed: bool,
    /// Frame at which the object really is where the step arrives.
    seen: f64,
}

impl Held {
    /// Part of the same movement as `other`, differing in place and size alone.
    fn goes_on_to(&self, other: &Self) -> bool {
        let (a, b) = (&self.step.state, &other.step.state);
        let is_move = !self.is_fixed && self.step.part_of.is_some();
        is_move && a.features == b.features && (a.diffuse - b.diffuse).abs() < 1e-9
    }

    fn values(&self) -> [f64; 6] {
        let ([x, y, z], [width, depth, height]) = (self.step.position, self.step.size);
        [x, y, z, width, depth, height]
    }
}

/// The last steps: a jump may come too close to the last one, and the end to all of them.
pub(super) struct LastSteps<'a> {
    held: VecDeque<Held>,
    /// Steps before those that are held have been given away.
    is_begun: bool,
    take: &'a mut dyn FnMut(Step) -> io::Result<()>,
    brief: f64,
}

impl<'a> LastSteps<'a> {
    /// Of a profile whose moves take `brief` frames; `take` is given the steps that change no more.
    pub(super) fn new(brief: f64, take: &'a mut dyn FnMut(Step) -> io::Result<()>) -> Self {
        Self {
            held: VecDeque::with_capacity(SHARING + 2),
            is_begun: false,
            take,
            brief,
        }
    }

    /// The next step; `is_fixed` if it has to be there. Where it arrives, the object really is at frame `seen`.
    pub(super) fn push(&mut self, mut step: Step, mut is_fixed: bool, seen: f64) -> io::Result<()> {
        let least = least(self.brief);
        let is_crowded = |before: &Held| {
            let at = before.step.at;
            step.at <= at || !before.is_fixed && step.at - at < least
        };
        if self.held.back().is_some_and(is_crowded)
            && let Some(before) = self.held.pop_back()
            && before.is_fixed
        {
            // Two at one frame: the later one holds, from where the earlier one began.
            step.at = before.step.at;
            is_fixed = true;
        }
        if self.held.len() > SHARING + 1
            && let Some(first) = self.held.pop_front()
        {
            self.is_begun = true;
            (self.take)(first.step)?;
        }
        self.held.push_back(Held {
            step,
            is_fixed,
            seen,
        });
        Ok(())
    }

    /// Gives away what is left of a programme that ends at frame `end`, so that the last step has its time.
    pub(super) fn finish_by(mut self, end: f64) -> io::Result<()> {
        self.make_room(end);
        self.finish()
    }

    /// Gives away what is left as it stands.
    pub(super) fn finish(self) -> io::Result<()> {
        self.held
            .into_iter()
            .try_for_each(|held| (self.take)(held.step))
    }

    /// Gives the last step the time that it takes.
    fn make_room(&mut self, end: f64) {
        let least = least(self.brief);
        let count = self.held.len();
        if count < 2 || end - self.held[count - 1].step.at >= least {
            return;
        }
        // The first of those that share what is left, and how long each of them then is.
        let mut first = count - 1;
        let spacing = |held: &VecDeque<Held>, first: usize| {
            (end - held[first].step.at) / (count - 1 - first) as f64
        };
        while first > 1
            && spacing(&self.held, first) > least * 1.1
            && self.held[first].goes_on_to(&self.held[count - 1])
            && self.held[first - 1].goes_on_to(&self.held[count - 1])
        {
            first -= 1;
        }
        if first + 1 < count {
            self.share(first, spacing(&self.held, first));
        } else {
            self.begin_last_earlier(end - least);
        }
    }

    /// One step fewer from `first` on, each of so many frames.
    fn share(&mut self, first: usize, spacing: f64) {
        let path: Vec<(f64, [f64; 6])> = self
            .held
            .range(first - 1..)
            .map(|held| (held.seen, held.values()))
            .collect();
        self.held.pop_back();
        let begin = self.held[first].step.at;
        for (n, held) in self.held.range_mut(first..).enumerate() {
            let at = begin + spacing * n as f64;
            held.seen = at + f64::midpoint(spacing, self.brief);
            let [x, y, z, width, depth, height] = on_path(&path, held.seen);
            held.step.at = at;
            held.step.position = [x, y, z];
            held.step.size = [width, depth, height];
        }
    }

    /// The last step begins at `at`, or takes the place of the one before if that is too near.
    fn begin_last_earlier(&mut self, at: f64) {
        let Some(mut last) = self.held.pop_back() else {
            return;
        };
        let is_first = !self.is_begun && self.held.len() == 1;
        let Some(before) = self.held.back_mut() else {
            return;
        };
        let room = if is_first { 1.0 } else { least(self.brief) };
        if at - before.step.at >= room {
            last.step.at = at;
            self.held.push_back(last);
        } else if !is_first {
            let at = before.step.at;
            before.step = Step { at, ..last.step };
        }
    }
}

/// Values at a frame of a line through points in order of time.
fn on_path(path: &[(f64, [f64; 6])], frame: f64) -> [f64; 6] {
    let next = path.partition_point(|(at, _)| *at < frame);
    let [(from_at, from), (to_at, to)] = match next {
        0 => [path[0]; 2],
        n if n == path.len() => [path[n - 1]; 2],
        n => [path[n - 1], path[n]],
    };
    let x = (frame - from_at) / (to_at - from_at).max(1e-9);
    std::array::from_fn(|n| from[n] + (to[n] - from[n]) * x.clamp(0.0, 1.0))
}

//! Gains of metadata, put into the samples.

use crate::audio::Block;
use crate::scene::{BlockSource, MetadataBlock, Ramp};

/// True if the blocks of `source` leave every sample of `length` frames as it is: no gain, no gap.
pub(super) fn is_plain(source: &mut dyn BlockSource, length: u64) -> bool {
    let mut until = 0;
    while let Some(block) = source.next_block() {
        let [gain] = gain_of(&block);
        let is_unity = gain.to_bits() == 1.0_f64.to_bits();
        if !is_unity || block.start.0 > until {
            return false;
        }
        until = match block.length {
            Some(frames) => block.start.0 + frames.0,
            None => u64::MAX,
        };
    }
    until >= length
}

/// Gain of a block.
pub(super) fn gain_of(block: &MetadataBlock) -> [f64; 1] {
    use crate::scene::State;
    [match &block.state {
        State::Object(state) => state.gain,
        State::DirectSpeakers(speaker) => speaker.gain,
        State::Hoa(component) => component.gain,
        State::Binaural { gain, .. } => *gain,
    }]
}

/// Applies gains of blocks to `N` rows of samples, frame by frame: straight lines within the moves of the
/// blocks, silence where no block plays.
pub(super) struct Baker<const N: usize> {
    source: Box<dyn BlockSource>,
    gains_of: fn(&MetadataBlock) -> [f64; N],
    next: Option<MetadataBlock>,
    from: [f64; N],
    to: [f64; N],
    ramp: Ramp,
    /// A first block has begun.
    begun: bool,
    /// Frame after the present block, if it has an end.
    end: u64,
}

impl<const N: usize> Baker<N> {
    /// The gains that `gains_of` finds in the blocks of `source`, from frame 0 on.
    pub(super) fn new(
        mut source: Box<dyn BlockSource>,
        gains_of: fn(&MetadataBlock) -> [f64; N],
    ) -> Self {
        Self {
            next: source.next_block(),
            source,
            gains_of,
            from: [0.0; N],
            to: [0.0; N],
            ramp: Ramp::JUMP,
            begun: false,
            // Silent before the first block.
            end: 0,
        }
    }

    /// Applies the gains to the rows from `first` on, whose first frame stands at `at` of the programme.
    pub(super) fn apply_to(&mut self, block: &mut Block, first: usize, at: u64) {
        let end = at + block.frames() as u64;
        let mut frame = at;
        while frame < end {
            self.enter(frame);
            let until = self.straight_until(frame).min(end);
            let span = (frame - at) as usize..(until - at) as usize;
            let ramp = self.ramp_at(frame);
            for n in 0..N {
                let samples = &mut block.row_mut(first + n)[span.clone()];
                match ramp {
                    _ if frame >= self.end => samples.fill(0.0),
                    Some(ramp) if self.from[n].to_bits() != self.to[n].to_bits() => {
                        slide(samples, frame, ramp, self.from[n], self.to[n]);
                    }
                    _ => scale(samples, self.to[n]),
                }
            }
            frame = until;
        }
    }

    /// Begins the blocks that begin at or before `frame`.
    fn enter(&mut self, frame: u64) {
        while let Some(block) = self.next.take_if(|block| block.start.0 <= frame) {
            self.from = self.gains(frame);
            self.to = (self.gains_of)(&block);
            self.ramp = if self.begun { block.ramp } else { Ramp::JUMP };
            self.begun = true;
            self.end = block
                .length
                .map_or(u64::MAX, |length| block.start.0.saturating_add(length.0));
            self.next = self.source.next_block();
        }
    }

    /// The ramp, if `frame` is within it.
    fn ramp_at(&self, frame: u64) -> Option<Ramp> {
        let is_settled = frame as f64 >= self.ramp.end || self.ramp.end <= self.ramp.start;
        (!is_settled).then_some(self.ramp)
    }

    /// The first frame after `frame` from which another line of gains may hold.
    fn straight_until(&self, frame: u64) -> u64 {
        let arrives = self.ramp_at(frame).map(|ramp| ramp.end.ceil() as u64);
        let begins = self.next.as_ref().map(|block| block.start.0);
        let corners = [arrives, begins, Some(self.end)].into_iter().flatten();
        corners
            .filter(|&corner| corner > frame)
            .min()
            .unwrap_or(u64::MAX)
    }

    fn gains(&self, frame: u64) -> [f64; N] {
        if frame >= self.end {
            return [0.0; N];
        }
        match self.ramp_at(frame) {
            None => self.to,
            Some(ramp) => {
                std::array::from_fn(|n| along(frame as f64, ramp, self.from[n], self.to[n]))
            }
        }
    }
}

/// The gain at a frame of a ramp.
#[inline(always)]
fn along(frame: f64, ramp: Ramp, from: f64, to: f64) -> f64 {
    let x = (frame - ramp.start) / (ramp.end - ramp.start);
    from + (to - from) * x.clamp(0.0, 1.0)
}

/// Gains in a straight line; the first sample stands at `frame`.
fn slide(samples: &mut [f32], frame: u64, ramp: Ramp, from: f64, to: f64) {
    for (n, sample) in samples.iter_mut().enumerate() {
        let gain = along((frame + n as u64) as f64, ramp, from, to);
        *sample = (f64::from(*sample) * gain) as f32;
    }
}

fn scale(samples: &mut [f32], gain: f64) {
    if gain.to_bits() == 1.0_f64.to_bits() {
        return;
    }
    for sample in samples {
        *sample = (f64::from(*sample) * gain) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Position;
    use crate::scene::ObjectState;
    use crate::units::Frames;

    struct Listed(std::vec::IntoIter<MetadataBlock>);

    impl BlockSource for Listed {
        fn next_block(&mut self) -> Option<MetadataBlock> {
            self.0.next()
        }
    }

    fn blocks(list: &[(u64, Option<u64>, u64, f64)]) -> Box<dyn BlockSource> {
        let block = |&(start, length, ramp, gain): &(u64, Option<u64>, u64, f64)| MetadataBlock {
            start: Frames(start),
            length: length.map(Frames),
            ramp: Ramp::over(Frames(start), Frames(ramp)),
            state: ObjectState {
                gain,
                ..ObjectState::at(Position::FRONT)
            }
            .into(),
        };
        Box::new(Listed(
            list.iter().map(block).collect::<Vec<_>>().into_iter(),
        ))
    }

    #[test]
    fn gains_move_within_their_ramps_and_gaps_are_silent() {
        let list = [(2, None, 0, 1.0), (4, Some(4), 4, 0.0), (10, None, 0, 0.5)];
        let expected = [0.0, 0.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0, 0.5, 0.5];
        for cut in 0..=12 {
            let mut baker = Baker::new(blocks(&list), gain_of);
            let mut samples = Vec::new();
            for (at, frames) in [(0, cut), (cut, 12 - cut)] {
                let mut block = Block::new(1, 12);
                block.set_frames(frames);
                block.row_mut(0).fill(1.0);
                baker.apply_to(&mut block, 0, at as u64);
                samples.extend_from_slice(block.row(0));
            }
            let differs = |(a, b): (&f32, &f32)| (a - b).abs() > 1e-6;
            assert!(
                !samples.iter().zip(&expected).any(differs),
                "cut at {cut}: {samples:?}"
            );
        }
    }

    #[test]
    fn only_full_level_throughout_is_plain() {
        for (list, plain) in [
            (&[(0, None, 0, 1.0), (5, None, 5, 1.0)][..], true),
            (&[(0, Some(10), 0, 1.0)], true),
            (&[(0, Some(9), 0, 1.0)], false),
            (&[(1, None, 0, 1.0)], false),
            (&[(0, None, 0, 0.99)], false),
            (&[(0, Some(4), 0, 1.0), (5, None, 0, 1.0)], false),
        ] {
            assert_eq!(is_plain(&mut *blocks(list), 10), plain, "{list:?}");
        }
    }
}

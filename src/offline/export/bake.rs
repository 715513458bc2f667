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
        for offset in 0..block.frames() {
            let gains = self.step(at + offset as u64);
            for (row, gain) in (first..).zip(gains) {
                let sample = &mut block.row_mut(row)[offset];
                *sample = (f64::from(*sample) * gain) as f32;
            }
        }
    }

    /// The gains of the next frame.
    fn step(&mut self, frame: u64) -> [f64; N] {
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
        self.gains(frame)
    }

    fn gains(&self, frame: u64) -> [f64; N] {
        let at = frame as f64;
        if frame >= self.end {
            [0.0; N]
        } else if at >= self.ramp.end || self.ramp.end <= self.ramp.start {
            self.to
        } else {
            let x = (at - self.ramp.start) / (self.ramp.end - self.ramp.start);
            let mut gains = self.from;
            for (gain, to) in gains.iter_mut().zip(self.to) {
                *gain += (to - *gain) * x.clamp(0.0, 1.0);
            }
            gains
        }
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

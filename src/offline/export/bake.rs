//! Gains of metadata, put into the samples.

use crate::scene::{BlockSource, MetadataBlock, Ramp};

/// True if the blocks of `source` leave every sample of `length` frames as it is: no gain, no gap.
pub(super) fn is_plain(source: &mut dyn BlockSource, length: u64) -> bool {
    let mut until = 0;
    while let Some(block) = source.next_block() {
        let is_unity = gain_of(&block).to_bits() == 1.0_f64.to_bits();
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

fn gain_of(block: &MetadataBlock) -> f64 {
    use crate::scene::State;
    match &block.state {
        State::Object(state) => state.gain,
        State::DirectSpeakers(speaker) => speaker.gain,
        State::Hoa(component) => component.gain,
        State::Binaural { gain, .. } => *gain,
    }
}

/// Applies the gains of blocks to a row of samples, frame by frame: straight lines within the moves of the
/// blocks, silence where no block plays.
pub(super) struct Baker {
    source: Box<dyn BlockSource>,
    next: Option<MetadataBlock>,
    from: f64,
    to: f64,
    ramp: Ramp,
    /// Frame after the present block, if it has an end.
    end: u64,
}

impl Baker {
    /// The gains of `source`, from frame 0 on.
    pub(super) fn new(mut source: Box<dyn BlockSource>) -> Self {
        Self {
            next: source.next_block(),
            source,
            from: 0.0,
            to: 0.0,
            ramp: Ramp::JUMP,
            // Silent before the first block.
            end: 0,
        }
    }

    /// Applies the gains to `samples`, of which the first stands at frame `at` of the programme.
    pub(super) fn apply(&mut self, samples: &mut [f32], at: u64) {
        for (sample, frame) in samples.iter_mut().zip(at..) {
            while let Some(block) = self.next.take_if(|block| block.start.0 <= frame) {
                self.from = self.gain(frame);
                self.to = gain_of(&block);
                self.ramp = block.ramp;
                self.end = block
                    .length
                    .map_or(u64::MAX, |length| block.start.0.saturating_add(length.0));
                self.next = self.source.next_block();
            }
            *sample = (f64::from(*sample) * self.gain(frame)) as f32;
        }
    }

    fn gain(&self, frame: u64) -> f64 {
        let at = frame as f64;
        if frame >= self.end {
            0.0
        } else if at >= self.ramp.end || self.ramp.end <= self.ramp.start {
            self.to
        } else {
            let x = (at - self.ramp.start) / (self.ramp.end - self.ramp.start);
            self.from + (self.to - self.from) * x.clamp(0.0, 1.0)
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
            let mut baker = Baker::new(blocks(&list));
            let mut samples = [1.0_f32; 12];
            baker.apply(&mut samples[..cut], 0);
            baker.apply(&mut samples[cut..], cut as u64);
            assert_eq!(samples, expected, "cut at {cut}");
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

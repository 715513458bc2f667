//! Matrix packs: how they may be used, and the sums of tracks they come down to (ITU-R BS.2127, 5.2).

use std::collections::{BTreeMap, HashMap};

use super::blocks::Blocks;
use super::master::FeedTerm;
use super::model::{ChannelFormat, PackFormat, Table};
use crate::units::SampleRate;

/// What a matrix pack is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Makes one pack of another.
    Direct,
    /// Makes the tracks of the file.
    Encode,
    /// Makes a pack of what an encoder made.
    Decode,
}

impl Use {
    /// The use of a pack, told by which packs it names; `None` if it names none.
    pub(super) fn of(pack: &PackFormat) -> Option<Self> {
        match (pack.input, pack.output) {
            (Some(_), Some(_)) => Some(Self::Direct),
            (Some(_), None) => Some(Self::Encode),
            (None, Some(_)) => Some(Self::Decode),
            (None, None) => None,
        }
    }
}

/// Most terms that one pack may be made of.
const MOST_TERMS: usize = 1_000_000;

/// A sum of delayed channels of the file: gain by channel and delay in frames.
pub(super) type Sum = BTreeMap<(usize, u64), f64>;

/// Finds the sums that the channels of a matrix are.
pub(super) struct Expansion<'a> {
    pub(super) channels: &'a Table<ChannelFormat>,
    pub(super) rate: SampleRate,
    /// The channels that tracks are given to, and the channel of the file each has; `None` is silence.
    pub(super) given: HashMap<usize, Option<usize>>,
    known: HashMap<usize, Sum>,
    terms: usize,
}

impl<'a> Expansion<'a> {
    pub(super) fn new(
        channels: &'a Table<ChannelFormat>,
        rate: SampleRate,
        given: HashMap<usize, Option<usize>>,
    ) -> Self {
        Self {
            channels,
            rate,
            given,
            known: HashMap::new(),
            terms: 0,
        }
    }

    /// The sum that `channel` is; `None` if it has too many terms. Decoders take encoders, encoders take
    /// plain channels: it nests no deeper.
    pub(super) fn sum(&mut self, channel: usize) -> Option<Sum> {
        if let Some(&track) = self.given.get(&channel) {
            return Some(track.map(|track| ((track, 0), 1.0)).into_iter().collect());
        }
        if let Some(known) = self.known.get(&channel) {
            return Some(known.clone());
        }
        let Blocks::Matrix(blocks) = &*self.channels[channel].blocks else {
            return Some(Sum::new());
        };
        let block = &blocks[0];
        let mut sum = Sum::new();
        for coefficient in &block.coefficients {
            let Some(input) = coefficient.input else {
                continue;
            };
            let delay = delay_frames(coefficient.delay_ms, self.rate);
            let part = self.sum(input)?;
            self.terms += part.len() + 1;
            if self.terms > MOST_TERMS {
                return None;
            }
            for ((track, earlier), gain) in part {
                *sum.entry((track, earlier + delay)).or_insert(0.0) +=
                    gain * coefficient.gain * block.gain;
            }
        }
        self.known.insert(channel, sum.clone());
        Some(sum)
    }
}

/// Whole frames of a delay: half a frame rounds down (ITU-R BS.2127, 5.2).
fn delay_frames(milliseconds: f64, rate: SampleRate) -> u64 {
    (f64::from(rate.0) * milliseconds / 1000.0 - 0.5)
        .ceil()
        .max(0.0) as u64
}

/// The terms of a sum.
pub(super) fn terms(sum: Sum) -> Vec<FeedTerm> {
    sum.into_iter()
        .map(|((channel, delay_frames), gain)| FeedTerm {
            channel,
            gain,
            delay_frames,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_round_half_a_frame_down() {
        let rate = SampleRate(48_000);
        for (ms, frames) in [
            (0.0, 0),
            (1.0, 48),
            (0.5 / 48.0, 0),
            (0.51 / 48.0, 1),
            (1.5 / 48.0, 1),
        ] {
            assert_eq!(delay_frames(ms, rate), frames, "{ms} ms");
        }
    }
}

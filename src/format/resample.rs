//! Another sample rate for a source, with rubato's FFT resampler.
//!
//! The filter is linear-phase and works on a fixed grid of input blocks counted from frame 0 of the
//! source, so the result does not depend on how much is asked for at a time, nor on seeking. Its delay is
//! taken off: input frame n lies at output time n / rate exactly.

use audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler};

use super::source::{AudioFacts, AudioSource, silence_rest};
use crate::audio::Block;
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// Input frames of a block, at least. The length of the filter: the longer, the closer its edge lies to half
/// of the lower rate.
const BLOCK_FRAMES: usize = 2048;

/// Most samples of a block over all channels; rates without a common divisor need long blocks.
const MOST_SAMPLES: usize = 1 << 22;

/// A source at another sample rate.
struct Resampled {
    source: Box<dyn AudioSource>,
    facts: AudioFacts,
    resampler: Fft<f64>,
    /// Every channel of the source to the row of its number.
    rows: Vec<Option<usize>>,
    /// One block of the source, one row per channel.
    input: Block,
    /// The same in f64, row after row.
    input_wide: Vec<f64>,
    /// One block of the result, row after row.
    output: Vec<f64>,
    /// Frames of `output` in each row.
    output_frames: usize,
    /// First frame of `output` not read yet.
    taken: usize,
    /// The frame that `read` gives next.
    position: u64,
}

/// Gives `source` at the rate `to`; a source that has it already is given back as it is.
///
/// The result has round(frames × to / from) frames and no delay.
///
/// # Errors
/// The rates have no common divisor that blocks of bearable length could be made from.
pub fn resampled(source: Box<dyn AudioSource>, to: SampleRate) -> Result<Box<dyn AudioSource>> {
    let from = source.facts().sample_rate;
    if from == to {
        return Ok(source);
    }
    let channels = source.facts().channels;
    let refused = |reason: String| Error::Usage(format!("cannot convert {from} to {to}: {reason}"));
    if to.0 == 0 {
        return Err(refused("the rate is 0".to_owned()));
    }
    let step = (from.0 / common_divisor(from.0, to.0)) as usize;
    // An even number of steps, so that half a block, the delay, is a whole number of output frames.
    let input_frames = step * BLOCK_FRAMES.div_ceil(step).next_multiple_of(2);
    let output_frames = (input_frames as u64 * u64::from(to.0) / u64::from(from.0)) as usize;
    if input_frames.max(output_frames).saturating_mul(channels) > MOST_SAMPLES {
        let reason = "the rates have no large common divisor; convert the file beforehand";
        return Err(refused(reason.to_owned()));
    }
    let resampler = Fft::new(
        from.0 as usize,
        to.0 as usize,
        input_frames,
        channels,
        FixedSync::Both,
    )
    .map_err(|e| refused(e.to_string()))?;
    let frames = rescaled(source.facts().frames.0, from, to);
    let facts = AudioFacts {
        sample_rate: to,
        frames: Frames(frames),
        ..source.facts().clone()
    };
    let mut input = Block::new(channels, input_frames);
    input.set_frames(input_frames);
    let mut resampled = Resampled {
        source,
        facts,
        resampler,
        rows: (0..channels).map(Some).collect(),
        input,
        input_wide: vec![0.0; channels * input_frames],
        output: vec![0.0; channels * output_frames],
        output_frames,
        taken: output_frames,
        position: 0,
    };
    resampled.go_to(0)?;
    Ok(Box::new(resampled))
}

/// Frames at another rate, rounded to the nearest.
fn rescaled(frames: u64, from: SampleRate, to: SampleRate) -> u64 {
    let product = u128::from(frames) * u128::from(to.0) + u128::from(from.0) / 2;
    u64::try_from(product / u128::from(from.0)).unwrap_or(u64::MAX)
}

pub(super) fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

impl Resampled {
    /// Resamples the next block of the source; beyond its end there is silence.
    fn next_block(&mut self) -> Result<()> {
        let channels = self.facts.channels;
        self.source.read(&mut self.input, &self.rows)?;
        let frames = self.input.frames();
        for (wide, row) in self
            .input_wide
            .chunks_exact_mut(frames)
            .zip(self.input.rows())
        {
            for (wide, sample) in wide.iter_mut().zip(row) {
                *wide = f64::from(*sample);
            }
        }
        let input = SequentialSlice::new(&self.input_wide, channels, frames)
            .expect("the buffer has a block for each channel");
        let mut output = SequentialSlice::new_mut(&mut self.output, channels, self.output_frames)
            .expect("the buffer has a block for each channel");
        self.resampler
            .process_into_buffer(&input, &mut output, None)
            .expect("the buffers have the size of a block");
        self.taken = 0;
        Ok(())
    }

    /// Makes `frame` the next to be read.
    fn go_to(&mut self, frame: u64) -> Result<()> {
        let delayed = frame + self.resampler.output_delay() as u64;
        let block = delayed / self.output_frames as u64;
        // A block of output holds what reaches over from the block before.
        let begin = block.saturating_sub(1);
        let first = begin.saturating_mul(self.input.frames() as u64);
        self.source.seek(Frames(first))?;
        self.resampler.reset();
        for _ in begin..=block {
            self.next_block()?;
        }
        self.taken = (delayed % self.output_frames as u64) as usize;
        self.position = frame;
        Ok(())
    }
}

impl AudioSource for Resampled {
    fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    fn read(&mut self, block: &mut Block, rows: &[Option<usize>]) -> Result<usize> {
        assert_eq!(rows.len(), self.facts.channels, "one row entry per channel");
        let left = self.facts.frames.0.saturating_sub(self.position);
        let wanted = block.frames();
        let frames = wanted.min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < frames {
            if self.taken == self.output_frames {
                self.next_block()?;
            }
            let run = (self.output_frames - self.taken).min(frames - done);
            for (samples, row) in self.output.chunks_exact(self.output_frames).zip(rows) {
                if let Some(row) = row {
                    let out = &mut block.row_mut(*row)[done..done + run];
                    for (out, sample) in out.iter_mut().zip(&samples[self.taken..]) {
                        *out = *sample as f32;
                    }
                }
            }
            self.taken += run;
            self.position += run as u64;
            done += run;
        }
        silence_rest(block, rows, done);
        Ok(done)
    }

    fn seek(&mut self, frame: Frames) -> Result<()> {
        let frame = frame.0.min(self.facts.frames.0);
        if frame == self.position {
            return Ok(());
        }
        self.go_to(frame)
    }
}

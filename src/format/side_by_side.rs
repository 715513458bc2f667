//! Several files as one source: the channels of one after those of the other.

use std::path::Path;

use super::source::{AudioFacts, AudioSource, open};
use crate::audio::Block;
use crate::units::Frames;
use crate::{Error, Result};

/// Files of one sample rate, read together; as long as the longest of them.
struct SideBySide {
    sources: Vec<Box<dyn AudioSource>>,
    facts: AudioFacts,
}

/// Opens `paths` as one source, with the channels of the first, then those of the second, and so on. What is
/// known of it is what is known of the first file, but for channels and frames.
///
/// # Errors
/// As [`open`]; there is no path, or the files are of different sample rates.
pub fn open_side_by_side(paths: &[&Path]) -> Result<Box<dyn AudioSource>> {
    let sources: Vec<Box<dyn AudioSource>> =
        paths.iter().map(|path| open(path)).collect::<Result<_>>()?;
    let Some(first) = sources.first() else {
        return Err(Error::Usage("there is no file to read".to_owned()));
    };
    let mut facts = first.facts().clone();
    for (source, path) in sources.iter().zip(paths).skip(1) {
        let own = source.facts();
        if own.sample_rate != facts.sample_rate {
            return Err(Error::Usage(format!(
                "\"{}\" has {}, the files beside it {}: they cannot be read together",
                path.display(),
                own.sample_rate,
                facts.sample_rate
            )));
        }
        facts.channels += own.channels;
        facts.frames = facts.frames.max(own.frames);
    }
    facts.channel_mask = None;
    facts.chunks.clear();
    Ok(Box::new(SideBySide { sources, facts }))
}

impl AudioSource for SideBySide {
    fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    fn read(&mut self, block: &mut Block, rows: &[Option<usize>]) -> Result<usize> {
        let mut read = 0;
        let mut rest = rows;
        for source in &mut self.sources {
            let (own, others) = rest.split_at(source.facts().channels);
            read = read.max(source.read(block, own)?);
            rest = others;
        }
        Ok(read)
    }

    fn seek(&mut self, frame: Frames) -> Result<()> {
        self.sources
            .iter_mut()
            .try_for_each(|source| source.seek(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{BitDepth, Container, WaveSink, WaveSpec};
    use crate::units::SampleRate;

    #[test]
    fn channels_stand_behind_each_other_as_long_as_the_longest_file() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, channels: usize, frames: usize, rate: u32| {
            let spec = WaveSpec {
                channels,
                sample_rate: SampleRate(rate),
                bit_depth: BitDepth::Float32,
                channel_mask: None,
                container: Container::Riff,
            };
            let path = folder.path().join(name);
            let mut block = Block::new(channels, frames);
            block.set_frames(frames);
            for (channel, row) in block.rows_mut().enumerate() {
                row.fill((channels * 10 + channel) as f32 / 100.0);
            }
            let mut sink = WaveSink::create(&path, spec, true).unwrap();
            sink.write(&block, &(0..channels).collect::<Vec<_>>())
                .unwrap();
            sink.finish().unwrap();
            path
        };
        let (one, two) = (write("1.wav", 1, 5, 48_000), write("2.wav", 2, 7, 48_000));
        let mut source = open_side_by_side(&[&one, &two]).unwrap();
        assert_eq!(
            (source.facts().channels, source.facts().frames),
            (3, Frames(7))
        );
        let mut block = Block::new(2, 10);
        block.set_frames(10);
        assert_eq!(
            source.read(&mut block, &[Some(1), None, Some(0)]).unwrap(),
            7
        );
        assert_eq!(block.row(0), [&[0.21; 7][..], &[0.0; 3]].concat());
        assert_eq!(block.row(1), [&[0.1; 5][..], &[0.0; 5]].concat());
        source.seek(Frames(6)).unwrap();
        assert_eq!(source.read(&mut block, &[None, None, Some(1)]).unwrap(), 1);
        let other = write("3.wav", 1, 5, 44_100);
        let error = open_side_by_side(&[&one, &other])
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("3.wav") && error.contains("44100"),
            "{error}"
        );
    }
}

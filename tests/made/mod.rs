//! Stems and FLAC frames that a test makes, and the command that it runs on them.

#![allow(dead_code, reason = "no test uses all of it")]

use std::path::Path;
use std::process::{Command, Output};

use umbel::audio::Block;
use umbel::format::{BitDepth, Container, WaveSink, WaveSpec};
use umbel::units::SampleRate;

/// Noise of -14 dBFS at its peaks, another for each seed.
pub(crate) fn noise(seed: u32, frames: usize) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        0.2 * (f64::from(state) / f64::from(u32::MAX) - 0.5) as f32
    };
    std::iter::repeat_with(next).take(frames).collect()
}

/// Writes a mono stem of 48 kHz.
pub(crate) fn write_stem(path: &Path, bit_depth: BitDepth, samples: &[f32]) {
    let spec = WaveSpec {
        channels: 1,
        sample_rate: SampleRate(48_000),
        bit_depth,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut block = Block::new(1, samples.len());
    block.set_frames(samples.len());
    block.row_mut(0).copy_from_slice(samples);
    let mut sink = WaveSink::create(path, spec, true).unwrap();
    sink.write(&block, &[0]).unwrap();
    sink.finish().unwrap();
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn umbel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(arguments)
        .output()
        .unwrap()
}

/// A FLAC frame of mono samples of 16 bits at 48 kHz as they are ("verbatim"), numbered below 128 (RFC 9639, 9).
pub(crate) fn flac_frame(number: u8, samples: &[i16]) -> Vec<u8> {
    let mut frame = vec![0xff, 0xf8, 0x7a, 0x08, number];
    frame.extend((samples.len() as u16 - 1).to_be_bytes());
    frame.push(flac_sum(&frame, 8, 0x07) as u8);
    frame.push(0x02);
    frame.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
    frame.extend((flac_sum(&frame, 16, 0x8005) as u16).to_be_bytes());
    frame
}

/// The checksum of so many bits with the given polynomial, as FLAC has it.
fn flac_sum(bytes: &[u8], bits: u32, polynomial: u32) -> u32 {
    let mut sum = 0;
    for byte in bytes {
        sum ^= u32::from(*byte) << (bits - 8);
        for _ in 0..8 {
            let high = sum >> (bits - 1) & 1;
            sum = ((sum << 1) ^ (polynomial * high)) & ((1 << bits) - 1);
        }
    }
    sum
}

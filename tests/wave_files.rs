//! Promise: WAV files of every legal form are read exactly, odd ones are mended and said, broken ones are
//! refused with file and place; and what is written is read alike by another program's reader (`hound`).

#![allow(
    clippy::float_cmp,
    clippy::collapsible_if,
    reason = "samples are compared exactly"
)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first fault")]

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use umbel::Error;
use umbel::audio::Block;
use umbel::format::{
    Arrangement, AudioSource, BitDepth, Container, Extras, Sink, WaveReader, WaveSink, WaveSpec,
    open,
};
use umbel::units::{Frames, SampleRate};

// Making files by hand.

/// A chunk with its pad byte.
fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = claiming(id, content.len() as u32, content);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// A chunk whose header claims `size`, whatever there is.
fn claiming(id: &[u8; 4], size: u32, content: &[u8]) -> Vec<u8> {
    [&id[..], &size.to_le_bytes(), content].concat()
}

fn form(magic: &[u8; 4], size: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    [&magic[..], &size.to_le_bytes(), b"WAVE", &chunks.concat()].concat()
}

/// A RIFF file whose header tells the truth.
fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let size = 4 + chunks.iter().map(Vec::len).sum::<usize>();
    form(b"RIFF", size as u32, chunks)
}

/// A plain fmt chunk at 48 kHz.
fn fmt(tag: u16, channels: u16, bits: u16) -> Vec<u8> {
    fmt_at(tag, channels, 48_000, bits, channels * bits.div_ceil(8))
}

fn fmt_at(tag: u16, channels: u16, rate: u32, bits: u16, align: u16) -> Vec<u8> {
    let byte_rate = rate.wrapping_mul(u32::from(align));
    let content = [
        &tag.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &byte_rate.to_le_bytes(),
        &align.to_le_bytes(),
        &bits.to_le_bytes(),
    ];
    chunk(b"fmt ", &content.concat())
}

fn extensible(channels: u16, bits: u16, valid: u16, mask: u32, tag: u16) -> Vec<u8> {
    let plain = fmt(0xfffe, channels, bits);
    let tail = [
        &plain[8..],
        &22u16.to_le_bytes(),
        &valid.to_le_bytes(),
        &mask.to_le_bytes(),
        &tag.to_le_bytes(),
        b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71",
    ];
    chunk(b"fmt ", &tail.concat())
}

fn ds64(form_size: u64, data_size: u64, frames: u64, rows: &[(&[u8; 4], u64)]) -> Vec<u8> {
    let mut content = [form_size, data_size, frames]
        .map(u64::to_le_bytes)
        .concat();
    content.extend((rows.len() as u32).to_le_bytes());
    for (id, size) in rows {
        content.extend(*id);
        content.extend(size.to_le_bytes());
    }
    chunk(b"ds64", &content)
}

/// 16-bit samples 1, 2, 3 …
fn counting(samples: usize) -> Vec<u8> {
    (1..=samples as i16).flat_map(i16::to_le_bytes).collect()
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

// Reading whole files.

/// All samples of a source, one row per channel.
fn read_all(source: &mut dyn AudioSource, frames_per_block: usize) -> umbel::Result<Vec<Vec<f32>>> {
    let channels = source.facts().channels;
    let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
    let mut block = Block::new(channels, frames_per_block);
    block.set_frames(frames_per_block);
    let mut all = vec![Vec::new(); channels];
    loop {
        let frames = source.read(&mut block, &rows)?;
        for (all, row) in all.iter_mut().zip(block.rows()) {
            all.extend_from_slice(&row[..frames]);
            assert!(row[frames..].iter().all(|x| x.to_bits() == 0));
        }
        if frames < frames_per_block {
            return Ok(all);
        }
    }
}

/// The samples of a 16-bit file as integers, and the warnings.
fn integers(path: &Path) -> umbel::Result<(Vec<Vec<i32>>, Vec<String>)> {
    let mut source = open(path)?;
    let rows = read_all(&mut *source, 100)?;
    let rows = rows
        .iter()
        .map(|row| row.iter().map(|x| (x * 32_768.0) as i32).collect())
        .collect();
    Ok((rows, source.facts().warnings.clone()))
}

fn message(path: &Path) -> String {
    match integers(path) {
        Err(error) => error.to_string(),
        Ok((rows, warnings)) => panic!(
            "\"{}\" was read: {} channels of {} frames, {warnings:?}",
            path.display(),
            rows.len(),
            rows[0].len()
        ),
    }
}

// Writing and reading.

fn spec(channels: usize, bit_depth: BitDepth, container: Container) -> WaveSpec {
    WaveSpec {
        channels,
        sample_rate: SampleRate(48_000),
        bit_depth,
        channel_mask: None,
        container,
    }
}

/// Sound of `channels` rows that differ, in blocks of `frames_per_block`.
fn write(
    path: &Path,
    spec: WaveSpec,
    frames: usize,
    frames_per_block: usize,
) -> umbel::format::WrittenFile {
    let mut sink = WaveSink::create(path, spec, true).unwrap();
    let rows: Vec<usize> = (0..spec.channels).collect();
    let mut block = Block::new(spec.channels, frames_per_block);
    let mut at = 0;
    while at < frames {
        block.set_frames(frames_per_block.min(frames - at));
        for (channel, row) in block.rows_mut().enumerate() {
            for (n, sample) in row.iter_mut().enumerate() {
                *sample = tone(channel, at + n);
            }
        }
        sink.write(&block, &rows).unwrap();
        at += block.frames();
    }
    sink.finish().unwrap()
}

fn tone(channel: usize, frame: usize) -> f32 {
    let level = 0.9 / (1.0 + channel as f32);
    level * (frame as f32 * 0.01 * (channel + 1) as f32).sin()
}

#[test]
fn hound_reads_what_we_write() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out.wav");
    for channels in 1..=17 {
        for (depth, bits) in [
            (BitDepth::Int16, 16),
            (BitDepth::Int24, 24),
            (BitDepth::Float32, 32),
        ] {
            let frames = 1001;
            let written = write(&path, spec(channels, depth, Container::Riff), frames, 333);
            let ours = read_all(&mut WaveReader::open(&path).unwrap(), 77).unwrap();
            let mut hound = hound::WavReader::open(&path).unwrap();
            let facts = hound.spec();
            assert_eq!(usize::from(facts.channels), channels);
            assert_eq!(facts.sample_rate, 48_000);
            assert_eq!(facts.bits_per_sample, bits);
            assert_eq!(hound.duration() as usize, frames);
            let scale = match depth {
                BitDepth::Int16 => 32_768.0,
                _ => 8_388_608.0,
            };
            let theirs: Vec<f32> = match depth {
                BitDepth::Float32 => hound.samples::<f32>().map(Result::unwrap).collect(),
                _ => hound
                    .samples::<i32>()
                    .map(|x| x.unwrap() as f32 / scale)
                    .collect(),
            };
            assert_eq!(theirs.len(), channels * frames);
            let tolerance = match depth {
                BitDepth::Float32 => 0.0,
                // Triangular dither and rounding: at most one and a half steps.
                _ => 1.5 / scale,
            };
            let mut peak = 0.0f32;
            for (n, theirs) in theirs.iter().enumerate() {
                let (channel, frame) = (n % channels, n / channels);
                let meant = tone(channel, frame);
                let ours = ours[channel][frame];
                assert!(
                    ours.to_bits() == theirs.to_bits(),
                    "{channels} {depth:?} {n}"
                );
                assert!(
                    (ours - meant).abs() <= tolerance,
                    "{channels} {depth:?}: {ours} for {meant}"
                );
                peak = peak.max(ours.abs());
            }
            assert_eq!(written.peak.to_bits(), peak.to_bits());
            assert_eq!(written.bytes, fs::metadata(&path).unwrap().len());
            assert_eq!((written.clipped, written.frames), (0, Frames(1001)));
        }
    }
}

#[test]
fn we_read_what_hound_writes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hound.wav");
    for channels in [1u16, 2, 3, 7, 8, 9, 20] {
        for bits in [8u16, 16, 24, 32] {
            let spec = hound::WavSpec {
                channels,
                sample_rate: 44_100,
                bits_per_sample: bits,
                sample_format: hound::SampleFormat::Int,
            };
            let mut writer = hound::WavWriter::create(&path, spec).unwrap();
            let full = 1i64 << (bits - 1);
            // The extremes, then a spread over the whole range.
            let value = |n: i64| match n {
                0 => full - 1,
                1 => -full,
                n => (n * 7_919_317) % (2 * full) - full,
            };
            let samples = 517 * i64::from(channels);
            for n in 0..samples {
                writer.write_sample(value(n) as i32).unwrap();
            }
            writer.finalize().unwrap();
            for frames_per_block in [1, 64, 1000] {
                let mut reader = WaveReader::open(&path).unwrap();
                assert_eq!(reader.facts().frames, Frames(517));
                let rows = read_all(&mut reader, frames_per_block).unwrap();
                for n in 0..samples {
                    let at = n as usize;
                    let channels = usize::from(channels);
                    let ours = rows[at % channels][at / channels];
                    let meant = (value(n) as f64 / full as f64) as f32;
                    assert!(
                        ours.to_bits() == meant.to_bits() || ours == 0.0 && meant == 0.0,
                        "{channels} channels, {bits} bits, sample {n}: {ours} for {meant}"
                    );
                }
            }
        }
    }
}

#[test]
fn legal_forms_are_read_exactly_and_without_a_word() {
    let folder = TempDir::new().unwrap();
    let samples = counting(10);
    let data = || chunk(b"data", &samples);
    let plain = || fmt(1, 2, 16);
    let odd = || chunk(b"LIST", b"odd");
    let size = (4 + 36 + plain().len() + data().len()) as u64;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("plain", riff(&[plain(), data()])),
        (
            "odd chunk with pad byte",
            riff(&[odd(), plain(), odd(), data(), odd()]),
        ),
        (
            "extensible with mask",
            riff(&[extensible(2, 16, 16, 3, 1), data()]),
        ),
        (
            "16 valid bits said as 0",
            riff(&[extensible(2, 16, 0, 0, 1), data()]),
        ),
        (
            "JUNK in front",
            riff(&[chunk(b"JUNK", &[0; 64]), plain(), data()]),
        ),
        ("fmt after data", riff(&[data(), plain()])),
        (
            "RF64",
            form(
                b"RF64",
                u32::MAX,
                &[
                    ds64(size, 20, 5, &[]),
                    plain(),
                    claiming(b"data", u32::MAX, &samples),
                ],
            ),
        ),
        (
            "BW64 with its own data size",
            form(b"BW64", u32::MAX, &[ds64(size, 0, 0, &[]), plain(), data()]),
        ),
        (
            "RF64 with a large chunk in its table",
            form(
                b"RF64",
                u32::MAX,
                &[
                    ds64(size, 20, 5, &[(b"axml", 3)]),
                    plain(),
                    claiming(b"axml", u32::MAX, b"<a>\0"),
                    claiming(b"data", u32::MAX, &samples),
                ],
            ),
        ),
    ];
    for (name, bytes) in cases {
        let path = file(&folder, "legal.wav", &bytes);
        let (rows, warnings) = integers(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(rows, [[1, 3, 5, 7, 9], [2, 4, 6, 8, 10]], "{name}");
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
    }
}

#[test]
fn valid_bits_in_larger_words_and_floats_are_read() {
    let folder = TempDir::new().unwrap();
    // 20 bits in a 24-bit word, both ways of saying so.
    let steps = [0x7f_fff0i32, -0x80_0000, 0x10];
    let samples: Vec<u8> = steps
        .iter()
        .flat_map(|x| x.to_le_bytes()[..3].to_vec())
        .collect();
    for format in [extensible(1, 24, 20, 4, 1), fmt_at(1, 1, 48_000, 20, 3)] {
        let path = file(
            &folder,
            "20.wav",
            &riff(&[format, chunk(b"data", &samples)]),
        );
        let mut source = open(&path).unwrap();
        assert_eq!(source.facts().sample_format.to_string(), "20-bit integer");
        let rows = read_all(&mut *source, 8).unwrap();
        for (x, step) in rows[0].iter().zip(steps) {
            assert!(x.to_bits() == (step as f32 / 8_388_608.0).to_bits());
        }
    }
    let floats = [0.25f64, -1.5, 1e-3];
    let bytes: Vec<u8> = floats.iter().flat_map(|x| x.to_le_bytes()).collect();
    let path = file(
        &folder,
        "64.wav",
        &riff(&[fmt(3, 1, 64), chunk(b"data", &bytes)]),
    );
    let rows = read_all(&mut *open(&path).unwrap(), 8).unwrap();
    assert_eq!(rows[0], floats.map(|x| x as f32));
    // Unsigned bytes: 128 is zero.
    let path = file(
        &folder,
        "8.wav",
        &riff(&[fmt(1, 1, 8), chunk(b"data", &[0, 128, 255, 129])]),
    );
    let rows = read_all(&mut *open(&path).unwrap(), 8).unwrap();
    assert_eq!(rows[0], [-1.0, 0.0, 127.0 / 128.0, 1.0 / 128.0]);
}

#[test]
fn odd_files_are_mended_and_it_is_said() {
    let folder = TempDir::new().unwrap();
    let plain = || fmt(1, 2, 16);
    let samples = counting(10);
    let cases: Vec<(&str, Vec<u8>, usize, &str)> = vec![
        (
            "data cut at a frame border",
            form(
                b"RIFF",
                56,
                &[plain(), claiming(b"data", 20, &samples[..16])],
            ),
            4,
            "claims 20 bytes but only 16 follow",
        ),
        (
            "data cut inside a frame",
            form(
                b"RIFF",
                56,
                &[plain(), claiming(b"data", 20, &samples[..19])],
            ),
            4,
            "3 bytes",
        ),
        (
            "a data size that is no whole frame",
            riff(&[plain(), chunk(b"data", &samples[..18])]),
            4,
            "no whole frame",
        ),
        (
            "data size 0 of a stream",
            form(b"RIFF", 0, &[plain(), claiming(b"data", 0, &samples)]),
            5,
            "as a stream does",
        ),
        (
            "data size 0xFFFFFFFF of a stream",
            form(
                b"RIFF",
                u32::MAX,
                &[plain(), claiming(b"data", u32::MAX, &samples)],
            ),
            5,
            "as a stream does",
        ),
        (
            "data size of 2 GiB",
            form(
                b"RIFF",
                u32::MAX,
                &[plain(), claiming(b"data", 1 << 31, &samples)],
            ),
            5,
            "claims 2147483648 bytes",
        ),
        (
            "a ds64 that claims more than there is",
            form(
                b"RF64",
                u32::MAX,
                &[
                    ds64(1 << 50, 1 << 50, 1 << 48, &[]),
                    plain(),
                    claiming(b"data", u32::MAX, &samples),
                ],
            ),
            5,
            "claims 1125899906842624 bytes",
        ),
        (
            "the same fmt twice",
            riff(&[plain(), plain(), chunk(b"data", &samples)]),
            5,
            "repeats the first",
        ),
        (
            "stray bytes at the end",
            [riff(&[plain(), chunk(b"data", &samples)]), vec![1, 2, 3]].concat(),
            5,
            "3 stray bytes",
        ),
        (
            "a tag of another program at the end",
            [
                riff(&[plain(), chunk(b"data", &samples)]),
                b"TAGx title of 128 bytes or so, which is no chunk".to_vec(),
            ]
            .concat(),
            5,
            "after the end that the header names",
        ),
        (
            "a pad byte left out",
            form(
                b"RIFF",
                67,
                &[
                    claiming(b"LIST", 3, b"odd"),
                    plain(),
                    chunk(b"data", &samples),
                ],
            ),
            5,
            "pad byte before chunk \"fmt \" at byte 23 is missing",
        ),
        (
            "a RIFF size that lies",
            form(b"RIFF", 9999, &[plain(), chunk(b"data", &samples)]),
            5,
            "says the file has 10007 bytes; it has 64",
        ),
        (
            "a mask for other channels",
            riff(&[extensible(2, 16, 16, 0x3f, 1), chunk(b"data", &samples)]),
            5,
            "names 6 speakers for 2 channels",
        ),
    ];
    for (name, bytes, frames, says) in cases {
        let path = file(&folder, "odd.wav", &bytes);
        let (rows, warnings) = integers(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let left: Vec<i32> = (0..frames as i32).map(|n| 2 * n + 1).collect();
        let right: Vec<i32> = left.iter().map(|x| x + 1).collect();
        assert_eq!(rows, [left, right], "{name}");
        assert!(
            warnings.iter().any(|w| w.contains(says)),
            "{name}: {says:?} is not in {warnings:?}"
        );
    }
    // A data size of 0 that means it: other chunks follow.
    let empty = riff(&[plain(), chunk(b"data", b""), chunk(b"LIST", b"text")]);
    let (rows, warnings) = integers(&file(&folder, "empty.wav", &empty)).unwrap();
    assert!(rows.iter().all(Vec::is_empty));
    assert_eq!(warnings, ["the file has no samples"]);
}

#[test]
fn a_forgotten_pad_byte_is_found_whatever_the_size_behind_it() {
    let folder = TempDir::new().unwrap();
    let plain = || fmt(1, 2, 16);
    // Low bytes of sizes that are printable or not, and first samples that make a small or a large size of it.
    for (frames, first) in [(1500, 0), (1500, 0x7f), (10, 0), (31, 0), (0x2000 / 4, 1)] {
        let mut samples = counting(2 * frames);
        samples[0] = first;
        let left = |n: usize| match n {
            0 => i32::from(samples[0]) | i32::from(samples[1]) << 8,
            n => 2 * n as i32 + 1,
        };
        let data = chunk(b"data", &samples);
        let odd = claiming(b"LIST", 5, b"INFOx");
        for (name, chunks, place) in [
            ("data", vec![plain(), odd.clone(), data.clone()], Some(49)),
            ("fmt", vec![odd.clone(), plain(), data.clone()], Some(25)),
            // A vendor's own name.
            (
                "unknown",
                vec![plain(), odd, chunk(b"Vndr", b"text"), data.clone()],
                Some(49),
            ),
            // With its pad byte, in front of names known and unknown.
            (
                "padded",
                vec![plain(), chunk(b"LIST", b"INFOx"), data.clone()],
                None,
            ),
            (
                "padded unknown",
                vec![
                    plain(),
                    chunk(b"LIST", b"INFOx"),
                    chunk(b"atap", b"text"),
                    data.clone(),
                ],
                None,
            ),
            (
                "padded with a letter",
                vec![
                    plain(),
                    claiming(b"LIST", 5, b"INFOxd"),
                    chunk(b"Vndr", b"text"),
                    data.clone(),
                ],
                None,
            ),
        ] {
            let path = file(&folder, "pad.wav", &riff(&chunks));
            let (rows, warnings) =
                integers(&path).unwrap_or_else(|e| panic!("{name}, {frames} frames: {e}"));
            assert_eq!(rows[0].len(), frames, "{name}");
            assert!(
                rows[0].iter().enumerate().all(|(n, x)| *x == left(n)),
                "{name}"
            );
            let said: Vec<bool> = warnings
                .iter()
                .map(|w| {
                    w.contains("the pad byte before") && w.contains(&place.unwrap_or(0).to_string())
                })
                .collect();
            assert_eq!(said, vec![true; place.iter().len()], "{name}: {warnings:?}");
        }
    }
}

#[test]
fn broken_files_are_refused_with_file_and_place() {
    let folder = TempDir::new().unwrap();
    let plain = || fmt(1, 2, 16);
    let data = || chunk(b"data", &counting(10));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "not a valid WAV file: it is empty"),
        ("3 bytes", vec![1, 2, 3], "only 3 bytes"),
        (
            "text",
            b"Hello, this is text".to_vec(),
            "it is text and begins \"Hello, this is text\"",
        ),
        ("zeros", vec![0; 1000], "zeros"),
        ("RIFF alone", b"RIFF".to_vec(), "cut after 4 bytes"),
        (
            "a RIFF of pictures",
            b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(),
            "form \"WEBP\"",
        ),
        ("a picture", b"\x89PNG\r\n\x1a\n....".to_vec(), "PNG"),
        ("Ogg", b"OggS\0\0\0\0\0\0\0\0\0\0".to_vec(), "lossy"),
        (
            "MP3 with tag",
            b"ID3\x04\0\0\0\0\0\x0a..............".to_vec(),
            "MP3",
        ),
        ("MP3", b"\xff\xfb\x90\x00..............".to_vec(), "MP3"),
        (
            "Wave64",
            b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb".to_vec(),
            "Wave64",
        ),
        ("no chunks", riff(&[]), "no fmt chunk"),
        ("no fmt", riff(&[data()]), "no fmt chunk"),
        ("no data", riff(&[plain()]), "no data chunk"),
        (
            "cut before the first sample",
            {
                let whole = riff(&[plain(), data()]);
                whole[..whole.len() - 20].to_vec()
            },
            "it claims 20 bytes of samples, but the file is cut here",
        ),
        (
            "cut in the first frame",
            {
                let whole = riff(&[plain(), data()]);
                whole[..whole.len() - 17].to_vec()
            },
            "its 3 bytes are less than one frame, which has 4",
        ),
        (
            "two data chunks",
            riff(&[plain(), data(), data()]),
            "second data chunk",
        ),
        (
            "zero channels",
            riff(&[fmt_at(1, 0, 48_000, 16, 2), data()]),
            "zero channels",
        ),
        (
            "rate 0",
            riff(&[fmt_at(1, 2, 0, 16, 4), data()]),
            "sample rate is 0 Hz",
        ),
        (
            "absurd rate",
            riff(&[fmt_at(1, 2, u32::MAX, 16, 4), data()]),
            "4294967295 Hz",
        ),
        (
            "65535 channels",
            riff(&[fmt_at(1, 65_535, 48_000, 8, 65_535), data()]),
            "65535 channels",
        ),
        ("7 bits", riff(&[fmt(1, 2, 7), data()]), "7-bit integer"),
        (
            "64-bit integer",
            riff(&[fmt(1, 2, 64), data()]),
            "64-bit integer",
        ),
        (
            "16-bit float",
            riff(&[fmt(3, 2, 16), data()]),
            "16-bit float",
        ),
        (
            "32 bits in 24",
            riff(&[fmt_at(1, 2, 48_000, 32, 6), data()]),
            "frames of 6 bytes",
        ),
        (
            "24 valid of 16",
            riff(&[extensible(2, 16, 24, 0, 1), data()]),
            "24 bits in words of 16",
        ),
        (
            "block align 0",
            riff(&[fmt_at(1, 2, 48_000, 16, 0), data()]),
            "frames of 0 bytes",
        ),
        ("ADPCM", riff(&[fmt(2, 2, 4), data()]), "Microsoft ADPCM"),
        (
            "short fmt",
            riff(&[chunk(b"fmt ", &[1, 0, 2, 0]), data()]),
            "at least 16",
        ),
        (
            "two fmt that differ",
            riff(&[plain(), fmt(1, 1, 16), data()]),
            "chunk \"fmt \" at byte 36",
        ),
        (
            "fmt size 0xFFFFFFF0",
            form(
                b"RIFF",
                100,
                &[claiming(b"fmt ", 0xffff_fff0, &plain()[8..]), data()],
            ),
            "chunk \"fmt \" at byte 12",
        ),
        (
            "a chunk of 0xFFFFFFFF bytes",
            form(
                b"RIFF",
                100,
                &[plain(), claiming(b"junk", u32::MAX, b"12345678")],
            ),
            "claims 4294967295 bytes but only 8 follow",
        ),
        (
            "a last chunk beyond the end",
            form(
                b"RIFF",
                100,
                &[plain(), data(), claiming(b"LIST", 50, b"12345678")],
            ),
            "claims 50 bytes but only 8 follow",
        ),
        (
            "no chunk name",
            form(b"RIFF", 100, &[plain(), vec![0xff; 100]]),
            "four printable characters",
        ),
        (
            "RF64 without ds64",
            form(b"RF64", u32::MAX, &[plain(), data()]),
            "ds64",
        ),
        (
            "a short ds64",
            form(
                b"RF64",
                u32::MAX,
                &[chunk(b"ds64", &[0; 20]), plain(), data()],
            ),
            "at least 24",
        ),
        (
            "a ds64 table that does not fit",
            form(
                b"BW64",
                u32::MAX,
                &[
                    chunk(b"ds64", &[[0; 24], [0xff; 24]].concat()[..28]),
                    plain(),
                    data(),
                ],
            ),
            "4294967295 rows",
        ),
    ];
    for (name, bytes, says) in cases {
        let path = file(&folder, "broken.wav", &bytes);
        let start = Instant::now();
        let message = message(&path);
        assert!(message.contains("broken.wav"), "{name}: {message}");
        assert!(
            message.contains(says),
            "{name}: {says:?} is not in {message:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(2), "{name}");
    }
    for (path, says) in [
        (folder.path().to_path_buf(), "folder"),
        (folder.path().join("missing.wav"), "cannot open"),
        (PathBuf::new(), "cannot open"),
    ] {
        assert!(matches!(open(&path), Err(Error::Io { .. })));
        assert!(message(&path).contains(says), "{}", message(&path));
    }
}

#[test]
fn every_cut_of_a_file_ends_in_whole_frames_or_an_error() {
    let folder = TempDir::new().unwrap();
    let whole = riff(&[
        chunk(b"bext", &[7; 31]),
        fmt(1, 2, 16),
        chunk(b"data", &counting(10)),
        chunk(b"LIST", b"odd"),
    ]);
    for length in 0..whole.len() {
        let path = file(&folder, "cut.wav", &whole[..length]);
        if let Ok((rows, _)) = integers(&path) {
            assert_eq!(rows[0].len(), rows[1].len(), "cut after {length} bytes");
            assert!(rows[0].iter().zip(1..).all(|(&x, n)| x == 2 * n - 1));
        }
    }
}

#[test]
fn a_hundred_thousand_chunks_are_no_trouble() {
    let folder = TempDir::new().unwrap();
    let mut chunks = vec![fmt(1, 2, 16)];
    chunks.extend((0..100_000).map(|n: u32| chunk(b"note", &n.to_le_bytes()[..3])));
    chunks.push(chunk(b"data", &counting(10)));
    let path = file(&folder, "chunks.wav", &riff(&chunks));
    let start = Instant::now();
    let reader = WaveReader::open(&path).unwrap();
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(reader.facts().chunks.len(), 100_002);
    assert_eq!(reader.facts().frames, Frames(5));
    assert_eq!(reader.facts().chunks[2].size, 3);
    assert_eq!(reader.chunk(*b"note", 10).unwrap().unwrap(), [0, 0, 0]);
    assert!(reader.chunk(*b"note", 2).is_err());
    assert_eq!(reader.chunk(*b"axml", 10).unwrap(), None);
}

#[test]
fn samples_that_are_not_finite_are_refused_by_channel_frame_and_time() {
    let folder = TempDir::new().unwrap();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for channels in [1u16, 2, 3, 12] {
            let frames = 5000;
            let wide = usize::from(channels);
            let mut samples = vec![0.5f32; frames * wide];
            let (channel, frame) = (wide - 1, 4800);
            samples[frame * wide + channel] = bad;
            let bytes: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
            let content = riff(&[fmt(3, channels, 32), chunk(b"data", &bytes)]);
            let path = file(&folder, "nan.wav", &content);
            let error = read_all(&mut *open(&path).unwrap(), 1024)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(&format!("channel {channels}, frame 4800 (0.100000 s)")),
                "{error}"
            );
            // A channel that is not wanted does no harm.
            let mut source = open(&path).unwrap();
            let mut rows: Vec<Option<usize>> = (0..wide).map(Some).collect();
            rows[channel] = None;
            let mut block = Block::new(wide, frames);
            block.set_frames(frames);
            assert_eq!(source.read(&mut block, &rows).unwrap(), frames);
            assert!(
                block
                    .rows()
                    .take(channel)
                    .all(|row| row.iter().all(|x| *x == 0.5))
            );
            assert!(block.row(channel).iter().all(|x| *x == 0.0));
        }
    }
}

#[test]
fn channels_go_to_the_rows_asked_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.wav");
    write(
        &path,
        spec(11, BitDepth::Float32, Container::Riff),
        300,
        300,
    );
    let mut rows = [None; 11];
    rows[9] = Some(0);
    rows[0] = Some(2);
    let mut block = Block::new(4, 300);
    block.set_frames(300);
    block.samples_mut().fill(9.0);
    assert_eq!(
        WaveReader::open(&path)
            .unwrap()
            .read(&mut block, &rows)
            .unwrap(),
        300
    );
    for n in 0..300 {
        assert!(block.row(0)[n].to_bits() == tone(9, n).to_bits());
        assert!(block.row(2)[n].to_bits() == tone(0, n).to_bits());
        assert!(block.row(1)[n] == 9.0 && block.row(3)[n] == 9.0);
    }
}

#[test]
fn seeking_gives_what_reading_on_gives_and_blocks_do_not_matter() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("seek.wav");
    for channels in [1, 2, 5, 128] {
        write(
            &path,
            spec(channels, BitDepth::Int24, Container::Riff),
            3001,
            1000,
        );
        let mut reader = WaveReader::open(&path).unwrap();
        let whole = read_all(&mut reader, 1024).unwrap();
        for frames_per_block in [1, 7, 64, 4096] {
            reader.seek(Frames(0)).unwrap();
            assert!(read_all(&mut reader, frames_per_block).unwrap() == whole);
        }
        for frame in [2999, 1, 1024, 3001, 9999] {
            reader.seek(Frames(frame)).unwrap();
            let rest = read_all(&mut reader, 100).unwrap();
            let from = 3001.min(frame as usize);
            assert!(
                rest.iter()
                    .zip(&whole)
                    .all(|(rest, whole)| rest == &whole[from..])
            );
        }
    }
}

#[test]
fn the_written_samples_do_not_depend_on_the_length_of_blocks() {
    let folder = TempDir::new().unwrap();
    let (a, b) = (folder.path().join("a.wav"), folder.path().join("b.wav"));
    for depth in [BitDepth::Int16, BitDepth::Int24] {
        for channels in [2, 12] {
            write(&a, spec(channels, depth, Container::Riff), 2500, 2500);
            for frames_per_block in [1, 63, 1024] {
                write(
                    &b,
                    spec(channels, depth, Container::Riff),
                    2500,
                    frames_per_block,
                );
                assert!(fs::read(&a).unwrap() == fs::read(&b).unwrap());
            }
        }
    }
}

#[test]
fn headers_are_those_that_other_programs_expect() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("head.wav");
    let chunks = |path: &Path| {
        let reader = WaveReader::open(path).unwrap();
        let names: Vec<String> = reader
            .facts()
            .chunks
            .iter()
            .map(|c| format!("{}{}", c.id, c.size))
            .collect();
        (
            reader.facts().container,
            reader.facts().channel_mask,
            names.join(" "),
        )
    };
    let mut stereo = spec(2, BitDepth::Int24, Container::Riff);
    stereo.channel_mask = Some(3);
    write(&path, stereo, 100, 100);
    assert_eq!(
        chunks(&path),
        ("RIFF", None, "JUNK64 fmt 16 data600".to_owned())
    );
    let mut surround = spec(12, BitDepth::Int24, Container::Riff);
    surround.channel_mask = Some(0x2d63f);
    write(&path, surround, 100, 100);
    assert_eq!(
        chunks(&path),
        ("RIFF", Some(0x2d63f), "JUNK64 fmt 40 data3600".to_owned())
    );
    write(&path, spec(1, BitDepth::Float32, Container::Riff), 3, 3);
    assert_eq!(
        chunks(&path),
        ("RIFF", None, "JUNK64 fmt 18 fact4 data12".to_owned())
    );
    // An odd number of bytes is padded; the sizes of the header are those of the file.
    write(&path, spec(1, BitDepth::Int24, Container::Bw64), 3, 3);
    assert_eq!(
        chunks(&path),
        ("BW64", None, "ds6428 JUNK28 fmt 16 data9".to_owned())
    );
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len() % 2, 0);
    let in_ds64 = u64::from_le_bytes(bytes[20..28].try_into().unwrap());
    assert_eq!(in_ds64, bytes.len() as u64 - 8);
    write(&path, spec(1, BitDepth::Int24, Container::Riff), 3, 3);
    let bytes = fs::read(&path).unwrap();
    let in_riff = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
    assert_eq!(u64::from(in_riff), bytes.len() as u64 - 8);
}

#[test]
fn a_file_beyond_4_gib_is_read_to_its_last_frame() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("large.wav");
    let frames: u64 = 900_000_000;
    let data = frames * 6;
    let head = form(
        b"RF64",
        u32::MAX,
        &[
            ds64(72 + data, data, frames, &[]),
            fmt(1, 2, 24),
            claiming(b"data", u32::MAX, b""),
        ],
    );
    let mut out = File::create(&path).unwrap();
    out.write_all(&head).unwrap();
    out.set_len(head.len() as u64 + data).unwrap();
    out.seek(SeekFrom::End(-6)).unwrap();
    out.write_all(&[0, 0, 0x40, 0, 0, 0xc0]).unwrap();
    drop(out);
    let mut reader = WaveReader::open(&path).unwrap();
    assert_eq!(reader.facts().frames, Frames(frames));
    assert_eq!(reader.facts().warnings, [""; 0]);
    reader.seek(Frames(frames - 2)).unwrap();
    let rows = read_all(&mut reader, 10).unwrap();
    assert_eq!(rows, [[0.0, 0.5], [0.0, -0.5]]);
}

#[test]
fn an_existing_file_is_never_harmed() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "mix.wav", b"precious");
    let spec = spec(2, BitDepth::Int24, Container::Riff);
    assert!(matches!(
        WaveSink::create(&path, spec, false),
        Err(Error::Exists(p)) if p == path
    ));
    // Given up half-way, even with leave to overwrite.
    let mut sink = WaveSink::create(&path, spec, true).unwrap();
    let mut block = Block::new(2, 64);
    block.set_frames(64);
    sink.write(&block, &[0, 1]).unwrap();
    drop(sink);
    // A sample that must not leave the program.
    let mut sink = WaveSink::create(&path, spec, true).unwrap();
    block.row_mut(1)[3] = f32::NAN;
    let error = sink.write(&block, &[0, 1]).unwrap_err().to_string();
    assert!(error.contains("channel 2, frame 3"), "{error}");
    drop(sink);
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // Taken by another while we wrote.
    let late = folder.path().join("late.wav");
    let sink = WaveSink::create(&late, spec, false).unwrap();
    fs::write(&late, b"precious").unwrap();
    assert!(matches!(sink.finish(), Err(Error::Exists(_))));
    assert_eq!(fs::read(&late).unwrap(), b"precious");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn places_that_cannot_be_written_to_are_refused() {
    let folder = TempDir::new().unwrap();
    let spec = spec(2, BitDepth::Int24, Container::Riff);
    let a_file = file(&folder, "file", b"x");
    for path in [
        folder.path().to_path_buf(),
        folder.path().join("missing").join("mix.wav"),
        a_file.join("mix.wav"),
    ] {
        let error = WaveSink::create(&path, spec, true).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn mono_files_together_hold_what_the_interleaved_file_holds() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mix.wav");
    let spec = spec(3, BitDepth::Int24, Container::Riff);
    write(&path, spec, 500, 500);
    let together = read_all(&mut WaveReader::open(&path).unwrap(), 64).unwrap();
    let labels = ["M+030", "a/b", "A/B"].map(String::from).to_vec();
    let arrangement = Arrangement::MultiMono { labels };
    let mut sink = Sink::create(&path, spec, &arrangement, 3, false).unwrap();
    let mut block = Block::new(3, 500);
    block.set_frames(500);
    for (channel, row) in block.rows_mut().enumerate() {
        for (n, sample) in row.iter_mut().enumerate() {
            *sample = tone(channel, n);
        }
    }
    sink.write(&block, &[0, 1, 2]).unwrap();
    let written = sink.finish().unwrap();
    for (channel, name) in ["mix.M+030.wav", "mix.a_b.wav", "mix.A_B_3.wav"]
        .iter()
        .enumerate()
    {
        assert_eq!(written[channel].path, folder.path().join(name));
        let alone = read_all(&mut WaveReader::open(&written[channel].path).unwrap(), 64).unwrap();
        assert!(alone[0] == together[channel], "{name}");
    }
    // One that exists stops all of them before any is begun.
    fs::remove_file(folder.path().join("mix.M+030.wav")).unwrap();
    let before = fs::read_dir(folder.path()).unwrap().count();
    assert!(matches!(
        Sink::create(&path, spec, &arrangement, 3, false),
        Err(Error::Exists(_))
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
}

#[test]
fn files_written_beside_others_have_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let spec = spec(2, BitDepth::Int24, Container::Riff);
    let frames = 100_000;
    let mut block = Block::new(2, frames);
    block.set_frames(frames);
    for (channel, row) in block.rows_mut().enumerate() {
        for (n, sample) in row.iter_mut().enumerate() {
            *sample = tone(channel, n);
        }
    }
    let mut alone = None;
    for together in [0, 1, 3, 128] {
        let path = folder.path().join(format!("{together}.wav"));
        let extras = Extras {
            together,
            ..Extras::default()
        };
        let mut sink = WaveSink::create_with(&path, spec, extras, false).unwrap();
        sink.write(&block, &[0, 1]).unwrap();
        sink.finish().unwrap();
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() > 6 * frames);
        assert!(*alone.get_or_insert(bytes.clone()) == bytes, "{together}");
    }
}

#[test]
fn a_file_of_as_many_channels_as_there_may_be_is_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wide.wav");
    let (channels, frames) = (4096, 200);
    let mut block = Block::new(channels, frames);
    block.set_frames(frames);
    for (channel, row) in block.rows_mut().enumerate() {
        for (n, sample) in row.iter_mut().enumerate() {
            *sample = tone(channel, n);
        }
    }
    let spec = spec(channels, BitDepth::Float32, Container::Riff);
    let mut sink = WaveSink::create(&path, spec, false).unwrap();
    let rows: Vec<usize> = (0..channels).collect();
    for _ in 0..3 {
        sink.write(&block, &rows).unwrap();
    }
    sink.finish().unwrap();
    let read = read_all(&mut WaveReader::open(&path).unwrap(), 64).unwrap();
    for (channel, samples) in read.iter().enumerate() {
        for (n, &sample) in samples.iter().enumerate() {
            assert!(
                sample.to_bits() == tone(channel, n % frames).to_bits(),
                "{channel} {n}"
            );
        }
        assert_eq!(samples.len(), 3 * frames);
    }
}

#[test]
fn damaged_headers_never_panic_and_never_give_a_sample_that_is_not_finite() {
    let folder = TempDir::new().unwrap();
    let plain = riff(&[
        chunk(b"bext", &[7; 31]),
        extensible(2, 16, 16, 3, 1),
        chunk(b"data", &counting(10)),
    ]);
    let long = form(
        b"BW64",
        u32::MAX,
        &[
            ds64(100, 40, 5, &[(b"axml", 3)]),
            fmt(3, 2, 32),
            claiming(b"axml", u32::MAX, b"<a>\0"),
            claiming(b"data", u32::MAX, &[0x3e; 40]),
        ],
    );
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    for original in [plain, long] {
        for _ in 0..3000 {
            let mut bytes = original.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
            }
            let path = file(&folder, "damaged.wav", &bytes);
            if let Ok(mut source) = open(&path) {
                if let Ok(rows) = read_all(&mut *source, 16) {
                    assert!(rows.iter().flatten().all(|x| x.is_finite()));
                    assert!(rows[0].len() <= bytes.len());
                }
            }
        }
    }
}

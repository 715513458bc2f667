//! What is written, and what is left when it fails.

use std::fs;
use std::io::SeekFrom;

use super::*;
use crate::format::{AudioSource, BitDepth, Container, WaveReader};
use crate::units::SampleRate;

#[test]
fn pieces_are_powers_of_two_that_share_half_the_cache() {
    const KIB: usize = 1024;
    for (together, cache, pieces) in [
        (1, 512, 256),
        (5, 512, 64),
        (1, 1024, 512),
        (5, 1024, 128),
        (3, 1024, 256),
        (0, 64, 256),
        (54, 8192, 64),
        (1, 8192, 512),
    ] {
        let found = bytes_at_once(together, cache * KIB);
        assert_eq!(found, pieces * KIB, "{together} files, {cache} KiB");
    }
}

/// Writes `frames` frames of three channels with the border of RIFF at `riff_limit`.
fn write(path: &Path, container: Container, frames: usize, riff_limit: u64) -> WrittenFile {
    let spec = WaveSpec {
        channels: 3,
        sample_rate: SampleRate(48_000),
        bit_depth: BitDepth::Int24,
        channel_mask: Some(7),
        container,
    };
    let mut sink = WaveSink::create(path, spec, true).unwrap();
    sink.riff_limit = riff_limit;
    let mut block = Block::new(3, frames);
    block.set_frames(frames);
    for (channel, row) in block.rows_mut().enumerate() {
        row.fill(0.25 * (channel + 1) as f32);
    }
    sink.write(&block, &[2, 1, 0]).unwrap();
    sink.finish().unwrap()
}

#[test]
fn a_riff_file_becomes_rf64_in_place_past_the_border() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.wav");
    // The head takes 12 + 72 + 48 + 8 bytes; 101 frames of 9 bytes and a pad byte follow.
    let form_size = 140 + 909 + 1 - 8;
    for (limit, container) in [(form_size, "RIFF"), (form_size - 1, "RF64")] {
        let written = write(&path, Container::Riff, 101, limit);
        assert_eq!(written.container, container, "limit {limit}");
        assert_eq!(written.bytes, form_size + 8);
        let bytes = fs::read(&path).unwrap();
        assert_eq!(&bytes[..4], container.as_bytes());
        let reader = WaveReader::open(&path).unwrap();
        assert_eq!(reader.facts().warnings, [""; 0]);
        assert_eq!(reader.facts().channel_mask, Some(7));
        if container == "RF64" {
            assert_eq!(&bytes[12..16], b"ds64");
            let sizes: Vec<u64> = bytes[20..44]
                .chunks_exact(8)
                .map(|b| u64::from_le_bytes(b.try_into().unwrap()))
                .collect();
            assert_eq!(sizes, [form_size, 909, 101]);
            // Both 32-bit sizes point to ds64.
            assert_eq!(bytes[4..8], [0xff; 4]);
            assert_eq!(bytes[136..140], [0xff; 4]);
        }
    }
    assert_eq!(
        write(&path, Container::Bw64, 1, RIFF_LIMIT).container,
        "BW64"
    );
}

#[test]
fn the_border_is_where_32_bits_end() {
    let spec = WaveSpec {
        channels: 2,
        sample_rate: SampleRate(48_000),
        bit_depth: BitDepth::Int16,
        channel_mask: None,
        container: Container::Riff,
    };
    let head = spec
        .head(&Extras::default(), Some((0, 0)), RIFF_LIMIT)
        .0
        .len() as u64;
    let most = (u64::from(u32::MAX) - 1 - (head - 8)) / 4;
    assert_eq!(
        spec.head(&Extras::default(), Some((most, 0)), RIFF_LIMIT).1,
        "RIFF"
    );
    assert_eq!(
        spec.head(&Extras::default(), Some((most + 1, 0)), RIFF_LIMIT)
            .1,
        "RF64"
    );
}

#[test]
fn what_a_crash_leaves_behind_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mix.wav");
    let spec = WaveSpec {
        channels: 2,
        sample_rate: SampleRate(48_000),
        bit_depth: BitDepth::Float32,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut sink = WaveSink::create(&path, spec, false).unwrap();
    let mut block = Block::new(2, 1000);
    block.set_frames(1000);
    sink.write(&block, &[0, 1]).unwrap();
    sink.flush().unwrap();
    let reader = WaveReader::open(sink.part_path()).unwrap();
    assert_eq!(reader.facts().frames, Frames(1000));
}

#[test]
fn a_file_changed_before_it_is_verified_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mix.wav");
    let spec = WaveSpec {
        channels: 1,
        sample_rate: SampleRate(48_000),
        bit_depth: BitDepth::Int16,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut sink = WaveSink::create(&path, spec, false).unwrap();
    let mut block = Block::new(1, 1000);
    block.set_frames(1000);
    block.row_mut(0).fill(0.5);
    sink.write(&block, &[0]).unwrap();
    sink.flush().unwrap();
    // One sample becomes louder than all that were written.
    let head = spec.head(&Extras::default(), None, RIFF_LIMIT).0.len() as u64;
    let mut file = fs::File::options()
        .write(true)
        .open(sink.part_path())
        .unwrap();
    file.seek(SeekFrom::Start(head + 100)).unwrap();
    file.write_all(&[0xff, 0x7f]).unwrap();
    let error = sink.finish().unwrap_err().to_string();
    assert!(error.contains("the peak of channel 1"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
/// A device that is always full stands in for a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mix.wav");
    let spec = WaveSpec {
        channels: 1,
        sample_rate: SampleRate(48_000),
        bit_depth: BitDepth::Int16,
        channel_mask: None,
        container: Container::Riff,
    };
    for has_thread in [false, true] {
        let mut sink = WaveSink::create(&path, spec, false).unwrap();
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        sink.out.settle().unwrap().file = full.into();
        if has_thread {
            sink.on_a_thread().unwrap();
        }
        let mut block = Block::new(1, 48_000);
        block.set_frames(48_000);
        // A thread's failure is seen by one of the next writes.
        let failed = (0..100).find_map(|_| sink.write(&block, &[0]).err());
        let error = failed.unwrap().to_string();
        assert!(
            error.contains("mix.wav") && error.contains("No space left"),
            "{error}"
        );
        assert!(sink.finish().is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_thread_writes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let spec = WaveSpec {
        channels: 5,
        sample_rate: SampleRate(48_000),
        bit_depth: BitDepth::Int24,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut block = Block::new(5, 10_007);
    block.set_frames(10_007);
    let mut state = 1_u32;
    for sample in block.rows_mut().flatten() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = state as f32 / u32::MAX as f32 - 0.5;
    }
    let files = [false, true].map(|has_thread| {
        let path = folder.path().join(format!("{has_thread}.wav"));
        let mut sink = WaveSink::create(&path, spec, false).unwrap();
        if has_thread {
            sink.on_a_thread().unwrap();
        }
        for _ in 0..7 {
            sink.write(&block, &[4, 3, 2, 1, 0]).unwrap();
        }
        for (id, length) in [(*b"axml", 1_000_001), (*b"chna", 40)] {
            sink.append(ChunkId(id), |out| out.write_all(&vec![id[0]; length]))
                .unwrap();
        }
        let written = sink.finish().unwrap();
        assert!(written.peak > 0.49);
        (fs::read(path).unwrap(), written.bytes)
    });
    assert!(files[0] == files[1]);
    assert_eq!(files[0].0.len() as u64, files[0].1);
    // The chunks behind the samples: id, size, content, pad byte.
    let samples = 7 * 10_007 * 15;
    let behind = &files[0].0[files[0].0.len() - 1_000_010 - 48..];
    assert_eq!(&behind[..8], b"axml\x41\x42\x0f\x00");
    assert_eq!(&behind[1_000_009..1_000_018], b"\0chna\x28\0\0\0");
    assert!(files[0].0.len() > samples);
}

#[test]
fn a_mask_is_left_out_only_where_it_says_what_everybody_takes_for_granted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mask.wav");
    for bit_depth in [BitDepth::Int16, BitDepth::Int24, BitDepth::Float32] {
        for (channels, channel_mask, tag, read) in [
            (1, None, None, None),
            (1, Some(0x4), None, None),
            (1, Some(0x100), Some(0xfffe), Some(0x100)),
            (2, None, None, None),
            (2, Some(0x3), None, None),
            (2, Some(0x30), Some(0xfffe), Some(0x30)),
            (3, None, Some(0xfffe), None),
        ] {
            let spec = WaveSpec {
                channels,
                sample_rate: SampleRate(48_000),
                bit_depth,
                channel_mask,
                container: Container::Riff,
            };
            let mut sink = WaveSink::create(&path, spec, true).unwrap();
            let mut block = Block::new(channels, 10);
            block.set_frames(10);
            let order: Vec<usize> = (0..channels).collect();
            sink.write(&block, &order).unwrap();
            sink.finish().unwrap();
            let case = format!("{channels} channels, {channel_mask:?}, {bit_depth}");
            let bytes = fs::read(&path).unwrap();
            assert_eq!(bytes.len() as u64, spec.file_bytes(10), "{case}");
            let written = u16::from_le_bytes(bytes[92..94].try_into().unwrap());
            let plain = if bit_depth == BitDepth::Float32 { 3 } else { 1 };
            assert_eq!(written, tag.unwrap_or(plain), "{case}");
            let reader = WaveReader::open(&path).unwrap();
            assert_eq!(reader.facts().channel_mask, read, "{case}");
            assert_eq!(reader.facts().warnings, [""; 0], "{case}");
        }
    }
}

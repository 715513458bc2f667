//! Promise: FLAC, AIFF, CAF and ALAC give exactly their frames, each at its place, or an error that says
//! where the file is broken; another sample rate has no delay and the right length.

#![expect(clippy::unwrap_used, reason = "a test stops at the first fault")]

mod made;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use umbel::Error;
use umbel::audio::Block;
use umbel::format::{
    AudioSource, BitDepth, Container, WaveSink, WaveSpec, open, open_verified, resampled,
};
use umbel::units::{Frames, SampleRate};

use self::made::flac_frame;

fn stem(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/open-the-dome/stems")
        .join(name)
}

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
        }
        if frames < frames_per_block {
            return Ok(all);
        }
    }
}

fn read_file(path: &Path) -> umbel::Result<Vec<Vec<f32>>> {
    read_all(&mut *open(path)?, 1000)
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// A chunk of AIFF: big endian, padded.
fn aiff_chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = [&id[..], &(content.len() as u32).to_be_bytes(), content].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// An AIFF-C file at 48 kHz with the given compression type ("NONE", "fl32").
fn aiff(compression: &[u8; 4], channels: u16, bits: u16, frames: u32, samples: &[u8]) -> Vec<u8> {
    let common = [
        &channels.to_be_bytes()[..],
        &frames.to_be_bytes(),
        &bits.to_be_bytes(),
        // 48 000 as 80-bit floating point.
        &[0x40, 0x0e, 0xbb, 0x80, 0, 0, 0, 0, 0, 0],
        compression,
        &[0, 0],
    ];
    let sound = [&[0; 8], samples].concat();
    let chunks = [
        aiff_chunk(b"FVER", &0xa280_5140u32.to_be_bytes()),
        aiff_chunk(b"COMM", &common.concat()),
        aiff_chunk(b"SSND", &sound),
    ];
    aiff_chunk(b"FORM", &[&b"AIFC"[..], &chunks.concat()].concat())
}

fn caf_chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&id[..], &(content.len() as u64).to_be_bytes(), content].concat()
}

/// The description chunk of a CAF file at 48 kHz.
fn caf_description(
    kind: &[u8; 4],
    flags: u32,
    packet_bytes: u32,
    packet_frames: u32,
    channels: u32,
    bits: u32,
) -> Vec<u8> {
    let numbers = [flags, packet_bytes, packet_frames, channels, bits];
    let content = [
        &48_000f64.to_be_bytes()[..],
        kind,
        &numbers.map(u32::to_be_bytes).concat(),
    ];
    caf_chunk(b"desc", &content.concat())
}

fn caf(chunks: &[Vec<u8>]) -> Vec<u8> {
    [&b"caff\0\x01\0\0"[..], &chunks.concat()].concat()
}

/// Bits from the most significant on.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn push(&mut self, value: i32, bits: usize) {
        for bit in (0..bits).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().unwrap();
            *last |= ((value >> bit & 1) as u8) << (7 - self.used % 8);
            self.used += 1;
        }
    }
}

/// A stereo ALAC packet of uncompressed samples (escape code), of `samples` left, right, left …
fn alac_packet(samples: &[i32], bits: usize, frames_per_packet: usize) -> Vec<u8> {
    let mut out = Bits::default();
    let is_short = samples.len() / 2 != frames_per_packet;
    out.push(1, 3); // a channel pair
    out.push(0, 4);
    out.push(0, 12);
    out.push(i32::from(is_short), 1);
    out.push(0, 2);
    out.push(1, 1); // not compressed
    if is_short {
        out.push(samples.len() as i32 / 2, 32);
    }
    for &sample in samples {
        out.push(sample, bits);
    }
    out.push(7, 3); // the end
    out.bytes
}

/// A stereo ALAC file in CAF, of 24 bits, 64 frames in a packet.
fn alac_in_caf(samples: &[i32]) -> Vec<u8> {
    alac_that_tells(samples, samples.len() as u64 / 2)
}

/// The same, which says that it has `frames` frames.
fn alac_that_tells(samples: &[i32], frames: u64) -> Vec<u8> {
    alac_of_table(samples, frames, 0)
}

#[test]
fn a_last_packet_of_any_length_is_read() {
    let folder = TempDir::new().unwrap();
    for frames in [1, 63, 64, 65, 127, 128, 129, 640, 641] {
        let steps: Vec<i32> = (0..2 * frames).map(|n| n * 99 - 5000).collect();
        let path = file(&folder, "last.caf", &alac_in_caf(&steps));
        let mut source = open(&path).unwrap();
        assert_eq!(source.facts().frames, Frames(frames as u64));
        let whole = read_all(&mut *source, 100).unwrap();
        let last = steps[steps.len() - 1] as f32 / 8_388_608.0;
        assert!(
            (whole[1][frames as usize - 1] - last).abs() < 1e-9,
            "{frames}"
        );
    }
}

#[test]
fn alac_of_32_bits_is_refused_and_not_decoded_wrongly() {
    let folder = TempDir::new().unwrap();
    let mut bytes = alac_in_caf(&[5; 256]);
    let depth = [0, 24, 40, 10, 14, 2];
    let at = bytes.windows(6).position(|six| six == depth).unwrap();
    bytes[at + 1] = 32;
    let error = open(&file(&folder, "deep.caf", &bytes)).err().unwrap();
    let message = error.to_string();
    assert!(
        message.contains("deep.caf") && message.contains("ALAC of 32 bits"),
        "{message}"
    );
}

/// The same, whose packet table is filled up with so many bytes.
fn alac_of_table(samples: &[i32], frames: u64, filled_up: usize) -> Vec<u8> {
    let packets: Vec<Vec<u8>> = samples
        .chunks(128)
        .map(|packet| alac_packet(packet, 24, 64))
        .collect();
    let cookie = [
        &64u32.to_be_bytes()[..],
        &[0, 24, 40, 10, 14, 2],
        &255u16.to_be_bytes(),
        &[0; 8],
        &48_000u32.to_be_bytes(),
    ];
    let mut table = [packets.len() as u64, frames]
        .map(u64::to_be_bytes)
        .concat();
    table.extend(0u32.to_be_bytes());
    table.extend(((packets.len() * 64) as u32 - frames as u32).to_be_bytes());
    for packet in &packets {
        table.extend([0x80 | (packet.len() >> 7) as u8, packet.len() as u8 & 0x7f]);
    }
    table.extend(vec![0; filled_up]);
    caf(&[
        caf_description(b"alac", 3, 0, 64, 2, 0),
        caf_chunk(b"kuki", &cookie.concat()),
        caf_chunk(b"pakt", &table),
        caf_chunk(b"data", &[&[0; 4], &packets.concat()[..]].concat()),
    ])
}

#[test]
fn the_demo_stems_give_every_frame_and_their_checksum_holds() {
    // FLAC carries the MD5 of its samples; reading to the end compares it here.
    for name in ["Kick_124_Am.flac", "FX_124_Am.flac"] {
        let mut source = open_verified(&stem(name)).unwrap();
        let facts = source.facts().clone();
        assert_eq!(facts.container, "FLAC");
        assert_eq!(facts.sample_format.to_string(), "24-bit integer");
        assert_eq!(
            (facts.frames, facts.sample_rate),
            (Frames(743_226), SampleRate(48_000))
        );
        assert_eq!(facts.warnings, [""; 0]);
        let whole = read_all(&mut *source, 1024).unwrap();
        assert!(whole.iter().all(|row| row.len() == 743_226));
        assert!(whole.iter().flatten().any(|x| x.abs() > 0.01));
        // Every sample is a whole number of 24-bit steps.
        assert!(
            whole
                .iter()
                .flatten()
                .all(|x| (x * 8_388_608.0).fract() == 0.0)
        );
        for frame in [0, 1, 4095, 4096, 300_001, 743_225, 743_226] {
            source.seek(Frames(frame)).unwrap();
            let mut block = Block::new(facts.channels, 500);
            block.set_frames(500);
            let rows: Vec<Option<usize>> = (0..facts.channels).map(Some).collect();
            let frames = source.read(&mut block, &rows).unwrap();
            let from = frame as usize;
            assert_eq!(frames, 500.min(743_226 - from));
            for (row, whole) in block.rows().zip(&whole) {
                assert!(
                    row[..frames] == whole[from..from + frames],
                    "{name}, frame {frame}"
                );
            }
        }
    }
}

#[test]
fn a_tag_behind_a_flac_file_is_no_sound() {
    let folder = tempfile::tempdir().unwrap();
    let mut tagged = fs::read(stem("Kick_124_Am.flac")).unwrap();
    tagged.extend_from_slice(b"TAG");
    tagged.extend_from_slice(&[b' '; 125]);
    let path = file(&folder, "tagged.flac", &tagged);
    let all = |path: &Path| read_all(&mut *open_verified(path).unwrap(), 1000).unwrap();
    assert!(all(&path) == all(&stem("Kick_124_Am.flac")));
}

/// A mono FLAC file of 16 bits whose sample n is `flac_sample(n)`: its metadata, which counts `told` frames, and its FLAC frames
/// of 256 and a rest, each not compressed ("verbatim").
fn flac(frames: usize, told: u64) -> (Vec<u8>, Vec<Vec<u8>>) {
    let packed = 48_000 << 44 | 15 << 36 | told;
    let head = [
        &b"fLaC\x80\0\0\x22\x01\0\x01\0\0\0\0\0\0\0"[..],
        &packed.to_be_bytes(),
        &[0; 16],
    ];
    let samples: Vec<i16> = (0..frames).map(flac_sample).collect();
    let frame = |(number, samples): (usize, &[i16])| flac_frame(number as u8, samples);
    let frames = samples.chunks(256).enumerate().map(frame).collect();
    (head.concat(), frames)
}

fn flac_sample(n: usize) -> i16 {
    (n * 7919 % 65_536) as u16 as i16
}

/// Reads a file that `flac` made and compares its samples; gives how many there are, and the warnings.
fn read_flac(path: &Path) -> umbel::Result<(usize, Vec<String>)> {
    let mut source = open(path)?;
    let all = read_all(&mut *source, 100)?;
    assert_eq!(source.facts().frames, Frames(all[0].len() as u64));
    for (n, x) in all[0].iter().enumerate() {
        let expected = f32::from(flac_sample(n)) / 32_768.0;
        assert!((x - expected).abs() < 1e-9, "sample {n}");
    }
    source.seek(Frames(all[0].len() as u64 - 3)).unwrap();
    assert_eq!(read_all(&mut *source, 100).unwrap()[0].len(), 3);
    Ok((all[0].len(), source.facts().warnings.clone()))
}

/// What may stand behind the last FLAC frame: name, bytes, and whether it is said.
fn flac_tags() -> Vec<(&'static str, Vec<u8>, bool)> {
    let id3v1 = [&b"TAG"[..], &[b' '; 125]].concat();
    let footer = |flags: u32| {
        let numbers = [2000, 40, 1, flags].map(u32::to_le_bytes).concat();
        [&b"APETAGEX"[..], &numbers, &[0; 8]].concat()
    };
    let ape = [&footer(0xa000_0000)[..], &[1; 8], &footer(0x8000_0000)].concat();
    let first_ape = [&[1; 8][..], &footer(0)].concat();
    let lyrics = b"LYRICSBEGININD0000200000030LYRICS200".to_vec();
    vec![
        ("nothing", vec![], false),
        ("ID3v1", id3v1.clone(), false),
        ("zeros", vec![0; 5000], true),
        ("APE", ape.clone(), true),
        ("APE of the first version", first_ape, true),
        ("Lyrics3 and ID3v1", [lyrics, id3v1.clone()].concat(), true),
        ("APE and ID3v1", [ape, id3v1].concat(), true),
    ]
}

#[test]
fn bytes_behind_the_last_flac_frame_do_not_hide_it() {
    let folder = TempDir::new().unwrap();
    let junk = [
        ("a letter", b"x".to_vec(), true),
        ("text", b"abcdefgh".repeat(20_000), true),
        ("half a frame", flac(256, 0).1[0][..300].to_vec(), true),
    ];
    for (frames, told) in [(3001, 3001), (3001, 0), (5, 5), (512, 512), (512, 0)] {
        let (head, packets) = flac(frames, told);
        let file_with = |rest: &[u8]| {
            file(
                &folder,
                "end.flac",
                &[&head, &packets.concat(), rest].concat(),
            )
        };
        let junk = junk.iter().filter(|_| told != 0).cloned();
        for (name, rest, is_said) in flac_tags().into_iter().chain(junk) {
            let (read, warnings) =
                read_flac(&file_with(&rest)).unwrap_or_else(|e| panic!("{name}, {told} told: {e}"));
            assert_eq!(read, frames, "{name}");
            let said = format!(
                "{} stray bytes behind the last FLAC frame are ignored",
                rest.len()
            );
            let said = is_said.then_some(said);
            assert_eq!(warnings, said.into_iter().collect::<Vec<_>>(), "{name}");
        }
    }
}

#[test]
fn a_flac_stream_of_unknown_length_that_is_cut_or_damaged_at_its_end_is_refused() {
    let folder = TempDir::new().unwrap();
    let (head, packets) = flac(3001, 0);
    let whole = [&head[..], &packets.concat()].concat();
    let refused = |bytes: &[u8], frame: usize| {
        let error = open(&file(&folder, "stream.flac", bytes)).err();
        let message = error.map_or_else(|| "read".to_owned(), |error| error.to_string());
        assert!(
            message.contains("stream.flac")
                && message.contains(&format!("frame {frame} ("))
                && message.contains("cut or damaged"),
            "{} bytes: {message}",
            bytes.len()
        );
    };
    let last = packets[11].len();
    for missing in [1, 2, 3, last / 2, last - 20, last - 1] {
        refused(&whole[..whole.len() - missing], 2816);
    }
    // A tag behind a cut is a tag, and the file is cut.
    for (_, tag, _) in flac_tags() {
        refused(&[&whole[..whole.len() - 100], &tag].concat(), 2816);
    }
    refused(&whole[..whole.len() / 2], 1280);
    refused(&[&whole[..], b"x"].concat(), 3001);
    for from_end in [1, 20, last - 9] {
        let mut damaged = whole.clone();
        let at = damaged.len() - from_end;
        damaged[at] ^= 0x10;
        refused(&damaged, 2816);
    }
    // Between two FLAC frames nothing tells a cut.
    let cut = &whole[..whole.len() - last];
    let read = read_flac(&file(&folder, "stream.flac", cut)).unwrap();
    assert_eq!(read, (2816, vec![]));
}

#[test]
fn a_flac_file_that_counts_fewer_frames_than_it_has_is_read_with_a_word() {
    let folder = TempDir::new().unwrap();
    for told in [2000, 2816, 3000] {
        let (head, packets) = flac(3001, told);
        for rest in [0, 5] {
            let bytes = [&head[..], &packets.concat(), &vec![b'x'; rest]].concat();
            let (read, warnings) = read_flac(&file(&folder, "fewer.flac", &bytes)).unwrap();
            assert_eq!(read as u64, told);
            let counts = format!(
                "its STREAMINFO counts {told} frames, its last FLAC frame ends at 3001; {told} are read"
            );
            assert_eq!(warnings[0], counts);
            assert_eq!(warnings.len(), 1 + rest.min(1), "{warnings:?}");
        }
    }
}

#[test]
fn an_aiff_file_that_contradicts_itself_is_read_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    for (said, held) in [(50, 100), (100, 50), (100, 100)] {
        let samples: Vec<u8> = (0..held * 6).map(|n| n as u8).collect();
        let bytes = aiff(b"NONE", 2, 24, said as u32, &samples);
        let path = file(&folder, "counts.aiff", &bytes);
        let mut source = open(&path).unwrap();
        let frames = source.facts().frames.0;
        let expected = match said == held {
            true => vec![],
            false => vec![format!(
                "its COMM chunk counts {said} frames, its SSND chunk has samples for {held}; {frames} are read"
            )],
        };
        assert_eq!(source.facts().warnings, expected);
        assert!(frames <= held, "{frames} of {held}");
        assert_eq!(read_all(&mut *source, 30).unwrap()[1].len() as u64, frames);
    }
}

type Open = fn(&Path) -> umbel::Result<Box<dyn AudioSource>>;

#[test]
fn files_whose_sound_is_missing_are_refused() {
    let folder = TempDir::new().unwrap();
    let pcm = |packet_bytes| caf_description(b"lpcm", 0, packet_bytes, 1, 1, 16);
    let data = caf_chunk(b"data", &[0; 4 + 200]);
    let mut huge = caf_chunk(b"free", &[]);
    huge[4..12].copy_from_slice(&(1_i64 << 62).to_be_bytes());
    let whole = aiff(b"NONE", 1, 16, 100, &[0; 200]);
    let sound = whole.windows(4).position(|name| name == b"SSND").unwrap();
    let mut without = whole[..sound].to_vec();
    without[4..8].copy_from_slice(&(sound as u32 - 8).to_be_bytes());
    let cases = [
        ("data.caf", caf(&[pcm(2)]), "there is no data chunk"),
        (
            "frames.caf",
            caf(&[pcm(0), data]),
            "200 bytes, but by its desc and pakt chunks these are no frames",
        ),
        (
            "huge.caf",
            caf(&[pcm(2), huge]),
            "the file ends after 64 bytes",
        ),
        (
            "sound.aiff",
            without,
            "counts 100 frames, but there is no SSND chunk",
        ),
    ];
    for (name, bytes, says) in cases {
        let path = file(&folder, name, &bytes);
        let error = open(&path).err().unwrap();
        assert!(matches!(error, umbel::Error::Malformed { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains(says) && error.contains(name), "{error}");
    }
    // A file that has no sound and says so.
    let silent = caf(&[pcm(2), caf_chunk(b"data", &[0; 4])]);
    let silent = open(&file(&folder, "silent.caf", &silent)).unwrap();
    assert_eq!(silent.facts().warnings, ["the file has no samples"]);
}

#[test]
fn a_damaged_or_cut_flac_file_is_refused_with_its_place() {
    let folder = TempDir::new().unwrap();
    let original = fs::read(stem("Kick_124_Am.flac")).unwrap();
    let damage_read_by = |open: Open, from: usize, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = original.clone();
        change(&mut bytes);
        let path = file(&folder, &format!("damaged{from}.flac"), &bytes);
        let read = open(&path).and_then(|mut source| read_all(&mut *source, 1000));
        let error = read.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
        error.to_string()
    };
    let damage = |from, change: &dyn Fn(&mut Vec<u8>)| damage_read_by(open, from, change);
    let half = original.len() / 2;
    let cut = damage(1, &|bytes| bytes.truncate(half));
    assert!(cut.contains("frame ") && cut.contains("743226"), "{cut}");
    let hit = damage(2, &|bytes| bytes[half] ^= 0x10);
    assert!(hit.contains("frame "), "{hit}");
    // The checksum of the samples lies in the bytes 26 to 41.
    let sum = damage_read_by(open_verified, 3, &|bytes| bytes[30] ^= 1);
    assert!(sum.contains("checksum"), "{sum}");
    let header = damage(4, &|bytes| bytes.truncate(20));
    assert!(header.contains("header"), "{header}");
}

#[test]
fn aiff_and_caf_are_read_exactly() {
    let folder = TempDir::new().unwrap();
    let steps: Vec<i32> = (0..2 * 777)
        .map(|n| ((i64::from(n) * 7_919_317) % 0x100_0000) as i32 - 0x80_0000)
        .collect();
    let big: Vec<u8> = steps
        .iter()
        .flat_map(|x| x.to_be_bytes()[1..].to_vec())
        .collect();
    let little: Vec<u8> = steps
        .iter()
        .flat_map(|x| x.to_le_bytes()[..3].to_vec())
        .collect();
    let floats: Vec<u8> = steps
        .iter()
        .flat_map(|&x| (x as f32 / 8_388_608.0).to_be_bytes())
        .collect();
    let edit = |samples: &[u8]| caf_chunk(b"data", &[&[0; 4], samples].concat());
    let integers = caf_description(b"lpcm", 2, 6, 1, 2, 24);
    // A recording that was going on: the size of its samples is that of the rest of the file.
    let mut open_ended = caf(&[integers.clone(), edit(&little)]);
    let size = 8 + integers.len() + 4;
    open_ended[size..][..8].copy_from_slice(&(-1_i64).to_be_bytes());
    let cases = [
        (
            "24.aiff",
            "AIFF",
            "24-bit integer",
            aiff(b"NONE", 2, 24, 777, &big),
        ),
        (
            "float.aiff",
            "AIFF",
            "32-bit float",
            aiff(b"fl32", 2, 32, 777, &floats),
        ),
        (
            "24.caf",
            "CAF",
            "24-bit integer",
            caf(&[caf_description(b"lpcm", 2, 6, 1, 2, 24), edit(&little)]),
        ),
        (
            "float.caf",
            "CAF",
            "32-bit float",
            caf(&[caf_description(b"lpcm", 1, 8, 1, 2, 32), edit(&floats)]),
        ),
        ("open.caf", "CAF", "24-bit integer", open_ended),
        // As libsndfile ends the chunks of an odd number of bytes, and its packet tables.
        (
            "odd.caf",
            "CAF",
            "24-bit integer",
            [caf(&[integers, edit(&little)]), vec![0]].concat(),
        ),
        (
            "filled.caf",
            "CAF",
            "24-bit integer",
            alac_of_table(&steps, 777, 3),
        ),
        ("alac.caf", "CAF", "24-bit integer", alac_in_caf(&steps)),
        // FFmpeg counts the last packet as full.
        (
            "rounded.caf",
            "CAF",
            "24-bit integer",
            alac_that_tells(&steps, 13 * 64),
        ),
    ];
    for (name, container, format, bytes) in cases {
        let path = file(&folder, name, &bytes);
        let mut source = open(&path).unwrap_or_else(|e| panic!("{e}"));
        let facts = source.facts().clone();
        assert_eq!(facts.container, container, "{name}");
        assert_eq!(facts.sample_format.to_string(), format, "{name}");
        assert_eq!((facts.frames, facts.channels), (Frames(777), 2), "{name}");
        let whole = read_all(&mut *source, 100).unwrap_or_else(|e| panic!("{e}"));
        for (n, &step) in steps.iter().enumerate() {
            let x = whole[n % 2][n / 2];
            assert!(
                x.to_bits() == (step as f32 / 8_388_608.0).to_bits() || step == 0,
                "{name}, sample {n}: {x} for {step}"
            );
        }
        for frame in [500, 3, 64, 776, 777] {
            source.seek(Frames(frame)).unwrap();
            let rest = read_all(&mut *source, 64).unwrap();
            let from = frame as usize;
            assert!(
                rest.iter()
                    .zip(&whole)
                    .all(|(rest, whole)| rest == &whole[from..]),
                "{name}, frame {frame}"
            );
        }
    }
}

#[test]
fn a_sample_that_is_not_finite_is_refused_by_its_place() {
    let folder = TempDir::new().unwrap();
    let mut floats = vec![0.5f32; 2 * 777];
    floats[2 * 480 + 1] = f32::NAN;
    let bytes: Vec<u8> = floats.iter().flat_map(|x| x.to_be_bytes()).collect();
    let path = file(&folder, "nan.aiff", &aiff(b"fl32", 2, 32, 777, &bytes));
    let error = read_file(&path).unwrap_err().to_string();
    assert!(
        error.contains("channel 2, frame 480 (0.010000 s)"),
        "{error}"
    );
}

#[test]
fn damaged_files_never_panic() {
    let folder = TempDir::new().unwrap();
    let steps: Vec<i32> = (0..2 * 200).map(|n| n * 1000).collect();
    let samples: Vec<u8> = steps
        .iter()
        .flat_map(|x| x.to_be_bytes()[1..].to_vec())
        .collect();
    let data = caf_chunk(b"data", &[&[0; 4], &samples[..]].concat());
    let originals = [
        aiff(b"NONE", 2, 24, 200, &samples),
        caf(&[caf_description(b"lpcm", 0, 6, 1, 2, 24), data]),
        alac_in_caf(&steps),
        fs::read(stem("Kick_124_Am.flac")).unwrap()[..20_000].to_vec(),
    ];
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    for (n, original) in originals.iter().enumerate() {
        for _ in 0..400 {
            let mut bytes = original.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len().min(300));
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
            }
            let path = file(&folder, "damaged", &bytes);
            if let Ok(mut source) = open(&path) {
                // A damaged header may well name a long file of silence; a part of it is enough.
                if source.facts().channels > 64 {
                    continue;
                }
                let channels = source.facts().channels;
                let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
                let mut block = Block::new(channels, 1000);
                block.set_frames(1000);
                while let Ok(1000) = source.read(&mut block, &rows) {
                    assert!(block.rows().flatten().all(|x| x.is_finite()), "file {n}");
                }
            }
        }
    }
}

/// A stereo float file of two sines at the given rate.
fn sines(path: &Path, rate: u32, frames: usize) {
    let spec = WaveSpec {
        channels: 2,
        sample_rate: SampleRate(rate),
        bit_depth: BitDepth::Float32,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut sink = WaveSink::create(path, spec, true).unwrap();
    let mut block = Block::new(2, frames);
    block.set_frames(frames);
    for (side, row) in block.rows_mut().enumerate() {
        for (n, sample) in row.iter_mut().enumerate() {
            *sample = sine(side, n as f64 / f64::from(rate)) as f32;
        }
    }
    sink.write(&block, &[0, 1]).unwrap();
    sink.finish().unwrap();
}

fn sine(side: usize, seconds: f64) -> f64 {
    let hertz = [997.0, 12_345.6][side];
    0.5 * (std::f64::consts::TAU * hertz * seconds + 0.3).sin()
}

#[test]
fn another_sample_rate_keeps_every_instant_and_the_length() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sines.wav");
    for (from, to) in [
        (44_100, 48_000),
        (48_000, 44_100),
        (96_000, 48_000),
        (48_000, 96_000),
        (48_048, 48_000),
    ] {
        let frames = 40_007;
        sines(&path, from, frames);
        let convert = || resampled(open(&path).unwrap(), SampleRate(to)).unwrap();
        let expected = (frames as f64 * f64::from(to) / f64::from(from)).round() as usize;
        let mut source = convert();
        assert_eq!(source.facts().frames, Frames(expected as u64));
        assert_eq!(source.facts().sample_rate, SampleRate(to));
        let whole = read_all(&mut *source, 1024).unwrap();
        for (side, row) in whole.iter().enumerate() {
            assert_eq!(row.len(), expected, "{from} to {to}");
            // Away from the edges, where the sine begins and ends at once.
            for (n, x) in row.iter().enumerate().take(expected - 5000).skip(5000) {
                let meant = sine(side, n as f64 / f64::from(to));
                let error = f64::from(*x) - meant;
                assert!(
                    error.abs() < 1e-6,
                    "{from} to {to}, side {side}, frame {n}: {error}"
                );
            }
        }
        for frames_per_block in [1, 333, 5000] {
            assert!(read_all(&mut *convert(), frames_per_block).unwrap() == whole);
        }
        for frame in [0, 1, 2047, 12_345, 30_000, expected - 1, expected] {
            let frame = frame.min(expected);
            source.seek(Frames(frame as u64)).unwrap();
            let rest = read_all(&mut *source, 700).unwrap();
            assert!(
                rest.iter()
                    .zip(&whole)
                    .all(|(rest, whole)| rest == &whole[frame..]),
                "{from} to {to}, frame {frame}"
            );
        }
    }
}

//! Promise: the sound of an MP4 or QuickTime file is read exactly, whatever the order of its bytes and in however many
//! fragments it comes, or the file is refused with the reason.

#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers may fail as the test itself"
)]

mod made;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use umbel::Error;
use umbel::audio::Block;
use umbel::format::{AudioSource, SampleFormat, open};
use umbel::units::Frames;

use self::made::flac_frame;

const FRAMES: usize = 1001;

/// Frame `n` of what is stored, in steps of 24 bits.
fn step(n: usize) -> i32 {
    (n * 7_919_311 % 16_777_216) as i32 - 8_388_608
}

/// The same of 16 bits.
fn short_step(n: usize) -> i16 {
    (step(n) >> 8) as i16
}

/// A box with its content.
fn atom(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

/// A box of numbers, of which the first is version and flags.
fn table(kind: &[u8; 4], numbers: &[u32]) -> Vec<u8> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    atom(kind, &bytes)
}

/// The description of a mono track at 48 kHz, in version 0 or 1, with its extensions.
fn description(coding: &[u8; 4], version: u16, bytes: u16, extensions: &[u8]) -> Vec<u8> {
    let mut content = vec![0, 0, 0, 0, 0, 0, 0, 1];
    let bits = if version == 0 { bytes * 8 } else { 16 };
    for field in [version, 0, 0, 0, 1, bits, 0, 0, 48_000, 0] {
        content.extend(field.to_be_bytes());
    }
    if version == 1 {
        for field in [1, u32::from(bytes), u32::from(bytes), 2] {
            content.extend(field.to_be_bytes());
        }
    }
    content.extend(extensions);
    let entry = atom(coding, &content);
    atom(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], &entry[..]].concat())
}

/// The box `moov` of one track: the tables of its packets, and what follows the track.
fn moov(tables: &[Vec<u8>], rest: &[u8]) -> Vec<u8> {
    let header = |kind, fields: usize, set: &[(usize, u32)]| {
        let mut numbers = vec![0; fields];
        for &(field, number) in set {
            numbers[field] = number;
        }
        table(kind, &numbers)
    };
    let movie = header(b"mvhd", 25, &[(3, 1000), (24, 2)]);
    let track = header(b"tkhd", 21, &[(3, 1)]);
    let clock = header(b"mdhd", 6, &[(3, 48_000)]);
    let handler = atom(b"hdlr", &[&[0; 8][..], b"soun", &[0; 13]].concat());
    let sound = header(b"smhd", 2, &[]);
    let tables = atom(b"stbl", &tables.concat());
    let media = atom(b"minf", &[sound, tables].concat());
    let media = atom(b"mdia", &[clock, handler, media].concat());
    let track = atom(b"trak", &[track, media].concat());
    atom(b"moov", &[&movie[..], &track, rest].concat())
}

fn file_type() -> Vec<u8> {
    atom(b"ftyp", b"qt  \0\0\0\0qt  ")
}

/// A file whose packets of so many ticks each stand in one piece.
fn movie(description: Vec<u8>, packets: &[Vec<u8>], ticks: u32) -> Vec<u8> {
    let head = [file_type(), atom(b"mdat", &packets.concat())].concat();
    let count = packets.len() as u32;
    let sizes = packets.iter().map(|packet| packet.len() as u32);
    let sizes: Vec<u32> = [0, 0, count].into_iter().chain(sizes).collect();
    let tables = [
        description,
        table(b"stts", &[0, 1, count, ticks]),
        table(b"stsc", &[0, 1, 1, count, 1]),
        table(b"stsz", &sizes),
        table(b"stco", &[0, 1, file_type().len() as u32 + 8]),
    ];
    [head, moov(&tables, &[])].concat()
}

/// Frames `from` to `to` of 16-bit PCM as a fragment, with what its boxes `tfhd` and `trun` say of its packets.
fn fragment(from: usize, to: usize, says: Says) -> Vec<u8> {
    let count = (to - from) as u32;
    let (head, flags, each): (&[u32], u32, &[u32]) = match says {
        Says::Nothing => (&[0x2_0000, 1], 0x1, &[]),
        Says::OfAll => (&[0x2_0018, 1, 1, 2], 0x1, &[]),
        Says::OfEach => (&[0x2_0000, 1], 0x301, &[1, 2]),
    };
    let build = |offset: u32| {
        let mut run = vec![flags, count, offset];
        run.extend((from..to).flat_map(|_| each));
        let time = table(b"tfdt", &[0, from as u32]);
        let traf = atom(
            b"traf",
            &[table(b"tfhd", head), time, table(b"trun", &run)].concat(),
        );
        atom(
            b"moof",
            &[table(b"mfhd", &[0, from as u32 + 1]), traf].concat(),
        )
    };
    let offset = build(0).len() as u32 + 8;
    let samples: Vec<u8> = (from..to)
        .flat_map(|n| short_step(n).to_le_bytes())
        .collect();
    [build(offset), atom(b"mdat", &samples)].concat()
}

#[derive(Debug, Clone, Copy)]
enum Says {
    Nothing,
    OfAll,
    OfEach,
}

/// A file that announces fragments, with these.
fn fragmented(fragments: &[Vec<u8>]) -> Vec<u8> {
    let tables = [
        description(b"sowt", 0, 2, &[]),
        table(b"stts", &[0, 0]),
        table(b"stsc", &[0, 0]),
        table(b"stsz", &[0, 0, 0]),
        table(b"stco", &[0, 0]),
    ];
    let announced = atom(b"mvex", &table(b"trex", &[0, 1, 1, 1, 2, 0]));
    let head = [file_type(), moov(&tables, &announced)].concat();
    [head, fragments.concat()].concat()
}

/// FLAC in MP4, in frames of `frames` samples.
fn flac(frames: usize, count: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    stream.extend([0, 0, 0, 0, 0x80, 0, 0, 34]);
    stream.extend([frames as u16; 2].into_iter().flat_map(u16::to_be_bytes));
    stream.extend([0; 6]);
    let total = (frames * count) as u64;
    stream.extend((48_000u64 << 44 | 15 << 36 | total).to_be_bytes());
    stream.extend([0; 16]);
    let description = description(b"fLaC", 0, 2, &atom(b"dfLa", &stream));
    let packets: Vec<Vec<u8>> = (0..count)
        .map(|number| {
            let samples = number * frames..(number + 1) * frames;
            flac_frame(number as u8, &samples.map(short_step).collect::<Vec<_>>())
        })
        .collect();
    movie(description, &packets, frames as u32)
}

fn write(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("sound.mov");
    fs::write(&path, bytes).unwrap();
    path
}

/// All that follows in the first channel.
fn rest(source: &mut dyn AudioSource) -> umbel::Result<Vec<f32>> {
    let mut block = Block::new(1, 300);
    block.set_frames(300);
    let mut all = Vec::new();
    loop {
        let frames = source.read(&mut block, &[Some(0)])?;
        all.extend_from_slice(&block.row_mut(0)[..frames]);
        if frames < 300 {
            return Ok(all);
        }
    }
}

fn read(path: &Path) -> umbel::Result<Vec<f32>> {
    rest(&mut *open(path)?)
}

fn refusal(folder: &TempDir, bytes: &[u8]) -> String {
    read(&write(folder, bytes)).unwrap_err().to_string()
}

#[test]
fn pcm_is_read_in_the_order_of_bytes_that_the_file_names_big_endian_where_it_names_none() {
    let folder = TempDir::new().unwrap();
    let meant: Vec<f32> = (0..FRAMES).map(|n| step(n) as f32 / 8_388_608.0).collect();
    let wave = |order: &[u8]| {
        let format = atom(b"frma", b"in24");
        let end = atom(&[0; 4], &[]);
        atom(b"wave", &[format, atom(b"enda", order), end].concat())
    };
    let orders = [
        (vec![], true),
        (wave(&[0, 0]), true),
        (atom(b"enda", &[0, 0]), true),
        (wave(&[0, 1]), false),
        (atom(b"enda", &[0, 1]), false),
    ];
    for (coding, bytes) in [(b"in24", 3), (b"in32", 4), (b"fl32", 4), (b"fl64", 8)] {
        for (order, is_big_endian) in &orders {
            for version in [0, 1] {
                let packets: Vec<Vec<u8>> = (0..FRAMES)
                    .map(|n| {
                        let mut packet = match coding {
                            b"in24" => step(n).to_be_bytes()[1..].to_vec(),
                            b"in32" => (step(n) << 8).to_be_bytes().to_vec(),
                            b"fl32" => meant[n].to_be_bytes().to_vec(),
                            _ => f64::from(meant[n]).to_be_bytes().to_vec(),
                        };
                        if !is_big_endian {
                            packet.reverse();
                        }
                        packet
                    })
                    .collect();
                let description = description(coding, version, bytes, order);
                let path = write(&folder, &movie(description, &packets, 1));
                let case = format!("{}, {order:?}, {version}", coding.escape_ascii());
                assert!(read(&path).unwrap() == meant, "{case}");
                let bits = u32::from(bytes) * 8;
                let format = match coding[0] {
                    b'f' => SampleFormat::Float { bits },
                    _ => SampleFormat::Integer { bits },
                };
                let facts = open(&path).unwrap().facts().clone();
                assert_eq!(facts.sample_format, format, "{case}");
            }
        }
    }
}

#[test]
fn every_frame_of_a_fragmented_file_is_read() {
    let folder = TempDir::new().unwrap();
    let meant: Vec<f32> = (0..FRAMES)
        .map(|n| f32::from(short_step(n)) / 32_768.0)
        .collect();
    let fragments = [
        fragment(0, 400, Says::OfEach),
        fragment(400, 401, Says::Nothing),
        fragment(401, FRAMES, Says::OfAll),
    ];
    let whole = fragmented(&fragments);
    let path = write(&folder, &whole);
    let mut source = open(&path).unwrap();
    assert_eq!(source.facts().frames, Frames(FRAMES as u64));
    assert_eq!(source.facts().warnings, [""; 0]);
    assert!(rest(&mut *source).unwrap() == meant);
    for from in [0, 399, 400, 401, 900, 5, FRAMES] {
        source.seek(Frames(from as u64)).unwrap();
        assert!(rest(&mut *source).unwrap() == meant[from..], "frame {from}");
    }
    let mut source = open(&path).unwrap();
    source.seek(Frames(700)).unwrap();
    assert!(rest(&mut *source).unwrap() == meant[700..]);
}

#[test]
fn a_fragmented_file_of_which_something_is_missing_is_refused() {
    let folder = TempDir::new().unwrap();
    let [first, second, third] =
        [(0, 400), (400, 700), (700, FRAMES)].map(|(from, to)| fragment(from, to, Says::OfEach));
    let none = refusal(&folder, &fragmented(&[]));
    assert!(none.contains("not complete"), "{none}");
    let gap = refusal(&folder, &fragmented(&[first.clone(), third.clone()]));
    assert!(
        gap.contains("tick 700") && gap.contains("tick 400"),
        "{gap}"
    );
    let late = refusal(&folder, &fragmented(std::slice::from_ref(&second)));
    assert!(late.contains("tick 400"), "{late}");
    let whole = fragmented(&[first, second, third]);
    let cut = refusal(&folder, &whole[..whole.len() - 1]);
    assert!(cut.contains("cut off"), "{cut}");
    // The size of the very first packet.
    let mut huge = whole;
    let run = huge.windows(4).position(|kind| kind == b"trun").unwrap();
    huge[run + 20..run + 24].fill(0x7f);
    let huge = refusal(&folder, &huge);
    assert!(huge.contains("a packet claims"), "{huge}");
}

#[test]
fn a_damaged_flac_frame_in_mp4_is_refused_with_its_place() {
    let folder = TempDir::new().unwrap();
    let meant: Vec<f32> = (0..5 * 192)
        .map(|n| f32::from(short_step(n)) / 32_768.0)
        .collect();
    let bytes = flac(192, 5);
    assert!(read(&write(&folder, &bytes)).unwrap() == meant);
    // A sample of the third frame.
    let mut damaged = bytes;
    damaged[file_type().len() + 8 + 2 * (11 + 2 * 192) + 100] ^= 0x10;
    let error = refusal(&folder, &damaged);
    assert!(
        error.contains("CRC-16") && error.contains("frame 384 "),
        "{error}"
    );
}

#[test]
fn a_coding_that_is_not_read_is_unsupported_and_not_broken() {
    let folder = TempDir::new().unwrap();
    let form = atom(b"pcmC", &[0, 0, 0, 0, 0, 24]);
    for coding in [b"ipcm", b"fpcm", b"enca"] {
        let description = description(coding, 0, 3, &form);
        let path = write(&folder, &movie(description, &vec![vec![0; 3]; 9], 1));
        match open(&path) {
            Err(Error::Unsupported { feature, hint, .. }) => {
                let name = coding.escape_ascii().to_string();
                assert!(feature.contains(&name), "{feature}");
                assert!(hint.contains("in24"), "{hint}");
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{} is read", coding.escape_ascii()),
        }
    }
}

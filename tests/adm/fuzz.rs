//! Damaged files are refused or played, but never make the reader panic or stall.

use std::time::{Duration, Instant};

use umbel::Error;
use umbel::format::adm::{self, Selection};

use super::file::{AdmFile, block};

/// Numbers that are the same in each run (Knuth's multiplier of 64 bits).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end.max(1)
    }
}

/// Reads a file with these bytes.
fn read(bytes: &[u8], what: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.wav");
    std::fs::write(&path, bytes).unwrap();
    let begun = Instant::now();
    let outcome = adm::read(&path).and_then(|document| {
        let mut master = document.master(&Selection::default())?;
        for object in &mut master.objects {
            while object.blocks.next_block().is_some() {}
        }
        Ok(())
    });
    assert!(begun.elapsed() < Duration::from_secs(5), "{what}");
    match outcome {
        Ok(()) => true,
        Err(Error::Session { findings, .. }) => {
            assert!(!findings.is_empty(), "{what}: refused without a reason");
            false
        }
        Err(error) => {
            assert!(error.to_string().contains("damaged.wav"), "{what}: {error}");
            false
        }
    }
}

fn moving() -> AdmFile {
    let blocks: String = (0..6)
        .map(|n| {
            let more = format!(
                "<gain>0.{n}</gain><jumpPosition interpolationLength=\"0.1\">1</jumpPosition>\
                 <objectDivergence azimuthRange=\"20\">0.{n}</objectDivergence>"
            );
            block(
                n + 1,
                &format!("00.{n}0000"),
                "00.10000",
                10.0 * n as f64,
                &more,
            )
        })
        .collect();
    AdmFile {
        frames: 480,
        dbmd: Some(vec![1, 2, 3, 4, 5, 6, 7, 8]),
        ..AdmFile::objects(&[&blocks, &block(1, "", "", 30.0, "")])
    }
}

/// Where the chunk `id` begins with its four letters.
fn chunk(bytes: &[u8], id: &[u8; 4]) -> usize {
    bytes.windows(4).position(|at| at == id).unwrap()
}

#[test]
fn damaged_bytes_of_the_metadata_never_make_the_reader_panic() {
    let whole = moving().bytes();
    let mut dice = Dice(1);
    let metadata = chunk(&whole, b"axml");
    let mut refused = 0;
    for round in 0..3000 {
        let mut bytes = whole.clone();
        // Rounds of one, of a few and of many damaged bytes; a third in the chna and dbmd chunks alone.
        let first = if round % 3 == 0 {
            chunk(&whole, b"chna")
        } else {
            metadata
        };
        for _ in 0..[1, 3, 40][round % 7 % 3] {
            let at = first + dice.below(bytes.len() - first);
            bytes[at] = match dice.below(4) {
                0 => b'<',
                1 => bytes[at] ^ (1 << dice.below(8)),
                2 => b'0' + dice.below(10) as u8,
                _ => dice.below(256) as u8,
            };
        }
        if round % 11 == 0 {
            bytes.truncate(first + dice.below(bytes.len() - first));
        }
        refused += usize::from(!read(&bytes, &format!("round {round}")));
    }
    assert!((300..3000).contains(&refused), "{refused} of 3000 refused");
}

#[test]
fn chunks_that_claim_gigabytes_are_refused_at_once() {
    for id in [b"axml", b"chna", b"dbmd"] {
        let mut bytes = moving().bytes();
        let at = chunk(&bytes, id) + 4;
        bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        read(&bytes, &String::from_utf8_lossy(id));
    }
    // A chna chunk that counts 65,535 rows but has two.
    let mut bytes = moving().bytes();
    let at = chunk(&bytes, b"chna") + 10;
    bytes[at..at + 2].copy_from_slice(&u16::MAX.to_le_bytes());
    assert!(!read(&bytes, "rows"));
}

#[test]
fn a_document_of_millions_of_blocks_is_read_in_bounded_memory_or_refused() {
    // Blocks that are all the same text: 60 MB of them.
    let one = block(1, "", "", 0.0, "");
    let blocks = one.repeat(60_000_000 / one.len());
    let begun = Instant::now();
    let errors = AdmFile::objects(&[&blocks]).errors();
    assert!(!errors.is_empty(), "blocks without times were taken");
    assert!(errors.len() <= 100, "{} findings", errors.len());
    assert!(begun.elapsed() < Duration::from_secs(60));
}

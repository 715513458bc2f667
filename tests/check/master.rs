//! A good master taken apart, so that one thing of it can be made wrong.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use umbel::audio::Block;
use umbel::format::{BitDepth, Container, WaveSink, WaveSpec};
use umbel::units::SampleRate;

pub(crate) fn umbel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Writes a WAV file of `rows`.
pub(crate) fn write_wave(path: &Path, bit_depth: BitDepth, rate: u32, rows: &[Vec<f32>]) {
    let spec = WaveSpec {
        channels: rows.len(),
        sample_rate: SampleRate(rate),
        bit_depth,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut block = Block::new(rows.len(), rows[0].len());
    block.set_frames(rows[0].len());
    for (to, from) in block.rows_mut().zip(rows) {
        to.copy_from_slice(from);
    }
    let mut sink = WaveSink::create(path, spec, true).unwrap();
    sink.write(&block, &(0..rows.len()).collect::<Vec<_>>())
        .unwrap();
    sink.finish().unwrap();
}

/// A folder with a session of two objects, one of which moves, and a bed with an LFE.
pub(crate) struct Song {
    pub(crate) folder: TempDir,
}

impl Song {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, step) in [("a.wav", 0.05_f32), ("b.wav", 0.07)] {
            let row = (0..24_000).map(|n| 0.1 * (n as f32 * step).sin()).collect();
            write_wave(&folder.path().join(name), BitDepth::Int24, 48_000, &[row]);
        }
        std::fs::write(folder.path().join("song.toml"), SESSION).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn export(&self, kind: &str, name: &str, more: &[&str]) -> PathBuf {
        let (song, master) = (self.path("song.toml"), self.path(name));
        let mut arguments = vec!["export", kind, text(&song), "-o", text(&master), "-q", "-f"];
        arguments.extend(more);
        let done = umbel(&arguments);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        master
    }
}

const SESSION: &str = r#"
[[stem]]
name = "A"
file = "a.wav"
at = { x = 0, y = 1, z = 0 }
size = 0.3
lfe = -6
[[stem]]
name = "B"
file = "b.wav"
move = [[0, { x = -1, y = 1, z = 0 }], [0.02, { x = 1, y = 1, z = 0.5 }]]
"#;

/// A master in parts.
#[derive(Clone)]
pub(crate) struct Master {
    magic: [u8; 4],
    pub(crate) chunks: Vec<([u8; 4], Vec<u8>)>,
}

impl Master {
    /// Takes a RIFF file apart.
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let mut chunks = Vec::new();
        let mut at = 12;
        while at < bytes.len() {
            let size = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
            let name = bytes[at..at + 4].try_into().unwrap();
            chunks.push((name, bytes[at + 8..at + 8 + size].to_vec()));
            at += 8 + size + size % 2;
        }
        Self {
            magic: *b"RIFF",
            chunks,
        }
    }

    /// Puts it together again.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let is_large = &self.magic != b"RIFF";
        let mut bytes = [self.magic.as_slice(), &[0xff; 4], b"WAVE"].concat();
        for (name, content) in &self.chunks {
            let is_long = is_large && name == b"data";
            let size = if is_long {
                u32::MAX
            } else {
                content.len() as u32
            };
            bytes.extend(name);
            bytes.extend(size.to_le_bytes());
            bytes.extend(content);
            bytes.extend(vec![0; content.len() % 2]);
        }
        let size = bytes.len() as u64 - 8;
        if is_large {
            if let Some(at) = bytes.windows(4).position(|name| name == b"ds64") {
                let there = bytes.len() - at - 8;
                let room = &mut bytes[at + 8..at + 8 + there.min(16)];
                room[..8].copy_from_slice(&size.to_le_bytes());
                let data = self
                    .chunks
                    .iter()
                    .find(|chunk| &chunk.0 == b"data")
                    .unwrap();
                room[8..].copy_from_slice(&(data.1.len() as u64).to_le_bytes());
            }
        } else {
            bytes[4..8].copy_from_slice(&(size as u32).to_le_bytes());
        }
        bytes
    }

    /// As a file of 64-bit sizes: RF64 with a ds64 chunk in place of the room for it.
    pub(crate) fn large(mut self) -> Self {
        self.magic = *b"RF64";
        self.chunks[0] = (*b"ds64", vec![0; 28]);
        self
    }

    pub(crate) fn chunk(&mut self, name: &[u8; 4]) -> &mut Vec<u8> {
        &mut self
            .chunks
            .iter_mut()
            .find(|chunk| &chunk.0 == name)
            .unwrap()
            .1
    }

    pub(crate) fn axml(&mut self) -> String {
        String::from_utf8(self.chunk(b"axml").clone()).unwrap()
    }

    /// The first `from` in the XML becomes `to`.
    pub(crate) fn x(mut self, from: &str, to: &str) -> Self {
        let text = self.axml();
        assert!(text.contains(from), "{from}");
        *self.chunk(b"axml") = text.replacen(from, to, 1).into_bytes();
        self
    }

    /// Every `from` in the XML becomes `to`.
    pub(crate) fn every(mut self, from: &str, to: &str) -> Self {
        let text = self.axml();
        assert!(text.contains(from), "{from}");
        *self.chunk(b"axml") = text.replace(from, to).into_bytes();
        self
    }

    /// The first `from` after the first `mark` becomes `to`.
    pub(crate) fn after(mut self, mark: &str, from: &str, to: &str) -> Self {
        let text = self.axml();
        let at = text.find(mark).unwrap_or_else(|| panic!("{mark}"));
        assert!(text[at..].contains(from), "{from} after {mark}");
        let changed = format!("{}{}", &text[..at], text[at..].replacen(from, to, 1));
        *self.chunk(b"axml") = changed.into_bytes();
        self
    }

    /// What stands from the first `from` to the end of the next `to` moves before the next `before`; away, if that is
    /// empty.
    pub(crate) fn moved(mut self, from: &str, to: &str, before: &str) -> Self {
        let text = self.axml();
        let start = text.find(from).unwrap_or_else(|| panic!("{from}"));
        let end = start + text[start..].find(to).unwrap_or_else(|| panic!("{to}")) + to.len();
        let (part, mut left) = (text[start..end].to_owned(), text.clone());
        left.replace_range(start..end, "");
        if !before.is_empty() {
            let at = start
                + left[start..]
                    .find(before)
                    .unwrap_or_else(|| panic!("{before}"));
            left.insert_str(at, &part);
        }
        *self.chunk(b"axml") = left.into_bytes();
        self
    }

    /// Changes the content of a chunk.
    pub(crate) fn with(mut self, name: &[u8; 4], change: impl Fn(&mut Vec<u8>)) -> Self {
        change(self.chunk(name));
        self
    }

    /// Adds a chunk at the end.
    pub(crate) fn and(mut self, name: &[u8; 4], content: Vec<u8>) -> Self {
        self.chunks.push((*name, content));
        self
    }

    pub(crate) fn without(mut self, name: &[u8; 4]) -> Self {
        self.chunks.retain(|chunk| &chunk.0 != name);
        self
    }

    /// Changes the segments of dbmd, number and payload; checksums are made anew.
    pub(crate) fn segments(self, change: impl Fn(&mut Vec<(u8, Vec<u8>)>)) -> Self {
        self.with(b"dbmd", |dbmd| {
            let mut segments = Vec::new();
            let mut at = 4;
            while dbmd[at] != 0 {
                let size = usize::from(u16::from_le_bytes([dbmd[at + 1], dbmd[at + 2]]));
                segments.push((dbmd[at], dbmd[at + 3..at + 3 + size].to_vec()));
                at += size + 4;
            }
            change(&mut segments);
            dbmd.truncate(4);
            for (id, payload) in segments {
                let size = payload.len() as u16;
                let sum = payload
                    .iter()
                    .fold(size as u8, |sum, byte| sum.wrapping_add(*byte));
                dbmd.push(id);
                dbmd.extend(size.to_le_bytes());
                dbmd.extend(payload);
                dbmd.push(sum.wrapping_neg());
            }
            dbmd.extend([0, 0]);
        })
    }
}

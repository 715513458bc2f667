//! Rules 1 to 27: the RIFF, RF64 or BW64 file around everything.
//!
//! The walk believes nothing: it reads each header as it stands and seeks over what lies between, so a file of
//! many GiB takes no longer than a small one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::report::{NOWHERE, Report};

/// Most chunks that are walked; no WAV file has more than some dozens.
const MOST_CHUNKS: usize = 100_000;
const UNKNOWN: u32 = u32::MAX;

/// A chunk: its name, where its content lies, how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) name: [u8; 4],
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// What the container says of the samples.
#[derive(Debug, Clone, Default)]
pub(super) struct Container {
    pub(super) chunks: Vec<Chunk>,
    pub(super) channels: u64,
    pub(super) rate: u64,
    pub(super) bits: u64,
    pub(super) frames: u64,
}

impl Container {
    pub(super) fn chunk(&self, name: &[u8; 4]) -> Option<&Chunk> {
        self.chunks.iter().find(|chunk| chunk.name == *name)
    }

    /// Length of the samples in seconds; `None` without a rate.
    pub(super) fn seconds(&self) -> Option<f64> {
        (self.rate > 0).then(|| self.frames as f64 / self.rate as f64)
    }
}

/// The sizes of a ds64 chunk.
struct Ds64 {
    data: u64,
    frames: u64,
    others: Vec<([u8; 4], u64)>,
}

/// Walks a file of `length` bytes. `None` if it is no WAV file or cannot be walked.
pub(super) fn walk(
    file: &mut File,
    length: u64,
    report: &mut Report,
) -> io::Result<Option<Container>> {
    let mut form = [0; 12];
    let is_wave = length >= 12 && {
        read_at(file, 0, &mut form)?;
        matches!(&form[..4], b"RIFF" | b"RF64" | b"BW64") && &form[8..] == b"WAVE"
    };
    report.need(is_wave, 1, NOWHERE, || {
        format!(
            "the file has {length} bytes and begins \"{}\"",
            form.escape_ascii()
        )
    });
    if !is_wave {
        return Ok(None);
    }
    let is_large = &form[..4] != b"RIFF";
    let size = u32_at(&form, 4);
    if is_large {
        report.need(size == UNKNOWN, 2, NOWHERE, || {
            format!("the size of the file at byte 4 is {size:#x}")
        });
    } else if length - 8 > u64::from(u32::MAX) {
        report.need(false, 4, NOWHERE, || {
            format!("the RIFF file has {length} bytes")
        });
    } else {
        report.need(u64::from(size) == length - 8, 3, NOWHERE, || {
            format!("the size at byte 4 is {size}; {} bytes follow", length - 8)
        });
    }
    let mut walk = Walk {
        file,
        length,
        is_large,
        ds64: None,
        container: Container::default(),
    };
    let whole = walk.chunks(report)?;
    if !whole {
        return Ok(None);
    }
    let Walk {
        ds64,
        mut container,
        file,
        ..
    } = walk;
    for name in [b"fmt ", b"data", b"axml", b"chna", b"dbmd", b"bext"] {
        let count = container
            .chunks
            .iter()
            .filter(|chunk| chunk.name == *name)
            .count();
        report.need(count <= 1, 17, NOWHERE, || {
            format!("there are {count} chunks \"{}\"", name.escape_ascii())
        });
    }
    if let Some(bext) = container.chunk(b"bext") {
        report.need(bext.size >= 602, 25, NOWHERE, || {
            format!("the bext chunk has {} bytes", bext.size)
        });
    }
    format(file, &mut container, report)?;
    if let Some(sizes) = ds64 {
        let frames = sizes.frames;
        report.need(
            frames == 0 || frames == container.frames,
            14,
            NOWHERE,
            || {
                format!(
                    "ds64 says {frames} frames; the data chunk holds {}",
                    container.frames
                )
            },
        );
    }
    Ok(Some(container))
}

struct Walk<'a> {
    file: &'a mut File,
    length: u64,
    is_large: bool,
    ds64: Option<Ds64>,
    container: Container,
}

impl Walk<'_> {
    /// Goes from chunk to chunk; false if a ds64 chunk is too short to tell anything.
    fn chunks(&mut self, report: &mut Report) -> io::Result<bool> {
        let mut at = 12;
        while self.length - at >= 8 && self.container.chunks.len() < MOST_CHUNKS {
            let mut header = [0; 8];
            read_at(self.file, at, &mut header)?;
            let [a, b, c, d, ..] = header;
            let (name, claimed) = ([a, b, c, d], u32_at(&header, 4));
            let is_name = name.iter().all(|byte| (32..127).contains(byte));
            report.need(is_name, 6, NOWHERE, || {
                format!(
                    "at byte {at} the name of a chunk is \"{}\"",
                    name.escape_ascii()
                )
            });
            if !is_name {
                return Ok(true);
            }
            let content = at + 8;
            if name == *b"ds64" && self.ds64.is_none() {
                let size = u64::from(claimed);
                report.need(size >= 28, 9, NOWHERE, || {
                    format!("the ds64 chunk has {size} bytes")
                });
                if size < 24 || size > self.length - content {
                    return Ok(false);
                }
                self.ds64 = Some(self.ds64_at(content, size, report)?);
            }
            self.place(name, at, report);
            let size = self.size(name, at, claimed, report);
            let there = self.length - content;
            report.need(size <= there, 16, NOWHERE, || {
                format!(
                    "the chunk \"{}\" at byte {at} claims {size} bytes; {there} follow",
                    name.escape_ascii()
                )
            });
            let size = size.min(there);
            if self.container.chunks.is_empty() && !self.is_large {
                let is_room = matches!(&name, b"JUNK" | b"junk") && size >= 28;
                report.need(
                    is_room || &name == b"bext" || &name == b"ds64",
                    15,
                    NOWHERE,
                    || {
                        format!(
                            "the first chunk is \"{}\" with {size} bytes",
                            name.escape_ascii()
                        )
                    },
                );
            }
            self.container.chunks.push(Chunk {
                name,
                offset: content,
                size,
            });
            at = content + size;
            if size % 2 == 1 {
                at += self.pad(name, at, report)?;
            }
            if at > self.length {
                at = self.length;
            }
        }
        let left = self.length - at;
        report.need(left == 0, 5, NOWHERE, || {
            format!("{left} bytes follow the last chunk")
        });
        if self.is_large && self.container.chunks.is_empty() {
            report.need(false, 7, NOWHERE, || "there is no ds64 chunk".to_owned());
        }
        Ok(true)
    }

    /// Where ds64 may stand.
    fn place(&self, name: [u8; 4], at: u64, report: &mut Report) {
        let is_first = at == 12;
        if name == *b"ds64" {
            report.need(is_first, 7, NOWHERE, || {
                format!("a ds64 chunk stands at byte {at}")
            });
            report.need(self.is_large || !is_first, 8, NOWHERE, || {
                "the RIFF file has a ds64 chunk".to_owned()
            });
        } else if is_first && self.is_large {
            report.need(false, 7, NOWHERE, || {
                format!("the first chunk is \"{}\"", name.escape_ascii())
            });
        }
    }

    /// The size of a chunk that claims `claimed` bytes.
    fn size(&self, name: [u8; 4], at: u64, claimed: u32, report: &mut Report) -> u64 {
        if !self.is_large {
            return u64::from(claimed);
        }
        let sizes = self.ds64.as_ref();
        let listed = match &name {
            b"data" => sizes.map(|sizes| sizes.data),
            _ => sizes
                .and_then(|sizes| sizes.others.iter().find(|row| row.0 == name))
                .map(|row| row.1),
        };
        if claimed == UNKNOWN {
            report.need(listed.is_some(), 12, NOWHERE, || {
                format!(
                    "the chunk \"{}\" at byte {at} has no size in ds64",
                    name.escape_ascii()
                )
            });
            return listed.unwrap_or(self.length - at - 8);
        }
        if &name == b"data" {
            let is_same = listed.is_none_or(|size| size == 0 || size == u64::from(claimed));
            report.need(is_same, 13, NOWHERE, || {
                format!(
                    "the data chunk has {claimed} bytes; ds64 says {}",
                    listed.unwrap_or(0)
                )
            });
        }
        u64::from(claimed)
    }

    fn ds64_at(&mut self, content: u64, size: u64, report: &mut Report) -> io::Result<Ds64> {
        let mut fixed = [0; 28];
        read_at(self.file, content, &mut fixed[..size.min(28) as usize])?;
        let riff = u64_at(&fixed, 0);
        if self.is_large {
            report.need(riff == self.length - 8, 11, NOWHERE, || {
                format!(
                    "ds64 says {riff} bytes follow the first eight; {} do",
                    self.length - 8
                )
            });
        }
        let rows = u64::from(u32_at(&fixed, 24));
        report.need(28 + 12 * rows <= size.max(28), 10, NOWHERE, || {
            format!("the table of ds64 has {rows} rows, the chunk {size} bytes")
        });
        let room = size.saturating_sub(28) / 12;
        let mut others = Vec::new();
        for row in 0..rows.min(room).min(MOST_CHUNKS as u64) {
            let mut bytes = [0; 12];
            read_at(self.file, content + 28 + 12 * row, &mut bytes)?;
            let [a, b, c, d, ..] = bytes;
            others.push(([a, b, c, d], u64_at(&bytes, 4)));
        }
        Ok(Ds64 {
            data: u64_at(&fixed, 8),
            frames: u64_at(&fixed, 16),
            others,
        })
    }

    /// Bytes of padding at `at` behind the chunk `name`: 1, or 0 where there is none.
    fn pad(&mut self, name: [u8; 4], at: u64, report: &mut Report) -> io::Result<u64> {
        let mut next = [0; 5];
        let there = (self.length - at).min(5) as usize;
        read_at(self.file, at, &mut next[..there])?;
        report.need(there > 0 && next[0] == 0, 18, NOWHERE, || {
            format!(
                "no byte of value 0 follows the chunk \"{}\" of odd size",
                name.escape_ascii()
            )
        });
        // Where the next name begins at once, the walk goes on there: the other rules are worth looking at.
        let is_name = |name: &[u8]| {
            name.iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
        };
        let is_missing = there == 0 || (next[0] != 0 && is_name(&next[..4]));
        Ok(u64::from(!is_missing))
    }
}

/// The fmt chunk, and what follows from it for the data chunk.
fn format(file: &mut File, container: &mut Container, report: &mut Report) -> io::Result<()> {
    let position = |name: &[u8; 4]| {
        container
            .chunks
            .iter()
            .position(|chunk| chunk.name == *name)
    };
    let (format, data) = (position(b"fmt "), position(b"data"));
    let data_size = data.map_or(0, |data| container.chunks[data].size);
    report.need(data_size > 0, 23, NOWHERE, || match data {
        Some(_) => "the data chunk is empty".to_owned(),
        None => "there is no data chunk".to_owned(),
    });
    let chunk = format.map(|format| container.chunks[format]);
    report.need(
        chunk.is_some_and(|chunk| chunk.size >= 16),
        19,
        NOWHERE,
        || match chunk {
            Some(chunk) => format!("the fmt chunk has {} bytes", chunk.size),
            None => "there is no fmt chunk".to_owned(),
        },
    );
    let Some(chunk) = chunk.filter(|chunk| chunk.size >= 16) else {
        return Ok(());
    };
    if let (Some(format), Some(data)) = (format, data) {
        report.need(format < data, 22, NOWHERE, || {
            "the data chunk stands before fmt".to_owned()
        });
    }
    let mut bytes = [0; 40];
    read_at(
        file,
        chunk.offset,
        &mut bytes[..chunk.size.min(40) as usize],
    )?;
    let short = |at: usize| u64::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let (tag, channels, align, bits) = (short(0), short(2), short(12), short(14));
    let (rate, byte_rate) = (u64::from(u32_at(&bytes, 4)), u64::from(u32_at(&bytes, 8)));
    let is_extended = tag == 0xfffe && short(24) == 1;
    report.need(tag == 1 || is_extended, 20, NOWHERE, || match tag {
        0xfffe => format!(
            "the format is EXTENSIBLE with sub-format {:#06x}",
            short(24)
        ),
        _ => format!("the format tag is {tag:#06x}"),
    });
    report.wish(!is_extended, 20, NOWHERE, || {
        "the format tag is EXTENSIBLE".to_owned()
    });
    let frame = channels * bits.div_ceil(8);
    report.need(align == frame && byte_rate == rate * align, 21, NOWHERE, || {
        format!(
            "{channels} channels of {bits} bits at {rate} Hz have frames of {align} bytes and {byte_rate} bytes a second"
        )
    });
    report.need(
        tag != 1 || matches!(bits, 16 | 24 | 32),
        26,
        NOWHERE,
        || format!("samples have {bits} bits"),
    );
    if frame > 0 {
        let odd = data_size % frame;
        report.need(odd == 0, 24, NOWHERE, || {
            format!("the data chunk has {data_size} bytes, {odd} more than whole frames of {frame}")
        });
        container.frames = data_size / frame;
    }
    (container.channels, container.rate, container.bits) = (channels, rate, bits);
    Ok(())
}

/// Fills `bytes` from byte `offset` on.
pub(super) fn read_at(file: &mut File, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

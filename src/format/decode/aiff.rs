//! What an AIFF file says of its length, in two places.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes before the first chunk, and of the head of a chunk: four letters and a size.
const FILE_HEAD: u64 = 12;
const CHUNK_HEAD: u64 = 8;

/// Most chunks that are looked at.
const MOST_CHUNKS: usize = 4096;

/// Bytes of a COMM chunk that are read: channels, frames, bits, rate, and the kind of samples of AIFF-C.
const COMM_BYTES: usize = 22;

/// Bytes of the SSND chunk before its samples: offset and block size.
const SSND_HEAD: u64 = 8;

/// The frames that the COMM chunk counts and those for which the SSND chunk has samples (none without such a chunk), if the
/// samples are PCM (Apple, "Audio Interchange File Format: AIFF-C", draft of 1991).
///
/// # Errors
/// The file cannot be read.
pub(super) fn frame_counts(file: &mut (impl Read + Seek)) -> io::Result<Option<(u64, u64)>> {
    let (mut comm, mut ssnd) = (None, None);
    let end = file.seek(SeekFrom::End(0))?;
    let mut at = FILE_HEAD;
    for _ in 0..MOST_CHUNKS {
        if end.saturating_sub(at) < CHUNK_HEAD {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; CHUNK_HEAD as usize];
        file.read_exact(&mut head)?;
        let size = u64::from(u32::from_be_bytes([head[4], head[5], head[6], head[7]]));
        at += CHUNK_HEAD;
        match &head[..4] {
            b"COMM" => {
                let mut bytes = Vec::with_capacity(COMM_BYTES);
                file.take(size.min(COMM_BYTES as u64))
                    .read_to_end(&mut bytes)?;
                comm = Some(bytes);
            }
            b"SSND" => {
                let mut bytes = [0; 4];
                if size.min(end - at) >= SSND_HEAD {
                    file.read_exact(&mut bytes)?;
                }
                let offset = u64::from(u32::from_be_bytes(bytes));
                ssnd = Some(size.saturating_sub(SSND_HEAD + offset));
            }
            _ => {}
        }
        at = at.saturating_add(size + size % 2);
    }
    Ok(comm.and_then(|comm| {
        let bytes = ssnd.unwrap_or(0);
        let fixed: &[u8; 8] = comm.first_chunk()?;
        let number = |at: usize| u64::from(u16::from_be_bytes([fixed[at], fixed[at + 1]]));
        let is_pcm = match comm.get(18..22) {
            None => true,
            Some(kind) => [b"NONE", b"twos", b"sowt"]
                .iter()
                .any(|pcm| pcm[..] == *kind),
        };
        let frame_bytes = number(0) * number(6).div_ceil(8);
        let said = number(2) << 16 | number(4);
        (is_pcm && frame_bytes > 0).then(|| (said, bytes / frame_bytes))
    }))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = (content.len() as u32).to_be_bytes();
        [&name[..], &size, content, &vec![0; content.len() % 2]].concat()
    }

    fn counts(kind: &[u8], frames: u32, bytes: usize, offset: u32) -> Option<(u64, u64)> {
        let rate = [0x40, 0x0e, 0xbb, 0x80, 0, 0, 0, 0, 0, 0];
        let comm = [&[0, 2][..], &frames.to_be_bytes(), &[0, 24], &rate, kind].concat();
        let ssnd = [&offset.to_be_bytes()[..], &[0; 4], &vec![1; bytes]].concat();
        let file = [
            b"FORM\0\0\0\0AIFF".to_vec(),
            chunk(b"NAME", b"odd"),
            chunk(b"SSND", &ssnd),
            chunk(b"COMM", &comm),
        ];
        frame_counts(&mut Cursor::new(file.concat())).unwrap()
    }

    #[test]
    fn both_counts_are_found_in_any_order_of_chunks() {
        assert_eq!(counts(b"", 100, 600, 0), Some((100, 100)));
        assert_eq!(counts(b"NONE", 70_000, 599, 0), Some((70_000, 99)));
        assert_eq!(counts(b"sowt", 10, 600, 12), Some((10, 98)));
        assert_eq!(counts(b"ulaw", 10, 600, 0), None);
        let comm = chunk(b"COMM", &[0, 1, 0, 0, 0, 9, 0, 16]);
        let alone = [&b"FORM\0\0\0\0AIFF"[..], &comm].concat();
        assert_eq!(frame_counts(&mut Cursor::new(alone)).unwrap(), Some((9, 0)));
    }

    #[test]
    fn what_is_cut_or_has_no_such_chunks_counts_nothing() {
        for file in [
            &b""[..],
            b"FORM\0\0\0\0AIFF",
            b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0",
        ] {
            assert_eq!(frame_counts(&mut Cursor::new(file)).unwrap(), None);
        }
    }
}

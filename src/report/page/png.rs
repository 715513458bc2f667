//! A small picture of few colours as PNG (ISO/IEC 15948), without compression, in a data URI.

use std::fmt::Write;

use crate::format::crc32;

/// A picture of `width` times `height` pixels, top row first, each the number of a colour of `palette` (at most 256).
pub(super) fn data_uri(width: usize, height: usize, palette: &[[u8; 3]], pixels: &[u8]) -> String {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let size = [width as u32, height as u32];
    let mut header: Vec<u8> = size.iter().flat_map(|n| n.to_be_bytes()).collect();
    // Eight bits, palette, deflate, no filter, no interlacing.
    header.extend([8, 3, 0, 0, 0]);
    chunk(&mut png, *b"IHDR", &header);
    chunk(&mut png, *b"PLTE", palette.as_flattened());
    let mut rows = Vec::with_capacity((width + 1) * height);
    for row in pixels.chunks(width.max(1)) {
        rows.push(0);
        rows.extend(row);
    }
    chunk(&mut png, *b"IDAT", &stored(&rows));
    chunk(&mut png, *b"IEND", &[]);
    format!("data:image/png;base64,{}", base64(&png))
}

fn chunk(png: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    png.extend((content.len() as u32).to_be_bytes());
    let named = [&name, content].concat();
    png.extend(&named);
    png.extend(crc32(&named).to_be_bytes());
}

/// A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        stream.push(u8::from(blocks.peek().is_none()));
        let length = block.len() as u16;
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let get = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = get(0) << 16 | get(1) << 8 | get(2);
        for n in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * n) & 63) as usize] as char;
            // Writing to a string cannot fail.
            let _ = text.write_char(if n <= three.len() { letter } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_standards() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_checksum_of_a_stream_is_the_standards() {
        let stream = stored(b"Wikipedia");
        assert_eq!(stream[stream.len() - 4..], [0x11, 0xe6, 0x03, 0x98]);
    }
}

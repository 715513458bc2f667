//! Lines of a text file through one buffer of fixed size.

use std::io::{self, Read};

/// Size of the buffer, and the longest line that can be read.
pub(super) const BUFFER: usize = 16 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One line, without its line end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) text: &'a [u8],
    /// Line number, from 1.
    pub(super) number: usize,
    /// Place of its first byte in the file.
    pub(super) offset: u64,
    /// True for an empty line and a comment (`#`).
    pub(super) remark: bool,
    /// True if it is longer than the buffer; then `text` is empty.
    pub(super) cut: bool,
}

/// Reads lines ended by LF, CR LF, or the end of the file.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// The bytes of the buffer that are read and not yet handed out.
    start: usize,
    end: usize,
    /// Place in the file of `buffer[start]`.
    offset: u64,
    /// Lines handed out.
    count: usize,
    at_end: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            offset: 0,
            count: 0,
            at_end: false,
        }
    }

    /// What follows, as far as it is in the buffer.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Moves on by a line of `length` bytes, its end included, that was read from what is [ahead](Self::ahead).
    pub(super) fn pass(&mut self, length: usize) {
        self.start += length;
        self.offset += length as u64;
        self.count += 1;
    }

    /// The next line, `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let Some((length, step, cut)) = self.find_end()? else {
            return Ok(None);
        };
        let whole = &self.buffer[self.start..self.start + length];
        let mark = if self.count == 0 && whole.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        let text = self.start + mark..self.start + length;
        let offset = self.offset + mark as u64;
        let mut seen = self.buffer[text.clone()].iter();
        let first = seen.find(|byte| !byte.is_ascii_whitespace());
        let remark = first.is_none_or(|&byte| byte == b'#');
        self.start += step;
        self.offset += step as u64;
        self.count += 1;
        if cut {
            self.skip_line()?;
        }
        // Skipping a long line has overwritten its beginning.
        let text = if cut { &[][..] } else { &self.buffer[text] };
        Ok(Some(Line {
            text: text.strip_suffix(b"\r").unwrap_or(text),
            number: self.count,
            offset,
            remark,
            cut,
        }))
    }

    /// Length of the line that starts at `start`, bytes to the next one, and whether it was cut.
    fn find_end(&mut self) -> io::Result<Option<(usize, usize, bool)>> {
        loop {
            let waiting = &self.buffer[self.start..self.end];
            if let Some(length) = memchr::memchr(b'\n', waiting) {
                return Ok(Some((length, length + 1, false)));
            }
            let length = waiting.len();
            if self.at_end {
                return Ok((length > 0).then_some((length, length, false)));
            }
            if length == BUFFER {
                return Ok(Some((length, length, true)));
            }
            self.fill()?;
        }
    }

    /// Skips the rest of a line that does not fit the buffer.
    fn skip_line(&mut self) -> io::Result<()> {
        while let Some((_, step, cut)) = self.find_end()? {
            self.start += step;
            self.offset += step as u64;
            if !cut {
                break;
            }
        }
        Ok(())
    }

    /// Moves what is waiting to the front of the buffer and reads more behind it.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let read = loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += read;
        self.at_end = read == 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time, as a slow disk may.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(to.len()).min(self.0.len());
            to[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn all(bytes: &[u8], drop: usize) -> Vec<(String, usize, u64, bool)> {
        let mut lines = Lines::new(Drops(bytes, drop));
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let text = String::from_utf8_lossy(line.text).into_owned();
            found.push((text, line.number, line.offset, line.cut));
        }
        found
    }

    #[test]
    fn line_ends_mark_and_places_are_right_for_any_size_of_read() {
        let text = b"\xEF\xBB\xBFtime\r\n\n1\n2\r\nlast";
        let expected: Vec<_> = [("time", 3), ("", 9), ("1", 10), ("2", 12), ("last", 15)]
            .iter()
            .enumerate()
            .map(|(i, &(line, at))| (line.to_owned(), i + 1, at, false))
            .collect();
        for drop in [1, 2, 7, 100] {
            assert_eq!(all(text, drop), expected, "reads of {drop}");
        }
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_cut_and_the_next_is_found() {
        for excess in [0, 1, 5, BUFFER, 3 * BUFFER + 17] {
            let mut text = vec![b'1'; BUFFER + excess];
            text.extend(b"\n2\n");
            for drop in [1000, BUFFER, 1 << 20] {
                let found = all(&text, drop);
                assert_eq!(found.len(), 2, "{excess} more, reads of {drop}");
                assert!(found[0].3);
                assert_eq!(
                    found[1],
                    ("2".to_owned(), 2, (BUFFER + excess + 1) as u64, false)
                );
            }
        }
    }
}

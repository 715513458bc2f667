//! JSON Lines: one object a line on stdin, one answer a line on stdout.

use std::io::{BufRead, BufReader, Read, Write};

use serde::Serialize;

use super::ui::STDOUT;
use crate::{Error, Result};

/// Bytes that are read or written at a time.
pub(super) const BUFFER: usize = 64 * 1024;

/// Longest line read, in bytes: a position takes about 100.
pub(super) const LONGEST_LINE: usize = 16 * 1024;

/// Calls `answer` with the number and text of every line of `input` that is not empty; what it says is wrong ends the work.
///
/// Someone who types, or waits for each answer, gets it before the next line is waited for.
pub(super) fn answer_each<W: Write>(
    input: impl Read,
    out: &mut W,
    mut answer: impl FnMut(u64, &[u8], &mut W) -> Result<Result<(), String>>,
) -> Result<()> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut line = Vec::new();
    for number in 1_u64.. {
        if memchr::memchr(b'\n', input.buffer()).is_none() {
            out.flush().map_err(output_failed)?;
        }
        line.clear();
        let read = input
            .by_ref()
            .take(LONGEST_LINE as u64)
            .read_until(b'\n', &mut line)
            .map_err(|e| Error::io(STDIN, "read", e))?;
        if read == 0 {
            break;
        }
        if line.len() == LONGEST_LINE && !line.ends_with(b"\n") {
            let reason =
                format!("the line is longer than {LONGEST_LINE} bytes; a line holds one position");
            return Err(refused(number, &reason));
        }
        let text = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(text) if number == 1 => text,
            _ => &line,
        };
        if !text.trim_ascii().is_empty() {
            answer(number, text, out)?.map_err(|reason| refused(number, &reason))?;
        }
    }
    Ok(())
}

const STDIN: &str = "stdin";

fn refused(line: u64, reason: &str) -> Error {
    Error::malformed(STDIN, "position", format!("line {line}"), reason)
}

/// serde_json's sentence, with the column and without the line, which is always its first.
pub(super) fn not_understood(error: &serde_json::Error) -> String {
    let sentence = error.to_string();
    let sentence = sentence
        .split_once(" at line ")
        .map_or(sentence.as_str(), |(sentence, _)| sentence);
    format!("column {}: {sentence}", error.column())
}

/// Numbers are the shortest that read back as the same `f64`.
pub(super) fn write_line(out: &mut impl Write, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *out, value)
        .map_err(std::io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .map_err(output_failed)
}

pub(super) fn output_failed(error: std::io::Error) -> Error {
    Error::io(STDOUT, "write to", error)
}

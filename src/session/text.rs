//! From the bytes of a session file to its tree.

use std::path::Path;

use toml::de::DeTable;

use super::codes::{SYNTAX, UNREADABLE_TEXT};
use super::findings::{Findings, shorten};
use super::json;
use super::presets;
use super::tree::Node;

/// Largest session file in bytes. It bounds the memory of the parser; long automation belongs in a CSV
/// file, which is streamed.
pub(crate) const LARGEST: usize = 2 << 20;

/// Beyond this size only the first fault of the syntax is looked for.
const ALL_FAULTS: usize = 256 << 10;

/// Faults of the syntax that are listed: after some, the rest follow from the first.
const LISTED_FAULTS: usize = 20;

/// The text of a file's bytes, without a byte order mark; `None` after a finding.
pub(crate) fn decode(bytes: Vec<u8>, findings: &mut Findings) -> Option<String> {
    if bytes.len() > LARGEST {
        findings.add(
            UNREADABLE_TEXT,
            None,
            format!("the file is larger than {} MiB", LARGEST >> 20),
            "",
            "a session is text; put long automation in CSV files: move = { csv = \"…\" }",
        );
        return None;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(fault) => {
            let at = fault.utf8_error().valid_up_to();
            let line = memchr::memchr_iter(b'\n', &fault.as_bytes()[..at]).count() + 1;
            findings.add(
                UNREADABLE_TEXT,
                None,
                format!("byte {at} (line {line}) is not UTF-8 text"),
                "",
                "save the file as UTF-8 (`umbel info` reads audio files)",
            );
            None
        }
    }
}

/// The tree of the text of a session or chain, JSON if the file's name ends in .json, otherwise TOML; `None`
/// after a finding. Presets have been replaced by their processors.
pub(crate) fn parse(text: &str, path: &Path, findings: &mut Findings) -> Option<Node> {
    let mut tree = parse_as_written(text, path, findings)?;
    presets::expand(&mut tree);
    Some(tree)
}

fn parse_as_written(text: &str, path: &Path, findings: &mut Findings) -> Option<Node> {
    let is_json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json {
        return match json::parse(text) {
            Ok(mut tree) => {
                json::read_silence(&mut tree, false);
                Some(tree)
            }
            Err(fault) => {
                let span = fault.at
                    ..text[fault.at..]
                        .chars()
                        .next()
                        .map_or(fault.at, |c| fault.at + c.len_utf8());
                findings.add(
                    SYNTAX,
                    Some(span),
                    format!("this is not JSON: {}", fault.reason),
                    "here",
                    "",
                );
                None
            }
        };
    }
    let faults = if text.len() > ALL_FAULTS {
        match DeTable::parse(text) {
            Ok(document) => return Some(Node::from_toml(&document)),
            Err(fault) => vec![fault],
        }
    } else {
        let (document, faults) = DeTable::parse_recoverable(text);
        if faults.is_empty() {
            return Some(Node::from_toml(&document));
        }
        faults
    };
    let mut said: Vec<(Option<std::ops::Range<usize>>, String)> = Vec::new();
    for fault in faults.iter().take(LISTED_FAULTS) {
        // The parser may tell the same fault twice while it recovers.
        let telling = (fault.span(), fault.message().to_owned());
        if said.contains(&telling) {
            continue;
        }
        said.push(telling);
        // A fault at the very end has no character to underline.
        let span = fault
            .span()
            .map(|span| span.start.min(text.len())..span.end.min(text.len()));
        if fault.message().contains("recursion") || fault.message().contains("recurse") {
            // Whatever else is wrong follows from having stopped here.
            let message = "lists or tables stand more than 80 deep in each other";
            findings.add(SYNTAX, span, message, "too deep", "a session needs 6");
            return None;
        }
        let comma = span
            .as_ref()
            .and_then(|span| decimal_comma(text, span.start));
        let (span, help) = match (comma, span) {
            (Some(number), _) => {
                let point = text[number.clone()].replace(',', ".");
                (
                    Some(number),
                    format!("decimals are written with a point: {point}"),
                )
            }
            (None, Some(span)) if line_at(text, span.start).1.contains(CURLY_QUOTES) => (
                Some(span),
                "text stands in straight quotes: \"…\"".to_owned(),
            ),
            (None, span) => (span, String::new()),
        };
        findings.add(SYNTAX, span, shorten(fault.message()), "here", help);
    }
    None
}

const CURLY_QUOTES: [char; 4] = ['“', '”', '„', '‘'];

/// Where the line around a byte starts, and the line.
fn line_at(text: &str, at: usize) -> (usize, &str) {
    let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    (start, text[start..].lines().next().unwrap_or(""))
}

/// A number with a decimal comma in the line around a byte (`az = 30,5`), which TOML reads as an entry
/// that ends at the comma. In a list a comma between digits is no fault.
fn decimal_comma(text: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let (start, line) = line_at(text, at);
    let bytes = line.as_bytes();
    if line.contains('[') {
        return None;
    }
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let comma = memchr::memchr_iter(b',', bytes)
        .find(|&comma| comma > 0 && digit(comma - 1) && digit(comma + 1))?;
    let mut number = comma - 1..comma + 2;
    while number.start > 0 && digit(number.start - 1) {
        number.start -= 1;
    }
    while digit(number.end) {
        number.end += 1;
    }
    Some(start + number.start..start + number.end)
}

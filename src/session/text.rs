//! From the bytes of a session file to its tree.

use std::path::Path;

use toml::de::DeTable;

use super::codes::{SYNTAX, UNREADABLE_TEXT};
use super::findings::{Findings, shorten};
use super::json;
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
                "save the file as UTF-8",
            );
            None
        }
    }
}

/// The tree of a session's text, JSON if the file's name ends in .json, otherwise TOML; `None` after a
/// finding.
pub(crate) fn parse(text: &str, path: &Path, findings: &mut Findings) -> Option<Node> {
    let is_json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json {
        return match json::parse(text) {
            Ok(tree) => Some(tree),
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
    for fault in faults.iter().take(LISTED_FAULTS) {
        // A fault at the very end has no character to underline.
        let span = fault
            .span()
            .map(|span| span.start.min(text.len())..span.end.min(text.len()));
        let help = span.as_ref().map_or("", |span| hint(text, span.start));
        findings.add(SYNTAX, span, shorten(fault.message()), "here", help);
    }
    None
}

/// What is most often meant where the syntax is wrong.
fn hint(text: &str, at: usize) -> &'static str {
    let line_start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = line.as_bytes();
    let decimal_comma = memchr::memchr_iter(b',', bytes)
        .any(|i| i > 0 && digit(bytes.get(i - 1)) && digit(bytes.get(i + 1)));
    if decimal_comma && !line.contains('[') {
        "decimals are written with a point: 30.5"
    } else if line.contains(['“', '”', '„', '‘', '’']) {
        "text stands in straight quotes: \"…\""
    } else {
        ""
    }
}

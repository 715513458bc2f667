//! Findings as people and programs read them.
//!
//! For people: code, sentence, `file:line:column`, the line with the words underlined, and help. For
//! programs: one JSON object each.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::Path;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use serde_json::{Value, json};

use super::ui;
use crate::error::{Finding, Severity};

/// Draws findings one after the other. `known` is the text of one of the files they are about; the
/// others are read again.
pub(crate) fn draw(findings: &[Finding], known: Option<(&Path, &str)>) -> String {
    let mut drawn = String::new();
    let mut read: Option<(&Path, Option<String>)> = None;
    for finding in findings {
        let path = finding.path.as_path();
        let text = match known {
            Some((known, text)) if known == path => Some(text),
            // Nothing of the file is drawn; it may be hours of sound.
            _ if finding.span.is_none() => None,
            _ => {
                if read.as_ref().is_none_or(|(before, _)| *before != path) {
                    read = Some((path, text_of(path)));
                }
                read.as_ref().and_then(|(_, text)| text.as_deref())
            }
        };
        drawn.push_str(&draw_one(&shown(finding), text));
    }
    drawn
}

/// One finding as an object with the keys code, severity, file, line, column, span, message, label, help.
pub(crate) fn json(finding: &Finding) -> Value {
    let (line, column) = finding.line_column.unzip();
    // Spans lie in the text without a byte order mark; whoever opens the file counts it.
    let mark = match &finding.span {
        Some(_) if begins_with_mark(&finding.path) => MARK.len(),
        _ => 0,
    };
    json!({
        "code": finding.code,
        "severity": finding.severity,
        "file": finding.path.display().to_string(),
        "line": line,
        "column": column,
        "span": finding.span.as_ref().map(|span| [span.start + mark, span.end + mark]),
        "message": finding.message,
        "label": finding.label,
        "help": finding.help,
    })
}

/// "2 errors, 1 warning", or "no findings".
pub(crate) fn count(findings: &[Finding]) -> String {
    let counts = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ]
    .map(|(severity, word)| {
        let count = findings.iter().filter(|f| f.severity == severity).count();
        match count {
            0 => String::new(),
            1 => format!("1 {word}"),
            n => format!("{n} {word}s"),
        }
    });
    let said: Vec<&str> = counts
        .iter()
        .map(String::as_str)
        .filter(|c| !c.is_empty())
        .collect();
    if said.is_empty() {
        "no findings".to_owned()
    } else {
        said.join(", ")
    }
}

/// The byte order mark that a text may begin with (UTF-8).
const MARK: &[u8] = b"\xef\xbb\xbf";

fn begins_with_mark(path: &Path) -> bool {
    let mut head = Vec::with_capacity(MARK.len());
    let file = fs::File::open(path).map(|file| file.take(MARK.len() as u64));
    file.and_then(|mut file| file.read_to_end(&mut head))
        .is_ok_and(|_| head == MARK)
}

/// The text as spans are counted in: without a byte order mark.
fn text_of(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The finding with words and a path that a terminal can show.
fn shown(finding: &Finding) -> Finding {
    let words = |text: &str| ui::printable(text).into_owned();
    Finding {
        path: words(&finding.path.display().to_string()).into(),
        message: words(&finding.message),
        label: words(&finding.label),
        help: words(&finding.help),
        ..finding.clone()
    }
}

fn draw_one(finding: &Finding, text: Option<&str>) -> String {
    let coloured = ui::coloured();
    let style = match finding.severity {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
        Severity::Note => "1;36",
    };
    let title = format!("{}[{}]", finding.severity, finding.code);
    let title = if coloured {
        format!("\x1b[{style}m{title}\x1b[0m")
    } else {
        title
    };
    let drawing = excerpt(finding, text).and_then(|excerpt| excerpt.draw(coloured));
    let Some(drawing) = drawing else {
        let mut plain = format!(
            "{title}: {}\n   --> {}\n",
            finding.message,
            finding.path.display()
        );
        if let Some((line, column)) = finding.line_column {
            plain = format!("{}:{line}:{column}\n", plain.trim_end());
        }
        if !finding.help.is_empty() {
            plain.push_str(&format!("  help: {}\n", finding.help));
        }
        return plain;
    };
    format!("{title}: {}\n{drawing}", finding.message)
}

/// The one line a finding is about, cut to what fits a screen, and what to underline in it.
struct Excerpt {
    line: String,
    /// Bytes of `line`.
    underlined: std::ops::Range<usize>,
    /// "song.toml", and where in it.
    name: String,
    number: usize,
    column: usize,
    label: String,
    help: String,
}

/// Bytes of a long line that are shown before and after the words underlined.
const AROUND: usize = 70;

fn excerpt(finding: &Finding, text: Option<&str>) -> Option<Excerpt> {
    let (text, span) = (text?, finding.span.clone()?);
    let (number, column) = finding.line_column?;
    if span.end > text.len()
        || !text.is_char_boundary(span.start)
        || !text.is_char_boundary(span.end)
    {
        return None;
    }
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[span.start..]
        .find('\n')
        .map_or(text.len(), |at| span.start + at);
    // What runs over several lines is underlined to the end of its first.
    let end = span.end.min(line_end).max(span.start);
    let from = boundary(text, span.start.saturating_sub(AROUND).max(line_start));
    let end = boundary(text, end.min(span.start + 2 * AROUND));
    let to = boundary(text, (end + AROUND).min(line_end));
    let (before, after) = (
        if from > line_start { "…" } else { "" },
        if to < line_end { "…" } else { "" },
    );
    let clean = |part: &str| -> String {
        // One column each, so that the underline stays below its words.
        part.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect()
    };
    let lead = format!("{before}{}", clean(&text[from..span.start]));
    let words = clean(&text[span.start..end]);
    let tail = clean(text[end..to].trim_end_matches('\r'));
    Some(Excerpt {
        underlined: lead.len()..lead.len() + words.len(),
        line: format!("{lead}{words}{tail}{after}"),
        name: finding.path.display().to_string(),
        number,
        column,
        label: finding.label.clone(),
        help: finding.help.clone(),
    })
}

/// The nearest border of a character at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

impl Excerpt {
    fn draw(self, coloured: bool) -> Option<String> {
        let theme = if coloured {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let mut drawn = String::new();
        GraphicalReportHandler::new_themed(theme)
            .with_width(100)
            .with_context_lines(0)
            .with_links(false)
            .render_report(&mut drawn, &Place(self))
            .ok()?;
        // The sentence stands above, beside its number: what miette prints before the frame is blank.
        let frame = drawn
            .find("╭")
            .map_or(0, |at| drawn[..at].rfind('\n').map_or(0, |line| line + 1));
        let mut lines: Vec<&str> = drawn[frame..].lines().map(str::trim_end).collect();
        lines.retain(|line| !line.is_empty());
        Some(format!("{}\n", lines.join("\n")))
    }
}

/// An excerpt as miette takes it.
struct Place(Excerpt);

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Place {}

impl Diagnostic for Place {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.0.help.is_empty()).then(|| Box::new(&self.0.help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.0.underlined.clone();
        let label = Some(self.0.label.clone()).filter(|label| !label.is_empty());
        Some(Box::new(std::iter::once(LabeledSpan::new(
            label,
            span.start,
            span.len(),
        ))))
    }
}

/// The one line of the file, under its own number.
impl SourceCode for Place {
    fn read_span<'a>(
        &'a self,
        _span: &miette::SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.0.name.clone(),
            self.0.line.as_bytes(),
            (0, self.0.line.len()).into(),
            self.0.number - 1,
            self.0.column - 1,
            1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(text: &str, words: &str) -> Finding {
        let start = text.find(words).unwrap();
        Finding {
            code: "U401",
            severity: Severity::Error,
            path: "song.toml".into(),
            span: Some(start..start + words.len()),
            line_column: Some(crate::error::line_column(text, start)),
            message: "unknown key `grop` in [[stem]]".to_owned(),
            label: "not a key".to_owned(),
            help: "did you mean `group`?".to_owned(),
        }
    }

    #[test]
    fn the_words_are_underlined_under_file_line_and_column() {
        let text = "[[stem]]\r\nname = \"é\"; grop = \"a\"\r\n";
        let drawn = draw(
            &[finding(text, "grop")],
            Some((Path::new("song.toml"), text)),
        );
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(
            lines[0], "error[U401]: unknown key `grop` in [[stem]]",
            "{drawn}"
        );
        assert!(lines[1].contains("[song.toml:2:13]"), "{drawn}");
        let column = |line: &str, what: &str| line[..line.find(what).unwrap()].chars().count();
        assert_eq!(column(lines[2], "grop"), column(lines[3], "─"), "{drawn}");
        assert!(drawn.contains("not a key"), "{drawn}");
        assert!(drawn.contains("help: did you mean `group`?"), "{drawn}");
    }

    #[test]
    fn long_lines_and_spans_over_lines_stay_short() {
        let text = format!(
            "a = [{}{{bad}},\n{}]\n",
            "0, ".repeat(50_000),
            "1, ".repeat(50_000)
        );
        let known = Some((Path::new("song.toml"), text.as_str()));
        let mut long = finding(&text, "{bad}");
        assert!(draw(std::slice::from_ref(&long), known).len() < 2000);
        long.span = Some(0..text.len());
        long.line_column = Some((1, 1));
        assert!(draw(&[long], known).len() < 2000);
    }

    #[test]
    fn spans_of_json_are_bytes_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = "grop = 1";
        let mut found = finding(text, "grop");
        for (name, mark) in [("plain.toml", ""), ("marked.toml", "\u{feff}")] {
            found.path = folder.path().join(name);
            let content = format!("{mark}{text}");
            fs::write(&found.path, &content).unwrap();
            let span = json(&found)["span"].clone();
            let at = |index: usize| span[index].as_u64().unwrap() as usize;
            assert_eq!(&content[at(0)..at(1)], "grop", "{name}");
        }
    }

    #[test]
    fn a_finding_without_a_place_names_its_file() {
        let mut finding = finding("grop", "grop");
        finding.span = None;
        finding.line_column = None;
        let drawn = draw(&[finding], None);
        assert!(drawn.contains("--> song.toml\n"), "{drawn}");
    }
}

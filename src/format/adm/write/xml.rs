//! XML, element by element, indented by tabs.

use std::io::{self, Write};

/// Writes elements to a stream.
pub(super) struct Xml<'a> {
    out: &'a mut dyn Write,
    /// What is not written yet: elements are far shorter than what a stream is best given at a time.
    buffer: Vec<u8>,
    depth: usize,
}

const TABS: &str = "\t\t\t\t\t\t\t\t\t\t\t\t";

/// Bytes that stand in XML as they are, wherever they stand.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        plain[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b':' | b'_' | b'-' | b'+');
        byte += 1;
    }
    plain
};

/// Bytes handed on at a time.
const AT_ONCE: usize = 64 << 10;

/// Attributes of an element: name and value.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl<'a> Xml<'a> {
    /// Begins a document.
    pub(super) fn begin(out: &'a mut dyn Write) -> Self {
        Self {
            out,
            buffer: b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec(),
            depth: 0,
        }
    }

    /// Hands on what is left.
    pub(super) fn finish(self) -> io::Result<()> {
        self.out.write_all(&self.buffer)
    }

    /// An element with others inside, to be closed.
    pub(super) fn open(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.start(name, attributes);
        self.buffer.extend_from_slice(b">\n");
        self.depth += 1;
        Ok(())
    }

    /// The end of the element `name`.
    pub(super) fn close(&mut self, name: &str) -> io::Result<()> {
        self.depth -= 1;
        self.indent();
        self.end(name);
        if self.buffer.len() < AT_ONCE {
            return Ok(());
        }
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// An element with text alone.
    pub(super) fn leaf(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        text: &str,
    ) -> io::Result<()> {
        self.start(name, attributes);
        self.buffer.push(b'>');
        self.text(text);
        self.end(name);
        Ok(())
    }

    /// White space before an element so many levels below the present one.
    pub(super) fn indentation(&self, levels: usize) -> &'static str {
        &TABS[..(self.depth + levels).min(TABS.len())]
    }

    /// Whole lines as they are.
    pub(super) fn verbatim(&mut self, lines: &str) {
        self.buffer.extend_from_slice(lines.as_bytes());
    }

    /// Where an element is to be written as it is, and all that stands in it but what follows, until it is closed.
    pub(super) fn open_verbatim(&mut self) -> &mut Vec<u8> {
        self.depth += 1;
        &mut self.buffer
    }

    fn end(&mut self, name: &str) {
        self.buffer.extend_from_slice(b"</");
        self.buffer.extend_from_slice(name.as_bytes());
        self.buffer.extend_from_slice(b">\n");
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>) {
        self.indent();
        self.buffer.push(b'<');
        self.buffer.extend_from_slice(name.as_bytes());
        for (key, value) in attributes {
            self.buffer.push(b' ');
            self.buffer.extend_from_slice(key.as_bytes());
            self.buffer.extend_from_slice(b"=\"");
            self.text(value);
            self.buffer.push(b'"');
        }
    }

    fn indent(&mut self) {
        let indentation = self.indentation(0);
        self.verbatim(indentation);
    }

    /// Text without what XML 1.0 has no place for.
    fn text(&mut self, text: &str) {
        if text.bytes().all(|byte| PLAIN[usize::from(byte)]) {
            self.buffer.extend_from_slice(text.as_bytes());
            return;
        }
        let allowed: std::borrow::Cow<'_, str> = if text.contains(is_forbidden) {
            text.replace(is_forbidden, " ").into()
        } else {
            text.into()
        };
        let escaped = quick_xml::escape::escape(allowed.as_ref());
        self.buffer.extend_from_slice(escaped.as_bytes());
    }
}

fn is_forbidden(c: char) -> bool {
    c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A number with as many decimals as it has, at most ten.
pub(in crate::format::adm) fn number(value: f64) -> String {
    let text = format!("{value:.10}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_kind_stay_xml() {
        let mut out = Vec::new();
        let mut xml = Xml::begin(&mut out);
        xml.open("a", &[("name", "<\"Kick\" & 'Co'>\u{1}")])
            .unwrap();
        xml.leaf("b", &[], "1 < 2").unwrap();
        xml.close("a").unwrap();
        xml.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(start) if start.name().as_ref() == "a" => {
                    let attribute = start.attributes().next().unwrap().unwrap();
                    let value = attribute.value.into_owned();
                    assert!(
                        value.contains("&lt;") && !value.contains('\u{1}'),
                        "{value}"
                    );
                }
                _ => {}
            }
        }
    }

    #[test]
    fn numbers_have_no_more_digits_than_they_need() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (30.0, "30"),
            (-1.5, "-1.5"),
            (1.0 / 3.0, "0.3333333333"),
            (-1e-12, "0"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}

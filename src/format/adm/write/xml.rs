//! XML, element by element, indented by tabs.

use std::io::{self, Write};

/// Writes elements to a stream.
pub(super) struct Xml<'a> {
    out: &'a mut dyn Write,
    /// What is not written yet: elements are far shorter than what a stream is best given at a time.
    buffer: Vec<u8>,
    depth: usize,
}

const TABS: &[u8] = b"\t\t\t\t\t\t\t\t\t\t\t\t";

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
        self.buffer
            .extend_from_slice(&TABS[..self.depth.min(TABS.len())]);
    }

    /// Text without what XML 1.0 has no place for.
    fn text(&mut self, text: &str) {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .:_-+".contains(&byte);
        if text.bytes().all(is_plain) {
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

/// A coordinate of a room, -1 to 1 or so, with ten decimals.
pub(super) fn coordinate(value: f64) -> String {
    const PARTS: u64 = 10_000_000_000;
    let parts = (value.abs() * PARTS as f64).round() as u64;
    let sign = if value < 0.0 && parts > 0 { "-" } else { "" };
    let (whole, mut rest) = (parts / PARTS, parts % PARTS);
    let mut digits = [b'0'; 10];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let digits = std::str::from_utf8(&digits).unwrap_or_default();
    let mut text = String::with_capacity(16);
    text.push_str(sign);
    match whole {
        0 => text.push('0'),
        1 => text.push('1'),
        _ => text.push_str(&whole.to_string()),
    }
    text.push('.');
    text.push_str(digits);
    text
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
    fn coordinates_have_ten_decimals() {
        for value in [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -0.000_000_000_01,
            1.0 / 3.0,
            -0.25,
            12.5,
            0.999_999_999_99,
        ] {
            let expected = format!("{:.10}", value + 0.0).replace("-0.0000000000", "0.0000000000");
            assert_eq!(coordinate(value), expected);
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

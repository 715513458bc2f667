//! XML, element by element, indented by tabs.

use std::io::{self, Write};

/// Writes elements to a stream.
pub(super) struct Xml<'a> {
    out: &'a mut dyn Write,
    depth: usize,
}

const TABS: &[u8] = b"\t\t\t\t\t\t\t\t\t\t\t\t";

/// Attributes of an element: name and value.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl<'a> Xml<'a> {
    /// Begins a document.
    pub(super) fn begin(out: &'a mut dyn Write) -> io::Result<Self> {
        out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        Ok(Self { out, depth: 0 })
    }

    /// An element with others inside, to be closed.
    pub(super) fn open(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.start(name, attributes)?;
        self.out.write_all(b">\n")?;
        self.depth += 1;
        Ok(())
    }

    /// The end of the element `name`.
    pub(super) fn close(&mut self, name: &str) -> io::Result<()> {
        self.depth -= 1;
        self.indent()?;
        writeln!(self.out, "</{name}>")
    }

    /// An element with text alone.
    pub(super) fn leaf(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        text: &str,
    ) -> io::Result<()> {
        self.start(name, attributes)?;
        self.out.write_all(b">")?;
        self.text(text)?;
        writeln!(self.out, "</{name}>")
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.indent()?;
        write!(self.out, "<{name}")?;
        for (key, value) in attributes {
            write!(self.out, " {key}=\"")?;
            self.text(value)?;
            self.out.write_all(b"\"")?;
        }
        Ok(())
    }

    fn indent(&mut self) -> io::Result<()> {
        self.out.write_all(&TABS[..self.depth.min(TABS.len())])
    }

    /// Text without what XML 1.0 has no place for.
    fn text(&mut self, text: &str) -> io::Result<()> {
        let plain: std::borrow::Cow<'_, str> = if text.contains(is_forbidden) {
            text.replace(is_forbidden, " ").into()
        } else {
            text.into()
        };
        let escaped = quick_xml::escape::escape(plain.as_ref());
        self.out.write_all(escaped.as_bytes())
    }
}

fn is_forbidden(c: char) -> bool {
    c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A number with as many decimals as it has, at most ten.
pub(super) fn number(value: f64) -> String {
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
        let mut xml = Xml::begin(&mut out).unwrap();
        xml.open("a", &[("name", "<\"Kick\" & 'Co'>\u{1}")])
            .unwrap();
        xml.leaf("b", &[], "1 < 2").unwrap();
        xml.close("a").unwrap();
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

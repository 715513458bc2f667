//! JSON with places: the session may be written as JSON too, with the same keys.
//!
//! serde_json says where a fault is but not where a value stood, and findings underline values.

use super::tree::{Entry, Node, Value};

/// Lists and tables within each other beyond this are refused: it bounds the depth of recursion.
const DEEPEST: usize = 80;

/// Why a text is not JSON, and at which byte.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) reason: String,
}

/// The tree of a JSON document (RFC 8259). Of two equal keys the second is a fault.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.fault("nothing may follow the value"));
    }
    Ok(node)
}

/// Keys below which a number may be a level in dB.
const LEVELS: [&str; 4] = ["gain", "sends", "db", "lfe"];

/// JSON has no infinite numbers: where levels stand, the text "-inf" is the number that TOML writes without quotes.
pub(crate) fn read_silence(node: &mut Node, is_level: bool) {
    match &mut node.value {
        Value::Text(text) if is_level && text == "-inf" => {
            node.value = Value::Float(f64::NEG_INFINITY);
        }
        Value::List(items) => {
            for item in items {
                read_silence(item, is_level);
            }
        }
        Value::Table(entries) => {
            for entry in entries {
                let is_level = is_level || LEVELS.contains(&entry.key.as_str());
                read_silence(&mut entry.node, is_level);
            }
        }
        _ => {}
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault {
            at: self.at,
            reason: reason.into(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        self.space();
        if depth > DEEPEST {
            return Err(self.fault(format!("more than {DEEPEST} lists within each other")));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.table(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node {
            span: start..self.at,
            value,
        })
    }

    fn table(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        if self.take(b'}') {
            return Ok(Value::Table(entries));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.fault("a key in double quotes is expected"));
            }
            let key = self.string()?;
            let key_span = start..self.at;
            if !seen.insert(key.clone()) {
                self.at = start;
                return Err(self.fault("the same key stands here twice"));
            }
            if !self.take(b':') {
                return Err(self.fault("a colon is expected after the key"));
            }
            let node = self.value(depth + 1)?;
            entries.push(Entry {
                key,
                key_span,
                node,
            });
            if self.take(b'}') {
                return Ok(Value::Table(entries));
            }
            if !self.take(b',') {
                return Err(self.fault("a comma or } is expected"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Value::List(items));
            }
            if !self.take(b',') {
                return Err(self.fault("a comma or ] is expected"));
            }
        }
    }

    /// A string: its end is found here, its escapes are read by serde_json.
    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                None | Some(b'\n') => return Err(self.fault("the text has no closing quote")),
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        // Both ends are quotes, so this cuts between characters.
        let string = serde_json::from_str(&self.text[start..=end])
            .map_err(|_| self.fault("the text holds an unknown escape or a control character"))?;
        self.at = end + 1;
        Ok(string)
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        let digits = &rest[..length];
        let value = match serde_json::from_str::<serde_json::Number>(digits) {
            Ok(number) => match number.as_i64() {
                Some(whole) => Value::Integer(whole),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Err(_) => return Err(self.fault("this is not a number")),
        };
        self.at += length;
        Ok(value)
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let words = [
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("null", Value::Null),
        ];
        for (word, value) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("a value is expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_serde_json_reads_them_and_know_their_bytes() {
        let text = r#" { "a" : [1, -2.5e1, "x\"y\u00e9", true], "b": {} } "#;
        let Value::Table(entries) = parse(text).unwrap().value else {
            panic!("not a table");
        };
        assert_eq!(&text[entries[0].key_span.clone()], "\"a\"");
        let Value::List(items) = &entries[0].node.value else {
            panic!("not a list");
        };
        assert_eq!(items[0].value, Value::Integer(1));
        assert_eq!(items[1].value, Value::Float(-25.0));
        assert_eq!(items[2].value, Value::Text("x\"yé".to_owned()));
        assert_eq!(&text[items[1].span.clone()], "-2.5e1");
    }

    #[test]
    fn faults_name_their_byte() {
        for (text, at) in [
            ("", 0),
            ("{\"a\":1,}", 7),
            ("[1 2]", 3),
            ("{\"a\":1,\"a\":2}", 7),
            ("[1] x", 4),
            ("\"abc", 0),
            ("\"\\", 0),
            ("-", 0),
            ("[\"\\q\"]", 1),
        ] {
            assert_eq!(parse(text).unwrap_err().at, at, "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}

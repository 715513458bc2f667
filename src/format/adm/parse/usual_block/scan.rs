//! Pieces of XML taken one by one from bytes: names, attributes, text, nothing out of the ordinary.

use std::ops::Range;

/// Bytes of names, numbers, times and IDs: they stand for themselves wherever they stand.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        plain[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'_' | b'-' | b'+');
        byte += 1;
    }
    plain
};

/// Values of attributes, in the order of the names that were asked for.
pub(super) type Values<'a, const N: usize> = [Option<&'a [u8]>; N];

/// A place in the text that moves on as pieces are taken; where a piece is not there, all is given up.
pub(super) struct Scan<'a> {
    text: &'a [u8],
    pub(super) at: usize,
    /// Name of the element that has begun last.
    pub(super) last: Range<usize>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            last: 0..0,
        }
    }

    /// Passes white space.
    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    /// Takes these very bytes.
    #[inline(always)]
    pub(super) fn take(&mut self, piece: &[u8]) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        rest.starts_with(piece).then(|| self.at += piece.len())
    }

    /// Takes plain bytes, as many as there are.
    #[inline(always)]
    pub(super) fn value(&mut self) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let plain = rest.iter().position(|byte| !PLAIN[usize::from(*byte)]);
        let count = plain.unwrap_or(rest.len());
        self.at += count;
        &rest[..count]
    }

    /// Takes the name of an element that begins.
    pub(super) fn name(&mut self) -> &'a [u8] {
        let begin = self.at;
        let name = self.value();
        self.last = begin..self.at;
        name
    }

    /// Takes the rest of a start tag: the values of the attributes `names`, and whether it is a whole element.
    #[inline(always)]
    pub(super) fn attributes<const N: usize>(
        &mut self,
        names: [&str; N],
    ) -> Option<(Values<'a, N>, bool)> {
        let mut found = [None; N];
        loop {
            if self.take(b">").is_some() {
                return Some((found, false));
            }
            if self.take(b"/>").is_some() {
                return Some((found, true));
            }
            let before = self.at;
            self.space();
            if self.at == before {
                return None;
            }
            if let Some(b'>' | b'/') = self.text.get(self.at) {
                continue;
            }
            let index = index_of(self.value(), &names)?;
            self.take(b"=\"")?;
            let value = self.value();
            self.take(b"\"")?;
            once(&mut found[index], value)?;
        }
    }

    /// Takes the rest of the element `name`, which has text alone: the values of the attributes `names`, and the
    /// text.
    #[inline(always)]
    pub(super) fn leaf<const N: usize>(
        &mut self,
        name: &[u8],
        names: [&str; N],
    ) -> Option<(Values<'a, N>, &'a [u8])> {
        let (found, false) = self.attributes(names)? else {
            return None;
        };
        let text = self.value();
        self.take(b"</")?;
        self.take(name)?;
        self.take(b">")?;
        Some((found, text))
    }

    /// Takes the rest of the element `name`, which has text alone and no attributes.
    pub(super) fn text(&mut self, name: &[u8]) -> Option<&'a [u8]> {
        let ([], text) = self.leaf(name, [])?;
        Some(text)
    }
}

/// Fills a slot that nothing has filled.
pub(super) fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// Which of `names` this is.
pub(super) fn index_of(name: &[u8], names: &[&str]) -> Option<usize> {
    names.iter().position(|known| known.as_bytes() == name)
}

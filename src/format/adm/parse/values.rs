//! Numbers, flags, times and gains of the XML.

use std::io::BufRead;

use super::super::super::decimal::{SAFE_DIGITS, nearest};
use super::super::codes::{CHOICE, NUMBER, TIME};
use super::super::findings::{Place, shorten};
use super::super::time::Time;
use super::super::xml::Step;
use super::Parser;
use crate::error::Severity;
use crate::units::Decibels;

/// A gain below this is silence: nobody writes a louder "minus infinity".
const SILENT_DB: f64 = -1000.0;

/// The finite number that `text` is.
pub(super) fn finite(text: &str) -> Option<f64> {
    // Rust reads more words as numbers ("inf", "nan") than a file may hold.
    let digits = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|x: &f64| digits && x.is_finite())
}

/// The number that digits with a point between or beside them are, as [`finite`] gives it; `None` for all else and
/// for many digits.
pub(super) fn plain_decimal(text: &[u8]) -> Option<f64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (mut value, mut point) = (0_i64, None);
    if digits.len() > SAFE_DIGITS {
        return None;
    }
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = 10 * value + i64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(place),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |place| digits.len() - 1 - place);
    if digits.len() == usize::from(point.is_some()) {
        return None;
    }
    let size = nearest(value, decimals)?;
    Some(if is_negative { -size } else { size })
}

/// The linear gain of `db`, if it is finite.
pub(super) fn of_decibels(db: f64) -> Option<f64> {
    let gain = if db <= SILENT_DB {
        0.0
    } else {
        Decibels(db).gain().0
    };
    gain.is_finite().then_some(gain)
}

impl<R: BufRead> Parser<'_, R> {
    /// A finite number; else a finding that calls it `what`.
    pub(super) fn number(&mut self, text: &str, what: &str, place: Place) -> Option<f64> {
        let number = finite(text);
        if number.is_none() {
            let message = format!("{}: {what} is \"{}\"", self.context, shorten(text));
            let help = "write a finite number with a point: -12.5";
            self.findings().add(NUMBER, place, message, help);
        }
        number
    }

    /// A number within limits; one outside is moved to the nearer limit, with a warning.
    pub(super) fn number_within(
        &mut self,
        text: &str,
        what: &str,
        limits: std::ops::RangeInclusive<f64>,
        place: Place,
    ) -> Option<f64> {
        let number = self.number(text, what, place)?;
        let (low, high) = (*limits.start(), *limits.end());
        let held = number.clamp(low, high);
        if !limits.contains(&number) {
            let message = format!("{}: {what} is {number}", self.context);
            let allowed = if high.is_finite() {
                format!("{low} to {high}")
            } else {
                format!("{low} and up")
            };
            let help = format!("allowed is {allowed}; it is taken as {held}");
            self.findings()
                .add_as(Severity::Warning, NUMBER, place, message, help);
        }
        Some(held)
    }

    /// A whole number from 0 up.
    pub(super) fn integer(&mut self, text: &str, what: &str, place: Place) -> Option<u32> {
        let number = text.parse().ok();
        if number.is_none() {
            let message = format!("{}: {what} is \"{}\"", self.context, shorten(text));
            self.findings()
                .add(NUMBER, place, message, "write a whole number from 0 up");
        }
        number
    }

    /// 0 to 10, as importance is given.
    pub(super) fn importance(&mut self, text: &str, place: Place) -> Option<u32> {
        let number = self.integer(text, "importance", place)?;
        if number > 10 {
            let message = format!("{}: importance is {number}", self.context);
            self.findings().add_as(
                Severity::Warning,
                NUMBER,
                place,
                message,
                "allowed is 0 to 10; it is taken as 10",
            );
        }
        Some(number.min(10))
    }

    /// 0 or 1; some programs write them with decimals.
    pub(super) fn flag(&mut self, text: &str, what: &str, place: Place) -> Option<bool> {
        let flag = match text {
            "0" | "false" => Some(false),
            "1" | "true" => Some(true),
            _ => match text.parse() {
                Ok(0.0) => Some(false),
                Ok(1.0) => Some(true),
                _ => None,
            },
        };
        if flag.is_none() {
            let message = format!("{}: {what} is \"{}\"", self.context, shorten(text));
            self.findings()
                .add(CHOICE, place, message, "write 0 for no or 1 for yes");
        }
        flag
    }

    /// A time.
    pub(super) fn time(&mut self, text: &str, what: &str, place: Place) -> Option<Time> {
        let time = Time::parse(text);
        if time.is_none() {
            let message = format!("{}: {what} is \"{}\"", self.context, shorten(text));
            let help = "a time is written 00:01:02.50000, or 00:01:02.24000S48000";
            self.findings().add(TIME, place, message, help);
        }
        time
    }

    /// An attribute of the present tag that is a time.
    pub(super) fn time_attribute(&mut self, name: &str) -> Option<Time> {
        let (text, place) = self.attribute(name)?;
        self.time(&text, name, place)
    }

    /// An attribute of the present tag and its place.
    pub(super) fn attribute(&self, name: &str) -> Option<(String, Place)> {
        let tag = self.xml.tag();
        Some((tag.attribute(name)?.to_owned(), tag.place))
    }

    /// Reads the element as a number called by its name.
    pub(super) fn number_element(&mut self) -> Step<Option<f64>> {
        let (name, place) = self.element();
        let text = self.xml.leaf()?.to_owned();
        Ok(self.number(&text, &name, place))
    }

    /// Reads the element as a flag called by its name.
    pub(super) fn flag_element(&mut self) -> Step<Option<bool>> {
        let (name, place) = self.element();
        let text = self.xml.leaf()?.to_owned();
        Ok(self.flag(&text, &name, place))
    }

    /// Name and place of the element whose tag was read.
    pub(super) fn element(&self) -> (String, Place) {
        let tag = self.xml.tag();
        (tag.name.clone(), tag.place)
    }

    /// Reads a gain element: linear, or in dB if gainUnit says so (ITU-R BS.2076-2, 9.1).
    pub(super) fn gain_element(&mut self) -> Step<Option<f64>> {
        self.known_attributes(&["gainUnit"]);
        let unit = self.attribute("gainUnit");
        let place = self.xml.tag().place;
        let text = self.xml.leaf()?.to_owned();
        Ok(self.gain(&text, unit.as_ref().map(|(unit, _)| unit.as_str()), place))
    }

    /// A gain with its unit.
    pub(super) fn gain(&mut self, text: &str, unit: Option<&str>, place: Place) -> Option<f64> {
        match unit {
            None | Some("linear") => self.number(text, "gain", place),
            Some("dB") if text == "-inf" => Some(0.0),
            Some("dB") => {
                let db = self.number(text, "gain", place)?;
                let gain = of_decibels(db);
                if gain.is_some() {
                    return gain;
                }
                let message = format!("{}: gain is {db} dB", self.context);
                self.findings()
                    .add(NUMBER, place, message, "no such gain can be played");
                None
            }
            Some(other) => {
                let message = format!("{}: gainUnit is \"{}\"", self.context, shorten(other));
                self.findings()
                    .add(CHOICE, place, message, "allowed are \"linear\" and \"dB\"");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_decimals_are_the_nearest_numbers() {
        let fixed = [
            "0",
            "-0",
            "1.",
            ".5",
            "-0.5000000000",
            "9007199254740992",
            "0.00000000000000001",
        ];
        // And a long row of awkward ones.
        let many = (0..20_000_u64).map(|n| {
            let digits = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (11 + n % 40);
            let decimals = (n % 17) as u32;
            let (whole, rest) = (digits / 10_u64.pow(decimals), digits % 10_u64.pow(decimals));
            format!("-{whole}.{rest:0width$}", width = decimals as usize)
        });
        let mut taken = 0;
        for text in fixed.map(str::to_owned).into_iter().chain(many) {
            let Some(found) = plain_decimal(text.as_bytes()) else {
                continue;
            };
            assert_eq!(found.to_bits(), finite(&text).unwrap().to_bits(), "{text}");
            taken += 1;
        }
        assert!(taken > 15_000, "{taken}");
        for text in [
            "",
            "-",
            ".",
            "-.",
            "+1",
            "1.2.3",
            "1e3",
            "--1",
            "1,5",
            "inf",
            "9007199254740993",
        ] {
            assert_eq!(plain_decimal(text.as_bytes()), None, "{text}");
        }
    }
}

//! Times as exact fractions of a second (ITU-R BS.2076-2, 5.13).
//!
//! A block belongs to the samples between its exact start and end; rounding a time before it meets the
//! sample rate moves edges by a sample. So times stay fractions until they become frames.

use std::cmp::Ordering;

use crate::units::{Frames, SampleRate};

/// A time or span in seconds, from 0 up, as a fraction; not always in lowest terms, because finding those would
/// take longer than everything else that a time is used for.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    numerator: i128,
    denominator: i128,
}

/// Digits behind the point that are kept exactly: what decimal arithmetic with 28 digits writes.
const MOST_DECIMALS: usize = 28;

/// Decimal digits that a u64 always holds.
const MOST_DIGITS: usize = 19;

/// Largest denominator of a sum: times any sample rate it stays within an i128.
const MOST_PARTS: i128 = 10_i128.pow(31);

/// Largest denominator of the form `nSd`; no clock ticks faster.
const MOST_TICKS: u64 = 10_000_000_000;

impl Time {
    /// The start of everything.
    pub const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };

    /// `numerator` / `denominator` seconds; `None` for a denominator of 0.
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        (denominator > 0).then(|| Self {
            numerator: numerator.into(),
            denominator: denominator.into(),
        })
    }

    /// Reads `hh:mm:ss.zzzzz` (any number of decimals up to 28, or none) or `hh:mm:ss.nSd` (n of d parts
    /// of a second).
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(time) = Self::parse_usual(text.as_bytes()) {
            return Some(time);
        }
        let mut parts = text.split(':');
        let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let hours = whole(hours, 5)?;
        let minutes = whole(minutes, 2).filter(|&m| m < 60)?;
        let (seconds, fraction) = match seconds.split_once('.') {
            None => (seconds, Self::ZERO),
            Some((seconds, fraction)) => (seconds, Self::parse_fraction(fraction)?),
        };
        let seconds = whole(seconds, 2).filter(|&s| s < 60)?;
        let whole = i128::from((hours * 60 + minutes) * 60 + seconds);
        let Self {
            numerator,
            denominator,
        } = fraction;
        Some(Self {
            numerator: whole.checked_mul(denominator)?.checked_add(numerator)?,
            denominator,
        })
    }

    /// `hh:mm:ss.zzzzz` with two digits each and up to nine decimals, as nearly all times are written. The denominator
    /// is that of the decimals as they stand, zeros included: fractions with one denominator are the quickest to add
    /// and to compare.
    pub(super) fn parse_usual(text: &[u8]) -> Option<Self> {
        let (&[a, b, b':', c, d, b':', e, f, b'.'], decimals) = text.split_first_chunk()? else {
            return None;
        };
        let two = |tens: u8, ones: u8| {
            let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
            (tens < 10 && ones < 10).then(|| u64::from(10 * tens + ones))
        };
        let (hours, minutes, seconds) = (two(a, b)?, two(c, d)?, two(e, f)?);
        if minutes >= 60 || seconds >= 60 || decimals.len() > 9 {
            return None;
        }
        let (mut value, mut parts) = (0_u64, 1_u64);
        for digit in decimals {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = 10 * value + u64::from(digit);
            parts *= 10;
        }
        Self::new(
            ((hours * 60 + minutes) * 60 + seconds) * parts + value,
            parts,
        )
    }

    /// What stands behind the point: decimals or `nSd`, below 1.
    fn parse_fraction(text: &str) -> Option<Self> {
        if let Some((part, parts)) = text.split_once('S') {
            let part = whole(part, 11)?;
            let parts = whole(parts, 11).filter(|parts| (1..=MOST_TICKS).contains(parts))?;
            return Self::new(part, parts).filter(|_| part < parts);
        }
        Self::parse_decimals(0, text)
    }

    /// `whole` with decimals.
    fn parse_decimals(whole: u64, decimals: &str) -> Option<Self> {
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > MOST_DECIMALS {
            return None;
        }
        let (mut numerator, mut denominator) = (i128::from(whole), 1_i128);
        // As many digits at once as a machine word holds.
        for digits in decimals.as_bytes().chunks(MOST_DIGITS) {
            let mut value = 0_u64;
            for digit in digits {
                value = 10 * value + u64::from(digit.checked_sub(b'0').filter(|d| *d < 10)?);
            }
            let power = 10_i128.pow(digits.len() as u32);
            numerator = numerator.checked_mul(power)?.checked_add(value.into())?;
            denominator *= power;
        }
        Some(Self {
            numerator,
            denominator,
        })
    }

    /// Reads a span in seconds: "0.005208", or in one of the forms of [`parse`](Self::parse).
    pub fn parse_seconds(text: &str) -> Option<Self> {
        if text.contains(':') {
            return Self::parse(text);
        }
        let (seconds, decimals) = text.split_once('.').unwrap_or((text, ""));
        if seconds.is_empty() && decimals.is_empty() {
            return None;
        }
        let seconds = if seconds.is_empty() {
            0
        } else {
            whole(seconds, 9)?
        };
        Self::parse_decimals(seconds, decimals)
    }

    /// The sum; `None` if its exact fraction is too long to be held.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.combine(other, i128::checked_add)
    }

    /// The difference, below 0 if `other` is later; `None` if its exact fraction is too long to be held.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.combine(other, i128::checked_sub)
    }

    fn combine(self, other: Self, sum: fn(i128, i128) -> Option<i128>) -> Option<Self> {
        if self.denominator == other.denominator {
            let numerator = sum(self.numerator, other.numerator)?;
            return Some(Self { numerator, ..self });
        }
        let (denominator, scale, other_scale) = common(self.denominator, other.denominator)?;
        let numerator = sum(
            self.numerator.checked_mul(scale)?,
            other.numerator.checked_mul(other_scale)?,
        )?;
        Some(Self {
            numerator,
            denominator,
        })
    }

    /// Below 0 (a difference only).
    pub fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// True for 0.
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// True if it is a whole number of `parts`-ths of a second.
    pub fn is_multiple_of(self, parts: i128) -> bool {
        // Without the whole seconds, so that the product stays small.
        let rest = self.numerator % self.denominator;
        rest.checked_mul(parts)
            .is_some_and(|product| product % self.denominator == 0)
    }

    /// The nearest number of seconds.
    pub fn seconds(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// As [`split`](Self::split), where no product leaves a machine word: for all times in use.
    fn split_small(self, rate: SampleRate) -> Option<(u64, u64, u64)> {
        const SMALL: i128 = 1 << 31;
        if self.denominator >= SMALL || !(0..SMALL * SMALL).contains(&self.numerator) {
            return None;
        }
        let (numerator, denominator) = (self.numerator as u64, self.denominator as u64);
        let (whole, rest) = (numerator / denominator, numerator % denominator);
        let frames = rest * u64::from(rate.0);
        let whole = whole.checked_mul(u64::from(rate.0))?;
        Some((
            whole.checked_add(frames / denominator)?,
            frames % denominator,
            denominator,
        ))
    }

    /// Whole frames and the rest of a frame, as a fraction of the denominator.
    fn split(self, rate: SampleRate) -> (i128, i128, i128) {
        let rate = i128::from(rate.0);
        let common = gcd(rate.unsigned_abs(), self.denominator.unsigned_abs()) as i128;
        let (rate, denominator) = (rate / common, self.denominator / common);
        let whole = self.numerator.div_euclid(denominator);
        let rest = self.numerator.rem_euclid(denominator);
        // Whole seconds and the rest of a second apart: neither product comes near the end of an i128.
        let frames = rest.saturating_mul(rate);
        (
            whole
                .saturating_mul(rate)
                .saturating_add(frames / denominator),
            frames % denominator,
            denominator,
        )
    }

    /// The first frame at or after this time: n with n - 1 < t · rate <= n.
    pub fn first_frame(self, rate: SampleRate) -> Frames {
        if let Some((whole, rest, _)) = self.split_small(rate) {
            return Frames(whole.saturating_add(u64::from(rest > 0)));
        }
        let (whole, rest, _) = self.split(rate);
        let frame = if rest > 0 { whole + 1 } else { whole };
        Frames(u64::try_from(frame.max(0)).unwrap_or(u64::MAX))
    }

    /// This time in frames, which may lie between two.
    pub fn frames(self, rate: SampleRate) -> f64 {
        if let Some((whole, rest, denominator)) = self.split_small(rate) {
            return whole as f64 + rest as f64 / denominator as f64;
        }
        let (whole, rest, denominator) = self.split(rate);
        whole as f64 + rest as f64 / denominator as f64
    }

    /// Both numbers, if they fit: for compact storage.
    pub(super) fn parts(self) -> Option<(u64, u64)> {
        let numerator = u64::try_from(self.numerator).ok()?;
        let denominator = u64::try_from(self.denominator).ok()?;
        Some((numerator, denominator))
    }
}

/// "1:02.500" is for people; a time in messages is in seconds, with as many decimals as it has, at most 9.
impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.9}", self.seconds());
        let text = text.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{text} s")
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Exact: whole parts first, then the reciprocals of the rests, so that no product can overflow.
impl Ord for Time {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (self.numerator, self.denominator);
        let (mut c, mut d) = (other.numerator, other.denominator);
        if b == d {
            return a.cmp(&c);
        }
        let word = |value: i128| i64::try_from(value).map(i128::from);
        if let (Ok(a), Ok(b), Ok(c), Ok(d)) = (word(a), word(b), word(c), word(d)) {
            return (a * d).cmp(&(c * b));
        }
        let mut turned = false;
        loop {
            let (whole, other_whole) = (a.div_euclid(b), c.div_euclid(d));
            (a, c) = (a.rem_euclid(b), c.rem_euclid(d));
            let order = whole
                .cmp(&other_whole)
                .then_with(|| match (a == 0, c == 0) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Less,
                    (false, true) => Ordering::Greater,
                    (false, false) => Ordering::Equal,
                });
            if order != Ordering::Equal || a == 0 {
                return if turned { order.reverse() } else { order };
            }
            // a/b and c/d lie in (0, 1): the smaller has the larger reciprocal.
            std::mem::swap(&mut a, &mut b);
            std::mem::swap(&mut c, &mut d);
            turned = !turned;
        }
    }
}

/// Digits only, at least one and at most `most`.
fn whole(text: &str, most: usize) -> Option<u64> {
    let digits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The least common denominator of fractions over `a` and `b`, and what their numerators are multiplied by;
/// `None` above [`MOST_PARTS`].
fn common(a: i128, b: i128) -> Option<(i128, i128, i128)> {
    if a == 1 {
        return Some((b, b, 1));
    }
    if b == 1 {
        return Some((a, 1, a));
    }
    if let (Ok(small), Ok(other)) = (u64::try_from(a), u64::try_from(b)) {
        if small.is_multiple_of(other) {
            return Some((a, 1, (small / other).into()));
        }
        if other.is_multiple_of(small) {
            return Some((b, (other / small).into(), 1));
        }
    }
    let divisor = gcd(a.unsigned_abs(), b.unsigned_abs()) as i128;
    let denominator = (a / divisor)
        .checked_mul(b)
        .filter(|&denominator| denominator <= MOST_PARTS)?;
    Some((denominator, b / divisor, a / divisor))
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(mut a), Ok(mut b)) = (u64::try_from(a), u64::try_from(b)) {
            while b != 0 {
                (a, b) = (b, a % b);
            }
            return a.max(1).into();
        }
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate(48_000);

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn both_forms_are_read_exactly() {
        for (text, numerator, denominator) in [
            ("00:00:00.00000", 0, 1),
            ("00:00:01", 1, 1),
            ("00:00:01.", 1, 1),
            ("01:02:03.50000", 7447, 2),
            ("00:00:00.01067", 1067, 100_000),
            ("00:00:00.512S48000", 4, 375),
            ("12:59:59.1001S30000", 46_799 * 30_000 + 1001, 30_000),
            ("0:0:5.25", 21, 4),
        ] {
            assert_eq!(
                Time::parse(text),
                Time::new(numerator, denominator),
                "{text}"
            );
        }
        for text in [
            "",
            "1.0",
            "00:00",
            "00:60:00.0",
            "00:00:60.0",
            "-0:00:01.0",
            "00:00:01,5",
            "00:00:01.5S0",
            "00:00:01.48000S48000",
            "00:00:01.S48000",
            "00:00:NaN",
            "00:00:01.+5",
            "000000:00:00",
            "00:00:00.00000000000000000000000000001",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    #[test]
    fn usual_times_are_read_as_any() {
        for decimals in [
            "",
            "0",
            "00000",
            "5",
            "50000",
            "01067",
            "00010",
            "99999",
            "123456789",
            "100000000",
        ] {
            for clock in ["00:00:00", "01:59:07", "99:00:59"] {
                let text = format!("{clock}.{decimals}");
                let long = Time::parse(&format!("00{text}")).unwrap();
                let short = Time::parse_usual(text.as_bytes()).unwrap();
                assert_eq!(short, long, "{text}");
                assert_eq!(
                    short.seconds().to_bits(),
                    long.seconds().to_bits(),
                    "{text}"
                );
                let (whole, rest, parts) = short.split_small(RATE).unwrap();
                let (long_whole, long_rest, long_parts) = long.split(RATE);
                assert_eq!(i128::from(whole), long_whole, "{text}");
                assert_eq!(
                    i128::from(rest) * long_parts,
                    long_rest * i128::from(parts),
                    "{text}"
                );
                assert_eq!(
                    short.frames(RATE).to_bits(),
                    long.frames(RATE).to_bits(),
                    "{text}"
                );
            }
        }
        for text in [
            "00:60:00.0",
            "00:00:60.0",
            "00:00:00",
            "0/:00:00.0",
            "00:00:00.1S2",
            "00:00:00.:",
        ] {
            assert!(Time::parse_usual(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn spans_in_seconds_are_read_exactly() {
        assert_eq!(Time::parse_seconds("0.005208"), Time::new(5208, 1_000_000));
        assert_eq!(Time::parse_seconds("2"), Time::new(2, 1));
        assert_eq!(Time::parse_seconds(".5"), Time::new(1, 2));
        for text in ["", ".", "-1", "1e-3", "inf", "0,5"] {
            assert_eq!(Time::parse_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_frame_is_the_next_at_or_after() {
        assert_eq!(time("00:00:00.01067").first_frame(RATE), Frames(513));
        assert_eq!(time("00:00:00.512S48000").first_frame(RATE), Frames(512));
        assert_eq!(
            time("99999:59:59.9").first_frame(RATE).0,
            17_279_999_995_200
        );
        assert!((time("00:00:00.01067").frames(RATE) - 512.16).abs() < 1e-9);
    }

    /// Decimals written with 28 digits keep the side of the sample they fell on.
    #[test]
    fn long_decimals_stay_exact() {
        let below = time("00:00:00.0208333333333333333333333333");
        let above = time("00:00:00.0416666666666666666666666667");
        assert_eq!(below.first_frame(RATE), Frames(1000));
        assert_eq!(above.first_frame(RATE), Frames(2001));
        let sum = below.checked_add(below).unwrap();
        assert!(sum < above);
    }

    /// Order and sums agree with whole numbers on a common denominator.
    #[test]
    fn order_and_sums_agree_with_a_common_denominator() {
        let parts = [1_u64, 3, 7, 1000, 1001, 48_000, 44_100, 100_000];
        let mut times = Vec::new();
        for &d in &parts {
            for n in [0, 1, d / 2, d - 1, d, 3 * d + 1] {
                times.push((n, d));
            }
        }
        for &(n, d) in &times {
            for &(m, e) in &times {
                let (a, b) = (Time::new(n, d).unwrap(), Time::new(m, e).unwrap());
                assert_eq!(a.cmp(&b), (n * e).cmp(&(m * d)), "{n}/{d} {m}/{e}");
                let sum = a.checked_add(b).unwrap();
                assert_eq!(Some(sum), Time::new(n * e + m * d, d * e));
                assert_eq!(sum.checked_sub(b), Some(a));
                let ceiling = (n * 48_000).div_ceil(d);
                assert_eq!(a.first_frame(RATE), Frames(ceiling), "{n}/{d}");
            }
        }
    }
}

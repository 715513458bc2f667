//! Decimal numbers, fast: most have so few digits that one exact division gives them.

/// Powers of ten that an f64 holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Digits that fit an `u64` whatever they are.
const SAFE_DIGITS: usize = 19;

/// The plain decimal at the start of `text` and the bytes it takes, or `None` if it needs more care (many
/// digits, an exponent, no digit). The result is that of the standard library to the last bit: a whole
/// number up to 2^53 and a power of ten up to 10^22 are exact, so their quotient is rounded once
/// (W. D. Clinger, "How to read floating point numbers accurately", 1990).
pub(super) fn plain(text: &[u8]) -> Option<(f64, usize)> {
    let negative = text.first() == Some(&b'-');
    let begin = usize::from(negative);
    let (whole, point) = digits(text, begin, 0);
    let (value, end) = match text.get(point) {
        Some(b'.') => digits(text, point + 1, whole),
        _ => (whole, point),
    };
    let decimals = end.saturating_sub(point + 1);
    let count = point - begin + decimals;
    // More digits than are safe may have wrapped `value` on the way.
    if count == 0 || count > SAFE_DIGITS || value > 1 << 53 {
        return None;
    }
    let size = value as f64 / POWERS[decimals];
    Some((if negative { -size } else { size }, end))
}

/// Appends the digits from byte `at` on to `value`; returns it and the place behind them.
fn digits(text: &[u8], mut at: usize, mut value: u64) -> (u64, usize) {
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')) {
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (value, at)
}

/// Any finite decimal that the whole of `text` is.
pub(super) fn any(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_are_those_of_the_standard_library_to_the_bit() {
        let fixed = [
            "0",
            "-0",
            "1.",
            ".5",
            "-30.5",
            "0.021333333333",
            "9007199254740992",
            "123456.789012345",
            "1e-3".trim_end_matches("e-3"),
            "0000000000000000001",
            "0.0000000000000000001",
        ];
        // And every third number of a long row of awkward ones.
        let many = (0..20_000u64).map(|i| {
            let digits = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (11 + i % 40);
            let decimals = (i % 17) as u32;
            format!(
                "{}.{:0w$}",
                digits / 10u64.pow(decimals),
                digits % 10u64.pow(decimals),
                w = decimals as usize
            )
        });
        let mut taken = 0;
        for text in fixed.iter().map(|&t| t.to_owned()).chain(many) {
            if let Some((value, length)) = plain(text.as_bytes()) {
                assert_eq!(length, text.len(), "{text}");
                assert_eq!(
                    value.to_bits(),
                    text.parse::<f64>().unwrap().to_bits(),
                    "{text}"
                );
                taken += 1;
            }
        }
        assert!(taken > 15_000, "{taken} were plain");
    }

    #[test]
    fn what_is_no_plain_number_is_left_alone() {
        for text in [
            "",
            "-",
            ".",
            "+1",
            "nan",
            "inf",
            "12345678901234567890",
            "9007199254740993",
        ] {
            assert_eq!(plain(text.as_bytes()), None, "{text}");
        }
        assert_eq!(plain(b"12,5"), Some((12.0, 2)));
        assert_eq!(any(b" 1.5e-3 "), Some(0.0015));
        for text in [&b"nan"[..], b"inf", b"1e400", b"1 2", b"\xFF", b""] {
            assert_eq!(any(text), None);
        }
    }
}

//! Numbers as text, digit by digit: long masters have millions of them.

/// Appends `value` with at least `width` decimal digits.
pub(super) fn decimal(text: &mut Vec<u8>, value: u64, width: usize) {
    digits::<10>(text, value, width);
}

/// Appends `value` with at least `width` hexadecimal digits, in small letters.
pub(super) fn hexadecimal(text: &mut Vec<u8>, value: u64, width: usize) {
    digits::<16>(text, value, width);
}

fn digits<const BASE: u64>(text: &mut Vec<u8>, value: u64, width: usize) {
    // Enough for any number; what is asked for beyond it is not needed anywhere.
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    let mut rest = value;
    while first > 0 && (rest > 0 || digits.len() - first < width) {
        first -= 1;
        digits[first] = b"0123456789abcdef"[(rest % BASE) as usize];
        rest /= BASE;
    }
    text.extend_from_slice(&digits[first..]);
}

/// Appends a coordinate of a room, -1 to 1 or so, with ten decimals, as real masters have it.
pub(super) fn coordinate(text: &mut Vec<u8>, value: f64) {
    const PARTS: u64 = 10_000_000_000;
    let parts = (value.abs() * PARTS as f64).round() as u64;
    if value < 0.0 && parts > 0 {
        text.push(b'-');
    }
    decimal(text, parts / PARTS, 1);
    text.push(b'.');
    decimal(text, parts % PARTS, 10);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut text = Vec::new();
        push(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for value in [0, 1, 9, 10, 255, 65_536, 1_234_567_890, u64::MAX] {
            for width in [0, 1, 5, 8] {
                assert_eq!(
                    of(|text| decimal(text, value, width)),
                    if value == 0 && width == 0 {
                        String::new()
                    } else {
                        format!("{value:0width$}")
                    }
                );
            }
            assert_eq!(
                of(|text| hexadecimal(text, value, 8)),
                format!("{value:08x}")
            );
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
            assert_eq!(of(|text| coordinate(text, value)), expected);
        }
    }
}

//! Rows as most programs write them, read in one go: digits, a point and separators, little else. All
//! others are read with care, value by value.

use super::super::decimal::{POWERS, SAFE_DIGITS, nearest};
use super::columns::SLOTS;

/// Bytes in which a row must end to be read this way.
pub(super) const WINDOW: usize = 64;

/// Reads the row at the start of `text` into `values`: its n-th value to slot `slots[n]`. Gives the bytes it
/// takes with its line end, or `None` if anything about it needs more care; `values` then mean nothing.
///
/// Where nothing is a digit is found for the whole row at once, so that its numbers can be read side by
/// side.
pub(super) fn row(
    text: &[u8; WINDOW],
    separator: u8,
    slots: &[usize],
    values: &mut [f64; SLOTS],
) -> Option<usize> {
    let mut stops = Stops(non_digits(text));
    let mut from = 0;
    let mut stop = stops.next()?;
    for (column, &slot) in slots.iter().enumerate() {
        if column > 0 {
            if text[stop] != separator {
                return None;
            }
            from = stop + 1;
            stop = stops.next()?;
        }
        while stop == from && text[stop] == b' ' {
            from += 1;
            stop = stops.next()?;
        }
        let negative = stop == from && text[stop] == b'-';
        if negative {
            from += 1;
            stop = stops.next()?;
        }
        let begin = from;
        let mut count = stop - begin;
        let mut value = digits(text, begin, count)?;
        let mut decimals = 0;
        if text[stop] == b'.' {
            let point = stop;
            stop = stops.next()?;
            decimals = stop - point - 1;
            count += decimals;
            if count > SAFE_DIGITS {
                return None;
            }
            value = value * POWERS[decimals] + digits(text, point + 1, decimals)?;
        }
        if count == 0 {
            return None;
        }
        let size = nearest(value, decimals)?;
        values[slot] = if negative { -size } else { size };
    }
    match &text[stop..] {
        [b'\n', ..] => Some(stop + 1),
        [b'\r', b'\n', ..] => Some(stop + 2),
        _ => None,
    }
}

/// Places, each a bit, handed out from the lowest.
struct Stops(u64);

impl Iterator for Stops {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let place = self.0.trailing_zeros() as usize;
        if place == WINDOW {
            return None;
        }
        self.0 &= self.0 - 1;
        Some(place)
    }
}

/// A byte in each of eight.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// A bit for each byte that is no digit.
#[inline(always)]
fn non_digits(text: &[u8; WINDOW]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::core_arch::x86::Sse2::try_new() {
        return non_digits_sse2(simd, text);
    }
    let bytes = text.iter().enumerate();
    bytes.fold(0, |bits, (n, byte)| {
        bits | u64::from(!byte.is_ascii_digit()) << n
    })
}

/// The same, sixteen at a time, as every processor of this architecture can.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn non_digits_sse2(simd: pulp::core_arch::x86::Sse2, text: &[u8; WINDOW]) -> u64 {
    use std::arch::x86_64::__m128i;
    // Bytes are compared as if they had a sign: the digits are made the lowest of all.
    let lowest = simd._mm_set1_epi8((b'0' ^ 0x80) as i8);
    let nine = simd._mm_set1_epi8(i8::MIN + 9);
    let mut bits = 0;
    for (n, sixteen) in text.as_chunks::<16>().0.iter().enumerate() {
        let bytes: __m128i = pulp::cast(*sixteen);
        let above = simd._mm_cmpgt_epi8(simd._mm_xor_si128(bytes, lowest), nine);
        bits |= u64::from(simd._mm_movemask_epi8(above) as u32) << (16 * n);
    }
    bits
}

/// The number that `count` digits from byte `from` on are, if they are not too many.
#[inline(always)]
fn digits(text: &[u8; WINDOW], from: usize, count: usize) -> Option<i64> {
    match count {
        0..=8 => up_to_eight(text, from, count),
        9..=16 => {
            let upper = up_to_eight(text, from, 8)?;
            let lower = up_to_eight(text, from + 8, count - 8)?;
            Some(upper * POWERS[count - 8] + lower)
        }
        _ => None,
    }
}

/// Eight digits at once: ones and tens, then pairs, then fours are joined side by side in one word.
#[inline(always)]
fn up_to_eight(text: &[u8; WINDOW], from: usize, count: usize) -> Option<i64> {
    let eight: &[u8; 8] = text.get(from..)?.first_chunk()?;
    if count == 0 {
        return Some(0);
    }
    // The digits move to the upper bytes; the bytes below become zeros in front of the number.
    let bytes = (u64::from_le_bytes(*eight) ^ all(b'0')) << (64 - 8 * count);
    let pairs = (bytes.wrapping_mul(10) + (bytes >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let eights = (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff;
    Some(eights as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> [u8; WINDOW] {
        std::array::from_fn(|n| text.as_bytes().get(n).copied().unwrap_or(b'7'))
    }

    /// A row of one value.
    fn value(text: &str) -> Option<f64> {
        let mut values = [f64::NAN; SLOTS];
        let line = format!("{text}\n");
        let length = row(&window(&line), b',', &[2], &mut values)?;
        assert_eq!(length, line.len(), "{text}");
        Some(values[2])
    }

    #[test]
    fn numbers_are_those_of_the_standard_library_to_the_bit() {
        let fixed = [
            "0",
            "-0",
            "1.",
            ".5",
            "-30.5",
            "0.021333333333",
            "9007199254740992",
            "123456.789012345",
            "-179.999999999999",
            "0000000000000000001.",
            "0.0000000000000001",
            " 12.5",
        ];
        // And a long row of awkward ones.
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
            if let Some(value) = value(&text) {
                assert_eq!(
                    value.to_bits(),
                    text.trim().parse::<f64>().unwrap().to_bits(),
                    "{text}"
                );
                taken += 1;
            }
        }
        assert!(taken > 15_000, "{taken} were read");
    }

    #[test]
    fn what_is_not_plain_is_left_alone() {
        for text in [
            "",
            "-",
            ".",
            "+1",
            "--1",
            "1-",
            "1.2.3",
            "1e3",
            "nan",
            "1 ",
            "\"1\"",
            "1,2",
            "1/",
            "1:",
            "\u{e9}",
            "12345678901234567890",
            "9007199254740993",
            "1\r\r",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn values_go_to_their_slots_and_the_line_end_is_found() {
        let text = "12.345678901,-123.456;0";
        for (line, separator, length) in [
            ("1.5,-2,30\n9", b',', Some(10)),
            ("1.5;-2; 30\r\n", b';', Some(12)),
            ("1.5\t-2\t30\n", b'\t', Some(10)),
            ("1.5,-2\n", b',', None),
            ("1.5,-2,30,4\n", b',', None),
            (text, b',', None),
            ("1.5,-2,30", b',', None),
        ] {
            let mut values = [0.25; SLOTS];
            let found = row(&window(line), separator, &[3, 0, 1], &mut values);
            assert_eq!(found, length, "{line:?}");
            if found.is_some() {
                let expected = [-2.0, 30.0, 0.25, 1.5, 0.25];
                assert_eq!(
                    values.map(f64::to_bits),
                    expected.map(f64::to_bits),
                    "{line:?}"
                );
            }
        }
    }

    #[test]
    fn every_byte_but_a_digit_is_a_stop() {
        for byte in 0..=u8::MAX {
            for place in [0, 7, 8, 31, 63] {
                let mut text = [b'5'; WINDOW];
                text[place] = byte;
                let expected = if byte.is_ascii_digit() { 0 } else { 1 << place };
                assert_eq!(non_digits(&text), expected, "{byte} at {place}");
            }
        }
    }
}

//! Decimal numbers in whatever form the standard library reads.

/// The finite decimal that the whole of `text` is.
pub(super) fn any(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_finite_number_is_none() {
        assert_eq!(any(b" 1.5e-3 "), Some(0.0015));
        for text in [&b"nan"[..], b"inf", b"1e400", b"1 2", b"\xFF", b""] {
            assert_eq!(any(text), None);
        }
    }
}

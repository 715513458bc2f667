//! Times as ADM writes them.

/// A time that has been read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Time {
    pub(super) seconds: f64,
    /// It has exactly five decimals.
    pub(super) is_five: bool,
}

/// Reads "hh:mm:ss.zzzzz" (at least two digits of hours, five decimals) or "hh:mm:ss.nSd" (at least five digits
/// each, n below d).
pub(super) fn time(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let (whole, fraction) = seconds.split_once('.')?;
    let is_whole =
        parts.next().is_none() && hours.len() >= 2 && minutes.len() == 2 && whole.len() == 2;
    if !is_whole
        || [hours, minutes, whole, fraction]
            .iter()
            .any(|part| part.starts_with('+'))
    {
        return None;
    }
    let (hours, minutes, whole): (u32, u32, u32) = (
        hours.parse().ok()?,
        minutes.parse().ok()?,
        whole.parse().ok()?,
    );
    if minutes > 59 || whole > 59 {
        return None;
    }
    let is_number =
        |digits: &str| digits.len() >= 5 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let part = match fraction.split_once('S') {
        None if is_number(fraction) => format!("0.{fraction}").parse::<f64>().ok()?,
        Some((n, d)) if is_number(n) && is_number(d) => {
            let (n, d): (u64, u64) = (n.parse().ok()?, d.parse().ok()?);
            if n >= d {
                return None;
            }
            n as f64 / d as f64
        }
        _ => return None,
    };
    Some(Time {
        seconds: f64::from(hours) * 3600.0 + f64::from(minutes * 60 + whole) + part,
        is_five: fraction.len() == 5,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_others_refused() {
        let read = time("01:02:03.50000").expect("a time");
        assert!((read.seconds - 3723.5).abs() < 1e-9 && read.is_five);
        let fraction = time("00:00:01.24000S48000").expect("a time");
        assert!((fraction.seconds - 1.5).abs() < 1e-9 && !fraction.is_five);
        for bad in [
            "1:00:00.00000",
            "00:60:00.00000",
            "00:00:00.0000",
            "00:00:00",
            "00:00:00.48000S48000",
            "00:00:-1.00000",
            "",
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}

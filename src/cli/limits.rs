//! Limits that the user sets.

/// A limit: a finite number. Nothing is above NaN, so that a gate of it would let everything pass.
pub(super) fn limit(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err("a limit is a finite number".to_owned()),
        Err(_) => Err(format!("\"{text}\" is no number")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::Cli;

    #[test]
    fn no_gate_takes_what_nothing_is_above() {
        for (verb, option) in [
            ("measure", "--max-lkfs"),
            ("measure", "--max-dbtp"),
            ("compare", "--tolerance"),
        ] {
            let parse = |value: &str| Cli::try_parse_from(["umbel", verb, "a.wav", option, value]);
            assert!(parse("-18.5").is_ok(), "{option}");
            for value in ["nan", "inf", "-inf", "1e999", "loud"] {
                assert!(parse(value).is_err(), "{option} {value}");
            }
        }
    }
}

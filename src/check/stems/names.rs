//! What the names of stems say, and whether they follow the pattern.

use crate::session::names::canonical_key;

/// A name taken apart by the pattern `StemName_BPM_Key`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parts {
    pub(super) bpm: f64,
    pub(super) key: String,
}

/// Reads a file name (without its extension) by the pattern; says what is wrong with it otherwise.
pub(super) fn parts(name: &str) -> Result<Parts, String> {
    let mut pieces = name.rsplitn(3, '_');
    let (Some(key), Some(bpm), Some(stem)) = (pieces.next(), pieces.next(), pieces.next()) else {
        return Err("it is not StemName_BPM_Key".to_owned());
    };
    let odd = |c: &char| !(c.is_ascii_alphanumeric() || " &+.-".contains(*c));
    if let Some(odd) = stem.chars().find(odd) {
        return Err(format!(
            "its name has the character '{}'",
            odd.escape_debug()
        ));
    }
    if stem.trim().is_empty() {
        return Err("it has no name before the tempo".to_owned());
    }
    let digits = bpm
        .strip_suffix("BPM")
        .or(bpm.strip_suffix("bpm"))
        .unwrap_or(bpm);
    let whole = digits.split('.').next().unwrap_or_default();
    let is_tempo =
        matches!(whole.len(), 2 | 3) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let tempo: Option<f64> = digits.parse().ok().filter(|_| is_tempo);
    let Some(bpm) = tempo else {
        return Err(format!("\"{bpm}\" is no tempo"));
    };
    match canonical_key(key) {
        Some(key) => Ok(Parts { bpm, key }),
        None => Err(format!("\"{key}\" is no key")),
    }
}

/// Words with which workstations number what has no name.
const DEFAULTS: [&str; 12] = [
    "audio",
    "bounce",
    "track",
    "untitled",
    "new track",
    "export",
    "recording",
    "take",
    "inst",
    "midi",
    "render",
    "stem",
];

/// Whether a workstation gave the name: one of its words and a number.
pub(super) fn is_default(name: &str) -> bool {
    let lower = name.to_lowercase();
    let word = lower.trim_end_matches(|c: char| c.is_ascii_digit() || " _-.()".contains(c));
    DEFAULTS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_pattern_or_say_why_not() {
        for (name, bpm, key) in [
            ("Kick_124_Am", 124.0, "Am"),
            ("Snare-Clap_92.5_F#m", 92.5, "F#m"),
            ("Lead Vocal_128BPM_Fsharpm", 128.0, "F#m"),
            ("Sub_Bass_124_Bb", 124.0, "Bb"),
        ] {
            match parts(name) {
                Ok(parts) => {
                    assert!(
                        (parts.bpm - bpm).abs() < 1e-9 && parts.key == key,
                        "{name}: {parts:?}"
                    );
                }
                // An underscore inside the name is none of the characters allowed.
                Err(reason) => assert!(
                    name.starts_with("Sub_") && reason.contains('_'),
                    "{name}: {reason}"
                ),
            }
        }
        for (name, why) in [
            ("Kick", "StemName"),
            ("Kick_Am_124", "no tempo"),
            ("Kick_124_xx", "no key"),
            ("Sn/are_124_Am", "'/'"),
            ("_124_Am", "no name"),
        ] {
            let said = parts(name).unwrap_err();
            assert!(said.contains(why), "{name}: {said}");
        }
    }

    #[test]
    fn default_names_are_known() {
        for name in ["Audio_01", "Bounce 2", "Track 3-1", "audio"] {
            assert!(is_default(name), "{name}");
        }
        for name in ["Kick_124_Am", "Audiotonic", "808"] {
            assert!(!is_default(name), "{name}");
        }
    }
}

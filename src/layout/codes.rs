//! The numbered rules of layout files, U410 to U426. Once released a number never changes its meaning.

use crate::error::Severity;

/// A rule that a layout file may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its number.
    pub code: &'static str,
    /// How much breaking it matters.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub sentence: &'static str,
}

const fn rule(code: &'static str, severity: Severity, sentence: &'static str) -> Rule {
    Rule {
        code,
        severity,
        sentence,
    }
}

/// Every rule, in order of number.
pub const RULES: &[Rule] = {
    use Severity::{Error, Note, Warning};
    &[
        rule("U410", Error, "A layout file is TOML."),
        rule(
            "U411",
            Error,
            "Every key of a layout is one that this version knows; nothing is ignored.",
        ),
        rule(
            "U412",
            Error,
            "A value of a layout is of the kind its key takes: text, number, list, table.",
        ),
        rule("U413", Error, "Required keys of a layout are there."),
        rule(
            "U414",
            Error,
            "Values of a layout lie within the limits of their keys.",
        ),
        rule(
            "U415",
            Error,
            "Labels and WAV positions of a layout are different from each other.",
        ),
        rule("U416", Error, "No two loudspeakers stand in one place."),
        rule(
            "U417",
            Error,
            "A layout has directions to pan between, and no more loudspeakers than can be driven.",
        ),
        rule(
            "U418",
            Error,
            "A position has one form: angles, or x, y and z.",
        ),
        rule("U419", Error, "The screen of a layout can exist."),
        rule(
            "U420",
            Warning,
            "Left and right of a layout are mirror images.",
        ),
        rule(
            "U421",
            Warning,
            "A loudspeaker stands within the range that ITU-R BS.2051 gives its label.",
        ),
        rule("U422", Warning, "A layout surrounds the listener."),
        rule(
            "U423",
            Note,
            "Neighbours in a layer are at most 60 degrees apart.",
        ),
        rule(
            "U424",
            Note,
            "A layout has one LFE channel; others stay silent.",
        ),
        rule(
            "U425",
            Warning,
            "Where distances differ, delays and gains make up for it.",
        ),
        rule(
            "U426",
            Warning,
            "All loudspeakers of a layout have places in the room cube, or none has.",
        ),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_in_order() {
        assert!(RULES.is_sorted_by(|a, b| a.code < b.code));
    }
}

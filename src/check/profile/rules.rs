//! The numbered rules of ADM masters, U601 to U756: what each says, how much breaking it matters, who says so.

use std::sync::LazyLock;

use crate::error::Severity;

/// A rule of masters. Once released a number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileRule {
    /// Its number, U600 and on.
    pub code: &'static str,
    /// How much breaking it matters. Some rules have a milder part, which warns.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// Who says so.
    pub source: &'static str,
}

static RULES: LazyLock<Vec<ProfileRule>> = LazyLock::new(|| {
    let rows = include_str!("rules.tsv").lines();
    rows.filter(|row| !row.starts_with('#')).map(rule).collect()
});

/// The rules that are the profile's own begin here; those before hold for every ADM file.
pub(super) const FIRST_OF_PROFILE: u16 = 63;

/// The rules of the emission profile begin here.
pub(super) const FIRST_OF_EMISSION: u16 = 147;

/// Every rule, in order of number.
pub fn profile_rules() -> &'static [ProfileRule] {
    &RULES
}

/// The rule with the number `number`, from 1.
pub(super) fn numbered(number: u16) -> ProfileRule {
    RULES[usize::from(number) - 1]
}

fn rule(row: &'static str) -> ProfileRule {
    let mut fields = row.split('\t');
    let mut field = || fields.next().expect("a row has three fields");
    let (code, level, sentence) = (field(), field(), field());
    let number: u16 = code[1..].parse().expect("a code is U and a number");
    ProfileRule {
        code,
        severity: match level {
            "e" => Severity::Error,
            _ => Severity::Warning,
        },
        sentence,
        source: source_of(number - 600),
    }
}

fn source_of(number: u16) -> &'static str {
    match number {
        ..=27 => "ITU-R BS.2088, EBU Tech 3306",
        28..=39 => "ITU-R BS.2088, section 8",
        40..=62 => "ITU-R BS.2076, and BS.2088 for its links to chna and fmt",
        147.. => "ITU-R BS.2168, emission profile, as MediaInfo enforces it",
        63..=133 | 146 => {
            "Dolby Atmos master ADM profile v1.0 (2019) and v1.1, as readers of masters enforce them"
        }
        134..=145 => {
            "EBU Tech 3285 supplement 6, and the layout of the chunk as Dolby publishes it"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_each_other() {
        for (index, rule) in profile_rules().iter().enumerate() {
            assert_eq!(rule.code, format!("U{}", 601 + index));
            assert!(rule.sentence.ends_with('.'), "{}", rule.code);
        }
        assert_eq!(profile_rules().len(), 156);
    }
}

//! Every numbered rule, wherever it stands.

use crate::error::Severity;
use crate::format::{adm, positions_csv};
use crate::session::did_you_mean;
use crate::{Error, Result, layout, session};

use super::masters::MASTER_RULES;
use super::profile::profile_rules;
use super::space::SPACE_RULES;
use super::stems::STEM_RULES;

/// What is known of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRule {
    /// Its number.
    pub code: &'static str,
    /// How much breaking it matters as a rule.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// Why, or who says so; empty if the sentence says it all.
    pub reason: &'static str,
}

/// What is checked can be read.
pub const UNREADABLE: KnownRule = KnownRule {
    code: "U600",
    severity: Severity::Error,
    sentence: "A file can be opened, and is what it begins as: a session, a master, stems, a stem file or a layout.",
    reason: "Nothing else is known of a file that is missing, cut short or of another kind.",
};

/// Every rule, in order of number.
pub fn all_rules() -> Vec<KnownRule> {
    let plain = |code, severity, sentence| KnownRule {
        code,
        severity,
        sentence,
        reason: "",
    };
    let mut rules: Vec<KnownRule> = Vec::new();
    rules.extend(STEM_RULES.iter().map(|rule| KnownRule {
        code: rule.code,
        severity: rule.severity,
        sentence: rule.sentence,
        reason: rule.reason,
    }));
    rules.extend(MASTER_RULES.iter().map(|rule| KnownRule {
        code: rule.code,
        severity: rule.severity,
        sentence: rule.sentence,
        reason: rule.reason,
    }));
    rules.extend(SPACE_RULES.iter().map(|rule| KnownRule {
        code: rule.code,
        severity: rule.severity,
        sentence: rule.sentence,
        reason: rule.reason,
    }));
    rules.extend(profile_rules().iter().map(|rule| KnownRule {
        code: rule.code,
        severity: rule.severity,
        sentence: rule.sentence,
        reason: rule.source,
    }));
    let of_layouts = layout::RULES.iter();
    rules.extend(of_layouts.map(|rule| plain(rule.code, rule.severity, rule.sentence)));
    let of_sessions = session::RULES.iter();
    rules.extend(of_sessions.map(|rule| plain(rule.code, rule.severity, rule.sentence)));
    let of_adm = adm::RULES.iter();
    rules.extend(of_adm.map(|rule| plain(rule.code, rule.severity, rule.sentence)));
    rules.push(plain(
        positions_csv::RULE,
        Severity::Error,
        positions_csv::SENTENCE,
    ));
    rules.push(UNREADABLE);
    rules.sort_by_key(|rule| rule.code);
    rules
}

/// The rule with the number `code`, capitals or not.
///
/// # Errors
/// There is none; the message names the one that may be meant.
pub fn known_rule(code: &str) -> Result<KnownRule> {
    let rules = all_rules();
    let found = rules
        .iter()
        .find(|rule| rule.code.eq_ignore_ascii_case(code.trim()));
    if let Some(rule) = found {
        return Ok(*rule);
    }
    let digits = code.trim().trim_start_matches(['U', 'u']);
    // A number without its letter, or with other zeros in front of it.
    let number = digits
        .parse::<u16>()
        .ok()
        .map(|number| format!("U{number:03}"));
    let codes = || rules.iter().map(|rule| rule.code);
    let meant = number
        .and_then(|number| codes().find(|known| *known == number))
        .or_else(|| did_you_mean(code, codes()));
    let hint = match meant {
        Some(meant) => format!("did you mean {meant}?"),
        None => "findings are printed with the numbers of theirs, as in U463".to_owned(),
    };
    Err(Error::Usage(format!("there is no rule \"{code}\"; {hint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_used_once_and_every_rule_says_something() {
        let rules = all_rules();
        assert!(rules.is_sorted_by(|a, b| a.code < b.code), "{rules:?}");
        assert!(rules.len() > 290, "{}", rules.len());
        for rule in rules {
            assert!(
                rule.sentence.ends_with('.') && rule.code.len() == 4,
                "{rule:?}"
            );
        }
    }

    #[test]
    fn a_slip_is_answered_with_the_rule_that_was_meant() {
        assert_eq!(known_rule("u014").unwrap().code, "U014");
        for (typed, meant) in [("U14", "U014"), ("470", "U470"), ("U0014", "U014")] {
            let error = known_rule(typed).unwrap_err().to_string();
            assert!(error.contains(&format!("did you mean {meant}?")), "{error}");
        }
        assert!(known_rule("loudness").is_err());
    }
}

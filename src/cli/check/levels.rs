//! Which findings count, as the user has it: `--deny` and `--allow`.

use crate::check::known_rule;
use crate::error::{Finding, Severity};
use crate::{Error, Result};

/// Rules whose findings the user takes for more, or for nothing.
#[derive(Debug, Default)]
pub(super) struct Levels {
    denied: Vec<&'static str>,
    allowed: Vec<&'static str>,
}

impl Levels {
    /// Reads the numbers of rules.
    ///
    /// # Errors
    /// There is no such rule, or one is denied and allowed.
    pub(super) fn read(deny: &[String], allow: &[String]) -> Result<Self> {
        let known = |codes: &[String]| -> Result<Vec<&'static str>> {
            codes
                .iter()
                .map(|code| Ok(known_rule(code)?.code))
                .collect()
        };
        let levels = Self {
            denied: known(deny)?,
            allowed: known(allow)?,
        };
        match levels
            .denied
            .iter()
            .find(|code| levels.allowed.contains(code))
        {
            Some(code) => Err(Error::Usage(format!(
                "--deny {code} and --allow {code}: a rule is one or the other"
            ))),
            None => Ok(levels),
        }
    }

    /// Makes findings of denied rules errors, and drops those of allowed ones.
    pub(super) fn apply(&self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| !self.allowed.contains(&finding.code));
        for finding in findings {
            if self.denied.contains(&finding.code) {
                finding.severity = Severity::Error;
            }
        }
    }
}

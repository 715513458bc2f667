//! Findings of a check as text, as one list of JSON, and as SARIF.

use std::path::Path;

use serde_json::{Value, json};

use super::Report;
use crate::Result;
use crate::check::{KnownRule, all_rules, known_rule};
use crate::cli::{Ui, findings};
use crate::error::{Finding, Severity};

/// Says what a rule asks for.
pub(super) fn explain(code: &str, ui: &Ui) -> Result<()> {
    let rule = known_rule(code)?;
    ui.line(format_args!(
        "{} ({}): {}",
        rule.code, rule.severity, rule.sentence
    ))?;
    match rule.reason {
        "" => Ok(()),
        reason => ui.line(reason),
    }
}

/// A finding as scripts read it.
pub(super) fn listed_json(finding: &Finding) -> Value {
    let place = finding
        .line_column
        .map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
    json!({
        "rule": finding.code,
        "level": finding.severity,
        "where": format!("{}{place}", finding.path.display()),
        "message": finding.message,
    })
}

/// Findings in the Static Analysis Results Interchange Format 2.1.0 (OASIS), with what each broken rule says.
pub(super) fn sarif(found: &[Finding]) -> Value {
    let is_broken = |rule: &KnownRule| found.iter().any(|finding| finding.code == rule.code);
    let rules: Vec<KnownRule> = all_rules().into_iter().filter(is_broken).collect();
    let index = |code: &str| rules.iter().position(|rule| rule.code == code);
    let result = |finding: &Finding| {
        let mut place =
            json!({ "artifactLocation": { "uri": finding.path.display().to_string() } });
        if let Some((line, column)) = finding.line_column {
            place["region"] = json!({ "startLine": line, "startColumn": column });
        }
        let text = match finding.help.as_str() {
            "" => finding.message.clone(),
            help => format!("{} ({help})", finding.message),
        };
        json!({
            "ruleId": finding.code,
            "ruleIndex": index(finding.code),
            "level": finding.severity,
            "message": { "text": text },
            "locations": [{ "physicalLocation": place }],
        })
    };
    json!({
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{
            "tool": { "driver": {
                "name": "umbel",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(described).collect::<Vec<_>>(),
            }},
            "results": found.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A rule as SARIF describes it (section 3.49).
fn described(rule: &KnownRule) -> Value {
    let full = match rule.reason {
        "" => rule.sentence.to_owned(),
        reason => format!("{} {reason}", rule.sentence),
    };
    json!({
        "id": rule.code,
        "shortDescription": { "text": rule.sentence },
        "fullDescription": { "text": full },
        "help": { "text": format!("{full} `umbel check --explain {}` says so as well.", rule.code) },
        "defaultConfiguration": { "level": rule.severity },
    })
}

pub(super) fn print(path: &Path, report: &Report, ui: &Ui) -> Result<()> {
    let Report {
        kind,
        text,
        findings: found,
        ..
    } = report;
    if ui.json {
        let errors = found.iter().any(|f| f.severity == Severity::Error);
        return ui.json_line(&json!({
            "file": path.display().to_string(),
            "kind": kind,
            "ok": !errors,
            "findings": found.iter().map(findings::json).collect::<Vec<_>>(),
        }));
    }
    let shown: Vec<Finding> = found
        .iter()
        .filter(|finding| !ui.quiet || finding.severity != Severity::Note)
        .cloned()
        .collect();
    if !shown.is_empty() {
        ui.ready_made(findings::draw(&shown, Some((path, text))).trim_end())?;
    }
    ui.line(format_args!(
        "{}: {kind}, {}",
        path.display(),
        findings::count(found)
    ))
}

//! What compressors and limiters did, for people and as JSON.

use serde_json::{Value, json};

use crate::effect::{Reported, Settings};

/// One line about a processor of `chain`.
pub(super) fn line(reported: &Reported, chain: &[Settings]) -> String {
    let threshold = match reported.threshold {
        Some(threshold) => format!(" at {:.1} dB", threshold.0),
        None => String::new(),
    };
    let reduction = match reported.reduction {
        Some(reduction) => format!(
            "{:.2} dB at most, {:.2} dB in 95 of 100 windows, {:.2} dB in half",
            reduction.most_db, reduction.p95_db, reduction.median_db
        ),
        None => "nothing loud enough was heard".to_owned(),
    };
    format!(
        "{}{threshold}: gain reduction {reduction}",
        word(reported, chain)
    )
}

/// The same as JSON.
pub(super) fn json(reported: &Reported, chain: &[Settings]) -> Value {
    let reduction = reported.reduction;
    json!({
        "entry": reported.entry,
        "processor": word(reported, chain),
        "threshold_db": reported.threshold.map(|threshold| threshold.0),
        "max_db": reduction.map(|r| r.most_db),
        "median_db": reduction.map(|r| r.median_db),
        "p95_db": reduction.map(|r| r.p95_db),
    })
}

fn word(reported: &Reported, chain: &[Settings]) -> &'static str {
    chain.get(reported.entry).map_or("", Settings::word)
}

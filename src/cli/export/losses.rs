//! The loss report: what a delivery could not carry.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::beside;
use crate::Result;
use crate::cli::Ui;
use crate::format::adm::write::{Loss, Losses};
use crate::format::check_free;
use crate::format::part::Whole;

/// The report beside the file at `path`, as text and as JSON.
pub(super) fn paths(path: &Path) -> [PathBuf; 2] {
    ["loss.txt", "loss.json"].map(|ending| beside(path, ending))
}

/// The file at `path` and its report.
pub(super) fn all_paths(path: &Path) -> Vec<PathBuf> {
    let report = paths(path);
    std::iter::once(path.to_path_buf()).chain(report).collect()
}

/// Refuses an output, or its report, that stands there already and may not be replaced.
pub(super) fn check_all_free(path: &Path, overwrite: bool) -> Result<()> {
    all_paths(path)
        .iter()
        .try_for_each(|path| check_free(path, overwrite))
}

/// Writes the report of the file at `path` whole, but under temporary names: a delivery gets its name only when
/// its report can no longer fail.
pub(super) fn begin(path: &Path, target: &str, losses: &Losses) -> Result<Vec<Whole>> {
    let value = json!({
        "file": path.display().to_string(),
        "target": target,
        "losses": as_json(losses),
    });
    let [text, file] = paths(path);
    Ok(vec![
        Whole::write(text, as_text(path, target, losses).as_bytes())?,
        Whole::write(file, format!("{value:#}\n").as_bytes())?,
    ])
}

/// Gives the report its names; gives them.
pub(super) fn publish(report: Vec<Whole>) -> Result<Vec<PathBuf>> {
    report.into_iter().map(Whole::publish).collect()
}

/// Says in a line what was lost.
pub(super) fn tell(losses: &Losses, report: &Path, ui: &Ui) {
    let count = losses.entries().len();
    let what = match count {
        0 => return,
        1 => "one kind of value could not be carried as it is".to_owned(),
        _ => format!("{count} kinds of values could not be carried as they are"),
    };
    ui.note(format_args!("{what}: see {}", report.display()));
}

pub(super) fn as_json(losses: &Losses) -> Value {
    losses
        .entries()
        .iter()
        .map(|loss| {
            json!({
                "object": loss.object,
                "field": loss.field,
                "from_s": loss.from_s,
                "to_s": loss.to_s,
                "count": loss.count,
                "found": loss.found,
                "written": loss.written,
            })
        })
        .collect()
}

/// As rows of a table: subject, what was found, what was written.
pub(super) fn rows(losses: &Losses) -> Vec<[String; 3]> {
    let row = |loss: &Loss| {
        let subject = format!(
            "{}: {}, {} x, {:.3} s to {:.3} s",
            loss.object, loss.field, loss.count, loss.from_s, loss.to_s
        );
        [subject, loss.found.clone(), loss.written.clone()]
    };
    losses.entries().iter().map(row).collect()
}

fn as_text(path: &Path, target: &str, losses: &Losses) -> String {
    let mut text = format!("{}: what {target} could not carry\n\n", path.display());
    if losses.entries().is_empty() {
        text.push_str("Everything was carried as it is.\n");
    }
    for loss in losses.entries() {
        let Loss {
            object,
            field,
            from_s,
            to_s,
            count,
            found,
            written,
        } = loss;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{object}: {field}, {count} x, {from_s:.3} s to {to_s:.3} s\n    found    {found}\n    written  {written}"
        );
    }
    text
}

//! Tables of a page.

use std::fmt::Write;

use super::FileRow;
use crate::error::{Finding, Severity};
use crate::layout::Layout;
use crate::report::svg::escaped;

/// A table: names of columns (a leading '#' marks numbers), rows of texts.
pub(super) fn table(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut html = String::from("<table>\n<thead><tr>");
    let class = |column: &str| {
        if column.starts_with('#') {
            " class=\"n\""
        } else {
            ""
        }
    };
    for column in columns {
        let _ = write!(
            html,
            "<th scope=\"col\"{}>{}</th>",
            class(column),
            escaped(column.trim_start_matches('#'))
        );
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (cell, column) in row.iter().zip(columns) {
            let _ = write!(html, "<td{}>{}</td>", class(column), escaped(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n");
    html
}

/// A number with one decimal, or a dash.
pub(super) fn one(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.1}"))
}

/// Seconds as minutes: "1:02.5".
pub(super) fn clock(seconds: f64) -> String {
    format!("{}:{:04.1}", (seconds / 60.0) as u64, seconds % 60.0)
}

pub(super) fn findings(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "<p>Nothing was found.</p>\n".to_owned();
    }
    let mut html = String::from(
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Level</th><th scope=\"col\">Rule</th>\
         <th scope=\"col\">Where</th><th scope=\"col\">What</th><th scope=\"col\">What to do</th></tr></thead>\n<tbody>\n",
    );
    let mut order: Vec<&Finding> = findings.iter().collect();
    order.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in order {
        let class = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let place = finding
            .line_column
            .map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
        let file = finding
            .path
            .file_name()
            .unwrap_or(finding.path.as_os_str())
            .to_string_lossy();
        let _ = writeln!(
            html,
            "<tr><td class=\"{class}\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            finding.severity,
            finding.code,
            escaped(&format!("{file}{place}")),
            escaped(&finding.message),
            escaped(&finding.help)
        );
    }
    html.push_str("</tbody>\n</table></div>\n");
    html
}

pub(super) fn losses(losses: &[[String; 3]]) -> String {
    if losses.is_empty() {
        return "<p>Everything was carried.</p>\n".to_owned();
    }
    let rows = losses.iter().map(|row| row.to_vec());
    format!(
        "<div class=\"wide\">{}</div>\n",
        table(&["What", "Found", "Written instead"], rows)
    )
}

pub(super) fn files(files: &[FileRow]) -> String {
    let mut html = String::from(
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Role</th><th scope=\"col\">File</th>\
         <th scope=\"col\">About</th><th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n",
    );
    for file in files {
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"hash\">{}</td></tr>",
            escaped(&file.role),
            escaped(&file.path),
            escaped(&file.about),
            escaped(&file.sha256)
        );
    }
    html.push_str("</tbody>\n</table></div>\n");
    html
}

/// Figures, and the order of the channels.
pub(super) fn figures(figures: &[(String, String)], channels: &[String]) -> String {
    let mut html = String::from("<table>\n<tbody>\n");
    let order = ("channel order".to_owned(), channels.join(" "));
    for (name, value) in figures
        .iter()
        .chain((!channels.is_empty()).then_some(&order))
    {
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            escaped(name),
            escaped(value)
        );
    }
    html.push_str("</tbody>\n</table>\n");
    html
}

pub(super) fn layout(layout: &Layout) -> String {
    let rows = layout
        .speakers
        .iter()
        .enumerate()
        .map(|(channel, speaker)| {
            let (azimuth, elevation, _) = speaker.polar();
            let place = |degrees: f64| {
                if speaker.lfe {
                    "–".to_owned()
                } else {
                    format!("{degrees:.1}")
                }
            };
            vec![
                (channel + 1).to_string(),
                speaker.label.clone(),
                place(azimuth),
                place(elevation),
            ]
        });
    table(
        &[
            "#Channel",
            "Label",
            "#Azimuth (degrees, + left)",
            "#Elevation (degrees)",
        ],
        rows,
    )
}

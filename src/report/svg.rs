//! Words as SVG.

use std::fmt::Write;

/// Colour of words and lines.
pub(super) const INK: &str = "#222";

/// At most one decimal.
pub(super) fn short(degrees: f64) -> String {
    format!("{}", (degrees * 10.0).round() / 10.0 + 0.0)
}

pub(super) fn clipped(words: &str, longest: usize) -> String {
    if words.chars().count() <= longest {
        words.to_owned()
    } else {
        words.chars().take(longest - 1).chain(['…']).collect()
    }
}

/// A speaker's label, with a white rim so that it reads over lines.
pub(super) fn label(svg: &mut String, x: f64, y: f64, size: f64, anchor: &str, words: &str) {
    let words = escaped(words);
    let place = format!("x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\"");
    let _ = writeln!(
        svg,
        "<text {place} aria-hidden=\"true\" fill=\"none\" stroke=\"#fff\" stroke-width=\"3.5\" \
         stroke-linejoin=\"round\">{words}</text>\n<text {place} fill=\"{INK}\">{words}</text>"
    );
}

#[allow(
    clippy::too_many_arguments,
    reason = "SVG text has that many attributes, all plain values"
)]
pub(super) fn text(
    svg: &mut String,
    x: f64,
    y: f64,
    size: f64,
    anchor: &str,
    fill: &str,
    weight: &str,
    words: &str,
) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\" font-weight=\"{weight}\">{}</text>",
        escaped(words)
    );
}

/// Text as XML character data; what XML cannot hold is shown as a replacement character.
pub(super) fn escaped(words: &str) -> String {
    words
        .chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c if c.is_control() => '\u{fffd}'.to_string(),
            c => c.to_string(),
        })
        .collect()
}

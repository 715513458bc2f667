//! Writes a proposal as a session file a person can read: each placement with its reason.

use std::fmt::Write;

use super::place::{Placing, Turn};
use super::propose::{MasterProposal, Proposal, StemProposal};

/// The session file of `proposal`, whose stems lie in the folder `stems`, relative to the file.
pub fn session_text(proposal: &Proposal, stems: &str) -> String {
    let mut text = String::new();
    head(&mut text, proposal, stems);
    for group in &proposal.groups {
        block(&mut text, "group", &[format!("name = {}", quoted(group))]);
    }
    let mut group = None;
    for stem in &proposal.stems {
        if stem.included && group != Some(&stem.group) {
            group = Some(&stem.group);
            let title = stem
                .group
                .as_deref()
                .unwrap_or("no group: nothing says where these belong");
            line(&mut text, &format!("\n# ---- {} ----", comment(title)));
        }
        stem_block(&mut text, stem);
    }
    master(&mut text, &proposal.master);
    line(&mut text, OUTPUTS);
    text
}

const OUTPUTS: &str = "
# ---- What is written ----
# \"stereo\" is the desk's own stereo bus, not a fold-down of the speakers.
[[out]]
name = \"714\"
format = \"wav\"
layout = \"7.1.4\"

[[out]]
name = \"514\"
format = \"wav\"
layout = \"5.1.4\"

[[out]]
name = \"stereo\"
format = \"wav\"
layout = \"stereo\"";

fn head(text: &mut String, proposal: &Proposal, stems: &str) {
    let flagged = proposal.stems.iter().filter(|stem| stem.flagged()).count();
    line(
        text,
        "# Proposed by `umbel init`. Places are a start: az in degrees, + = left, 0 = front; el + = up.",
    );
    line(
        text,
        "# All faders stand at 0 dB. Many stems add up: if the render peaks above 0 dBFS, lower the groups.",
    );
    if flagged > 0 {
        line(
            text,
            &format!("# {flagged} of the files below are marked CHECK."),
        );
    }
    for remark in &proposal.remarks {
        line(text, &format!("# CHECK: {}", comment(remark)));
    }
    line(text, "\n[song]");
    line(text, &format!("title = {}", quoted(&proposal.title)));
    match proposal.bpm {
        Some(bpm) => line(text, &format!("bpm = {bpm}")),
        None => line(
            text,
            "# bpm = 120                  # no name says a tempo; bars and beats need one",
        ),
    }
    line(text, &format!("meter = {}", quoted(&proposal.meter)));
    match &proposal.key {
        Some(key) => line(text, &format!("key = {}", quoted(key))),
        None => line(text, "# key = \"Am\"                 # no name says a key"),
    }
    line(text, &format!("stems = {}", quoted(stems)));
    if let Some(reference) = &proposal.reference {
        let path = match stems {
            "." => reference.clone(),
            _ => format!("{}/{reference}", stems.trim_end_matches('/')),
        };
        let mix = format!("reference = {}", quoted(&path));
        line(text, &format!("{mix:<44} # the mix, for `umbel compare`"));
    }
    line(
        text,
        "# markers = { verse = \"9|1\", drop = \"17|1\" }     # bar|beat, used in times as \"@drop\"\n",
    );
}

fn master(text: &mut String, master: &MasterProposal) {
    if *master == MasterProposal::default() {
        return;
    }
    line(text, "\n# ---- The whole mix ----");
    for remark in &master.remarks {
        line(text, &format!("# {}", comment(remark)));
    }
    if !master.chain.is_empty() {
        line(text, "[master]\nchain = [");
        for processor in &master.chain {
            line(text, &format!("  {processor},"));
        }
        line(text, "]");
    }
}

fn stem_block(text: &mut String, stem: &StemProposal) {
    let mut lines = Vec::new();
    let sureness = match stem.role {
        Some(role) => format!("{} ({})", role.title, stem.reason),
        None => stem.reason.clone(),
    };
    lines.push(format!("# {}", comment(&sureness)));
    for doubt in &stem.doubts {
        lines.push(format!("# CHECK: {}", comment(doubt)));
    }
    lines.push("[[stem]]".to_owned());
    lines.push(format!("name = {}", quoted(&stem.name)));
    lines.push(format!("file = {}", quoted(&stem.file)));
    if let Some(track) = stem.track {
        lines.push(format!("track = {track}"));
    }
    if let Some(channels) = &stem.channels {
        let numbers: Vec<String> = channels.iter().map(usize::to_string).collect();
        lines.push(format!("channels = [{}]", numbers.join(", ")));
    }
    if let Some(group) = &stem.group {
        lines.push(format!("group = {}", quoted(group)));
    }
    if let Some(colour) = &stem.colour {
        lines.push(format!("colour = {}", quoted(colour)));
    }
    let place = placing(&stem.placing);
    lines.push(format!("{place:<44} # {}", comment(&stem.place_reason)));
    if let Some(lfe) = stem.lfe_db {
        let lfe = format!("lfe = {lfe}");
        lines.push(format!("{lfe:<44} # dB, a copy low-passed at 120 Hz"));
    }
    if let Some(pan) = stem.pan {
        let pan = format!("pan = {pan}");
        lines.push(format!("{pan:<44} # on the stereo bus"));
    }
    line(text, "");
    for entry in lines {
        match stem.included || entry.starts_with('#') {
            true => line(text, &entry),
            false => line(text, &format!("# {entry}")),
        }
    }
}

fn placing(placing: &Placing) -> String {
    let wide =
        |width: &Option<f64>| width.map_or(String::new(), |width| format!(", width = {width}"));
    match placing {
        Placing::Fixed { az, el, width } => {
            format!("at = {{ az = {az}, el = {el}{} }}", wide(width))
        }
        Placing::Circle { turn, el, width } => {
            let turn = match turn {
                Turn::Beats(beats) => format!("beats = {beats}"),
                Turn::Seconds(seconds) => format!("period = {seconds}"),
            };
            format!(
                "move = {{ shape = \"circle\", {turn}, el = {el}{} }}",
                wide(width)
            )
        }
    }
}

fn block(text: &mut String, table: &str, lines: &[String]) {
    line(text, &format!("[[{table}]]"));
    for entry in lines {
        line(text, entry);
    }
}

fn line(text: &mut String, entry: &str) {
    text.push_str(entry);
    text.push('\n');
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Text of a file's name inside a comment: control characters would end it or are forbidden there.
fn comment(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_survives_as_a_toml_string() {
        for text in [
            "plain",
            "a \"b\" \\ c",
            "tab\there\nline",
            "\u{7f}\u{0}",
            "emoji 🎹 ü",
        ] {
            let parsed: toml::Table = toml::from_str(&format!("x = {}", quoted(text))).unwrap();
            assert_eq!(parsed["x"].as_str(), Some(text));
            assert!(!comment(text).contains(|c: char| c.is_control()));
        }
    }
}

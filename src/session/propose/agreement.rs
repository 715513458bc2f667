//! What most names of a song agree on: its tempo and its key.

use super::{Draft, Given};
use crate::session::names::NameReading;

/// The tempo most names say.
pub(super) fn agreed_bpm(readings: &[NameReading], remarks: &mut Vec<String>) -> Option<f64> {
    let said = readings.iter().filter_map(|reading| reading.bpm);
    agreed(said.map(|bpm| format!("{bpm}")), "tempo", remarks)?
        .parse()
        .ok()
}

/// The key most names say.
pub(super) fn agreed_key(readings: &[NameReading], remarks: &mut Vec<String>) -> Option<String> {
    agreed(
        readings.iter().filter_map(|reading| reading.key.clone()),
        "key",
        remarks,
    )
}

/// The value said most often; when names differ, a remark says which were passed over.
fn agreed(
    said: impl Iterator<Item = String>,
    what: &str,
    remarks: &mut Vec<String>,
) -> Option<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for value in said {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    // Of equals the one met first: a stable sort keeps it in front.
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    if counts.len() > 1 {
        let others: Vec<String> = counts[1..]
            .iter()
            .map(|(value, count)| format!("{value} ({count} files)"))
            .collect();
        remarks.push(format!(
            "the names do not agree on the {what}: {} ({} files) is taken, not {}",
            counts[0].0,
            counts[0].1,
            others.join(", ")
        ));
    }
    counts.into_iter().next().map(|(value, _)| value)
}

/// Names that say another tempo or key than the song has.
pub(super) fn flag_disagreements(
    stems: &mut [Draft],
    given: &Given,
    bpm: Option<f64>,
    key: Option<&str>,
) {
    for stem in stems.iter_mut().map(|draft| &mut draft.stem) {
        if let (Some(said), Some(song)) = (stem.bpm, bpm)
            && given.bpm.is_none()
            && (said - song).abs() > 1e-9
        {
            stem.doubts
                .push(format!("its name says {said} BPM, the song has {song}"));
        }
        if let (Some(said), Some(song)) = (stem.key.as_deref(), key)
            && given.key.is_none()
            && said != song
        {
            stem.doubts
                .push(format!("its name says {said}, the song is in {song}"));
        }
    }
}

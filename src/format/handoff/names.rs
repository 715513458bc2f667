//! File names of stems: `StemName_BPM_Key.wav`.

use std::collections::HashSet;

/// File name of a stem: letters, digits and dashes of its name, the tempo with at most three decimals, the key
/// with its sharp spelt out. What is not known is left out.
///
/// ```
/// use umbel::format::handoff::names::stem_file;
/// assert_eq!(stem_file("Lead Vocal", Some(92.5), Some("F#m")), "LeadVocal_92.5_Fsharpm.wav");
/// assert_eq!(stem_file("Snare/Clap", Some(124.0), None), "SnareClap_124.wav");
/// ```
pub fn stem_file(name: &str, bpm: Option<f64>, key: Option<&str>) -> String {
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(64)
        .collect();
    let mut file = if plain.is_empty() {
        "Stem".to_owned()
    } else {
        plain
    };
    if let Some(bpm) = bpm {
        let text = format!("{bpm:.3}");
        file.push('_');
        file.push_str(text.trim_end_matches('0').trim_end_matches('.'));
    }
    if let Some(key) = key {
        file.push('_');
        file.push_str(&key.replace('#', "sharp"));
    }
    file + ".wav"
}

/// Gives every name that occurs again, whatever its capitals, a number.
pub fn number_collisions(files: &mut [String]) {
    let mut taken = HashSet::new();
    for file in files {
        let mut number = 2;
        let mut wanted = file.clone();
        while !taken.insert(wanted.to_lowercase()) {
            let (stem, rest) = file.split_at(file.find('_').unwrap_or(file.len() - 4));
            wanted = format!("{stem}-{number}{rest}");
            number += 1;
        }
        *file = wanted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_unique() {
        let mut files: Vec<String> = ["Kick", "kick", "K.i.c.k", "ñ/日本"]
            .iter()
            .map(|name| stem_file(name, Some(124.0), Some("Bb")))
            .collect();
        number_collisions(&mut files);
        assert_eq!(
            files,
            [
                "Kick_124_Bb.wav",
                "kick-2_124_Bb.wav",
                "Kick-3_124_Bb.wav",
                "Stem_124_Bb.wav"
            ]
        );
        let mut plain = vec!["A.wav".to_owned(), "A.wav".to_owned()];
        number_collisions(&mut plain);
        assert_eq!(plain, ["A.wav", "A-2.wav"]);
    }
}

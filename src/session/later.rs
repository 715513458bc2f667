//! Keys and words of the session file that belong to later versions: refused with a reason, since a key
//! that is silently ignored changes the sound.

/// Keys, and why they are refused.
const KEYS: &[(&str, &str)] = &[
    (
        "bed",
        "beds are not available in this version; every stem is an object",
    ),
    (
        "snap",
        "snapping to a loudspeaker is not available in this version",
    ),
    (
        "zone",
        "excluding zones of loudspeakers is not available in this version",
    ),
];

/// Words that name something of a later version.
const WORDS: &[(&str, &str)] = &[
    (
        "adm",
        "there are two kinds of ADM masters: \"adm-atmos\" and \"adm-ebu\"",
    ),
    (
        "exp",
        "exponential segments are not available in this version",
    ),
];

/// Why a key is refused, if it belongs to a later version.
pub(crate) fn key(key: &str) -> Option<&'static str> {
    find(KEYS, key)
}

/// Why a word is refused, if it belongs to a later version.
pub(crate) fn word(word: &str) -> Option<&'static str> {
    find(WORDS, word)
}

fn find(list: &[(&str, &'static str)], wanted: &str) -> Option<&'static str> {
    let (_, reason) = list.iter().find(|(name, _)| *name == wanted)?;
    Some(reason)
}

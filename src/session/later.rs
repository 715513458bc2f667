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
    (
        "gate",
        "gates on loudness and peak are not available in this version",
    ),
    (
        "fps",
        "a frame rate belongs to ADM masters: umbel export adm-atmos --fps",
    ),
];

/// Words that name something of a later version.
const WORDS: &[(&str, &str)] = &[
    (
        "adm-atmos",
        "ADM masters are written by `umbel export adm-atmos`; an [[out]] writes \"wav\"",
    ),
    (
        "adm-ebu",
        "ADM masters are written by `umbel export adm-ebu`; an [[out]] writes \"wav\"",
    ),
    (
        "adm",
        "ADM masters are written by `umbel export adm-ebu`; an [[out]] writes \"wav\"",
    ),
    (
        "stems",
        "stems are written by `umbel export stems`; an [[out]] writes \"wav\"",
    ),
    (
        "ambix",
        "ambisonics are not available in this version; it writes \"wav\"",
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

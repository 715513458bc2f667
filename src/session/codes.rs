//! The numbered rules of the session file. Once released a number never changes its meaning.

use crate::error::Severity;

/// A rule that a session may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its number.
    pub code: &'static str,
    /// How much breaking it matters.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub sentence: &'static str,
}

macro_rules! rules {
    ($($name:ident $code:literal $severity:ident $sentence:literal)*) => {
        $(pub(crate) const $name: Rule = Rule {
            code: $code,
            severity: Severity::$severity,
            sentence: $sentence,
        };)*
        /// Every rule, in order of number.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    SYNTAX "U400" Error "The file is TOML (or JSON, if its name ends in .json)."
    UNKNOWN_KEY "U401" Error "Every key is one that this version knows; nothing is ignored."
    NOT_AVAILABLE "U402" Error "What the file asks for is done by this version."
    WRONG_TYPE "U403" Error "A value is of the kind its key takes: text, number, list, table."
    NOT_A_CHOICE "U404" Error "A word is one of those its key allows."
    OUT_OF_RANGE "U405" Error "A number lies within the limits of its key."
    MISSING_KEY "U406" Error "Required keys are there."
    WRONG_COUNT "U407" Error "A list or text is as long as its key allows."
    UNREADABLE_TEXT "U408" Error "The file is UTF-8 text of at most 2 MiB."
    NOT_UNDERSTOOD "U409" Error "Text with a form of its own (time, metre, key) has that form."
    UNKNOWN_GROUP "U410" Error "The group of a stem exists."
    DUPLICATE_NAME "U411" Error "Names are unique among stems, groups and outputs, capitals or not."
    DUPLICATE_AUDIO "U412" Error "No channel of a file is used by two stems."
    MISSING_FILE "U413" Error "Files and folders that are named exist."
    POSITION "U414" Error "A stem has either `at` or `move`."
    TIME_ORDER "U415" Error "Times of keyframes and tempo changes grow."
    AFTER_THE_END "U416" Warning "Times lie within the song."
    UNKNOWN_MARKER "U417" Error "Markers that times refer to exist."
    MARKER_LOOP "U418" Error "Markers do not refer to each other in a circle."
    MIXED_FORMS "U419" Error "One movement uses one form of position."
    LONG_WAY "U420" Note "A move of more than 180 degrees turns the way its numbers say."
    WIDTH_ON_MONO "U421" Note "Width is for stereo stems."
    UNKNOWN_LAYOUT "U422" Error "The layout of an output exists and can be used."
    SAME_OUTPUT_FILE "U423" Error "Each output has a file of its own."
    FILE_NAME "U424" Warning "A name that is no safe file name is changed for the file."
    EITHER_OR "U425" Error "Of two keys that say the same thing, one is given."
    NO_TEMPO "U426" Error "Bars and beats need a tempo."
    SILENCED "U427" Note "Muted stems, and stems beside soloed ones, are left out."
    NOTHING_SOUNDS "U428" Error "At least one stem sounds."
    NO_EFFECT "U429" Warning "Every key has something to act on."
    AUDIO_UNREADABLE "U430" Error "The audio file of a stem can be read to its end."
    SAMPLE_RATE "U431" Error "All stems have the same sample rate."
    LENGTH "U432" Warning "All stems have the same length; shorter ones are padded with silence."
    NOT_FINITE "U433" Error "No sample is NaN or infinite."
    SILENT_STEM "U434" Warning "A stem is not silent throughout."
    CHANNELS "U435" Error "A stem is one or two channels of its file."
    AUDIO_REMARK "U436" Warning "The audio file of a stem follows the rules of its format."
    CSV "U437" Error "A CSV file of positions can be read."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_in_order() {
        assert!(RULES.is_sorted_by(|a, b| a.code < b.code));
    }
}

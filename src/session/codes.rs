//! The numbered rules of the session file, U450 to U499, and advice on its mix, U101 to U149. Once released a number never changes its meaning.

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
    ORDER "U101" Note "A chain is in the order of the trade: corrective EQ, tonal EQ, compression, saturation."
    SURGICAL "U102" Note "What a group, the mix or the stereo bus shares is shaped broadly and gently: Q to 3, 4 dB, no notches."
    LINKED_SATURATION "U105" Note "What bends the waveform stands where it sounds as on a bus: members of a group are bent one by one."
    SYNTAX "U450" Error "The file is TOML (or JSON, if its name ends in .json)."
    UNKNOWN_KEY "U451" Error "Every key is one that this version knows; nothing is ignored."
    NOT_AVAILABLE "U452" Error "What the file asks for is done by this version."
    WRONG_TYPE "U453" Error "A value is of the kind its key takes: text, number, list, table."
    NOT_A_CHOICE "U454" Error "A word is one of those its key allows."
    OUT_OF_RANGE "U455" Error "A number lies within the limits of its key."
    MISSING_KEY "U456" Error "Required keys are there."
    WRONG_COUNT "U457" Error "A list or text is as long as its key allows."
    UNREADABLE_TEXT "U458" Error "The file is UTF-8 text of at most 2 MiB."
    NOT_UNDERSTOOD "U459" Error "Text with a form of its own (time, metre, key) has that form."
    UNKNOWN_GROUP "U460" Error "The group of a stem exists."
    DUPLICATE_NAME "U461" Error "Names are unique among stems, groups and outputs, capitals or not."
    DUPLICATE_AUDIO "U462" Error "No channel of a file is used by two stems."
    MISSING_FILE "U463" Error "Files and folders that are named exist."
    POSITION "U464" Error "A stem has either `at` or `move`."
    TIME_ORDER "U465" Error "Times of keyframes and tempo changes grow."
    AFTER_THE_END "U466" Warning "Times lie within the song."
    UNKNOWN_MARKER "U467" Error "Markers that times refer to exist."
    MARKER_LOOP "U468" Error "Markers do not refer to each other in a circle."
    MIXED_FORMS "U469" Error "One movement uses one form of position."
    LONG_WAY "U470" Note "A move of more than 180 degrees turns the way its numbers say."
    WIDTH_ON_MONO "U471" Note "Width is for stereo stems."
    UNKNOWN_LAYOUT "U472" Error "The layout of an output exists and can be used."
    SAME_OUTPUT_FILE "U473" Error "Each output has a file of its own."
    FILE_NAME "U474" Warning "A name that is no safe file name is changed for the file."
    EITHER_OR "U475" Error "Of two keys that say the same thing, one is given."
    NO_TEMPO "U476" Error "Bars and beats need a tempo."
    SILENCED "U477" Note "Muted stems, and stems beside soloed ones, are left out."
    NOTHING_SOUNDS "U478" Error "At least one stem sounds."
    NO_EFFECT "U479" Warning "Every key has something to act on."
    AUDIO_UNREADABLE "U480" Error "The audio file of a stem can be read to its end."
    SAMPLE_RATE "U481" Error "All stems have the same sample rate."
    LENGTH "U482" Warning "All stems have the same length; shorter ones are padded with silence."
    NOT_FINITE "U483" Error "No sample is NaN or infinite."
    SILENT_STEM "U484" Warning "A stem is not silent throughout."
    CHANNELS "U485" Error "A stem is one or two channels of its file."
    AUDIO_REMARK "U486" Warning "The audio file of a stem follows the rules of its format."
    CSV "U487" Error "A CSV file of positions can be read."
    UNKNOWN_RETURN "U488" Error "The return of a send exists."
    UNKNOWN_KEY_SOURCE "U489" Error "The stem or group that keys a compressor exists."
    PROCESSOR "U490" Error "A processor can do what its values ask for."
    DESK_LOOP "U491" Error "No key or send leads back to where it came from."
    UNKNOWN_PARAMETER "U492" Error "What is automated is a parameter of the chain."
    TOO_FEW_OUTPUTS "U493" Error "A return with more than two places has a processor with outputs of its own."
    RESAMPLED "U494" Note "A stem of another sample rate is converted where that is asked for."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_in_order() {
        assert!(RULES.is_sorted_by(|a, b| a.code < b.code));
    }
}

//! The numbered rules of stems that are handed over, U001 to U023.

use crate::error::Severity;

/// A rule that stems may break. Once released a number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StemRule {
    /// Its number.
    pub code: &'static str,
    /// How much breaking it matters.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// Why.
    pub reason: &'static str,
}

macro_rules! rules {
    ($($name:ident $code:literal $severity:ident $sentence:literal $reason:literal)*) => {
        $(pub(super) const $name: StemRule = StemRule {
            code: $code,
            severity: Severity::$severity,
            sentence: $sentence,
            reason: $reason,
        };)*
        /// Every rule, in order of number.
        pub const STEM_RULES: &[StemRule] = &[$($name),*];
    };
}

rules! {
    RATE "U001" Error "All stems have one sample rate." "Another rate plays at another pitch and length where nobody looks; stems are never resampled silently."
    LENGTH "U002" Error "All stems have one length." "A stem that ends early was cut, or begins elsewhere."
    START "U003" Error "All stems begin at the same moment, that of the reference mix." "Stems are placed at bar 1; one that is late by some milliseconds is heard as a bad performance."
    DEPTH "U004" Error "Stems are WAV files of 24 bits, all alike." "16 bits lose what a mixer will raise; float is understood by few receivers."
    NAME "U005" Warning "A stem is called StemName_BPM_Key.wav, with one tempo and one key for all." "The receiver sees what it is without asking; workstations' default names (Audio_01, Bounce 2) say nothing."
    CLIPPED "U006" Error "No stem has three or more samples in a row at full scale, nor a true peak above 0 dBTP." "Clipping cannot be undone by whoever mixes it."
    FINITE "U007" Error "Every sample is a finite number, and every stem can be read." "One NaN silences a whole bus."
    DC "U008" Warning "No stem has a mean above 0.001." "It takes headroom and clicks at every edit."
    SILENT "U009" Warning "No stem is silent (peak below -90 dBFS) or nearly so (below -60)." "It was muted, or routed elsewhere, when it was exported."
    DUPLICATE "U010" Error "No two stems are the same (their difference is below -60 dB)." "One was exported twice, and another is missing; both together are 6 dB too loud."
    COUNT "U011" Note "There are 8 to 16 stems." "Fewer take the choice from the mixer; more bring the whole session back."
    ONE_SIDED "U012" Warning "A stereo stem has two channels that differ, both with sound." "A mono sound in a stereo file doubles its size and hides that it is mono; a silent side is a fault of routing."
    POLARITY "U013" Warning "The sides of a stem do not cancel each other: correlation at least -0.2, mono loses at most 6 dB." "Played on one loudspeaker it would vanish."
    SUM "U014" Error "The stems add up to the reference mix: what is left is below -60 dB." "Something is missing, doubled, of another level, shifted, or the mix has processing that the stems have not."
    CUT "U015" Warning "A stem neither begins nor ends in the middle of a sound (above -50 dBFS in the first samples or the last 10 ms)." "The bounce began late, or a tail was cut."
    HOT_SUM "U016" Warning "The sum of the stems stays below full scale." "Stems that clip together were not meant to be added, or were raised after the mix."
    LIMITED "U017" Warning "The reference has no master processing that the stems have not: its crest is theirs." "A limiter on the mix cannot be matched by adding stems."
    UPSAMPLED "U018" Warning "A stem is as good as it says: all 24 bits are used, and no wall at 16 to 20 kHz." "Padded 16-bit files and decoded MP3 pass for originals until somebody listens."
    TEMPO "U019" Warning "The tempo in the names is that of the music." "The whole project is laid out on it."
    MANIFEST "U020" Error "The files are those of the manifest: all there, unchanged." "The list and its SHA-256 were made when the stems were exported."
    NOTES "U021" Note "Tempo and key are known from a manifest or from every name, and a reference mix is there." "Without them the receiver guesses."
    CHANNELS "U022" Warning "Stems are mono or stereo." "Workstations place other widths in orders of their own."
    FOREIGN "U023" Note "The folder holds stems and what belongs to them." "A stem in a format that is not read would be missing."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_in_order() {
        assert!(STEM_RULES.is_sorted_by(|a, b| a.code < b.code));
    }
}

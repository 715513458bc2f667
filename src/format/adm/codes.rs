//! The numbered rules of ADM files, U500 to U549. Once released a number never changes its meaning.

use crate::error::Severity;

/// A rule that an ADM file may break.
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
        $(pub(super) const $name: Rule = Rule {
            code: $code,
            severity: Severity::$severity,
            sentence: $sentence,
        };)*
        /// Every rule, in order of number.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    NO_METADATA "U500" Error "The file carries ADM metadata: an axml or a chna chunk."
    XML "U501" Error "The axml chunk is well-formed XML in UTF-8."
    DOCTYPE "U502" Error "The XML has no DOCTYPE and no entities of its own."
    LIMIT "U503" Error "Nesting, size and number of elements stay within what a programme needs."
    ROOT "U504" Error "There is exactly one audioFormatExtended element."
    VERSION "U505" Warning "The version is one of ITU-R BS.2076-1 to -3."
    UNKNOWN "U506" Warning "Elements and attributes are those of ITU-R BS.2076."
    MISSING_ID "U507" Error "Every element has its ID."
    ID_FORM "U508" Warning "IDs have the form of their kind."
    DUPLICATE_ID "U509" Error "No ID is given twice."
    REFERENCE "U510" Error "What is referred to exists."
    MISSING "U511" Error "Required elements and attributes are there."
    NUMBER "U512" Error "A number is a finite number within its limits."
    TIME "U513" Error "A time has the form hh:mm:ss.zzzzz or hh:mm:ss.nSd."
    CHOICE "U514" Error "A word is one of those its place allows."
    REPEATED "U515" Error "What may stand once stands once."
    TYPES "U516" Error "Types agree: label and definition, pack and channel."
    LOOP "U517" Error "Elements do not refer to each other in a circle."
    TREE "U518" Error "A pack contains a channel in one way only."
    CHNA "U519" Error "The chna chunk has the form of ITU-R BS.2088."
    CHNA_INDEX "U520" Error "Track indices of the chna chunk count the channels of the file from 1."
    CHNA_DISAGREES "U521" Error "The chna and axml chunks say the same."
    TRACK "U522" Error "Every track that is played has an index, a channel format and a pack format."
    TRACK_FORMAT "U523" Warning "Sample rate and bit depth of tracks are those of the file."
    CODED "U524" Error "Tracks are PCM."
    SEVERAL_PROGRAMMES "U525" Warning "It is clear which programme is meant."
    SELECTION "U526" Error "What is asked for is in the file."
    COMPLEMENTARY "U527" Error "One object is chosen of each group of complementary objects."
    CONFLICTING "U528" Error "The tracks of an object fill the channels of its packs."
    AMBIGUOUS "U529" Error "There is one way only in which tracks fill the channels of packs."
    NOTHING "U530" Error "There is something to play."
    POSITION "U531" Error "A position is polar or Cartesian, whole, and as its cartesian flag says."
    HOA "U532" Error "Sound fields have one block per channel with an order and a degree of its own."
    MATRIX "U533" Error "Matrices have one block per channel and refer to the channels of their packs."
    UNSUPPORTED "U534" Error "What the file asks for is done by this version."
    FREQUENCY "U535" Error "Only loudspeaker channels have frequency limits."
    BLOCK_TIMES "U536" Error "A block has both rtime and duration, or neither and is alone."
    OVERLAP "U537" Error "Blocks do not overlap."
    PAST_END "U538" Error "Blocks end with their object."
    INTERPOLATION "U539" Error "A block is not shorter than its interpolation."
    MENDED "U540" Warning "Blocks join without gaps of rounding."
    ORDER "U541" Warning "Blocks stand in order of time."
    IGNORED "U542" Warning "Everything said has an effect on the render."
    NESTED "U543" Warning "Only objects without objects inside have times, gains and offsets."
    ALTERNATIVES "U544" Error "At most one alternative value set is chosen for an object."
    DBMD "U545" Warning "The dbmd chunk is whole and its checksums are right."
    REDEFINED "U546" Warning "Common definitions are not defined anew."
    OFFSET "U547" Error "A position offset is for objects, and in the form of their positions."
    TYPE_MISSING "U548" Warning "Packs and channels say their type."
    BED_LABEL "U549" Warning "The channels of a bed are told by their labels."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_in_order() {
        assert!(RULES.is_sorted_by(|a, b| a.code < b.code));
    }
}

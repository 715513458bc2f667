//! Writes the metadata of masters: axml, chna and dbmd chunks.
//!
//! [`Item`]s are what a master holds: objects, beds, sound fields, each with its tracks and their metadata as
//! the scene has it. [`write_axml`] streams them as XML in one of two flavours: [`Flavour::Ebu`] says all
//! that ITU-R BS.2076-2 can, [`Flavour::Dolby`] keeps to the Dolby Atmos master ADM profile and notes in
//! [`Losses`] what that could not carry.
//!
//! - `plan` gives every element its ID; `document` writes the elements that stand still.
//! - `ebu_blocks` and `dolby_blocks` (with `block_lines`) write those that move; `steps` turns moves of any length into the moves
//!   of 250 samples that the profile allows, `last_steps` keeps them apart from jumps and from the end.
//! - `bed` knows the loudspeakers of the profile's beds, `zones` its zones, `clock` and `digits` how times and
//!   numbers are written.

mod bed;
mod block_lines;
mod chna;
mod clock;
mod dbmd;
mod digits;
mod document;
mod dolby_blocks;
mod ebu_blocks;
mod item;
mod last_steps;
mod losses;
mod plan;
mod steps;
mod xml;
mod zones;

pub use bed::{BED, BedSpeaker, bed_speaker};
pub use chna::write_chna;
pub use dbmd::write_dbmd;
pub(in crate::format::adm) use dbmd::{codes, elements_payload, programme_payload};
pub use document::{WrittenAxml, write_axml};
pub use item::{ContentSaid, Item, ItemKind, MasterFacts, Said, Track};
pub use losses::{Loss, Losses};
pub use plan::{EMISSION_LIMITS, Flavour, Plan, TooMany};
pub(in crate::format::adm) use xml::number;

//! What would be refused before anybody else refuses it: numbered rules over what is delivered.
//!
//! `masters` looks at ADM masters with the eyes of those who take them ([`Taker`]), `profile` at their bytes and elements
//! against the published formats; `stems` looks at folders that are handed over. The rules of sessions,
//! layouts and of the ADM itself stand where these are read.

mod master_sound;
mod masters;
mod profile;
mod stems;

pub use master_sound::{MasterSound, check_sound, hear_master};
pub use masters::{Heard, MASTER_RULES, MasterRule, Taker, check_master};
pub use profile::{ProfileRule, check_profile, profile_rules};
pub use stems::{Rule as StemRule, STEM_RULES, StemsAsked, check_stem_file, check_stems};

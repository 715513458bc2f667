//! What would be refused before anybody else refuses it: numbered rules over what is delivered.
//!
//! `masters` looks at ADM masters with the eyes of those who take them ([`Taker`]), `profile` at their bytes and elements
//! against the published formats; `stems` looks at stems that are handed over, `space` at where things are heard. The
//! rules of sessions, layouts and of the ADM itself stand where these are read; `register` knows all of them.

mod master_sound;
mod masters;
mod profile;
mod register;
mod space;
mod stems;

pub use master_sound::{MasterSound, check_sound, hear_master};
pub use masters::{
    Heard, MASTER_RULES, MasterRule, Taker, check_levels, check_master, check_modes, not_taken,
};
pub use profile::{ProfileRule, check_profile, profile_rules};
pub use register::{KnownRule, UNREADABLE, all_rules, known_rule};
pub use space::{SPACE_RULES, SpaceRule, check_course, check_ways};
pub use stems::{
    Rule as StemRule, STEM_RULES, StemsAsked, check_session_stems, check_stem_file, check_stems,
};

//! What would be refused before anybody else refuses it: numbered rules over what is delivered.
//!
//! `masters` looks at ADM masters with the eyes of those who take them ([`Taker`]). The rules of sessions,
//! layouts and of the ADM itself stand where these are read.

mod masters;

pub use masters::{Heard, MASTER_RULES, MasterRule, Taker, check_master};

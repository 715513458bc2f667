//! `umbel check`: what it says of masters and of folders of stems.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod master;
mod profile;
mod reports;
mod rules;
mod sounds;
mod stems;

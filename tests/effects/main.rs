//! What the processors of a channel strip promise, measured from outside: settings in, sound in, sound out.
//!
//! `measure` holds the signals and the meters; each other file is one processor or one promise of all.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compressor;
mod convolution;
mod delay;
mod eq;
mod every;
mod measure;
mod process;
mod saturation;

use assert_no_alloc::AllocDisabler;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

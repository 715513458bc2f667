//! Beds, sound fields and diffuse sound against the EBU ADM Renderer (`tests/data/README.md`), and what playing
//! them costs.

#![allow(
    clippy::print_stdout,
    reason = "shows the differences found with --nocapture"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod decorrelators;
mod hoa;
mod speakers;

use serde_json::Value;
use umbel::layout::Layout;
use umbel::panner::{self, GainCalculator};

/// Watches for allocations within `assert_no_alloc`.
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

/// The systems of BS.2051 that the EBU renderer knows.
const SYSTEMS: [&str; 10] = [
    "0+2+0", "0+5+0", "2+5+0", "4+5+0", "4+5+1", "3+7+0", "4+9+0", "9+10+3", "0+7+0", "4+7+0",
];

fn golden(name: &str) -> Value {
    let path = format!("{}/tests/data/ear/{name}", env!("CARGO_MANIFEST_DIR"));
    read(&path)
}

fn read(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect(path)).unwrap()
}

fn calculator(name: &str) -> (Layout, GainCalculator) {
    let layout = umbel::layout::find(name).unwrap();
    let panner = panner::build(&layout).unwrap();
    let gains = GainCalculator::new(&layout, panner).unwrap();
    (layout, gains)
}

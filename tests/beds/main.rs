//! Beds, sound fields and diffuse sound against the EBU ADM Renderer, and what playing them costs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod decorrelators;

/// Watches for allocations within `assert_no_alloc`.
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

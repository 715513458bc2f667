//! Binaural rendering: what it promises, measured on the embedded set, on sets made here, and on larger ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_sets;
mod cli;
mod engine;
mod large_sets;
mod levels;
mod measure;
mod moving;
mod places;
mod pose;
mod quality;

use std::sync::{Arc, OnceLock};

use umbel::audio::Block;
use umbel::engine::Engine;
use umbel::format::hrtf_file;
use umbel::geometry::Position;
use umbel::mix::Mixer;
use umbel::render::Target;
use umbel::render::binaural::{HOP, Headphones, RoomChoice};
use umbel::render::hrtf::{Equalisation, Filters, HrtfSet, Preparation, kemar};
use umbel::scene::{Object, ObjectState, StaticBlock};
use umbel::units::SampleRate;

/// Watches for allocations within `assert_no_alloc`.
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

const RATE: SampleRate = SampleRate(48_000);

/// The default set, prepared for 48 kHz as a render prepares it.
fn default_filters() -> Arc<Filters> {
    static FILTERS: OnceLock<Arc<Filters>> = OnceLock::new();
    let make = || {
        let ready = hrtf_file::load(None, Equalisation::Auto).unwrap();
        assert!(ready.equalised, "the default set is not flat by itself");
        Arc::new(prepared(&ready.set, RATE))
    };
    Arc::clone(FILTERS.get_or_init(make))
}

/// The default set at its own rate, as it was measured.
fn raw_filters() -> (HrtfSet, Arc<Filters>) {
    static FILTERS: OnceLock<Arc<Filters>> = OnceLock::new();
    let set = kemar().unwrap();
    let filters = FILTERS.get_or_init(|| Arc::new(prepared(&set, set.rate())));
    (set, Arc::clone(filters))
}

fn prepared(set: &HrtfSet, rate: SampleRate) -> Filters {
    Filters::new(set, Preparation { rate, hop: HOP }).unwrap()
}

fn dry(filters: &Arc<Filters>) -> Headphones {
    Headphones::new(Arc::clone(filters), RoomChoice::Dry).unwrap()
}

fn at(azimuth: f64, elevation: f64) -> Position {
    Position::Polar {
        azimuth,
        elevation,
        distance: 1.0,
    }
}

/// An object that stands still, playing feed `feed`.
fn still(feed: usize, azimuth: f64, elevation: f64) -> Object {
    let state = ObjectState::at(at(azimuth, elevation));
    Object::new(format!("{feed}"), feed, Box::new(StaticBlock::new(state)))
}

fn impulse(frames: usize) -> Vec<f32> {
    let mut feed = vec![0.0; frames];
    feed[0] = 1.0;
    feed
}

/// Repeatable noise of uniform distribution, ±0.5.
fn noise(frames: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..frames).map(next).collect()
}

/// The two ears of a scene, in blocks of `block` frames, the latency taken off.
fn render(
    target: Target,
    objects: Vec<Object>,
    feeds: &[Vec<f32>],
    block: usize,
    rate: SampleRate,
) -> [Vec<f32>; 2] {
    let frames = feeds[0].len();
    let mixer = Mixer::new(Vec::new(), feeds.len(), rate);
    let mut engine = Engine::new(mixer, objects, vec![target], rate);
    let late = engine.latency_frames(0);
    let mut input = Block::new(feeds.len() + 1, block);
    let mut output = vec![Block::new(2, block)];
    let mut ears = [Vec::new(), Vec::new()];
    for start in (0..frames + late).step_by(block) {
        input.set_frames(block.min(frames + late - start));
        input.clear();
        let count = input.frames().min(frames.saturating_sub(start));
        for (row, feed) in input.rows_mut().zip(feeds) {
            row[..count].copy_from_slice(&feed[start.min(frames)..][..count]);
        }
        engine.advance(&mut input, &mut output);
        for (ear, row) in ears.iter_mut().zip(output[0].rows()) {
            ear.extend_from_slice(row);
        }
    }
    ears.map(|ear| ear[late..].to_vec())
}

/// As [`render`], of headphones at the rate of their filters.
fn hear(headphones: Headphones, objects: Vec<Object>, feeds: &[Vec<f32>]) -> [Vec<f32>; 2] {
    let rate = headphones.filters().rate();
    render(
        Target::Binaural(Box::new(headphones)),
        objects,
        feeds,
        512,
        rate,
    )
}

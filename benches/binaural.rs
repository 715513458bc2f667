//! Times the binaural renderer alone: 118 objects and 10 bed channels at 48 kHz in blocks of 512 frames, with the
//! embedded set.
//!
//! Prints the share of one core and of the worst block's period, moving and standing still, without and with the
//! room; how long a minute takes on two threads; what preparing the set takes; and the memory of its spectra.
//! `cargo bench --bench binaural [-- SECONDS]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any fault"
)]

use std::sync::Arc;
use std::time::Instant;

use umbel::audio::{Block, QUANTUM};
use umbel::engine::Engine;
use umbel::format::hrtf_file;
use umbel::geometry::Position;
use umbel::mix::Mixer;
use umbel::render::Target;
use umbel::render::binaural::{HOP, Headphones, RoomChoice};
use umbel::render::hrtf::{Equalisation, Filters, Preparation};
use umbel::scene::{BlockSource, MetadataBlock, Object, ObjectState, Ramp, RoomMode, StaticBlock};
use umbel::units::{Frames, SampleRate};

const RATE: SampleRate = SampleRate(48_000);
const SOURCES: usize = 118 + 10;
const BLOCK: usize = 512;

/// Times that a scene is played.
const RUNS: usize = 3;

/// Goes round, with a new position every quantum.
struct Orbit {
    next: u64,
    start_deg: f64,
    degrees_per_quantum: f64,
}

impl BlockSource for Orbit {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        let start = Frames(self.next * QUANTUM as u64);
        let azimuth = self.start_deg + self.degrees_per_quantum * self.next as f64;
        self.next += 1;
        Some(MetadataBlock {
            start,
            length: None,
            ramp: Ramp::over(start, Frames(QUANTUM as u64)),
            state: ObjectState::at(place(azimuth)).into(),
        })
    }
}

fn place(azimuth: f64) -> Position {
    Position::Polar {
        azimuth,
        elevation: 40.0 * (azimuth * 0.05).sin(),
        distance: 1.0,
    }
}

fn objects(moving: bool) -> Vec<Object> {
    (0..SOURCES)
        .map(|n| {
            let start_deg = n as f64 * 29.0;
            let blocks: Box<dyn BlockSource> = match moving {
                true => Box::new(Orbit {
                    next: 0,
                    start_deg,
                    degrees_per_quantum: 0.5 + 0.03 * n as f64,
                }),
                false => Box::new(StaticBlock::new(ObjectState::at(place(start_deg)))),
            };
            Object::new(format!("{n}"), n, blocks)
        })
        .collect()
}

/// A scene ready to be played.
struct Playing {
    engine: Engine,
    feeds: Block,
    out: Vec<Block>,
}

impl Playing {
    fn new(filters: &Arc<Filters>, moving: bool, room: RoomChoice, block: usize) -> Self {
        let headphones = Headphones::new(Arc::clone(filters), room).unwrap();
        let target = Target::Binaural(Box::new(headphones));
        let mixer = Mixer::new(Vec::new(), SOURCES, RATE);
        let mut feeds = Block::new(SOURCES + 1, block);
        let mut state = 1u32;
        feeds.set_frames(block);
        for row in feeds.rows_mut() {
            for sample in row {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *sample = (state as i32) as f32 / 2.0_f32.powi(35);
            }
        }
        Self {
            engine: Engine::new(mixer, objects(moving), vec![target], RATE),
            feeds,
            out: vec![Block::new(2, block)],
        }
    }

    /// Plays `blocks` blocks: the seconds that each takes.
    fn play(&mut self, blocks: usize) -> Vec<f64> {
        let times = (0..blocks).map(|_| {
            let start = Instant::now();
            self.engine.advance(&mut self.feeds, &mut self.out);
            start.elapsed().as_secs_f64()
        });
        let times = times.collect();
        std::hint::black_box(&self.out);
        times
    }
}

/// What is played, in words.
fn scene(moving: bool, room: RoomChoice) -> String {
    let moves = if moving {
        "all moving"
    } else {
        "standing still"
    };
    let room = format!("{room:?}").replace("All(", "").replace(')', "");
    format!("{moves:14} {:6}", room.to_lowercase())
}

/// One thread. The scene is played several times; a block's time is its least, so that what else the machine does
/// counts little, and what the renderer always does there counts in full.
fn one_core(filters: &Arc<Filters>, moving: bool, room: RoomChoice, block: usize, seconds: usize) {
    let blocks = seconds * RATE.0 as usize / block;
    let period = block as f64 / f64::from(RATE.0);
    let mut times = vec![f64::INFINITY; blocks];
    for _ in 0..RUNS {
        let run = Playing::new(filters, moving, room, block).play(blocks);
        for (least, time) in times.iter_mut().zip(run) {
            *least = least.min(time);
        }
    }
    let share = times.iter().sum::<f64>() / (blocks as f64 * period);
    times.sort_by(f64::total_cmp);
    println!(
        "{} block {block:5}: {:5.2} % of a core, worst block {:5.1} % of its period",
        scene(moving, room),
        100.0 * share,
        100.0 * times[times.len() - 1] / period,
    );
}

/// Two threads, as fast as they can: a programme of 60 s.
fn offline(filters: &Arc<Filters>, moving: bool, room: RoomChoice) {
    let block = 4096;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .unwrap();
    let mut playing = Playing::new(filters, moving, room, block);
    let start = Instant::now();
    pool.install(|| playing.play(60 * RATE.0 as usize / block));
    println!(
        "{} offline, two threads: 60 s in {:.2} s",
        scene(moving, room),
        start.elapsed().as_secs_f64()
    );
}

fn main() {
    let seconds: usize = std::env::args()
        .skip(1)
        .find_map(|a| a.parse().ok())
        .unwrap_or(4);
    let start = Instant::now();
    let ready = hrtf_file::load(None, Equalisation::Auto).unwrap();
    let filters = Filters::new(
        &ready.set,
        Preparation {
            rate: RATE,
            hop: HOP,
        },
    )
    .unwrap();
    println!(
        "default set at {RATE}: ready in {:.0} ms, {:.1} MiB of spectra, transforms of {} frames",
        start.elapsed().as_secs_f64() * 1e3,
        filters.bytes() as f64 / f64::from(1 << 20),
        filters.length(),
    );
    let filters = Arc::new(filters);
    for moving in [false, true] {
        for room in [RoomChoice::Dry, RoomChoice::All(RoomMode::Mid)] {
            one_core(&filters, moving, room, BLOCK, seconds);
        }
    }
    for room in [RoomChoice::Dry, RoomChoice::All(RoomMode::Mid)] {
        offline(&filters, true, room);
    }
}

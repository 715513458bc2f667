//! Times the mixing kernel alone: 128 moving objects to 7.1.4 and 22.2, blocks in cache, one thread.
//!
//! `cargo bench --bench mix_kernel` prints audio seconds per CPU second.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any fault"
)]

use std::hint::black_box;

use umbel::audio::{Block, QUANTUM};
use umbel::engine::Engine;
use umbel::geometry::Position;
use umbel::layout::{AngleRange, Layout, Speaker};
use umbel::mix::{Mixer, Strip};
use umbel::panner::Panner;
use umbel::render::Target;
use umbel::scene::{BlockSource, Extent, MetadataBlock, Object, ObjectState, Ramp};
use umbel::units::{Frames, SampleRate};

const OBJECTS: usize = 128;
const RATE: u32 = 48_000;

/// Moves to another set of three channels every quantum.
struct Moves {
    object: usize,
    n: u64,
}
impl BlockSource for Moves {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        let n = self.n;
        self.n += 1;
        Some(MetadataBlock {
            start: Frames(n * QUANTUM as u64),
            length: None,
            ramp: Ramp::over(Frames(n * QUANTUM as u64), Frames(QUANTUM as u64)),
            state: ObjectState::at(Position::Polar {
                azimuth: (n as f64 * 1.5 + self.object as f64 * 2.8),
                elevation: 10.0,
                distance: 1.0,
            })
            .into(),
        })
    }
}
struct Three(usize);
impl Panner for Three {
    fn channels(&self) -> usize {
        self.0
    }
    fn gains(&self, position: Position, _: Extent, gains: &mut [f64]) {
        let Position::Polar { azimuth, .. } = position else {
            return;
        };
        gains.fill(0.0);
        let a = azimuth.rem_euclid(360.0) / 30.0;
        let i = a as usize;
        gains[i % self.0] = 0.5;
        gains[(i + 3) % self.0] = 0.6;
        gains[(i + 5) % self.0] = 0.4 + a * 0.01;
    }
}
fn cpu_s() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace()
        .next()
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1e9
}
fn main() {
    for channels in [12usize, 24] {
        let _: Option<AngleRange> = None;
        let speakers = (0..channels)
            .map(|i| Speaker {
                label: format!("S{i}"),
                name: None,
                position: Position::FRONT,
                azimuth_range: None,
                elevation_range: None,
                lfe: false,
                room: None,
                mask_bit: None,
                gain_db: 0.0,
                delay_ms: 0.0,
            })
            .collect();
        let layout = Layout {
            name: "x".into(),
            aliases: vec![],
            title: String::new(),
            speakers,
            source: String::new(),
            screen: None,
        };
        let objects = (0..OBJECTS)
            .map(|i| Object::new(String::new(), i, Box::new(Moves { object: i, n: 0 })))
            .collect();
        let strips = (0..OBJECTS)
            .map(|i| Strip {
                name: String::new(),
                feeds: i..i + 1,
                gains: vec![],
                lfe: None,
            })
            .collect();
        let rate = SampleRate(RATE);
        let mut engine = Engine::new(
            Mixer::new(strips, OBJECTS, rate),
            objects,
            vec![Target::panned(layout, Box::new(Three(channels))).unwrap()],
            rate,
        );
        let mut feeds = Block::new(OBJECTS + 1, QUANTUM);
        feeds.set_frames(QUANTUM);
        for c in 0..OBJECTS {
            for (i, s) in feeds.row_mut(c).iter_mut().enumerate() {
                *s = ((c * 31 + i * 17) % 97) as f32 / 97.0 - 0.5;
            }
        }
        let mut outs = [Block::new(channels, QUANTUM)];
        for _ in 0..50 {
            engine.advance(&mut feeds, &mut outs);
        }
        let quanta = 48_000 * 20 / QUANTUM;
        let mut best = f64::MAX;
        for _ in 0..5 {
            let start = cpu_s();
            for _ in 0..quanta {
                engine.advance(black_box(&mut feeds), black_box(&mut outs));
            }
            best = best.min(cpu_s() - start);
        }
        println!(
            "{channels} channels: {:.0} x real time",
            quanta as f64 * QUANTUM as f64 / f64::from(RATE) / best
        );
    }
}

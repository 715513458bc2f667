//! Times the engine without files: objects that move all the time to 12 and 24 channels, blocks in cache,
//! one thread.
//!
//! `cargo bench --bench mix_kernel [-- PART OF A CASE'S NAME]` prints audio seconds per second, best of
//! many short rounds: one in which no other process had the processor.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any fault"
)]

use std::hint::black_box;
use std::time::Instant;

use umbel::audio::{Block, QUANTUM};
use umbel::engine::Engine;
use umbel::geometry::Position;
use umbel::layout::{Layout, Speaker};
use umbel::mix::{Mixer, Strip};
use umbel::panner::Panner;
use umbel::render::Target;
use umbel::scene::{BlockSource, Extent, MetadataBlock, Object, ObjectState, Ramp};
use umbel::units::{Frames, SampleRate};

const RATE: SampleRate = SampleRate(48_000);
/// Length of a round.
const SECONDS: usize = 2;
const ROUNDS: usize = 100;

/// Moves on by 1.5 degrees in every block of `length` frames, each of which ramps over all its frames.
struct Moves {
    object: usize,
    length: u64,
    n: u64,
}

impl BlockSource for Moves {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        let (n, length) = (self.n, self.length);
        self.n += 1;
        let half_degrees = (n as usize * 3 + self.object * 5) % 720;
        Some(MetadataBlock {
            start: Frames(n * length),
            length: None,
            ramp: Ramp::over(Frames(n * length), Frames(length)),
            state: ObjectState::at(Position::Polar {
                azimuth: half_degrees as f64 / 2.0,
                elevation: 10.0,
                distance: 1.0,
            })
            .into(),
        })
    }
}

/// Plays on three of the channels, and costs next to nothing.
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
        let sector = azimuth * (self.0 as f64 / 360.0);
        let first = sector as usize;
        for (apart, gain) in [(0, 0.5), (3, 0.6), (5, 0.4 + sector * 0.01)] {
            let channel = first + apart;
            gains[if channel < self.0 {
                channel
            } else {
                channel - self.0
            }] = gain;
        }
    }
}

/// Loudspeakers that only have a number.
fn layout(channels: usize) -> Layout {
    let speaker = |i| Speaker {
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
    };
    Layout {
        name: "ring".to_owned(),
        aliases: Vec::new(),
        title: String::new(),
        speakers: (0..channels).map(speaker).collect(),
        source: String::new(),
        screen: None,
    }
}

/// Real times of `objects` objects of which number i has a new block every `length(i)` frames.
fn measure(objects: usize, channels: usize, length: fn(usize) -> u64) -> f64 {
    let scene = (0..objects)
        .map(|object| {
            let blocks = Moves {
                object,
                length: length(object),
                n: 0,
            };
            Object::new(String::new(), object, Box::new(blocks))
        })
        .collect();
    let strips = (0..objects)
        .map(|object| Strip {
            name: String::new(),
            feeds: object..object + 1,
            gains: Vec::new(),
            lfe: None,
            ..Strip::default()
        })
        .collect();
    let target = Target::panned(layout(channels), Box::new(Three(channels))).unwrap();
    let mixer = Mixer::new(strips, objects, RATE);
    let mut engine = Engine::new(mixer, scene, vec![target], RATE);
    let mut feeds = Block::new(objects + 1, QUANTUM);
    feeds.set_frames(QUANTUM);
    for feed in 0..objects {
        for (i, sample) in feeds.row_mut(feed).iter_mut().enumerate() {
            *sample = ((feed * 31 + i * 17) % 97) as f32 / 97.0 - 0.5;
        }
    }
    let mut outs = [Block::new(channels, QUANTUM)];
    let quanta = SECONDS * RATE.0 as usize / QUANTUM;
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..quanta {
            engine.advance(black_box(&mut feeds), black_box(&mut outs));
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    (quanta * QUANTUM) as f64 / f64::from(RATE.0) / best
}

fn main() {
    let wanted = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    for channels in [12, 24] {
        for (what, objects, length) in [
            ("every 1024 frames", 128, (|_| 1024) as fn(usize) -> u64),
            ("every 480 frames", 118, |_| 480),
            ("every 480 to 512 frames", 118, |object| {
                480 + object as u64 % 33
            }),
        ] {
            let case = format!("{objects} objects, a block {what}, {channels} channels");
            if wanted.as_ref().is_none_or(|wanted| case.contains(wanted)) {
                let speed = measure(objects, channels, length);
                println!("{case}: {speed:.0} x real time");
            }
        }
    }
}

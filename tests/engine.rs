//! The engine's promises: the same bits for every block length, no allocation, exact gains.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use umbel::audio::{Block, QUANTUM};
use umbel::engine::Engine;
use umbel::geometry::Position;
use umbel::layout::{Layout, Speaker};
use umbel::mix::{GainCurve, GainPoint, Mixer, Strip};
use umbel::panner::Panner;
use umbel::render::Target;
use umbel::scene::{
    BlockSource, Curve, Extent, MetadataBlock, Object, ObjectState, Pan, Ramp, StaticBlock,
};
use umbel::units::{Decibels, Frames, Gain, SampleRate};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const RATE: SampleRate = SampleRate(48_000);

/// Three loudspeakers in a row and an LFE; x = -1, 0, 1 are the loudspeakers, linear in between. An object's
/// azimuth is -x degrees.
struct Row;

impl Panner for Row {
    fn channels(&self) -> usize {
        4
    }

    fn gains(&self, position: Position, _: Extent, gains: &mut [f64]) {
        let (azimuth, ..) = position.to_polar();
        let x = -azimuth;
        gains.copy_from_slice(&[(-x).max(0.0), 1.0 - x.abs(), x.max(0.0), 0.0]);
    }
}

fn row_target(delays_ms: [f64; 4]) -> Target {
    let speaker = |i: usize, x: f64| Speaker {
        label: format!("S{i}"),
        name: None,
        position: Position::Cartesian { x, y: 1.0, z: 0.0 },
        azimuth_range: None,
        elevation_range: None,
        lfe: i == 3,
        room: None,
        mask_bit: None,
        gain_db: 0.0,
        delay_ms: delays_ms[i],
    };
    let layout = Layout {
        name: "row".to_owned(),
        aliases: Vec::new(),
        title: String::new(),
        speakers: vec![
            speaker(0, -1.0),
            speaker(1, 0.0),
            speaker(2, 1.0),
            speaker(3, 0.0),
        ],
        source: String::new(),
        screen: None,
    };
    Target::panned(layout, Box::new(Row)).unwrap()
}

fn state(x: f64) -> ObjectState {
    ObjectState {
        pan: Pan::At(x),
        ..ObjectState::at(Position::Polar {
            azimuth: -x,
            elevation: 0.0,
            distance: 1.0,
        })
    }
}

/// Blocks from a list: (start, length, ramp, x).
struct Listed(std::vec::IntoIter<(u64, Option<u64>, u64, f64)>);

impl BlockSource for Listed {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        self.0.next().map(|(start, length, ramp, x)| MetadataBlock {
            start: Frames(start),
            length: length.map(Frames),
            ramp: Ramp::over(Frames(start), Frames(ramp)),
            state: state(x).into(),
        })
    }
}

fn object(feed: usize, blocks: Vec<(u64, Option<u64>, u64, f64)>) -> Object {
    Object::new(
        format!("object {feed}"),
        feed,
        Box::new(Listed(blocks.into_iter())),
    )
}

/// An object that stands still and is diffuse to the share `diffuse`.
fn diffuse_object(feed: usize, x: f64, diffuse: f64) -> Object {
    let state = ObjectState {
        diffuse,
        ..state(x)
    };
    Object {
        diffuse: true,
        ..Object::new("diffuse", feed, Box::new(StaticBlock::new(state)))
    }
}

/// Objects whose metadata changes on and off the grid, fades, an LFE send and delayed channels; one object
/// more that is diffuse if asked for.
fn awkward_engine(diffuse: bool) -> Engine {
    let grid = |n: u64| n * QUANTUM as u64;
    let mut objects = vec![
        Object::new("still", 0, Box::new(StaticBlock::new(state(0.3)))),
        object(
            1,
            (0..40)
                .map(|n| (grid(n), None, QUANTUM as u64, (n as f64 * 0.7).sin()))
                .collect(),
        ),
        object(
            2,
            vec![
                (0, None, 0, -1.0),
                (517, None, 100, 1.0),
                (1030, None, 3000, 0.0),
                (9001, None, 0, 0.5),
            ],
        ),
        object(
            3,
            vec![
                (100, Some(900), 0, -0.5),
                (1500, Some(1), 0, 1.0),
                (5000, Some(2000), 500, 0.2),
            ],
        ),
    ];
    if diffuse {
        objects.push(diffuse_object(2, -0.4, 0.7));
    }
    let fade = GainCurve::new(vec![
        GainPoint {
            at: Frames(700),
            level: Decibels(-60.0),
            curve: Curve::Linear,
        },
        GainPoint {
            at: Frames(6000),
            level: Decibels(3.0),
            curve: Curve::Smooth,
        },
    ]);
    let strip = |i: usize, gains: Vec<GainCurve>, lfe| Strip {
        name: format!("{i}"),
        feeds: i..i + 1,
        gains,
        lfe,
        ..Strip::default()
    };
    let strips = vec![
        strip(0, vec![], Some(Gain(0.5))),
        strip(1, vec![fade], None),
        strip(
            2,
            vec![GainCurve::constant(Decibels(-3.0))],
            Some(Gain(1.0)),
        ),
        strip(3, vec![], None),
    ];
    let targets = vec![row_target([0.0, 1.0, 0.0, 0.0]), Target::Stereo];
    Engine::new(Mixer::new(strips, 4, RATE), objects, targets, RATE)
}

/// A repeatable noise, different for each feed.
fn noise(feed: usize, frame: usize) -> f32 {
    let mut x =
        (feed as u32 + 1).wrapping_mul(0x9e37_79b9) ^ (frame as u32).wrapping_mul(0x85eb_ca6b);
    x ^= x >> 15;
    x = x.wrapping_mul(0x2c1b_3c6d);
    x ^= x >> 12;
    (x as f32 / u32::MAX as f32) - 0.5
}

/// The output of `engine` for `frames` frames of noise, asked for in blocks of the given lengths in turn.
fn run(mut engine: Engine, frames: usize, lengths: &[usize]) -> Vec<Vec<f32>> {
    let largest = *lengths.iter().max().unwrap();
    let mut feeds = Block::new(5, largest);
    let mut outs: Vec<Block> = engine
        .renderers()
        .iter()
        .map(|r| Block::new(r.channels(), largest))
        .collect();
    let mut all: Vec<Vec<f32>> = vec![Vec::new(); outs.iter().map(Block::channels).sum()];
    let mut done = 0;
    for length in lengths.iter().cycle() {
        let n = (*length).min(frames - done);
        feeds.set_frames(n);
        for feed in 0..4 {
            for (i, sample) in feeds.row_mut(feed).iter_mut().enumerate() {
                *sample = noise(feed, done + i);
            }
        }
        assert_no_alloc(|| engine.advance(&mut feeds, &mut outs));
        for (all, row) in all.iter_mut().zip(outs.iter().flat_map(Block::rows)) {
            all.extend_from_slice(row);
        }
        done += n;
        if done == frames {
            return all;
        }
    }
    unreachable!("lengths are cycled for ever");
}

#[test]
fn every_block_length_gives_the_same_bits_without_allocating() {
    for diffuse in [false, true] {
        every_block_length_gives_the_same_bits(diffuse);
    }
}

fn every_block_length_gives_the_same_bits(diffuse: bool) {
    const FRAMES: usize = 20_011;
    let whole = run(awkward_engine(diffuse), FRAMES, &[FRAMES]);
    let playing = whole
        .iter()
        .filter(|row| row.iter().any(|x| *x != 0.0))
        .count();
    assert_eq!(playing, 6, "every channel plays");
    for lengths in [&[1][..], &[7, 64, 1000], &[1024], &[1023, 1, 4096], &[64]] {
        let parts = run(awkward_engine(diffuse), FRAMES, lengths);
        for (channel, (a, b)) in whole.iter().zip(&parts).enumerate() {
            let differs = a
                .iter()
                .zip(b)
                .position(|(a, b)| a.to_bits() != b.to_bits());
            assert_eq!(
                differs, None,
                "first differing frame of channel {channel}, blocks of {lengths:?}"
            );
        }
    }
}

#[test]
fn the_diffuse_part_meets_the_direct_part_in_the_middle_of_its_filter() {
    // On the grid of the filters' partitions and off it.
    for at in [512, 1000] {
        let mut engine = Engine::new(
            Mixer::new(Vec::new(), 1, RATE),
            vec![diffuse_object(0, -1.0, 0.36)],
            vec![row_target([0.0; 4])],
            RATE,
        );
        let latency = engine.latency_frames(0);
        let mut feeds = Block::new(2, 4000);
        feeds.set_frames(4000);
        feeds.row_mut(0)[at] = 1.0;
        let mut outs = [Block::new(4, 4000)];
        engine.advance(&mut feeds, &mut outs);
        let filter = umbel::dsp::decorrelator::decorrelation_filter(0);
        for (n, &sample) in outs[0].row(0).iter().enumerate() {
            let direct = if n == at + latency { 0.8 } else { 0.0 };
            let tap = (n + 255).checked_sub(at + latency);
            let diffuse = tap.and_then(|tap| filter.get(tap)).unwrap_or(&0.0);
            let expected = direct + 0.6 * diffuse;
            assert!(
                (f64::from(sample) - expected).abs() < 1e-6,
                "impulse at {at}, frame {n}: {sample} instead of {expected}"
            );
        }
    }
}

#[test]
fn gains_follow_the_blocks_frame_by_frame() {
    let strips = vec![Strip {
        name: String::new(),
        feeds: 0..1,
        gains: vec![],
        lfe: None,
        ..Strip::default()
    }];
    let blocks = vec![
        (100, None, 0, -1.0),
        (2000, None, 500, 1.0),
        (4000, Some(300), 0, -1.0),
    ];
    let mut engine = Engine::new(
        Mixer::new(strips, 1, RATE),
        vec![object(0, blocks)],
        vec![row_target([0.0; 4])],
        RATE,
    );
    let mut feeds = Block::new(2, 6000);
    feeds.set_frames(6000);
    feeds.row_mut(0).fill(1.0);
    let mut outs = [Block::new(4, 6000)];
    engine.advance(&mut feeds, &mut outs);
    // Left and right gain at a frame: silent before the first block, a straight line over the ramp,
    // silent after the last block's end.
    for (frame, left, right) in [
        (0, 0.0, 0.0),
        (99, 0.0, 0.0),
        (100, 1.0, 0.0),
        (2000, 1.0, 0.0),
        (2125, 0.75, 0.25),
        (2250, 0.5, 0.5),
        (2500, 0.0, 1.0),
        (3999, 0.0, 1.0),
        (4000, 1.0, 0.0),
        (4299, 1.0, 0.0),
        (4300, 0.0, 0.0),
    ] {
        let got = (outs[0].row(0)[frame], outs[0].row(2)[frame]);
        assert!(
            (got.0 - left).abs() < 1e-5 && (got.1 - right).abs() < 1e-5,
            "frame {frame}: {got:?}"
        );
    }
}

#[test]
fn the_lfe_takes_only_the_low_passed_copies() {
    let level_of = |hertz: f64| {
        let strips = vec![Strip {
            name: String::new(),
            feeds: 0..1,
            gains: vec![],
            lfe: Some(Gain(0.5)),
            ..Strip::default()
        }];
        let objects = vec![Object::new("", 0, Box::new(StaticBlock::new(state(0.0))))];
        let mut engine = Engine::new(
            Mixer::new(strips, 1, RATE),
            objects,
            vec![row_target([0.0; 4])],
            RATE,
        );
        let mut feeds = Block::new(2, 48_000);
        feeds.set_frames(48_000);
        for (i, x) in feeds.row_mut(0).iter_mut().enumerate() {
            *x = (std::f64::consts::TAU * hertz * i as f64 / 48_000.0).sin() as f32;
        }
        let mut outs = [Block::new(4, 48_000)];
        engine.advance(&mut feeds, &mut outs);
        let tail = &outs[0].row(3)[24_000..];
        (tail.iter().map(|x| f64::from(x * x)).sum::<f64>() / tail.len() as f64 * 2.0).sqrt()
    };
    // Half of the stem's level in the pass band, -3 dB of that at 120 Hz, -24 dB an octave above.
    assert!((level_of(30.0) - 0.5).abs() < 0.005);
    assert!((level_of(120.0) - 0.5 * 0.5f64.sqrt()).abs() < 0.005);
    assert!((level_of(240.0) / 0.5 - 0.0624).abs() < 0.003);
}

#[test]
fn a_delayed_loudspeaker_keeps_its_tail() {
    let engine = awkward_engine(false);
    assert_eq!((engine.tail_frames(0), engine.tail_frames(1)), (48, 0));
}

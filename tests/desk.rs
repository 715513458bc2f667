//! The desk as a whole: groups that move as one, sends and returns, keys, automation, and that all paths meet in
//! step.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::f64::consts::TAU;
use std::path::Path;

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use umbel::audio::{Block, QUANTUM};
use umbel::effect::{Chain, Settings, Setup, Side, Tap};
use umbel::mix::{
    AuxSend, Desk, DeskFault, GainCurve, GainPoint, Group, Lane, LanePoint, Master, Mixer, Return,
    Strip,
};
use umbel::scene::Curve;
use umbel::session::ChainText;
use umbel::units::{Decibels, Frames, SampleRate};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const RATE: SampleRate = SampleRate(48_000);
const FS: f64 = 48_000.0;

fn entries(text: &str) -> Vec<Settings> {
    ChainText::parse(text, Path::new("--chain"))
        .unwrap()
        .entries
}

fn noise(level: f64, frames: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..frames)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (level * ((state >> 11) as f64 / (1u64 << 52) as f64 - 1.0)) as f32
        })
        .collect()
}

fn sine(hz: f64, peak: f64, frames: usize) -> Vec<f32> {
    (0..frames)
        .map(|n| (peak * (TAU * hz * n as f64 / FS).sin()) as f32)
        .collect()
}

/// Strips of the given widths, one after the other.
fn strips(widths: &[usize]) -> (Vec<Strip>, Vec<Side>) {
    let mut first = 0;
    let mut sides = Vec::new();
    let strips = widths
        .iter()
        .enumerate()
        .map(|(index, &width)| {
            let feeds = first..first + width;
            first += width;
            match width {
                1 => sides.push(Side::Both),
                _ => sides.extend([Side::Left, Side::Right]),
            }
            Strip {
                name: format!("stem {index}"),
                feeds,
                ..Strip::default()
            }
        })
        .collect();
    (strips, sides)
}

/// Runs the desk over `rows` (the rest of the feeds is silent) in blocks of `length`; the latency is taken off.
fn run(desk: &Desk, rows: &[Vec<f32>], feeds: usize, length: usize) -> Vec<Vec<f32>> {
    let mut mixer = Mixer::of_desk(desk.clone(), feeds, RATE).unwrap();
    run_mixer(&mut mixer, rows, feeds, length)
}

fn run_mixer(mixer: &mut Mixer, rows: &[Vec<f32>], feeds: usize, length: usize) -> Vec<Vec<f32>> {
    let latency = mixer.latency_frames();
    let frames = rows[0].len() + latency;
    let mut block = Block::new(feeds + 1, length);
    let mut out = vec![Vec::new(); feeds];
    let mut at = 0;
    while at < frames {
        let count = length.min(frames - at);
        block.set_frames(count);
        block.clear();
        for (row, from) in rows.iter().enumerate() {
            for n in 0..count {
                block.row_mut(row)[n] = from.get(at + n).copied().unwrap_or(0.0);
            }
        }
        let mut offset = 0;
        while offset < count {
            let frame = (at + offset) as u64;
            let left = QUANTUM - frame as usize % QUANTUM;
            let stretch = left.min(count - offset);
            mixer.process(&mut block, offset, frame, stretch);
            offset += stretch;
        }
        for (out, row) in out.iter_mut().zip(block.rows()) {
            out.extend_from_slice(row);
        }
        at += count;
    }
    for row in &mut out {
        row.drain(..latency);
    }
    out
}

fn null_db(a: &[f32], b: &[f32]) -> f64 {
    let power = |x: f64| x * x;
    let difference: f64 = a.iter().zip(b).map(|(a, b)| power(f64::from(a - b))).sum();
    let whole: f64 = b.iter().map(|b| power(f64::from(*b))).sum();
    10.0 * (difference.max(1e-300) / whole.max(1e-300)).log10()
}

const GLUE: &str = "[{ eq = { hp = 40, bell = [[400, -2, 0.7]] } }, { comp = { style = 'vca', ratio = 4, threshold = -24, attack-ms = 3, release-ms = 80 } }]";

/// Σ y = the same chain on Σ x, and every member gets the same gain.
#[test]
fn a_group_moves_as_the_same_chain_on_a_bus_would() {
    let (strips, sides) = strips(&[1, 2, 1]);
    let desk = Desk {
        strips,
        groups: vec![Group {
            name: "drums".to_owned(),
            members: vec![0, 1, 2],
            chain: entries(GLUE),
            ..Group::default()
        }],
        sides,
        ..Desk::default()
    };
    let rows: Vec<Vec<f32>> = (1..=4).map(|seed| noise(0.2, 48_000, seed)).collect();
    let out = run(&desk, &rows, 4, 1024);

    let sum = |rows: &[Vec<f32>], of: [usize; 3]| -> Vec<f32> {
        (0..48_000)
            .map(|n| of.iter().map(|&row| rows[row][n]).sum())
            .collect()
    };
    let bus = [sum(&rows, [0, 1, 3]), sum(&rows, [0, 2, 3])];
    let mut chain = Chain::build(&entries(GLUE), Setup::strip(RATE, 2)).unwrap();
    let mut block = Block::new(2, 48_000);
    block.set_frames(48_000);
    for (row, from) in block.rows_mut().zip(&bus) {
        row.copy_from_slice(from);
    }
    chain.process(&mut block.whole_mut(), &[]);
    for (side, of) in [[0, 1, 3], [0, 2, 3]].into_iter().enumerate() {
        let found = null_db(&sum(&out, of), block.row(side));
        assert!(found < -140.0, "side {side}: {found} dB");
    }
}

#[test]
fn members_share_one_gain_and_nothing_else() {
    let (strips, sides) = strips(&[1, 1]);
    let comp = "[{ comp = { ratio = 4, threshold = -30, attack-ms = 1, release-ms = 50 } }]";
    let desk = Desk {
        strips,
        groups: vec![Group {
            name: "group".to_owned(),
            members: vec![0, 1],
            chain: entries(comp),
            ..Group::default()
        }],
        sides,
        ..Desk::default()
    };
    let loud = noise(0.8, 24_000, 1);
    let steady = vec![0.125_f32; 24_000];
    let out = run(&desk, &[loud.clone(), steady], 2, 1000);
    for n in 0..24_000 {
        let gain = out[1][n] / 0.125;
        assert!((out[0][n] - gain * loud[n]).abs() < 1e-6, "frame {n}");
    }
    assert!(out[1].iter().any(|x| *x < 0.06));
}

/// A linear-phase equaliser on one stem, look-ahead on a group and on a return: all meet in step.
#[test]
fn every_path_is_in_step() {
    let (mut strips, mut sides) = strips(&[1, 1, 1]);
    strips[0].chain = entries("[{ eq = { bell = [[1000, 0.001, 1]], linear-phase = true } }]");
    for strip in &mut strips {
        strip.sends.push(AuxSend {
            to: 0,
            level: GainCurve::constant(Decibels(0.0)),
            tap: Tap::Post,
        });
    }
    sides.push(Side::Both);
    let desk = Desk {
        strips,
        groups: vec![Group {
            name: "limited".to_owned(),
            members: vec![1],
            chain: entries("[{ limit = { dbtp = 20 } }]"),
            ..Group::default()
        }],
        returns: vec![Return {
            name: "parallel".to_owned(),
            feeds: 3..4,
            chain: entries("[{ sat = { drive = 0, auto-gain = false } }]"),
            ..Return::default()
        }],
        sides,
        ..Desk::default()
    };
    let mut impulse = vec![0.0; 9000];
    impulse[3000] = 0.5;
    let out = run(&desk, &vec![impulse; 3], 4, 777);
    for (row, samples) in out.iter().enumerate() {
        let peak =
            (0..samples.len()).max_by(|a, b| samples[*a].abs().total_cmp(&samples[*b].abs()));
        assert_eq!(peak, Some(3000), "feed {row}");
    }
}

#[test]
fn an_empty_desk_gives_the_feeds_back() {
    let (strips, sides) = strips(&[1, 2]);
    let desk = Desk {
        strips,
        groups: vec![Group {
            name: "empty".to_owned(),
            members: vec![0, 1],
            chain: entries("[{ eq = { hp = 100, bypass = true } }]"),
            ..Group::default()
        }],
        sides,
        ..Desk::default()
    };
    let rows: Vec<Vec<f32>> = (1..=3).map(|seed| noise(0.2, 5000, seed)).collect();
    assert_eq!(run(&desk, &rows, 3, 100), rows);
}

fn desk_with_everything() -> (Desk, usize) {
    let (mut strips, mut sides) = strips(&[1, 2, 1, 2]);
    let level = |db: f64| GainCurve::constant(Decibels(db));
    let fade = GainCurve::new(vec![
        GainPoint {
            at: Frames(700),
            level: Decibels(-20.0),
            curve: Curve::Linear,
        },
        GainPoint {
            at: Frames(9001),
            level: Decibels(0.0),
            curve: Curve::Smooth,
        },
    ]);
    strips[0].chain =
        entries("[{ eq = { hp = 60, slope = 24 } }, { comp = { threshold = -30, ratio = 3 } }]");
    strips[1].chain = entries(
        "[{ comp = { key = 'stem 0', threshold = -36, ratio = 4 } }, { sat = { style = 'tube', drive = 6 } }]",
    );
    strips[1].gains = vec![fade.clone()];
    strips[2].chain = entries("[{ eq = { bell = [[800, 3, 1]], linear-phase = true } }]");
    strips[2].lanes = Vec::new();
    strips[3].chain = entries("[{ eq = { bell = [[800, 3, 1]], high-shelf = [6000, 2] } }]");
    strips[3].lanes = vec![Lane {
        entry: 0,
        parameter: "bell.1.hz".to_owned(),
        points: vec![
            LanePoint {
                at: Frames(500),
                value: 300.0,
                curve: Curve::Linear,
            },
            LanePoint {
                at: Frames(7003),
                value: 5000.0,
                curve: Curve::Smooth,
            },
        ],
    }];
    for (index, tap) in [(0, Tap::Post), (1, Tap::Pre), (3, Tap::Post)] {
        strips[index].sends.push(AuxSend {
            to: 0,
            level: fade.clone(),
            tap,
        });
    }
    strips[2].sends.push(AuxSend {
        to: 1,
        level: level(-6.0),
        tap: Tap::Post,
    });
    strips[0].lfe = Some(Decibels(-10.0).gain());
    sides.extend([
        Side::Left,
        Side::Right,
        Side::Left,
        Side::Right,
        Side::Left,
        Side::Right,
    ]);
    let desk = Desk {
        strips,
        groups: vec![
            Group {
                name: "drums".to_owned(),
                members: vec![0, 1],
                chain: entries(GLUE),
                gains: vec![level(-1.5)],
                sends: vec![AuxSend {
                    to: 1,
                    level: level(-12.0),
                    tap: Tap::Post,
                }],
                ..Group::default()
            },
            Group {
                name: "synths".to_owned(),
                members: vec![2],
                chain: entries(
                    "[{ comp = { style = 'vari-mu', key = 'drums', threshold = -30 } }]",
                ),
                ..Group::default()
            },
        ],
        returns: vec![
            Return {
                name: "hall".to_owned(),
                feeds: 6..10,
                chain: entries("[{ reverb = { style = 'room', rt60 = 0.4 } }]"),
                ..Return::default()
            },
            Return {
                name: "echo".to_owned(),
                feeds: 10..12,
                chain: entries("[{ delay = { note = '1/16', ping-pong = true } }]"),
                sends: vec![AuxSend {
                    to: 0,
                    level: level(-6.0),
                    tap: Tap::Post,
                }],
                ..Return::default()
            },
        ],
        master: Master {
            chain: entries("[{ comp = { threshold = -20, ratio = 2, attack-ms = 30 } }]"),
            ..Master::default()
        },
        sides,
        bpm: Some(124.0),
    };
    (desk, 12)
}

#[test]
fn blocks_and_threads_change_no_bit() {
    let (desk, feeds) = desk_with_everything();
    let rows: Vec<Vec<f32>> = (1..=6).map(|seed| noise(0.3, 12_000, seed)).collect();
    let first = run(&desk, &rows, feeds, 1024);
    assert!(
        first.iter().all(|row| row.iter().any(|x| x.abs() > 1e-4)),
        "every feed sounds"
    );
    for length in [1, 64, 1000, 4096] {
        assert!(
            run(&desk, &rows, feeds, length) == first,
            "blocks of {length}"
        );
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(3)
        .build()
        .unwrap();
    assert!(
        pool.install(|| run(&desk, &rows, feeds, 1024)) == first,
        "three threads"
    );
}

#[test]
fn processing_allocates_nothing() {
    let (desk, feeds) = desk_with_everything();
    let mut mixer = Mixer::of_desk(desk, feeds, RATE).unwrap();
    let mut block = Block::new(feeds + 1, QUANTUM);
    block.set_frames(QUANTUM);
    for (row, samples) in block.rows_mut().enumerate() {
        samples.copy_from_slice(&noise(0.2, QUANTUM, row as u64));
    }
    assert_no_alloc(|| {
        for quantum in 0..8 {
            mixer.process(&mut block, 0, quantum * QUANTUM as u64, QUANTUM);
        }
    });
}

/// A send that is off leaves nothing; before the fader it does not follow the fader, behind it it does.
#[test]
fn sends_are_before_or_behind_the_fader() {
    let output = |tap: Tap, send_db: f64, fader_db: f64| {
        let (mut strips, mut sides) = strips(&[1]);
        strips[0].gains = vec![GainCurve::constant(Decibels(fader_db))];
        strips[0].sends.push(AuxSend {
            to: 0,
            level: GainCurve::constant(Decibels(send_db)),
            tap,
        });
        sides.push(Side::Both);
        let desk = Desk {
            strips,
            returns: vec![Return {
                name: "bus".to_owned(),
                feeds: 1..2,
                ..Return::default()
            }],
            sides,
            ..Desk::default()
        };
        let peak = |row: &[f32]| row.iter().fold(0.0_f32, |p, x| p.max(x.abs()));
        let out = run(&desk, &[sine(1000.0, 0.5, 4800)], 2, 1024);
        (peak(&out[0]), peak(&out[1]))
    };
    let near = |(a, b): (f32, f32), (c, d): (f64, f64)| {
        (f64::from(a) - c).abs() < 1e-3 && (f64::from(b) - d).abs() < 1e-3
    };
    assert!(near(output(Tap::Post, 0.0, 0.0), (0.5, 0.5)));
    assert!(near(output(Tap::Post, -6.0206, -6.0206), (0.25, 0.125)));
    assert!(near(output(Tap::Pre, -6.0206, -6.0206), (0.25, 0.25)));
    assert_eq!(output(Tap::Post, f64::NEG_INFINITY, 0.0).1.to_bits(), 0);
    assert!(near(output(Tap::Pre, 0.0, f64::NEG_INFINITY), (0.0, 0.5)));
}

/// A key is heard where its strip is muted, and is never heard by itself.
#[test]
fn a_key_ducks_and_does_not_sound() {
    let (mut strips, sides) = strips(&[1, 1]);
    strips[0].name = "Kick".to_owned();
    strips[0].mute = Some(GainCurve::constant(Decibels(f64::NEG_INFINITY)));
    strips[1].chain = entries(
        "[{ comp = { key = 'Kick', ratio = 10, threshold = -40, attack-ms = 1, release-ms = 50 } }]",
    );
    let desk = Desk {
        strips,
        sides,
        ..Desk::default()
    };
    let mut kick = vec![0.0; 24_000];
    kick.extend(sine(60.0, 0.9, 9600));
    kick.resize(72_000, 0.0);
    let bass = sine(110.0, 0.5, 72_000);
    let out = run(&desk, &[kick, bass.clone()], 2, 1024);
    assert!(out[0].iter().all(|x| *x == 0.0));
    assert!(null_db(&out[1][..23_000], &bass[..23_000]) < -140.0);
    let peak = |row: &[f32]| row.iter().fold(0.0_f32, |p, x| p.max(x.abs()));
    assert!(peak(&out[1][28_000..33_000]) < 0.15);
    assert!(peak(&out[1][66_000..]) > 0.49);
}

#[test]
fn rings_and_unknown_names_are_refused() {
    let (mut ringed, sides) = strips(&[1, 1]);
    ringed[0].chain = entries("[{ comp = { key = 'stem 1' } }]");
    ringed[1].chain = entries("[{ comp = { key = 'stem 0' } }]");
    let desk = |strips| Desk {
        strips,
        sides: sides.clone(),
        ..Desk::default()
    };
    let fault = |strips| Mixer::of_desk(desk(strips), 2, RATE).unwrap_err();
    assert!(matches!(fault(ringed), DeskFault::Loop(names) if names.len() == 2));
    let (mut unknown, _) = strips(&[1, 1]);
    unknown[0].chain = entries("[{ comp = { key = 'nobody' } }]");
    assert!(matches!(fault(unknown), DeskFault::UnknownKey { key, .. } if key == "nobody"));
}

/// Energy of what lies more than 200 Hz beside a tone of 1 kHz, in dB below the tone.
fn spurs_db(signal: &[f32]) -> f64 {
    let n = signal.len();
    let window = |k: usize| {
        // Blackman-Harris to the fourth power of a sine is smooth enough at both ends for -150 dB.
        let x = std::f64::consts::PI * (k as f64 + 0.5) / n as f64;
        x.sin().powi(8)
    };
    let mut planner = realfft::RealFftPlanner::<f64>::new();
    let transform = planner.plan_fft_forward(n);
    let mut input: Vec<f64> = signal
        .iter()
        .enumerate()
        .map(|(k, x)| f64::from(*x) * window(k))
        .collect();
    let mut lines = transform.make_output_vec();
    transform.process(&mut input, &mut lines).unwrap();
    let (mut tone, mut beside) = (0.0, 0.0);
    for (line, x) in lines.iter().enumerate() {
        let hz = line as f64 * FS / n as f64;
        if (hz - 1000.0).abs() <= 200.0 {
            tone += x.norm_sqr();
        } else if hz > 20.0 {
            beside += x.norm_sqr();
        }
    }
    10.0 * (beside / tone).log10()
}

#[test]
fn faders_and_sends_move_without_zipper_noise() {
    let ramp = |curve| {
        GainCurve::new(vec![
            GainPoint {
                at: Frames(1000),
                level: Decibels(-30.0),
                curve: Curve::Linear,
            },
            GainPoint {
                at: Frames(47_000),
                level: Decibels(0.0),
                curve,
            },
        ])
    };
    for curve in [Curve::Linear, Curve::Smooth] {
        let (mut strips, mut sides) = strips(&[1]);
        strips[0].gains = vec![ramp(curve)];
        strips[0].sends.push(AuxSend {
            to: 0,
            level: ramp(curve),
            tap: Tap::Pre,
        });
        sides.push(Side::Both);
        let desk = Desk {
            strips,
            returns: vec![Return {
                name: "bus".to_owned(),
                feeds: 1..2,
                ..Return::default()
            }],
            sides,
            ..Desk::default()
        };
        let out = run(&desk, &[sine(1000.0, 0.5, 48_000)], 2, 1024);
        for (row, samples) in out.iter().enumerate() {
            let found = spurs_db(samples);
            assert!(found <= -100.0, "{curve:?}, feed {row}: {found} dB");
        }
    }
}

/// What is automated is where it is written, to the frame, however late the strip is.
#[test]
fn automation_is_on_the_frame_behind_any_latency() {
    let (mut strips, sides) = strips(&[1]);
    strips[0].chain = entries(
        "[{ eq = { bell = [[1000, 0, 1]], linear-phase = true } }, { comp = { threshold = 20, makeup = 0 } }]",
    );
    strips[0].lanes = vec![Lane {
        entry: 1,
        parameter: "makeup".to_owned(),
        points: vec![
            LanePoint {
                at: Frames(0),
                value: 0.0,
                curve: Curve::Linear,
            },
            LanePoint {
                at: Frames(10_000),
                value: -20.0,
                curve: Curve::Step,
            },
        ],
    }];
    let desk = Desk {
        strips,
        sides,
        ..Desk::default()
    };
    let out = run(&desk, &[vec![0.5; 20_000]], 1, 1024);
    let db = |n: usize| 20.0 * f64::from(out[0][n] / 0.5).log10();
    assert!(db(9_999).abs() < 1e-3, "{}", db(9_999));
    assert!((db(10_120) + 10.0).abs() < 0.2, "{}", db(10_120));
    assert!((db(10_241) + 20.0).abs() < 1e-2, "{}", db(10_241));
}

/// Thresholds that the desk finds by itself, group behind strip: one after the other.
#[test]
fn thresholds_are_found_through_the_desk() {
    let (mut strips, sides) = strips(&[1, 1]);
    for strip in &mut strips {
        strip.chain = entries("[{ comp = { ratio = 4, target-gr = 3 } }]");
    }
    let desk = Desk {
        strips,
        groups: vec![Group {
            name: "group".to_owned(),
            members: vec![0, 1],
            chain: entries("[{ comp = { ratio = 2, target-gr = 2 } }]"),
            ..Group::default()
        }],
        sides,
        ..Desk::default()
    };
    let rows: Vec<Vec<f32>> = (1..=2)
        .map(|seed| {
            let wave = noise(0.5, 240_000, seed);
            let decay = |n: usize| (-((n % 24_000) as f32) / 4000.0).exp();
            wave.iter().enumerate().map(|(n, x)| x * decay(n)).collect()
        })
        .collect();
    let mut mixer = Mixer::of_desk(desk, 2, RATE).unwrap();
    let mut passes = 0;
    while mixer.wants_rehearsal() {
        let mut block = Block::new(3, 8192);
        for at in (0..240_000).step_by(8192) {
            let count = 8192.min(240_000 - at);
            block.set_frames(count);
            for (row, from) in rows.iter().enumerate() {
                block.row_mut(row).copy_from_slice(&from[at..at + count]);
            }
            mixer.rehearse(&mut block, at as u64);
        }
        mixer.settle();
        passes += 1;
        assert!(passes < 5);
    }
    assert_eq!(passes, 2);
    run_mixer(&mut mixer, &rows, 2, 1024);
    let reports = mixer.report();
    assert_eq!(reports.len(), 3);
    for report in reports {
        let found = report.dynamics[0].reduction.unwrap();
        let target = if report.name == "group" { 2.0 } else { 3.0 };
        assert!(
            (found.p95_db - target).abs() < 0.3,
            "{}: {found:?}",
            report.name
        );
    }
}

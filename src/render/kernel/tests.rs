#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::render::plan::Piece;

const FEEDS: usize = 9;
const CHANNELS: usize = 5;

/// Repeatable numbers from 0 up to 1.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f32) as usize
    }
}

/// A feed's straight line of gain on a channel, from one frame of the quantum up to another.
#[derive(Debug, Clone, Copy)]
struct Line {
    channel: usize,
    feed: u32,
    from: usize,
    to: usize,
    gain: f64,
    step: f64,
}

/// Lines in which each feed holds, moves throughout, has corners anywhere or is silent.
fn lines(draw: &mut Draw) -> Vec<Line> {
    let mut lines = Vec::new();
    for channel in 0..CHANNELS {
        for feed in 0..FEEDS as u32 {
            let kind = draw.below(4);
            let (mut from, longest) = match kind {
                0 | 1 => (0, QUANTUM),
                2 => (draw.below(200), [3, 70, 600][draw.below(3)]),
                _ => continue,
            };
            while from < QUANTUM {
                let frames = if kind == 2 {
                    1 + draw.below(longest)
                } else {
                    longest
                };
                let to = (from + frames).min(QUANTUM);
                let (gain, to_gain) = (f64::from(draw.unit()), f64::from(draw.unit()));
                let step = if kind == 0 {
                    0.0
                } else {
                    (to_gain - gain) / (to - from) as f64
                };
                lines.push(Line {
                    channel,
                    feed,
                    from,
                    to,
                    gain,
                    step,
                });
                from = to + [0, 0, 5, 100][draw.below(4)];
            }
        }
    }
    lines
}

fn plans(lines: &[Line]) -> Vec<ChannelPlan> {
    let mut plans = vec![ChannelPlan::with_capacity(FEEDS); CHANNELS];
    for line in lines {
        let (plan, feed) = (&mut plans[line.channel], line.feed);
        let (gain, step) = (line.gain as f32, line.step as f32);
        match (line.from, line.to) {
            (0, QUANTUM) if step == 0.0 => plan.hold(feed, gain),
            (0, QUANTUM) => plan.sweep(feed, gain, step),
            (from, to) => plan.push(Piece {
                feed,
                from: from as u32,
                to: to as u32,
                gain,
                step,
            }),
        }
    }
    plans
}

/// A block of noise; what is not valid is not a number.
fn noise(draw: &mut Draw, offset: usize) -> Block {
    let mut block = Block::new(FEEDS, offset + QUANTUM);
    block.samples_mut().fill(f32::NAN);
    block.set_frames(offset + QUANTUM);
    for row in block.rows_mut() {
        row[offset..].fill_with(|| draw.unit() - 0.5);
    }
    block
}

/// The output of one quantum, in stretches of the given lengths in turn.
fn run(
    mix: impl Fn(Mix<'_>),
    mut plans: Vec<ChannelPlan>,
    feeds: &Block,
    offset: usize,
    lengths: &[usize],
) -> Vec<Vec<f32>> {
    let mut out = Block::new(CHANNELS, QUANTUM + 7);
    out.samples_mut().fill(f32::NAN);
    out.set_frames(QUANTUM + 7);
    let mut time = 0;
    for length in lengths.iter().cycle() {
        let frames = (*length).min(QUANTUM - time);
        mix(Mix {
            plans: &mut plans,
            feeds,
            out: &mut out,
            stretch: Stretch {
                offset: offset + time,
                to: 7 + time,
                time,
                frames,
            },
        });
        time += frames;
        if time == QUANTUM {
            return out.rows().map(|row| row[7..].to_vec()).collect();
        }
    }
    unreachable!("lengths are cycled for ever");
}

fn same_bits(a: &[Vec<f32>], b: &[Vec<f32>]) -> bool {
    let bits =
        |rows: &[Vec<f32>]| -> Vec<u32> { rows.iter().flatten().map(|x| x.to_bits()).collect() };
    bits(a) == bits(b)
}

#[test]
fn every_instruction_set_and_every_length_of_stretch_give_the_same_bits() {
    let mut draw = Draw(1);
    for offset in [0, 3, 64] {
        let (plans, feeds) = (plans(&lines(&mut draw)), noise(&mut draw, offset));
        let scalar = |mix: Mix<'_>| pulp::Scalar.vectorize(mix);
        let best = |mix: Mix<'_>| pulp::Arch::new().dispatch(mix);
        let whole = run(scalar, plans.clone(), &feeds, offset, &[QUANTUM]);
        for lengths in [&[QUANTUM][..], &[1], &[64], &[37, 200, 1], &[100]] {
            let case = format!("offset {offset}, stretches of {lengths:?}");
            for (name, part) in [
                (
                    "scalar",
                    run(scalar, plans.clone(), &feeds, offset, lengths),
                ),
                ("best", run(best, plans.clone(), &feeds, offset, lengths)),
            ] {
                assert!(same_bits(&whole, &part), "{name}, {case}");
            }
            #[cfg(target_arch = "x86_64")]
            if let Some(v3) = pulp::x86::V3::try_new() {
                let v3 = |mix: Mix<'_>| Simd::vectorize(v3, mix);
                let part = run(v3, plans.clone(), &feeds, offset, lengths);
                assert!(same_bits(&whole, &part), "AVX2, {case}");
            }
            #[cfg(target_arch = "x86_64")]
            if let Some(v4) = pulp::x86::V4::try_new() {
                let v4 = |mix: Mix<'_>| Simd::vectorize(v4, mix);
                let part = run(v4, plans.clone(), &feeds, offset, lengths);
                assert!(same_bits(&whole, &part), "AVX-512, {case}");
            }
        }
    }
}

#[test]
fn what_begins_inside_a_quantum_has_the_bits_of_the_whole() {
    let mut draw = Draw(5);
    let (plans, feeds) = (plans(&lines(&mut draw)), noise(&mut draw, 0));
    let best = |mix: Mix<'_>| pulp::Arch::new().dispatch(mix);
    let whole = run(best, plans.clone(), &feeds, 0, &[QUANTUM]);
    for time in [1, 64, 200, 256, 704, 768, 1000] {
        let mut out = Block::new(CHANNELS, QUANTUM);
        out.set_frames(QUANTUM - time);
        let stretch = Stretch {
            offset: time,
            to: 0,
            time,
            frames: QUANTUM - time,
        };
        mix(
            pulp::Arch::new(),
            &mut plans.clone(),
            &feeds,
            &mut out,
            stretch,
        );
        let found: Vec<Vec<f32>> = out.rows().map(<[f32]>::to_vec).collect();
        let rest: Vec<Vec<f32>> = whole.iter().map(|row| row[time..].to_vec()).collect();
        assert!(same_bits(&found, &rest), "from frame {time} on");
    }
}

#[test]
fn a_quantum_may_go_on_in_a_block_of_another_size() {
    let mut draw = Draw(4);
    let (mut plans, short) = (plans(&lines(&mut draw)), noise(&mut draw, 0));
    let mut long = Block::new(FEEDS, 3 * QUANTUM);
    long.set_frames(QUANTUM);
    for feed in 0..FEEDS {
        long.row_mut(feed).copy_from_slice(short.row(feed));
    }
    let best = |mix: Mix<'_>| pulp::Arch::new().dispatch(mix);
    let expected = run(best, plans.clone(), &short, 0, &[QUANTUM]);
    let mut out = Block::new(CHANNELS, QUANTUM);
    out.set_frames(QUANTUM);
    for (part, feeds) in [&short, &long, &short, &long].into_iter().enumerate() {
        let at = part * QUANTUM / 4;
        let stretch = Stretch {
            offset: at,
            to: at,
            time: at,
            frames: QUANTUM / 4,
        };
        mix(pulp::Arch::new(), &mut plans, feeds, &mut out, stretch);
    }
    let found: Vec<Vec<f32>> = out.rows().map(<[f32]>::to_vec).collect();
    assert!(same_bits(&found, &expected));
}

#[test]
fn a_channel_is_the_sum_of_its_feeds_times_their_gains() {
    let mut draw = Draw(2);
    for _ in 0..20 {
        let (lines, feeds) = (lines(&mut draw), noise(&mut draw, 0));
        let best = |mix: Mix<'_>| pulp::Arch::new().dispatch(mix);
        let out = run(best, plans(&lines), &feeds, 0, &[500]);
        for (channel, row) in out.iter().enumerate() {
            for (frame, &got) in row.iter().enumerate() {
                let expected: f64 = lines
                    .iter()
                    .filter(|line| line.channel == channel && (line.from..line.to).contains(&frame))
                    .map(|line| {
                        let gain = line.gain + line.step * (frame - line.from) as f64;
                        gain * f64::from(feeds.row(line.feed as usize)[frame])
                    })
                    .sum();
                assert!(
                    (f64::from(got) - expected).abs() < 1e-6,
                    "channel {channel}, frame {frame}: {got} instead of {expected}, {lines:?}"
                );
            }
        }
    }
}

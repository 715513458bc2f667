#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::render::plan::{Held, Moving};

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

/// Plans in which each feed holds, moves throughout, has corners anywhere or is silent.
fn plans(draw: &mut Draw) -> Vec<ChannelPlan> {
    let mut plans = vec![ChannelPlan::with_capacity(FEEDS); CHANNELS];
    for plan in &mut plans {
        for feed in 0..FEEDS as u32 {
            let (gain, step) = (draw.unit(), (draw.unit() - 0.5) / QUANTUM as f32);
            match draw.below(4) {
                0 => plan.held.push(Held { feed, gain }),
                1 => plan.moving.push(Moving { feed, gain, step }),
                2 => {
                    let mut from = draw.below(200);
                    while from < QUANTUM {
                        let longest = [3, 70, 600][draw.below(3)];
                        let to = (from + 1 + draw.below(longest)).min(QUANTUM);
                        let to_gain = draw.unit();
                        plan.push(Piece {
                            feed,
                            from: from as u32,
                            to: to as u32,
                            gain: draw.unit(),
                            step: (to_gain - draw.unit()) / (to - from) as f32,
                        });
                        from = to + [0, 0, 5, 100][draw.below(4)];
                    }
                }
                _ => {}
            }
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
        let (plans, feeds) = (plans(&mut draw), noise(&mut draw, offset));
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
fn a_channel_is_the_sum_of_its_feeds_times_their_gains() {
    let mut draw = Draw(2);
    for _ in 0..20 {
        let (plans, feeds) = (plans(&mut draw), noise(&mut draw, 0));
        let best = |mix: Mix<'_>| pulp::Arch::new().dispatch(mix);
        let out = run(best, plans.clone(), &feeds, 0, &[500]);
        for (plan, row) in plans.iter().zip(&out) {
            for (frame, &got) in row.iter().enumerate() {
                let x = |feed: u32| f64::from(feeds.row(feed as usize)[frame]);
                let line = |gain: f32, step: f32, since: usize| {
                    f64::from(gain) + f64::from(step) * since as f64
                };
                let held = plan.held.iter().map(|h| f64::from(h.gain) * x(h.feed));
                let moving = plan.moving.iter();
                let moving = moving.map(|m| line(m.gain, m.step, frame) * x(m.feed));
                let pieces = plan.pieces().iter();
                let pieces = pieces
                    .filter(|p| (p.from as usize..p.to as usize).contains(&frame))
                    .map(|p| line(p.gain, p.step, frame - p.from as usize) * x(p.feed));
                let expected: f64 = held.chain(moving).chain(pieces).sum();
                assert!(
                    (f64::from(got) - expected).abs() < 1e-6,
                    "frame {frame}: {got} instead of {expected}, {plan:?}"
                );
            }
        }
    }
}

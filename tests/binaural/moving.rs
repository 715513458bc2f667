//! A sine that circles the head: how clean it stays.

use std::f64::consts::TAU;

use umbel::render::Target;
use umbel::scene::Object;

use super::engine::Path;
use super::measure::wide;
use super::{RATE, at, default_filters, dry, render};

/// Energy away from the tone over energy at it, in dB, of the worse ear: 2 s without 0.1 s at both ends, under a
/// Kaiser window; at the tone is within 60 Hz and the largest Doppler shift on either side.
fn splatter_db(hz: f64, degrees_per_second: f64, block: usize) -> f64 {
    let rate = f64::from(RATE.0);
    let frames = 2 * RATE.0 as usize;
    let sine = (0..frames).map(|n| (0.5 * (TAU * hz * n as f64 / rate).sin()) as f32);
    let per_block = degrees_per_second * 1024.0 / rate;
    let path = Path(0, move |block| at(per_block * block as f64, 0.0));
    let object = Object::new("sine", 0, Box::new(path));
    let target = Target::Binaural(Box::new(dry(&default_filters())));
    let heard = wide(&render(
        target,
        vec![object],
        &[sine.collect()],
        block,
        RATE,
    ));
    let width = 60.0 + 2.0 * 0.09 * degrees_per_second.to_radians() / 343.0 * hz;
    let cut = RATE.0 as usize / 10;
    let of_ear = |ear: &[f64]| {
        let part = &ear[cut..frames - cut];
        let mut signal: Vec<f64> = part
            .iter()
            .enumerate()
            .map(|(n, x)| {
                let side = 2.0 * n as f64 / (part.len() - 1) as f64 - 1.0;
                x * bessel(20.0 * (1.0 - side * side).max(0.0).sqrt())
            })
            .collect();
        let plan = realfft::RealFftPlanner::new().plan_fft_forward(signal.len());
        let mut spectrum = plan.make_output_vec();
        plan.process(&mut signal, &mut spectrum).unwrap();
        let (mut within, mut outside) = (0.0, 0.0);
        for (bin, value) in spectrum.iter().enumerate() {
            let at = bin as f64 * rate / part.len() as f64;
            match (at - hz).abs() <= width {
                true => within += value.norm_sqr(),
                false => outside += value.norm_sqr(),
            }
        }
        10.0 * (outside / within).log10()
    };
    f64::max(of_ear(&heard[0]), of_ear(&heard[1]))
}

/// The modified Bessel function of order 0.
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..60 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

#[test]
fn a_circling_sine_stays_a_sine_at_every_length_of_block() {
    for block in [64, 512, 1024] {
        let slow = splatter_db(4000.0, 90.0, block);
        assert!(
            slow <= -40.0,
            "4 kHz at 90 degrees/s, blocks of {block}: {slow:.1} dB"
        );
        let fast = splatter_db(10_000.0, 360.0, block);
        assert!(
            fast <= -30.0,
            "10 kHz at 360 degrees/s, blocks of {block}: {fast:.1} dB"
        );
    }
}

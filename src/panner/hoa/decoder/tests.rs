#![allow(clippy::float_cmp, reason = "silence is exact")]
use super::*;
use crate::layout::{self, Layout};
use crate::panner;
use crate::scene::Normalization;

fn decoder(layout: &Layout) -> Decoder {
    Decoder::new(&*panner::build(layout).unwrap())
}

/// The gain of `label` for a component of `field`.
fn gain(layout: &Layout, matrix: &[f64], label: &str, component: usize) -> f64 {
    let speakers = &layout.speakers;
    let channel = speakers.iter().position(|s| s.label == label).unwrap();
    matrix[component * speakers.len() + channel]
}

#[test]
fn a_wave_has_mean_power_one_whatever_the_normalisation_and_no_lfe() {
    let layout = layout::find("9+10+3").unwrap();
    let decoder = decoder(&layout);
    let channels = layout.channels();
    for order in [1, 2, 3, 7] {
        let n3d = decoder.matrix(&SoundField::full(order, Normalization::N3d));
        let harmonics = Harmonics::new(order);
        let mut values = vec![0.0; harmonics.count()];
        let (mut power, mut count) = (0.0, 0.0);
        // Directions other than those of the design.
        for row in 0..40 {
            let elevation = ((2.0 * f64::from(row) + 1.0) / 40.0 - 1.0)
                .asin()
                .to_degrees();
            for step in 0..80 {
                let direction = crate::geometry::direction(4.5 * f64::from(step), elevation);
                harmonics.write(&direction, &mut values);
                for channel in 0..channels {
                    let output: f64 = (0..values.len())
                        .map(|c| n3d[c * channels + channel] * values[c])
                        .sum();
                    power += output * output;
                    if layout.speakers[channel].lfe {
                        assert!(output == 0.0, "LFE plays");
                    }
                }
                count += 1.0;
            }
        }
        let mean = power / count;
        assert!((mean - 1.0).abs() < 1e-3, "order {order}: {mean}");
        let sn3d = decoder.matrix(&SoundField::full(order, Normalization::Sn3d));
        for (component, (a, b)) in n3d.chunks(channels).zip(sn3d.chunks(channels)).enumerate() {
            let factor = ((2 * component.isqrt() + 1) as f64).sqrt();
            for (a, b) in a.iter().zip(b) {
                assert!((a * factor - b).abs() < 1e-12, "component {component}");
            }
        }
    }
}

#[test]
fn left_and_right_mirror() {
    for layout in layout::library() {
        let mirrors = |label: &str, other: &str| {
            label.replace(['+', '-'], "") == other.replace(['+', '-'], "") && label != other
        };
        let field = SoundField::full(3, Normalization::Sn3d);
        let matrix = decoder(layout).matrix(&field);
        for speaker in layout.speakers.iter().filter(|s| !s.lfe) {
            let (azimuth, elevation, _) = speaker.polar();
            let twin = layout.speakers.iter().find(|s| {
                mirrors(&speaker.label, &s.label) && {
                    let (a, e, _) = s.polar();
                    a == -azimuth && e == elevation
                }
            });
            let Some(twin) = twin else { continue };
            for (component, &(_, degree)) in field.components.iter().enumerate() {
                let sign = if degree < 0 { -1.0 } else { 1.0 };
                let left = gain(layout, &matrix, &speaker.label, component);
                let right = gain(layout, &matrix, &twin.label, component);
                assert!(
                    (left - sign * right).abs() < 1e-14,
                    "{} {}, component {component}: {left} and {right}",
                    layout.name,
                    speaker.label
                );
            }
        }
    }
}

#[test]
fn a_wave_is_loudest_where_it_comes_from() {
    let layout = layout::find("4+7+0").unwrap();
    let matrix = decoder(&layout).matrix(&SoundField::full(3, Normalization::N3d));
    let harmonics = Harmonics::new(3);
    let mut values = vec![0.0; harmonics.count()];
    for speaker in layout.speakers.iter().filter(|s| !s.lfe) {
        harmonics.write(&speaker.direction(), &mut values);
        let level = |label: &str| -> f64 {
            (0..values.len())
                .map(|c| values[c] * gain(&layout, &matrix, label, c))
                .sum()
        };
        let own = level(&speaker.label);
        for other in layout.speakers.iter().filter(|s| s.label != speaker.label) {
            let leak = level(&other.label);
            assert!(
                leak.abs() < own,
                "from {}: {own}, but {} plays {leak}",
                speaker.label,
                other.label
            );
        }
    }
}

#[test]
fn missing_components_leave_the_others_in_proportion_and_impossible_ones_are_silent() {
    let layout = layout::find("0+5+0").unwrap();
    let decoder = decoder(&layout);
    let full = decoder.matrix(&SoundField::full(1, Normalization::N3d));
    let field = SoundField {
        components: vec![(1, 1), (2, 3), (0, 0), (40, 0)],
        normalization: Normalization::N3d,
    };
    assert!(field.problem().unwrap().contains("degree 3"));
    let some = decoder.matrix(&field);
    let channels = layout.channels();
    let column = |matrix: &[f64], c: usize| matrix[c * channels..(c + 1) * channels].to_vec();
    assert!(
        column(&some, 1)
            .iter()
            .chain(&column(&some, 3))
            .all(|&gain| gain == 0.0)
    );
    let scale = column(&some, 0)[0] / column(&full, 3)[0];
    for (component, of_full) in [(0, 3), (2, 0)] {
        for (a, b) in column(&some, component).iter().zip(column(&full, of_full)) {
            assert!(
                (a - scale * b).abs() < 1e-12,
                "component {component}: {a}, {b}"
            );
        }
    }
    assert!(scale > 1.0, "less of the field, so more of each component");
}

#[test]
fn one_loudspeaker_plays_order_0_alone() {
    let decoder = decoder(&layout::find("0+1+0").unwrap());
    let matrix = decoder.matrix(&SoundField::full(1, Normalization::Sn3d));
    assert!((matrix[0] - 1.0).abs() < 1e-3, "{matrix:?}");
    assert!(
        matrix[1..].iter().all(|gain| gain.abs() < 1e-3),
        "{matrix:?}"
    );
    let field = SoundField {
        components: vec![(1, 0)],
        normalization: Normalization::Sn3d,
    };
    assert!(decoder.matrix(&field)[0] == 0.0);
}

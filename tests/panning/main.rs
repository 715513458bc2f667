//! Promise: on any layout, every direction and extent is panned, at full level, without a jump and with
//! the layout's own symmetry; a source on a loudspeaker feeds that loudspeaker alone.

#![allow(clippy::needless_range_loop, reason = "an axis is a number here")]

mod layouts;
mod metrics;

use metrics::{Quality, measure};
use nalgebra::Vector3;
use umbel::geometry::{Position, direction};
use umbel::layout::{self, Layout};
use umbel::panner::{self, GainCalculator, Panner, Vbap};
use umbel::scene::{Extent, ObjectState};

const POINT: Extent = Extent {
    width: 0.0,
    height: 0.0,
    depth: 0.0,
};

/// What holds on every layout whatsoever.
fn assert_sound(layout: &Layout, q: &Quality) {
    let name = &layout.name;
    assert_eq!((q.non_finite, q.silent), (0, 0), "{name}: {q:?}");
    assert!(q.lfe <= 0.0 && q.negative <= 0.0, "{name}: {q:?}");
    assert!(
        q.level_db <= 1e-6 && q.level_step_db <= 1e-6,
        "{name}: {q:?}"
    );
    assert!(q.hit <= 1e-6, "{name}: {q:?}");
    assert!(q.slope <= 0.25, "{name}: {q:?}");
}

/// What holds where the loudspeakers' facets keep clear of the listener.
fn assert_exact(layout: &Layout, q: &Quality) {
    let name = &layout.name;
    for symmetry in q.symmetry.into_iter().flatten() {
        assert!(symmetry <= 1e-9, "{name}: {q:?}");
    }
    assert!(q.rv_covered <= 0.1 && q.off_facet <= 1e-9, "{name}: {q:?}");
    assert!(q.most_active_over_corners <= 0, "{name}: {q:?}");
}

#[test]
fn ordinary_layouts_meet_every_target() {
    for layout in layouts::ordinary() {
        let quality = measure(&layout, 1);
        assert_sound(&layout, &quality);
        assert_exact(&layout, &quality);
    }
}

#[test]
fn every_built_in_layout_meets_every_target() {
    let library = umbel::layout::library();
    assert_eq!(library.len(), 31);
    for layout in library {
        let quality = measure(layout, 1);
        assert_sound(layout, &quality);
        // The mono layout has no direction of its own to be exact in.
        if layout.name != "0+1+0" {
            assert_exact(layout, &quality);
        }
    }
}

#[test]
fn awkward_layouts_are_full_smooth_and_hit_their_speakers() {
    for layout in layouts::awkward() {
        assert_sound(&layout, &measure(&layout, 1));
    }
}

#[test]
fn exactly_symmetric_awkward_layouts_pan_symmetrically() {
    for (name, mirrors) in layouts::SYMMETRIC {
        let layout = layouts::awkward().into_iter().find(|l| l.name == *name);
        let quality = measure(&layout.expect("a layout of the list"), 2);
        for axis in 0..3 {
            let found = quality.symmetry[axis];
            if mirrors[axis] {
                assert!(found.is_some_and(|s| s <= 1e-9), "{name}: {quality:?}");
            }
        }
    }
}

/// Loudspeakers whose angles are a little off the plane or ring they stand on, as rounding leaves them, are
/// panned as if they stood on it; compared from an elevation of `lowest` on.
fn assert_as_if_exact(angles: &[(f64, f64)], noisy: &[(f64, f64)], lowest: i32, context: &str) {
    let panner = |angles: &[(f64, f64)]| {
        Vbap::new(&layouts::layout(context, angles)).expect("a layout with loudspeakers")
    };
    let (exact, noisy_panner) = (panner(angles), panner(noisy));
    let (mut wanted, mut found) = (vec![0.0; angles.len()], vec![0.0; angles.len()]);
    for (i, &(az, el)) in noisy.iter().enumerate() {
        noisy_panner.direction_gains(&direction(az, el), &mut found);
        for (j, gain) in found.iter().enumerate() {
            let alone = f64::from(u8::from(i == j));
            assert!((gain - alone).abs() <= 1e-9, "{context}: at {i}: {found:?}");
        }
    }
    let elevations = [-90, -61, -30, -7, 0, 5, 31, 44, 73];
    for el in elevations.into_iter().filter(|el| *el >= lowest) {
        for az in (0..360).step_by(15) {
            let at = direction(f64::from(az), f64::from(el));
            exact.direction_gains(&at, &mut wanted);
            noisy_panner.direction_gains(&at, &mut found);
            let off = distance(&wanted, &found);
            assert!(
                off < 1e-4,
                "{context}: {az} {el}: {off}, {found:?}, not {wanted:?}"
            );
        }
    }
}

const NOISES_DEG: [f64; 8] = [1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5];

#[test]
fn rings_that_are_nearly_flat_are_flat() {
    for n in 3..=64 {
        let exact = layouts::ring(n, 0.0, 0.0);
        for noise in NOISES_DEG {
            let mut odd = exact.clone();
            for (_, el) in odd.iter_mut().skip(1).step_by(2) {
                *el = noise;
            }
            assert_as_if_exact(&exact, &odd, -90, &format!("{n}, odd ones {noise} high"));
            let noisy = layouts::jittered(&exact, noise, n);
            assert_as_if_exact(&exact, &noisy, -90, &format!("{n}, {noise} off"));
        }
    }
}

/// Below such a ring the holes are all alike, and which is closed first is a matter of the last digit.
#[test]
fn rings_on_high_that_are_nearly_flat_are_flat() {
    for n in 3..=64 {
        let exact = layouts::ring(n, 0.0, 30.0);
        for noise in NOISES_DEG {
            let noisy = layouts::jittered(&exact, noise, n);
            assert_as_if_exact(&exact, &noisy, 30, &format!("{n} high, {noise} off"));
        }
    }
}

#[test]
fn built_in_layouts_with_rounded_angles_pan_as_they_are() {
    for layout in umbel::layout::library() {
        let speakers = layout.speakers.iter().filter(|s| !s.lfe);
        let exact: Vec<_> = speakers.map(|s| (s.polar().0, s.polar().1)).collect();
        for noise in NOISES_DEG {
            for seed in 1..=3 {
                let noisy = layouts::jittered(&exact, noise, seed);
                let context = format!("{}, {noise} off, seed {seed}", layout.name);
                assert_as_if_exact(&exact, &noisy, -90, &context);
            }
        }
    }
}

#[test]
fn energy_vectors_are_no_worse_than_the_ebu_renderers() {
    // Mean error of the energy vector over the whole sphere in degrees, EBU ADM Renderer 2.1.0 (polar).
    let anchors = [
        ("5.1", 35.0),
        ("5.1.2 front", 29.8),
        ("4+5+1", 19.2),
        ("4+7+0", 21.6),
        ("9+10+3", 14.0),
    ];
    for (name, anchor) in anchors {
        let layout = layouts::ordinary().into_iter().find(|l| l.name == name);
        let error = measure(&layout.expect("a layout of the list"), 1).re_mean;
        assert!(error <= anchor, "{name}: {error} degrees, anchor {anchor}");
    }
}

/// Every ordinary and awkward layout with its panner.
fn all() -> Vec<(Layout, Vbap)> {
    let layouts = layouts::ordinary().into_iter().chain(layouts::awkward());
    layouts
        .map(|layout| {
            let panner = Vbap::new(&layout).expect("a layout with loudspeakers");
            (layout, panner)
        })
        .collect()
}

fn gains(panner: &Vbap, position: Position, extent: Extent) -> Vec<f64> {
    let mut gains = vec![f64::NAN; panner.channels()];
    panner.gains(position, extent, &mut gains);
    gains
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

fn polar(azimuth: f64, elevation: f64, distance: f64) -> Position {
    Position::Polar {
        azimuth,
        elevation,
        distance,
    }
}

fn assert_power_1(gains: &[f64], context: &dyn std::fmt::Debug) {
    assert!(
        gains.iter().all(|g| g.is_finite() && *g >= 0.0),
        "{context:?}: {gains:?}"
    );
    let power: f64 = gains.iter().map(|g| g * g).sum();
    assert!((power - 1.0).abs() < 1e-9, "{context:?}: power {power}");
}

#[test]
fn no_position_and_no_extent_is_refused() {
    let numbers = [
        0.0,
        -0.0,
        1e-300,
        1e-30,
        0.05,
        1.0,
        -1.0,
        77.0,
        1e30,
        1e300,
        f64::MAX,
    ];
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for (layout, panner) in all() {
        let lfe = layout.lfe_channel();
        for (i, &a) in numbers.iter().chain(&odd).enumerate() {
            for &b in numbers.iter().chain(&odd) {
                let c = numbers[i % numbers.len()];
                let extent = Extent {
                    width: b,
                    height: c,
                    depth: a,
                };
                for position in [polar(a, b, c), Position::Cartesian { x: a, y: b, z: c }] {
                    for extent in [POINT, extent] {
                        let gains = gains(&panner, position, extent);
                        assert_power_1(&gains, &(&layout.name, position, extent));
                        assert!(lfe.is_none_or(|lfe| gains[lfe] <= 0.0));
                    }
                }
            }
        }
    }
}

#[test]
fn distance_alone_changes_nothing() {
    for (layout, panner) in all() {
        for step in 0..50 {
            let (az, el) = (f64::from(step) * 137.5, f64::from(step) * 3.0 - 75.0);
            let near = gains(&panner, polar(az, el, 0.11), POINT);
            let far = gains(&panner, polar(az, el, 1e6), POINT);
            assert!(distance(&near, &far) < 1e-9, "{} at {az} {el}", layout.name);
        }
    }
}

#[test]
fn passing_through_the_listener_makes_no_step() {
    for (layout, panner) in all() {
        for off in [0.0, 1e-3] {
            let at = |step: i32| Position::Cartesian {
                x: off,
                y: f64::from(step) * 1e-3,
                z: 0.3 * off,
            };
            let mut before = gains(&panner, at(-200), POINT);
            for step in -199..=200 {
                let now = gains(&panner, at(step), POINT);
                let moved = distance(&before, &now);
                assert!(
                    moved < 0.05,
                    "{}: {moved} in 1 mm at {step} mm",
                    layout.name
                );
                before = now;
            }
        }
        let here = gains(&panner, polar(50.0, 20.0, 0.0), POINT);
        let loud = here.iter().copied().fold(0.0, f64::max);
        for (speaker, gain) in layout.speakers.iter().zip(&here) {
            let wanted = if speaker.lfe { 0.0 } else { loud };
            assert!((gain - wanted).abs() < 1e-9, "{}: {here:?}", layout.name);
        }
    }
}

#[test]
fn a_spread_grows_from_the_point_without_a_step() {
    for (layout, panner) in all() {
        for (az, el) in [(0.0, 0.0), (77.0, 12.0), (-140.0, -50.0), (10.0, 90.0)] {
            let position = polar(az, el, 1.0);
            for (width, height, depth) in [(1.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.2, 1.0, 0.002)] {
                let sized = |size: f64| Extent {
                    width: width * size,
                    height: height * size,
                    depth: depth * size,
                };
                let mut before = gains(&panner, position, POINT);
                for step in 0..=360 {
                    let size = f64::from(step) + 1e-6;
                    let now = gains(&panner, position, sized(size));
                    assert_power_1(&now, &(&layout.name, position, sized(size)));
                    let moved = distance(&before, &now);
                    let most = if step == 0 { 1e-5 } else { 0.15 };
                    assert!(moved < most, "{} {az} {el}: {moved} at {size}", layout.name);
                    before = now;
                }
            }
        }
    }
}

#[test]
fn a_moving_spread_makes_no_step() {
    let extent = Extent {
        width: 70.0,
        height: 20.0,
        depth: 0.0,
    };
    for (layout, panner) in all() {
        // Through the zenith too, where left and right change sides.
        for path in metrics::paths(5) {
            let at = |u: &Vector3<f64>| Position::Cartesian {
                x: u.x,
                y: u.y,
                z: u.z,
            };
            let polar = |u: &Vector3<f64>| {
                let (az, el, distance) = at(u).to_polar();
                polar(az, el, distance)
            };
            let mut before: Option<Vec<f64>> = None;
            for u in &path {
                let now = gains(&panner, polar(u), extent);
                if let Some(before) = before {
                    let moved = distance(&before, &now);
                    assert!(
                        moved < 0.25,
                        "{}: {moved} in a degree at {u:?}",
                        layout.name
                    );
                }
                before = Some(now);
            }
        }
    }
}

#[test]
fn spreads_are_as_symmetric_as_the_layout() {
    let extent = Extent {
        width: 90.0,
        height: 30.0,
        depth: 0.3,
    };
    for (layout, panner) in [layouts::four_seven_nought()]
        .map(|l| (Vbap::new(&l).unwrap(), l))
        .map(|(p, l)| (l, p))
    {
        let mirror: Vec<_> = layout
            .speakers
            .iter()
            .map(|s| {
                let mut u = s.direction();
                u.x = -u.x;
                let same = |o: &umbel::layout::Speaker| (o.direction() - u).norm() < 1e-9;
                layout.speakers.iter().position(same)
            })
            .collect();
        for step in 0..200 {
            let (az, el) = (
                f64::from(step) * 1.9 - 190.0,
                f64::from(step % 37) * 5.0 - 90.0,
            );
            let left = gains(&panner, polar(az, el, 0.9), extent);
            let right = gains(&panner, polar(-az, el, 0.9), extent);
            for (channel, other) in mirror.iter().enumerate() {
                let Some(other) = *other else { continue };
                let off = (left[channel] - right[other]).abs();
                assert!(off < 1e-9, "{az} {el}: {off}");
            }
        }
    }
}

#[test]
fn the_widest_spread_is_all_around() {
    let extent = Extent {
        width: 360.0,
        height: 360.0,
        depth: 0.0,
    };
    for layout in layouts::ordinary() {
        let panner = Vbap::new(&layout).expect("a layout with loudspeakers");
        let from: Vec<_> = [(0.0, 0.0), (180.0, 0.0), (90.0, 20.0), (0.0, -90.0)]
            .map(|(az, el)| gains(&panner, polar(az, el, 1.0), extent))
            .into();
        for other in &from[1..] {
            assert!(distance(&from[0], other) < 0.3, "{}: {from:?}", layout.name);
        }
        for (speaker, gain) in layout.speakers.iter().zip(&from[0]) {
            assert!(
                speaker.lfe || *gain > 0.02,
                "{}: {:?}",
                layout.name,
                from[0]
            );
        }
    }
}

#[test]
fn a_full_ring_of_width_is_even_round_a_ring() {
    let panner = Vbap::new(&layouts::layout("ring", &layouts::ring(8, 0.0, 0.0))).unwrap();
    let extent = Extent {
        width: 360.0,
        height: 0.0,
        depth: 0.0,
    };
    for gain in gains(&panner, polar(33.0, 0.0, 1.0), extent) {
        let off_db = 20.0 * (gain * 8f64.sqrt()).log10();
        assert!(off_db.abs() < 1.5, "{off_db} dB from even");
    }
}

#[test]
fn a_source_on_a_loudspeaker_leaves_not_a_bit_on_any_other() {
    let built_in = layout::library().iter().map(|layout| {
        let panner = panner::build(layout).unwrap();
        (layout.clone(), panner)
    });
    let made = all().into_iter().map(|(layout, panner)| {
        let panner: Box<dyn Panner> = Box::new(panner);
        (layout, panner)
    });
    for (layout, panner) in built_in.chain(made) {
        let mut calculator = GainCalculator::new(&layout, panner).unwrap();
        for (channel, speaker) in layout.speakers.iter().enumerate() {
            let twins = layout.speakers.iter().filter(|other| {
                !other.lfe && (other.position.vector() - speaker.position.vector()).norm() < 1e-6
            });
            if speaker.lfe || twins.count() > 1 {
                continue;
            }
            let (azimuth, elevation, _) = speaker.position.to_polar();
            let state = ObjectState::at(polar(azimuth, elevation, 1.0));
            let mut gains = vec![f64::NAN; layout.channels()];
            calculator.object(&state, &mut gains, &mut []);
            let others = gains.iter().enumerate().filter(|(n, _)| *n != channel);
            assert!(
                others.clone().all(|(_, gain)| *gain == 0.0),
                "{}, {}: {gains:?}",
                layout.name,
                speaker.label
            );
        }
    }
}

#[test]
fn an_lfe_is_never_fed_wherever_it_claims_to_stand() {
    let layout = layouts::four_seven_nought();
    let panner = Vbap::new(&layout).unwrap();
    let lfe = layout.lfe_channel().expect("7.1.4 has an LFE");
    assert!(gains(&panner, polar(45.0, -30.0, 1.0), POINT)[lfe] <= 0.0);
    assert!(gains(&panner, polar(45.0, -30.0, 0.0), POINT)[lfe] <= 0.0);
}

#[test]
fn a_layout_without_loudspeakers_is_refused_and_twins_do_not_matter() {
    let mut only_lfe = layouts::layout("only an LFE", &[]);
    only_lfe
        .speakers
        .push(layouts::speaker("LFE1", (0.0, 0.0), true));
    let message = Vbap::new(&only_lfe).unwrap_err().to_string();
    assert!(
        message.contains("only an LFE") && message.contains("at least one"),
        "{message}"
    );

    for angles in [
        vec![(30.0, 0.0); 2],
        vec![(30.0, 0.0), (-30.0, 0.0), (30.0, 0.0)],
    ] {
        let panner = Vbap::new(&layouts::layout("twins", &angles)).unwrap();
        let mut gains = vec![0.0; angles.len()];
        panner.direction_gains(&direction(30.0, 0.0), &mut gains);
        assert!((gains[0] - 1.0).abs() < 1e-9, "{gains:?}");
    }
}

#[test]
fn layouts_say_whether_they_surround() {
    let expected = [
        ("4+7+0", true),
        ("5.1", true),
        ("cube", true),
        ("stereo", false),
        ("3.1.2", false),
    ];
    for (name, surrounds) in expected {
        let layout = layouts::ordinary()
            .into_iter()
            .find(|l| l.name == name)
            .expect("in the list");
        let panner = Vbap::new(&layout).unwrap();
        assert_eq!(panner.surrounds(), surrounds, "{name}");
    }
    let half = Vbap::new(&layouts::four_seven_nought())
        .unwrap()
        .covered_fraction();
    assert!((half - 0.5).abs() < 1e-9, "{half}");
}

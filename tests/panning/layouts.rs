//! Layouts for the panner's tests: published ones and awkward ones, made here.

use umbel::geometry::Position;
use umbel::layout::{Layout, Speaker};

/// A layout of loudspeakers at (azimuth, elevation).
pub(crate) fn layout(name: &str, angles: &[(f64, f64)]) -> Layout {
    let speakers = angles
        .iter()
        .enumerate()
        .map(|(i, &at)| speaker(&format!("S{i}"), at, false));
    Layout {
        name: name.to_owned(),
        aliases: Vec::new(),
        title: String::new(),
        speakers: speakers.collect(),
        source: String::new(),
        screen: None,
    }
}

pub(crate) fn speaker(label: &str, (azimuth, elevation): (f64, f64), lfe: bool) -> Speaker {
    Speaker {
        label: label.to_owned(),
        name: None,
        position: Position::Polar {
            azimuth,
            elevation,
            distance: 1.0,
        },
        azimuth_range: None,
        elevation_range: None,
        lfe,
        room: None,
        mask_bit: None,
        gain_db: 0.0,
        delay_ms: 0.0,
    }
}

/// `n` angles round the ring at `elevation`, the first at `first`.
pub(crate) fn ring(n: u32, first: f64, elevation: f64) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| (first + f64::from(i) * 360.0 / f64::from(n), elevation))
        .collect()
}

/// Both (azimuth, elevation) and its mirror image.
fn pairs(half: &[(f64, f64)]) -> Vec<(f64, f64)> {
    half.iter()
        .flat_map(|&(az, el)| [(az, el), (-az, el)])
        .collect()
}

fn join(parts: &[&[(f64, f64)]]) -> Vec<(f64, f64)> {
    parts.concat()
}

/// Adds up to ±`degrees` to every angle, the same way each time.
pub(crate) fn jittered(angles: &[(f64, f64)], degrees: f64, seed: u32) -> Vec<(f64, f64)> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) / f64::from(1 << 23) - 1.0) * degrees
    };
    angles
        .iter()
        .map(|&(az, el)| (az + next(), el + next()))
        .collect()
}

/// `n` loudspeakers spread evenly over the sphere's part above `lowest`, the sine of an elevation.
pub(crate) fn fibonacci(n: u32, lowest: f64) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| {
            let z = lowest + (1.0 - lowest) * (f64::from(i) + 0.5) / f64::from(n);
            (f64::from(i) * 137.507_764, z.asin().to_degrees())
        })
        .collect()
}

/// 7.1.4 with its LFE, as in ITU-R BS.2051 system J.
pub(crate) fn four_seven_nought() -> Layout {
    let mut layout = layout("4+7+0", &join(&[&seven(), &four()]));
    layout
        .speakers
        .insert(3, speaker("LFE1", (45.0, -30.0), true));
    layout
}

fn front() -> Vec<(f64, f64)> {
    join(&[&[(0.0, 0.0)], &pairs(&[(30.0, 0.0)])])
}

fn five() -> Vec<(f64, f64)> {
    join(&[&front(), &pairs(&[(110.0, 0.0)])])
}

fn seven() -> Vec<(f64, f64)> {
    join(&[&front(), &pairs(&[(90.0, 0.0), (135.0, 0.0)])])
}

fn four() -> Vec<(f64, f64)> {
    pairs(&[(45.0, 30.0), (135.0, 30.0)])
}

fn dome() -> Vec<(f64, f64)> {
    join(&[
        &ring(8, 0.0, 0.0),
        &ring(6, 0.0, 30.0),
        &ring(4, 45.0, 60.0),
        &[(0.0, 90.0)],
    ])
}

fn cube() -> Vec<(f64, f64)> {
    join(&[&ring(4, 45.0, 35.2644), &ring(4, 45.0, -35.2644)])
}

fn twenty_two() -> Vec<(f64, f64)> {
    let middle = pairs(&[(60.0, 0.0), (30.0, 0.0), (90.0, 0.0), (135.0, 0.0)]);
    let upper = pairs(&[(45.0, 30.0), (90.0, 30.0), (135.0, 30.0)]);
    let on_axis = [
        (0.0, 0.0),
        (180.0, 0.0),
        (0.0, 30.0),
        (180.0, 30.0),
        (0.0, 90.0),
        (0.0, -30.0),
    ];
    join(&[&middle, &upper, &on_axis, &pairs(&[(45.0, -30.0)])])
}

/// Layouts whose loudspeakers surround the listener, or stand in front, as in rooms that exist: all
/// quality targets hold.
pub(crate) fn ordinary() -> Vec<Layout> {
    vec![
        layout("stereo", &pairs(&[(30.0, 0.0)])),
        layout("5.1", &five()),
        layout("3.1.2", &join(&[&front(), &pairs(&[(45.0, 30.0)])])),
        layout("5.1.2 front", &join(&[&five(), &pairs(&[(30.0, 30.0)])])),
        layout("5.1.2 middle", &join(&[&five(), &pairs(&[(90.0, 45.0)])])),
        layout(
            "4+5+1",
            &join(&[
                &five(),
                &pairs(&[(30.0, 30.0), (110.0, 30.0)]),
                &[(0.0, -30.0)],
            ]),
        ),
        four_seven_nought(),
        layout("9+10+3", &twenty_two()),
        layout("dome 8-6-4-1", &dome()),
        layout("cube", &cube()),
        layout("ring of 8", &ring(8, 0.0, 0.0)),
        layout("ring of 8 pairs", &ring(8, 22.5, 0.0)),
        layout("Fibonacci sphere 64", &fibonacci(64, -1.0)),
    ]
}

/// Layouts that no standard knows. Exact velocity vectors are not asked of them.
pub(crate) fn awkward() -> Vec<Layout> {
    let wavy: Vec<_> = ring(8, 0.0, 0.0)
        .into_iter()
        .enumerate()
        .map(|(i, (az, _))| (az, if i % 2 == 0 { 0.0 } else { 1e-7 }))
        .collect();
    let left = [
        (30.0, 0.0),
        (60.0, 0.0),
        (90.0, 0.0),
        (120.0, 0.0),
        (60.0, 35.0),
        (110.0, 30.0),
    ];
    let cluster = [(0.0, 0.0), (12.0, 0.0), (5.0, 10.0)];
    vec![
        layout("one", &[(40.0, 10.0)]),
        layout("two", &[(20.0, 0.0), (75.0, 30.0)]),
        layout("three", &[(20.0, 0.0), (95.0, 30.0), (-60.0, -10.0)]),
        layout("three in front", &cluster),
        layout("pair at ±90", &pairs(&[(90.0, 0.0)])),
        layout("pair at ±89.5", &pairs(&[(89.5, 0.0)])),
        layout("pair at ±85", &pairs(&[(85.0, 0.0)])),
        layout("pair at 0 and 180", &[(0.0, 0.0), (180.0, 0.0)]),
        layout("zenith and nadir", &[(0.0, 90.0), (0.0, -90.0)]),
        layout("ring of 3", &ring(3, 0.0, 0.0)),
        layout(
            "three, 178 degrees behind",
            &join(&[&[(0.0, 0.0)], &pairs(&[(91.0, 0.0)])]),
        ),
        layout("flat ring, off by 1e-7", &wavy),
        layout("ring of 8 at -3", &ring(8, 0.0, -3.0)),
        layout(
            "dome on a ring at -3",
            &join(&[&ring(8, 0.0, -3.0), &ring(4, 45.0, 40.0)]),
        ),
        layout(
            "dome on a ring at 3",
            &join(&[&ring(8, 0.0, 3.0), &ring(4, 45.0, 40.0)]),
        ),
        layout("only overhead", &ring(6, 30.0, 50.0)),
        layout("overhead pair", &pairs(&[(90.0, 60.0)])),
        layout("small ring in front", &cap(6, 25.0)),
        layout("one-sided", &left),
        layout(
            "wall in front",
            &join(&[
                &front(),
                &pairs(&[(88.0, 0.0), (45.0, 30.0)]),
                &[(0.0, 85.0)],
            ]),
        ),
        layout("Fibonacci dome 128", &fibonacci(128, 0.0)),
        layout("Fibonacci dome 128 on the ground", &grounded(128)),
        layout("Fibonacci dome 40", &fibonacci(40, 0.0)),
        layout("ring of 40", &ring(40, 0.0, 0.0)),
        layout("5.1 off by 2", &jittered(&five(), 2.0, 1)),
        layout(
            "7.1.4 off by 0.5",
            &jittered(&join(&[&seven(), &four()]), 0.5, 2),
        ),
        layout(
            "7.1.4 off by 2",
            &jittered(&join(&[&seven(), &four()]), 2.0, 3),
        ),
        layout(
            "7.1.4 off by 5",
            &jittered(&join(&[&seven(), &four()]), 5.0, 4),
        ),
        layout("22.2 off by 3", &jittered(&twenty_two(), 3.0, 5)),
        layout("dome off by 2", &jittered(&dome(), 2.0, 6)),
        layout("cube off by 2", &jittered(&cube(), 2.0, 7)),
        layout("ring of 8 off by 1", &jittered(&ring(8, 0.0, 0.0), 1.0, 8)),
        layout("ring of 8 off by 4", &jittered(&ring(8, 0.0, 0.0), 4.0, 9)),
    ]
}

/// `n` loudspeakers spread evenly over a dome, the first at ear height.
fn grounded(n: u32) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| {
            let z = f64::from(i) / f64::from(n);
            (f64::from(i) * 137.507_764, z.asin().to_degrees())
        })
        .collect()
}

/// Awkward layouts that mirror exactly: left/right, front/back, up/down.
pub(crate) const SYMMETRIC: &[(&str, [bool; 3])] = &[
    ("pair at ±90", [true, true, true]),
    ("pair at ±89.5", [true, false, true]),
    ("pair at ±85", [true, false, true]),
    ("pair at 0 and 180", [true, true, true]),
    ("zenith and nadir", [true, true, true]),
    ("three, 178 degrees behind", [true, false, true]),
    ("ring of 3", [true, false, true]),
    ("ring of 8 at -3", [true, true, false]),
    ("dome on a ring at -3", [true, true, false]),
    ("dome on a ring at 3", [true, true, false]),
    ("only overhead", [true, true, false]),
    ("overhead pair", [true, true, false]),
    ("small ring in front", [true, false, true]),
    ("wall in front", [true, false, false]),
    ("ring of 40", [true, true, true]),
];

/// `n` loudspeakers round the front at `radius` degrees.
fn cap(n: u32, radius: f64) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| {
            let turn = f64::from(i) * std::f64::consts::TAU / f64::from(n);
            (radius * turn.cos(), radius * turn.sin())
        })
        .collect()
}

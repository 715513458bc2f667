//! Panning gains per second on one thread: `cargo bench --bench gains`.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use nalgebra::Vector3;
use umbel::geometry::Position;
use umbel::layout::{Layout, Speaker};
use umbel::panner::bs2127::Polar;
use umbel::panner::{Allocentric, Panner, Vbap};
use umbel::scene::Extent;

const MIDDLE_7: [f64; 7] = [30.0, -30.0, 0.0, 90.0, -90.0, 135.0, -135.0];
const UPPER_4: [f64; 4] = [45.0, -45.0, 135.0, -135.0];
const MIDDLE_10: [f64; 10] = [
    60.0, -60.0, 0.0, 135.0, -135.0, 30.0, -30.0, 180.0, 90.0, -90.0,
];
const UPPER_8: [f64; 8] = [45.0, -45.0, 0.0, 135.0, -135.0, 90.0, -90.0, 180.0];
const LOWER_3: [f64; 3] = [0.0, 45.0, -45.0];

fn main() -> umbel::Result<()> {
    let seven_four = layout("4+7+0", &[(&MIDDLE_7, 0.0), (&UPPER_4, 30.0)]);
    let twenty_two = [
        (&MIDDLE_10[..], 0.0),
        (&UPPER_8, 30.0),
        (&LOWER_3, -30.0),
        (&[0.0], 90.0),
    ];
    let twenty_two = layout("9+10+3", &twenty_two);
    for layout in [&seven_four, &twenty_two] {
        let panner = Vbap::new(layout)?;
        let mut gains = vec![0.0; panner.channels()];
        let directions = sphere();
        time(&layout.name, "directions", &directions, |u| {
            panner.direction_gains(u, &mut gains);
            black_box(&gains);
        });
        let positions: Vec<_> = (0..65_536).map(position).collect();
        time(&layout.name, "polar positions", &positions, |position| {
            panner.gains(*position, Extent::default(), &mut gains);
            black_box(&gains);
        });
        let extent = Extent {
            width: 45.0,
            height: 45.0,
            depth: 0.0,
        };
        time(
            &layout.name,
            "positions spread by 45 degrees",
            &positions[..8192],
            |position| {
                panner.gains(*position, extent, &mut gains);
                black_box(&gains);
            },
        );
    }
    for name in ["4+7+0", "9+10+3"] {
        if let Some(panner) = Allocentric::new(&umbel::layout::find(name)?) {
            time_room(name, panner);
        }
        if let Some(panner) = Polar::new(&umbel::layout::find(name)?) {
            time_polar(name, &panner);
        }
    }
    Ok(())
}

/// The polar panner of ITU-R BS.2127: points, and extents as wide as high, and of any width and height.
fn time_polar(layout: &str, panner: &Polar) {
    let mut gains = vec![0.0; panner.channels()];
    let positions: Vec<_> = (0..8192).map(position).collect();
    for (what, size) in [
        ("polar points (BS.2127)", 0.0),
        ("polar extents of 10 degrees", 10.0),
        ("polar extents of 45 degrees", 45.0),
        ("polar extents of 180 degrees", 180.0),
    ] {
        let extent = Extent {
            width: size,
            height: size,
            depth: 0.0,
        };
        time(layout, what, &positions, |position| {
            panner.gains(*position, extent, &mut gains);
            black_box(&gains);
        });
    }
    let any: Vec<_> = (0..8192)
        .map(|i: u32| {
            let part = |k: u32| f64::from(i.wrapping_mul(k) % 8191) / 8191.0;
            let extent = Extent {
                width: 360.0 * part(2_654_435_761),
                height: 180.0 * part(40_503),
                depth: 0.0,
            };
            (position(i), extent)
        })
        .collect();
    time(
        layout,
        "polar extents of any size",
        &any,
        |(position, extent)| {
            panner.gains(*position, *extent, &mut gains);
            black_box(&gains);
        },
    );
}

/// Places all over the room, as points and with two sizes.
fn time_room(layout: &str, mut panner: Allocentric) {
    let places: Vec<[f64; 3]> = sphere().iter().map(|u| (u * 0.9).into()).collect();
    let mut gains = vec![0.0; panner.channels()];
    for (what, size) in [
        ("places in the room", 0.0),
        ("places spread by 0.1", 0.1),
        ("places spread by 0.5", 0.5),
    ] {
        let extent = Extent {
            width: size,
            height: size / 2.0,
            depth: size,
        };
        time(layout, what, &places[..8192], |place| {
            panner.gains(*place, extent, &mut gains);
            black_box(&gains);
        });
    }
}

/// Directions all over the sphere in no order that a branch predictor or cache could learn.
fn sphere() -> Vec<Vector3<f64>> {
    (0..65_536).map(|i| position(i).vector()).collect()
}

fn position(i: u32) -> Position {
    let z = 1.0 - 2.0 * (f64::from(i.wrapping_mul(40_503) % 65_536) + 0.5) / 65_536.0;
    Position::Polar {
        azimuth: f64::from(i) * 137.507_764 % 360.0,
        elevation: z.asin().to_degrees(),
        distance: 1.0,
    }
}

/// Calls `pan` with every item for about a second and prints the best pass.
fn time<T>(layout: &str, what: &str, items: &[T], mut pan: impl FnMut(&T)) {
    let mut best = f64::INFINITY;
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < 1.0 {
        let start = Instant::now();
        for item in items {
            pan(black_box(item));
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let millions = items.len() as f64 / best / 1e6;
    // A closed pipe is no reason to panic.
    let _ = writeln!(std::io::stdout(), "{layout:8} {what:32} {millions:8.2} M/s");
}

/// A layout with one LFE, from the azimuths of its layers.
fn layout(name: &str, layers: &[(&[f64], f64)]) -> Layout {
    let speaker = |azimuth: f64, elevation: f64, lfe: bool| Speaker {
        label: format!("{azimuth:+}/{elevation:+}"),
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
    };
    let mut speakers: Vec<_> = layers
        .iter()
        .flat_map(|&(azimuths, el)| azimuths.iter().map(move |&az| speaker(az, el, false)))
        .collect();
    speakers.insert(3, speaker(45.0, -30.0, true));
    Layout {
        name: name.to_owned(),
        aliases: Vec::new(),
        title: String::new(),
        speakers,
        source: String::new(),
        screen: None,
    }
}

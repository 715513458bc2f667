//! Objects as ITU-R BS.2127 plays them, against an independent implementation (`tests/data/README.md`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use umbel::geometry::Position;
use umbel::scene::{self, Extent};

fn golden(name: &str) -> Value {
    let path = format!("{}/tests/data/ear/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap();
    items.iter().map(|item| item.as_f64().unwrap()).collect()
}

/// Cases as pairs of six numbers: a place and its size.
fn pairs(value: &Value) -> Vec<([f64; 6], [f64; 6])> {
    let six = |value: &Value| <[f64; 6]>::try_from(numbers(value)).unwrap();
    let cases = value.as_array().unwrap();
    cases.iter().map(|c| (six(&c[0]), six(&c[1]))).collect()
}

fn extent([.., width, height, depth]: [f64; 6]) -> Extent {
    Extent {
        width,
        height,
        depth,
    }
}

fn six(position: Position, extent: Extent) -> [f64; 6] {
    let [a, b, c] = match position {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => [azimuth, elevation, distance],
        Position::Cartesian { x, y, z } => [x, y, z],
    };
    [a, b, c, extent.width, extent.height, extent.depth]
}

#[test]
fn positions_and_extents_convert_both_ways() {
    let golden = golden("conversion.json");
    for (polar, room) in pairs(&golden["to_cartesian"]) {
        let [azimuth, elevation, distance, ..] = polar;
        let position = Position::Polar {
            azimuth,
            elevation,
            distance,
        };
        let (position, size) = scene::to_cartesian(position, extent(polar));
        let found = six(position, size);
        for (a, b) in found.iter().zip(room) {
            assert!((a - b).abs() < 1e-9, "{polar:?}: {found:?}, not {room:?}");
        }
    }
    for (room, polar) in pairs(&golden["to_polar"]) {
        let [x, y, z, ..] = room;
        let position = Position::Cartesian { x, y, z };
        let (position, size) = scene::to_polar(position, extent(room));
        let found = six(position, size);
        let turn = (found[0] - polar[0]).rem_euclid(360.0);
        assert!(
            turn.min(360.0 - turn) < 1e-9,
            "{room:?}: azimuth {}, not {}",
            found[0],
            polar[0]
        );
        for (a, b) in found.iter().zip(polar).skip(1) {
            assert!((a - b).abs() < 1e-9, "{room:?}: {found:?}, not {polar:?}");
        }
    }
}

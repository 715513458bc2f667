//! Zone exclusion: loudspeakers in some parts of the room do not play an object (ITU-R BS.2127-0, 7.3.12).

use super::super::loudspeakers::Loudspeaker;
use crate::scene::Zone;

/// How far outside of a zone, in degrees or room units, a loudspeaker is still inside.
const TOLERANCE: f64 = 1e-6;

/// Marks in `excluded`, one flag per channel, the loudspeakers whose nominal position lies in one of `zones`.
pub(super) fn mark(zones: &[Zone], speakers: &[Loudspeaker], excluded: &mut [bool]) {
    for (excluded, speaker) in excluded.iter_mut().zip(speakers) {
        *excluded = !speaker.lfe && zones.iter().any(|zone| contains(zone, speaker));
    }
}

fn contains(zone: &Zone, speaker: &Loudspeaker) -> bool {
    let within = |x: f64, min: f64, max: f64| x - TOLERANCE < max && x + TOLERANCE > min;
    match *zone {
        Zone::Polar {
            min_azimuth,
            max_azimuth,
            min_elevation,
            max_elevation,
        } => {
            let (azimuth, elevation) = speaker.nominal;
            within(elevation, min_elevation, max_elevation)
                && (is_at_pole(speaker) || turns_into(azimuth, min_azimuth, max_azimuth, TOLERANCE))
        }
        // Not its place in the room cube, but on the sphere.
        Zone::Cartesian { min, max } => {
            let at = speaker.nominal_direction;
            (0..3).all(|axis| within(at[axis], min[axis], max[axis]))
        }
    }
}

/// Straight up or down, which has every azimuth.
fn is_at_pole(speaker: &Loudspeaker) -> bool {
    speaker.nominal.1.abs() > 90.0 - TOLERANCE
}

/// Whether an azimuth lies in the range from `start` anticlockwise to `end`. Ends a whole turn apart are the
/// full circle, equal ends one azimuth.
pub(crate) fn turns_into(azimuth: f64, start: f64, end: f64, tolerance: f64) -> bool {
    let span = match end - start {
        turn if (0.0..=360.0).contains(&turn) => turn,
        other => match other.rem_euclid(360.0) {
            // Several turns are the full circle, none of them backwards.
            0.0 if other > 0.0 => 360.0,
            rest => rest,
        },
    };
    (azimuth - start + tolerance).rem_euclid(360.0) <= span + 2.0 * tolerance
}

/// How much one loudspeaker stands in for another: less is better, compared in this order.
fn distance(from: &Loudspeaker, to: &Loudspeaker) -> [f64; 4] {
    let sign = |y: f64| -> f64 {
        match y {
            _ if y > TOLERANCE => 1.0,
            _ if y < -TOLERANCE => -1.0,
            _ => 0.0,
        }
    };
    let (a, b) = (from.nominal_direction, to.nominal_direction);
    // From straight above all of a layer are equally far. The EBU renderer then takes those in the median
    // plane first (but at the bottom), by the last bit of its distances; as a rule it is the same everywhere.
    let median = is_at_pole(from) && b.x.abs() < TOLERANCE && layer(to) > 0;
    [
        f64::from(LAYER_PRIORITY[layer(from)][layer(to)]),
        // In front stays in front.
        (sign(a.y) - sign(b.y)).abs(),
        (a - b).norm(),
        if median { -1.0 } else { (a.y - b.y).abs() },
    ]
}

/// For each layer, bottom to top, how soon each is tried: the nearer first, the higher before the lower.
const LAYER_PRIORITY: [[u8; 4]; 4] = [[0, 1, 2, 3], [3, 0, 1, 2], [3, 2, 0, 1], [3, 2, 1, 0]];

/// Bottom, middle, upper or top layer.
fn layer(speaker: &Loudspeaker) -> usize {
    let (_, elevation) = speaker.nominal;
    [-10.0, 10.0, 75.0]
        .iter()
        .filter(|&&least| elevation >= least)
        .count()
}

/// Moves the power of excluded loudspeakers, one power per channel, to those that stand in for them. Nothing
/// is moved if none or all are excluded.
pub(super) fn move_power(speakers: &[Loudspeaker], excluded: &[bool], powers: &mut [f64]) {
    let playing = |channel: &usize| !speakers[*channel].lfe && !excluded[*channel];
    if !(0..speakers.len()).any(|channel| playing(&channel)) {
        return;
    }
    for from in (0..speakers.len()).filter(|&channel| excluded[channel]) {
        let power = std::mem::take(&mut powers[from]);
        if power <= 0.0 {
            continue;
        }
        let distances = || {
            let others = (0..speakers.len()).filter(playing);
            others.map(|to| (to, distance(&speakers[from], &speakers[to])))
        };
        let mut nearest = [f64::INFINITY; 4];
        for (_, distance) in distances() {
            if is_less(&distance, &nearest) {
                nearest = distance;
            }
        }
        let stands_in = |(to, distance): (usize, [f64; 4])| {
            let equal = |(a, b): (&f64, &f64)| (a - b).abs() < TOLERANCE;
            distance.iter().zip(&nearest).all(equal).then_some(to)
        };
        let count = distances().filter_map(stands_in).count();
        for to in distances().filter_map(stands_in) {
            powers[to] += power / count as f64;
        }
    }
}

/// Whether the first component of `a` that differs from that of `b` is the smaller one.
fn is_less(a: &[f64; 4], b: &[f64; 4]) -> bool {
    let differing = a.iter().zip(b).find(|(a, b)| (*a - *b).abs() >= TOLERANCE);
    differing.is_some_and(|(a, b)| a < b)
}

//! The extent panner of ITU-R BS.2127-0, section 7.3.8.2: a sum over a grid of points with weights that
//! are 1 within the extent and fade to 0 over 10 degrees outside of it.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use nalgebra::Vector3;

use super::PointSource;
use super::tiles::Tiles;
use crate::geometry::{Direction, direction};

/// Rows of the grid, 5 degrees apart.
const ROWS: u32 = 37;

/// Over how many degrees the weight fades out.
pub(super) const FADE_DEG: f64 = 10.0;

/// The grid with the gains of every point.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    tiles: Tiles,
    /// The channel of each loudspeaker.
    channels: Vec<usize>,
}

impl Grid {
    pub(super) fn new(panner: &PointSource, channels: Vec<usize>) -> Self {
        let mut of_point = vec![0.0; panner.channels()];
        let tiles = Tiles::new(points(), channels.len(), |point, gains| {
            panner.direction_gains(point, &mut of_point);
            for (gain, &channel) in gains.iter_mut().zip(&channels) {
                *gain = of_point[channel];
            }
        });
        Self { tiles, channels }
    }

    /// The channel of each loudspeaker.
    pub(super) fn channels(&self) -> &[usize] {
        &self.channels
    }

    /// Writes the gains, of power 1, of an extent of `width` x `height` degrees, both at least half of
    /// [`FADE_DEG`], round `middle` to `gains`,
    /// one per loudspeaker.
    pub(super) fn spread(&self, middle: &Direction, width: f64, height: f64, gains: &mut [f64]) {
        self.tiles.sum(&Shape::new(middle, width, height), gains);
        let power: f64 = gains.iter().map(|g| g * g).sum();
        let scale = 1.0 / power.sqrt();
        gains.iter_mut().for_each(|gain| *gain *= scale);
    }
}

/// The points of the grid: in each row as many as make them 5 degrees apart, from the front leftwards.
pub(super) fn points() -> Vec<Direction> {
    let mut points = Vec::new();
    for row in 0..ROWS {
        let elevation = f64::from(row) * 5.0 - 90.0;
        let radius = elevation.to_radians().cos();
        let count = (radius * f64::from(2 * (ROWS - 1))).round().max(1.0);
        for i in 0..count as u32 {
            points.push(direction(f64::from(i) * 360.0 / count, elevation));
        }
    }
    points
}

/// A rectangle with round ends, seen from the listener, its long side to the left and right in the frame
/// right, forward, up: all directions within `radius` of an arc.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) right: Vector3<f64>,
    pub(super) forward: Vector3<f64>,
    pub(super) up: Vector3<f64>,
    /// Azimuth of the arc's ends, which are the centres of the round ends, to either side, in radians.
    pub(super) centre: f64,
    /// Radius of the round ends in radians.
    pub(super) radius: f64,
}

impl Shape {
    pub(super) fn new(middle: &Direction, width_deg: f64, height_deg: f64) -> Self {
        let (mut right, forward, mut up) = frame(middle);
        let (mut long, mut short) = (width_deg.to_radians() / 2.0, height_deg.to_radians() / 2.0);
        if short > long {
            (long, short) = (short, long);
            (right, up) = (up, right);
        }
        // Widths from 180 degrees on grow faster, so that the ends meet at the back at 360; not those of
        // shapes that are high as well.
        let meeting = interpolate(
            long,
            &[(0.0, 0.0), (FRAC_PI_2, FRAC_PI_2), (PI, PI + short)],
        );
        let end = interpolate(
            short,
            &[(FRAC_PI_4, meeting), (FRAC_PI_2, long), (PI, long)],
        );
        Self {
            right,
            forward,
            up,
            // An arc all round ends behind, not beyond.
            centre: (end - short).min(PI),
            radius: short,
        }
    }
}

/// Right, forward and up at a direction; at the poles those of azimuth 0.
fn frame(middle: &Direction) -> (Vector3<f64>, Vector3<f64>, Vector3<f64>) {
    let flat = middle.x.hypot(middle.y);
    let right = if flat < 1e-5_f64.to_radians() {
        Vector3::x()
    } else {
        Vector3::new(middle.y / flat, -middle.x / flat, 0.0)
    };
    (right, *middle, right.cross(middle))
}

/// Straight lines between points with rising x; beyond the ends their y.
pub(super) fn interpolate(x: f64, points: &[(f64, f64)]) -> f64 {
    let (first, last) = (points[0], points[points.len() - 1]);
    if x <= first.0 {
        return first.1;
    }
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if x <= x1 {
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
        }
    }
    last.1
}

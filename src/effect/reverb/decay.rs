//! How fast a room's tones die away: a loss per frame for the middle, and shelves for what is lower or higher.

use crate::dsp::Coefficients;
use crate::units::{Decibels, Hertz, SampleRate};

/// Most times that may be given by frequency.
pub const MOST_POINTS: usize = 8;

/// Below this tones decay in the time for low ones.
const LOW: Hertz = Hertz(180.0);

/// Above this tones decay in the time for high ones.
const HIGH: Hertz = Hertz(6000.0);

/// Times in which a room's sound decays by 60 dB.
#[derive(Debug, Clone, PartialEq)]
pub enum Times {
    /// By pitch, in seconds: below about 180 Hz, between, above about 6 kHz.
    Bands {
        /// Low tones.
        low_s: f64,
        /// Between.
        mid_s: f64,
        /// High tones.
        high_s: f64,
    },
    /// At frequencies, rising, with their times in seconds; between two of them the time goes over from one to the
    /// other, beyond the outer ones it stays as it is.
    Points(Vec<(Hertz, f64)>),
}

impl Times {
    /// The same for all tones.
    pub fn all(seconds: f64) -> Self {
        Self::Bands {
            low_s: seconds,
            mid_s: seconds,
            high_s: seconds,
        }
    }

    /// The time of the middle: of the point nearest to 1 kHz.
    pub(super) fn mid_s(&self) -> f64 {
        match self {
            Self::Bands { mid_s, .. } => *mid_s,
            Self::Points(points) => {
                let far = |hz: &Hertz| (hz.0 / 1000.0).ln().abs();
                let nearest = points.iter().min_by(|a, b| far(&a.0).total_cmp(&far(&b.0)));
                nearest.map_or(1.0, |(_, seconds)| *seconds)
            }
        }
    }

    /// The longest of all.
    pub(super) fn longest_s(&self) -> f64 {
        match self {
            Self::Bands {
                low_s,
                mid_s,
                high_s,
            } => low_s.max(*mid_s).max(*high_s),
            Self::Points(points) => points.iter().map(|(_, s)| *s).fold(0.0, f64::max),
        }
    }
}

/// A loss that grows with the way gone, and the filters that make it differ by pitch.
#[derive(Debug, Clone)]
pub(super) struct Decay {
    /// Of the middle, in dB per frame.
    db_per_frame: f64,
    shelves: Vec<Shelf>,
    rate: SampleRate,
}

/// What is lost besides, above a corner or below it.
#[derive(Debug, Clone, Copy)]
struct Shelf {
    corner: Hertz,
    is_low: bool,
    db_per_frame: f64,
}

impl Shelf {
    fn over(&self, frames: f64, rate: SampleRate) -> Coefficients {
        let gain = Decibels(self.db_per_frame * frames);
        match self.is_low {
            true => Coefficients::low_shelf(self.corner, gain, rate),
            false => Coefficients::high_shelf(self.corner, gain, rate),
        }
    }
}

impl Decay {
    pub(super) fn new(times: &Times, rate: SampleRate) -> Self {
        let loss = |seconds: f64| -60.0 / (f64::from(rate.0) * seconds.max(0.05));
        let mid = loss(times.mid_s());
        match times {
            Times::Bands { low_s, high_s, .. } => {
                let shelf = |is_low: bool, corner: Hertz, seconds: f64| Shelf {
                    corner,
                    is_low,
                    db_per_frame: loss(seconds) - mid,
                };
                let shelves = [shelf(true, LOW, *low_s), shelf(false, HIGH, *high_s)];
                Self {
                    db_per_frame: mid,
                    shelves: shelves
                        .into_iter()
                        .filter(|shelf| shelf.db_per_frame.abs() > 1e-9)
                        .collect(),
                    rate,
                }
            }
            Times::Points(points) => {
                let wanted: Vec<(Hertz, f64)> =
                    points.iter().map(|(hz, s)| (*hz, loss(*s))).collect();
                Self::through(&wanted, rate)
            }
        }
    }

    /// The losses, in dB per frame, at frequencies that rise: a shelf between each two. They reach into each other, so
    /// that what each has to do is the solution of linear equations.
    fn through(wanted: &[(Hertz, f64)], rate: SampleRate) -> Self {
        let mut shelves: Vec<Shelf> = wanted
            .windows(2)
            .map(|pair| Shelf {
                corner: Hertz((pair[0].0.0 * pair[1].0.0).sqrt()),
                is_low: false,
                db_per_frame: 1.0,
            })
            .collect();
        // What the plain loss, and each shelf of -1 dB, do at each frequency.
        let rows = wanted.iter().map(|(hz, loss)| {
            let effects = shelves.iter().map(|shelf| {
                let response = shelf.over(-1.0, rate).response(*hz, rate);
                -20.0 * response.log10()
            });
            let mut row = vec![1.0];
            row.extend(effects);
            row.push(*loss);
            row
        });
        let solution = solve(rows.collect());
        for (shelf, db_per_frame) in shelves.iter_mut().zip(solution.iter().skip(1)) {
            shelf.db_per_frame = *db_per_frame;
        }
        Self {
            db_per_frame: solution.first().copied().unwrap_or(0.0),
            shelves,
            rate,
        }
    }

    /// Share of an amplitude of middle tones that is left after one frame.
    pub(super) fn kept(&self) -> f64 {
        Decibels(self.db_per_frame).gain().0
    }

    /// The filters for a way of `frames` frames, besides what is [kept](Self::kept).
    pub(super) fn filters(&self, frames: f64) -> Vec<Coefficients> {
        let over = |shelf: &Shelf| shelf.over(frames, self.rate);
        self.shelves.iter().map(over).collect()
    }
}

/// The solution of linear equations, each a row of factors and the sum they come to: Gaussian elimination with
/// pivots.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let count = rows.len();
    for column in 0..count {
        let pivot = (column..count)
            .max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))
            .unwrap_or(column);
        rows.swap(column, pivot);
        let head = rows[column].clone();
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column {
                let factor = row[column] / head[column];
                for (value, of_head) in row.iter_mut().zip(&head) {
                    *value -= factor * of_head;
                }
            }
        }
    }
    (0..count).map(|n| rows[n][count] / rows[n][n]).collect()
}

//! The tempo of music, from how its onsets repeat.

use crate::audio::Block;
use crate::units::SampleRate;

/// Onsets are counted two hundred times a second.
const HOPS_A_SECOND: f64 = 200.0;

/// Beats over which a tempo must repeat.
const BEATS: usize = 8;

/// The strength of onsets over time.
#[derive(Debug)]
pub(super) struct Pulse {
    hop: f64,
    /// Frames, and the frame at which the present hop ends.
    at: u64,
    end: f64,
    last: [f32; 2],
    energy: f64,
    levels: Vec<f64>,
}

impl Pulse {
    pub(super) fn new(rate: SampleRate) -> Self {
        let hop = f64::from(rate.0) / HOPS_A_SECOND;
        Self {
            hop,
            at: 0,
            end: hop,
            last: [0.0; 2],
            energy: 0.0,
            levels: Vec::new(),
        }
    }

    /// Hears a block of two rows.
    pub(super) fn add(&mut self, block: &Block) {
        for frame in 0..block.frames() {
            for (last, row) in self.last.iter_mut().zip(block.rows()) {
                // The first difference: a drum's attack counts for more than a bass that lasts.
                self.energy += f64::from(row[frame] - *last).powi(2);
                *last = row[frame];
            }
            self.at += 1;
            if self.at as f64 >= self.end {
                self.levels.push((self.energy + 1e-9).log10());
                self.energy = 0.0;
                self.end += self.hop;
            }
        }
    }

    /// The tempo that repeats best, in beats a minute, and how much better than `said` it does (1: as well); `None`
    /// if nothing repeats clearly.
    pub(super) fn tempo(&self, said: f64) -> Option<(f64, f64)> {
        let rises: Vec<f64> = self
            .levels
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).max(0.0))
            .collect();
        let longest = (BEATS as f64 * HOPS_A_SECOND) as usize + 2;
        if rises.len() < 2 * longest {
            return None;
        }
        let mean = rises.iter().sum::<f64>() / rises.len() as f64;
        let rises: Vec<f64> = rises.iter().map(|rise| rise - mean).collect();
        let repeats: Vec<f64> = (0..longest)
            .map(|lag| {
                let pairs = rises.iter().zip(&rises[lag..]);
                pairs.map(|(a, b)| a * b).sum::<f64>() / (rises.len() - lag) as f64
            })
            .collect();
        let at = |lag: f64| {
            let (low, part) = (lag.floor() as usize, lag.fract());
            repeats
                .get(low + 1)
                .map_or(0.0, |next| repeats[low] * (1.0 - part) + next * part)
        };
        let score = |bpm: f64| {
            let beat = 60.0 / bpm * HOPS_A_SECOND;
            // The best of the two hops around, since a hop is coarse for one beat and fine for eight.
            (1..=BEATS).map(|n| at(n as f64 * beat)).sum::<f64>()
                / BEATS as f64
                / repeats[0].max(1e-30)
        };
        let tempos = (0..=1200).map(|step| 60.0 + f64::from(step) * 0.1);
        let best = tempos
            .map(|bpm| (bpm, score(bpm)))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let near = (-4..=4).map(|step| score(said * (1.0 + f64::from(step) * 0.001)));
        let own = near.fold(0.0, f64::max);
        (best.1 > 0.15).then(|| (best.0, best.1 / own.max(1e-6)))
    }
}

/// Whether two tempos are one in another metre: halves, doubles, thirds.
pub(super) fn are_kin(a: f64, b: f64) -> bool {
    [1.0, 2.0, 3.0, 4.0, 1.5, 4.0 / 3.0].iter().any(|ratio| {
        let near = |ratio: f64| (a / b / ratio - 1.0).abs() < 0.015;
        near(*ratio) || near(1.0 / ratio)
    })
}

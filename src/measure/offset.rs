//! How far one signal lies behind another.

use realfft::num_complex::Complex;

use crate::dsp::transform::Transform;
use crate::units::Frames;

/// How one signal lies to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offset {
    /// Frames by which the second is later than the first; negative: earlier.
    pub frames: i64,
    /// The same to a fraction of a frame, from a parabola through the peak of the correlation.
    pub exact_frames: f64,
    /// The second is the first turned upside down.
    pub inverted: bool,
    /// Correlation at the offset, 0 to 1: 1 if the signals are the same but for a gain.
    pub correlation: f64,
}

/// Finds the offset of two signals that arrive side by side: the peak of the cross-correlation of their
/// first differences (which weigh all octaves of music more evenly), summed up in the frequency domain
/// stretch by stretch, so that its memory does not grow with the signals.
#[derive(Debug)]
pub struct OffsetFinder {
    first: Side,
    second: Side,
    /// Frames of the first signal that are taken at once.
    step: usize,
    most: usize,
    transform: Transform,
    spectrum: Vec<Complex<f64>>,
    cross: Vec<Complex<f64>>,
}

/// One signal: its differences that are not worked off yet.
#[derive(Debug, Default)]
struct Side {
    pending: Vec<f32>,
    last: f32,
    energy: f64,
}

impl Side {
    fn add(&mut self, samples: &[f32]) {
        for &sample in samples {
            let difference = sample - self.last;
            self.last = sample;
            self.energy += f64::from(difference).powi(2);
            self.pending.push(difference);
        }
    }
}

impl OffsetFinder {
    /// A finder of offsets of up to `most` frames either way.
    pub fn new(most: Frames) -> Self {
        let most = usize::try_from(most.0).unwrap_or(usize::MAX / 16).max(1);
        let length = (6 * most).next_power_of_two().max(1 << 10);
        let transform = Transform::new(length);
        let bins = transform.spectrum.len();
        let mut second = Side::default();
        // The second signal is looked at from `most` frames before the first.
        second.pending.resize(most, 0.0);
        Self {
            first: Side::default(),
            second,
            step: length - 2 * most,
            most,
            transform,
            spectrum: vec![Complex::default(); bins],
            cross: vec![Complex::default(); bins],
        }
    }

    /// Hears the next frames of both signals; one may be over before the other.
    pub fn add(&mut self, first: &[f32], second: &[f32]) {
        self.first.add(first);
        self.second.add(second);
        while self.first.pending.len() >= self.step
            && self.second.pending.len() >= self.step + 2 * self.most
        {
            self.work_off();
        }
    }

    fn work_off(&mut self) {
        let Self {
            transform, step, ..
        } = self;
        load(&mut transform.signal, &self.first.pending[..*step]);
        transform.forward();
        self.spectrum.copy_from_slice(&transform.spectrum);
        let seen = *step + 2 * self.most;
        load(&mut transform.signal, &self.second.pending[..seen]);
        transform.forward();
        let both = self.spectrum.iter().zip(&transform.spectrum);
        for (sum, (first, second)) in self.cross.iter_mut().zip(both) {
            *sum += first.conj() * second;
        }
        self.first.pending.drain(..*step);
        self.second.pending.drain(..*step);
    }

    /// The offset; `None` if one of the signals is silent.
    pub fn finish(mut self) -> Option<Offset> {
        while !self.first.pending.is_empty() {
            let to = |pending: &mut Vec<f32>, frames| {
                if pending.len() < frames {
                    pending.resize(frames, 0.0);
                }
            };
            to(&mut self.first.pending, self.step);
            to(&mut self.second.pending, self.step + 2 * self.most);
            self.work_off();
        }
        let energy = (self.first.energy * self.second.energy).sqrt();
        if energy <= 0.0 {
            return None;
        }
        self.transform.spectrum.copy_from_slice(&self.cross);
        self.transform.inverse();
        let scale = 1.0 / (energy * self.transform.signal.len() as f64);
        let lags = &self.transform.signal[..=2 * self.most];
        // Of equal peaks the one nearest to no offset.
        let nearness = |lag: usize| std::cmp::Reverse(lag.abs_diff(self.most));
        let (peak, value) = lags.iter().enumerate().max_by(|a, b| {
            let magnitudes = a.1.abs().total_cmp(&b.1.abs());
            magnitudes.then_with(|| nearness(a.0).cmp(&nearness(b.0)))
        })?;
        let sign = value.signum();
        let beside = |lag: Option<usize>| lag.and_then(|lag| lags.get(lag)).map(|v| v * sign);
        let fraction = match (beside(peak.checked_sub(1)), beside(Some(peak + 1))) {
            (Some(before), Some(after)) => {
                let bend = before - 2.0 * value.abs() + after;
                match bend < 0.0 {
                    true => (0.5 * (before - after) / bend).clamp(-0.5, 0.5),
                    false => 0.0,
                }
            }
            _ => 0.0,
        };
        let frames = peak as i64 - self.most as i64;
        Some(Offset {
            frames,
            exact_frames: frames as f64 + fraction,
            inverted: sign < 0.0,
            correlation: (value.abs() * scale).min(1.0),
        })
    }
}

fn load(signal: &mut [f64], from: &[f32]) {
    signal.fill(0.0);
    for (to, from) in signal.iter_mut().zip(from) {
        *to = f64::from(*from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise that is the same in each run.
    fn noise(frames: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..frames).map(|_| next()).collect()
    }

    fn find(first: &[f32], second: &[f32], most: u64, block: usize) -> Option<Offset> {
        let mut finder = OffsetFinder::new(Frames(most));
        let frames = first.len().max(second.len());
        let part =
            |of: &[f32], at: usize| of[at.min(of.len())..(at + block).min(of.len())].to_vec();
        for at in (0..frames).step_by(block) {
            finder.add(&part(first, at), &part(second, at));
        }
        finder.finish()
    }

    #[test]
    fn offsets_either_way_are_found_to_the_frame() {
        let sound = noise(50_000);
        for shift in [-900_i64, -1, 0, 1, 37, 1000] {
            for (gain, inverted) in [(0.25, false), (-1.0, true)] {
                let from = shift.unsigned_abs() as usize;
                let padded = |frames| [vec![0.0; frames], sound.clone()].concat();
                let (first, second) = match shift < 0 {
                    true => (padded(from), sound.clone()),
                    false => (sound.clone(), padded(from)),
                };
                let second: Vec<f32> = second.iter().map(|s| s * gain).collect();
                let found = find(&first, &second, 1000, 777).unwrap();
                assert_eq!((found.frames, found.inverted), (shift, inverted));
                assert!(
                    (found.exact_frames - shift as f64).abs() < 0.01,
                    "{found:?}"
                );
                assert!(found.correlation > 0.99, "{found:?}");
            }
        }
    }

    #[test]
    fn what_is_not_alike_correlates_little_and_silence_not_at_all() {
        let sound = noise(40_000);
        let other: Vec<f32> = noise(80_000)[40_000..].to_vec();
        assert!(find(&sound, &other, 500, 4096).unwrap().correlation < 0.1);
        assert_eq!(find(&sound, &[0.0; 100], 500, 4096), None);
        assert_eq!(find(&[], &[], 500, 4096), None);
    }
}

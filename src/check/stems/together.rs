//! Stems side by side, added up and held against the reference mix.

use std::path::Path;

use super::heard::Stem;
use super::tempo::Pulse;
use super::track::Track;
use crate::audio::{Block, QUANTUM};
use crate::measure::{LoudnessMeter, Offset, OffsetFinder, ThirdOctaves};
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// Largest offset that is looked for, in seconds.
const LARGEST_OFFSET_S: f64 = 1.0;

/// What is left below this is a match, in dB re the reference.
pub(super) const MATCH_DB: f64 = -60.0;

/// Both channels that everything is held against: mono is in both at 0 dB.
const SIDES: usize = 2;

/// What stems and reference are together.
#[derive(Debug)]
pub(super) struct Together {
    /// Products of stems, summed over frames and sides: row by row.
    gram: Vec<Vec<f64>>,
    /// Products of each stem and the reference, and of the reference and itself.
    with_reference: Vec<f64>,
    reference: f64,
    /// Reference less sum: power and peak.
    left: (f64, f64),
    /// Of the sum and of the reference: peak, power.
    sum_peak: f64,
    sum_power: f64,
    reference_peak: f64,
    pub(super) sum_lufs: Option<f64>,
    /// How the sum lies to the reference.
    pub(super) offset: Option<Offset>,
    pub(super) pulse: Pulse,
    /// Third octaves of sum and reference, in dB.
    spectra: [Vec<Option<f64>>; 2],
}

/// What is compared: stems with their shifts in frames, and the reference with its.
pub(super) struct Cast<'a> {
    pub(super) stems: Vec<&'a Stem>,
    pub(super) shifts: Vec<i64>,
    pub(super) reference: Option<(&'a Path, i64)>,
    pub(super) rate: SampleRate,
    /// How many frames are compared, if not all.
    pub(super) frames: Option<u64>,
}

impl Cast<'_> {
    fn open(&self) -> Result<(Vec<Track>, Option<Track>)> {
        let stems = self.stems.iter().zip(&self.shifts);
        let tracks = stems
            .map(|(stem, shift)| Track::open(&stem.audio.0, stem.audio.1, *shift))
            .collect::<Result<_>>()?;
        let reference = self
            .reference
            .map(|(path, shift)| Track::open(path, None, shift))
            .transpose()?;
        Ok((tracks, reference))
    }

    fn finder(&self) -> OffsetFinder {
        OffsetFinder::new(Frames((LARGEST_OFFSET_S * f64::from(self.rate.0)) as u64))
    }

    /// Plays everything once; `hear` gets the tracks and the reference for each stretch.
    fn play(
        &self,
        watch: &(dyn Fn(u64) -> bool + Sync),
        hear: &mut dyn FnMut(&[Track], Option<&Track>),
    ) -> Result<()> {
        let (mut tracks, mut reference) = self.open()?;
        let mut remaining = self.frames.unwrap_or(u64::MAX);
        while remaining > 0 {
            let mut is_more = false;
            for track in tracks.iter_mut().chain(&mut reference) {
                is_more |= track.read(QUANTUM)?;
                track.silence_from(remaining);
            }
            if !is_more {
                break;
            }
            remaining = remaining.saturating_sub(QUANTUM as u64);
            hear(&tracks, reference.as_ref());
            if !watch(QUANTUM as u64) {
                return Err(Error::Interrupted);
            }
        }
        Ok(())
    }

    /// Adds the stems up and measures.
    pub(super) fn together(&self, watch: &(dyn Fn(u64) -> bool + Sync)) -> Result<Together> {
        let count = self.stems.len();
        let mut loudness = LoudnessMeter::new(self.rate, &[1.0; SIDES]);
        let mut spectra = [0, 1].map(|_| ThirdOctaves::new(self.rate, SIDES));
        let mut finder = self.finder();
        let mut found = Together {
            gram: vec![vec![0.0; count]; count],
            with_reference: vec![0.0; count],
            reference: 0.0,
            left: (0.0, 0.0),
            sum_peak: 0.0,
            sum_power: 0.0,
            reference_peak: 0.0,
            sum_lufs: None,
            offset: None,
            pulse: Pulse::new(self.rate),
            spectra: [Vec::new(), Vec::new()],
        };
        let (mut sum, mut heard) = (sides(), sides());
        let mut exact = vec![0.0_f64; QUANTUM];
        let mut mono = [vec![0.0_f32; QUANTUM], vec![0.0_f32; QUANTUM]];
        self.play(watch, &mut |tracks, reference| {
            heard.clear();
            for side in 0..SIDES {
                exact.fill(0.0);
                for (row, track) in tracks.iter().enumerate() {
                    let own = track.side(side);
                    add(&mut exact, own);
                    for (column, other) in tracks.iter().enumerate().take(row + 1) {
                        found.gram[row][column] += product(own, other.side(side));
                    }
                    if let Some(reference) = reference {
                        found.with_reference[row] += product(own, reference.side(side));
                    }
                }
                for (to, sum) in sum.row_mut(side).iter_mut().zip(&exact) {
                    *to = *sum as f32;
                }
                if let Some(reference) = reference {
                    heard.row_mut(side).copy_from_slice(reference.side(side));
                }
                for (&sample, &sum) in heard.row(side).iter().zip(&exact) {
                    let sample = f64::from(sample);
                    found.reference += sample * sample;
                    found.reference_peak = found.reference_peak.max(sample.abs());
                    found.sum_power += sum * sum;
                    found.sum_peak = found.sum_peak.max(sum.abs());
                    found.left.0 += (sample - sum) * (sample - sum);
                    found.left.1 = found.left.1.max((sample - sum).abs());
                }
            }
            loudness.add(&sum);
            spectra[0].add(&sum);
            spectra[1].add(&heard);
            found.pulse.add(&sum);
            if reference.is_some() {
                mix(&heard, &mut mono[0]);
                mix(&sum, &mut mono[1]);
                finder.add(&mono[0], &mono[1]);
            }
        })?;
        found.sum_lufs = loudness.integrated();
        found.offset = finder.finish();
        found.spectra =
            spectra.map(|spectrum| spectrum.finish().iter().map(|band| band.level_db).collect());
        Ok(found)
    }

    /// How each stem lies to what the mix leaves of it when all others are taken away.
    pub(super) fn offsets(
        &self,
        watch: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Vec<Option<Offset>>> {
        let mut finders: Vec<OffsetFinder> = self.stems.iter().map(|_| self.finder()).collect();
        let mut left = vec![0.0_f64; QUANTUM];
        let mut target = vec![0.0_f32; QUANTUM];
        let mut own = vec![0.0_f32; QUANTUM];
        self.play(watch, &mut |tracks, reference| {
            let Some(reference) = reference else { return };
            left.fill(0.0);
            for (side, weight) in MIX {
                for (left, sample) in left.iter_mut().zip(reference.side(side)) {
                    *left += weight * f64::from(*sample);
                }
                for track in tracks {
                    for (left, sample) in left.iter_mut().zip(track.side(side)) {
                        *left -= weight * f64::from(*sample);
                    }
                }
            }
            for (finder, track) in finders.iter_mut().zip(tracks) {
                mix(&track.block, &mut own);
                for ((target, left), own) in target.iter_mut().zip(&left).zip(&own) {
                    *target = (left + f64::from(*own)) as f32;
                }
                finder.add(&target, &own);
            }
        })?;
        Ok(finders.into_iter().map(OffsetFinder::finish).collect())
    }

    /// What `gains` of the stems leave of the reference: level re the reference in dB, and the third octave in which
    /// most of it lies, in Hz.
    pub(super) fn residual(
        &self,
        gains: &[f64],
        watch: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<(f64, Option<f64>)> {
        let mut bands = ThirdOctaves::new(self.rate, SIDES);
        let mut left = sides();
        let (mut power, mut whole) = (0.0, 0.0);
        self.play(watch, &mut |tracks, reference| {
            let Some(reference) = reference else { return };
            for side in 0..SIDES {
                for (n, to) in left.row_mut(side).iter_mut().enumerate() {
                    let sample = f64::from(reference.side(side)[n]);
                    let sum: f64 = tracks
                        .iter()
                        .zip(gains)
                        .map(|(track, gain)| gain * f64::from(track.side(side)[n]))
                        .sum();
                    power += (sample - sum).powi(2);
                    whole += sample * sample;
                    *to = (sample - sum) as f32;
                }
            }
            bands.add(&left);
        })?;
        let bands = bands.finish();
        let loudest = bands
            .iter()
            .filter(|band| band.level_db.is_some())
            .max_by(|a, b| {
                let level =
                    |band: &crate::measure::Band| band.level_db.unwrap_or(f64::NEG_INFINITY);
                level(a).total_cmp(&level(b))
            });
        Ok((decibels(power, whole), loudest.map(|band| band.hz)))
    }
}

/// A stretch of both sides.
fn sides() -> Block {
    let mut block = Block::new(SIDES, QUANTUM);
    block.set_frames(QUANTUM);
    block
}

/// Weights of the sides in a mono mix in which opposite sides do not cancel.
const MIX: [(usize, f64); 2] = [(0, 1.0), (1, 0.73)];

fn mix(block: &Block, to: &mut [f32]) {
    let last = block.channels() - 1;
    for (n, to) in to.iter_mut().enumerate() {
        *to = MIX
            .iter()
            .map(|(side, weight)| *weight as f32 * block.row((*side).min(last))[n])
            .sum();
    }
}

fn add(to: &mut [f64], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += f64::from(*from);
    }
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    // Four sums, so that the additions do not wait for each other.
    let mut sums = [0.0_f64; 4];
    for (a, b) in a.chunks_exact(4).zip(b.chunks_exact(4)) {
        for n in 0..4 {
            sums[n] += f64::from(a[n]) * f64::from(b[n]);
        }
    }
    let whole = a.len() / 4 * 4;
    let rest: f64 = a[whole..]
        .iter()
        .zip(&b[whole..])
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum();
    sums.iter().sum::<f64>() + rest
}

/// A power ratio in dB; -400 for nothing.
fn decibels(power: f64, whole: f64) -> f64 {
    if power <= 0.0 || whole <= 0.0 {
        -400.0
    } else {
        10.0 * (power / whole).log10()
    }
}

impl Together {
    /// Peak of the sum in dBFS.
    pub(super) fn sum_peak_dbfs(&self) -> f64 {
        decibels(self.sum_peak * self.sum_peak, 1.0)
    }

    /// Peak of the reference in dBFS.
    pub(super) fn reference_peak_dbfs(&self) -> f64 {
        decibels(self.reference_peak * self.reference_peak, 1.0)
    }

    /// How much more this leaves of the reference than `part`, which ends earlier: in dB re the reference.
    pub(super) fn left_beyond_db(&self, part: &Self) -> f64 {
        decibels(self.left.0 - part.left.0, self.reference)
    }

    /// Reference less sum: level re the reference in dB, and peak in dBFS.
    pub(super) fn left_db(&self) -> (f64, f64) {
        (
            decibels(self.left.0, self.reference),
            decibels(self.left.1 * self.left.1, 1.0),
        )
    }

    /// Level of the difference of two stems in dB re the first; `None` if one is silent.
    pub(super) fn difference_db(&self, a: usize, b: usize) -> Option<f64> {
        let (a, b) = (a.max(b), a.min(b));
        let (first, second) = (self.gram[a][a], self.gram[b][b]);
        if first <= 0.0 || second <= 0.0 {
            return None;
        }
        // Below -120 dB the sums are no finer.
        Some(decibels(
            (first + second - 2.0 * self.gram[a][b]).max(1e-12 * first),
            first,
        ))
    }

    /// How loud stem `index` is against the reference, in dB.
    pub(super) fn share_db(&self, index: usize) -> f64 {
        decibels(self.gram[index][index], self.reference)
    }

    /// What is left of the reference at the best [gains](Self::gains), in dB re the reference.
    pub(super) fn best_left_db(&self) -> f64 {
        let explained: f64 = self
            .gains()
            .iter()
            .zip(&self.with_reference)
            .map(|(gain, product)| gain * product)
            .sum();
        // Below -120 dB the sums are no finer.
        decibels(
            (self.reference - explained).max(1e-12 * self.reference),
            self.reference,
        )
    }

    /// The one gain of all stems that leaves least of the reference, and what it leaves, in dB re the reference.
    pub(super) fn common_gain(&self) -> (f64, f64) {
        let product: f64 = self.with_reference.iter().sum();
        if self.sum_power <= 0.0 {
            return (1.0, decibels(self.left.0, self.reference));
        }
        let left = self.reference - product * product / self.sum_power;
        // Below -120 dB the sums are no finer.
        let left = left.max(1e-12 * self.reference);
        (product / self.sum_power, decibels(left, self.reference))
    }

    /// The gains of the stems that leave least of the reference (least squares; a stem that is silent has 1).
    pub(super) fn gains(&self) -> Vec<f64> {
        let count = self.gram.len();
        let at = |row: usize, column: usize| self.gram[row.max(column)][row.min(column)];
        // A trace of each diagonal keeps stems that are alike from being told apart by rounding.
        let mut lower = vec![vec![0.0; count]; count];
        for row in 0..count {
            for column in 0..=row {
                let done: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
                if row == column {
                    let diagonal = at(row, row);
                    lower[row][row] = (diagonal * (1.0 + 1e-9) - done)
                        .max(diagonal * 1e-12)
                        .sqrt();
                } else if lower[column][column] > 0.0 {
                    lower[row][column] = (at(row, column) - done) / lower[column][column];
                }
            }
        }
        let mut gains = vec![0.0; count];
        for row in 0..count {
            let done: f64 = (0..row).map(|k| lower[row][k] * gains[k]).sum();
            if lower[row][row] > 0.0 {
                gains[row] = (self.with_reference[row] - done) / lower[row][row];
            }
        }
        for row in (0..count).rev() {
            let done: f64 = (row + 1..count).map(|k| lower[k][row] * gains[k]).sum();
            gains[row] = if lower[row][row] > 0.0 {
                (gains[row] - done) / lower[row][row]
            } else {
                1.0
            };
        }
        gains
    }

    /// Whether the reference has the sum's spectrum within 1.5 dB but peaks that stand less high above it: by how many
    /// dB.
    pub(super) fn limited_db(&self) -> Option<f64> {
        let crest = |peak: f64, power: f64| 10.0 * (peak * peak / power).log10();
        let less =
            crest(self.sum_peak, self.sum_power) - crest(self.reference_peak, self.reference);
        let [sum, reference] = &self.spectra;
        let pairs = sum
            .iter()
            .zip(reference)
            .filter_map(|(sum, reference)| Some(sum.as_ref()? - reference.as_ref()?));
        let differences: Vec<f64> = pairs.collect();
        if differences.is_empty() {
            return None;
        }
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let spread =
            differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / differences.len() as f64;
        (less > 2.0 && spread.sqrt() < 1.5).then_some(less)
    }
}

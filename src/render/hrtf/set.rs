//! A set of head-related impulse responses as it was measured.

use std::fmt;

use super::bass::BassLift;
use super::diffuse_field::Equaliser;
use crate::geometry::Direction;
use crate::units::SampleRate;

/// Directions whose unit vectors differ by less than this (0.006 degrees) are one.
const SAME_DIRECTION: f64 = 1e-4;

/// A direction that was measured from farther away as well, within two degrees, is left out: what is measured nearer is
/// louder and has another colour.
const SHELL_DIRECTION: f64 = 0.035;

/// From how much farther away another measurement counts as one of another shell.
const SHELL_DISTANCE: f64 = 1.1;

/// Most taps of a response, its delay included: a third of a second at 48 kHz, far beyond any head.
const MOST_TAPS: usize = 16_384;

/// Most samples of one ear: 64 Mi, a thousand times the usual set.
const MOST_SAMPLES: usize = 1 << 26;

/// Samples above this (+60 dBFS) are no measurement but a damaged file.
const HIGHEST_SAMPLE: f32 = 1000.0;

/// What was measured, as it comes from a file.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// What people call the set.
    pub name: String,
    /// Its licence or citation, as the file has it.
    pub licence: String,
    /// Frames per second.
    pub rate: u32,
    /// Where the sources stood: x right, y front, z up; any length above 0.
    pub positions: Vec<[f64; 3]>,
    /// Taps of each response.
    pub taps: usize,
    /// The responses of the left and the right ear, one after the other.
    pub responses: [Vec<f32>; 2],
    /// Delays in frames of `rate` before the responses, left and right: none, one for all, or one for each.
    pub delays: [Vec<f64>; 2],
}

/// A set of head-related impulse responses on any grid of directions round the head.
///
/// - Every direction stands there once; there are at least four that do not lie on one plane with the head, or
///   a ring round it.
/// - All samples are finite, and neither ear is silent.
/// - Delays are part of the responses.
#[derive(Debug, Clone)]
pub struct HrtfSet {
    pub(super) name: String,
    pub(super) licence: String,
    pub(super) rate: SampleRate,
    pub(super) directions: Vec<Direction>,
    pub(super) taps: usize,
    pub(super) responses: [Vec<f32>; 2],
    /// The alignment of the responses in frames, if it is known: it takes a while to find.
    pub(super) alignment: Option<[Vec<f64>; 2]>,
    /// What makes the set diffuse-field flat, if it is known.
    pub(super) equaliser: Option<Equaliser>,
    /// Measurements without a sound at one ear, which are left out.
    pub(super) silent: usize,
    /// What the responses still lack below the equaliser's range: part of every filter, but too long for the responses.
    pub(super) bass: Option<BassLift>,
}

/// Why measurements are no usable set.
#[derive(Debug, Clone, PartialEq)]
pub struct SetFault {
    /// What is wrong ("the responses").
    pub at: &'static str,
    /// What was found and what is allowed.
    pub reason: String,
}

impl fmt::Display for SetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.reason)
    }
}

impl HrtfSet {
    /// How far a source in front may be from the stereo mix, in LU, before people hear that the set is louder or quieter.
    pub const FRONT_TOLERATED_LU: f64 = 1.0;

    /// The set of what was measured. Delays are put before the responses; a direction measured more than once counts
    /// once: as it was from farthest away, of equally far measurements the first.
    ///
    /// # Errors
    /// What makes the measurements unusable.
    pub fn new(measured: Measured) -> Result<Self, SetFault> {
        let fault = |at, reason: String| Err(SetFault { at, reason });
        let count = measured.positions.len();
        if count == 0 {
            return fault(
                "the positions",
                "there are none; a set needs at least four directions".to_owned(),
            );
        }
        if measured.taps == 0 || measured.taps > MOST_TAPS {
            return fault(
                "the responses",
                format!(
                    "they have {} taps; allowed are 1 to {MOST_TAPS}",
                    measured.taps
                ),
            );
        }
        if !(8000..=384_000).contains(&measured.rate) {
            return fault(
                "the sample rate",
                format!("it is {} Hz; allowed are 8000 to 384000", measured.rate),
            );
        }
        for (ear, responses) in ["left", "right"].into_iter().zip(&measured.responses) {
            if responses.len() != count * measured.taps {
                return fault(
                    "the responses",
                    format!(
                        "the {ear} ear has {} samples; {count} positions of {} taps need {}",
                        responses.len(),
                        measured.taps,
                        count * measured.taps
                    ),
                );
            }
            if let Some(at) = responses.iter().position(|x| !x.is_finite()) {
                return fault(
                    "the responses",
                    format!(
                        "tap {} of the {ear} ear at measurement {} is not a number",
                        at % measured.taps,
                        at / measured.taps + 1
                    ),
                );
            }
            if let Some(at) = responses.iter().position(|x| x.abs() > HIGHEST_SAMPLE) {
                return fault(
                    "the responses",
                    format!(
                        "tap {} of the {ear} ear at measurement {} is {:e}; a response stays below {HIGHEST_SAMPLE}",
                        at % measured.taps,
                        at / measured.taps + 1,
                        responses[at],
                    ),
                );
            }
            if responses.iter().all(|x| *x == 0.0) {
                return fault(
                    "the responses",
                    format!("the {ear} ear is silent; both ears are needed"),
                );
            }
        }
        let directions = unit_vectors(&measured.positions)?;
        let is_heard = |&i: &usize| {
            let of_ear = |ear: &Vec<f32>| {
                ear[i * measured.taps..][..measured.taps]
                    .iter()
                    .any(|x| *x != 0.0)
            };
            measured.responses.iter().all(of_ear)
        };
        let heard: Vec<usize> = (0..count).filter(is_heard).collect();
        let kept = distinct(&heard, &directions, &measured.positions);
        if kept.len() < 3 {
            let found = match kept.len() {
                1 => "all positions lie in one direction".to_owned(),
                n => format!("the positions lie in {n} directions"),
            };
            return fault(
                "the positions",
                format!("{found}; a set needs directions all round the head"),
            );
        }
        let (taps, responses) = delayed(&measured, &kept)?;
        Ok(Self {
            name: measured.name,
            licence: measured.licence,
            rate: SampleRate(measured.rate),
            directions: kept.iter().map(|&i| directions[i]).collect(),
            taps,
            responses,
            alignment: None,
            equaliser: None,
            silent: count - heard.len(),
            bass: None,
        })
    }

    /// Measurements without a sound at one ear: what is heard from there is put together from around, as where nothing
    /// was measured.
    pub fn silent_measurements(&self) -> usize {
        self.silent
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its licence or citation.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// Frames per second.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The directions, unit vectors; each once.
    pub fn directions(&self) -> &[Direction] {
        &self.directions
    }

    /// Taps of each response, delays included.
    pub fn taps(&self) -> usize {
        self.taps
    }

    /// The response of an ear (0 left, 1 right) to direction number `index`.
    ///
    /// # Panics
    /// If there is no such ear or direction.
    pub fn response(&self, ear: usize, index: usize) -> &[f32] {
        &self.responses[ear][index * self.taps..][..self.taps]
    }

    /// The delays in frames that bring each ear's responses in step, if they are known.
    pub fn alignment(&self) -> Option<&[Vec<f64>; 2]> {
        self.alignment.as_ref()
    }

    /// The same set, whose alignment is known: for each ear one delay in frames per direction.
    ///
    /// # Panics
    /// If there is not one delay for each direction.
    #[must_use]
    pub fn aligned(self, alignment: [Vec<f64>; 2]) -> Self {
        let count = self.directions.len();
        assert!(
            alignment.iter().all(|delays| delays.len() == count),
            "one delay for each direction"
        );
        Self {
            alignment: Some(alignment),
            ..self
        }
    }

    /// The set without the directions that `keep` refuses.
    ///
    /// # Errors
    /// Too few are left.
    pub fn thinned(&self, keep: impl Fn(&Direction) -> bool) -> Result<Self, SetFault> {
        let kept: Vec<usize> = (0..self.directions.len())
            .filter(|&i| keep(&self.directions[i]))
            .collect();
        Self::new(Measured {
            name: self.name.clone(),
            licence: self.licence.clone(),
            rate: self.rate.0,
            positions: kept.iter().map(|&i| self.directions[i].into()).collect(),
            taps: self.taps,
            responses: [0, 1].map(|ear| {
                let of = |&i: &usize| self.response(ear, i);
                kept.iter().flat_map(of).copied().collect()
            }),
            delays: Default::default(),
        })
    }

    /// For each direction the one on the other side of the median plane, if the right ear hears from there
    /// exactly what the left ear hears, throughout.
    pub(super) fn mirrored(&self) -> Option<Vec<usize>> {
        let count = self.directions.len();
        let mut pairs = Vec::with_capacity(count);
        for (i, direction) in self.directions.iter().enumerate() {
            let wanted = Direction::new(-direction.x, direction.y, direction.z);
            let near = |j: &usize| (self.directions[*j] - wanted).norm() < SAME_DIRECTION;
            let mirror = (0..count).find(near)?;
            if self.response(0, i) != self.response(1, mirror) {
                return None;
            }
            pairs.push(mirror);
        }
        Some(pairs)
    }
}

fn unit_vectors(positions: &[[f64; 3]]) -> Result<Vec<Direction>, SetFault> {
    positions
        .iter()
        .enumerate()
        .map(|(i, &[x, y, z])| {
            let v = Direction::new(x, y, z);
            let length = v.norm();
            if !length.is_finite() || length < 1e-9 {
                return Err(SetFault {
                    at: "the positions",
                    reason: format!(
                        "number {} ({x}, {y}, {z}) has no direction; a source stands away from the head",
                        i + 1
                    ),
                });
            }
            Ok(v / length)
        })
        .collect()
}

/// The numbers of those `heard` whose directions count, each once: where the source stood farthest, of equally far ones the
/// first.
fn distinct(heard: &[usize], directions: &[Direction], positions: &[[f64; 3]]) -> Vec<usize> {
    let distance = |i: usize| Direction::from(positions[i]).norm();
    let nearer = |a: usize, b: usize| distance(a) < (1.0 - SAME_DIRECTION) * distance(b);
    let mut order = heard.to_vec();
    order.sort_by(|&a, &b| directions[a].z.total_cmp(&directions[b].z).then(a.cmp(&b)));
    let mut repeats = vec![false; directions.len()];
    for (place, &i) in order.iter().enumerate() {
        let ahead = order[place + 1..].iter();
        for &j in ahead.take_while(|&&j| directions[j].z - directions[i].z < SHELL_DIRECTION) {
            let apart = (directions[i] - directions[j]).norm();
            let (first, later) = (i.min(j), i.max(j));
            let (near, far) = if nearer(first, later) {
                (first, later)
            } else {
                (later, first)
            };
            let is_same = apart < SAME_DIRECTION;
            let is_inner =
                apart < SHELL_DIRECTION && distance(far) > SHELL_DISTANCE * distance(near);
            repeats[near] |= is_same || is_inner;
        }
    }
    heard.iter().copied().filter(|&i| !repeats[i]).collect()
}

/// The responses of the measurements `kept`, each behind its delay, and how long they are then.
fn delayed(measured: &Measured, kept: &[usize]) -> Result<(usize, [Vec<f32>; 2]), SetFault> {
    let fault = |reason| {
        Err(SetFault {
            at: "the delays",
            reason,
        })
    };
    let count = measured.positions.len();
    let mut longest = 0.0_f64;
    for delays in &measured.delays {
        if ![0, 1, count].contains(&delays.len()) {
            return fault(format!(
                "there are {} for an ear; allowed is one, or one for each of the {count} positions",
                delays.len()
            ));
        }
        for &delay in delays {
            if !(0.0..=MOST_TAPS as f64).contains(&delay) {
                return fault(format!(
                    "one is {delay} frames; allowed are 0 to {MOST_TAPS}"
                ));
            }
            longest = longest.max(delay);
        }
    }
    // A delay between two frames needs a filter, which rings on.
    let fractional = measured
        .delays
        .iter()
        .flatten()
        .any(|d| d.fract().abs() > 1e-9);
    let ringing = if fractional { RINGING } else { 0 };
    let taps = measured.taps + longest.ceil() as usize + ringing;
    if taps > MOST_TAPS || taps * kept.len() > MOST_SAMPLES {
        return fault(format!(
            "with them the {} responses have {taps} taps; allowed are {MOST_TAPS}, and {MOST_SAMPLES} in all",
            kept.len()
        ));
    }
    let responses = [0, 1].map(|ear| {
        let mut all = vec![0.0; taps * kept.len()];
        for (to, &i) in all.chunks_exact_mut(taps).zip(kept) {
            let delays = &measured.delays[ear];
            let delay = match delays.len() {
                0 => 0.0,
                1 => delays[0],
                _ => delays[i],
            };
            let from = &measured.responses[ear][i * measured.taps..][..measured.taps];
            put_delayed(from, delay, to);
        }
        all
    });
    Ok((taps, responses))
}

/// Half the length of the filter of a delay between two frames.
const RINGING: usize = 32;

/// Writes `from`, `delay` frames later, to the silent `to`.
fn put_delayed(from: &[f32], delay: f64, to: &mut [f32]) {
    let whole = delay.round();
    let fraction = delay - whole;
    if fraction.abs() <= 1e-9 {
        to[whole as usize..][..from.len()].copy_from_slice(from);
        return;
    }
    // The band-limited interpolation between the frames, under a smooth window.
    for (n, slot) in to.iter_mut().enumerate() {
        let middle = n as f64 - delay;
        let first = (middle.round() as i64 - RINGING as i64).max(0);
        let last = (middle.round() as i64 + RINGING as i64).min(from.len() as i64 - 1);
        let mut sum = 0.0;
        for i in first..=last {
            let x = middle - i as f64;
            let at = std::f64::consts::PI * x;
            let sinc = if x.abs() < 1e-12 { 1.0 } else { at.sin() / at };
            let window = (std::f64::consts::FRAC_PI_2 * x / (RINGING as f64 + 1.0)).cos();
            sum += f64::from(from[i as usize]) * sinc * window * window;
        }
        *slot = sum as f32;
    }
}

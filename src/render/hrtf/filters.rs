//! A set prepared for rendering at one sample rate: spectra in step, and their delays apart.
//!
//! The filter of any direction is made of the three responses at the corners of the triangle that it lies in:
//! their spectra, each brought forward by its delay, are blended, and the blend of the delays is put back as a
//! linear phase. At a measured direction that is the measured response, exactly.

use std::f64::consts::TAU;

use rayon::prelude::*;
use realfft::num_complex::Complex;

use super::added::Added;
use super::alignment;
use super::bass::BassLift;
use super::between::Around;
use super::floor::Floor;
use super::grid::Grid;
use super::kept::Between;
use super::level::{self, Level};
use super::loops::{Add, LINE, Turn, Write};
use super::rate::RateConverter;
use super::set::{HrtfSet, SetFault};
use super::spectra;
use crate::dsp::Coefficients;
use crate::dsp::transform::Transform;
use crate::geometry::Direction;
use crate::units::{Hertz, SampleRate};

/// Seconds by which all filters are delayed, so that blended ones are causal: 20 frames at 48 kHz.
const LEAD_S: f64 = 20.0 / 48_000.0;

/// Sets of more directions are dense enough.
const SPARSE: usize = 600;

/// Seconds over which a delay between two frames rings on.
const RINGING_S: f64 = 32.0 / 48_000.0;

/// Lengths of transforms that are quick.
const LENGTHS: [usize; 14] = [
    1024, 1152, 1536, 2048, 2304, 3072, 4096, 4608, 6144, 8192, 9216, 12_288, 16_384, 32_768,
];

/// How a set is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preparation {
    /// Sample rate of the signals.
    pub rate: SampleRate,
    /// Frames of input that one transform takes in.
    pub hop: usize,
}

/// A set in the form in which it is played.
///
/// All filters have the same [lead](Self::lead_frames) and are at most `length - hop + 1` taps long, so that a
/// transform of the [length](Self::length) yields `hop` frames.
#[derive(Debug)]
pub struct Filters {
    grid: Grid,
    rate: SampleRate,
    length: usize,
    lead: usize,
    /// Floats of one plane: bins, padded to whole lines.
    stride: usize,
    /// For each direction and ear the real parts of its aligned spectrum, then the imaginary parts, divided by
    /// the length of the transform.
    spectra: Vec<f32>,
    /// For each direction the delays in frames of both ears.
    delays: Vec<[f64; 2]>,
    /// For each direction how loud it is.
    levels: Vec<Level>,
    /// Frames from the start of the frontal response to its onset.
    front_onset: usize,
    /// What every filter is to be followed by.
    bass: Option<BassLift>,
}

/// A direction's filter for both ears, to be built.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) struct Blend {
    corners: [usize; 3],
    shares: [f32; 3],
    /// Delay of each ear in frames, the lead included.
    delays: [f64; 2],
}

impl HrtfSet {
    /// True if it has so few directions that others are put between them.
    pub fn is_sparse(&self) -> bool {
        self.directions.len() <= SPARSE
    }
}

impl Filters {
    /// Prepares `set`. Its alignment is found if it is not known.
    ///
    /// # Errors
    /// The rate is below [`SampleRate::LOWEST_FILTERED`], the directions span no surface, or the rates have no common
    /// divisor.
    pub fn new(set: &HrtfSet, preparation: Preparation) -> Result<Self, SetFault> {
        Self::remembering(set, preparation, None)
    }

    /// As [`new`](Self::new), to the bit, in a fraction of the time if what is [`between`](Self::between) the measured
    /// directions is `known` from the same set and preparation. What has other directions or another length is
    /// passed over.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn remembering(
        set: &HrtfSet,
        preparation: Preparation,
        known: Option<&Between<'_>>,
    ) -> Result<Self, SetFault> {
        let Preparation { rate, hop } = preparation;
        if rate < SampleRate::LOWEST_FILTERED {
            return Err(SetFault {
                at: "the rate asked for",
                reason: format!(
                    "it is {rate}; ears are made for {} and more",
                    SampleRate::LOWEST_FILTERED
                ),
            });
        }
        let grid = Grid::new(&set.directions)?;
        let alignment = match &set.alignment {
            Some(known) => known.clone(),
            None => alignment::of_set(set, &grid),
        };
        let coarse = grid.clone();
        let grid = match set.is_sparse() {
            true => coarse.densified(),
            false => grid,
        };
        let ratio = f64::from(rate.0) / f64::from(set.rate.0);
        let in_frames = |seconds: f64| (seconds * f64::from(rate.0)).round() as usize;
        let lead = in_frames(LEAD_S);
        let taps = (set.taps as f64 * ratio).ceil() as usize;
        let whole = taps + lead + in_frames(RINGING_S) + hop;
        let Some(length) = LENGTHS.into_iter().find(|length| *length >= whole) else {
            return Err(SetFault {
                at: "the responses",
                reason: format!("they have {taps} taps at {rate}; shorten them"),
            });
        };
        // Fail before the work, not in it.
        RateConverter::new(set.taps, set.rate, rate)?;
        let mirrored = set.mirrored();
        let measured = set.directions.len();
        let mut delays: Vec<[f64; 2]> = (0..measured)
            .map(|i| [0, 1].map(|ear: usize| alignment[ear][i] * ratio))
            .collect();
        let spectra = spectra::of_set(set, rate, length, mirrored.as_deref());
        let added = grid
            .rims
            .iter()
            .map(|rim| Added::rim(rim, &delays, &spectra, length));
        let mut added: Vec<Added> = added.collect();
        let around = Around {
            directions: &set.directions,
            floor: &Floor::of(&coarse),
            delays: &delays,
            spectra: &spectra,
            length,
            rate: f64::from(rate.0),
        };
        let bins = length / 2 + 1;
        let stride = bins.next_multiple_of(LINE);
        let known = known.filter(|known| known.fits(grid.between(), 4 * stride));
        if known.is_none() {
            added.extend(around.interpolated(grid.between()));
        }
        delays.extend(added.iter().map(|rim| rim.delays));
        delays.extend(known.into_iter().flat_map(|known| known.delays.iter()));
        let mut filters = Self {
            rate,
            length,
            lead,
            stride,
            spectra: vec![0.0; grid.directions.len() * 4 * stride],
            delays,
            levels: Vec::new(),
            front_onset: 0,
            bass: set.bass,
            grid,
        };
        let all = spectra.iter().chain(added.iter().map(|rim| &rim.spectra));
        let planes = filters.spectra.par_chunks_exact_mut(4 * stride);
        let all: Vec<_> = all.zip(&filters.delays).collect();
        planes.zip(all).for_each(|(planes, (spectra, delays))| {
            for ear in 0..2 {
                let (re, im) = planes[2 * ear * stride..][..2 * stride].split_at_mut(stride);
                for (bin, value) in spectra[ear].iter().enumerate() {
                    let turn = TAU * bin as f64 * delays[ear] / length as f64;
                    let value = value * Complex::cis(turn) / length as f64;
                    (re[bin], im[bin]) = (value.re as f32, value.im as f32);
                }
            }
        });
        if let Some(known) = known {
            let start = filters.spectra.len() - known.spectra.len();
            filters.spectra[start..].copy_from_slice(&known.spectra);
        }
        filters.levels = filters.measured_levels();
        filters.front_onset = filters.onset(&crate::geometry::direction(0.0, 0.0));
        Ok(filters)
    }

    /// What was put between the measured directions; `None` if nothing was.
    pub fn between(&self) -> Option<Between<'_>> {
        let directions = self.grid.between();
        let first = self.delays.len() - directions.len();
        (!directions.is_empty()).then(|| Between {
            directions: directions.into(),
            delays: self.delays[first..].into(),
            spectra: self.spectra[first * 4 * self.stride..].into(),
        })
    }

    fn measured_levels(&self) -> Vec<Level> {
        // The spectra are divided by the length of the transform.
        let scale = (self.length * self.length) as f64;
        let bin = Hertz(f64::from(self.rate.0) / self.length as f64);
        let levels = level::of_spectra(&self.spectra, self.stride, bin, |at| self.lift(at));
        let scaled = |level| Level::blended(std::iter::once((scale, level)));
        levels.into_iter().map(scaled).collect()
    }

    /// The gain at a frequency of the section that every filter is to be followed by.
    pub(in crate::render) fn lift(&self, at: Hertz) -> f64 {
        self.bass.map_or(1.0, |bass| bass.gain(at))
    }

    /// The section itself, which gives back bass that the measurement lacks, and the seconds it rings.
    pub(in crate::render) fn bass_section(&self) -> Option<(Coefficients, f64)> {
        let bass = self.bass?;
        Some((bass.section(self.rate), bass.ringing_s()))
    }

    /// How loud a source in `direction` is.
    pub fn level(&self, direction: &Direction) -> Level {
        let place = self.grid.place(direction);
        let corners = place.corners.iter().zip(place.shares);
        Level::blended(corners.map(|(&i, share)| (share, self.levels[i])))
    }

    /// The same in one figure: pink noise of power 1 for both ears together, as power, in the sense of ITU-R BS.1770.
    pub fn loudness(&self, direction: &Direction) -> f64 {
        self.level(direction).loudness
    }

    /// Frames per second.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Length of the transforms in frames.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Frames by which every filter is late: the response of a measured direction begins so many frames after
    /// the filter does.
    pub fn lead_frames(&self) -> usize {
        self.lead
    }

    /// Frames from the beginning of the frontal response to its onset: how long its sound is on its way.
    pub fn front_onset_frames(&self) -> usize {
        self.front_onset
    }

    /// Bytes of memory that the spectra take.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.spectra[..])
    }

    /// Directions there are filters of, those that close holes included.
    pub fn directions(&self) -> usize {
        self.grid.directions.len()
    }

    /// Floats of one plane of a filter's spectrum; a filter has four: left real and imaginary, right real and
    /// imaginary.
    pub(in crate::render) fn stride(&self) -> usize {
        self.stride
    }

    /// What the filter of `direction`, a unit vector, is made of.
    #[inline]
    pub(in crate::render) fn blend(&self, direction: &Direction) -> Blend {
        let place = self.grid.place(direction);
        let delays = [0, 1].map(|ear| {
            let corners = place.corners.iter().zip(place.shares);
            let blended: f64 = corners.map(|(&i, share)| share * self.delays[i][ear]).sum();
            blended + self.lead as f64
        });
        Blend {
            corners: place.corners,
            shares: place.shares.map(|share| share as f32),
            delays,
        }
    }

    /// Writes the spectra of a blend to the four planes of `to`, divided by the length of the transform.
    ///
    /// # Panics
    /// If `to` has not four planes.
    pub(in crate::render) fn write(&self, arch: pulp::Arch, blend: &Blend, to: &mut [f32]) {
        assert_eq!(to.len(), 4 * self.stride, "four planes");
        for (ear, planes) in to.chunks_exact_mut(2 * self.stride).enumerate() {
            arch.dispatch(Write {
                corners: self.corners(blend, ear),
                shares: blend.shares,
                turn: self.phase(blend, ear),
                to: planes,
            });
            // Both ends of the spectrum of a real signal are real.
            let bins = self.length / 2;
            planes[self.stride] = 0.0;
            planes[self.stride + bins] = 0.0;
            for plane in planes.chunks_exact_mut(self.stride) {
                plane[bins + 1..].fill(0.0);
            }
        }
    }

    /// Adds the spectrum `x`, two planes, through `filter`, four planes, to `sum`, four planes.
    pub(in crate::render) fn add(arch: pulp::Arch, x: &[f32], filter: &[f32], sum: &mut [f32]) {
        arch.dispatch(Add { x, filter, sum });
    }

    /// Adds the spectrum `x`, two planes, to three sums of four planes: through `filter`, four planes, and through
    /// the filters of two blends. `filter` is then that of the second.
    pub(in crate::render) fn turn(
        &self,
        arch: pulp::Arch,
        blends: &[Blend; 2],
        x: &[f32],
        filter: &mut [f32],
        sums: &mut [Vec<f32>; 3],
    ) {
        let both = 2 * self.stride;
        for ear in 0..2 {
            let [a, b, c] = &mut *sums;
            let of_ear = ear * both..(ear + 1) * both;
            arch.dispatch(Turn {
                corners: blends.each_ref().map(|blend| self.corners(blend, ear)),
                shares: blends.each_ref().map(|blend| blend.shares),
                turns: blends.each_ref().map(|blend| self.phase(blend, ear)),
                x,
                filter: &mut filter[of_ear.clone()],
                sums: [a, b, c].map(|sum| &mut sum[of_ear.clone()]),
            });
        }
    }

    /// The aligned spectra of a blend's corners for an ear, two planes each.
    #[inline(always)]
    fn corners(&self, blend: &Blend, ear: usize) -> [&[f32]; 3] {
        let both = 2 * self.stride;
        blend
            .corners
            .map(|corner| &self.spectra[(2 * corner + ear) * both..][..both])
    }

    /// The phase of bin 1 that a blend's delay is for an ear, in radians.
    #[inline(always)]
    fn phase(&self, blend: &Blend, ear: usize) -> f64 {
        -TAU * blend.delays[ear] / self.length as f64
    }

    /// The taps of the filter of `direction` for both ears, lead included; of an equalised set without the section that
    /// lifts its bass.
    pub fn taps(&self, direction: &Direction) -> [Vec<f64>; 2] {
        let mut planes = vec![0.0; 4 * self.stride];
        self.write(pulp::Arch::new(), &self.blend(direction), &mut planes);
        let mut transform = Transform::new(self.length);
        [0, 1].map(|ear| {
            let (re, im) = planes[2 * ear * self.stride..][..2 * self.stride].split_at(self.stride);
            for (bin, slot) in transform.spectrum.iter_mut().enumerate() {
                *slot = Complex::new(f64::from(re[bin]), f64::from(im[bin]));
            }
            transform.inverse();
            transform.signal.clone()
        })
    }

    /// Frames to the first tap of a direction's response that is within 30 dB of its highest, of the nearer
    /// ear.
    fn onset(&self, direction: &Direction) -> usize {
        let onsets = self.taps(direction).map(|taps| {
            let highest = taps.iter().fold(0.0, |most: f64, tap| most.max(tap.abs()));
            let above = taps.iter().position(|tap| tap.abs() > highest * 0.0316);
            above.unwrap_or(0).saturating_sub(self.lead)
        });
        onsets[0].min(onsets[1])
    }
}

//! Plays any number of mono sources to two ears, each through the filter of its direction.
//!
//! Time is cut into hops on the grid of absolute frames. In each hop a source takes one forward transform; its
//! spectrum is multiplied by its filters and summed with all others', so that the inverse transforms are shared
//! (overlap-save). Where a source turns, the outputs of the filters at the borders of the hop's grains are
//! cross-faded, each in turn into the next: a filter belongs to the direction at its border.

use std::sync::Arc;

use pulp::NullaryFnOnce;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::geometry::Direction;
use crate::render::hrtf::Filters;

/// Frames that one transform takes in.
pub(in crate::render) const HOP: usize = 512;

/// Frames from one filter to the next where a source turns.
pub(in crate::render) const GRAIN: usize = 256;

/// Grains of a hop.
pub(in crate::render) const GRAINS: usize = HOP / GRAIN;

const FITS: &str = "the buffers are of the plan's lengths";

/// Where a source is heard from during a hop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::render) struct Heading {
    /// Directions at the end of each grain.
    pub(in crate::render) ends: [Direction; GRAINS],
    /// The source was silent up to now: it turns at once, without a fade from where it was.
    pub(in crate::render) anew: bool,
}

impl Heading {
    /// A source that stands still.
    pub(in crate::render) fn still(direction: Direction) -> Self {
        Self {
            ends: [direction; GRAINS],
            anew: false,
        }
    }
}

/// Groups of sources that may be worked on side by side; as many on one thread, so that sums are the same.
const GROUPS: usize = 2;

/// The sources, their filters and the sums.
pub(in crate::render) struct Ears {
    filters: Arc<Filters>,
    groups: [Group; GROUPS],
    inverse: Arc<dyn ComplexToReal<f32>>,
    signal: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Where each source keeps the present hop.
    newest: usize,
    /// What comes out of the hop processed last.
    ready: [Vec<f32>; 2],
}

/// Every source whose number leaves the same rest, and their sums.
struct Group {
    arch: pulp::Arch,
    sources: Vec<Source>,
    forward: Arc<dyn RealToComplex<f32>>,
    signal: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Real and imaginary parts of the spectrum at hand.
    planes: Vec<f32>,
    /// Sum of what stands still.
    steady: Vec<f32>,
    any_steady: bool,
    /// Sums of what turns, through the filters at each border of the grains.
    turning: [Vec<f32>; GRAINS + 1],
    any_turning: bool,
}

/// One source.
struct Source {
    /// The hops heard last, as many as reach over a transform, each at the place of its number.
    heard: Vec<f32>,
    /// Its filter at the end of the last hop: four planes.
    filter: Vec<f32>,
    /// Where that filter belongs.
    direction: Option<Direction>,
    /// The filter is that of the direction.
    built: bool,
    /// Frames of silence up to now.
    quiet: usize,
}

impl Ears {
    /// Ears for `count` sources, silent up to now.
    pub(in crate::render) fn new(filters: Arc<Filters>, count: usize) -> Self {
        let length = filters.length();
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(length);
        let inverse = planner.plan_fft_inverse(length);
        let groups = std::array::from_fn(|group| {
            let sources = (group..count).step_by(GROUPS).count();
            Group::new(&filters, Arc::clone(&forward), sources)
        });
        Self {
            groups,
            signal: vec![0.0; length],
            spectrum: vec![Complex::default(); length / 2 + 1],
            scratch: vec![Complex::default(); inverse.get_scratch_len()],
            newest: 0,
            ready: [0, 1].map(|_| vec![0.0; HOP]),
            inverse,
            filters,
        }
    }

    /// What is heard, one hop late, by the left (0) or right (1) ear.
    pub(in crate::render) fn ready(&self, ear: usize) -> &[f32] {
        &self.ready[ear]
    }

    /// Frames of input before the present hop that its output depends on.
    pub(in crate::render) fn memory_frames(&self) -> usize {
        self.filters.length() + HOP
    }

    /// Takes in a hop of every source: `input` gives its frames, `heading` where it is heard from. On a worker of
    /// several threads the groups are worked on side by side.
    pub(in crate::render) fn turn<'a>(
        &mut self,
        input: impl Fn(usize) -> &'a [f32] + Sync,
        heading: impl Fn(usize) -> Heading + Sync,
    ) {
        let hops = self.signal.len().div_ceil(HOP);
        self.newest = (self.newest + HOP) % (hops * HOP);
        let (filters, newest) = (&*self.filters, self.newest);
        let work = |(number, group): (usize, &mut Group)| {
            let input = |n: usize| input(GROUPS * n + number);
            let heading = |n: usize| heading(GROUPS * n + number);
            group.turn(filters, newest, input, heading);
        };
        let [first, second] = &mut self.groups;
        if rayon::current_thread_index().is_some() && rayon::current_num_threads() > 1 {
            rayon::join(|| work((0, first)), || work((1, second)));
        } else {
            work((0, first));
            work((1, second));
        }
        self.sound();
    }

    /// Makes what is heard of the sums.
    fn sound(&mut self) {
        let any_steady = self.groups.iter().any(|group| group.any_steady);
        let any_turning = self.groups.iter().any(|group| group.any_turning);
        for ear in 0..2 {
            self.ready[ear].fill(0.0);
            if any_steady {
                self.inverse(ear, None);
                let from = self.signal.len() - HOP;
                self.ready[ear].copy_from_slice(&self.signal[from..]);
            }
            for border in 0..=GRAINS {
                if !any_turning {
                    break;
                }
                self.inverse(ear, Some(border));
                let from = self.signal.len() - HOP;
                let sound = &self.signal[from..];
                let ready = &mut self.ready[ear];
                // Rises in the grain before its border, falls in the one after it.
                if border > 0 {
                    let grain = (border - 1) * GRAIN..border * GRAIN;
                    let pairs = ready[grain.clone()].iter_mut().zip(&sound[grain]);
                    for (i, (ready, sound)) in pairs.enumerate() {
                        *ready += sound * (i as f32 / GRAIN as f32);
                    }
                }
                if border < GRAINS {
                    let grain = border * GRAIN..(border + 1) * GRAIN;
                    let pairs = ready[grain.clone()].iter_mut().zip(&sound[grain]);
                    for (i, (ready, sound)) in pairs.enumerate() {
                        *ready += sound * (1.0 - i as f32 / GRAIN as f32);
                    }
                }
            }
        }
    }

    /// Writes the signal of the groups' sums for an ear: of what turns, at a border, or of what stands still.
    fn inverse(&mut self, ear: usize, border: Option<usize>) {
        let stride = self.filters.stride();
        self.spectrum.fill(Complex::default());
        for group in &self.groups {
            let sum = border.map_or(&group.steady, |border| &group.turning[border]);
            let is_heard = border.map_or(group.any_steady, |_| group.any_turning);
            let (re, im) = sum[2 * ear * stride..][..2 * stride].split_at(stride);
            for ((slot, re), im) in self.spectrum.iter_mut().zip(re).zip(im) {
                if is_heard {
                    *slot += Complex::new(*re, *im);
                }
            }
        }
        let last = self.spectrum.len() - 1;
        for end in [0, last] {
            self.spectrum[end].im = 0.0;
        }
        self.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.signal, &mut self.scratch)
            .expect(FITS);
    }

    /// Forgets everything heard.
    pub(in crate::render) fn reset(&mut self) {
        self.groups.iter_mut().for_each(Group::reset);
        self.ready.iter_mut().for_each(|ready| ready.fill(0.0));
    }
}

impl Group {
    fn new(filters: &Filters, forward: Arc<dyn RealToComplex<f32>>, count: usize) -> Self {
        let length = filters.length();
        let four = || vec![0.0; 4 * filters.stride()];
        let sources = (0..count).map(|_| Source {
            heard: vec![0.0; length.next_multiple_of(HOP)],
            filter: four(),
            direction: None,
            built: false,
            quiet: length + HOP,
        });
        Self {
            arch: pulp::Arch::new(),
            sources: sources.collect(),
            signal: vec![0.0; length],
            spectrum: vec![Complex::default(); length / 2 + 1],
            scratch: vec![Complex::default(); forward.get_scratch_len()],
            planes: vec![0.0; 2 * filters.stride()],
            steady: four(),
            any_steady: false,
            turning: std::array::from_fn(|_| four()),
            any_turning: false,
            forward,
        }
    }

    /// Sums up what its sources play.
    fn turn<'a>(
        &mut self,
        filters: &Filters,
        newest: usize,
        input: impl Fn(usize) -> &'a [f32],
        heading: impl Fn(usize) -> Heading,
    ) {
        self.steady.fill(0.0);
        (self.any_steady, self.any_turning) = (false, false);
        for index in 0..self.sources.len() {
            let heading = heading(index);
            if !self.hear(index, newest, input(index)) {
                let source = &mut self.sources[index];
                let last = heading.ends[GRAINS - 1];
                source.built &= source.direction == Some(last);
                source.direction = Some(last);
                continue;
            }
            self.transform(filters.stride());
            let source = &mut self.sources[index];
            let begin = match source.direction {
                Some(direction) if !heading.anew => direction,
                _ => heading.ends[0],
            };
            if !source.built || source.direction != Some(begin) {
                filters.write(self.arch, &filters.blend(&begin), &mut source.filter);
            }
            source.built = true;
            source.direction = Some(heading.ends[GRAINS - 1]);
            if heading.ends.iter().all(|end| *end == begin) {
                self.any_steady = true;
                Filters::add(self.arch, &self.planes, &source.filter, &mut self.steady);
                continue;
            }
            if !self.any_turning {
                self.turning.iter_mut().for_each(|sum| sum.fill(0.0));
                self.any_turning = true;
            }
            let blends = heading.ends.map(|end| filters.blend(&end));
            filters.turn(
                self.arch,
                &blends,
                &self.planes,
                &mut source.filter,
                &mut self.turning,
            );
        }
    }

    /// Takes a hop of a source in; false if nothing it remembers makes a sound.
    fn hear(&mut self, index: usize, newest: usize, input: &[f32]) -> bool {
        let source = &mut self.sources[index];
        let length = self.signal.len();
        let is_silent = input.iter().all(|sample| *sample == 0.0);
        source.quiet = if is_silent { source.quiet + HOP } else { 0 };
        if source.quiet >= length + HOP {
            source.quiet = length + HOP;
            // What is kept at this place is heard no more.
            source.heard[newest..][..HOP].fill(0.0);
            return false;
        }
        source.heard[newest..][..HOP].copy_from_slice(input);
        // From the oldest frame that counts on, round the end.
        let end = newest + HOP;
        let first = (end + source.heard.len() - length) % source.heard.len();
        let (older, newer) = match first < end {
            true => (&source.heard[first..end], &[][..]),
            false => (&source.heard[first..], &source.heard[..end]),
        };
        self.signal[..older.len()].copy_from_slice(older);
        self.signal[older.len()..].copy_from_slice(newer);
        true
    }

    /// The spectrum of the signal at hand, as planes.
    fn transform(&mut self, stride: usize) {
        self.forward
            .process_with_scratch(&mut self.signal, &mut self.spectrum, &mut self.scratch)
            .expect(FITS);
        let (re, im) = self.planes.split_at_mut(stride);
        self.arch.dispatch(Split {
            spectrum: &self.spectrum,
            re,
            im,
        });
    }

    fn reset(&mut self) {
        for source in &mut self.sources {
            source.heard.fill(0.0);
            source.quiet = self.signal.len() + HOP;
            source.direction = None;
            source.built = false;
        }
    }
}

impl std::fmt::Debug for Ears {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ears")
            .field("transform", &self.signal.len())
            .finish_non_exhaustive()
    }
}

/// Takes a spectrum apart, compiled once for each instruction set.
struct Split<'a> {
    spectrum: &'a [Complex<f32>],
    re: &'a mut [f32],
    im: &'a mut [f32],
}

impl NullaryFnOnce for Split<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let count = self.spectrum.len();
        let (re, im) = (&mut self.re[..count], &mut self.im[..count]);
        for ((bin, re), im) in self.spectrum.iter().zip(re).zip(im) {
            (*re, *im) = (bin.re, bin.im);
        }
    }
}

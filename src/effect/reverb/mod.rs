//! A reverberator with any number of decorrelated outputs: one room for stereo, loudspeakers and headphones.
//!
//! Sixteen segments, each a delay line and an all-pass filter, stand in one ring; the sound enters all of them, and
//! every output hears four. Each d frames of way lose 60 dB · d / (rate · RT60), in the lines as in the all-pass
//! filters; shelves in the ring make tones decay in times of their own.
//!
//! A network of lines that feed each other through a matrix (Jot and Chaigne, "Digital delay networks for designing
//! artificial reverberators", 1991) has resonances of one decay but of heights that scatter like those of a real room:
//! its decay in an octave is off by several per cent at random. Round a ring of all-pass filters every pass carries
//! the same power at every frequency, so that all resonances are equally high and the decay is straight. For that
//! the ring must be short against the decay: it shrinks with RT60.

mod decay;
mod keys;
mod line;
mod styles;

use decay::Decay;
pub use decay::{MOST_POINTS, Times};
pub use keys::{Bands, Decay as DecayKey, DecayPoint, ReverbSettings};
use line::{AllPass, Line, settle};
pub use styles::ReverbStyle;

use crate::audio::{Block, Passage, PassageMut};
use crate::dsp::biquad::Fixed;
use crate::dsp::lanes::{CHUNK, Cut, chunks, single};
use crate::dsp::{Coefficients, DelayLine};
use crate::units::{Frames, Hertz, SampleRate};

/// Segments of the ring.
const SEGMENTS: usize = 16;

/// Segments behind which the shelves stand: every second.
const SHELVED: usize = SEGMENTS / 2;

/// Most outputs.
pub const MOST_OUTPUTS: usize = SEGMENTS;

/// Frames processed together; no delay is shorter.
const RUN: usize = CHUNK;

/// Longest stretch in seconds that is listened to, to level the outputs.
const LEVELLED_S: f64 = 4.0;

/// What a [`Reverb`] is set to.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    /// The kind of room.
    pub style: ReverbStyle,
    /// Times in which the sound decays by 60 dB.
    pub times: Times,
    /// Delay before the first reflection, in seconds.
    pub pre_delay_s: f64,
    /// Tones below are kept out of the room.
    pub high_pass: Hertz,
    /// Tones above are kept out of the room.
    pub low_pass: Hertz,
}

impl Room {
    /// The usual room of a style.
    pub fn of(style: ReverbStyle) -> Self {
        Self {
            style,
            times: Times::all(style.usual_rt60_s()),
            pre_delay_s: style.usual_pre_delay_s(),
            high_pass: Hertz(120.0),
            low_pass: Hertz(9000.0),
        }
    }
}

/// One or two inputs, up to [`MOST_OUTPUTS`] outputs.
///
/// - The outputs share an impulse's power evenly, and together carry as much as came in, whatever the
///   decay: 0 dB of send is as loud as the dry sound.
/// - The same to the last bit for every length of block; nothing is allocated after construction.
/// - Linear and constant in time: what is played in parts adds up to what is played at once.
#[derive(Debug)]
pub struct Reverb {
    inputs: Vec<Input>,
    segments: Vec<Segment>,
    shelves: Vec<Fixed<SHELVED>>,
    outputs: Vec<Output>,
    /// What comes out of the segments' lines.
    runs: [[f32; RUN]; SEGMENTS],
    position: u64,
}

/// One side of what comes in.
#[derive(Debug)]
struct Input {
    pre_delay: DelayLine,
    filters: [Fixed<1>; 2],
    diffuser: Vec<AllPass>,
    run: [f32; RUN],
}

/// A part of the ring: it is heard behind its line, and new sound enters behind its all-pass filter.
#[derive(Debug)]
struct Segment {
    line: Line,
    /// What is left at the line's end.
    gain: f32,
    all_pass: AllPass,
    /// Level at which the sound enters.
    entry: f32,
}

/// One output.
#[derive(Debug)]
struct Output {
    /// The segments it hears, with signs.
    taps: [(usize, f32); styles::TAPS],
    /// All-pass filters of its own.
    diffuser: Vec<AllPass>,
    level: f32,
}

impl Reverb {
    /// A room that is silent yet.
    ///
    /// # Panics
    /// If there are not one or two inputs and 1 to [`MOST_OUTPUTS`] outputs.
    pub fn new(settings: &Room, inputs: usize, outputs: usize, rate: SampleRate) -> Self {
        assert!((1..=2).contains(&inputs), "one or two inputs");
        assert!((1..=MOST_OUTPUTS).contains(&outputs), "1 to 16 outputs");
        let decay = Decay::new(&settings.times, rate);
        let kept = decay.kept();
        let plan = settings.style.plan(settings.times.mid_s(), rate);
        let all_passes = |delays: &[(usize, f64)]| -> Vec<AllPass> {
            let filter = |&(delay, gain): &(usize, f64)| AllPass::new(delay, gain, kept);
            delays.iter().map(filter).collect()
        };
        let input = |side: usize| Input {
            pre_delay: DelayLine::new(0),
            filters: [
                Coefficients::highpass(settings.high_pass, 0.707, rate),
                Coefficients::lowpass(settings.low_pass, 0.707, rate),
            ]
            .map(Fixed::new),
            diffuser: all_passes(&plan.diffusion(match inputs {
                1 => styles::Side::Middle,
                _ if side == 0 => styles::Side::Left,
                _ => styles::Side::Right,
            })),
            run: [0.0; RUN],
        };
        let per_segment = (1.0 / (SEGMENTS / inputs) as f32).sqrt();
        let segments: Vec<Segment> = (0..SEGMENTS)
            .map(|n| {
                let (line, all_pass, gain) = plan.segment(n);
                Segment {
                    line: Line::new(line),
                    gain: kept.powf(line as f64) as f32,
                    all_pass: AllPass::new(all_pass, gain, kept),
                    entry: styles::entry_sign(n) * per_segment,
                }
            })
            .collect();
        let way: usize = segments
            .iter()
            .map(|segment| segment.line.delay() + segment.all_pass.delay())
            .sum();
        let output = |k: usize| Output {
            taps: styles::taps(k),
            diffuser: all_passes(&plan.output_diffusion(k)),
            level: 1.0,
        };
        let mut reverb = Self {
            inputs: (0..inputs).map(input).collect(),
            segments,
            shelves: decay
                .filters(way as f64 / SHELVED as f64)
                .into_iter()
                .map(Fixed::new)
                .collect(),
            outputs: (0..outputs).map(output).collect(),
            runs: [[0.0; RUN]; SEGMENTS],
            position: 0,
        };
        reverb.level_outputs(settings.times.longest_s(), rate);
        let pre_delay = rate.frame_at(settings.pre_delay_s).0 as usize;
        for input in &mut reverb.inputs {
            input.pre_delay = DelayLine::new(pre_delay);
        }
        reverb
    }

    /// Sets the outputs' levels so that they share the power of an impulse as evenly as can be, whether it comes from
    /// either side or the middle.
    fn level_outputs(&mut self, rt60_s: f64, rate: SampleRate) {
        let outputs = self.outputs.len();
        let mut input = Block::new(self.inputs.len(), RUN);
        let mut output = Block::new(outputs, RUN);
        input.set_frames(RUN);
        output.set_frames(RUN);
        let heard_s = (0.7 * rt60_s).min(LEVELLED_S);
        let frames = rate.frame_at(heard_s).0 as usize;
        let mut least = [f64::INFINITY; MOST_OUTPUTS];
        let mut most = [0.0_f64; MOST_OUTPUTS];
        let middle = 0.5_f32.sqrt();
        let impulses: &[&[f32]] = match self.inputs.len() {
            1 => &[&[1.0]],
            _ => &[&[1.0, 0.0], &[0.0, 1.0], &[middle, middle]],
        };
        for impulse in impulses {
            self.reset();
            let mut power = [0.0_f64; MOST_OUTPUTS];
            for (row, level) in impulse.iter().enumerate() {
                input.row_mut(row)[0] = *level;
            }
            for _ in 0..frames.div_ceil(RUN) {
                self.play(input.whole(), &mut output.whole_mut());
                for (power, row) in power.iter_mut().zip(output.rows()) {
                    let squares = row.iter().map(|&x| f64::from(x) * f64::from(x));
                    *power += squares.sum::<f64>();
                }
                for row in 0..impulse.len() {
                    input.row_mut(row)[0] = 0.0;
                }
            }
            for (k, power) in power.into_iter().enumerate() {
                least[k] = least[k].min(power);
                most[k] = most[k].max(power);
            }
        }
        // What a long decay has left after that.
        let left = 10f64.powf(-6.0 * heard_s / rt60_s);
        for (output, (least, most)) in self.outputs.iter_mut().zip(least.iter().zip(most)) {
            let share = (least * most).sqrt() / (1.0 - left) * outputs as f64;
            output.level = share.max(1e-12).sqrt().recip() as f32;
        }
        self.reset();
    }

    /// Frames after which the room is silent to -120 dB once nothing more comes in.
    pub fn ringing(settings: &Room, rate: SampleRate) -> Frames {
        rate.frame_at(2.1 * settings.times.longest_s() + settings.pre_delay_s + 0.1)
    }

    /// Plays `input`'s rows into as many frames of the first rows of `output`.
    ///
    /// # Panics
    /// If a passage has too few rows or frames.
    pub fn play(&mut self, input: Passage<'_>, output: &mut PassageMut<'_>) {
        pulp::Arch::new().dispatch(Play {
            reverb: self,
            input,
            output,
        });
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        for input in &mut self.inputs {
            input.pre_delay.reset();
            input.filters.iter_mut().for_each(Fixed::reset);
            input.diffuser.iter_mut().for_each(AllPass::reset);
        }
        for segment in &mut self.segments {
            segment.line.reset();
            segment.all_pass.reset();
        }
        self.shelves.iter_mut().for_each(Fixed::reset);
        for output in &mut self.outputs {
            output.diffuser.iter_mut().for_each(AllPass::reset);
        }
        self.position = 0;
    }

    /// One run.
    #[inline(always)]
    fn run(&mut self, input: &Passage<'_>, output: &mut PassageMut<'_>, cut: Cut) {
        for (row, side) in self.inputs.iter_mut().enumerate() {
            side.take(&input.row(row)[cut.span()], cut.ends);
        }
        for (segment, run) in self.segments.iter().zip(&mut self.runs) {
            segment.line.read(segment.gain, &mut run[..cut.length]);
        }
        for (row, out) in self.outputs.iter_mut().enumerate() {
            out.play(&self.runs, &mut output.row_mut(row)[cut.span()]);
        }
        if !self.shelves.is_empty() {
            self.shelve(cut);
        }
        for n in 0..SEGMENTS {
            let run = &mut self.runs[n][..cut.length];
            self.segments[n].all_pass.process(run);
            // A stereo input enters by turns, so that it stays wide for a while.
            let side = &self.inputs[n % self.inputs.len()];
            let entry = self.segments[n].entry;
            for (x, new) in run.iter_mut().zip(&side.run) {
                *x = settle(*x + entry * new);
            }
            self.segments[(n + 1) % SEGMENTS].line.write(run);
        }
    }

    /// What low and high tones lose more, or less, than those in the middle.
    #[inline(always)]
    fn shelve(&mut self, cut: Cut) {
        let mut lanes = [[0.0_f64; SHELVED]; RUN];
        let lanes = &mut lanes[..cut.length];
        for (lane, run) in self.runs.iter().step_by(2).enumerate() {
            for (frame, x) in lanes.iter_mut().zip(run) {
                frame[lane] = f64::from(*x);
            }
        }
        for shelf in &mut self.shelves {
            for frame in lanes.iter_mut() {
                shelf.run(frame);
            }
            if cut.ends {
                shelf.settle();
            }
        }
        for (lane, run) in self.runs.iter_mut().step_by(2).enumerate() {
            for (frame, x) in lanes.iter().zip(run) {
                *x = single(frame[lane]);
            }
        }
    }
}

/// The work on one passage. A named type rather than a closure, because only what is inlined into `call` is
/// compiled for the processor at hand.
struct Play<'a, 'b, 'c> {
    reverb: &'a mut Reverb,
    input: Passage<'b>,
    output: &'a mut PassageMut<'c>,
}

impl pulp::NullaryFnOnce for Play<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            reverb,
            input,
            output,
        } = self;
        for cut in chunks(reverb.position, input.frames()) {
            reverb.run(&input, output, cut);
        }
        reverb.position += input.frames() as u64;
    }
}

impl Input {
    /// Brings the samples through pre-delay, filters and diffusion to `run`; `ends` says that the chunk does.
    #[inline(always)]
    fn take(&mut self, samples: &[f32], ends: bool) {
        let run = &mut self.run[..samples.len()];
        run.copy_from_slice(samples);
        self.pre_delay.process(run);
        let [mut high_pass, mut low_pass] = self.filters;
        for x in run.iter_mut() {
            let mut frame = [f64::from(*x)];
            high_pass.run(&mut frame);
            low_pass.run(&mut frame);
            *x = single(frame[0]);
        }
        self.filters = [high_pass, low_pass];
        if ends {
            self.filters.iter_mut().for_each(Fixed::settle);
        }
        for filter in &mut self.diffuser {
            filter.process(run);
        }
    }
}

impl Output {
    #[inline(always)]
    fn play(&mut self, runs: &[[f32; RUN]; SEGMENTS], out: &mut [f32]) {
        out.fill(0.0);
        for (segment, sign) in self.taps {
            let weight = sign * self.level;
            for (out, x) in out.iter_mut().zip(&runs[segment]) {
                *out += weight * x;
            }
        }
        for filter in &mut self.diffuser {
            filter.process(out);
        }
    }
}

#[cfg(test)]
mod tests;

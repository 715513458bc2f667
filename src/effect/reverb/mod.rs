//! A reverberator with any number of decorrelated outputs: one room for stereo, loudspeakers and headphones.
//!
//! Sixteen delay lines feed each other through an orthogonal matrix (Jot and Chaigne, "Digital delay
//! networks for designing artificial reverberators", 1991). A line of d frames loses 60 dB · d / (rate ·
//! RT60) on the way, so that everything decays at the same rate; shelves in the lines make low and high
//! tones decay in times of their own. Each output adds the lines up with signs of its own, rows of a
//! Hadamard matrix, and passes all-pass filters of its own, so that any two of them have nothing in common
//! but the room.

mod diffuser;
mod keys;
mod line;
mod styles;

use diffuser::{Diffuser, settle};
pub use keys::{Decay, ReverbSettings};
use line::Line;
pub use styles::ReverbStyle;

use crate::audio::{Block, Passage, PassageMut};
use crate::dsp::{Biquad, Coefficients, DelayLine};
use crate::units::{Decibels, Frames, Hertz, SampleRate};

/// Delay lines of the network.
const LINES: usize = 16;

/// Most outputs: one row of signs each.
pub const MOST_OUTPUTS: usize = LINES;

/// Frames processed together; no delay is shorter.
const RUN: usize = 32;

/// Below this tones decay in the time for low ones.
const LOW: Hertz = Hertz(180.0);

/// Above this tones decay in the time for high ones.
const HIGH: Hertz = Hertz(6000.0);

/// What a [`Reverb`] is set to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// The kind of room.
    pub style: ReverbStyle,
    /// Time in which the sound decays by 60 dB, in seconds.
    pub rt60_s: f64,
    /// The same for tones below about 180 Hz; `None`: as all.
    pub rt60_low_s: Option<f64>,
    /// The same for tones above about 6 kHz; `None`: as all.
    pub rt60_high_s: Option<f64>,
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
            rt60_s: style.usual_rt60_s(),
            rt60_low_s: None,
            rt60_high_s: None,
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
    lines: Vec<Line>,
    shelves: Option<Vec<[Biquad; 2]>>,
    gains: [f32; LINES],
    /// All-pass filters of each output's own.
    outputs: Vec<Diffuser>,
    levels: [f32; MOST_OUTPUTS],
    /// The lines' runs, one after the other.
    runs: Vec<f32>,
    late: [f32; RUN],
}

/// One side of what comes in.
#[derive(Debug)]
struct Input {
    pre_delay: DelayLine,
    filters: [Biquad; 2],
    diffuser: Diffuser,
    run: [f32; RUN],
}

impl Reverb {
    /// A room that is silent yet.
    ///
    /// # Panics
    /// If there are not one or two inputs and 1 to [`MOST_OUTPUTS`] outputs.
    pub fn new(settings: Room, inputs: usize, outputs: usize, rate: SampleRate) -> Self {
        assert!((1..=2).contains(&inputs), "one or two inputs");
        assert!((1..=MOST_OUTPUTS).contains(&outputs), "1 to 16 outputs");
        let frames = |seconds: f64| rate.frame_at(seconds).0 as usize;
        let delays = settings.style.delays(rate);
        let loss_db = |frames: usize, rt60_s: f64| {
            -60.0 * frames as f64 / (f64::from(rate.0) * rt60_s.max(0.05))
        };
        let gains = delays.map(|d| Decibels(loss_db(d, settings.rt60_s)).gain().0);
        let shelf = |d: usize, rt60_s: Option<f64>| {
            let rt60_s = rt60_s.unwrap_or(settings.rt60_s);
            Decibels(loss_db(d, rt60_s) - loss_db(d, settings.rt60_s))
        };
        let coloured = settings.rt60_low_s.is_some() || settings.rt60_high_s.is_some();
        let shelves = coloured.then(|| {
            delays
                .iter()
                .map(|&d| {
                    let low = Coefficients::low_shelf(LOW, shelf(d, settings.rt60_low_s), rate);
                    let high = Coefficients::high_shelf(HIGH, shelf(d, settings.rt60_high_s), rate);
                    [Biquad::new(low), Biquad::new(high)]
                })
                .collect()
        });
        let input = |side: usize| Input {
            pre_delay: DelayLine::new(frames(settings.pre_delay_s)),
            filters: [
                Biquad::new(Coefficients::highpass(settings.high_pass, 0.707, rate)),
                Biquad::new(Coefficients::lowpass(settings.low_pass, 0.707, rate)),
            ],
            diffuser: Diffuser::new(&settings.style.diffusion(side, rate), 0.62),
            run: [0.0; RUN],
        };
        let mut reverb = Self {
            inputs: (0..inputs).map(input).collect(),
            lines: delays.iter().map(|&d| Line::new(d)).collect(),
            shelves,
            gains: gains.map(|g| g as f32),
            outputs: (0..outputs)
                .map(|k| Diffuser::new(&styles::output_diffusion(k, rate), 0.55))
                .collect(),
            levels: [1.0; MOST_OUTPUTS],
            runs: vec![0.0; LINES * RUN],
            late: [0.0; RUN],
        };
        reverb.level_outputs(frames(settings.pre_delay_s + 0.7 * settings.rt60_s));
        reverb
    }

    /// Sets the outputs' levels so that they share the power of an impulse evenly, whether it comes from either
    /// side or the middle; listens for `frames`.
    fn level_outputs(&mut self, frames: usize) {
        let outputs = self.outputs.len();
        let mut input = Block::new(self.inputs.len(), RUN);
        let mut output = Block::new(outputs, RUN);
        input.set_frames(RUN);
        output.set_frames(RUN);
        let mut power = [0.0_f64; MOST_OUTPUTS];
        let middle = 0.5_f32.sqrt();
        let impulses: &[&[f32]] = match self.inputs.len() {
            1 => &[&[1.0]],
            _ => &[&[1.0, 0.0], &[0.0, 1.0], &[middle, middle]],
        };
        for impulse in impulses {
            self.reset();
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
        }
        for (level, power) in self.levels.iter_mut().zip(power) {
            let share = power / impulses.len() as f64 * outputs as f64;
            *level = share.max(1e-12).sqrt().recip() as f32;
        }
        self.reset();
    }

    /// Frames after which the room is silent to -120 dB once nothing more comes in.
    pub fn ringing(settings: &Room, rate: SampleRate) -> Frames {
        let longest = [settings.rt60_low_s, settings.rt60_high_s]
            .into_iter()
            .flatten()
            .fold(settings.rt60_s, f64::max);
        rate.frame_at(2.1 * longest + settings.pre_delay_s + 0.1)
    }

    /// Plays `input`'s rows into as many frames of the first rows of `output`.
    ///
    /// # Panics
    /// If a passage has too few rows or frames.
    pub fn play(&mut self, input: Passage<'_>, output: &mut PassageMut<'_>) {
        let mut done = 0;
        while done < input.frames() {
            let count = RUN.min(input.frames() - done);
            let at = done;
            for (side, input_side) in self.inputs.iter_mut().enumerate() {
                input_side.take(&input.row(side)[at..at + count], &mut self.late);
            }
            for (line, runs) in self.lines.iter().zip(self.runs.chunks_exact_mut(RUN)) {
                line.read(&mut runs[..count]);
            }
            // Before their losses all lines carry the same power, so that signs alone keep outputs apart.
            for (k, diffuser) in self.outputs.iter_mut().enumerate() {
                let out = &mut output.row_mut(k)[at..at + count];
                out.fill(0.0);
                for line in 0..LINES {
                    let sign = sign(k, line) * self.levels[k];
                    let run = &self.runs[line * RUN..][..count];
                    for (out, x) in out.iter_mut().zip(run) {
                        *out += sign * x;
                    }
                }
                diffuser.process(out, &mut self.late);
            }
            self.lose(count);
            self.feed_back(count);
            done += count;
        }
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        for input in &mut self.inputs {
            input.pre_delay.reset();
            input.filters.iter_mut().for_each(Biquad::reset);
            input.diffuser.reset();
        }
        self.outputs.iter_mut().for_each(Diffuser::reset);
        self.lines.iter_mut().for_each(Line::reset);
        for pair in self.shelves.iter_mut().flatten() {
            pair.iter_mut().for_each(Biquad::reset);
        }
    }

    /// Takes the lines' losses.
    fn lose(&mut self, count: usize) {
        for (gain, runs) in self.gains.iter().zip(self.runs.chunks_exact_mut(RUN)) {
            runs[..count].iter_mut().for_each(|x| *x *= gain);
        }
        if let Some(shelves) = &mut self.shelves {
            for (pair, runs) in shelves.iter_mut().zip(self.runs.chunks_exact_mut(RUN)) {
                pair.iter_mut()
                    .for_each(|shelf| shelf.process(&mut runs[..count]));
            }
        }
    }

    /// Mixes the lines' ends, adds the input and feeds it all to the lines.
    fn feed_back(&mut self, count: usize) {
        hadamard(&mut self.runs, count);
        for (line, delay) in self.lines.iter_mut().enumerate() {
            // Turned round, so that the matrix is not symmetric: else the ways over two lines, one after
            // the other, would meet the ways back, and outputs would have them in common.
            let from = (7 * line + 3) % LINES;
            let runs = &mut self.runs[from * RUN..][..count];
            // A stereo input enters on different lines, so that it stays wide for a while.
            let side = &self.inputs[line % self.inputs.len()];
            let per_line = (1.0 / (LINES / self.inputs.len()) as f32).sqrt();
            let level = entry_sign(line) * per_line;
            for (x, new) in runs.iter_mut().zip(&side.run) {
                *x = settle(*x + level * new);
            }
            delay.write(runs);
        }
    }
}

impl Input {
    /// Brings the samples through pre-delay, filters and diffusion to `run`.
    fn take(&mut self, samples: &[f32], late: &mut [f32; RUN]) {
        let run = &mut self.run[..samples.len()];
        run.copy_from_slice(samples);
        self.pre_delay.process(run);
        for filter in &mut self.filters {
            filter.process(run);
        }
        self.diffuser.process(run, late);
    }
}

/// Sign of line `line` in row `row` of the Hadamard matrix of order 16 (Sylvester's construction).
fn sign(row: usize, line: usize) -> f32 {
    // Row 0 is the plain sum, which is the loudest of the early reflections: it comes last.
    let row = (row + 1) % LINES;
    if (row & line).count_ones().is_multiple_of(2) {
        1.0
    } else {
        -1.0
    }
}

/// Sign with which the input enters line `line`: a bent function, which has the same in common with every
/// row of the matrix, so that no output hears more of the first echoes than another.
fn entry_sign(line: usize) -> f32 {
    let bit = |n: usize| line >> n & 1;
    if bit(0) * bit(1) == bit(2) * bit(3) {
        1.0
    } else {
        -1.0
    }
}

/// Multiplies the sixteen runs by the Hadamard matrix over 4, in place.
fn hadamard(runs: &mut [f32], count: usize) {
    let mut distance = 1;
    while distance < LINES {
        for pair in (0..LINES).filter(|line| line & distance == 0) {
            let (a, b) = runs.split_at_mut((pair + distance) * RUN);
            let a = &mut a[pair * RUN..][..count];
            let b = &mut b[..count];
            for (a, b) in a.iter_mut().zip(b) {
                (*a, *b) = ((*a + *b) * 0.5_f32.sqrt(), (*a - *b) * 0.5_f32.sqrt());
            }
        }
        distance *= 2;
    }
}

#[cfg(test)]
mod tests;

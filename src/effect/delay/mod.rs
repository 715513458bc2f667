//! Echoes in time with the song, each a little softer and darker than the one before.
//!
//! Every output has a delay line. Without ping-pong each line feeds itself; with it each feeds the next, and
//! the first takes the sound in: so echo n comes from output n, round and round. What goes round is held below
//! four times full scale whatever the feedback.

mod keys;
mod line;

pub use keys::DelaySettings;
use keys::{FEEDBACK, TIME};
use line::{Line, Reading, SHORTEST};

use super::{Parameter, Setup, Spread};
use crate::audio::{Passage, PassageMut};
use crate::dsp::fractional;
use crate::dsp::lanes::audible;
use crate::dsp::one_pole::OnePole;
use crate::dsp::smoother::Smoother;
use crate::units::{Frames, Hertz, SampleRate};

/// Frames worked on together; shorter than any delay.
const RUN: usize = 16;

/// Longest time that automation can ask for, in ms, unless the delay is longer from the start or its note at a
/// slow tempo.
const LONGEST_MOVED_MS: f64 = 5000.0;

/// How much of an echo goes into the next, unless it is written.
const USUAL_FEEDBACK: f64 = 0.35;

/// Longest tail in seconds.
const LONGEST_TAIL_S: f64 = 60.0;

/// A delay at work. Times are no whole numbers of frames: echoes fall between the samples where the song's notes do.
#[derive(Debug)]
struct Delay {
    lines: Vec<Line>,
    ping_pong: bool,
    inputs: usize,
    /// Frames between echoes.
    time: Smoother,
    reading: Reading,
    feedback: Smoother,
    mix: f64,
    rate: SampleRate,
    longest_ms: f64,
    parameters: [Parameter; 2],
    /// What comes out of each line, run by run.
    runs: Vec<[f32; RUN]>,
    /// How far into its run the next frame is.
    in_run: usize,
}

impl Delay {
    /// A delay of `ms`, whose time may be moved up to `longest_ms` at least.
    fn new(settings: &DelaySettings, ms: f64, longest_ms: f64, mix: f64, setup: Setup) -> Self {
        fractional::prepare();
        let rate = setup.rate;
        let outputs = setup.outputs.unwrap_or(setup.channels);
        let longest_ms = longest_ms.max(ms).max(LONGEST_MOVED_MS);
        let below = settings
            .damp
            .map_or(OnePole::ALL, |hz| OnePole::new(Hertz(hz), rate));
        let above = settings
            .hp
            .map_or(OnePole::NOTHING, |hz| OnePole::new(Hertz(hz), rate));
        let line = || Line::new(frames(longest_ms, rate), below, above);
        let feedback = settings.feedback.unwrap_or(USUAL_FEEDBACK);
        let time = Smoother::new(frames(ms, rate));
        Self {
            lines: (0..outputs).map(|_| line()).collect(),
            ping_pong: settings.ping_pong,
            inputs: setup.channels,
            time,
            reading: Reading::of(time),
            feedback: Smoother::new(feedback),
            mix,
            rate,
            longest_ms,
            parameters: [
                Parameter::linear("ms", TIME.up_to(longest_ms), ms),
                Parameter::linear("feedback", FEEDBACK, feedback),
            ],
            runs: vec![[0.0; RUN]; outputs],
            in_run: 0,
        }
    }

    /// What line `line` takes in besides echoes, at frame `n`.
    #[inline(always)]
    fn sound(&self, heard: &Passage<'_>, line: usize, n: usize) -> f32 {
        match (self.ping_pong, self.inputs) {
            (true, 1) if line == 0 => heard.row(0)[n],
            // The middle of all that comes in.
            (true, inputs) if line == 0 => {
                let sum: f32 = (0..inputs).map(|row| heard.row(row)[n]).sum();
                sum / inputs as f32
            }
            (true, _) => 0.0,
            (false, inputs) => heard.row(line % inputs)[n],
        }
    }

    /// The frames from `start` on, at most a run.
    #[inline(always)]
    fn run(&mut self, heard: &Passage<'_>, out: &mut PassageMut<'_>, start: usize, count: usize) {
        if self.time.is_moving() {
            self.reading = Reading::Moving(self.time);
        } else if matches!(self.reading, Reading::Moving(_)) {
            self.reading = Reading::of(self.time);
        }
        for (line, run) in self.lines.iter().zip(&mut self.runs) {
            line.read(&self.reading, &mut run[..count]);
        }
        for (row, run) in self.runs.iter().enumerate() {
            out.row_mut(row)[start..start + count].copy_from_slice(&run[..count]);
        }
        for index in 0..self.lines.len() {
            let from = match self.ping_pong {
                true => (index + self.lines.len() - 1) % self.lines.len(),
                false => index,
            };
            for n in 0..count {
                let sound = self.sound(heard, index, start + n);
                let feedback = self.feedback.ahead(n as u64) as f32;
                let line = &mut self.lines[index];
                let echo = line.low_pass.low(f64::from(self.runs[from][n]));
                let echo = line.high_pass.high(echo) as f32;
                line.write(bounded(sound + feedback * audible(echo)));
            }
        }
        self.in_run = (self.in_run + count) % RUN;
        if self.in_run == 0 {
            for line in &mut self.lines {
                line.low_pass.settle();
                line.high_pass.settle();
            }
        }
        self.time.skip(count as u64);
        self.feedback.skip(count as u64);
    }
}

/// A time in ms in frames; not shorter than can be read.
fn frames(ms: f64, rate: SampleRate) -> f64 {
    (1e-3 * ms * f64::from(rate.0)).max(SHORTEST as f64)
}

/// Straight up to twice full scale, then bent to stay below four times.
#[inline(always)]
fn bounded(x: f32) -> f32 {
    const STRAIGHT: f32 = 2.0;
    let over = x.abs() - STRAIGHT;
    if over <= 0.0 {
        x
    } else {
        (STRAIGHT + STRAIGHT * (over / STRAIGHT).tanh()).copysign(x)
    }
}

/// The work on one passage. A named type rather than a closure, because only what is inlined into `call` is
/// compiled for the processor at hand.
struct Run<'a, 'b, 'c> {
    delay: &'a mut Delay,
    heard: Passage<'b>,
    out: &'a mut PassageMut<'c>,
}

impl pulp::NullaryFnOnce for Run<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { delay, heard, out } = self;
        // Runs end at the same frames whatever the lengths of the blocks: what is done once per run does not
        // depend on them.
        let mut done = 0;
        while done < heard.frames() {
            let count = (RUN - delay.in_run).min(heard.frames() - done);
            delay.run(&heard, out, done, count);
            done += count;
        }
    }
}

impl Spread for Delay {
    fn process(&mut self, heard: Passage<'_>, out: &mut PassageMut<'_>) {
        assert_eq!(heard.channels(), self.inputs, "one row per input");
        pulp::Arch::new().dispatch(Run {
            delay: self,
            heard,
            out,
        });
    }

    fn mix(&self) -> f64 {
        self.mix
    }

    fn tail(&self) -> Frames {
        let time_s = self.time.now() / f64::from(self.rate.0);
        let feedback = self.feedback.now();
        let echoes = match feedback {
            feedback if feedback <= 1e-6 => 1.0,
            feedback if feedback >= 1.0 => f64::INFINITY,
            feedback => 1.0 + (1e-6_f64.ln() / feedback.ln()).ceil(),
        };
        self.rate.frame_at((echoes * time_s).min(LONGEST_TAIL_S))
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(Line::reset);
        self.time.arrive();
        self.reading = Reading::of(self.time);
        self.feedback.arrive();
        self.in_run = 0;
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn set(&mut self, parameter: usize, value: f64, frames_until: Frames) {
        match parameter {
            0 => {
                let ms = value.clamp(TIME.min, self.longest_ms);
                self.time.go(frames(ms, self.rate), frames_until);
                self.reading = Reading::of(self.time);
            }
            _ => {
                let feedback = value.clamp(FEEDBACK.min, FEEDBACK.max);
                self.feedback.go(feedback, frames_until);
            }
        }
    }
}

//! Echoes in time with the song, each a little softer and darker than the one before.
//!
//! Every output has a delay line. Without ping-pong each line feeds itself; with it each feeds the next, and
//! the first takes the sound in: so echo n comes from output n, round and round. What goes round is held below
//! four times full scale whatever the feedback.

mod keys;

pub use keys::DelaySettings;
use keys::{FEEDBACK, TIME};

use super::{Parameter, Setup, Spread};
use crate::audio::{Passage, PassageMut};
use crate::dsp::smoother::Smoother;
use crate::units::{Frames, SampleRate};

/// Frames worked on together; shorter than any delay.
const RUN: usize = 32;

/// Longest time that automation can ask for, in ms, unless the delay is longer from the start.
const LONGEST_MOVED_MS: f64 = 5000.0;

/// How much of an echo goes into the next, unless it is written.
const USUAL_FEEDBACK: f64 = 0.35;

/// Longest tail in seconds.
const LONGEST_TAIL_S: f64 = 60.0;

/// A delay at work.
#[derive(Debug)]
struct Delay {
    lines: Vec<Line>,
    ping_pong: bool,
    inputs: usize,
    /// Frames between echoes.
    time: Smoother,
    feedback: Smoother,
    mix: f64,
    rate: SampleRate,
    longest_ms: f64,
    parameters: [Parameter; 2],
    /// What comes out of each line, run by run.
    runs: Vec<[f32; RUN]>,
}

/// The way of one output.
#[derive(Debug)]
struct Line {
    ring: Vec<f32>,
    /// Where the next frame is written.
    next: usize,
    low_pass: OnePole,
    high_pass: OnePole,
}

/// A first-order low-pass; `share` 1 passes everything.
#[derive(Debug, Clone, Copy)]
struct OnePole {
    share: f32,
    state: f32,
}

impl OnePole {
    fn new(hz: Option<f64>, rate: SampleRate, without: f32) -> Self {
        let share = hz.map(|hz| 1.0 - (-std::f64::consts::TAU * hz / f64::from(rate.0)).exp());
        Self {
            share: share.map_or(without, |share| share as f32),
            state: 0.0,
        }
    }

    fn step(&mut self, x: f32) -> f32 {
        self.state += self.share * (x - self.state);
        if self.state.abs() < 1e-20 {
            self.state = 0.0;
        }
        self.state
    }
}

impl Delay {
    fn new(settings: &DelaySettings, ms: f64, mix: f64, setup: Setup) -> Self {
        let outputs = setup.outputs.unwrap_or(setup.channels);
        let longest_ms = ms.max(LONGEST_MOVED_MS);
        let frames = |ms: f64| (1e-3 * ms * f64::from(setup.rate.0)).round();
        let line = || Line {
            ring: vec![0.0; frames(longest_ms) as usize + RUN + 8],
            next: 0,
            low_pass: OnePole::new(settings.damp, setup.rate, 1.0),
            high_pass: OnePole::new(settings.hp, setup.rate, 0.0),
        };
        let feedback = settings.feedback.unwrap_or(USUAL_FEEDBACK);
        let parameter = |name: &str, unit, min, max, value| Parameter {
            name: name.to_owned(),
            unit,
            min,
            max,
            value,
            logarithmic: false,
        };
        Self {
            lines: (0..outputs).map(|_| line()).collect(),
            ping_pong: settings.ping_pong,
            inputs: setup.channels,
            time: Smoother::new(frames(ms)),
            feedback: Smoother::new(feedback),
            mix,
            rate: setup.rate,
            longest_ms,
            parameters: [
                parameter("ms", TIME.unit, TIME.min, longest_ms, ms),
                parameter(
                    "feedback",
                    FEEDBACK.unit,
                    FEEDBACK.min,
                    FEEDBACK.max,
                    feedback,
                ),
            ],
            runs: vec![[0.0; RUN]; outputs],
        }
    }

    /// What line `line` takes in besides echoes, at frame `n`.
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
}

impl Line {
    /// Reads what stands `time` frames before the next to be written, and on from there.
    fn read(&self, time: Smoother, out: &mut [f32]) {
        let length = self.ring.len();
        if !time.is_moving() {
            let first = self.next + length - time.now() as usize;
            for (n, out) in out.iter_mut().enumerate() {
                *out = self.ring[(first + n) % length];
            }
            return;
        }
        for (n, out) in out.iter_mut().enumerate() {
            let time = time.ahead(n as u64);
            let whole = time.floor();
            let back = (time - whole) as f32;
            // Four neighbours, later ones first: a cubic through them (Catmull-Rom).
            let at = |k: usize| {
                let place = self.next + n + 2 * length + 1 - whole as usize - k;
                self.ring[place % length]
            };
            let (a, b, c, d) = (at(0), at(1), at(2), at(3));
            let slope = 0.5 * (c - a);
            let end = 0.5 * (d - b);
            let c1 = 3.0 * (c - b) - 2.0 * slope - end;
            let c2 = slope + end - 2.0 * (c - b);
            *out = b + back * (slope + back * (c1 + back * c2));
        }
    }

    fn write(&mut self, sample: f32) {
        self.ring[self.next] = sample;
        self.next += 1;
        if self.next == self.ring.len() {
            self.next = 0;
        }
    }
}

/// Straight up to twice full scale, then bent to stay below four times.
fn held(x: f32) -> f32 {
    const STRAIGHT: f32 = 2.0;
    let over = x.abs() - STRAIGHT;
    if over <= 0.0 {
        x
    } else {
        (STRAIGHT + STRAIGHT * (over / STRAIGHT).tanh()).copysign(x)
    }
}

impl Spread for Delay {
    fn process(&mut self, heard: Passage<'_>, out: &mut PassageMut<'_>) {
        assert_eq!(heard.channels(), self.inputs, "one row per input");
        for start in (0..heard.frames()).step_by(RUN) {
            let count = RUN.min(heard.frames() - start);
            for (line, run) in self.lines.iter().zip(&mut self.runs) {
                line.read(self.time, &mut run[..count]);
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
                    let sound = self.sound(&heard, index, start + n);
                    let feedback = self.feedback.ahead(n as u64) as f32;
                    let line = &mut self.lines[index];
                    let echo = line.low_pass.step(self.runs[from][n]);
                    let echo = echo - line.high_pass.step(echo);
                    line.write(held(sound + feedback * echo));
                }
            }
            self.time.skip(count as u64);
            self.feedback.skip(count as u64);
        }
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
        for line in &mut self.lines {
            line.ring.fill(0.0);
            line.next = 0;
            line.low_pass.state = 0.0;
            line.high_pass.state = 0.0;
        }
        self.time.arrive();
        self.feedback.arrive();
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        match parameter {
            0 => {
                let ms = value.clamp(TIME.min, self.longest_ms);
                let time = (1e-3 * ms * f64::from(self.rate.0)).round();
                self.time.go(time, frames);
            }
            _ => self
                .feedback
                .go(value.clamp(FEEDBACK.min, FEEDBACK.max), frames),
        }
    }
}

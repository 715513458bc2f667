//! The room as it is written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{MOST_OUTPUTS, MOST_POINTS, Reverb, ReverbStyle, Room, Times};
use crate::audio::{Block, Passage, PassageMut};
use crate::effect::fault::{Check, Fault, Limits, Step};
use crate::effect::{Setup, Spread};
use crate::units::{Frames, Hertz};

const DECAY: Limits = Limits::new(0.1, 60.0, "s");
const PRE_DELAY: Limits = Limits::new(0.0, 1000.0, "ms");
const MIX: Limits = Limits::new(0.0, 1.0, "");

/// Share of the room in a strip's own chain, unless it is written.
const INSERTED_MIX: f64 = 0.3;

/// Most frames at a time of a sound of many channels.
const RUN: usize = 256;

/// A room, with as many outputs as the return has places.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ReverbSettings {
    /// "hall": large, growing dense slowly; "plate": dense at once; "room": small. Default: "hall".
    pub style: ReverbStyle,
    /// Time in s in which the sound decays by 60 dB, a table of times for low, middle and high tones, or a list of
    /// frequencies in Hz with their times. Default: 2.2 for a hall, 1.4 for a plate, 0.5 for a room.
    pub rt60: Option<Decay>,
    /// Delay in ms before the first reflection. Default: 20 for a hall, 0 for a plate, 5 for a room.
    #[schemars(range(min = 0, max = 1000))]
    pub pre_delay_ms: Option<f64>,
    /// Tones below this many Hz are kept out of the room, 12 dB per octave. Default: 120.
    #[schemars(range(min = 1, max = 100_000))]
    pub hp: Option<f64>,
    /// Tones above this many Hz are kept out of the room, 12 dB per octave. Default: 9000.
    #[schemars(range(min = 1, max = 100_000))]
    pub lp: Option<f64>,
    /// Share of the room, 0 to 1; the rest is the dry sound. Default: 1 on a return, 0.3 on a strip.
    #[schemars(range(min = 0, max = 1))]
    pub mix: Option<f64>,
    /// Leave the room out. Default: false.
    pub bypass: bool,
}

/// How long a room sounds.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Decay {
    /// The same for all tones.
    All(#[schemars(range(min = 0.1, max = 60))] f64),
    /// By pitch.
    Bands(Bands),
    /// `[[125, 2.8], [1000, 2.2], [8000, 1.2]]`: frequencies in Hz, rising, each with its time in s.
    Points(#[schemars(length(min = 1, max = 8))] Vec<DecayPoint>),
}

/// `[1000, 2.2]`: a frequency in Hz and its time in s.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(from = "[f64; 2]")]
pub struct DecayPoint {
    /// The frequency in Hz.
    pub hz: f64,
    /// The time in s.
    pub seconds: f64,
}

impl From<[f64; 2]> for DecayPoint {
    fn from([hz, seconds]: [f64; 2]) -> Self {
        Self { hz, seconds }
    }
}

impl JsonSchema for DecayPoint {
    fn schema_name() -> Cow<'static, str> {
        "DecayPoint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a decay",
            "description": "[Hz, s].",
            "type": "array",
            "prefixItems": [
                { "title": "a frequency", "description": "Hz.", "type": "number", "minimum": 1, "maximum": 100_000 },
                { "title": "a time", "description": "s.", "type": "number",
                  "minimum": DECAY.min, "maximum": DECAY.max },
            ],
            "minItems": 2,
            "maxItems": 2,
        })
    }
}

/// `{ low = 2.6, mid = 2.2, high = 1.4 }`: times in s below about 180 Hz, between, and above about 6 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bands {
    /// Below about 180 Hz. Default: as `mid`.
    #[serde(default)]
    #[schemars(range(min = 0.1, max = 60))]
    pub low: Option<f64>,
    /// Between.
    #[schemars(range(min = 0.1, max = 60))]
    pub mid: f64,
    /// Above about 6 kHz. Default: as `mid`.
    #[serde(default)]
    #[schemars(range(min = 0.1, max = 60))]
    pub high: Option<f64>,
}

impl ReverbSettings {
    /// Everything that cannot be carried out.
    pub fn check(&self, setup: Setup) -> Vec<Fault> {
        use Step::Key;
        let mut check = Check::default();
        match &self.rt60 {
            None => {}
            Some(Decay::All(time)) => check.within(&[Key("rt60")], "`rt60`", *time, DECAY),
            Some(Decay::Points(points)) => check_points(points, setup, &mut check),
            Some(Decay::Bands(bands)) => {
                let times = [
                    ("low", bands.low),
                    ("mid", Some(bands.mid)),
                    ("high", bands.high),
                ];
                for (key, time) in times {
                    if let Some(time) = time {
                        let name = format!("`{key}`");
                        check.within(&[Key("rt60"), Key(key)], &name, time, DECAY);
                    }
                }
            }
        }
        if let Some(ms) = self.pre_delay_ms {
            check.within(&[Key("pre-delay-ms")], "`pre-delay-ms`", ms, PRE_DELAY);
        }
        if let Some(mix) = self.mix {
            check.within(&[Key("mix")], "`mix`", mix, MIX);
        }
        for (key, hz) in [("hp", self.hp), ("lp", self.lp)] {
            if let Some(hz) = hz {
                check.frequency(&[Key(key)], &format!("`{key}`"), hz, setup.rate);
            }
        }
        if setup.outputs.is_some_and(|outputs| outputs > MOST_OUTPUTS) {
            let message = format!("a reverb has at most {MOST_OUTPUTS} outputs");
            let help = "give the return fewer places";
            check.faults.push(Fault::new([], message, help));
        }
        check.faults
    }

    /// The room that is meant.
    fn room(&self) -> Room {
        let usual = Room::of(self.style);
        let times = match &self.rt60 {
            None => usual.times.clone(),
            Some(Decay::All(time)) => Times::all(*time),
            Some(Decay::Bands(bands)) => Times::Bands {
                low_s: bands.low.unwrap_or(bands.mid),
                mid_s: bands.mid,
                high_s: bands.high.unwrap_or(bands.mid),
            },
            Some(Decay::Points(points)) => {
                let point = |point: &DecayPoint| (Hertz(point.hz), point.seconds);
                Times::Points(points.iter().map(point).collect())
            }
        };
        Room {
            times,
            pre_delay_s: self.pre_delay_ms.map_or(usual.pre_delay_s, |ms| 1e-3 * ms),
            high_pass: self.hp.map_or(usual.high_pass, Hertz),
            low_pass: self.lp.map_or(usual.low_pass, Hertz),
            ..usual
        }
    }

    /// Builds the room; its values have been checked.
    pub(in crate::effect) fn build(&self, setup: Setup) -> Box<dyn Spread> {
        let room = self.room();
        let inputs = setup.channels.clamp(1, 2);
        let outputs = setup.outputs.unwrap_or(setup.channels);
        Box::new(Placed {
            reverb: Reverb::new(&room, inputs, outputs.clamp(1, MOST_OUTPUTS), setup.rate),
            tail: Reverb::ringing(&room, setup.rate),
            folded: Block::new(inputs, RUN),
            channels: setup.channels,
            outputs,
            mix: self.mix.unwrap_or(match setup.outputs {
                Some(_) => 1.0,
                None => INSERTED_MIX,
            }),
        })
    }
}

/// Frequencies nearer to each other than a third of an octave cannot have times of their own.
const NEAREST: f64 = 1.25;

fn check_points(points: &[DecayPoint], setup: Setup, check: &mut Check) {
    use Step::{Item, Key};
    if points.is_empty() || points.len() > MOST_POINTS {
        let message = format!("`rt60` has {} pairs", points.len());
        let help = format!("1 to {MOST_POINTS} pairs of Hz and s are allowed");
        check.faults.push(Fault::new([Key("rt60")], message, help));
    }
    for (n, DecayPoint { hz, seconds }) in points.iter().enumerate() {
        let at = |item: usize| [Key("rt60"), Item(n), Item(item)];
        check.frequency(&at(0), "the frequency", *hz, setup.rate);
        check.within(&at(1), "the time", *seconds, DECAY);
    }
    for (n, pair) in points.windows(2).enumerate() {
        if pair[1].hz < NEAREST * pair[0].hz {
            let message = format!("{} Hz follows {} Hz", pair[1].hz, pair[0].hz);
            let help = "let frequencies rise by a third of an octave or more";
            let at = [Key("rt60"), Item(n + 1), Item(0)];
            check.faults.push(Fault::new(at, message, help));
        }
    }
}

/// A room in a chain.
#[derive(Debug)]
struct Placed {
    reverb: Reverb,
    tail: Frames,
    /// The sound of more than two channels as two: every second one.
    folded: Block,
    channels: usize,
    outputs: usize,
    mix: f64,
}

impl Spread for Placed {
    fn process(&mut self, heard: Passage<'_>, out: &mut PassageMut<'_>) {
        if self.channels <= 2 {
            self.reverb.play(heard, out);
        } else {
            for start in (0..heard.frames()).step_by(RUN) {
                let span = start..(start + RUN).min(heard.frames());
                self.folded.set_frames(span.len());
                self.folded.clear();
                for row in 0..self.channels {
                    let sum = self.folded.row_mut(row % 2).iter_mut();
                    let from = &heard.row(row)[span.clone()];
                    sum.zip(from).for_each(|(sum, x)| *sum += x);
                }
                let mut out = out.part(0..self.outputs, span);
                self.reverb.play(self.folded.whole(), &mut out);
            }
        }
        // Beyond its outputs the room begins anew.
        for row in MOST_OUTPUTS..self.outputs {
            for n in 0..out.frames() {
                out.row_mut(row)[n] = out.row(row % MOST_OUTPUTS)[n];
            }
        }
    }

    fn mix(&self) -> f64 {
        self.mix
    }

    fn tail(&self) -> Frames {
        self.tail
    }

    fn reset(&mut self) {
        self.reverb.reset();
    }
}

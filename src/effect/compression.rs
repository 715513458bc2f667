//! A compressor at work on the rows of a strip.

use std::ops::Range;

use super::chain::Side;
use super::compressor::{CompSettings, Link};
use super::{Dynamics, Gains, Member, Parameter, Reduction, ReductionMeter, Setup};
use crate::audio::{Block, Passage, PassageMut};
use crate::dsp::DelayLine;
use crate::units::{Decibels, Frames};

/// A compressor on a strip: a group of one.
#[derive(Debug)]
pub(super) struct Compression {
    /// One for all channels, or one for each.
    units: Vec<Unit>,
    key: Option<DelayedKey>,
    /// What it hears of a group.
    sum: Option<Sum>,
    gains: Gains,
    meter: ReductionMeter,
}

/// A gain and the channels it is applied to.
#[derive(Debug)]
struct Unit {
    dynamics: Box<dyn Dynamics>,
    rows: Range<usize>,
    /// The channels, late enough for the gain.
    delays: Vec<DelayLine>,
    member: Member,
}

/// A key, late by what the sound has been delayed by.
#[derive(Debug)]
pub(super) struct DelayedKey {
    index: usize,
    delays: Vec<DelayLine>,
    block: Block,
}

impl Compression {
    /// The compressor `comp`: one for all channels, or one for each, as it is linked. It hears its key, or the
    /// `sum` of a group, or its own channels.
    pub(super) fn new(
        comp: &CompSettings,
        setup: Setup,
        key: Option<DelayedKey>,
        sum: Option<Sum>,
    ) -> Self {
        let unit = |rows: Range<usize>| {
            let heard = match (&key, &sum) {
                (Some(_), _) => setup.key_channels,
                (None, Some(_)) => 2,
                (None, None) => rows.len(),
            };
            Unit::new(comp.build(setup, heard), rows)
        };
        let units = match (comp.link, &sum) {
            (Link::Objects, _) | (_, Some(_)) => vec![unit(0..setup.channels)],
            (Link::Channels, None) => (0..setup.channels).map(|c| unit(c..c + 1)).collect(),
        };
        Self {
            units,
            sum: sum.filter(|_| key.is_none()),
            key,
            gains: Gains::new(),
            meter: ReductionMeter::new(setup.rate),
        }
    }

    /// One gain of `dynamics` for all channels, which hears them or the `sum` of a group.
    pub(super) fn linked(dynamics: Box<dyn Dynamics>, setup: Setup, sum: Option<Sum>) -> Self {
        Self {
            sum,
            units: vec![Unit::new(dynamics, 0..setup.channels)],
            key: None,
            gains: Gains::new(),
            meter: ReductionMeter::new(setup.rate),
        }
    }

    pub(super) fn process(&mut self, sound: &mut PassageMut<'_>, keys: &[Passage<'_>]) {
        for_each_piece(sound.frames(), |span| {
            if let Some(key) = &mut self.key {
                key.take(&keys[key.index].part(span.clone()));
            }
            for (index, unit) in self.units.iter_mut().enumerate() {
                let mut own = sound.part(unit.rows.clone(), span.clone());
                let heard = match (&self.key, &mut self.sum) {
                    (Some(key), _) => key.block.whole(),
                    (None, Some(sum)) => sum.of(&own.read()),
                    (None, None) => own.read(),
                };
                unit.dynamics.gain(heard, &mut self.gains);
                if index == 0 {
                    self.meter.add(&own.read(), &self.gains);
                }
                if unit.dynamics.listens() {
                    unit.listen(self.key.as_ref(), &mut own);
                    continue;
                }
                for (channel, delay) in unit.delays.iter_mut().enumerate() {
                    delay.process(own.row_mut(channel));
                }
                unit.member.apply(&mut own, &self.gains);
            }
        });
    }

    pub(super) fn rehearse(&mut self, sound: &Passage<'_>, keys: &[Passage<'_>]) {
        for_each_piece(sound.frames(), |span| {
            if let Some(key) = &mut self.key {
                key.take(&keys[key.index].part(span.clone()));
            }
            for unit in &mut self.units {
                let own = sound.part(span.clone()).rows(unit.rows.clone());
                unit.dynamics.rehearse(match (&self.key, &mut self.sum) {
                    (Some(key), _) => key.block.whole(),
                    (None, Some(sum)) => sum.of(&own),
                    (None, None) => own,
                });
            }
        });
    }

    pub(super) fn wants_rehearsal(&self) -> bool {
        self.units
            .iter()
            .any(|unit| unit.dynamics.wants_rehearsal())
    }

    pub(super) fn settle(&mut self) {
        for unit in &mut self.units {
            unit.dynamics.settle();
        }
    }

    pub(super) fn threshold(&self) -> Option<Decibels> {
        self.units.first()?.dynamics.threshold()
    }

    pub(super) fn reduction(&self) -> Option<Reduction> {
        self.meter.read()
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        let first = self.units.first();
        first.map_or(&[], |unit| unit.dynamics.parameters())
    }

    pub(super) fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        for unit in &mut self.units {
            unit.dynamics.set(parameter, value, frames);
        }
    }

    pub(super) fn latency(&self) -> Frames {
        self.units
            .first()
            .map_or(Frames(0), |unit| unit.dynamics.latency())
    }

    pub(super) fn reset(&mut self) {
        for unit in &mut self.units {
            unit.dynamics.reset();
            unit.member.reset();
            unit.delays.iter_mut().for_each(DelayLine::reset);
        }
        if let Some(key) = &mut self.key {
            key.delays.iter_mut().for_each(DelayLine::reset);
        }
        self.meter.reset();
    }
}

impl Unit {
    fn new(dynamics: Box<dyn Dynamics>, rows: Range<usize>) -> Self {
        Self {
            delays: vec![DelayLine::new(dynamics.latency().0 as usize); rows.len()],
            member: dynamics.member(rows.len()),
            dynamics,
            rows,
        }
    }

    /// What the detector hears, in place of the sound.
    fn listen(&mut self, key: Option<&DelayedKey>, own: &mut PassageMut<'_>) {
        self.dynamics.listen(key.map(|key| key.block.whole()), own);
    }
}

impl DelayedKey {
    /// Key number `index`, of so many channels, `late` after it is given.
    pub(super) fn new(index: usize, channels: usize, late: Frames) -> Self {
        Self {
            index,
            delays: vec![DelayLine::new(late.0 as usize); channels],
            block: Block::new(channels, Gains::CAPACITY),
        }
    }

    fn take(&mut self, key: &Passage<'_>) {
        self.block.set_frames(key.frames());
        for (channel, delay) in self.delays.iter_mut().enumerate() {
            let row = self.block.row_mut(channel);
            row.copy_from_slice(key.row(channel));
            delay.process(row);
        }
    }
}

/// The sums of a group's rows, one per side.
#[derive(Debug)]
pub(super) struct Sum {
    sides: Vec<Side>,
    block: Block,
}

impl Sum {
    pub(super) fn new(sides: &[Side]) -> Self {
        Self {
            sides: sides.to_vec(),
            block: Block::new(2, Gains::CAPACITY),
        }
    }

    fn of(&mut self, sound: &Passage<'_>) -> Passage<'_> {
        self.block.set_frames(sound.frames());
        self.block.clear();
        for (row, side) in self.sides.iter().enumerate() {
            let sums = match side {
                Side::Left => 0..1,
                Side::Right => 1..2,
                Side::Both => 0..2,
            };
            for sum in sums {
                let sum = self.block.row_mut(sum).iter_mut();
                sum.zip(sound.row(row)).for_each(|(sum, x)| *sum += x);
            }
        }
        self.block.whole()
    }
}

/// Cuts `frames` into spans for which gains are computed at a time.
fn for_each_piece(frames: usize, mut work: impl FnMut(Range<usize>)) {
    for start in (0..frames).step_by(Gains::CAPACITY) {
        work(start..(start + Gains::CAPACITY).min(frames));
    }
}

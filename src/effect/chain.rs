//! The processors of one strip, in a row.

use super::compression::{Compression, DelayedKey, Sum};
use super::compressor::{CompSettings, Key};
use super::spreading::Spreading;
use super::{Effect, Fault, Parameter, Processor, Reduction, Settings, Setup, Step};
use crate::audio::{Passage, PassageMut};
use crate::units::{Decibels, Frames};

/// A list of processors at work on the channels of one strip, in the order written.
///
/// Processors that are bypassed are not there: they cost nothing and delay nothing. A compressor hears the
/// strip's own channels, or its key; a key is delayed as the sound is by the processors before.
#[derive(Debug)]
pub struct Chain {
    slots: Vec<Slot>,
    keys: Vec<Key>,
}

/// Which sum a row is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// The left.
    Left,
    /// The right.
    Right,
    /// Both, at 0 dB each: what is in the middle.
    #[default]
    Both,
}

/// One processor and which entry of the list it is.
#[derive(Debug)]
struct Slot {
    entry: usize,
    /// Rows it works on.
    rows: usize,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Effect(Box<dyn Effect>),
    Compressor(Box<Compression>),
    Spread(Spreading),
}

/// What a compressor of a chain has done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reported {
    /// Its entry of the list, from 0.
    pub entry: usize,
    /// Its threshold, given or found.
    pub threshold: Option<Decibels>,
    /// How much it took away; `None` if nothing loud enough was heard.
    pub reduction: Option<Reduction>,
}

impl Chain {
    /// Builds the processors.
    ///
    /// # Errors
    /// Every value that cannot be carried out; places begin with the entry of the list.
    pub fn build(entries: &[Settings], setup: Setup) -> Result<Self, Vec<Fault>> {
        Self::new(entries, setup, None)
    }

    /// Builds the processors of a group: a compressor hears the sum of the rows on each side, and turns all
    /// rows by one gain.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    ///
    /// # Panics
    /// If there is not one side per row.
    pub fn linked(entries: &[Settings], setup: Setup, sides: &[Side]) -> Result<Self, Vec<Fault>> {
        assert_eq!(sides.len(), setup.channels, "one side per row");
        Self::new(entries, setup, Some(sides))
    }

    fn new(entries: &[Settings], setup: Setup, sides: Option<&[Side]>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        for (entry, settings) in entries.iter().enumerate() {
            faults.extend(settings.check(setup).into_iter().map(|mut fault| {
                fault.at.insert(0, Step::Item(entry));
                fault
            }));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut chain = Self {
            slots: Vec::new(),
            keys: Vec::new(),
        };
        // From the first processor with outputs of its own on, there are as many rows as outputs.
        let mut setup = setup;
        for (entry, settings) in entries.iter().enumerate() {
            if settings.is_bypassed() {
                continue;
            }
            let sum = || sides.map(Sum::new);
            let heard = sides.map_or(setup.channels, |_| 2);
            let mut rows = setup.channels;
            let work = match settings {
                Settings::Comp(comp) => {
                    Work::Compressor(Box::new(chain.compression(comp, setup, sum())))
                }
                _ => match settings.build(setup, heard)? {
                    Processor::Effect(effect) => Work::Effect(effect),
                    Processor::Dynamics(dynamics) => {
                        Work::Compressor(Box::new(Compression::linked(dynamics, setup, sum())))
                    }
                    Processor::Spread(spread) => {
                        let outputs = setup.outputs.unwrap_or(setup.channels);
                        rows = rows.max(outputs);
                        let work = Spreading::new(spread, setup.channels, outputs);
                        setup.channels = outputs;
                        Work::Spread(work)
                    }
                },
            };
            chain.slots.push(Slot { entry, rows, work });
        }
        Ok(chain)
    }

    /// The compressor `comp`, after what is there already.
    fn compression(&mut self, comp: &CompSettings, setup: Setup, sum: Option<Sum>) -> Compression {
        let key = comp.key.as_ref().map(|key| {
            let known = self.keys.iter().position(|other| other == key);
            let index = known.unwrap_or_else(|| {
                self.keys.push(key.clone());
                self.keys.len() - 1
            });
            DelayedKey::new(index, setup.key_channels, self.latency())
        });
        Compression::new(comp, setup, key, sum)
    }

    /// What keys its compressors, each once: the order in which keys are to be given.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Processes the frames of `sound` in place. They follow those of the call before without a gap. `keys`
    /// are the [keys](Self::keys), each with as many frames and the rows it was built for.
    ///
    /// # Panics
    /// If a key is missing or has other rows or frames.
    pub fn process(&mut self, sound: &mut PassageMut<'_>, keys: &[Passage<'_>]) {
        assert_eq!(keys.len(), self.keys.len(), "one passage per key");
        let frames = sound.frames();
        for slot in &mut self.slots {
            slot.work
                .process(&mut sound.part(0..slot.rows, 0..frames), keys);
        }
    }

    /// Frames by which what reaches entry `entry` of the list lags.
    pub fn latency_before(&self, entry: usize) -> Frames {
        let before = self.slots.iter().take_while(|slot| slot.entry < entry);
        Frames(before.map(|slot| slot.work.latency().0).sum())
    }

    /// True if nothing works here.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Frames by which the output lags.
    pub fn latency(&self) -> Frames {
        Frames(self.slots.iter().map(|slot| slot.work.latency().0).sum())
    }

    /// Frames after the last input until what rings on, apart from the latency, has died away.
    pub fn tail(&self) -> Frames {
        let tail = |slot: &Slot| match &slot.work {
            Work::Effect(effect) => effect.tail().0,
            Work::Compressor(_) => 0,
            Work::Spread(spread) => spread.tail().0,
        };
        Frames(self.slots.iter().map(tail).sum())
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        for slot in &mut self.slots {
            match &mut slot.work {
                Work::Effect(effect) => effect.reset(),
                Work::Compressor(compression) => compression.reset(),
                Work::Spread(spread) => spread.reset(),
            }
        }
    }

    /// True if a compressor is to find its threshold from the programme: then the programme is to be given
    /// to [`rehearse`](Self::rehearse), and [`settle`](Self::settle) called, until this is false.
    pub fn wants_rehearsal(&self) -> bool {
        self.first_unsettled().is_some()
    }

    /// The next frames of a rehearsal, for the first compressor that wants one; `sound` is used up. May
    /// allocate.
    ///
    /// # Panics
    /// As [`process`](Self::process).
    pub fn rehearse(&mut self, sound: &mut PassageMut<'_>, keys: &[Passage<'_>]) {
        let Some(first) = self.first_unsettled() else {
            return;
        };
        let frames = sound.frames();
        let (before, from) = self.slots.split_at_mut(first);
        for slot in before {
            slot.work
                .process(&mut sound.part(0..slot.rows, 0..frames), keys);
        }
        if let Work::Compressor(compression) = &mut from[0].work {
            let heard = sound.part(0..from[0].rows, 0..frames);
            compression.rehearse(&heard.read(), keys);
        }
    }

    /// Ends a rehearsal: the compressor that listened finds its threshold, and everything heard is forgotten.
    pub fn settle(&mut self) {
        if let Some(first) = self.first_unsettled()
            && let Work::Compressor(compression) = &mut self.slots[first].work
        {
            compression.settle();
        }
        self.reset();
    }

    fn first_unsettled(&self) -> Option<usize> {
        self.slots.iter().position(|slot| match &slot.work {
            Work::Effect(_) | Work::Spread(_) => false,
            Work::Compressor(compression) => compression.wants_rehearsal(),
        })
    }

    /// What the compressors have done since they were built or reset.
    pub fn report(&self) -> impl Iterator<Item = Reported> {
        self.slots.iter().filter_map(|slot| match &slot.work {
            Work::Effect(_) | Work::Spread(_) => None,
            Work::Compressor(compression) => Some(Reported {
                entry: slot.entry,
                threshold: compression.threshold(),
                reduction: compression.reduction(),
            }),
        })
    }

    /// What may be moved of entry `entry` of the list; nothing if it is bypassed.
    pub fn parameters(&self, entry: usize) -> &[Parameter] {
        let slot = self.slots.iter().find(|slot| slot.entry == entry);
        match slot.map(|slot| &slot.work) {
            Some(Work::Effect(effect)) => effect.parameters(),
            Some(Work::Compressor(compression)) => compression.parameters(),
            Some(Work::Spread(spread)) => spread.parameters(),
            None => &[],
        }
    }

    /// Moves a parameter of entry `entry`, as [`Effect::set`].
    pub fn set(&mut self, entry: usize, parameter: usize, value: f64, frames: Frames) {
        let slot = self.slots.iter_mut().find(|slot| slot.entry == entry);
        match slot.map(|slot| &mut slot.work) {
            Some(Work::Effect(effect)) => effect.set(parameter, value, frames),
            Some(Work::Compressor(compression)) => compression.set(parameter, value, frames),
            Some(Work::Spread(spread)) => spread.set(parameter, value, frames),
            None => {}
        }
    }
}

impl Work {
    fn process(&mut self, sound: &mut PassageMut<'_>, keys: &[Passage<'_>]) {
        match self {
            Self::Effect(effect) => effect.process(sound),
            Self::Compressor(compression) => compression.process(sound, keys),
            Self::Spread(spread) => spread.process(sound),
        }
    }

    fn latency(&self) -> Frames {
        match self {
            Self::Effect(effect) => effect.latency(),
            Self::Spread(spread) => spread.latency(),
            Self::Compressor(compression) => compression.latency(),
        }
    }
}

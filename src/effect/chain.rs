//! The processors of one strip, in a row.

use super::{Effect, Fault, Settings, Setup, Step};
use crate::audio::PassageMut;
use crate::units::Frames;

/// A list of processors at work on the channels of one strip, in the order written. Processors that are
/// bypassed are not there: they cost nothing and delay nothing.
#[derive(Debug)]
pub struct Chain {
    slots: Vec<Slot>,
}

/// One processor and which entry of the list it is.
#[derive(Debug)]
struct Slot {
    entry: usize,
    effect: Box<dyn Effect>,
}

impl Chain {
    /// Builds the processors.
    ///
    /// # Errors
    /// Every value that cannot be carried out; places begin with the entry of the list.
    pub fn build(entries: &[Settings], setup: Setup) -> Result<Self, Vec<Fault>> {
        let mut slots = Vec::new();
        let mut faults = Vec::new();
        for (entry, settings) in entries.iter().enumerate() {
            match settings.build(setup) {
                Ok(_) if settings.is_bypassed() => {}
                Ok(effect) => slots.push(Slot { entry, effect }),
                Err(found) => faults.extend(found.into_iter().map(|mut fault| {
                    fault.at.insert(0, Step::Item(entry));
                    fault
                })),
            }
        }
        if faults.is_empty() {
            Ok(Self { slots })
        } else {
            Err(faults)
        }
    }

    /// Processes the frames of `sound` in place. They follow those of the call before without a gap.
    pub fn process(&mut self, sound: &mut PassageMut<'_>) {
        for slot in &mut self.slots {
            slot.effect.process(sound);
        }
    }

    /// Frames by which the output lags.
    pub fn latency(&self) -> Frames {
        Frames(self.slots.iter().map(|slot| slot.effect.latency().0).sum())
    }

    /// Frames after the last input until what rings on, apart from the latency, has died away.
    pub fn tail(&self) -> Frames {
        Frames(self.slots.iter().map(|slot| slot.effect.tail().0).sum())
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        for slot in &mut self.slots {
            slot.effect.reset();
        }
    }

    /// The processor that entry `entry` of the list became, if it is not bypassed.
    pub fn effect_mut(&mut self, entry: usize) -> Option<&mut dyn Effect> {
        let slot = self.slots.iter_mut().find(|slot| slot.entry == entry)?;
        Some(slot.effect.as_mut())
    }
}

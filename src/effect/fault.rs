//! What is wrong with a processor's settings, and where.

use std::fmt;

use crate::units::SampleRate;

/// One step on the way to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A key of a table.
    Key(&'static str),
    /// An item of a list, counted from 0.
    Item(usize),
}

/// A value that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The way to the value, from the outermost table or list.
    pub at: Vec<Step>,
    /// What was found.
    pub message: String,
    /// What is allowed.
    pub help: String,
}

impl Fault {
    /// A fault at `at`.
    pub fn new(
        at: impl Into<Vec<Step>>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            at: at.into(),
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.at.iter().enumerate() {
            match step {
                Step::Key(key) if n == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(item) => write!(f, "[{item}]")?,
            }
        }
        write!(f, ": {}; {}", self.message, self.help)
    }
}

/// The limits of a number, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) unit: &'static str,
}

/// Limits of the numbers more than one processor takes.
pub(super) mod limits {
    use super::Limits;

    pub(in crate::effect) const BELL_DB: Limits = Limits::new(-30.0, 30.0, "dB");
    pub(in crate::effect) const Q: Limits = Limits::new(0.1, 40.0, "");
}

impl Limits {
    pub(super) const fn new(min: f64, max: f64, unit: &'static str) -> Self {
        Self { min, max, unit }
    }

    /// A filter's corner: above 1 Hz, and far enough below half the sample rate to be a filter.
    pub(super) fn of_frequency(rate: SampleRate) -> Self {
        Self::new(1.0, (0.49 * f64::from(rate.0)).floor(), "Hz")
    }

    /// The same with another upper end.
    pub(super) fn up_to(self, max: f64) -> Self {
        Self { max, ..self }
    }

    pub(super) fn holds(&self, value: f64) -> bool {
        (self.min..=self.max).contains(&value)
    }
}

/// Collects faults.
#[derive(Debug, Default)]
pub(super) struct Check {
    pub(super) faults: Vec<Fault>,
}

impl Check {
    /// The value at `at`, called `name`, lies within the limits.
    pub(super) fn within(&mut self, at: &[Step], name: &str, value: f64, limits: Limits) {
        if !limits.holds(value) {
            let Limits { min, max, unit } = limits;
            let space = if unit.is_empty() { "" } else { " " };
            self.faults.push(Fault::new(
                at,
                format!("{name} is {value}{space}{unit}, which is out of range"),
                format!("allowed is {min} to {max}{space}{unit}"),
            ));
        }
    }

    /// The frequency at `at` is one that this sample rate carries.
    pub(super) fn frequency(&mut self, at: &[Step], name: &str, hz: f64, rate: SampleRate) {
        let limits = Limits::of_frequency(rate);
        if !limits.holds(hz) {
            self.faults.push(Fault::new(
                at,
                format!("{name} is {hz} Hz, which a sample rate of {rate} cannot carry"),
                format!("allowed is {} to {} Hz", limits.min, limits.max),
            ));
        }
    }
}

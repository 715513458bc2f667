//! What may be moved while sound runs.

use super::fault::Limits;

/// A parameter of a built processor.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name: the key it is written with, with the band (counted from 1) and the part of lists:
    /// "threshold", "bell.2.db".
    pub name: String,
    /// Unit of its values: "Hz", "dB", "ms", or nothing for a plain number.
    pub unit: &'static str,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// The value it was built with.
    pub value: f64,
    /// Moves in a straight line of its logarithm, not of itself.
    pub logarithmic: bool,
}

impl Parameter {
    /// A parameter that moves in straight lines of itself.
    pub(super) fn linear(name: impl Into<String>, limits: Limits, value: f64) -> Self {
        let Limits { min, max, unit } = limits;
        Self {
            name: name.into(),
            unit,
            min,
            max,
            value,
            logarithmic: false,
        }
    }

    /// A parameter that moves in straight lines of its logarithm.
    pub(super) fn logarithmic(name: impl Into<String>, limits: Limits, value: f64) -> Self {
        Self {
            logarithmic: true,
            ..Self::linear(name, limits, value)
        }
    }
}

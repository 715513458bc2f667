//! What may be moved while sound runs.

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

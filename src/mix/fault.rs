//! What keeps a desk from being built.

use std::fmt;

use super::node::MOST_KEYS;
use crate::effect::Fault;

/// What cannot be built.
#[derive(Debug, Clone, PartialEq)]
pub enum DeskFault {
    /// Strips, groups and returns that wait for each other in a ring.
    Loop(Vec<String>),
    /// A key of the named place that nothing is called by.
    UnknownKey {
        /// The strip, group or return.
        at: String,
        /// What it asks for.
        key: String,
    },
    /// More keys on one chain than can be heard.
    TooManyKeys {
        /// The strip, group or return.
        at: String,
    },
    /// A parameter that the chain of the named place does not have.
    UnknownParameter {
        /// The strip, group or return.
        at: String,
        /// The parameter.
        parameter: String,
    },
    /// Values of the chain of the named place.
    Chain {
        /// The strip, group or return.
        at: String,
        /// What is wrong with them.
        faults: Vec<Fault>,
    },
}

impl fmt::Display for DeskFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loop(names) => write!(
                f,
                "keys and sends lead back to where they came from: {}",
                names.join(" <- ")
            ),
            Self::UnknownKey { at, key } => {
                write!(f, "\"{at}\": there is no stem or group \"{key}\" to key it")
            }
            Self::TooManyKeys { at } => {
                write!(f, "\"{at}\": a chain hears at most {MOST_KEYS} keys")
            }
            Self::UnknownParameter { at, parameter } => {
                write!(f, "\"{at}\": \"{parameter}\" is no parameter of its chain")
            }
            Self::Chain { at, faults } => {
                let first = faults.first().map_or(String::new(), ToString::to_string);
                write!(f, "the chain of \"{at}\": {first}")
            }
        }
    }
}

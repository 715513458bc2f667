//! What a target could not carry.

use crate::format::Clipped;
use crate::units::Gain;

/// Values of one object that were not written as they are.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Loss {
    /// The object.
    pub object: String,
    /// What could not be carried ("polar position", "ramp").
    pub field: &'static str,
    /// First second of the programme that it concerns.
    pub from_s: f64,
    /// Last second.
    pub to_s: f64,
    /// How many values.
    pub count: u64,
    /// The first of them.
    pub found: String,
    /// What was written in its place.
    pub written: String,
}

/// All that a target could not carry, one entry for each object and field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Losses(Vec<Loss>);

impl Losses {
    /// Notes a value of `object` at `second`. `words` gives what was found and what is written instead; it is
    /// asked for the first value of an object and field alone.
    pub fn add(
        &mut self,
        object: &str,
        field: &'static str,
        second: f64,
        words: impl FnOnce() -> (String, String),
    ) {
        // Those of one object come together.
        let known = self
            .0
            .iter_mut()
            .rev()
            .take_while(|loss| loss.object == object)
            .find(|loss| loss.field == field);
        if let Some(loss) = known {
            loss.count += 1;
            loss.from_s = loss.from_s.min(second);
            loss.to_s = loss.to_s.max(second);
            return;
        }
        let (found, written) = words();
        self.0.push(Loss {
            object: object.to_owned(),
            field,
            from_s: second,
            to_s: second,
            count: 1,
            found,
            written,
        });
    }

    /// Notes samples of `object`, somewhere in the first `seconds`, that were held at full scale; none is no loss.
    pub(crate) fn add_clipped(&mut self, object: &str, clipped: Clipped, seconds: f64) {
        let Clipped { samples, over } = clipped;
        if samples == 0 {
            return;
        }
        let peak = Gain(f64::from(over)).decibels();
        self.0.push(Loss {
            object: object.to_owned(),
            field: "level",
            from_s: 0.0,
            to_s: seconds,
            count: samples,
            found: format!("{samples} samples, at most {peak} above full scale"),
            written: "held at full scale".to_owned(),
        });
    }

    /// The entries, in the order in which they were found.
    pub fn entries(&self) -> &[Loss] {
        &self.0
    }
}

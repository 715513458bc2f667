//! Reads the impulse responses that chains name.

use std::path::Path;
use std::sync::Arc;

use super::outside;
use crate::effect::{Fault, Settings, Step};

/// Reads the responses of `chain`, whose paths are relative to `folder`; what cannot be read is a fault at its
/// place in the chain.
pub(crate) fn read(chain: &mut [Settings], folder: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (entry, settings) in chain.iter_mut().enumerate() {
        let Settings::Convolve(convolve) = settings else {
            continue;
        };
        match outside::impulse(&folder.join(&convolve.ir)) {
            Ok(impulse) => convolve.impulse = Some(Arc::new(impulse)),
            Err(error) => faults.push(Fault::new(
                [Step::Item(entry), Step::Key("convolve"), Step::Key("ir")],
                error.to_string(),
                "name an audio file, relative to the file this stands in",
            )),
        }
    }
    faults
}

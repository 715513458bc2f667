//! Makes the embedded form of a symmetric set: `cargo run --release --example embed_hrtf -- IN.sofa OUT.bin`.
//! `hrtf/make.sh` calls it.

use std::path::Path;

use umbel::format::sofa;
use umbel::render::hrtf::{Equalisation, pack};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = &arguments[..] else {
        return Err("usage: embed_hrtf IN.sofa OUT.bin".into());
    };
    let (set, _) = sofa::read(Path::new(input))?;
    let equaliser = set.equaliser().map_err(|fault| fault.to_string())?;
    // Delays are found on the equalised set, whose spectra are even.
    let (equalised, _) = set
        .clone()
        .with_equaliser(equaliser.clone())
        .equalised(Equalisation::On)
        .map_err(|fault| fault.to_string())?;
    let alignment = equalised
        .find_alignment()
        .map_err(|fault| fault.to_string())?;
    let set = set.aligned(alignment).with_equaliser(equaliser);
    std::fs::write(output, pack(&set).map_err(|fault| fault.to_string())?)?;
    Ok(())
}

//! Panners: from where an object is to the gain of every channel. A panner knows a layout and no time.
//!
//! `vbap` pans on any layout, `bs2127` on those of ITU-R BS.2051 as that standard has it; `stereo` is a mixing
//! desk's pan pot; `hoa` decodes and encodes sound fields. [`build`] picks the panner of a layout, and [`GainCalculator`]
//! puts all that an object's metadata may say on top of it.

mod allocentric;
mod bearing;
pub mod bs2127;
mod direct_speakers;
mod gain_calculator;
mod hoa;
mod lookup;
mod loudspeakers;
mod objects;
mod spread;
mod stage;
pub mod stereo;
mod vbap;

pub use allocentric::Allocentric;
pub use bearing::{Bearing, Bearings};
pub(crate) use direct_speakers::is_lfe;
pub use direct_speakers::{nominal_label, speaker_remarks};
pub use gain_calculator::GainCalculator;
pub(crate) use gain_calculator::RESIDUE;
pub use hoa::{Decoder, Encoder};
pub use vbap::Vbap;

use crate::geometry::Position;
use crate::layout::Layout;
use crate::scene::Extent;

/// Turns a position into one gain per channel.
///
/// Invariants for every position and extent: all gains finite and not below zero, LFE channels 0, and
/// the power (sum of squares) 1, except that [`bs2127`] lets points fall to 0.5 at the back of 0+2+0.
pub trait Panner: Send + Sync {
    /// Number of gains: the channels of the layout, LFE included.
    fn channels(&self) -> usize;

    /// Writes the gains of an object at `position` with `extent` to `gains`, one per channel.
    fn gains(&self, position: Position, extent: Extent, gains: &mut [f64]);

    /// As [`gains`](Self::gains), with the same bits, for a polar position whose `bearing` is known.
    fn gains_at(&self, position: Position, bearing: &Bearing, extent: Extent, gains: &mut [f64]) {
        let _ = bearing;
        self.gains(position, extent, gains);
    }

    /// Whether [`points`](Self::points) pans many points beside each other.
    fn pans_together(&self) -> bool {
        false
    }

    /// As [`gains`](Self::gains), with the same bits, for points without extent that are not nearer than 1, at those of the
    /// `bearings` that have a place: the first of as many places in `gains` as there are channels, which hold zeros.
    ///
    /// Does nothing unless it [`pans_together`](Self::pans_together).
    ///
    /// # Panics
    /// If a place beyond the bearings is given, or one outside of `gains`.
    fn points(&self, bearings: &Bearings, gains: &mut [f64], places: &[Option<u32>]) {
        let _ = (bearings, gains, places);
    }
}

/// The panner of points and extents of a loudspeaker layout: [`bs2127::Polar`] for the systems of BS.2051,
/// [`Vbap`] for all others.
///
/// # Errors
/// [`crate::Error::Layout`] if the layout has no speaker besides LFEs.
pub fn build(layout: &Layout) -> crate::Result<Box<dyn Panner>> {
    match bs2127::Polar::new(layout) {
        Some(panner) => Ok(Box::new(panner)),
        None => Ok(Box::new(Vbap::new(layout)?)),
    }
}

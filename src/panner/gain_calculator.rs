//! From what a block says to the gain of every channel: the gain calculators of ITU-R BS.2127.

use super::direct_speakers::{BedPanner, locked};
use super::objects::{self, Objects};
use super::stage::Stage;
use super::{Bearing, Bearings, Decoder, Panner};
use crate::geometry::Position;
use crate::layout::Layout;
use crate::scene::{DirectSpeakers, ObjectState, SoundField, SpeakerPosition, Zone};
use crate::{Error, Result};

/// Computes the gains of everything a scene can hold, on one layout.
///
/// Gains are linear, one per channel of the layout in its order, LFE included; positioned objects and sound
/// fields never feed an LFE. Computing the gains of objects and loudspeakers allocates nothing.
pub struct GainCalculator {
    stage: Stage,
    objects: Objects,
    beds: BedPanner,
    /// Made for the first sound field.
    decoder: Option<Decoder>,
}

impl GainCalculator {
    /// The calculator of `layout` on top of `panner`, which pans polar points and extents on it. Cartesian
    /// ones are panned by the allocentric panner of ITU-R BS.2127 if all loudspeakers have places in the room
    /// cube; else they are converted to polar.
    ///
    /// # Errors
    /// [`Error::Layout`] if the panner is one for another number of channels.
    pub fn new(layout: &Layout, panner: Box<dyn Panner>) -> Result<Self> {
        if panner.channels() != layout.channels() {
            return Err(Error::layout(
                &layout.name,
                "",
                "its panner is one for another layout",
            ));
        }
        let stage = Stage::new(layout, panner);
        Ok(Self {
            objects: Objects::new(&stage),
            beds: BedPanner::new(layout),
            stage,
            decoder: None,
        })
    }

    /// Number of channels of the layout.
    pub fn channels(&self) -> usize {
        self.stage.speakers.len()
    }

    /// The gains of a positioned object: what it plays directly and what it plays through the
    /// decorrelators; `diffuse` may be empty for an object that is never diffuse.
    ///
    /// # Panics
    /// If a slice is not as long as the layout has channels.
    pub fn object(&mut self, state: &ObjectState, direct: &mut [f64], diffuse: &mut [f64]) {
        self.object_at(state, None, direct, diffuse);
    }

    /// As [`object`](Self::object), with the same bits; `bearing` is that of its position, if it is known.
    ///
    /// # Panics
    /// If a slice is not as long as the layout has channels.
    pub fn object_at(
        &mut self,
        state: &ObjectState,
        bearing: Option<&Bearing>,
        direct: &mut [f64],
        diffuse: &mut [f64],
    ) {
        let channels = self.channels();
        assert!(
            direct.len() == channels && [0, channels].contains(&diffuse.len()),
            "one gain per channel"
        );
        self.raw_object_at(state, bearing, direct);
        drop_residues(direct);
        let share = state.diffuse.clamp(0.0, 1.0);
        if share == 0.0 {
            diffuse.fill(0.0);
            return scale(direct, state.gain);
        }
        for (diffuse, direct) in diffuse.iter_mut().zip(&*direct) {
            *diffuse = direct * (share.sqrt() * state.gain);
        }
        scale(direct, (1.0 - share).sqrt() * state.gain);
    }

    /// The gains of an object that is not diffuse, for those who drop [`RESIDUE`]s and apply its own gain themselves, to
    /// many objects at once; `bearing` is that of its position, if it is known.
    ///
    /// # Panics
    /// If `direct` is not as long as the layout has channels.
    pub(crate) fn raw_object_at(
        &mut self,
        state: &ObjectState,
        bearing: Option<&Bearing>,
        direct: &mut [f64],
    ) {
        self.objects.gains(&mut self.stage, state, bearing, direct);
    }

    /// Whether there are [`raw_points`](Self::raw_points).
    pub(crate) fn pans_together(&self) -> bool {
        self.stage.panner.pans_together()
    }

    /// As [`raw_object_at`](Self::raw_object_at), with the same bits for [plain points](Bearings::plain_point), if it
    /// [`pans_together`](Self::pans_together): those that have a place in `gains`, where they find zeros.
    pub(crate) fn raw_points(
        &self,
        bearings: &Bearings,
        gains: &mut [f64],
        places: &[Option<u32>],
    ) {
        self.stage.panner.points(bearings, gains, places);
    }

    /// Whether `zones` of an object hold every loudspeaker that could play it. Then none is left out, and it is panned as
    /// if it had no zones (ITU-R BS.2127-0, 7.3.12 and 7.3.10). `is_cartesian`: its position is.
    pub fn excludes_all(&self, zones: &[Zone], is_cartesian: bool) -> bool {
        objects::excludes_all(&self.stage, zones, is_cartesian)
    }

    /// Where an object is heard from: its position, moved as the screen of the layout and the lock to its
    /// loudspeakers say. Positions that are moved are polar then.
    pub(crate) fn place(&mut self, state: &ObjectState) -> Position {
        self.objects.place(&self.stage, state)
    }

    /// Where a channel made for a loudspeaker is heard from: its position, or the edge of the screen of the layout
    /// that it sticks to.
    pub(crate) fn speaker_place(&self, speaker: &DirectSpeakers) -> SpeakerPosition {
        locked(&self.stage, speaker)
    }

    /// The gains of a channel made for a loudspeaker.
    ///
    /// # Panics
    /// If `gains` is not as long as the layout has channels.
    pub fn speaker(&mut self, speaker: &DirectSpeakers, gains: &mut [f64]) {
        assert_eq!(gains.len(), self.channels(), "one gain per channel");
        self.beds.gains(&mut self.stage, speaker, gains);
        drop_residues(gains);
    }

    /// The gains of every component of a sound field, one after the other: component c plays on channel k
    /// with gain c · channels + k. Allocates: decoders are made when a render is set up.
    pub fn sound_field(&mut self, field: &SoundField) -> Vec<f64> {
        self.decoder
            .get_or_insert_with(|| Decoder::new(&*self.stage.panner))
            .matrix(field)
    }
}

/// Gains below this (-180 dB) are what rounding leaves of none: a source on a loudspeaker feeds no other, and what is
/// silent stays so to the last bit.
pub(crate) const RESIDUE: f64 = 1e-9;

fn drop_residues(gains: &mut [f64]) {
    // Without a branch, so that it is quick.
    for gain in gains {
        *gain = if gain.abs() < RESIDUE { 0.0 } else { *gain };
    }
}

#[allow(
    clippy::float_cmp,
    reason = "unity is set exactly, and then nothing is to be done"
)]
fn scale(gains: &mut [f64], by: f64) {
    if by != 1.0 {
        for gain in gains {
            *gain *= by;
        }
    }
}

impl std::fmt::Debug for GainCalculator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GainCalculator")
            .field("channels", &self.channels())
            .finish_non_exhaustive()
    }
}

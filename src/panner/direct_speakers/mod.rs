//! Channels made for a loudspeaker: the DirectSpeakers renderer of ITU-R BS.2127.
//!
//! `labels` tells what a label means, `mapping` where common packs go on other systems, `bounds` which
//! loudspeakers a channel allows.

mod bounds;
mod labels;
mod mapping;

pub(crate) use labels::is_lfe;
pub use labels::{nominal as nominal_label, speaker_remarks};

use self::mapping::Mapping;
use super::bs2127::System;
use super::stage::Stage;
use crate::geometry::{Position, cartesian_to_polar};
use crate::layout::Layout;
use crate::scene::{Bounded, DirectSpeakers, Extent, SpeakerPosition};

/// Finds the loudspeakers that play a channel on one layout.
///
/// The systems of BS.2051 are played as the standard has it. On other layouts the mapping of common packs is
/// left out (LFEs apart): a label, a place within the bounds or panning leads to nearer loudspeakers there.
#[derive(Debug, Clone)]
pub(super) struct BedPanner {
    mapping: Mapping,
    /// Where an LFE without a channel of its own goes.
    lfe: Option<usize>,
}

impl BedPanner {
    /// The panner of `layout`.
    pub(super) fn new(layout: &Layout) -> Self {
        labels::prepare();
        let speakers = &layout.speakers;
        let names: Vec<&str> = speakers.iter().map(|s| s.label.as_str()).collect();
        let system = System::of(layout).is_some();
        let first = speakers.iter().position(|s| s.lfe && s.label == "LFE1");
        Self {
            mapping: Mapping::new(&names, |label| system || labels::is_lfe_label(label)),
            lfe: first.or_else(|| layout.lfe_channel()),
        }
    }

    /// Writes the gains of `speaker` to `gains`, one per channel. Allocates nothing.
    pub(super) fn gains(&self, stage: &mut Stage, speaker: &DirectSpeakers, gains: &mut [f64]) {
        gains.fill(0.0);
        self.find(stage, speaker, gains);
        for gain in gains {
            *gain *= speaker.gain;
        }
    }

    /// The steps of the standard; the first that leads to loudspeakers ends the search.
    fn find(&self, stage: &mut Stage, speaker: &DirectSpeakers, gains: &mut [f64]) {
        if let Some(feeds) = self.mapped(speaker) {
            for &(channel, gain) in feeds {
                gains[channel] = gain;
            }
            return;
        }
        let lfe = labels::is_lfe(speaker);
        if let Some(channel) = labelled(stage, speaker, lfe) {
            gains[channel] = 1.0;
            return;
        }
        let position = locked(stage, speaker);
        if let Some(channel) = bounds::nearest_within(&stage.speakers, &position, lfe) {
            gains[channel] = 1.0;
            return;
        }
        match (lfe, self.lfe) {
            (true, Some(channel)) => gains[channel] = 1.0,
            (true, None) => {}
            (false, _) => pan(stage, &position, gains),
        }
    }

    /// Where the mapping of its pack puts the channel.
    fn mapped(&self, speaker: &DirectSpeakers) -> Option<&[(usize, f64)]> {
        let label = labels::nominal(speaker.labels.first()?);
        self.mapping.route(speaker.pack.as_deref()?, label)
    }
}

/// The channel that has one of the labels, the first label first.
fn labelled(stage: &Stage, speaker: &DirectSpeakers, lfe: bool) -> Option<usize> {
    speaker.labels.iter().find_map(|label| {
        let label = labels::nominal(label);
        let has_it = |channel: &super::loudspeakers::Loudspeaker| channel.label == label;
        let channel = stage.speakers.iter().position(has_it)?;
        (stage.speakers[channel].lfe == lfe).then_some(channel)
    })
}

/// The position, moved to the edge of the screen that it sticks to. Its bounds stay.
pub(super) fn locked(stage: &Stage, speaker: &DirectSpeakers) -> SpeakerPosition {
    let lock = speaker.screen_edge_lock;
    if lock.is_none() {
        return speaker.position;
    }
    let moved = |bounded: Bounded, value: f64| Bounded { value, ..bounded };
    match speaker.position {
        SpeakerPosition::Polar {
            azimuth,
            elevation,
            distance,
        } => {
            let angles = (azimuth.value, elevation.value);
            let (to_azimuth, to_elevation) = stage.screen.locked(lock, angles);
            SpeakerPosition::Polar {
                azimuth: moved(azimuth, to_azimuth),
                elevation: moved(elevation, to_elevation),
                distance,
            }
        }
        SpeakerPosition::Cartesian { x, y, z } => {
            let at = [x.value, y.value, z.value];
            let [to_x, to_y, to_z] = stage.screen.locked_in_room(lock, at);
            SpeakerPosition::Cartesian {
                x: moved(x, to_x),
                y: moved(y, to_y),
                z: moved(z, to_z),
            }
        }
    }
}

/// Pans the channel as a point.
fn pan(stage: &mut Stage, position: &SpeakerPosition, gains: &mut [f64]) {
    let mut towards = |azimuth, elevation| {
        let position = Position::Polar {
            azimuth,
            elevation,
            distance: 1.0,
        };
        stage.panner.gains(position, Extent::default(), gains);
    };
    match position {
        SpeakerPosition::Polar {
            azimuth, elevation, ..
        } => towards(azimuth.value, elevation.value),
        SpeakerPosition::Cartesian { x, y, z } => {
            let at = [x.value, y.value, z.value];
            match &mut stage.room {
                Some(room) => room.gains(at, Extent::default(), gains),
                None => {
                    let (azimuth, elevation, _) = cartesian_to_polar(at);
                    towards(azimuth, elevation);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Gains and offsets of objects: in which element they come to stand, and whether they can.

use std::collections::HashSet;

use super::super::blocks::{Blocks, ObjectBlocks};
use super::super::write::number;
use super::axml::{Shift, is_unity, is_zero, moved_within};
use super::check::offsets;
use super::resolve::Build;
use super::{Changed, Coordinate};
use crate::{Error, Result};

impl Build<'_> {
    pub(super) fn shift(&mut self, object: usize, change: impl Fn(&mut Shift)) {
        let entry = self.object_shifts.entry(object).or_default();
        change(&mut entry.0);
    }

    pub(super) fn told(&mut self, what: String, field: &str, was: &str, now: &str, object: usize) {
        self.changed.push(Changed {
            what,
            field: field.to_owned(),
            was: was.to_owned(),
            now: now.to_owned(),
            blocks: 0,
        });
        let entry = self.object_shifts.entry(object).or_default();
        entry.1.push(self.changed.len() - 1);
    }

    /// Turns shifts of objects into edits of the XML.
    pub(super) fn shifts(&mut self) -> Result<()> {
        let document = self.document;
        let shifts = std::mem::take(&mut self.object_shifts);
        let mut indices: Vec<usize> = shifts.keys().copied().collect();
        indices.sort_unstable();
        let shifted: HashSet<usize> = indices.iter().copied().collect();
        for index in indices {
            let (shift, told) = &shifts[&index];
            if is_unity(shift.gain) && shift.offset.iter().all(|&offset| is_zero(offset)) {
                continue;
            }
            let head = &document.objects[index].head;
            let failed = |reason: String| {
                Error::Usage(format!(
                    "\"{}\": object {} \"{}\": {reason}",
                    document.path.display(),
                    head.id,
                    head.name
                ))
            };
            if !shift.gain.is_finite() || !(0.0..=1e4).contains(&shift.gain) {
                return Err(failed("a gain is at most +80 dB".to_owned()));
            }
            let offset = |c: &&Coordinate| !is_zero(shift.offset[c.index()]);
            let coordinates: Vec<_> = Coordinate::ALL.iter().filter(offset).collect();
            for coordinate in &coordinates {
                self.can_shift(index, Some(**coordinate)).map_err(failed)?;
            }
            self.can_shift(index, None).map_err(failed)?;
            let channels = self.channels_of(index);
            let mut shift = *shift;
            let mut blocks = 0;
            for &channel in &channels {
                let format = &document.channels[channel];
                blocks += format.blocks.len();
                if let Blocks::Objects(blocks) = &*format.blocks
                    && !coordinates.is_empty()
                {
                    match self.in_blocks {
                        true => may_move(blocks, &shift, [0.0; 6], self.edits.clamp),
                        false => {
                            let had = offsets(document.objects[index].offset);
                            if self.edits.clamp {
                                hold(blocks, &mut shift, had);
                            }
                            may_move(blocks, &shift, had, false)
                        }
                    }
                    .map_err(failed)?;
                }
            }
            if self.in_blocks {
                self.refuse_shared(index, &channels, &shifted, &failed)?;
                for &channel in &channels {
                    let id = document.channels[channel].head.id.to_ascii_uppercase();
                    self.edits.channels.insert(id, shift);
                }
                for &entry in told {
                    self.changed[entry].blocks = blocks;
                }
            } else {
                for coordinate in coordinates {
                    let field = format!("offset.{}", coordinate.name());
                    let (asked, held) = (
                        shifts[&index].0.offset[coordinate.index()],
                        shift.offset[coordinate.index()],
                    );
                    if is_zero(asked - held) {
                        continue;
                    }
                    let words =
                        format!("{held:+} more, held at the border ({asked:+} was asked for)");
                    for &entry in told {
                        let changed = &mut self.changed[entry];
                        if changed.field == field {
                            changed.now.clone_from(&words);
                        }
                    }
                }
                self.edits
                    .objects
                    .insert(head.id.to_ascii_uppercase(), shift);
            }
        }
        let louder = shifts.values().any(|(shift, _)| !is_unity(shift.gain));
        let has_loudness = document.programmes.iter().any(|p| !p.loudness.is_empty())
            || document.contents.iter().any(|c| !c.loudness.is_empty());
        if louder && has_loudness {
            self.remarks.push(
                "the loudness that the master states is that before the new gains; `umbel measure` tells the new one"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Whether the gain of an object can be changed, or its position along `coordinate`.
    pub(super) fn can_shift(
        &self,
        object: usize,
        coordinate: Option<Coordinate>,
    ) -> Result<(), String> {
        let channels = self.channels_of(object);
        if channels.is_empty() {
            return Err(
                "it has no track of its own, so nothing to be louder or elsewhere".to_owned(),
            );
        }
        for &channel in &channels {
            let format = &self.document.channels[channel];
            match (&*format.blocks, coordinate) {
                (Blocks::Objects(blocks), Some(coordinate)) => has_form(blocks, coordinate)?,
                (Blocks::Objects(_), None) => {}
                (_, Some(_)) => {
                    return Err(
                        "positions of objects can be offset; these are loudspeakers or a sound field".to_owned(),
                    );
                }
                (_, None) if self.in_blocks && format.head.is_common => {
                    return Err(
                        "its channels are common definitions, which cannot be changed".to_owned(),
                    );
                }
                (_, None) => {}
            }
        }
        Ok(())
    }

    /// Channel formats that the tracks of an object are.
    fn channels_of(&self, object: usize) -> Vec<usize> {
        let uids = self.document.objects[object].tracks.iter().flatten();
        let mut channels: Vec<usize> = uids
            .filter_map(|&uid| self.document.uids[uid].channel)
            .collect();
        channels.sort_unstable();
        channels.dedup();
        channels
    }

    /// Blocks of a channel cannot be changed for one object and stay for another.
    fn refuse_shared(
        &self,
        index: usize,
        channels: &[usize],
        shifted: &HashSet<usize>,
        failed: &dyn Fn(String) -> Error,
    ) -> Result<()> {
        for other in 0..self.document.objects.len() {
            if other == index {
                continue;
            }
            let shares = self.channels_of(other).iter().any(|c| channels.contains(c));
            if shares {
                let head = &self.document.objects[other].head;
                let also = if shifted.contains(&other) {
                    " (changed as well)"
                } else {
                    ""
                };
                return Err(failed(format!(
                    "it shares its channel format with object {} \"{}\"{also}, whose blocks would change with it",
                    head.id, head.name
                )));
            }
        }
        Ok(())
    }
}

/// The form of a block's position, its three values, and the index of the first in arrays of six.
fn position_of(blocks: &ObjectBlocks, index: usize) -> (&'static str, [f64; 3], usize) {
    use crate::geometry::Position;
    match blocks.position(index) {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => (
            "azimuth, elevation and distance",
            [azimuth, elevation, distance],
            0,
        ),
        Position::Cartesian { x, y, z } => ("X, Y and Z", [x, y, z], 3),
    }
}

/// Whether all positions are given by `coordinate`, among others.
fn has_form(blocks: &ObjectBlocks, coordinate: Coordinate) -> Result<(), String> {
    for index in 0..blocks.len() {
        let (own, _, first) = position_of(blocks, index);
        if !(first..first + 3).contains(&coordinate.index()) {
            let name = coordinate.name();
            return Err(format!(
                "its positions are given by {own}: {name} cannot be offset"
            ));
        }
    }
    Ok(())
}

/// What a coordinate may be.
fn range(coordinate: Coordinate) -> (f64, f64) {
    match coordinate {
        Coordinate::Azimuth => (-180.0, 180.0),
        Coordinate::Elevation => (-90.0, 90.0),
        Coordinate::Distance => (0.0, 1.0),
        Coordinate::X | Coordinate::Y | Coordinate::Z => (-1.0, 1.0),
    }
}

/// Slack for sums that are a border but for their last bit.
const LAST_BIT: f64 = 1e-9;

/// Whether all positions can be moved so, by `shift` on top of the offset that the object `had`. Azimuths turn on.
fn may_move(
    blocks: &ObjectBlocks,
    shift: &Shift,
    had: [f64; 6],
    clamp: bool,
) -> Result<(), String> {
    for index in 0..blocks.len() {
        let (_, values, first) = position_of(blocks, index);
        for (n, value) in values.iter().enumerate() {
            let coordinate = Coordinate::ALL[first + n];
            let was = moved_within(coordinate, value + had[first + n], false);
            let moved = moved_within(coordinate, was + shift.offset[first + n], clamp);
            let (low, high) = range(coordinate);
            let is_inside = |value| (low - LAST_BIT..=high + LAST_BIT).contains(&value);
            if is_inside(was) && !is_inside(moved) {
                return Err(format!(
                    "block {} would get {} {}, and {low} to {high} is allowed: choose a smaller offset, or hold it at \
                     the border with --clamp",
                    index + 1,
                    coordinate.name(),
                    number(moved)
                ));
            }
        }
    }
    Ok(())
}

/// Shortens `shift` until the first block touches its border: an offset of the whole object holds for every block alike.
fn hold(blocks: &ObjectBlocks, shift: &mut Shift, had: [f64; 6]) {
    for index in 0..blocks.len() {
        let (_, values, first) = position_of(blocks, index);
        for (n, value) in values.iter().enumerate() {
            let coordinate = Coordinate::ALL[first + n];
            let (low, high) = range(coordinate);
            let was = value + had[first + n];
            if coordinate != Coordinate::Azimuth && (low..=high).contains(&was) {
                let offset = &mut shift.offset[first + n];
                *offset = offset.clamp(low - was, high - was);
            }
        }
    }
}

//! Gains and offsets of objects: in which element they come to stand, and whether they can.

use std::collections::HashSet;

use super::super::blocks::{Blocks, ObjectBlocks};
use super::super::write::number;
use super::axml::{Shift, is_unity, is_zero, moved_within};
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
            let channels = self.channels_of(index);
            if channels.is_empty() {
                return Err(failed(
                    "it has no track of its own, so nothing to be louder or elsewhere".to_owned(),
                ));
            }
            let mut blocks = 0;
            for &channel in &channels {
                let format = &document.channels[channel];
                blocks += format.blocks.len();
                let moves = shift.offset.iter().any(|&offset| !is_zero(offset));
                match &*format.blocks {
                    Blocks::Objects(blocks) if moves => {
                        may_move(blocks, shift, !self.in_blocks || self.edits.clamp)
                            .map_err(failed)?;
                    }
                    Blocks::Objects(_) => {}
                    _ if moves => {
                        return Err(failed(
                            "positions of objects can be offset; these are loudspeakers or a sound field".to_owned(),
                        ));
                    }
                    _ if self.in_blocks && format.head.is_common => {
                        return Err(failed(
                            "its channels are common definitions, which cannot be changed"
                                .to_owned(),
                        ));
                    }
                    _ => {}
                }
            }
            if self.in_blocks {
                self.refuse_shared(index, &channels, &shifted, &failed)?;
                for &channel in &channels {
                    let id = document.channels[channel].head.id.to_ascii_uppercase();
                    self.edits.channels.insert(id, *shift);
                }
                for &entry in told {
                    self.changed[entry].blocks = blocks;
                }
            } else {
                self.edits
                    .objects
                    .insert(head.id.to_ascii_uppercase(), *shift);
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

/// Whether all positions can be moved so.
fn may_move(blocks: &ObjectBlocks, shift: &Shift, everywhere: bool) -> Result<(), String> {
    use crate::geometry::Position;
    for index in 0..blocks.len() {
        let (own, values, first): (&str, [f64; 3], usize) = match blocks.position(index) {
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
        };
        let foreign =
            (0..6).find(|&n| !(first..first + 3).contains(&n) && !is_zero(shift.offset[n]));
        if let Some(foreign) = foreign {
            let name = Coordinate::ALL[foreign].name();
            return Err(format!(
                "its positions are given by {own}: {name} cannot be offset"
            ));
        }
        for (n, value) in values.iter().enumerate() {
            let coordinate = Coordinate::ALL[first + n];
            let moved = moved_within(coordinate, value + shift.offset[first + n], everywhere);
            let (low, high) = match coordinate {
                Coordinate::Azimuth => (-180.0, 180.0),
                Coordinate::Elevation => (-90.0, 90.0),
                Coordinate::Distance => (0.0, f64::INFINITY),
                _ => (-1.0, 1.0),
            };
            let was_inside = (low..=high).contains(value);
            if !everywhere && was_inside && !(low..=high).contains(&moved) {
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

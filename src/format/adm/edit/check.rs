//! Compares a master that was edited with what it was, and with what it was to become.

use super::super::blocks::{Blocks, ObjectBlocks};
use super::super::model::{AudioObject, Document, Element, PositionOffset, Table};
use super::Coordinate;
use super::axml::{Edits, Shift, moved_within};
use crate::geometry::Position;

/// Coordinates are written with six decimals at least.
const NEAR: f64 = 2e-6;

/// Says what of `after` is not `before` with `edits`.
pub(super) fn check(
    before: &Document,
    after: &Document,
    edits: &Edits,
    clamp: bool,
) -> Result<(), String> {
    let errors = |document: &Document| {
        let findings = document.findings();
        let is_error = |f: &&crate::error::Finding| f.severity == crate::error::Severity::Error;
        findings.iter().find(is_error).map(|f| f.message.clone())
    };
    if let Some(message) = errors(after) {
        return Err(format!("its metadata cannot be read again: {message}"));
    }
    if before.chna != after.chna {
        return Err("the chna chunk has changed".to_owned());
    }
    names(&before.programmes, &after.programmes, edits)?;
    names(&before.contents, &after.contents, edits)?;
    names(&before.objects, &after.objects, edits)?;
    names(&before.packs, &after.packs, edits)?;
    names(&before.channels, &after.channels, edits)?;
    names(&before.uids, &after.uids, edits)?;
    for (before, after) in before.objects.iter().zip(after.objects.iter()) {
        let shift = edits.objects.get(&before.head.id.to_ascii_uppercase());
        object(before, after, shift.copied().unwrap_or_default())?;
    }
    for (before, after) in before.channels.iter().zip(after.channels.iter()) {
        let shift = edits.channels.get(&before.head.id.to_ascii_uppercase());
        let shift = shift.copied().unwrap_or_default();
        blocks(&before.blocks, &after.blocks, shift, clamp)
            .map_err(|reason| format!("{}: {reason}", before.head.id))?;
    }
    Ok(())
}

fn names<T: Element>(before: &Table<T>, after: &Table<T>, edits: &Edits) -> Result<(), String> {
    if before.len() != after.len() {
        return Err(format!(
            "it has {} {}s; there were {}",
            after.len(),
            T::KIND,
            before.len()
        ));
    }
    for (before, after) in before.iter().zip(after.iter()) {
        let (before, after) = (before.head(), after.head());
        let key = (T::KIND, before.id.to_ascii_uppercase());
        let name = edits.names.get(&key).unwrap_or(&before.name);
        // A name is read without the spaces around it.
        if before.id != after.id || name.trim() != after.name.trim() {
            return Err(format!(
                "{} \"{}\" is read as {} \"{}\"",
                before.id, name, after.id, after.name
            ));
        }
    }
    Ok(())
}

fn near(found: f64, meant: f64) -> bool {
    (found - meant).abs() <= NEAR * meant.abs().max(1.0)
}

fn object(before: &AudioObject, after: &AudioObject, shift: Shift) -> Result<(), String> {
    let id = &before.head.id;
    let gain = before.gain.unwrap_or(1.0) * shift.gain;
    if !near(after.gain.unwrap_or(1.0), gain) {
        return Err(format!(
            "the gain of {id} is {:?}; {gain} was meant",
            after.gain
        ));
    }
    let (found, old) = (offsets(after.offset), offsets(before.offset));
    for coordinate in Coordinate::ALL {
        let n = coordinate.index();
        if !near(found[n], old[n] + shift.offset[n]) {
            return Err(format!(
                "the offset {} of {id} is {}; {} was meant",
                coordinate.name(),
                found[n],
                old[n] + shift.offset[n]
            ));
        }
    }
    Ok(())
}

pub(super) fn offsets(offset: Option<PositionOffset>) -> [f64; 6] {
    match offset {
        None => [0.0; 6],
        Some(PositionOffset::Polar {
            azimuth,
            elevation,
            distance,
        }) => [azimuth, elevation, distance, 0.0, 0.0, 0.0],
        Some(PositionOffset::Cartesian { x, y, z }) => [0.0, 0.0, 0.0, x, y, z],
    }
}

fn blocks(before: &Blocks, after: &Blocks, shift: Shift, clamp: bool) -> Result<(), String> {
    if before.len() != after.len() {
        return Err(format!(
            "it has {} blocks; there were {}",
            after.len(),
            before.len()
        ));
    }
    for index in 0..before.len() {
        if before.times(index) != after.times(index) {
            return Err(format!("block {} has other times", index + 1));
        }
        let (old, new) = (gain(before, index), gain(after, index));
        if !near(new, old * shift.gain) {
            return Err(format!(
                "the gain of block {} is {new}; {} was meant",
                index + 1,
                old * shift.gain
            ));
        }
    }
    match (before, after) {
        (Blocks::Objects(before), Blocks::Objects(after)) => positions(before, after, shift, clamp),
        _ => Ok(()),
    }
}

fn gain(blocks: &Blocks, index: usize) -> f64 {
    match blocks {
        Blocks::Objects(blocks) => blocks.gain(index),
        Blocks::Speakers(blocks) => blocks[index].gain,
        Blocks::Hoa(blocks) => blocks[index].gain,
        Blocks::Matrix(_) => 1.0,
        Blocks::Binaural(blocks) => blocks[index].gain,
    }
}

fn positions(
    before: &ObjectBlocks,
    after: &ObjectBlocks,
    shift: Shift,
    clamp: bool,
) -> Result<(), String> {
    let values = |position: Position| match position {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => ([azimuth, elevation, distance], 0),
        Position::Cartesian { x, y, z } => ([x, y, z], 3),
    };
    for index in 0..before.len() {
        let (old, form) = values(before.position(index));
        let (new, new_form) = values(after.position(index));
        let is_meant = |n: usize| {
            let coordinate = Coordinate::ALL[form + n];
            let offset = shift.offset[form + n];
            let meant = match super::axml::is_zero(offset) {
                true => old[n],
                false => moved_within(coordinate, old[n] + offset, clamp),
            };
            near(new[n], meant)
        };
        if form != new_form || !(0..3).all(is_meant) {
            return Err(format!(
                "block {} is at {new:?}; it was at {old:?}",
                index + 1
            ));
        }
        if before.shape(index) != after.shape(index) {
            return Err(format!(
                "block {} has changed beside its position",
                index + 1
            ));
        }
    }
    Ok(())
}

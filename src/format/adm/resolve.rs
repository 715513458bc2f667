//! Turns the references between elements into indices, and fetches the common definitions they name.

use std::collections::HashMap;
use std::sync::Arc;

use super::SILENT_TRACK;
use super::blocks::Blocks;
use super::chna::ChnaRow;
use super::codes::{CHNA, CHNA_DISAGREES, DUPLICATE_ID, REDEFINED, REFERENCE};
use super::common;
use super::findings::{Findings, Place, shorten};
use super::model::{Document, Element, Reference, Table, TrackUid};
use crate::error::Severity;

/// Resolves everything in `document`, whose axml and chna chunks have been read.
pub(super) fn resolve(document: &mut Document) {
    tell_redefined(document);
    let Document {
        programmes,
        contents,
        objects,
        packs,
        channels,
        streams,
        tracks,
        uids,
        chna,
        findings,
        ..
    } = document;
    take_chna(uids, chna, findings);

    for object in objects.iter_mut() {
        object.packs = all(
            &object.pack_refs,
            &object.head.id,
            packs,
            common::pack,
            findings,
        );
        object.tracks = track_refs(&object.track_refs, &object.head.id, uids, findings);
    }
    for index in 0..objects.len() {
        let object = &objects[index];
        let id = object.head.id.clone();
        let inside = existing(&object.object_refs, &id, objects, findings);
        let complementary = existing(&object.complementary_refs, &id, objects, findings);
        let object = &mut objects[index];
        object.objects = inside;
        object.complementary = complementary;
    }
    for content in contents.iter_mut() {
        content.objects = existing(&content.object_refs, &content.head.id, objects, findings);
    }
    let sets = alternative_sets(objects, findings);
    for content in contents.iter_mut() {
        content.alternatives =
            alternatives(&content.alternative_refs, &content.head.id, &sets, findings);
    }
    for programme in programmes.iter_mut() {
        let id = &programme.head.id;
        programme.contents = existing(&programme.content_refs, id, contents, findings);
        programme.alternatives = alternatives(&programme.alternative_refs, id, &sets, findings);
    }

    for uid in uids.iter_mut() {
        let id = uid.head.id.clone();
        uid.pack = one(&uid.pack_ref, &id, packs, common::pack, findings);
        uid.channel = one(&uid.channel_ref, &id, channels, common::channel, findings);
        // Fetched now, so that their streams and channels are resolved below.
        one(&uid.track_ref, &id, tracks, common::track, findings);
    }
    for index in 0..tracks.len() {
        let track = &tracks[index];
        let (id, reference) = (track.head.id.clone(), track.stream_ref.clone());
        let stream = one(&reference, &id, streams, common::stream, findings);
        tracks[index].stream = stream;
    }
    link_streams(streams, tracks, findings);
    for stream in streams.iter_mut() {
        let id = stream.head.id.clone();
        stream.channel = one(
            &stream.channel_ref,
            &id,
            channels,
            common::channel,
            findings,
        );
        stream.pack = one(&stream.pack_ref, &id, packs, common::pack, findings);
    }
    for uid in uids.iter_mut() {
        channel_of_track(uid, tracks, streams, findings);
    }
    resolve_packs(document);
    resolve_matrices(document);
}

/// Takes over what the chna chunk says of tracks.
fn take_chna(uids: &mut Table<TrackUid>, chna: &[ChnaRow], findings: &mut Findings) {
    for row in chna {
        let index = uids.find(&row.uid).or_else(|| {
            let mut uid = TrackUid::default();
            uid.head.id.clone_from(&row.uid);
            uids.add(uid).ok()
        });
        let Some(index) = index else { continue };
        let uid = &mut uids[index];
        uid.file_channel = Some(usize::from(row.track_index) - 1);
        let reference = |id: &str| {
            let id = id.to_owned();
            Some(Reference {
                id,
                place: Place::default(),
            })
        };
        let upper = row.reference.to_ascii_uppercase();
        if upper.starts_with("AT_") {
            agree(
                &mut uid.track_ref,
                reference(&row.reference),
                &row.uid,
                findings,
            );
        } else if upper.starts_with("AC_") {
            let id = row.reference.strip_suffix("_00").unwrap_or(&row.reference);
            agree(&mut uid.channel_ref, reference(id), &row.uid, findings);
        } else if !upper.is_empty() {
            let message = format!(
                "the chna chunk says that {} is of format \"{}\"",
                row.uid,
                shorten(&row.reference)
            );
            let help = "this is the ID of a track format (AT_) or of a channel format (AC_)";
            findings.add(CHNA, Place::default(), message, help);
        }
        if !row.pack.is_empty() {
            agree(&mut uid.pack_ref, reference(&row.pack), &row.uid, findings);
        }
    }
}

/// Sets a reference that the chna chunk makes, or compares it with that of the axml chunk.
fn agree(
    slot: &mut Option<Reference>,
    found: Option<Reference>,
    uid: &str,
    findings: &mut Findings,
) {
    match (&slot, found) {
        (Some(written), Some(found)) => {
            if !written.id.eq_ignore_ascii_case(&found.id) {
                let message = format!(
                    "audioTrackUID {uid}: the chna chunk refers to {}, the axml chunk to {}",
                    shorten(&found.id),
                    shorten(&written.id)
                );
                let help = "both must say the same: export the file again";
                findings.add(CHNA_DISAGREES, written.place, message, help);
            }
        }
        (None, found) => *slot = found,
        (Some(_), None) => {}
    }
}

fn dangling(reference: &Reference, owner: &str, kind: &str, findings: &mut Findings) {
    let message = format!(
        "{} refers to the {kind} {}, which does not exist",
        shorten(owner),
        shorten(&reference.id)
    );
    let help = "correct the reference, or add the element";
    findings.add(REFERENCE, reference.place, message, help);
}

/// Elements of the file.
fn existing<T: Element>(
    references: &[Reference],
    owner: &str,
    table: &Table<T>,
    findings: &mut Findings,
) -> Vec<usize> {
    references
        .iter()
        .filter_map(|reference| {
            let found = table.find(&reference.id);
            if found.is_none() {
                dangling(reference, owner, T::KIND, findings);
            }
            found
        })
        .collect()
}

/// Elements of the file or of the common definitions, which are then added to the table.
fn all<T: Element>(
    references: &[Reference],
    owner: &str,
    table: &mut Table<T>,
    common: fn(&str) -> Option<T>,
    findings: &mut Findings,
) -> Vec<usize> {
    references
        .iter()
        .filter_map(|reference| fetch(reference, owner, table, common, findings))
        .collect()
}

fn one<T: Element>(
    reference: &Option<Reference>,
    owner: &str,
    table: &mut Table<T>,
    common: fn(&str) -> Option<T>,
    findings: &mut Findings,
) -> Option<usize> {
    fetch(reference.as_ref()?, owner, table, common, findings)
}

fn fetch<T: Element>(
    reference: &Reference,
    owner: &str,
    table: &mut Table<T>,
    common: fn(&str) -> Option<T>,
    findings: &mut Findings,
) -> Option<usize> {
    let found = table
        .find(&reference.id)
        .or_else(|| table.add(common(&reference.id)?).ok());
    if found.is_none() {
        dangling(reference, owner, T::KIND, findings);
    }
    found
}

fn track_refs(
    references: &[Reference],
    owner: &str,
    uids: &Table<TrackUid>,
    findings: &mut Findings,
) -> Vec<Option<usize>> {
    references
        .iter()
        .filter_map(|reference| {
            if reference.id.eq_ignore_ascii_case(SILENT_TRACK) {
                return Some(None);
            }
            let found = uids.find(&reference.id);
            if found.is_none() {
                dangling(reference, owner, TrackUid::KIND, findings);
            }
            found.map(Some)
        })
        .collect()
}

/// Object and index of every alternative value set, by its ID in capitals.
fn alternative_sets(
    objects: &Table<super::model::AudioObject>,
    findings: &mut Findings,
) -> HashMap<String, (usize, usize)> {
    let mut sets = HashMap::new();
    for (index, object) in objects.iter().enumerate() {
        for (number, set) in object.alternative_sets.iter().enumerate() {
            let first = sets.insert(set.id.to_ascii_uppercase(), (index, number));
            if first.is_some() {
                let message = format!(
                    "there are two alternativeValueSets with the ID {}",
                    shorten(&set.id)
                );
                let help = "give one of them another ID";
                findings.add(DUPLICATE_ID, object.head.place, message, help);
            }
        }
    }
    sets
}

fn alternatives(
    references: &[Reference],
    owner: &str,
    sets: &HashMap<String, (usize, usize)>,
    findings: &mut Findings,
) -> Vec<(usize, usize)> {
    references
        .iter()
        .filter_map(|reference| {
            let found = sets.get(&reference.id.to_ascii_uppercase()).copied();
            if found.is_none() {
                dangling(reference, owner, "alternativeValueSet", findings);
            }
            found
        })
        .collect()
}

/// Streams may name their tracks where tracks do not name their stream.
fn link_streams(
    streams: &Table<super::model::StreamFormat>,
    tracks: &mut Table<super::model::TrackFormat>,
    findings: &mut Findings,
) {
    for (index, stream) in streams.iter().enumerate() {
        for reference in &stream.track_refs {
            let track = fetch(reference, &stream.head.id, tracks, common::track, findings);
            let Some(track) = track else { continue };
            let track = &mut tracks[track];
            match track.stream {
                None => track.stream = Some(index),
                Some(other) if other == index => {}
                Some(other) => {
                    let message = format!(
                        "audioTrackFormat {} is part of the streams {} and {}",
                        track.head.id, stream.head.id, streams[other].head.id
                    );
                    let help = "a track has one stream: correct one of the references";
                    findings.add(REFERENCE, reference.place, message, help);
                }
            }
        }
    }
}

/// The channel format of a track, by way of track format and stream if it does not name it itself.
fn channel_of_track(
    uid: &mut TrackUid,
    tracks: &Table<super::model::TrackFormat>,
    streams: &Table<super::model::StreamFormat>,
    findings: &mut Findings,
) {
    let Some(reference) = &uid.track_ref else {
        return;
    };
    let stream = tracks
        .find(&reference.id)
        .and_then(|track| tracks[track].stream);
    let Some(channel) = stream.and_then(|stream| streams[stream].channel) else {
        return;
    };
    match uid.channel {
        None => uid.channel = Some(channel),
        Some(direct) if direct == channel => {}
        Some(_) => {
            let message = format!(
                "audioTrackUID {} names a channel format and a track format of another one",
                uid.head.id
            );
            let help = "name one of them, or make them agree";
            findings.add(CHNA_DISAGREES, uid.head.place, message, help);
        }
    }
}

fn resolve_packs(document: &mut Document) {
    let Document {
        packs,
        channels,
        findings,
        ..
    } = document;
    // Common packs are added at the end while this goes on, and have their turn.
    let mut index = 0;
    while index < packs.len() {
        let pack = packs[index].clone();
        let id = &pack.head.id;
        let own = all(&pack.channel_refs, id, channels, common::channel, findings);
        let inside = all(&pack.pack_refs, id, packs, common::pack, findings);
        let encoders = all(&pack.encode_refs, id, packs, common::pack, findings);
        let decoders = all(&pack.decode_refs, id, packs, common::pack, findings);
        let input = one(&pack.input_ref, id, packs, common::pack, findings);
        let output = one(&pack.output_ref, id, packs, common::pack, findings);
        // Encoding and decoding matrices may name each other from either side.
        for decoder in decoders {
            let encoders = &mut packs[decoder].encoders;
            if !encoders.contains(&index) {
                encoders.push(index);
            }
        }
        let pack = &mut packs[index];
        for encoder in encoders {
            if !pack.encoders.contains(&encoder) {
                pack.encoders.push(encoder);
            }
        }
        pack.channels = own;
        pack.packs = inside;
        pack.input = input;
        pack.output = output;
        index += 1;
    }
}

fn resolve_matrices(document: &mut Document) {
    let Document {
        channels, findings, ..
    } = document;
    for index in 0..channels.len() {
        let Blocks::Matrix(blocks) = &*channels[index].blocks else {
            continue;
        };
        let mut blocks = blocks.clone();
        let id = channels[index].head.id.clone();
        for block in &mut blocks {
            let output = block.output_ref.clone().map(|id| Reference {
                id,
                place: block.place,
            });
            block.output = one(&output, &id, channels, common::channel, findings);
            for coefficient in &mut block.coefficients {
                let input = Reference {
                    id: coefficient.input_ref.clone(),
                    place: coefficient.place,
                };
                coefficient.input = fetch(&input, &id, channels, common::channel, findings);
            }
        }
        channels[index].blocks = Arc::new(Blocks::Matrix(blocks));
    }
}

/// Tells which elements of the file replace common definitions.
fn tell_redefined(document: &mut Document) {
    let Document {
        packs,
        channels,
        findings,
        ..
    } = document;
    let redefined = packs
        .iter()
        .map(|pack| (&pack.head, common::pack(&pack.head.id).is_some()))
        .chain(
            channels
                .iter()
                .map(|channel| (&channel.head, common::channel(&channel.head.id).is_some())),
        )
        .filter(|(_, is_common)| *is_common)
        .map(|(head, _)| head);
    let (mut count, mut first) = (0, None);
    for head in redefined {
        count += 1;
        first = first.or(Some(head));
    }
    if let Some(head) = first {
        let message = format!(
            "the file defines {count} of the common definitions anew, {} for one",
            head.id
        );
        let help = "the file's own are used; IDs of its own would be plainer (from 1001 up)";
        findings.add_as(Severity::Note, REDEFINED, head.place, message, help);
    }
}

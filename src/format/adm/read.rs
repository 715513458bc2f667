//! Reads an ADM file into a [`Document`].

use std::path::Path;

use super::codes::{CHNA, NO_METADATA, ORDER};
use super::findings::Place;
use super::model::Document;
use super::xml::Stop;
use super::{chna, dbmd, parse, resolve, validate};
use crate::format::{AudioFacts, AudioSource, WaveReader};
use crate::{Error, Result};

/// Largest chna and dbmd chunk: all rows that a 16-bit count allows are less.
const LARGEST_CHUNK: u64 = 8 << 20;

/// True if the file carries ADM metadata.
pub fn is_adm(facts: &AudioFacts) -> bool {
    facts
        .chunks
        .iter()
        .any(|chunk| matches!(&chunk.id.0, b"axml" | b"chna"))
}

/// Reads the metadata of the file at `path`. What is wrong with it is found in the document, and stops
/// [`Document::master`].
///
/// # Errors
/// The file cannot be read, or is no WAV file.
pub fn read(path: &Path) -> Result<Document> {
    let file = WaveReader::open(path)?;
    let facts = file.facts();
    let mut document = Document::empty(path, facts);
    if !is_adm(facts) {
        let help =
            "it is plain audio: render it as a stem of a session, or export it again as ADM BWF";
        let message = "the file has no ADM metadata (neither an axml nor a chna chunk)";
        document
            .findings
            .add(NO_METADATA, Place::default(), message, help);
        return Ok(document);
    }
    let axml = file.chunk_reader(*b"axml")?;
    let has_axml = axml.is_some();
    if let Some(axml) = axml {
        match parse::read(axml, &mut document, parse::BUDGET) {
            Ok(()) => {}
            Err(Stop::Failed(Error::Io { action, source, .. })) => {
                return Err(Error::io(path, action, source));
            }
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Rule {
                rule,
                place,
                message,
                help,
            }) => document.findings.add(rule, place, message, help),
        }
    }
    match file.chunk(*b"chna", LARGEST_CHUNK)? {
        Some(content) => {
            let channels = document.channel_count;
            document.chna = chna::read(&content, channels, &mut document.findings);
        }
        None if has_axml => {
            let message = "the file has no chna chunk";
            let help = "it says which channel is which track: export the file again";
            document.findings.add(CHNA, Place::default(), message, help);
        }
        None => {}
    }
    if let Some(content) = file.chunk(*b"dbmd", LARGEST_CHUNK)? {
        let channels = document.channel_count;
        document.dbmd = dbmd::read(&content, channels, &mut document.findings);
    }
    sort_blocks(&mut document);
    // References of half a document would be missed by the dozen.
    if !document.findings.has_errors() {
        resolve::resolve(&mut document);
    }
    if !document.findings.has_errors() {
        validate::validate(&mut document);
    }
    Ok(document)
}

/// Brings blocks into the order of time.
fn sort_blocks(document: &mut Document) {
    let Document {
        channels, findings, ..
    } = document;
    for channel in channels.iter_mut() {
        let start = |index| channel.blocks.times(index).rtime;
        let unsorted = (1..channel.blocks.len()).find(|&index| start(index) < start(index - 1));
        let Some(index) = unsorted else { continue };
        let message = format!(
            "the blocks of {} are not in the order of time",
            channel.head.id
        );
        let place = channel.blocks.place(index);
        findings.add(ORDER, place, message, "they are put in order");
        if let Some(blocks) = std::sync::Arc::get_mut(&mut channel.blocks) {
            blocks.sort();
        }
    }
}

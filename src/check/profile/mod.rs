//! Whether an ADM master is what readers of masters take: the container (ITU-R BS.2088), the metadata (BS.2076), and
//! the Dolby Atmos master ADM profile, rule by rule (U601 to U746), and the emission profile of BS.2168
//! (U747 to U756) where a file says that it keeps to it.
//!
//! This reads the bytes by itself, with nothing mended and nothing filled in: the reader of `format::adm` forgives what
//! can be understood, and this names what others will not forgive. Steps: `container` walks the chunks, `chna` and
//! `dbmd` read theirs, `tree` streams the XML and hands blocks to `blocks` as they pass; then `general`, `programme`
//! and `formats` look at what is left.

mod blocks;
mod chna;
mod container;
mod dbmd;
mod document;
mod emission;
mod formats;
mod general;
mod programme;
mod report;
mod rules;
mod time;
mod tree;
mod zones;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use blocks::BlockRules;
use container::read_at;
use document::Document;
use report::{NOWHERE, Report};
use tree::{Element, Tree};

use crate::error::{Finding, Severity};
use crate::{Error, Result};

pub use rules::{ProfileRule, profile_rules};

/// The last rule of what any WAV file keeps: its chunks lie in it and fill it.
const LAST_OF_CHUNKS: &str = "U618";

/// Largest chna and dbmd chunk that is read: more rows than a 16-bit count can say.
const LARGEST_CHUNK: u64 = 8 << 20;

/// What the master at `path` breaks, in order of rule; a few places of each. The profile's own rules (U663 and on)
/// count only if the master is one of the profile, by its dbmd chunk, the name of its programme or the labels of its
/// bed, or if it `must` be one. `None` for a file that is no WAV file at all, and for a
/// whole one without metadata that need not be a master.
///
/// # Errors
/// The file cannot be read.
pub fn check_profile(path: &Path, must: bool) -> Result<Option<Vec<Finding>>> {
    let failed = |error| Error::io(path, "read", error);
    let mut file = File::open(path).map_err(|e| Error::io(path, "open", e))?;
    let length = file.metadata().map_err(failed)?.len();
    let mut report = Report::new(path);
    let Some(container) = container::walk(&mut file, length, &mut report).map_err(failed)? else {
        return Ok(None);
    };
    let is_master = [b"axml", b"chna", b"dbmd"].map(|name| container.chunk(name).is_some());
    if !must && !is_master.contains(&true) {
        // What is cut off in the sound has lost the metadata behind it.
        let mut found = report.finish(false, false);
        // The later rules are those of masters, which sound alone need not keep.
        found.retain(|finding| finding.code <= LAST_OF_CHUNKS);
        let is_damaged = found.iter().any(|f| f.severity == Severity::Error);
        return Ok(is_damaged.then_some(found));
    }
    let mut content = |name: &[u8; 4]| -> Result<Option<Vec<u8>>> {
        let Some(chunk) = container.chunk(name) else {
            return Ok(None);
        };
        let mut bytes = vec![0; chunk.size.min(LARGEST_CHUNK) as usize];
        read_at(&mut file, chunk.offset, &mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    };
    let (chna, dbmd) = (content(b"chna")?, content(b"dbmd")?);
    let rows = chna::rows(chna.as_deref(), container.channels, &mut report);
    dbmd::check(dbmd.as_deref(), container.channels, &mut report);
    let Some(axml) = container.chunk(b"axml") else {
        // Common definitions alone may do for others, never for the profile.
        let is_profile = must || dbmd.is_some();
        let said = || "there is no axml chunk".to_owned();
        report.need(!is_profile, 40, NOWHERE, said);
        report.wish(is_profile, 40, NOWHERE, said);
        return Ok(Some(report.finish(is_profile, false)));
    };
    file.seek(SeekFrom::Start(axml.offset)).map_err(failed)?;
    let source = BufReader::with_capacity(1 << 16, file.take(axml.size));
    let mut rules = BlockRules::new(container.rate, &mut report);
    let (tree, fault) = tree::read(source, &mut rules).map_err(|error| match error {
        Error::Io { action, source, .. } => Error::io(path, action, source),
        other => other,
    })?;
    let blocks = rules.summaries;
    if let Some(fault) = fault {
        report.need(false, 40, fault.place, || fault.message);
        // Half a document breaks rules by the dozen that the whole one keeps.
        return Ok(Some(report.finish(must || dbmd.is_some(), false)));
    }
    report.need(tree.formats == 1, 41, tree.format.place, || {
        format!("there are {} audioFormatExtended elements", tree.formats)
    });
    let document = Document::new(&tree, &container, &rows, &blocks);
    general::check(&document, &mut report);
    let programme_length = programme::check(&document, &mut report);
    formats::check(&document, programme_length, &mut report);
    let emission = emission::claimed(&document);
    if let Some(profile) = emission {
        emission::check(&document, profile, &mut report);
    }
    let is_profile = must || dbmd.is_some() || is_called_so(&tree) || has_room_labels(&document);
    Ok(Some(report.finish(is_profile, emission.is_some())))
}

fn is_called_so(tree: &Tree) -> bool {
    let name =
        |programme: &Element| programme.attribute("audioProgrammeName") == Some("Atmos_Master");
    tree.format.all("audioProgramme").any(name)
}

fn has_room_labels(document: &Document<'_>) -> bool {
    let firsts = document
        .blocks
        .values()
        .filter_map(|summary| summary.first.as_ref());
    let mut labels = firsts.filter_map(|block| block.text_of("speakerLabel"));
    labels.any(|label| label.starts_with("RC_"))
}

//! Masters: their bytes, their metadata, and what their samples show their taker.

use std::path::Path;

use super::{Args, Report, TakerWord, has_errors};
use crate::check::{
    Taker, check_master, check_modes, check_profile, check_sound, check_ways, hear_master,
};
use crate::cli::{Ui, interrupt, measure, opened, render};
use crate::error::Finding;
use crate::format::{AudioSource, adm};
use crate::{Error, Result};

/// What can be checked instead of a file of plain audio.
const CHECKED: &str = "give an ADM master, a session, or the folder of its stems; `umbel measure` tells the levels of any file";

/// What is wrong with a master: with its metadata, and in the eyes of who takes it.
pub(super) fn master(path: &Path, args: &Args, ui: &Ui) -> Result<Report> {
    let taker = args.taker.and_then(TakerWord::of_masters);
    let of_bytes = check_profile(path, taker.is_some())?.unwrap_or_default();
    let document = match render::refuse_plain_audio(path, CHECKED).and_then(|()| adm::read(path)) {
        Ok(document) => document,
        // What keeps it from being read has been found, with its rule.
        Err(Error::Malformed { .. } | Error::Unsupported { .. }) if has_errors(&of_bytes) => {
            return Ok(Report::of("master", String::new(), of_bytes));
        }
        Err(error) => return Err(error),
    };
    let mut findings = match document.master(&adm::Selection::default()) {
        Ok(mut master) => {
            let (rate, length) = (master.sample_rate, master.length);
            let mut findings = master.findings;
            findings.extend(check_ways(path, &mut master.objects, rate, length, &[]));
            findings
        }
        Err(Error::Session { findings, .. }) => findings,
        Err(error) => return Err(error),
    };
    if let Some(taker) = taker {
        let is_whole = !has_errors(&findings);
        let heard = match is_whole && !args.no_audio {
            true => {
                let programme = opened::programme_of_master(&document)?;
                Some(measure::render(
                    programme,
                    Vec::new(),
                    measure::GATE_LAYOUT,
                    ui,
                )?)
            }
            false => None,
        };
        let file = crate::format::WaveReader::open(path)?;
        let heard = heard.as_ref().map(|rendered| {
            let peak = rendered.true_peaks.iter().copied().fold(0.0, f32::max);
            (&rendered.loudness, peak)
        });
        findings.extend(check_master(taker, file.facts(), &document, heard));
        if is_whole && !args.no_audio {
            findings.extend(sounds(taker, &document, args, ui)?);
        } else {
            findings.extend(check_modes(taker, &document, None));
        }
    }
    findings.extend(of_bytes);
    Ok(Report::of("master", String::new(), findings))
}

/// What the samples of a master show its taker.
fn sounds(taker: Taker, document: &adm::Document, args: &Args, ui: &Ui) -> Result<Vec<Finding>> {
    let rate = document.sample_rate;
    let stereo = match &args.reference {
        None => None,
        Some(path) => {
            let source = crate::format::open(path)?;
            let facts = source.facts();
            // Both lengths are counted in frames of the master.
            Some(rate.frame_at(facts.sample_rate.seconds_at(facts.frames)))
        }
    };
    let progress = ui.progress(0, "listening");
    let sound = hear_master(document, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    drop(progress);
    let mut found = check_modes(taker, document, Some(&sound));
    found.extend(check_sound(taker, document, &sound, stereo));
    Ok(found)
}

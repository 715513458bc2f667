//! Programmes, deliveries and folders of stems on a report.

use std::path::Path;

use super::sounding::course_of;
use super::{add_findings, file_row};
use crate::Result;
use crate::cli::{Ui, interrupt, opened};
use crate::format::adm::{self, Selection};
use crate::offline::{self, Course, ObjectCourse, Programme};
use crate::report::page::Page;
use crate::session::folder::Folder;
use crate::session::{BuildOptions, DeliverySpec, Session};

/// What the session or master at `input` plays, without saying what was found in it.
pub(in crate::cli) fn programme(
    input: &Path,
    resample: bool,
    selection: &Selection,
) -> Result<Programme> {
    if opened::is_audio(input) {
        return Ok(adm::read(input)?.master(selection)?.into());
    }
    Ok(Session::load(input)?
        .build(&BuildOptions { resample })?
        .into())
}

/// Adds what was found in the session at `input`, its stems included; of a master nothing is added.
pub(in crate::cli) fn add_session_findings(
    page: &mut Page,
    input: &Path,
    resample: bool,
) -> Result<()> {
    if !opened::is_audio(input) {
        let song = Session::load(input)?.build(&BuildOptions { resample })?;
        add_findings(page, &song.warnings);
    }
    Ok(())
}

/// Follows the programme over time and lists its files on the page.
pub(in crate::cli) fn add_programme(
    page: &mut Page,
    input: &Path,
    programme: Programme,
    ui: &Ui,
) -> Result<()> {
    let role = if opened::is_audio(input) {
        "master"
    } else {
        "session"
    };
    page.files.push(file_row(role, input)?);
    let mut listed = std::collections::HashSet::new();
    for stem in &programme.inputs {
        if stem.path != input && listed.insert(&stem.path) {
            page.files.push(file_row("stem", &stem.path)?);
        }
    }
    let progress = ui.progress(programme.length.0, "drawing");
    page.course = Some(offline::course(programme, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?);
    Ok(())
}

/// Lists a delivery of a session, which stands at `path`, and what is found in it: the one report of a render covers all
/// of the session's outputs.
pub(in crate::cli) fn add_delivery(
    page: &mut Page,
    spec: &DeliverySpec,
    path: &Path,
) -> Result<()> {
    let role = spec.format.word();
    if path.is_dir() {
        for name in Folder::survey(path)?.audio {
            page.files.push(file_row(role, &path.join(name))?);
        }
        return Ok(());
    }
    page.files.push(file_row(role, path)?);
    let losses = path.with_extension("loss.txt");
    if losses.is_file() {
        page.files.push(file_row("loss report", &losses)?);
    }
    let found = crate::check::check_profile(path, false)?;
    add_findings(page, &found.unwrap_or_default());
    Ok(())
}

/// Adds the stems of a folder: who sounds when.
pub(in crate::cli) fn add_stems(page: &mut Page, folder: &Path, ui: &Ui) -> Result<()> {
    let survey = Folder::survey(folder)?;
    let mut course = Course {
        seconds: 0.0,
        objects: Vec::new(),
        pairs: Vec::new(),
    };
    for name in &survey.audio {
        let path = folder.join(name);
        page.files.push(file_row("stem", &path)?);
        // What cannot be read is among the findings.
        let Ok(source) = crate::format::open(&path) else {
            continue;
        };
        let labels: Vec<String> = (1..=source.facts().channels)
            .map(|n| n.to_string())
            .collect();
        let Ok(heard) = course_of(&[path.as_path()], &labels, None, ui) else {
            continue;
        };
        interrupt::check()?;
        let columns = heard.levels_db.first().map_or(0, Vec::len);
        let power = |column: usize| {
            let levels = heard.levels_db.iter().filter_map(|levels| levels[column]);
            levels.map(|db| 10.0_f64.powf(db / 10.0)).sum::<f64>()
        };
        course.seconds = course.seconds.max(heard.seconds);
        course.objects.push(ObjectCourse {
            name: name
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            colour: None,
            is_bed: false,
            places: Vec::new(),
            levels_db: (0..columns)
                .map(|n| Some(10.0 * power(n).log10()).filter(|db| db.is_finite()))
                .collect(),
        });
    }
    page.course = Some(course);
    Ok(())
}

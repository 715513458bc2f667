//! The places of a session's objects and where its energy comes from.

use crate::check::{check_course, check_ways};
use crate::cli::{Ui, interrupt};
use crate::error::Finding;
use crate::layout::Layout;
use crate::session::{BuildOptions, Session, Target};
use crate::{Result, offline};

/// What is odd about the places of a session's objects and where its energy comes from.
pub(super) fn room(session: &Session, ui: &Ui) -> Result<Vec<Finding>> {
    let build = || session.build(&BuildOptions { resample: true });
    let mut song = build()?;
    let layouts: Vec<(&str, &Layout)> = song
        .outs
        .iter()
        .filter_map(|out| match &out.target {
            Target::Layout(layout) => Some((out.name.as_str(), layout)),
            _ => None,
        })
        .collect();
    let (rate, length) = (song.sample_rate, song.length);
    let mut found = check_ways(&session.path, &mut song.objects, rate, length, &layouts);
    let again = build()?;
    if again.objects.is_empty() {
        return Ok(found);
    }
    interrupt::install();
    let progress = ui.progress(length.0, "listening");
    let course = offline::course(again.into(), &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    found.extend(check_course(&session.path, &course));
    Ok(found)
}

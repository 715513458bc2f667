//! `--for` on what the taker does not take: what of its rules can be held against it, and what to run instead.

use std::path::Path;

use super::TakerWord;
use crate::Result;
use crate::check::{check_levels, not_taken};
use crate::cli::{Ui, interrupt, measure};
use crate::error::Finding;
use crate::session::{BuildOptions, Session};

/// Loudness and true peak of the session's own 5.1 render, as those who take a master of it would see them; none if it has
/// no sound, or nobody takes it.
pub(super) fn levels_of_session(
    session: &Session,
    word: Option<TakerWord>,
    ui: &Ui,
) -> Result<Option<Vec<Finding>>> {
    let Some(taker) = word.and_then(TakerWord::of_masters) else {
        return Ok(None);
    };
    let song = session.build(&BuildOptions { resample: true })?;
    if song.objects.is_empty() {
        return Ok(None);
    }
    interrupt::install();
    let heard = measure::render(song.into(), Vec::new(), measure::GATE_LAYOUT, ui)?;
    let peak = heard.true_peaks.iter().copied().fold(0.0, f32::max);
    let found = check_levels(taker, &session.path, (&heard.loudness, peak));
    Ok(Some(found))
}

/// What a session's check leaves out of a master's.
/// `were_levels_held`: its loudness and true peak have been looked at.
pub(super) fn of_session(
    path: &Path,
    word: Option<TakerWord>,
    were_levels_held: bool,
) -> Option<Finding> {
    let name = word.filter(|word| word.of_masters().is_some())?.name();
    let held = match were_levels_held {
        true => "of a session its loudness and true peak are held against them, nothing else",
        false => "nothing of the session was held against them, its loudness and true peak neither",
    };
    let message = format!("the rules of {name} are about masters: {held}");
    let help = format!(
        "`umbel export adm-atmos {} -o master.wav`, then `umbel check master.wav --for {name}`",
        path.display()
    );
    Some(not_taken(path, message, &help))
}

/// Stems are no master.
pub(super) fn of_stems(path: &Path, word: Option<TakerWord>) -> Option<Finding> {
    let name = word.filter(|word| word.of_masters().is_some())?.name();
    let message =
        format!("the rules of {name} are about masters: none of them is held against stems");
    let help = format!(
        "`umbel init` makes a session of stems and `umbel export adm-atmos` a master of that; then `umbel check \
         master.wav --for {name}`"
    );
    Some(not_taken(path, message, &help))
}

/// A master is not handed over as stems.
pub(super) fn of_master(path: &Path, word: Option<TakerWord>) -> Option<Finding> {
    word.filter(|word| word.of_masters().is_none())?;
    let message =
        "the rules of a hand-off are about stems: none of them is held against a master".to_owned();
    let help = "`umbel check FOLDER --for handoff` for stems; for masters, --for and who takes it";
    Some(not_taken(path, message, help))
}

/// A layout is not delivered at all.
pub(super) fn of_layout(path: &Path, word: Option<TakerWord>) -> Option<Finding> {
    let name = word?.name();
    let message = format!("--for {name} says nothing of a layout");
    Some(not_taken(
        path,
        message,
        "give a master, stems or a session",
    ))
}

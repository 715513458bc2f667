//! Deliveries that a session asks for in its `[[out]]` blocks.

use std::path::{Path, PathBuf};

use super::{adm, ambix, losses, stems};
use crate::Result;
use crate::cli::Ui;
use crate::session::{DeliverySpec, OutFormat};

/// What holds for all deliveries of a session.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Ask<'a> {
    /// The session.
    pub(in crate::cli) session: &'a Path,
    /// The folder to write to.
    pub(in crate::cli) folder: &'a Path,
    /// Stems of another rate are converted.
    pub(in crate::cli) resample: bool,
    /// What rings on after the end belongs to it.
    pub(in crate::cli) tail: bool,
    /// Files that exist are replaced.
    pub(in crate::cli) force: bool,
}

/// Where `spec` is written: a file, or for stems a folder.
pub(in crate::cli) fn path_of(spec: &DeliverySpec, ask: &Ask<'_>) -> PathBuf {
    let path = ask.folder.join(&spec.file_name);
    match spec.format {
        OutFormat::Stems => path.with_extension(""),
        _ => path,
    }
}

/// Writes one.
pub(in crate::cli) fn deliver(spec: &DeliverySpec, ask: &Ask<'_>, ui: &Ui) -> Result<()> {
    let output = path_of(spec, ask);
    match spec.format {
        // Renders are no business of exports.
        OutFormat::Wav => Ok(()),
        OutFormat::AdmAtmos => adm::deliver_atmos(spec, ask, output, ui),
        OutFormat::AdmEbu => adm::deliver_ebu(spec, ask, output, ui),
        OutFormat::Stems => stems::deliver(spec, ask, output, ui),
        OutFormat::Ambix => ambix::deliver(spec, ask, output, ui),
    }
}

/// The files of `spec`.
pub(in crate::cli) fn paths_of(spec: &DeliverySpec, ask: &Ask<'_>) -> Result<Vec<PathBuf>> {
    let path = path_of(spec, ask);
    match spec.format {
        OutFormat::Wav => Ok(vec![path]),
        OutFormat::Stems => stems::delivered(spec, ask, path),
        OutFormat::AdmAtmos | OutFormat::AdmEbu | OutFormat::Ambix => Ok(losses::all_paths(&path)),
    }
}

/// Refuses `spec` before any work if what it writes stands there already; stems look at their own folder.
pub(in crate::cli) fn check_free(spec: &DeliverySpec, ask: &Ask<'_>) -> Result<()> {
    match spec.format {
        OutFormat::Wav | OutFormat::Stems => Ok(()),
        OutFormat::AdmAtmos | OutFormat::AdmEbu | OutFormat::Ambix => {
            losses::check_all_free(&path_of(spec, ask), ask.force)
        }
    }
}

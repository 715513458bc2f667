//! Ctrl-C and SIGTERM: long work stops at the next block and leaves nothing behind.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Error, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From here on the first interrupt only sets a flag, for the work to look at with [`requested`] and
/// clean up; a second one ends the process at once with code 130.
///
/// Called at the start of work that looks. A verb that never looks does not call this: an interrupt then
/// ends it, as the system does by default.
pub(crate) fn install() {
    // The only error is a handler that is already there: this one, from an earlier call.
    let _ = ctrlc::try_set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// True once the user wants the work to stop.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// The same as an error, for the `?` of a loop.
pub(crate) fn check() -> Result<()> {
    if requested() {
        Err(Error::Interrupted)
    } else {
        Ok(())
    }
}

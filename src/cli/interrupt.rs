//! Ctrl-C and SIGTERM: long work stops at the next block and leaves nothing behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Once};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::{Error, Result};

static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Set until there is something to clean up.
static AT_ONCE: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

/// From here on an interrupt ends the process with code 130: at once, or once [`install`] was called at the
/// second time.
///
/// What the process was started to ignore, a hangup under `nohup` or Ctrl-C behind a shell's `&`, it goes on to
/// ignore; that keeps none of the others from being heard.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for signal in signals().into_iter().filter(|&signal| !is_ignored(signal)) {
            // In this order: the first interrupt must not see its own flag. A signal that the system does not let
            // us hear keeps its default, which ends the process.
            let _ = flag::register_conditional_shutdown(signal, 130, Arc::clone(&AT_ONCE));
            let _ = flag::register_conditional_shutdown(signal, 130, Arc::clone(&REQUESTED));
            let _ = flag::register(signal, Arc::clone(&REQUESTED));
        }
    });
}

/// From here on the first interrupt only sets a flag, for the work to look at with [`requested`] and
/// clean up. Called at the start of work that looks.
pub(crate) fn install() {
    listen();
    AT_ONCE.store(false, Ordering::Relaxed);
}

/// A file that grows past a limit ends the process by default: once somebody listens, the write fails instead, and
/// what was begun is removed as on a full disk.
pub(crate) fn outlive_file_limits() {
    #[cfg(unix)]
    let _ = flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

fn signals() -> Vec<i32> {
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(unix)]
    signals.push(signal_hook::consts::SIGHUP);
    signals
}

/// Whether the process was started with `signal` ignored, where the system says so in a file (Linux: a mask in
/// hexadecimal, signal 1 its lowest bit).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
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

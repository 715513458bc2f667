//! A fence around other people's decoders: a fault of theirs in a damaged file is an error, not the end.
//!
//! Symphonia is careful, but a header with absurd numbers still stops it here and there (a multiplication
//! that overflows in its AIFF reader, for one). Such a file must give one message and an exit code like
//! any other broken file.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// This thread is inside a fence: what it reports is not for the user.
    static IS_FENCED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; gives `None` if it panicked. What it was working on must not be used again then.
///
/// The report that a panic prints is held back for the fenced thread alone; the process's own panic hook
/// serves everything else as before.
pub(super) fn fenced<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let outside = panic::take_hook();
        panic::set_hook(Box::new(move |report| {
            if !IS_FENCED.get() {
                outside(report);
            }
        }));
    });
    IS_FENCED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    IS_FENCED.set(false);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_is_caught_and_work_goes_on() {
        let divide = |a: i32, b: i32| fenced(|| a / b);
        assert_eq!(divide(6, 3), Some(2));
        assert_eq!(divide(6, 0), None);
        assert_eq!(divide(6, 2), Some(3));
    }
}

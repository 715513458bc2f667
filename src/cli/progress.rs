//! How far long work has come: a bar on a terminal, events for a program.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::Ui;
use super::ui::printable;

/// Between two events: a reader of JSON wants to see life, not every block.
const EVENT_INTERVAL: Duration = Duration::from_millis(500);

/// Progress of one piece of work; may be moved on from several threads. Dropped, its bar disappears.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    events: Option<Mutex<Instant>>,
    label: String,
    done: AtomicU64,
    total: u64,
}

impl Progress {
    /// `bars` if a bar is to be drawn, `events` if events are to be printed.
    pub(super) fn new(bars: Option<&MultiProgress>, events: bool, total: u64, label: &str) -> Self {
        let bar = bars.map(|bars| {
            let bar = bars.add(ProgressBar::new(total));
            bar.set_message(printable(label).into_owned());
            if let Ok(style) =
                ProgressStyle::with_template("{msg} [{bar:30}] {percent:>3} % {eta} left")
            {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        Self {
            bar,
            events: events.then(|| Mutex::new(Instant::now())),
            label: label.to_owned(),
            done: AtomicU64::new(0),
            total,
        }
    }

    /// Moves on by `amount`.
    pub(crate) fn inc(&self, amount: u64) {
        let done = self.done.fetch_add(amount, Ordering::Relaxed) + amount;
        self.show(done);
    }

    /// Moves to `done`.
    #[allow(
        dead_code,
        reason = "the other way on, for work that knows where it is"
    )]
    pub(crate) fn set(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.show(done);
    }

    fn show(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
        // Another thread that prints at this moment prints enough.
        let Some(Ok(mut last)) = self.events.as_ref().map(Mutex::try_lock) else {
            return;
        };
        if last.elapsed() >= EVENT_INTERVAL {
            *last = Instant::now();
            Ui::event(&serde_json::json!({
                "event": "progress",
                "label": self.label,
                "done": done.min(self.total),
                "total": self.total,
            }));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

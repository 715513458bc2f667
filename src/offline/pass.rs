//! One run of the desk over the stems, handing out the feeds as they leave it.

use super::delivery::Writing;
use super::pipeline::{Line, Take, Taker, run_alone, run_shared};
use super::stems::StemReader;
use super::{Delivery, Programme, Rendered, SHARED_BLOCK, Span, cached_block, rehearse};
use crate::audio::Block;
use crate::engine::Engine;
use crate::mix::{Desk, DeskReport, Mixer};
use crate::units::Frames;
use crate::{Error, Result};

/// What runs, and how far.
pub(super) struct Pass {
    pub(super) programme: Programme,
    /// Targets that are listened to on the way.
    pub(super) listened: Vec<Delivery>,
    /// Rows beside the feeds and the LFE's, which stay silent.
    pub(super) silent_rows: usize,
    /// What reverbs and delays ring on after the end is handed out too.
    pub(super) tail: bool,
    /// Worker threads.
    pub(super) threads: usize,
}

/// What a pass gives.
pub(super) struct Passed {
    /// Frames handed out.
    pub(super) frames: Frames,
    /// What the listened targets came to.
    pub(super) heard: Vec<Rendered>,
    /// What the desk's compressors did.
    pub(super) desk: Vec<DeskReport>,
}

/// The row that carries the LFE's copies.
pub(super) fn lfe_row(programme: &Programme) -> usize {
    programme.feed_count
}

/// The first row that stays silent.
pub(super) fn silent_row(programme: &Programme) -> usize {
    programme.feed_count + 1
}

impl Pass {
    /// Runs to the end.
    pub(super) fn run(
        self,
        take: &mut Take<'_>,
        watch: &mut (dyn FnMut(Frames) -> bool + Send),
    ) -> Result<Passed> {
        let programme = self.programme;
        let rate = programme.sample_rate;
        let length = programme.length.0;
        let mut stems = StemReader::open(&programme.inputs, rate)?;
        // What is hardly more than copied is done best by one thread, in blocks that stay in its cache: to hand
        // them to another would cost more than the work.
        let is_alone = self.threads <= 1
            || self.listened.is_empty() && is_plain(&programme.desk) && stems.are_plain();
        let capacity = match is_alone {
            true => cached_block(programme.feed_count),
            false => SHARED_BLOCK,
        };
        let mut mixer = Mixer::of_desk(programme.desk, programme.feed_count, rate)
            .map_err(|fault| Error::Usage(fault.to_string()))?
            .with_matrix(programme.matrix);
        let span = Span {
            length,
            feeds: programme.feed_count,
        };
        rehearse(&mut mixer, &programme.inputs, rate, span, watch)?;
        let late = mixer.latency_frames() as u64;
        let ringing = if self.tail {
            mixer.ringing_frames() as u64
        } else {
            0
        };
        let frames = length + ringing;
        let (targets, mut outputs): (Vec<_>, Vec<_>) = self
            .listened
            .into_iter()
            .map(|delivery| delivery.begin(rate, capacity, Writing::Nothing))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        let objects = if targets.is_empty() {
            Vec::new()
        } else {
            programme.objects
        };
        let mut engine = Engine::new(mixer, objects, targets, rate);
        for (target, output) in outputs.iter_mut().enumerate() {
            let latency = engine.latency_frames(target) as u64;
            output.window = latency..frames + latency;
        }
        let window = late..late + frames;
        let last = outputs
            .iter()
            .map(|o| o.window.end)
            .fold(window.end, u64::max);
        let rows = programme.feed_count + 1 + self.silent_rows;
        let line = Line {
            stems: &mut stems,
            engine: &mut engine,
            outputs: &mut outputs,
            taker: Some(Taker { take, window }),
        };
        let feeds = Block::new(rows, capacity);
        let mut watch = |at: u64| match watch(Frames(at.min(length))) {
            true => Ok(()),
            false => Err(Error::Interrupted),
        };
        match is_alone {
            true => run_alone(line, feeds, 0..last, &mut watch)?,
            false => run_shared(line, feeds, 0..last, &mut watch)?,
        }
        let desk = engine.mixer().report();
        // Nothing of these is written.
        let heard = outputs
            .into_iter()
            .map(|output| output.seal().map(|(heard, _)| heard));
        Ok(Passed {
            frames: Frames(frames),
            heard: heard.collect::<Result<_>>()?,
            desk,
        })
    }
}

/// True if nothing on the desk works on the sound but its faders.
fn is_plain(desk: &Desk) -> bool {
    let strips = desk.strips.iter().map(|strip| &strip.chain);
    let groups = desk.groups.iter().map(|group| &group.chain);
    let returns = desk.returns.iter().map(|r| &r.chain);
    let all = strips.chain(groups).chain(returns);
    all.chain([&desk.master.chain]).all(Vec::is_empty)
}

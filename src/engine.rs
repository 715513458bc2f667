//! The engine: mixer, scene and one renderer per target, advanced block by block.
//!
//! Offline rendering and live playing call the same [`Engine::advance`]; what differs is who calls it.

use crate::audio::{Block, QUANTUM};
use crate::mix::Mixer;
use crate::panner::Bearings;
use crate::render::{Renderer, Target};
use crate::scene::{Object, Playback, USUAL_BLOCKS};
use crate::units::{Frames, SampleRate};

/// Mixes once and renders to any number of targets.
///
/// - Output is the same to the last bit for every block length and number of threads.
/// - Nothing is allocated, locked or logged in [`advance`](Self::advance) on one thread.
/// - Output frame 0 is input frame 0, unless a target has a [latency](Self::latency_frames); calibration
///   delays of a layout come out as its [tail](Self::tail_frames).
#[derive(Debug)]
pub struct Engine {
    mixer: Mixer,
    playback: Playback,
    /// Those of the blocks that begin in the quantum at hand.
    bearings: Bearings,
    renderers: Vec<Renderer>,
    at: u64,
    /// Frames by which the feeds leave the mixer late: metadata waits for them.
    late: u64,
    /// The quantum of the song entered last.
    entered: Option<u64>,
}

impl Engine {
    /// An engine at frame 0.
    pub fn new(mixer: Mixer, objects: Vec<Object>, targets: Vec<Target>, rate: SampleRate) -> Self {
        let lfe = mixer.lfe_feed();
        let renderers = targets
            .into_iter()
            .map(|target| Renderer::new(target, &objects, lfe, rate))
            .collect();
        Self {
            late: mixer.latency_frames() as u64,
            mixer,
            bearings: Bearings::with_capacity(USUAL_BLOCKS * objects.len()),
            playback: Playback::new(objects),
            renderers,
            at: 0,
            entered: None,
        }
    }

    /// The targets' renderers, in the order of the targets.
    pub fn renderers(&self) -> &[Renderer] {
        &self.renderers
    }

    /// The absolute frame that comes next.
    pub fn at(&self) -> Frames {
        Frames(self.at)
    }

    /// Frames by which the output of target `target` comes late: its output frame n + latency belongs to
    /// input frame n.
    pub fn latency_frames(&self, target: usize) -> usize {
        self.late as usize + self.renderers[target].latency_frames()
    }

    /// Frames by which the output of target `target` goes on after the input's end because of its
    /// loudspeakers' calibration delays.
    pub fn tail_frames(&self, target: usize) -> usize {
        self.renderers[target].tail_frames()
    }

    /// Frames for which the desk and the filters of target `target` ring on after the input's end.
    pub fn ringing_frames(&self, target: usize) -> usize {
        self.mixer.ringing_frames() + self.renderers[target].ringing_frames()
    }

    /// The desk.
    pub fn mixer(&self) -> &Mixer {
        &self.mixer
    }

    /// Frames that must be rendered before a part, so that the part is as in the whole: what any target
    /// remembers.
    pub fn memory_frames(&self) -> usize {
        let memory = |renderer: &Renderer| renderer.memory_frames();
        self.renderers.iter().map(memory).max().unwrap_or(0)
    }

    /// Processes the valid frames of `feeds` (one row per feed; changed in place) into `outputs`, one
    /// block per target with as many valid frames.
    ///
    /// # Panics
    /// If `outputs` are not one per target, or cannot hold the frames.
    pub fn advance(&mut self, feeds: &mut Block, outputs: &mut [Block]) {
        self.advance_with(feeds, outputs, |block| block);
    }

    /// As [`advance`](Self::advance), for outputs of which `block_of` shows the block.
    ///
    /// # Panics
    /// As [`advance`](Self::advance).
    pub fn advance_with<T>(
        &mut self,
        feeds: &mut Block,
        outputs: &mut [T],
        block_of: impl Fn(&mut T) -> &mut Block,
    ) {
        assert_eq!(
            outputs.len(),
            self.renderers.len(),
            "one output block per target"
        );
        let frames = feeds.frames();
        for out in &mut *outputs {
            block_of(out).set_frames(frames);
        }
        let mut done = 0;
        while done < frames {
            let (time, stretch) = self.next_stretch(frames - done);
            self.mixer.process(feeds, done, self.at, stretch);
            for (renderer, out) in self.renderers.iter_mut().zip(&mut *outputs) {
                match time {
                    Some(time) => renderer.render(feeds, block_of(out), done, time, stretch),
                    None => silence(block_of(out), done, stretch),
                }
            }
            self.at += stretch as u64;
            done += stretch;
        }
        for (renderer, out) in self.renderers.iter_mut().zip(outputs) {
            renderer.finish_block(block_of(out));
        }
    }

    /// Moves on by the valid frames of `feeds` without rendering: filters and metadata follow, nothing is
    /// panned. For a render that begins inside the song.
    pub fn skip(&mut self, feeds: &mut Block) {
        let frames = feeds.frames();
        let mut done = 0;
        while done < frames {
            let (_, stretch) = self.next_stretch(frames - done);
            self.mixer.process(feeds, done, self.at, stretch);
            self.at += stretch as u64;
            done += stretch;
        }
        for renderer in &mut self.renderers {
            renderer.skip_to(self.at.saturating_sub(self.late));
        }
    }

    /// How many frames of the next `frames` lie within one quantum of the input and within one of the song as
    /// it leaves the mixer, and how far into the latter they begin: `None` before the song.
    fn next_stretch(&mut self, frames: usize) -> (Option<usize>, usize) {
        const QUANTUM_U64: u64 = QUANTUM as u64;
        let to_border = |at: u64| (QUANTUM_U64 - at % QUANTUM_U64) as usize;
        let stretch = frames.min(to_border(self.at));
        let Some(song) = self.at.checked_sub(self.late) else {
            let before = (self.late - self.at).min(QUANTUM_U64) as usize;
            return (None, stretch.min(before));
        };
        let stretch = stretch.min(to_border(song));
        let time = song % QUANTUM_U64;
        let quantum = song - time;
        if self.entered != Some(quantum) {
            let begun = self.playback.enter(quantum);
            let positions = begun.iter().map(|(_, block)| block.state.position());
            self.bearings.take(positions);
            for renderer in &mut self.renderers {
                renderer.enter(quantum, begun, &self.bearings);
            }
            self.entered = Some(quantum);
        }
        (Some(time as usize), stretch)
    }
}

/// Silences `frames` frames of every row from row offset `offset` on.
fn silence(out: &mut Block, offset: usize, frames: usize) {
    for row in out.rows_mut() {
        row[offset..offset + frames].fill(0.0);
    }
}

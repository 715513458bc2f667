//! The engine: mixer, scene and one renderer per target, advanced block by block.
//!
//! Offline rendering and live playing call the same [`Engine::advance`]; what differs is who calls it.

use crate::audio::{Block, QUANTUM};
use crate::mix::Mixer;
use crate::panner::Bearings;
use crate::render::{self, Renderer, Target};
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
    mixing: Mixing,
    rendering: Rendering,
}

/// The first half of an [`Engine`]: from the stems' channels to the feeds.
#[derive(Debug)]
pub struct Mixing {
    mixer: Mixer,
    /// The absolute frame that comes next.
    at: u64,
}

/// The second half of an [`Engine`]: from the feeds to the targets.
#[derive(Debug)]
pub struct Rendering {
    playback: Playback,
    /// Those of the blocks that begin in the quantum at hand.
    bearings: Bearings,
    renderers: Vec<Renderer>,
    /// The absolute frame that comes next, by the clock of the stems' channels.
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
            rendering: Rendering {
                late: mixer.latency_frames() as u64,
                bearings: Bearings::with_capacity(USUAL_BLOCKS * objects.len()),
                playback: Playback::new(objects),
                renderers,
                at: 0,
                entered: None,
            },
            mixing: Mixing { mixer, at: 0 },
        }
    }

    /// The targets' renderers, in the order of the targets.
    pub fn renderers(&self) -> &[Renderer] {
        &self.rendering.renderers
    }

    /// The absolute frame that comes next.
    pub fn at(&self) -> Frames {
        Frames(self.rendering.at)
    }

    /// Frames by which the output of target `target` comes late: its output frame n + latency belongs to
    /// input frame n.
    pub fn latency_frames(&self, target: usize) -> usize {
        self.rendering.late as usize + self.renderers()[target].latency_frames()
    }

    /// Frames by which the output of target `target` goes on after the input's end because of its
    /// loudspeakers' calibration delays.
    pub fn tail_frames(&self, target: usize) -> usize {
        self.renderers()[target].tail_frames()
    }

    /// Frames for which the desk and the filters of target `target` ring on after the input's end.
    pub fn ringing_frames(&self, target: usize) -> usize {
        self.mixer().ringing_frames() + self.renderers()[target].ringing_frames()
    }

    /// The desk.
    pub fn mixer(&self) -> &Mixer {
        &self.mixing.mixer
    }

    /// Frames that must be rendered before a part, so that the part is as in the whole: what any target
    /// remembers.
    pub fn memory_frames(&self) -> usize {
        let memory = |renderer: &Renderer| renderer.memory_frames();
        self.renderers().iter().map(memory).max().unwrap_or(0)
    }

    /// Both halves, which may work on different blocks at the same time: the second on what the first is done
    /// with, each on one block after the other.
    pub fn halves(&mut self) -> (&mut Mixing, &mut Rendering) {
        (&mut self.mixing, &mut self.rendering)
    }

    /// Processes the valid frames of `feeds` (one row per feed; changed in place) into `outputs`, one
    /// block per target with as many valid frames.
    ///
    /// # Panics
    /// If `outputs` are not one per target, or cannot hold the frames.
    pub fn advance(&mut self, feeds: &mut Block, outputs: &mut [Block]) {
        self.advance_with(feeds, outputs, itself);
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
        let frames = feeds.frames();
        self.rendering.begin(frames, outputs, &block_of);
        let mut done = 0;
        while done < frames {
            // A stretch is rendered as soon as it is mixed: it is still in the cache.
            let stretch = self.mixing.stretch(frames - done);
            self.mixing.run(feeds, done, stretch);
            self.rendering.run(feeds, done, stretch, outputs, &block_of);
            done += stretch;
        }
        self.rendering.end(outputs, &block_of);
    }

    /// Moves on by the valid frames of `feeds` without rendering: filters and metadata follow, nothing is
    /// panned. For a render that begins inside the song.
    pub fn skip(&mut self, feeds: &mut Block) {
        self.mixing.advance(feeds);
        self.rendering.skip(feeds.frames());
    }
}

const QUANTUM_U64: u64 = QUANTUM as u64;

/// Frames from `at` to the end of its quantum.
fn to_border(at: u64) -> usize {
    (QUANTUM_U64 - at % QUANTUM_U64) as usize
}

impl Mixing {
    /// Mixes the valid frames of `feeds` (one row per feed) in place.
    pub fn advance(&mut self, feeds: &mut Block) {
        let frames = feeds.frames();
        let mut done = 0;
        while done < frames {
            let stretch = self.stretch(frames - done);
            self.run(feeds, done, stretch);
            done += stretch;
        }
    }

    /// How many of the next `frames` frames lie within one quantum.
    fn stretch(&self, frames: usize) -> usize {
        frames.min(to_border(self.at))
    }

    fn run(&mut self, feeds: &mut Block, offset: usize, frames: usize) {
        self.mixer.process(feeds, offset, self.at, frames);
        self.at += frames as u64;
    }
}

impl Rendering {
    /// Renders the valid frames of `feeds`, which have been mixed, into `outputs`, one block per target with as
    /// many valid frames.
    ///
    /// # Panics
    /// If `outputs` are not one per target, or cannot hold the frames.
    pub fn advance(&mut self, feeds: &Block, outputs: &mut [Block]) {
        self.begin(feeds.frames(), outputs, &itself);
        self.run(feeds, 0, feeds.frames(), outputs, &itself);
        self.end(outputs, &itself);
    }

    /// The absolute frame that comes next.
    pub fn at(&self) -> Frames {
        Frames(self.at)
    }

    fn begin<T>(&self, frames: usize, outputs: &mut [T], block_of: &impl Fn(&mut T) -> &mut Block) {
        assert_eq!(
            outputs.len(),
            self.renderers.len(),
            "one output block per target"
        );
        for out in outputs {
            block_of(out).set_frames(frames);
        }
    }

    fn run<T>(
        &mut self,
        feeds: &Block,
        offset: usize,
        frames: usize,
        outputs: &mut [T],
        block_of: &impl Fn(&mut T) -> &mut Block,
    ) {
        let mut done = 0;
        while done < frames {
            let (time, stretch) = self.next_stretch(frames - done);
            let offset = offset + done;
            let slice = self.slice_frames(feeds).min(stretch);
            for at in (0..stretch).step_by(slice) {
                let (offset, frames) = (offset + at, slice.min(stretch - at));
                for (renderer, out) in self.renderers.iter_mut().zip(&mut *outputs) {
                    match time {
                        Some(time) => {
                            renderer.render(feeds, block_of(out), offset, time + at, frames)
                        }
                        None => silence(block_of(out), offset, frames),
                    }
                }
            }
            self.at += stretch as u64;
            done += stretch;
        }
    }

    /// How many frames are rendered to one target after the other: those of all feeds stay in the first-level cache
    /// meanwhile, if they are wanted more than once.
    fn slice_frames(&self, feeds: &Block) -> usize {
        match &self.renderers[..] {
            [_, _, ..] if self.renderers.iter().all(Renderer::works_in_slices) => {
                render::slice_frames(feeds.channels())
            }
            _ => usize::MAX,
        }
    }

    fn end<T>(&mut self, outputs: &mut [T], block_of: &impl Fn(&mut T) -> &mut Block) {
        for (renderer, out) in self.renderers.iter_mut().zip(outputs) {
            renderer.finish_block(block_of(out));
        }
    }

    fn skip(&mut self, frames: usize) {
        let mut done = 0;
        while done < frames {
            let (_, stretch) = self.next_stretch(frames - done);
            self.at += stretch as u64;
            done += stretch;
        }
        for renderer in &mut self.renderers {
            renderer.skip_to(self.at.saturating_sub(self.late));
        }
    }

    /// How many frames of the next `frames` lie within one quantum of the song as it leaves the mixer, and how
    /// far into it they begin: `None` before the song.
    fn next_stretch(&mut self, frames: usize) -> (Option<usize>, usize) {
        let Some(song) = self.at.checked_sub(self.late) else {
            let before = (self.late - self.at).min(QUANTUM_U64) as usize;
            return (None, frames.min(before));
        };
        let stretch = frames.min(to_border(song));
        let time = song % QUANTUM_U64;
        let quantum = song - time;
        if self.entered != Some(quantum) {
            let begun = self.playback.enter(quantum);
            let states = begun.blocks().iter().map(|block| &block.state);
            self.bearings.take(states);
            for renderer in &mut self.renderers {
                renderer.enter(quantum, begun, &self.bearings);
            }
            self.entered = Some(quantum);
        }
        (Some(time as usize), stretch)
    }
}

fn itself(block: &mut Block) -> &mut Block {
    block
}

/// Silences `frames` frames of every row from row offset `offset` on.
fn silence(out: &mut Block, offset: usize, frames: usize) {
    for row in out.rows_mut() {
        row[offset..offset + frames].fill(0.0);
    }
}

//! Runs the desk: from the stems' channels to the feeds.

use super::desk::{Desk, Strip};
use super::fader::Fader;
use super::fault::DeskFault;
use super::graph::{DeskReport, Graph};
use super::lfe::LfeSend;
use super::matrix::{Matrix, MatrixFeed};
use super::node::Stretch;
use crate::audio::{Block, QUANTUM};
use crate::units::SampleRate;

/// Applies the desk to the feeds in place and fills the LFE feed.
///
/// Levels and parameters move frame by frame on the time line, so the result does not depend on the length
/// of the blocks.
#[derive(Debug)]
pub struct Mixer {
    matrix: Matrix,
    strips: Vec<Strip>,
    desk: Work,
    lfe: Option<LfeSend>,
}

/// What the desk does.
#[derive(Debug)]
enum Work {
    /// Every strip has a fader and nothing else.
    Faders(Vec<Fader>),
    /// Chains, groups, returns, sends.
    Graph(Box<Graph>),
}

impl Mixer {
    /// A mixer of faders: of `strips`, whose chains and sends are left out. The LFE feed, if any strip sends
    /// to it, is row `lfe_feed`.
    pub fn new(strips: Vec<Strip>, lfe_feed: usize, rate: SampleRate) -> Self {
        let fader = |strip: &Strip| {
            let curves = strip.gains.iter().chain(&strip.mute);
            Fader::new(curves.cloned(), 0)
        };
        let faders = strips.iter().map(fader).collect();
        Self::with(Work::Faders(faders), strips, lfe_feed, rate)
    }

    /// A mixer of everything that `desk` has.
    ///
    /// # Errors
    /// The first thing that cannot be built.
    pub fn of_desk(desk: Desk, lfe_feed: usize, rate: SampleRate) -> Result<Self, DeskFault> {
        if desk.is_bare() {
            return Ok(Self::new(desk.strips, lfe_feed, rate));
        }
        let graph = Graph::new(&desk, rate)?;
        let work = Work::Graph(Box::new(graph));
        Ok(Self::with(work, desk.strips, lfe_feed, rate))
    }

    fn with(desk: Work, strips: Vec<Strip>, lfe_feed: usize, rate: SampleRate) -> Self {
        let sends = strips.iter().any(|strip| strip.lfe.is_some());
        Self {
            lfe: sends.then(|| LfeSend::new(lfe_feed, rate)),
            matrix: Matrix::new(Vec::new()),
            desk,
            strips,
        }
    }

    /// The same mixer, which first fills the feeds of `matrix`, in order.
    #[must_use]
    pub fn with_matrix(self, matrix: Vec<MatrixFeed>) -> Self {
        Self {
            matrix: Matrix::new(matrix),
            ..self
        }
    }

    /// Row of the LFE feed, if any strip sends to it.
    pub fn lfe_feed(&self) -> Option<usize> {
        self.lfe.as_ref().map(LfeSend::feed)
    }

    /// Frames by which all feeds come late: frame n + latency belongs to input frame n.
    pub fn latency_frames(&self) -> usize {
        match &self.desk {
            Work::Faders(_) => 0,
            Work::Graph(graph) => graph.latency() as usize,
        }
    }

    /// Frames for which reverbs and delays ring on after the last input, apart from the latency.
    pub fn ringing_frames(&self) -> usize {
        match &self.desk {
            Work::Faders(_) => 0,
            Work::Graph(graph) => graph.tail() as usize,
        }
    }

    /// Processes `frames` frames from row offset `offset` on, which stand at absolute frame `at`; they
    /// must lie within one quantum.
    pub fn process(&mut self, feeds: &mut Block, offset: usize, at: u64, frames: usize) {
        debug_assert!(
            at % QUANTUM as u64 + frames as u64 <= QUANTUM as u64,
            "a stretch lies within one quantum"
        );
        self.matrix.process(feeds, offset, frames);
        match &mut self.desk {
            Work::Faders(faders) => {
                for (strip, fader) in self.strips.iter().zip(faders) {
                    for feed in strip.feeds.clone().filter(|_| !fader.is_unity()) {
                        fader.apply(&mut feeds.row_mut(feed)[offset..][..frames], at);
                    }
                }
            }
            Work::Graph(graph) => graph.process(feeds, Stretch { offset, at, frames }),
        }
        if let Some(lfe) = &mut self.lfe {
            lfe.process(&self.strips, feeds, offset, frames);
        }
    }

    /// True if a compressor is to find its threshold from the programme: then the whole programme is to be
    /// given to [`rehearse`](Self::rehearse), and [`settle`](Self::settle) called, until this is false.
    pub fn wants_rehearsal(&self) -> bool {
        match &self.desk {
            Work::Faders(_) => false,
            Work::Graph(graph) => graph.wants_rehearsal(),
        }
    }

    /// Listens to the valid frames of `feeds`, of which the first stands at absolute frame `at`, which begins a
    /// quantum. May allocate.
    pub fn rehearse(&mut self, feeds: &mut Block, at: u64) {
        let Work::Graph(graph) = &mut self.desk else {
            return;
        };
        for offset in (0..feeds.frames()).step_by(QUANTUM) {
            let frames = QUANTUM.min(feeds.frames() - offset);
            self.matrix.process(feeds, offset, frames);
            let at = at + offset as u64;
            graph.rehearse(feeds, Stretch { offset, at, frames });
        }
    }

    /// Ends a rehearsal: those who could hear the programme have found their thresholds. Everything heard is
    /// forgotten.
    pub fn settle(&mut self) {
        if let Work::Graph(graph) = &mut self.desk {
            graph.settle();
        }
        self.matrix.reset();
    }

    /// What compressors and limiters have done so far.
    pub fn report(&self) -> Vec<DeskReport> {
        match &self.desk {
            Work::Faders(_) => Vec::new(),
            Work::Graph(graph) => graph.report(),
        }
    }
}

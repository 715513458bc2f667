//! Renders a scene for headphones: its objects, or the loudspeakers that play them.

use std::sync::Arc;

use super::headphones::Headphones;
use super::stage::Stage;
use crate::audio::{Block, QUANTUM};
use crate::geometry::Position;
use crate::panner::Bearings;
use crate::render::channels::ChannelRenderer;
use crate::render::kernel::Stretch;
use crate::render::target::Target;
use crate::scene::{Begun, DirectSpeakers, Object, ObjectState, Playback, State, StaticBlock};
use crate::units::SampleRate;

/// What binaural targets are rendered by.
#[derive(Debug)]
pub(in crate::render) struct BinauralRenderer {
    stage: Stage,
    preview: Option<Preview>,
}

/// Loudspeakers that are listened to.
#[derive(Debug)]
struct Preview {
    loudspeakers: ChannelRenderer,
    /// What they play, one stretch of a quantum.
    feeds: Block,
    /// The loudspeakers as objects of the stage.
    playback: Playback,
}

impl BinauralRenderer {
    pub(in crate::render) fn new(
        mut headphones: Headphones,
        objects: &[Object],
        lfe_feed: Option<usize>,
        rate: SampleRate,
    ) -> Self {
        let Some(target) = headphones.preview.take() else {
            return Self {
                stage: Stage::new(headphones, objects, rate),
                preview: None,
            };
        };
        let speakers = as_objects(&target);
        let stage = Stage::new(headphones, &speakers, rate);
        Self {
            preview: Some(Preview {
                feeds: Block::new(speakers.len(), QUANTUM),
                loudspeakers: ChannelRenderer::new(*target, objects, lfe_feed, rate),
                playback: Playback::new(speakers),
            }),
            stage,
        }
    }

    pub(in crate::render) fn latency_frames(&self) -> usize {
        let before = self
            .preview
            .as_ref()
            .map(|p| p.loudspeakers.latency_frames());
        before.unwrap_or(0) + self.stage.latency_frames()
    }

    pub(in crate::render) fn tail_frames(&self) -> usize {
        0
    }

    pub(in crate::render) fn ringing_frames(&self) -> usize {
        let before = self
            .preview
            .as_ref()
            .map(|p| p.loudspeakers.ringing_frames());
        before.unwrap_or(0) + self.stage.ringing_frames()
    }

    pub(in crate::render) fn memory_frames(&self) -> usize {
        let before = self
            .preview
            .as_ref()
            .map(|p| p.loudspeakers.memory_frames());
        before
            .unwrap_or(0)
            .saturating_add(self.stage.memory_frames())
    }

    pub(in crate::render) fn skip_to(&mut self, frame: u64) {
        if let Some(preview) = &mut self.preview {
            preview.loudspeakers.skip_to(frame);
        }
        self.stage.skip_to(frame);
    }

    pub(in crate::render) fn enter(&mut self, quantum: u64, begun: &Begun, bearings: &Bearings) {
        match &mut self.preview {
            None => self.stage.enter(quantum, begun),
            Some(preview) => {
                preview.loudspeakers.enter(quantum, begun, bearings);
                self.stage.enter(quantum, preview.playback.enter(quantum));
            }
        }
    }

    pub(in crate::render) fn render(&mut self, feeds: &Block, out: &mut Block, stretch: Stretch) {
        let Some(preview) = &mut self.preview else {
            return self.stage.render(feeds, out, stretch);
        };
        preview.feeds.set_frames(stretch.frames);
        let to_start = Stretch { to: 0, ..stretch };
        preview
            .loudspeakers
            .render(feeds, &mut preview.feeds, to_start);
        let from_start = Stretch {
            offset: 0,
            ..stretch
        };
        self.stage.render(&preview.feeds, out, from_start);
    }

    pub(in crate::render) fn finish_block(&mut self, _: &mut Block) {}
}

/// The loudspeakers of a target as objects that stand still, each playing its channel.
fn as_objects(target: &Target) -> Vec<Object> {
    let Target::Layout { layout, .. } = target else {
        return Vec::new();
    };
    let speakers = layout.speakers.iter().enumerate();
    speakers
        .map(|(channel, speaker)| {
            let state: State = match speaker.lfe {
                false => ObjectState::at(speaker.position).into(),
                true => State::DirectSpeakers(Arc::new(DirectSpeakers::labelled(
                    "LFE1",
                    Position::FRONT,
                ))),
            };
            let blocks = Box::new(StaticBlock::new(state));
            Object::new(speaker.label.clone(), channel, blocks)
        })
        .collect()
}

//! Renders to loudspeakers, to the stereo bus and to sound fields.

use std::sync::Arc;

use super::align::Alignment;
use super::diffuse::Diffuse;
use super::gains::{Finish, Gains};
use super::kernel::{self, Stretch};
use super::plan::ChannelPlan;
use super::target::Target;
use super::track::Track;
use crate::audio::Block;
use crate::panner::{Bearing, Bearings, GainCalculator, stereo};
use crate::scene::{Begun, HoaComponent, Object, SoundField, State, USUAL_BLOCKS};
use crate::units::{Decibels, SampleRate};

/// Turns feeds and metadata into the channels of one [`Target`].
///
/// Gains move in straight lines per frame; they are set at the frames the metadata names, so the result
/// does not depend on how long the blocks are. Adds no [latency](Self::latency_frames) unless an object is
/// diffuse: output frame 0 is input frame 0, except for channels of a layout that ask for a calibration
/// delay.
#[derive(Debug)]
pub(super) struct ChannelRenderer {
    target: Target,
    arch: pulp::Arch,
    tracks: Vec<Track>,
    /// What each channel plays directly, then what each plays through its decorrelator.
    plans: Vec<ChannelPlan>,
    decoders: Vec<Decoder>,
    channels: usize,
    /// On the channels, then on those played through decorrelators, if there are any.
    gains: Gains,
    /// Where the gains of each block of a quantum are to be written that is panned beside others.
    places: Vec<Option<u32>>,
    /// The decorrelators, if any object is ever diffuse.
    diffuse: Option<Diffuse>,
    alignment: Alignment,
    lfe: Option<Lfe>,
    /// The plans hold from here on as long as no block begins.
    settled: bool,
}

/// The feed of low-passed copies and the channel it goes to.
#[derive(Debug, Clone, Copy)]
struct Lfe {
    feed: u32,
    channel: usize,
    gain: f32,
}

/// The decoder of one sound field: component c plays on channel k with gain c · channels + k.
#[derive(Debug)]
pub(super) struct Decoder {
    field: Arc<SoundField>,
    gains: Vec<f64>,
}

impl Decoder {
    /// The decoders of all sound fields in `objects`, each once.
    pub(super) fn of(objects: &[Object], gains: &mut GainCalculator) -> Vec<Self> {
        let mut decoders: Vec<Self> = Vec::new();
        for field in objects.iter().filter_map(|o| o.sound_field.as_ref()) {
            if !decoders.iter().any(|known| known.field == *field) {
                decoders.push(Self {
                    gains: gains.sound_field(field),
                    field: Arc::clone(field),
                });
            }
        }
        decoders
    }

    /// Writes the gains of `component`, or silence if no decoder is one for its field.
    pub(super) fn write(decoders: &[Self], component: &HoaComponent, gains: &mut [f64]) {
        gains.fill(0.0);
        // Sharing the field is the rule; comparing it costs more.
        let found = decoders
            .iter()
            .find(|known| Arc::ptr_eq(&known.field, &component.field))
            .or_else(|| decoders.iter().find(|known| known.field == component.field));
        if let Some(known) = found {
            let column = &known.gains[component.component * gains.len()..][..gains.len()];
            for (gain, decoded) in gains.iter_mut().zip(column) {
                *gain = decoded * component.gain;
            }
        }
    }
}

impl ChannelRenderer {
    /// A renderer of `objects` for `target`. `lfe_feed` is the row of the feeds with the LFE copies; it is
    /// left out where the target has no LFE channel.
    ///
    /// # Panics
    /// If a feed's number does not fit 32 bits.
    pub(super) fn new(
        mut target: Target,
        objects: &[Object],
        lfe_feed: Option<usize>,
        rate: SampleRate,
    ) -> Self {
        let channels = target.channels();
        let (trims, alignment): (Vec<f64>, _) = match &target {
            Target::Layout { layout, .. } => (
                layout
                    .speakers
                    .iter()
                    .map(|s| Decibels(s.gain_db).gain().0)
                    .collect(),
                Alignment::new(layout, rate),
            ),
            _ => (vec![1.0; channels], Alignment::none()),
        };
        let is_part = matches!(&target, Target::Layout { heard: Some(_), .. });
        let lfe = lfe_feed
            .filter(|_| !is_part)
            .zip(target.lfe_channel())
            .map(|(feed, channel)| Lfe {
                feed: u32::try_from(feed).expect("a session has far fewer than 2^32 feeds"),
                channel,
                gain: trims[channel] as f32,
            });
        let diffuse = match &target {
            Target::Layout { layout, .. } if objects.iter().any(|object| object.diffuse) => {
                let names: Vec<&str> = layout.speakers.iter().map(|s| s.label.as_str()).collect();
                Some(Diffuse::new(&names))
            }
            _ => None,
        };
        let sides = if diffuse.is_some() { 2 } else { 1 };
        let count = objects.len();
        let tracks = objects.iter().enumerate();
        Self {
            diffuse,
            tracks: tracks
                .map(|(index, object)| Track::new(object.feed, index, count))
                .collect(),
            gains: Gains::new(count, trims.repeat(sides)),
            places: Vec::with_capacity(USUAL_BLOCKS * count),
            plans: (0..2 * channels)
                .map(|_| ChannelPlan::with_capacity(objects.len() + 1))
                .collect(),
            decoders: match &mut target {
                Target::Layout { gains, .. } => Decoder::of(objects, gains),
                _ => Vec::new(),
            },
            arch: pulp::Arch::new(),
            target,
            channels,
            alignment,
            lfe,
            settled: false,
        }
    }

    /// What is rendered to.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Frames by which the output comes late: output frame n + latency belongs to input frame n.
    pub(super) fn latency_frames(&self) -> usize {
        self.diffuse.as_ref().map_or(0, |_| Diffuse::LATENCY_FRAMES)
    }

    /// Frames by which the output goes on after the last input frame because of calibration delays.
    pub(super) fn tail_frames(&self) -> usize {
        self.alignment.tail_frames()
    }

    /// Frames for which filters ring on after the last input frame.
    pub(super) fn ringing_frames(&self) -> usize {
        self.diffuse.as_ref().map_or(0, |_| Diffuse::RINGING_FRAMES)
    }

    /// Frames of input before the present one that the output still depends on.
    pub(super) fn memory_frames(&self) -> usize {
        let diffuse = self.diffuse.as_ref().map_or(0, |_| Diffuse::MEMORY_FRAMES);
        diffuse + self.alignment.tail_frames()
    }

    /// True if a stretch costs as much in many short parts as in one.
    pub(super) fn works_in_slices(&self) -> bool {
        self.diffuse.is_none()
    }

    /// Goes on at absolute frame `frame` without having heard what was before.
    pub(super) fn skip_to(&mut self, frame: u64) {
        if let Some(diffuse) = &mut self.diffuse {
            diffuse.reset(frame);
        }
    }

    /// Plans the quantum that starts at absolute frame `quantum`, in which the blocks `begun` begin, whose positions
    /// have the bearings `bearings`.
    ///
    /// # Panics
    /// If these are of other objects, or there are fewer bearings than blocks.
    pub(super) fn enter(&mut self, quantum: u64, begun: &Begun, bearings: &Bearings) {
        if begun.blocks().is_empty() && self.settled {
            return;
        }
        for plan in &mut self.plans {
            plan.clear();
        }
        self.settled = begun.blocks().is_empty();
        let mut writer = Writer {
            target: &mut self.target,
            decoders: &self.decoders,
            channels: self.channels,
            begun,
            bearings,
        };
        // Most objects are points that move in one straight line: they are panned together, and their gains settled
        // together.
        self.places.clear();
        self.places.resize(bearings.len(), None);
        for (index, track) in self.tracks.iter_mut().enumerate() {
            if let Some(row) = track.turn(quantum, begun.sweeps(index)) {
                let block = begun.of(index).start;
                match bearings.plain_point(block) {
                    Some(level) if writer.pans_together() && is_heard(writer.target, index) => {
                        self.places[block] =
                            Some(self.gains.clear_to_write(row, Finish::of(level)));
                    }
                    _ => self
                        .gains
                        .write(row, |gains| writer.write(index, block, gains)),
                }
            }
        }
        writer.pan_points(&self.places, self.gains.all_mut());
        self.gains.settle();
        for (index, track) in self.tracks.iter_mut().enumerate() {
            self.settled &= track.holds(quantum);
            let write = |block: usize, gains: &mut [f64]| writer.write(index, block, gains);
            track.plan(
                (quantum, begun, index),
                &mut self.plans,
                &mut self.gains,
                write,
            );
        }
        if let Some(Lfe {
            feed,
            channel,
            gain,
        }) = self.lfe
        {
            self.plans[channel].hold(feed, gain);
        }
    }

    /// Renders `stretch` of `feeds` to `out`.
    pub(super) fn render(&mut self, feeds: &Block, out: &mut Block, stretch: Stretch) {
        kernel::mix(
            self.arch,
            &mut self.plans[..self.channels],
            feeds,
            out,
            stretch,
        );
        if let Some(diffuse) = &mut self.diffuse {
            let Stretch { to, frames, .. } = stretch;
            let plans = &mut self.plans[self.channels..];
            let stretch = Stretch { to: 0, ..stretch };
            kernel::mix(self.arch, plans, feeds, &mut diffuse.block, stretch);
            diffuse.process(out, to, frames);
        }
    }

    /// Finishes the block `out` after all its stretches are rendered: calibration delays.
    pub(super) fn finish_block(&mut self, out: &mut Block) {
        self.alignment.process(out);
    }
}

/// Writes the gains of the blocks that begin in a quantum.
struct Writer<'a> {
    target: &'a mut Target,
    decoders: &'a [Decoder],
    channels: usize,
    begun: &'a Begun,
    bearings: &'a Bearings,
}

impl Writer<'_> {
    /// Whether points are panned beside others where that may be.
    fn pans_together(&self) -> bool {
        matches!(&*self.target, Target::Layout { gains, .. } if gains.pans_together())
    }

    /// Pans the plain points that have places in `gains`, where they find zeros.
    fn pan_points(&self, places: &[Option<u32>], gains: &mut [f64]) {
        if let Target::Layout { gains: panner, .. } = &*self.target
            && places.iter().any(Option::is_some)
        {
            panner.raw_points(self.bearings, gains, places);
        }
    }

    /// Writes the gains of block number `block`, one of object `index`.
    fn write(&mut self, index: usize, block: usize, gains: &mut [f64]) -> Finish {
        if !is_heard(self.target, index) {
            gains.fill(0.0);
            return Finish::NONE;
        }
        let (direct, diffuse) = gains.split_at_mut(self.channels);
        let state = &self.begun.blocks()[block].state;
        let bearing = self.bearings.get(block);
        write_gains(self.target, self.decoders, state, bearing, direct, diffuse)
    }
}

/// Whether the object `index` plays on `target`.
fn is_heard(target: &Target, index: usize) -> bool {
    match target {
        Target::Layout {
            heard: Some(heard), ..
        } => heard.get(index) == Some(&true),
        _ => true,
    }
}

/// Writes the gains of every channel for a feed in `state`: played directly, and through the decorrelators
/// (`diffuse` is empty if no feed of the target ever is). What is left to do with them is the answer.
fn write_gains(
    target: &mut Target,
    decoders: &[Decoder],
    state: &State,
    bearing: Option<Bearing>,
    direct: &mut [f64],
    diffuse: &mut [f64],
) -> Finish {
    diffuse.fill(0.0);
    match (target, state) {
        (Target::Layout { gains, .. }, State::Object(object)) if object.diffuse == 0.0 => {
            gains.raw_object_at(object, bearing.as_ref(), direct);
            return Finish::of(object.gain);
        }
        (Target::Layout { gains, .. }, State::Object(object)) => {
            gains.object_at(object, bearing.as_ref(), direct, diffuse);
        }
        (Target::Layout { gains, .. }, State::DirectSpeakers(speaker)) => {
            gains.speaker(speaker, direct);
        }
        (Target::Layout { .. }, State::Hoa(component)) => {
            Decoder::write(decoders, component, direct);
        }
        (Target::Ambisonics(encoder), State::Object(object)) => encoder.object(object, direct),
        (Target::Ambisonics(encoder), State::DirectSpeakers(speaker)) => {
            encoder.speaker(speaker, direct);
        }
        (Target::Ambisonics(encoder), State::Hoa(component)) => {
            encoder.component(component, direct);
        }
        (Target::Stereo, State::Object(object)) => {
            let gains = stereo::pan_gains(object.pan.value()).map(|gain| gain * object.gain);
            direct.copy_from_slice(&gains);
        }
        (Target::Layout { .. } | Target::Ambisonics(_), State::Binaural { .. })
        | (Target::Stereo | Target::Binaural(_), _) => {
            direct.fill(0.0);
        }
    }
    Finish::NONE
}

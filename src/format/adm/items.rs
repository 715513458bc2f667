//! The channels of a pack as objects of the scene.
//!
//! Everything that could go wrong while playing is tried first: times by `item_times`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::blocks::{Blocks, HeadphoneVirtualise, ObjectBlocks, ObjectShape, SpeakerBlock};
use super::build::Build;
use super::codes::{BED_LABEL, HOA, IGNORED, OFFSET, UNSUPPORTED};
use super::dbmd::BinauralMode;
use super::findings::Findings;
use super::master::{FeedTerm, Origin};
use super::model::PositionOffset;
use super::packs::PackChannel;
use super::path_values::PathValues;
use super::sources::{JumpSource, ObjectSource, ObjectValues};
use super::validate::field_of;
use crate::error::Severity;
use crate::panner::speaker_remarks;
use crate::scene::{
    BlockSource, DirectSpeakers, HoaComponent, Object, OnHeadphones, RoomMode, SoundField, State,
};

/// What all channels of a pack have in common.
pub(super) struct ItemContext<'a> {
    pub(super) pack: usize,
    pub(super) values: &'a PathValues,
    /// Blocks of lower importance are silent.
    pub(super) threshold: u32,
}

/// A channel of a pack and what it plays.
pub(super) struct Member {
    pub(super) place: PackChannel,
    /// No terms: silence.
    pub(super) terms: Vec<FeedTerm>,
    /// False if it is mute or not important enough.
    pub(super) is_heard: bool,
}

impl Build<'_> {
    pub(super) fn object_items(
        &mut self,
        context: &ItemContext<'_>,
        members: Vec<Member>,
        findings: &mut Findings,
    ) {
        let several = members.len() > 1;
        for member in members {
            let timeline = self.timeline(member.place.channel, context.values);
            let Blocks::Objects(blocks) = &*timeline.blocks.clone() else {
                continue;
            };
            if !self.offset_fits(context.values, blocks, findings)
                || !self.times_are_good(&timeline, member.place.channel, findings)
                || !is_played(&member)
            {
                continue;
            }
            let diffuse = blocks.shapes().iter().any(|shape| shape.diffuse > 0.0);
            let first = blocks.shapes().first();
            let origin = self.origin(
                context,
                &member.place,
                first.is_some_and(|shape| shape.head_locked),
                first.and_then(|shape| shape.headphone),
                &member.terms,
            );
            let values = ObjectValues {
                gain: context.values.gain,
                offset: context.values.offset,
                screen: context.values.screen,
                threshold: context.threshold,
            };
            let object = Object {
                name: self.name(context, &member.place, several),
                colour: None,
                feed: self.feed(member.terms),
                diffuse,
                spread: blocks.shapes().iter().any(is_spread),
                headphones: on_headphones(&origin),
                sound_field: None,
                blocks: Box::new(ObjectSource::new(timeline, values)),
            };
            self.add(object, origin);
        }
    }

    pub(super) fn speaker_items(
        &mut self,
        context: &ItemContext<'_>,
        members: Vec<Member>,
        findings: &mut Findings,
    ) {
        if !self.no_offset(context, findings) {
            return;
        }
        let several = members.len() > 1;
        for member in members {
            let channel = member.place.channel;
            let timeline = self.timeline(channel, context.values);
            let Blocks::Speakers(blocks) = &*timeline.blocks.clone() else {
                continue;
            };
            if !self.times_are_good(&timeline, channel, findings) || !is_played(&member) {
                continue;
            }
            let innermost = member.place.path.last();
            let pack = innermost.map(|&pack| self.document.packs[pack].head.id.clone());
            let frequency = self.document.channels[channel].frequency;
            let state = |block: &SpeakerBlock| {
                let heard = block.importance >= context.threshold;
                let gain = if heard { block.gain } else { 0.0 };
                State::DirectSpeakers(Arc::new(DirectSpeakers {
                    labels: block.labels.clone(),
                    position: block.position,
                    low_pass: frequency.low_pass,
                    high_pass: frequency.high_pass,
                    pack: pack.clone(),
                    screen_edge_lock: block.screen_edge_lock,
                    reference_screen: context.values.screen,
                    gain: gain * context.values.gain,
                }))
            };
            let states: Vec<State> = blocks.iter().map(state).collect();
            self.tell_remarks(channel, &states, findings);
            let origin = self.origin(
                context,
                &member.place,
                blocks.first().is_some_and(|block| block.head_locked),
                blocks.first().and_then(|block| block.headphone),
                &member.terms,
            );
            let source = Box::new(JumpSource::new(timeline, states));
            self.plain_item(context, member, several, source, origin);
        }
    }

    /// Passes on what the panner has to say of a loudspeaker channel.
    fn tell_remarks(&mut self, channel: usize, states: &[State], findings: &mut Findings) {
        let channel = &self.document.channels[channel];
        // In Dolby's profile no channel has a band: then its lack is no fault.
        let has_band = channel.frequency.low_pass.or(channel.frequency.high_pass);
        let severity = match has_band {
            Some(_) => Severity::Warning,
            None => Severity::Note,
        };
        let remarks: BTreeSet<String> = states
            .iter()
            .filter_map(|state| match state {
                State::DirectSpeakers(speaker) => Some(speaker_remarks(speaker)),
                _ => None,
            })
            .flatten()
            .collect();
        for remark in remarks {
            if self
                .told
                .insert((BED_LABEL.code, format!("{} {remark}", channel.head.id)))
            {
                let message = format!("audioChannelFormat {}: {remark}", channel.head.id);
                let help =
                    "an LFE has the label LFE1 or LFE2 and a lowPass frequency of at most 200 Hz";
                findings.add_as(severity, BED_LABEL, channel.head.place, message, help);
            }
        }
    }

    pub(super) fn field_items(
        &mut self,
        context: &ItemContext<'_>,
        members: Vec<Member>,
        findings: &mut Findings,
    ) {
        if !self.no_offset(context, findings) {
            return;
        }
        let document = self.document;
        let Some(field) = members
            .first()
            .and_then(|member| field_of(&member.place, &document.packs, &document.channels).ok())
        else {
            return;
        };
        let pack = &document.packs[context.pack].head;
        if (field.nfc_ref_dist.is_some() || field.screen_ref)
            && self.told.insert((IGNORED.code, pack.id.clone()))
        {
            let message = format!(
                "the sound field {} asks for near-field compensation or the screen",
                pack.id
            );
            let help = "neither is applied to sound fields (as in ITU-R BS.2127)";
            findings.add(IGNORED, pack.place, message, help);
        }
        let components: Option<Vec<(u32, i32)>> = members
            .iter()
            .map(
                |member| match &*document.channels[member.place.channel].blocks {
                    Blocks::Hoa(blocks) => blocks[0].order.zip(blocks[0].degree),
                    _ => None,
                },
            )
            .collect();
        let Some(components) = components else {
            findings.add(
                HOA,
                pack.place,
                format!("the sound field {} is not whole", pack.id),
                "",
            );
            return;
        };
        let field = Arc::new(SoundField {
            components,
            normalization: field.normalization,
        });
        for (component, member) in members.into_iter().enumerate() {
            let channel = member.place.channel;
            let timeline = self.timeline(channel, context.values);
            let Blocks::Hoa(blocks) = &*timeline.blocks.clone() else {
                continue;
            };
            if !self.times_are_good(&timeline, channel, findings) || !is_played(&member) {
                continue;
            }
            let block = &blocks[0];
            let heard = block.importance >= context.threshold;
            let gain = if heard { block.gain } else { 0.0 };
            let state = State::Hoa(HoaComponent {
                field: Arc::clone(&field),
                component,
                gain: gain * context.values.gain,
            });
            let origin = self.origin(
                context,
                &member.place,
                block.head_locked,
                block.headphone,
                &member.terms,
            );
            let object = Object {
                name: self.name(context, &member.place, true),
                colour: None,
                feed: self.feed(member.terms),
                diffuse: false,
                spread: false,
                headphones: on_headphones(&origin),
                sound_field: Some(Arc::clone(&field)),
                blocks: Box::new(JumpSource::new(timeline, vec![state])),
            };
            self.add(object, origin);
        }
    }

    pub(super) fn ear_items(
        &mut self,
        context: &ItemContext<'_>,
        members: Vec<Member>,
        findings: &mut Findings,
    ) {
        let pack = &self.document.packs[context.pack].head;
        if !self.no_offset(context, findings) {
            return;
        }
        if members.len() != 2 {
            let message = format!(
                "the binaural pack {} has {} channels",
                pack.id,
                members.len()
            );
            let help = "a pack for two ears has two: left, then right";
            findings.add(UNSUPPORTED, pack.place, message, help);
            return;
        }
        for (ear, member) in members.into_iter().enumerate() {
            let channel = member.place.channel;
            let timeline = self.timeline(channel, context.values);
            let Blocks::Binaural(blocks) = &*timeline.blocks.clone() else {
                continue;
            };
            if !self.times_are_good(&timeline, channel, findings) || !is_played(&member) {
                continue;
            }
            let states = blocks
                .iter()
                .map(|block| {
                    let heard = block.importance >= context.threshold;
                    let gain = if heard { block.gain } else { 0.0 };
                    State::Binaural {
                        left: ear == 0,
                        gain: gain * context.values.gain,
                    }
                })
                .collect();
            let origin = self.origin(context, &member.place, true, None, &member.terms);
            let source = Box::new(JumpSource::new(timeline, states));
            self.plain_item(context, member, true, source, origin);
        }
    }

    fn plain_item(
        &mut self,
        context: &ItemContext<'_>,
        member: Member,
        several: bool,
        blocks: Box<dyn BlockSource>,
        origin: Origin,
    ) {
        let name = self.name(context, &member.place, several);
        let feed = self.feed(member.terms);
        let mut object = Object::new(name, feed, blocks);
        object.headphones = on_headphones(&origin);
        self.add(object, origin);
    }

    /// "Guitar", or "Drums: LeftTop" for one of several channels.
    fn name(&self, context: &ItemContext<'_>, member: &PackChannel, several: bool) -> String {
        let channel = &self.document.channels[member.channel].head;
        let channel = if channel.name.is_empty() {
            &channel.id
        } else {
            &channel.name
        };
        let object = context
            .values
            .object
            .map(|object| &self.document.objects[object].head);
        match object {
            None => channel.clone(),
            Some(object) => {
                let name = if object.name.is_empty() {
                    &object.id
                } else {
                    &object.name
                };
                if several {
                    format!("{name}: {channel}")
                } else {
                    name.clone()
                }
            }
        }
    }

    fn origin(
        &self,
        context: &ItemContext<'_>,
        member: &PackChannel,
        head_locked: bool,
        headphone: Option<HeadphoneVirtualise>,
        terms: &[FeedTerm],
    ) -> Origin {
        let document = self.document;
        let channel = &document.channels[member.channel];
        let binaural_mode = match terms {
            [term] => document
                .dbmd
                .as_ref()
                .and_then(|dbmd| dbmd.binaural_mode(term.channel)),
            _ => None,
        };
        let elements = document
            .dbmd
            .as_ref()
            .and_then(|dbmd| dbmd.elements.as_ref());
        let of_track = elements.zip(match terms {
            [term] => Some(term.channel),
            _ => None,
        });
        Origin {
            trim_bypass: of_track.is_some_and(|(e, n)| e.trim_bypass.get(n) == Some(&true)),
            head_tracking: of_track
                .and_then(|(e, n)| e.head_tracking.get(n).copied())
                .unwrap_or(0),
            object: context
                .values
                .object
                .map(|object| document.objects[object].head.id.clone()),
            pack: document.packs[context.pack].head.id.clone(),
            channel: channel.head.id.clone(),
            kind: channel.kind,
            head_locked: head_locked || context.values.head_locked,
            headphone,
            binaural_mode,
        }
    }

    /// Refuses an offset for what has no positions to move.
    fn no_offset(&mut self, context: &ItemContext<'_>, findings: &mut Findings) -> bool {
        let (Some(_), Some(object)) = (context.values.offset, context.values.object) else {
            return true;
        };
        let object = &self.document.objects[object].head;
        let kind = self.document.packs[context.pack].kind.name();
        let message = format!(
            "audioObject {} of type {kind} has a positionOffset",
            object.id
        );
        let help = "only objects can be moved: take it out, also of the objects around it";
        findings.add(OFFSET, object.place, message, help);
        false
    }

    /// An offset is of the form of all the positions that it moves.
    fn offset_fits(
        &self,
        values: &PathValues,
        blocks: &ObjectBlocks,
        findings: &mut Findings,
    ) -> bool {
        let (Some(offset), Some(object)) = (values.offset, values.object) else {
            return true;
        };
        let cartesian = matches!(offset, PositionOffset::Cartesian { .. });
        if blocks
            .shapes()
            .iter()
            .all(|shape| shape.cartesian == cartesian)
        {
            return true;
        }
        let object = &self.document.objects[object].head;
        let message = format!(
            "the positionOffset of audioObject {} is not of the form of its positions",
            object.id
        );
        let help = "both are polar, or both Cartesian";
        findings.add(OFFSET, object.place, message, help);
        false
    }
}

/// Whether a block makes an object sound from several directions.
fn is_spread(shape: &ObjectShape) -> bool {
    let diverges = shape.divergence.is_some_and(|d| d.value > 0.0);
    diverges || !shape.zones.is_empty() || !shape.extent.is_point()
}

/// What a channel wishes for on headphones: Dolby's word for its room, else that of the ADM, which knows only
/// whether it is placed at all.
fn on_headphones(origin: &Origin) -> OnHeadphones {
    let said = match origin.binaural_mode {
        Some(BinauralMode::Off) => Some(RoomMode::Off),
        Some(BinauralMode::Near) => Some(RoomMode::Near),
        Some(BinauralMode::Mid) => Some(RoomMode::Mid),
        Some(BinauralMode::Far) => Some(RoomMode::Far),
        Some(BinauralMode::NotIndicated | BinauralMode::Unknown(_)) | None => None,
    };
    let bypass = origin.headphone.is_some_and(|headphone| headphone.bypass);
    OnHeadphones {
        room: said.or(bypass.then_some(RoomMode::Off)),
        head_locked: origin.head_locked,
    }
}

fn is_played(member: &Member) -> bool {
    member.is_heard && !member.terms.is_empty()
}

//! From the objects of a programme to the items of a master.

use std::path::Path;

use super::adm::Names;
use crate::format::adm::write::{
    BED, BedSpeaker, Flavour, Item, ItemKind, Losses, Track, bed_speaker,
};
use crate::format::adm::{BinauralMode, HeadphoneVirtualise, Origin};
use crate::geometry::Position;
use crate::mix::{MatrixFeed, MatrixTerm};
use crate::offline::Programme;
use crate::offline::pass::{lfe_row, silent_row};
use crate::panner::nominal_label;
use crate::scene::{
    BlockSource, DirectSpeakers, MetadataBlock, Object, ObjectState, SpeakerPosition, State,
    StaticBlock,
};
use crate::{Error, Result};

/// Most objects of the Dolby Atmos master ADM profile.
const MOST_OBJECTS: usize = 118;

/// Low-pass of an LFE channel as ITU-R BS.2094 has it, in Hz.
const LFE_LOW_PASS: f64 = 120.0;

/// A source whose first block has been looked at.
struct Peeked {
    first: Option<MetadataBlock>,
    rest: Box<dyn BlockSource>,
}

impl BlockSource for Peeked {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        self.first.take().or_else(|| self.rest.next_block())
    }
}

/// An object with what it is.
struct Known {
    /// Its place among the programme's objects.
    index: usize,
    name: String,
    row: usize,
    first: State,
    blocks: Box<dyn BlockSource>,
}

/// Makes items of the programme's objects, which it takes. Feeds that have to be added up for them are added
/// to the programme.
pub(super) fn items(
    programme: &mut Programme,
    path: &Path,
    names: &Names,
    flavour: Flavour,
    losses: &mut Losses,
) -> Result<Vec<Item>> {
    let objects = std::mem::take(&mut programme.objects);
    let known = objects.into_iter().enumerate().filter_map(known).collect();
    let mut build = Build {
        path,
        names,
        losses,
        has_lfe: programme
            .desk
            .strips
            .iter()
            .any(|strip| strip.lfe.is_some()),
        programme,
    };
    match flavour {
        Flavour::Dolby => build.dolby(known),
        Flavour::Ebu | Flavour::Emission { .. } => Ok(build.ebu(known, flavour)),
    }
}

fn known((index, object): (usize, Object)) -> Option<Known> {
    let mut rest = object.blocks;
    let first = rest.next_block()?;
    Some(Known {
        index,
        name: object.name,
        row: object.feed,
        first: first.state.clone(),
        blocks: Box::new(Peeked {
            first: Some(first),
            rest,
        }),
    })
}

struct Build<'a> {
    programme: &'a mut Programme,
    path: &'a Path,
    names: &'a Names,
    losses: &'a mut Losses,
    has_lfe: bool,
}

impl Build<'_> {
    fn origin(&self, known: &Known) -> Option<&Origin> {
        self.names.origins.get(known.index)
    }

    fn content(&self, known: &Known) -> String {
        let content = self.names.contents.get(known.index);
        content.map_or_else(|| "Objects".to_owned(), String::clone)
    }

    fn track(&self, known: Known, name: String) -> Track {
        let origin = self.origin(&known);
        Track {
            name,
            row: Some(known.row),
            head_locked: origin.is_some_and(|origin| origin.head_locked),
            headphone: self.headphone(&known),
            trim_bypass: origin.is_some_and(|origin| origin.trim_bypass),
            head_tracking: origin.map_or(0, |origin| origin.head_tracking),
            binaural: self
                .names
                .binaural
                .get(known.index)
                .copied()
                .unwrap_or(BinauralMode::NotIndicated),
            blocks: known.blocks,
        }
    }

    /// What ITU-R BS.2076-2 can say of an object on headphones: that it is not placed. MediaInfo takes the word for
    /// objects alone, not for channels of loudspeakers.
    fn headphone(&self, known: &Known) -> Option<HeadphoneVirtualise> {
        let own = self.origin(known).and_then(|origin| origin.headphone);
        let is_off = self.names.binaural.get(known.index) == Some(&BinauralMode::Off);
        let is_object = matches!(known.first, State::Object(_));
        own.or((is_off && is_object).then_some(HeadphoneVirtualise {
            bypass: true,
            direct_to_reverberant_db: 0.0,
        }))
    }

    /// Everything as it is.
    fn ebu(&mut self, all: Vec<Known>, flavour: Flavour) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut last: Option<(Option<String>, String)> = None;
        for known in all {
            let kind = match &known.first {
                State::Object(_) => ItemKind::Object,
                State::DirectSpeakers(_) => ItemKind::Speakers { common: None },
                State::Hoa(component) => ItemKind::Field {
                    normalization: component.field.normalization,
                },
                State::Binaural { .. } => ItemKind::Ears,
            };
            self.note_mode(&known, flavour);
            let origin = self
                .origin(&known)
                .map(|origin| (origin.object.clone(), origin.pack.clone()));
            let (item_name, track_name) = match known.name.split_once(": ") {
                Some((item, track)) if kind != ItemKind::Object => {
                    (item.to_owned(), track.to_owned())
                }
                _ => (known.name.clone(), known.name.clone()),
            };
            // Channels of one pack in one object are one item.
            let continues = kind != ItemKind::Object
                && origin.is_some()
                && origin == last
                && items.last().is_some_and(|item| item.kind == kind);
            last = origin;
            let content = self.content(&known);
            let track = self.track(known, track_name);
            let track = Track {
                blocks: Box::new(Nominal(track.blocks)),
                ..track
            };
            match items.last_mut().filter(|_| continues) {
                Some(item) => item.tracks.push(track),
                None => items.push(Item {
                    name: item_name,
                    content,
                    kind,
                    tracks: vec![track],
                }),
            }
        }
        if self.has_lfe {
            items.push(self.lfe_item());
        }
        items
    }

    /// Notes a headphone mode that ITU-R BS.2076 has no words for: it knows "not placed" alone, of objects, and its
    /// emission profile not even that.
    fn note_mode(&mut self, known: &Known, flavour: Flavour) {
        if flavour != Flavour::Ebu {
            self.note_headphones(known, "nothing");
        }
        let is_object = matches!(known.first, State::Object(_));
        let mode = match self.names.binaural.get(known.index) {
            Some(BinauralMode::Off) if flavour == Flavour::Ebu && is_object => return,
            Some(BinauralMode::Off) => "off",
            Some(BinauralMode::Near) => "near",
            Some(BinauralMode::Mid) => "mid",
            Some(BinauralMode::Far) => "far",
            _ => return,
        };
        if self.names.is_mode_said.get(known.index) == Some(&true) {
            self.losses.add(&known.name, "headphone mode", 0.0, || {
                (mode.to_owned(), "nothing".to_owned())
            });
        }
    }

    /// Notes what an object says of headphones, which is not written in its own words.
    fn note_headphones(&mut self, known: &Known, written: &str) {
        let Some(headphone) = self.origin(known).and_then(|origin| origin.headphone) else {
            return;
        };
        self.losses
            .add(&known.name, "headphoneVirtualise", 0.0, || {
                let found = format!(
                    "bypass {}, direct to reverberant {} dB",
                    u8::from(headphone.bypass),
                    headphone.direct_to_reverberant_db
                );
                (found, written.to_owned())
            });
    }

    /// The copies for the LFE as a channel of their own.
    fn lfe_item(&self) -> Item {
        let state = DirectSpeakers {
            low_pass: Some(LFE_LOW_PASS),
            ..DirectSpeakers::labelled(
                "LFE1",
                Position::Polar {
                    azimuth: 45.0,
                    elevation: -30.0,
                    distance: 1.0,
                },
            )
        };
        Item {
            name: "LFE".to_owned(),
            content: "LFE".to_owned(),
            kind: ItemKind::Speakers { common: None },
            tracks: vec![Track {
                name: "LFE1".to_owned(),
                row: Some(lfe_row(self.programme)),
                blocks: Box::new(StaticBlock::new(State::DirectSpeakers(state.into()))),
                binaural: BinauralMode::Off,
                head_locked: false,
                headphone: None,
                trim_bypass: false,
                head_tracking: 0,
            }],
        }
    }

    /// A 7.1.2 bed, then objects.
    fn dolby(&mut self, all: Vec<Known>) -> Result<Vec<Item>> {
        let mut bed: [Option<Track>; BED.len()] = Default::default();
        let mut bed_content = None;
        let mut bed_name = None;
        let mut objects = Vec::new();
        for known in all {
            let content = self.content(&known);
            // What is bypassed has the mode "off".
            let origin = self.origin(&known).and_then(|origin| origin.headphone);
            if !origin.is_some_and(|headphone| headphone.bypass) {
                self.note_headphones(&known, "the headphone mode of the dbmd chunk");
            }
            match &known.first {
                State::Object(_) => {
                    let name = known.name.clone();
                    objects.push(item(name.clone(), content, self.track(known, name)));
                }
                State::DirectSpeakers(speaker) => {
                    let speaker = speaker.clone();
                    match self.bed_place(&speaker) {
                        Some(place) if bed[place].is_none() => {
                            // A master's bed keeps its name.
                            let has_origin = self.origin(&known).is_some();
                            if let Some((name, _)) =
                                known.name.split_once(": ").filter(|_| has_origin)
                            {
                                bed_name.get_or_insert_with(|| name.to_owned());
                            }
                            let track = self.track(known, BED[place].name.to_owned());
                            bed[place] = Some(track);
                            bed_content.get_or_insert(content);
                        }
                        Some(place) if BED[place].nominal == "LFE1" => {
                            let first = bed[place].take();
                            bed[place] = first.map(|first| self.sum(first, known.row));
                        }
                        place => {
                            let place = place.map(|place| &BED[place]);
                            objects.push(self.speaker_as_object(known, content, &speaker, place));
                        }
                    }
                }
                State::Hoa(_) => return Err(self.cannot("a sound field (HOA)")),
                State::Binaural { .. } => return Err(self.cannot("signals for the two ears")),
            }
        }
        if objects.len() > MOST_OBJECTS {
            return Err(Error::Unsupported {
                path: self.path.to_path_buf(),
                feature: format!(
                    "a master of {} objects in the Dolby Atmos master ADM profile",
                    objects.len()
                ),
                hint: format!(
                    "it has at most {MOST_OBJECTS}: make stems that do not move mono, or sum some of them \
                     before they come in; adm-ebu has no such limit"
                ),
            });
        }
        if self.has_lfe {
            bed[3] = Some(Track {
                row: Some(lfe_row(self.programme)),
                ..self.silent_track(3)
            });
        }
        let tracks = bed.into_iter().enumerate();
        let tracks = tracks.map(|(place, track)| track.unwrap_or_else(|| self.silent_track(place)));
        let bed = Item {
            name: bed_name.unwrap_or_else(|| "Bed".to_owned()),
            content: bed_content.unwrap_or_else(|| "Bed".to_owned()),
            kind: ItemKind::Speakers { common: None },
            tracks: tracks.collect(),
        };
        Ok([bed].into_iter().chain(objects).collect())
    }

    fn cannot(&self, what: &str) -> Error {
        Error::Unsupported {
            path: self.path.to_path_buf(),
            feature: format!("{what} in the Dolby Atmos master ADM profile"),
            hint: "the profile has beds and objects alone: use adm-ebu, or render it to loudspeakers first"
                .to_owned(),
        }
    }

    /// Channel of the bed that a channel made for a loudspeaker is.
    fn bed_place(&self, speaker: &DirectSpeakers) -> Option<usize> {
        let is_lfe = speaker.low_pass.is_some_and(|hz| hz <= 200.0);
        if is_lfe {
            return Some(3);
        }
        let labels = speaker.labels.iter();
        labels
            .map(|label| nominal_label(label))
            .find_map(bed_speaker)
    }

    fn silent_track(&self, place: usize) -> Track {
        Track {
            name: BED[place].name.to_owned(),
            row: None,
            blocks: Box::new(StaticBlock::new(ObjectState::at(Position::FRONT))),
            binaural: if place == 3 {
                BinauralMode::Off
            } else {
                BinauralMode::Mid
            },
            head_locked: false,
            headphone: None,
            trim_bypass: false,
            head_tracking: 0,
        }
    }

    /// A second LFE joins the first.
    fn sum(&mut self, first: Track, second: usize) -> Track {
        self.losses.add("LFE", "second LFE", 0.0, || {
            (
                "a channel of its own".to_owned(),
                "the sum of both in the bed's LFE".to_owned(),
            )
        });
        let feed = self.programme.feed_count;
        self.programme.feed_count += 1;
        let term = |feed| MatrixTerm {
            feed,
            gain: 1.0,
            delay_frames: 0,
        };
        let terms = first.row.into_iter().chain([second]).map(term).collect();
        self.programme.matrix.push(MatrixFeed { feed, terms });
        Track {
            row: Some(feed),
            ..first
        }
    }

    /// A loudspeaker that the bed does not have stands still where it is.
    fn speaker_as_object(
        &mut self,
        known: Known,
        content: String,
        speaker: &DirectSpeakers,
        place: Option<&BedSpeaker>,
    ) -> Item {
        let position = match place {
            Some(place) => {
                let [x, y, z] = place.position;
                Position::Cartesian { x, y, z }
            }
            None => in_room(speaker).unwrap_or_else(|| speaker.position.nominal()),
        };
        let name = known.name.replace(": ", " ");
        self.losses.add(&name, "loudspeaker channel", 0.0, || {
            let label = speaker.labels.first();
            let label = label.map_or("without a label", String::as_str);
            (
                format!("a bed's channel {label}"),
                "an object that stands still".to_owned(),
            )
        });
        let track = Track {
            blocks: Box::new(StaticBlock::new(ObjectState::at(position))),
            ..self.track(known, name.clone())
        };
        item(name, content, track)
    }
}

/// Layouts whose loudspeakers have places in the room, the usual ones first.
const ROOMS: [&str; 4] = ["4+7+0", "0+5+0", "dolby-9.1.6", "9+10+3"];

/// Where in the room the loudspeaker stands that a channel of a polar bed is made for: the conversion of directions would
/// put it between loudspeakers.
fn in_room(speaker: &DirectSpeakers) -> Option<Position> {
    let SpeakerPosition::Polar { .. } = speaker.position else {
        return None;
    };
    let layouts = ROOMS
        .iter()
        .filter_map(|name| crate::layout::find(name).ok());
    let speakers: Vec<_> = layouts.flat_map(|layout| layout.speakers).collect();
    let place = |label: &String| {
        let label = nominal_label(label);
        let known = speakers.iter().find(|known| known.label == label)?;
        known.room
    };
    let [x, y, z] = speaker.labels.iter().find_map(place)?;
    Some(Position::Cartesian { x, y, z })
}

fn item(name: String, content: String, track: Track) -> Item {
    Item {
        name,
        content,
        kind: ItemKind::Object,
        tracks: vec![track],
    }
}

/// Loudspeaker labels of any house as those of ITU-R BS.2051; an LFE has its band.
struct Nominal(Box<dyn BlockSource>);

impl BlockSource for Nominal {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        let mut block = self.0.next_block()?;
        if let State::DirectSpeakers(speaker) = &mut block.state {
            let mut said = DirectSpeakers::clone(speaker);
            for label in &mut said.labels {
                *label = nominal_label(label).to_owned();
            }
            let is_lfe = said.labels.iter().any(|label| label.starts_with("LFE"));
            if is_lfe && said.low_pass.is_none() {
                said.low_pass = Some(LFE_LOW_PASS);
            }
            *speaker = said.into();
        }
        Some(block)
    }
}

/// Rows of the tracks of `items`, in order; silent ones take the silent row.
pub(super) fn rows(items: &[Item], programme: &Programme) -> Vec<usize> {
    let silent = silent_row(programme);
    let tracks = items.iter().flat_map(|item| &item.tracks);
    tracks.map(|track| track.row.unwrap_or(silent)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudspeakers_of_a_polar_bed_have_their_places_in_the_room() {
        let polar = SpeakerPosition::Polar {
            azimuth: 135.0.into(),
            elevation: 30.0.into(),
            distance: 1.0.into(),
        };
        let place = |label: &str, position| in_room(&DirectSpeakers::labelled(label, position));
        for (label, [x, y, z]) in [
            ("U+135", [-1.0, -1.0, 1.0]),
            ("urn:itu:bs:2051:0:speaker:U-045", [1.0, 1.0, 1.0]),
            ("M-110", [1.0, -1.0, 0.0]),
        ] {
            let expected = Some(Position::Cartesian { x, y, z });
            assert_eq!(place(label, polar), expected, "{label}");
        }
        assert_eq!(place("X", polar), None);
        let room = SpeakerPosition::Cartesian {
            x: (-1.0).into(),
            y: 0.5.into(),
            z: 1.0.into(),
        };
        assert_eq!(place("U+135", room), None);
    }
}

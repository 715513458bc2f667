//! Gives the elements of a master their IDs.

use std::collections::HashMap;

use super::super::chna::ChnaRow;
use super::super::model::TypeDefinition;
use super::item::{Item, ItemKind};

/// Which rules a master keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// The Dolby Atmos master ADM profile.
    Dolby,
    /// ITU-R BS.2076-2.
    Ebu,
    /// The emission profile of ITU-R BS.2168, of the given level.
    Emission {
        /// 1 or 2.
        level: u8,
    },
}

/// Elements of each kind, at most, on level 1 and on level 2 of the emission profile (ITU-R BS.2168).
pub const EMISSION_LIMITS: [(&str, [usize; 2]); 6] = [
    ("audioProgramme", [8, 16]),
    ("audioContent", [16, 28]),
    ("audioObject", [48, 84]),
    ("audioPackFormat", [32, 56]),
    ("audioChannelFormat", [32, 56]),
    ("audioTrackUID", [32, 56]),
];

/// More elements of a kind than a level of the emission profile has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// The element's name.
    pub kind: &'static str,
    /// How many there would be.
    pub count: usize,
    /// How many there may be.
    pub most: usize,
    /// The level.
    pub level: u8,
}

impl Flavour {
    /// The programme has a start and an end.
    pub fn has_programme_times(self) -> bool {
        !matches!(self, Self::Emission { .. })
    }

    /// Tracks lead to channels by way of streams and track formats.
    pub(super) fn has_streams(self) -> bool {
        !matches!(self, Self::Emission { .. })
    }
}

/// The IDs of one item.
#[derive(Debug, Clone)]
pub(super) struct ObjectIds {
    /// "AO_1001".
    pub(super) object: String,
    /// "AP_00031001".
    pub(super) pack: String,
    /// Pack and channels are of the common definitions and not written.
    pub(super) is_common: bool,
    pub(super) tracks: Vec<TrackIds>,
}

/// The IDs of one track.
#[derive(Debug, Clone)]
pub(super) struct TrackIds {
    /// The eight digits that channel, stream and track format share.
    digits: String,
    /// "ATU_00000001".
    pub(super) uid: String,
}

impl TrackIds {
    pub(super) fn channel(&self) -> String {
        format!("AC_{}", self.digits)
    }

    pub(super) fn stream(&self) -> String {
        format!("AS_{}", self.digits)
    }

    pub(super) fn track(&self) -> String {
        format!("AT_{}_01", self.digits)
    }

    /// ID of a block, counted from 0.
    pub(super) fn block(&self, index: usize) -> String {
        format!("{}{:08x}", self.block_prefix(), index + 1)
    }

    /// The ID of any block, without its number.
    pub(super) fn block_prefix(&self) -> String {
        format!("AB_{}_", self.digits)
    }
}

/// All IDs of a master.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) flavour: Flavour,
    pub(super) objects: Vec<ObjectIds>,
    /// Contents: ID, name, items.
    pub(super) contents: Vec<(String, String, Vec<usize>)>,
}

/// The first number of everything that is not of the common definitions.
const FIRST: usize = 0x1001;

impl Plan {
    /// IDs for `items`, whose tracks are the channels of the file in their order.
    pub fn new(flavour: Flavour, items: &[Item]) -> Self {
        let mut packs = HashMap::new();
        let mut channels = HashMap::new();
        let next = |of: &mut HashMap<TypeDefinition, usize>, kind| {
            let number = of.entry(kind).or_insert(FIRST);
            *number += 1;
            *number - 1
        };
        let mut number = FIRST;
        let mut uid = 0;
        let mut objects = Vec::with_capacity(items.len());
        let mut contents: Vec<(String, String, Vec<usize>)> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let kind = kind_of(&item.kind);
            let label = label_of(kind);
            let common = match &item.kind {
                ItemKind::Speakers { common } => common.as_ref(),
                _ => None,
            };
            let pack = match common {
                Some((pack, _)) => pack.clone(),
                None => format!("AP_{label:04x}{:04x}", next(&mut packs, kind)),
            };
            let tracks = (0..item.tracks.len()).map(|track| {
                uid += 1;
                let digits = match common.and_then(|(_, ids)| ids.get(track)) {
                    Some(channel) => channel.trim_start_matches("AC_").to_owned(),
                    None => format!("{label:04x}{:04x}", next(&mut channels, kind)),
                };
                TrackIds {
                    digits,
                    uid: format!("ATU_{uid:08x}"),
                }
            });
            objects.push(ObjectIds {
                object: format!("AO_{number:04x}"),
                pack,
                is_common: common.is_some(),
                tracks: tracks.collect(),
            });
            // A bed takes as many numbers as it has tracks.
            number += item.tracks.len();
            match contents
                .iter_mut()
                .find(|(_, name, _)| *name == item.content)
            {
                Some((.., items)) => items.push(index),
                None => {
                    let id = format!("ACO_{:04x}", FIRST + contents.len());
                    contents.push((id, item.content.clone(), vec![index]));
                }
            }
        }
        Self {
            flavour,
            objects,
            contents,
        }
    }

    /// The first kind of element of which the emission profile allows fewer on this level.
    pub fn too_many(&self) -> Option<TooMany> {
        let Flavour::Emission { level } = self.flavour else {
            return None;
        };
        let own = || self.objects.iter().filter(|object| !object.is_common);
        let counts = [
            1,
            self.contents.len(),
            self.objects.len(),
            own().count(),
            own().map(|object| object.tracks.len()).sum(),
            self.objects.iter().map(|object| object.tracks.len()).sum(),
        ];
        let mut kinds = EMISSION_LIMITS.into_iter().zip(counts);
        kinds.find_map(|((kind, limits), count)| {
            let most = limits[usize::from(level > 1)];
            (count > most).then_some(TooMany {
                kind,
                count,
                most,
                level,
            })
        })
    }

    /// Rows of the chna chunk: track n is channel n of the file.
    pub fn chna(&self) -> Vec<ChnaRow> {
        let tracks = self.objects.iter().flat_map(|object| {
            let track = move |ids| (object, ids);
            object.tracks.iter().map(track)
        });
        let row = |(channel, (object, ids)): (usize, (&ObjectIds, &TrackIds))| ChnaRow {
            track_index: u16::try_from(channel + 1).unwrap_or(u16::MAX),
            uid: ids.uid.clone(),
            reference: match self.flavour.has_streams() {
                true => ids.track(),
                false => format!("{}_00", ids.channel()),
            },
            pack: object.pack.clone(),
        };
        tracks.enumerate().map(row).collect()
    }
}

/// The type of an item's pack and channels.
pub(super) fn kind_of(kind: &ItemKind) -> TypeDefinition {
    match kind {
        ItemKind::Object => TypeDefinition::Objects,
        ItemKind::Speakers { .. } => TypeDefinition::DirectSpeakers,
        ItemKind::Field { .. } => TypeDefinition::Hoa,
        ItemKind::Ears => TypeDefinition::Binaural,
    }
}

/// The number of a type, 1 to 5.
pub(super) fn label_of(kind: TypeDefinition) -> usize {
    let place = TypeDefinition::ALL.iter().position(|&known| known == kind);
    place.map_or(0, |place| place + 1)
}

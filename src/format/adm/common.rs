//! The common definitions of ITU-R BS.2094: elements that files refer to without holding them.
//!
//! They come from `adm/common_definitions.toml`. An element is made when a file refers to it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::blocks::{BinauralBlock, BlockTimes, Blocks, HoaBlock, SpeakerBlock};
use super::findings::Place;
use super::model::{
    ChannelFormat, Frequency, Head, PackFormat, Reference, StreamFormat, TrackFormat,
    TypeDefinition,
};
use crate::scene::{Bounded, LockHorizontal, Normalization, ScreenEdgeLock, SpeakerPosition};

/// Components of orders 0 to 10.
const COMPONENTS: u32 = 121;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definitions {
    speakers: Vec<Speaker>,
    fuma: Vec<FuMa>,
    packs: Vec<Pack>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Speaker {
    id: String,
    name: String,
    label: String,
    azimuth: f64,
    elevation: f64,
    low_pass: Option<f64>,
    edge: Option<Edge>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Edge {
    Left,
    Right,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct FuMa {
    id: String,
    name: String,
    order: u32,
    degree: i32,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Pack {
    id: String,
    name: String,
    channels: String,
    #[serde(default)]
    packs: String,
}

/// All definitions by ID, in capitals.
struct Common {
    speakers: HashMap<String, Speaker>,
    fuma: HashMap<String, FuMa>,
    packs: HashMap<String, Pack>,
}

static COMMON: LazyLock<Common> = LazyLock::new(|| {
    let text = include_str!("../../../adm/common_definitions.toml");
    let read: Definitions = toml::from_str(text).expect("the built-in definitions are valid");
    let key = |id: &str| id.to_ascii_uppercase();
    Common {
        speakers: read.speakers.into_iter().map(|s| (key(&s.id), s)).collect(),
        fuma: read.fuma.into_iter().map(|f| (key(&f.id), f)).collect(),
        packs: read.packs.into_iter().map(|p| (key(&p.id), p)).collect(),
    }
});

fn head(id: &str, name: impl Into<String>) -> Head {
    Head {
        id: id.to_owned(),
        name: name.into(),
        place: Place::default(),
        is_common: true,
    }
}

/// The type that the digits behind "AP_" or "AC_" say.
fn type_of(id: &str) -> Option<TypeDefinition> {
    let label = u32::from_str_radix(id.get(3..7)?, 16).ok()?;
    TypeDefinition::of_label(label)
}

fn reference(id: String) -> Reference {
    Reference {
        id,
        place: Place::default(),
    }
}

/// The common pack with this ID.
pub(super) fn pack(id: &str) -> Option<PackFormat> {
    let found = COMMON.packs.get(&id.to_ascii_uppercase())?;
    let kind = type_of(&found.id)?;
    let mut pack = PackFormat::new(head(&found.id, &found.name), kind);
    let refer = |prefix: &str, digits: &str| {
        let digits = digits.split_whitespace();
        let of_type = &found.id[3..7];
        digits
            .map(|digits| reference(format!("{prefix}{of_type}{digits}")))
            .collect()
    };
    pack.channel_refs = refer("AC_", &found.channels);
    pack.pack_refs = refer("AP_", &found.packs);
    Some(pack)
}

/// The common channel with this ID.
pub(super) fn channel(id: &str) -> Option<ChannelFormat> {
    let key = id.to_ascii_uppercase();
    if let Some(speaker) = COMMON.speakers.get(&key) {
        return Some(speaker_channel(speaker));
    }
    if let Some(fuma) = COMMON.fuma.get(&key) {
        let head = head(&fuma.id, &fuma.name);
        return Some(component(
            head,
            fuma.order,
            fuma.degree,
            Normalization::FuMa,
        ));
    }
    match key.as_str() {
        "AC_00050001" => return Some(ear(head("AC_00050001", "LeftEar"))),
        "AC_00050002" => return Some(ear(head("AC_00050002", "RightEar"))),
        _ => {}
    }
    let digits = key
        .strip_prefix("AC_0004")
        .filter(|d| d.len() == 4 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    let (acn, normalization, name) = match number {
        1..=COMPONENTS => (number - 1, Normalization::Sn3d, "SN3D"),
        0x101.. if number <= 0x100 + COMPONENTS => (number - 0x101, Normalization::N3d, "N3D"),
        _ => return None,
    };
    let order = acn.isqrt();
    let degree = acn as i32 - (order * order + order) as i32;
    let id = format!("AC_0004{}", digits.to_ascii_lowercase());
    let head = head(&id, format!("{name}_ACN_{acn}"));
    Some(component(head, order, degree, normalization))
}

fn speaker_channel(speaker: &Speaker) -> ChannelFormat {
    let horizontal = speaker.edge.map(|edge| match edge {
        Edge::Left => LockHorizontal::Left,
        Edge::Right => LockHorizontal::Right,
    });
    ChannelFormat {
        head: head(&speaker.id, &speaker.name),
        kind: TypeDefinition::DirectSpeakers,
        frequency: Frequency {
            low_pass: speaker.low_pass,
            high_pass: None,
        },
        blocks: Arc::new(Blocks::Speakers(vec![SpeakerBlock {
            times: BlockTimes::default(),
            labels: vec![format!("urn:itu:bs:2051:0:speaker:{}", speaker.label)],
            position: SpeakerPosition::Polar {
                azimuth: Bounded::from(speaker.azimuth),
                elevation: Bounded::from(speaker.elevation),
                distance: Bounded::from(1.0),
            },
            screen_edge_lock: ScreenEdgeLock {
                horizontal,
                vertical: None,
            },
            gain: 1.0,
            importance: 10,
            head_locked: false,
            headphone: None,
            place: Place::default(),
        }])),
    }
}

fn component(head: Head, order: u32, degree: i32, normalization: Normalization) -> ChannelFormat {
    ChannelFormat {
        head,
        kind: TypeDefinition::Hoa,
        frequency: Frequency::default(),
        blocks: Arc::new(Blocks::Hoa(vec![HoaBlock {
            times: BlockTimes::default(),
            order: Some(order),
            degree: Some(degree),
            has_equation: false,
            normalization: Some(normalization),
            nfc_ref_dist: None,
            screen_ref: None,
            gain: 1.0,
            importance: 10,
            head_locked: false,
            headphone: None,
            place: Place::default(),
        }])),
    }
}

fn ear(head: Head) -> ChannelFormat {
    ChannelFormat {
        head,
        kind: TypeDefinition::Binaural,
        frequency: Frequency::default(),
        blocks: Arc::new(Blocks::Binaural(vec![BinauralBlock {
            times: BlockTimes::default(),
            gain: 1.0,
            importance: 10,
            place: Place::default(),
        }])),
    }
}

/// The common stream with this ID: every common channel has one.
pub(super) fn stream(id: &str) -> Option<StreamFormat> {
    let digits = id
        .get(3..)
        .filter(|_| id.to_ascii_uppercase().starts_with("AS_"))?;
    let channel = channel(&format!("AC_{digits}"))?;
    Some(StreamFormat {
        head: head(
            &format!("AS_{}", &channel.head.id[3..]),
            format!("PCM_{}", channel.head.name),
        ),
        channel_ref: Some(reference(channel.head.id)),
        ..StreamFormat::default()
    })
}

/// The common track format with this ID: every common channel has one.
pub(super) fn track(id: &str) -> Option<TrackFormat> {
    let upper = id.to_ascii_uppercase();
    let digits = upper.strip_prefix("AT_")?.strip_suffix("_01")?;
    let stream = stream(&format!("AS_{digits}"))?;
    Some(TrackFormat {
        head: head(
            &format!("AT_{}_01", &stream.head.id[3..]),
            stream.head.name.clone(),
        ),
        stream_ref: Some(reference(stream.head.id)),
        ..TrackFormat::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_finds_its_channels_and_packs() {
        assert_eq!(COMMON.packs.len(), 43);
        for id in COMMON.packs.keys() {
            let pack = pack(id).unwrap();
            assert!(!pack.channel_refs.is_empty(), "{id}");
            for reference in &pack.channel_refs {
                let found = channel(&reference.id).unwrap_or_else(|| panic!("{reference:?}"));
                assert_eq!(found.kind, pack.kind, "{id}");
                let track = track(&format!("at_{}_01", &reference.id[3..])).unwrap();
                let stream = stream(&track.stream_ref.unwrap().id).unwrap();
                assert_eq!(stream.channel_ref.unwrap().id, found.head.id);
            }
            for reference in &pack.pack_refs {
                assert!(super::pack(&reference.id).is_some(), "{reference:?}");
            }
        }
    }

    #[test]
    fn components_have_the_order_and_degree_of_their_number() {
        for (id, name, order, degree) in [
            ("AC_00040001", "SN3D_ACN_0", 0, 0),
            ("AC_0004001a", "SN3D_ACN_25", 5, -5),
            ("AC_00040079", "SN3D_ACN_120", 10, 10),
            ("AC_00040112", "N3D_ACN_17", 4, -3),
            ("AC_00040210", "FuMa_P", 3, 3),
        ] {
            let channel = channel(id).unwrap();
            assert_eq!(channel.head.name, name);
            match &*channel.blocks {
                Blocks::Hoa(blocks) => {
                    assert_eq!(
                        (blocks[0].order, blocks[0].degree),
                        (Some(order), Some(degree))
                    );
                }
                other => panic!("{other:?}"),
            }
        }
        for id in [
            "AC_00040000",
            "AC_0004007a",
            "AC_0004017a",
            "AC_00010029",
            "AC_",
            "AC_0004+001",
        ] {
            assert!(channel(id).is_none(), "{id}");
        }
    }

    #[test]
    fn the_number_of_channels_of_each_layout_is_right() {
        for (id, channels) in [
            ("AP_00010001", 1),
            ("AP_00010003", 6),
            ("AP_00010007", 12),
            ("AP_00010009", 24),
            ("ap_00010017", 12),
        ] {
            assert_eq!(pack(id).unwrap().channel_refs.len(), channels, "{id}");
        }
    }
}

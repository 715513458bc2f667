//! The bed of the Dolby Atmos master ADM profile: 7.1.2, in its order.

/// A loudspeaker of the profile's beds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BedSpeaker {
    /// Its label ("RC_Lss").
    pub label: &'static str,
    /// The name that its channel format must have.
    pub name: &'static str,
    /// Label of ITU-R BS.2051 of the loudspeaker that plays it.
    pub nominal: &'static str,
    /// Where it stands in the room: x right, y front, z up.
    pub position: [f64; 3],
}

const fn speaker(
    label: &'static str,
    name: &'static str,
    nominal: &'static str,
    position: [f64; 3],
) -> BedSpeaker {
    BedSpeaker {
        label,
        name,
        nominal,
        position,
    }
}

/// The ten channels of a 7.1.2 bed.
pub const BED: [BedSpeaker; 10] = [
    speaker("RC_L", "RoomCentricLeft", "M+030", [-1.0, 1.0, 0.0]),
    speaker("RC_R", "RoomCentricRight", "M-030", [1.0, 1.0, 0.0]),
    speaker("RC_C", "RoomCentricCenter", "M+000", [0.0, 1.0, 0.0]),
    speaker("RC_LFE", "RoomCentricLFE", "LFE1", [-1.0, 1.0, -1.0]),
    speaker(
        "RC_Lss",
        "RoomCentricLeftSideSurround",
        "M+090",
        [-1.0, 0.0, 0.0],
    ),
    speaker(
        "RC_Rss",
        "RoomCentricRightSideSurround",
        "M-090",
        [1.0, 0.0, 0.0],
    ),
    speaker(
        "RC_Lrs",
        "RoomCentricLeftRearSurround",
        "M+135",
        [-1.0, -1.0, 0.0],
    ),
    speaker(
        "RC_Rrs",
        "RoomCentricRightRearSurround",
        "M-135",
        [1.0, -1.0, 0.0],
    ),
    speaker(
        "RC_Lts",
        "RoomCentricLeftTopSurround",
        "U+090",
        [-1.0, 0.0, 1.0],
    ),
    speaker(
        "RC_Rts",
        "RoomCentricRightTopSurround",
        "U-090",
        [1.0, 0.0, 1.0],
    ),
];

/// Channel of the bed that plays a loudspeaker label: one of the profile's, or one of BS.2051.
pub fn bed_speaker(label: &str) -> Option<usize> {
    BED.iter()
        .position(|speaker| speaker.label == label || speaker.nominal == label)
}

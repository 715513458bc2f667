//! How much each loudspeaker counts for loudness.

use crate::layout::{Layout, Speaker};

/// Weight of a channel at the side: +1.5 dB of power, as printed in BS.1770.
const SIDE: f64 = 1.41;

/// One weight per channel of the layout (ITU-R BS.1770-5 Annex 3, table 4): 1.41 for loudspeakers at
/// 60 to 120 degrees of azimuth less than 30 degrees up or down, 0 for LFE channels, 1 for all others.
pub fn channel_weights(layout: &Layout) -> Vec<f64> {
    layout.speakers.iter().map(weight).collect()
}

fn weight(speaker: &Speaker) -> f64 {
    if speaker.lfe {
        return 0.0;
    }
    let (azimuth, elevation, _) = speaker.position.to_polar();
    // The bounds are whole degrees and belong to the side: a position that went through sines and
    // cosines must not fall out of it by the last bit.
    let slack = 1e-9;
    let beside = (60.0 - slack..=120.0 + slack).contains(&azimuth.abs());
    if beside && elevation.abs() < 30.0 - slack {
        SIDE
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Position;

    #[test]
    fn only_the_sides_near_ear_height_count_more() {
        let cases = [
            (30.0, 0.0, 1.0),
            (59.9, 0.0, 1.0),
            (60.0, 0.0, 1.41),
            (-90.0, 15.0, 1.41),
            (110.0, -29.9, 1.41),
            (-120.0, 0.0, 1.41),
            (120.1, 0.0, 1.0),
            (135.0, 0.0, 1.0),
            (90.0, 30.0, 1.0),
            (110.0, 45.0, 1.0),
        ];
        for (azimuth, elevation, expected) in cases {
            let polar = Position::Polar {
                azimuth,
                elevation,
                distance: 1.0,
            };
            let v = polar.vector();
            let room = Position::Cartesian {
                x: v.x,
                y: v.y,
                z: v.z,
            };
            for position in [polar, room] {
                let layout = layout_of(position, false);
                assert_eq!(channel_weights(&layout), [expected], "{position:?}");
            }
            assert_eq!(channel_weights(&layout_of(polar, true)), [0.0]);
        }
    }

    fn layout_of(position: Position, lfe: bool) -> Layout {
        Layout {
            name: "test".to_owned(),
            aliases: Vec::new(),
            title: String::new(),
            speakers: vec![Speaker {
                label: "X".to_owned(),
                name: None,
                position,
                azimuth_range: None,
                elevation_range: None,
                lfe,
                room: None,
                mask_bit: None,
                gain_db: 0.0,
                delay_ms: 0.0,
            }],
            source: String::new(),
            screen: None,
        }
    }
}

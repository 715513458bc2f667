//! Fixed directions round the head: what has no single direction is played from them.

use crate::Result;
use crate::geometry::{Direction, Position};
use crate::layout::{Layout, Screen, Speaker};
use crate::panner::{GainCalculator, Vbap};

/// Rings of directions: elevation and azimuths, in degrees.
type Ring<'a> = (f64, &'a [f64]);

/// The directions from which extent and diffuse sound are played: those of the EBU's binaural renderer BEAR (EBU
/// Tech 3396).
const WIDE: &[Ring<'_>] = &[
    (
        0.0,
        &[
            0.0, 30.0, -30.0, 60.0, -60.0, 90.0, -90.0, 135.0, -135.0, 180.0,
        ],
    ),
    (30.0, &[0.0, 45.0, -45.0, 90.0, -90.0, 135.0, -135.0, 180.0]),
    (90.0, &[0.0]),
    (-30.0, &[0.0, 45.0, -45.0, 135.0, -135.0]),
];

/// Directions that play something, and how it is panned to them.
pub(super) struct VirtualLayout {
    pub(super) layout: Layout,
    pub(super) gains: GainCalculator,
    pub(super) directions: Vec<Direction>,
}

impl VirtualLayout {
    fn new(name: &str, directions: Vec<(f64, f64)>) -> Result<Self> {
        let speakers = directions
            .iter()
            .enumerate()
            .map(|(n, &(azimuth, elevation))| Speaker {
                label: format!("{name}{:02}", n + 1),
                name: None,
                position: Position::Polar {
                    azimuth,
                    elevation,
                    distance: 1.0,
                },
                azimuth_range: None,
                elevation_range: None,
                lfe: false,
                room: None,
                mask_bit: None,
                gain_db: 0.0,
                delay_ms: 0.0,
            });
        let layout = Layout {
            name: name.to_owned(),
            aliases: Vec::new(),
            title: String::new(),
            speakers: speakers.collect(),
            source: String::new(),
            // Where screens are watched, for what depends on one.
            screen: Some(Screen::default()),
        };
        let panner = Box::new(Vbap::new(&layout)?);
        Ok(Self {
            gains: GainCalculator::new(&layout, panner)?,
            directions: layout.speakers.iter().map(Speaker::direction).collect(),
            layout,
        })
    }

    /// The 24 directions of extent and diffuse sound.
    pub(super) fn wide() -> Result<Self> {
        let of_ring = |&(elevation, azimuths): &Ring<'_>| {
            let all = azimuths.iter();
            all.map(move |&azimuth| (azimuth, elevation))
                .collect::<Vec<_>>()
        };
        Self::new("W", WIDE.iter().flat_map(of_ring).collect())
    }

    /// 54 directions, 22 to 30 degrees apart: sound fields and the sides of what diverges.
    pub(super) fn dense() -> Result<Self> {
        let mut all = vec![(0.0, 90.0), (0.0, -90.0)];
        for (elevation, count) in [(0.0, 16), (30.0, 12), (-30.0, 12), (60.0, 6), (-60.0, 6)] {
            let step = 360.0 / f64::from(count);
            all.extend((0..count).map(|n| {
                let azimuth = f64::from(n) * step;
                let wrapped = if azimuth > 180.0 {
                    azimuth - 360.0
                } else {
                    azimuth
                };
                (wrapped, elevation)
            }));
        }
        Self::new("D", all)
    }
}

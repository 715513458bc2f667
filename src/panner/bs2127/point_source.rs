//! The point source panner of ITU-R BS.2127-0, section 6.1.

use super::many;
use super::region::Region;
use super::system::System;
use super::topology;
use crate::geometry::Direction;
use crate::layout::Layout;
use crate::panner::lookup::{Cell, Lookup};
use crate::panner::{Bearing, Bearings};

/// Pans a point by its direction on a system of BS.2051.
///
/// For every direction:
/// - gains are finite and not below zero, LFE channels 0;
/// - the power is 1, except on 0+2+0, where it falls to 0.5 (-3 dB) at the back;
/// - gains are continuous, and mirror from left to right if the loudspeakers do;
/// - a direction at a loudspeaker feeds it alone, unless other loudspeakers were moved away from their
///   nominal positions by much.
///
/// The gains are those of the EBU ADM Renderer 2.1.0 within 1e-9.
#[derive(Debug, Clone)]
pub struct PointSource {
    channels: usize,
    regions: Regions,
    /// Left and right of 0+2+0, which is panned as 0+5+0 and mixed down.
    stereo: Option<[usize; 2]>,
}

impl PointSource {
    /// The panner of `layout`; `None` if it is no system of BS.2051 ([`System::of`]).
    pub fn new(layout: &Layout) -> Option<Self> {
        let system = System::of(layout)?;
        let stereo = if system.name() == "0+2+0" {
            let channel = |label: &str| layout.speakers.iter().position(|s| s.label == label);
            Some([channel("M+030")?, channel("M-030")?])
        } else {
            None
        };
        let regions = if stereo.is_some() {
            let five = crate::layout::find("0+5+0").ok()?;
            Regions::new(&five, &System::of(&five)?)
        } else {
            Regions::new(layout, &system)
        };
        Some(Self {
            channels: layout.channels(),
            regions,
            stereo,
        })
    }

    /// Number of gains: the channels of the layout, LFE included.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Writes the gains of a point in `direction` (a unit vector) to `gains`, one per channel.
    ///
    /// # Panics
    /// If `gains` is not as long as the layout has channels.
    #[inline]
    pub fn direction_gains(&self, direction: &Direction, gains: &mut [f64]) {
        let candidates = self.regions.lookup.candidates(direction);
        self.gains_among(candidates, direction, gains);
    }

    /// The same for a direction whose bearing is known.
    #[inline]
    pub(super) fn bearing_gains(&self, bearing: &Bearing, gains: &mut [f64]) {
        let candidates = self.regions.lookup.candidates_in(bearing.cell);
        self.gains_among(candidates, &bearing.direction, gains);
    }

    /// The same for many, with the same bits: those that have a place in `gains`, where they find zeros.
    pub(super) fn points_gains(
        &self,
        bearings: &Bearings,
        gains: &mut [f64],
        places: &[Option<u32>],
    ) {
        for (n, places) in places.chunks(many::BATCH).enumerate() {
            let from = n * many::BATCH;
            let Some([left, right]) = self.stereo else {
                many::pan(
                    &self.regions,
                    (bearings, from),
                    gains,
                    places,
                    self.channels,
                );
                continue;
            };
            let mut fives = [[0.0; 6]; many::BATCH];
            let mut places_of_fives = [None; many::BATCH];
            for (n, (to, place)) in places_of_fives.iter_mut().zip(places).enumerate() {
                *to = place.map(|_| 6 * n as u32);
            }
            let all = fives.as_flattened_mut();
            many::pan(
                &self.regions,
                (bearings, from),
                all,
                &places_of_fives[..places.len()],
                6,
            );
            for (five, place) in fives.into_iter().zip(places) {
                if let Some(place) = place {
                    let row = &mut gains[*place as usize..];
                    [row[left], row[right]] = stereo_gains(five);
                }
            }
        }
    }

    #[inline]
    fn gains_among(&self, candidates: &[u32], direction: &Direction, gains: &mut [f64]) {
        assert_eq!(gains.len(), self.channels, "one gain per channel");
        gains.fill(0.0);
        let regions = &self.regions;
        match self.stereo {
            None => regions.pan(candidates, direction, gains),
            Some([left, right]) => {
                let mut five = [0.0; 6];
                regions.pan(candidates, direction, &mut five);
                [gains[left], gains[right]] = stereo_gains(five);
            }
        }
    }
}

/// A mix of the gains of 0+5+0 after ITU-R BS.775, with the centre mixed so that the velocity vector is kept.
fn stereo_gains([l, r, c, _, ls, rs]: [f64; 6]) -> [f64; 2] {
    let side = |front: f64, back: f64| {
        front + c * 3.0_f64.sqrt() / 3.0 + back * std::f64::consts::FRAC_1_SQRT_2
    };
    let (left, right) = (side(l, ls), side(r, rs));
    let (front, back) = (l.max(r).max(c), ls.max(rs));
    // From 0 dB at the front to -3 dB at the back.
    let level = if back > 0.0 {
        0.5_f64.powf(0.5 * back / (front + back))
    } else {
        1.0
    };
    let scale = level / (left * left + right * right).sqrt();
    [left * scale, right * scale]
}

/// The regions of a layout and how to find the one of a direction.
#[derive(Debug, Clone)]
pub(super) struct Regions {
    pub(super) regions: Vec<Region>,
    pub(super) lookup: Lookup,
}

impl Regions {
    pub(super) fn new(layout: &Layout, system: &System) -> Self {
        let regions = topology::regions(layout, system);
        let meets = |index: usize, cell: &Cell| regions[index].meets(cell);
        Self {
            lookup: Lookup::of(regions.len(), meets),
            regions,
        }
    }

    /// Writes the gains of power 1 in `direction`, whose region is one of the `candidates`, into `gains`,
    /// which hold zeros.
    #[inline]
    pub(super) fn pan(&self, candidates: &[u32], direction: &Direction, gains: &mut [f64]) {
        let taken = candidates
            .iter()
            .any(|&i| self.regions[i as usize].pan(direction, gains));
        if !taken {
            self.pan_nearest(direction, gains);
        }
    }

    /// For a direction in a gap that rounding or moved loudspeakers leave between regions.
    #[cold]
    fn pan_nearest(&self, direction: &Direction, gains: &mut [f64]) {
        if self
            .regions
            .iter()
            .any(|region| region.pan(direction, gains))
        {
            return;
        }
        let mut best = f64::NEG_INFINITY;
        let mut found = None;
        for region in &self.regions {
            if let Some(nearest) = region.nearest(direction) {
                let alike = nearest.dot(direction);
                if alike > best {
                    (best, found) = (alike, Some((region, nearest)));
                }
            }
        }
        if let Some((region, nearest)) = found {
            region.pan(&nearest, gains);
        }
    }
}

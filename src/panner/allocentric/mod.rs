//! The allocentric panner: positions and sizes in the room cube, on loudspeakers that have places in it
//! (ITU-R BS.2127, `cartesian` = 1).
//!
//! A point is balanced between floor and ceiling, front and back, left and right, in turn (`room`); an extent
//! is a sum of points all over the cube (`extent`, `powers`).

mod extent;
mod powers;
mod room;

use self::extent::Extents;
use self::room::{Room, Stand};
use super::loudspeakers::{Loudspeaker, loudspeakers};
use crate::layout::Layout;
use crate::scene::Extent;

/// The panner for Cartesian positions on any layout whose loudspeakers have places in the room cube.
///
/// For every position and extent:
/// - gains are finite and not below zero, LFE channels 0, the power 1;
/// - a point at a loudspeaker's place feeds that loudspeaker alone;
/// - a point's gains are continuous in its position (an extent makes small steps where the standard does).
///
/// Extents are sizes along the axes, width along x, height along z, depth along y (ITU-R BS.2076-2, table 16);
/// 1 is the whole room, and more counts as 1.
#[derive(Debug, Clone)]
pub struct Allocentric {
    channels: usize,
    /// All loudspeakers in ascending order of z, y, x.
    stands: Vec<Stand>,
    all: Set,
    /// Those that were left over the last time some were excluded.
    some: Set,
    /// Which channels `some` is without.
    without: Vec<bool>,
}

/// A set of loudspeakers that play.
#[derive(Debug, Clone)]
struct Set {
    room: Room,
    extents: Extents,
}

impl Set {
    fn with_capacity(count: usize) -> Self {
        Self {
            room: Room::with_capacity(count),
            extents: Extents::with_capacity(count),
        }
    }

    fn fill(&mut self, stands: impl Iterator<Item = Stand>) {
        self.room.fill(stands);
        self.extents.fill(&self.room);
    }

    fn add(&mut self, at: [f64; 3], sizes: [f64; 3], gains: &mut [f64]) {
        if sizes.iter().any(|&size| size > 0.0) {
            self.extents.add_object(&self.room, at, sizes, gains);
        } else {
            self.room.add_point(at, gains);
        }
    }
}

impl Allocentric {
    /// The panner of `layout`; `None` if a loudspeaker has no place in the room cube (or there is none).
    pub fn new(layout: &Layout) -> Option<Self> {
        Self::of(&loudspeakers(layout))
    }

    /// The panner of the channels of a layout.
    pub(super) fn of(speakers: &[Loudspeaker]) -> Option<Self> {
        let mut stands = Vec::new();
        for (channel, speaker) in speakers.iter().enumerate().filter(|(_, s)| !s.lfe) {
            // -0 and 0 are one place.
            let at = speaker.cube?.map(|coordinate| coordinate + 0.0);
            stands.push(Stand { channel, at });
        }
        let order = |stand: &Stand| {
            let [x, y, z] = stand.at;
            [z, y, x]
        };
        stands.sort_by(|a, b| {
            let pairs = order(a).into_iter().zip(order(b));
            pairs
                .map(|(a, b)| a.total_cmp(&b))
                .find(|o| o.is_ne())
                .unwrap_or(a.channel.cmp(&b.channel))
        });
        if stands.is_empty() {
            return None;
        }
        let mut all = Set::with_capacity(stands.len());
        all.fill(stands.iter().copied());
        // Not a clone, which would have no room to spare.
        let mut some = Set::with_capacity(stands.len());
        some.fill(stands.iter().copied());
        Some(Self {
            channels: speakers.len(),
            some,
            without: vec![false; speakers.len()],
            stands,
            all,
        })
    }

    /// Number of gains: the channels of the layout, LFE included.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Writes the gains of an object at `at` (x, y, z; clipped to the cube) to `gains`, one per channel.
    ///
    /// # Panics
    /// If `gains` is not as long as the layout has channels.
    pub fn gains(&mut self, at: [f64; 3], extent: Extent, gains: &mut [f64]) {
        assert_eq!(gains.len(), self.channels, "one gain per channel");
        gains.fill(0.0);
        self.all.add(clipped(at), sizes(extent), gains);
    }

    /// As [`Self::gains`], without the channels that are marked in `excluded`. If none would be left, all
    /// play.
    ///
    /// Working out another set of loudspeakers than that of the call before takes longer than a call.
    ///
    /// # Panics
    /// If `gains` or `excluded` is not as long as the layout has channels.
    pub fn gains_without(
        &mut self,
        excluded: &[bool],
        at: [f64; 3],
        extent: Extent,
        gains: &mut [f64],
    ) {
        assert_eq!(gains.len(), self.channels, "one gain per channel");
        gains.fill(0.0);
        if self.without != excluded {
            self.without.copy_from_slice(excluded);
            let (some, stands) = (&mut self.some, &self.stands);
            some.fill(
                stands
                    .iter()
                    .filter(|stand| !excluded[stand.channel])
                    .copied(),
            );
            if some.room.planes.is_empty() {
                some.fill(stands.iter().copied());
            }
        }
        self.some.add(clipped(at), sizes(extent), gains);
    }

    /// Marks in `excluded`, one flag per channel, the loudspeakers that cannot play without those marked: if
    /// one at a side wall is left out, so is its row, unless that is the front or back one. If none would be
    /// left, none is marked.
    pub fn widen(&self, excluded: &mut [bool]) {
        for wall in &self.stands {
            let [x, y, z] = wall.at;
            if excluded[wall.channel] && is(x.abs(), 1.0) && !is(y.abs(), 1.0) {
                for other in &self.stands {
                    excluded[other.channel] |= is(other.at[1], y) && is(other.at[2], z);
                }
            }
        }
        if self.stands.iter().all(|stand| excluded[stand.channel]) {
            excluded.fill(false);
        }
    }
}

fn is(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}

/// The place within the cube; what is not a number is the middle.
fn clipped(at: [f64; 3]) -> [f64; 3] {
    at.map(|x| if x.is_nan() { 0.0 } else { x.clamp(-1.0, 1.0) })
}

/// Sizes along x, y and z.
fn sizes(extent: Extent) -> [f64; 3] {
    [extent.width, extent.depth, extent.height]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout;

    const POINT: Extent = Extent {
        width: 0.0,
        height: 0.0,
        depth: 0.0,
    };

    fn panner(name: &str) -> (Allocentric, Layout) {
        let layout = layout::find(name).expect("a built-in name");
        (
            Allocentric::new(&layout).expect("places in the cube"),
            layout,
        )
    }

    /// Place, sizes along x, y and z, gains.
    type Case = ([f64; 3], [f64; 3], &'static [(&'static str, f64)]);

    /// The gains that are above 1e-6, by label.
    fn by_label(layout: &Layout, gains: &[f64]) -> Vec<(String, f64)> {
        let named = layout
            .speakers
            .iter()
            .map(|s| s.label.clone())
            .zip(gains.iter().copied());
        named.filter(|(_, gain)| *gain > 1e-6).collect()
    }

    #[test]
    fn figures_of_the_reference_renderer() {
        let (mut panner, layout) = panner("4+7+0");
        let mut gains = vec![0.0; 12];
        let (x, y, z) = ([0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.5]);
        let cases: [Case; 4] = [
            (
                [0.3, -0.4, 0.6],
                [0.0; 3],
                &[
                    ("M+090", 0.248463),
                    ("M-090", 0.405454),
                    ("M+135", 0.180519),
                    ("M-135", 0.29458),
                    ("U+045", 0.191906),
                    ("U-045", 0.313163),
                    ("U+135", 0.376638),
                    ("U-135", 0.614617),
                ],
            ),
            (
                [0.0, 1.0, 0.0],
                x,
                &[
                    ("M+030", 0.493646),
                    ("M-030", 0.493646),
                    ("M+000", 0.715981),
                ],
            ),
            (
                [0.0, 1.0, 0.0],
                y,
                &[
                    ("M+000", 0.798999),
                    ("M+090", 0.42391),
                    ("M-090", 0.42391),
                    ("M+135", 0.033175),
                    ("M-135", 0.033175),
                ],
            ),
            (
                [0.0, 1.0, 0.0],
                z,
                &[
                    ("M+000", 0.939657),
                    ("U+045", 0.241914),
                    ("U-045", 0.241914),
                ],
            ),
        ];
        for (at, [width, depth, height], expected) in cases {
            let extent = Extent {
                width,
                height,
                depth,
            };
            panner.gains(at, extent, &mut gains);
            let found = by_label(&layout, &gains);
            assert_eq!(found.len(), expected.len(), "{at:?} {extent:?}: {found:?}");
            for ((label, gain), (expected_label, expected)) in found.iter().zip(expected) {
                assert_eq!(label, expected_label, "{at:?}: {found:?}");
                assert!((gain - expected).abs() < 1e-6, "{at:?}: {found:?}");
            }
        }
    }

    #[test]
    fn a_row_goes_with_the_loudspeaker_at_its_wall() {
        let (panner, layout) = panner("4+7+0");
        let mut excluded: Vec<_> = layout.speakers.iter().map(|s| s.label == "M+090").collect();
        panner.widen(&mut excluded);
        let left: Vec<_> = layout
            .speakers
            .iter()
            .zip(&excluded)
            .filter(|(_, e)| **e)
            .collect();
        assert_eq!(left.len(), 2, "both sides");
        let mut corner: Vec<_> = layout.speakers.iter().map(|s| s.label == "M+030").collect();
        panner.widen(&mut corner);
        assert_eq!(corner.iter().filter(|e| **e).count(), 1, "a corner alone");
        let mut all = vec![true; 12];
        panner.widen(&mut all);
        assert!(all.iter().all(|e| !e), "nobody left");
    }

    #[test]
    fn sets_of_loudspeakers_do_not_mix() {
        let (mut panner, layout) = panner("9+10+3");
        let extent = Extent {
            width: 0.3,
            height: 0.1,
            depth: 0.2,
        };
        let at = [0.2, 0.1, 0.4];
        let mut gains = vec![0.0; 24];
        panner.gains(at, extent, &mut gains);
        let before = gains.clone();
        let upper: Vec<_> = layout
            .speakers
            .iter()
            .map(|s| s.label.starts_with('U'))
            .collect();
        panner.gains_without(&upper, at, extent, &mut gains);
        let playing = gains
            .iter()
            .zip(&upper)
            .filter(|(gain, out)| **out && **gain != 0.0);
        assert_eq!(playing.count(), 0);
        let once = gains.clone();
        panner.gains_without(&[false; 24], at, POINT, &mut gains);
        panner.gains_without(&upper, at, extent, &mut gains);
        assert!(gains == once, "another set came between");
        panner.gains(at, extent, &mut gains);
        assert!(gains == before, "all play again");
    }
}

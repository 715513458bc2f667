//! Many points at once: those whose region is the same are panned side by side.
//!
//! The gains are those of one point after the other, to the bit: the lanes do what is done for one.

use pulp::{Simd, WithSimd};

use super::point_source::Regions;
use super::region::Panned;
use crate::geometry::Direction;
use crate::panner::Bearings;

/// Points sorted by their regions at a time.
pub(super) const BATCH: usize = 128;

/// Most regions that points are sorted into; the systems have far fewer.
const MOST_REGIONS: usize = 256;

/// Most lanes of a vector.
const MOST_LANES: usize = 8;

/// Writes the gains of points, of power 1. The first of the `places`, at most [`BATCH`], is that of the bearing of the given
/// number, the next that of the next, and so on: where its `channels` gains begin, which hold zeros, or `None` if it is not
/// wanted.
pub(super) fn pan(
    regions: &Regions,
    (bearings, from): (&Bearings, usize),
    gains: &mut [f64],
    places: &[Option<u32>],
    channels: usize,
) {
    pulp::Arch::new().dispatch(PanMany {
        regions,
        bearings,
        from,
        gains,
        places,
        channels,
    });
}

/// [`pan`] for each instruction set. A named type, because a closure is not reliably inlined into the function that
/// enables the instructions.
struct PanMany<'a> {
    regions: &'a Regions,
    bearings: &'a Bearings,
    from: usize,
    gains: &'a mut [f64],
    places: &'a [Option<u32>],
    channels: usize,
}

impl WithSimd for PanMany<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let mut left = Numbers::of(self.places);
        let mut tried = 0;
        while left.count > 0 {
            left = self.pan_by_candidate(simd, tried, left.as_slice());
            tried += 1;
        }
    }
}

impl PanMany<'_> {
    /// Tries candidate number `tried` of each of the points `numbers`; gives those that do not lie in it.
    #[inline(always)]
    fn pan_by_candidate<S: Simd>(&mut self, simd: S, tried: usize, numbers: &[u8]) -> Numbers {
        // The table of cells has left the cache: to ask for all lists at once is to wait once.
        let mut lists = [0; BATCH];
        for (list, &n) in lists.iter_mut().zip(numbers) {
            let cell = self.bearings.cells[self.from + usize::from(n)];
            *list = self.regions.lookup.list_of(cell as usize);
        }
        let mut order = Order::new();
        for (&n, list) in numbers.iter().zip(lists) {
            match self.regions.lookup.cone(list, tried) {
                Some(region) if (region as usize) < MOST_REGIONS => order.count(n, region as usize),
                _ => self.pan_alone(n, tried),
            }
        }
        let regions = self.regions.regions.len().min(MOST_REGIONS);
        order.sort(numbers, regions);
        let mut left = Numbers::none();
        for region in 0..regions {
            for now in order.of(region).chunks(S::F64_LANES) {
                self.pan_lanes(simd, region, now, &mut left);
            }
        }
        left
    }

    /// Pans the points `numbers`, no more than there are lanes, by the region `region`; those that do not lie in it are
    /// `left`.
    #[inline(always)]
    fn pan_lanes<S: Simd>(&mut self, simd: S, region: usize, numbers: &[u8], left: &mut Numbers) {
        // Lanes to spare repeat the first point.
        let mut lanes = [usize::from(numbers[0]); MOST_LANES];
        for (lane, n) in lanes.iter_mut().zip(numbers) {
            *lane = usize::from(*n);
        }
        let Bearings { xs, ys, zs, .. } = self.bearings;
        let at = [
            gathered(simd, &xs[self.from..], lanes),
            gathered(simd, &ys[self.from..], lanes),
            gathered(simd, &zs[self.from..], lanes),
        ];
        let starts = lanes.map(|lane| place(self.places, lane));
        let mut outcome = Outcome {
            gains: &mut *self.gains,
            starts,
            lie: [0.0; MOST_LANES],
        };
        self.regions.regions[region].pan_lanes(simd, at, &mut outcome);
        let lie = outcome.lie;
        for (&n, lies) in numbers.iter().zip(lie) {
            if lies == 0.0 {
                self.row(n).fill(0.0);
                left.push(n);
            }
        }
    }

    fn row(&mut self, n: u8) -> &mut [f64] {
        &mut self.gains[place(self.places, usize::from(n))..][..self.channels]
    }

    /// Pans point `n` by one of its candidates, of which the first `tried` have been tried.
    #[cold]
    fn pan_alone(&mut self, n: u8, tried: usize) {
        let at = self.from + usize::from(n);
        let Bearings {
            xs, ys, zs, cells, ..
        } = self.bearings;
        let direction = Direction::new(xs[at], ys[at], zs[at]);
        let regions = self.regions;
        let candidates = regions.lookup.candidates_in(cells[at] as usize);
        regions.pan(&candidates[tried..], &direction, self.row(n));
    }
}

/// Where the gains of point `n` begin, which has a place.
#[inline(always)]
fn place(places: &[Option<u32>], n: usize) -> usize {
    places[n].unwrap_or_default() as usize
}

/// Numbers of points of a batch.
struct Numbers {
    all: [u8; BATCH],
    count: usize,
}

impl Numbers {
    #[inline(always)]
    fn none() -> Self {
        Self {
            all: [0; BATCH],
            count: 0,
        }
    }

    /// Those of the points that have places.
    #[inline(always)]
    fn of(places: &[Option<u32>]) -> Self {
        let mut numbers = Self::none();
        for (n, place) in places.iter().enumerate() {
            if place.is_some() {
                numbers.push(n as u8);
            }
        }
        numbers
    }

    fn as_slice(&self) -> &[u8] {
        &self.all[..self.count]
    }

    #[inline(always)]
    fn push(&mut self, n: u8) {
        self.all[self.count] = n;
        self.count += 1;
    }
}

/// The numbers at the places `lanes` of a row.
#[inline(always)]
fn gathered<S: Simd>(_: S, row: &[f64], lanes: [usize; MOST_LANES]) -> S::f64s {
    let mut numbers = [0.0; MOST_LANES];
    for (number, lane) in numbers.iter_mut().zip(lanes) {
        *number = row[lane];
    }
    S::as_simd_f64s(&numbers).0[0]
}

/// The points of a batch, sorted by region.
struct Order {
    /// The region of each point; [`NONE`] for those that are not sorted.
    regions: [u16; BATCH],
    /// Points of each region, then where each region ends, then where each begins, and the next.
    ends: [u16; MOST_REGIONS + 1],
    sorted: [u8; BATCH],
}

const NONE: u16 = u16::MAX;

impl Order {
    #[inline(always)]
    fn new() -> Self {
        Self {
            regions: [NONE; BATCH],
            ends: [0; MOST_REGIONS + 1],
            sorted: [0; BATCH],
        }
    }

    #[inline(always)]
    fn count(&mut self, n: u8, region: usize) {
        self.regions[usize::from(n)] = region as u16;
        self.ends[region] += 1;
    }

    /// Sorts those of `numbers` that have been counted.
    #[inline(always)]
    fn sort(&mut self, numbers: &[u8], regions: usize) {
        let mut sum = 0;
        for end in self.ends.iter_mut().take(regions + 1) {
            sum += *end;
            *end = sum;
        }
        for &n in numbers.iter().rev() {
            let region = self.regions[usize::from(n)];
            if region != NONE {
                let end = &mut self.ends[usize::from(region)];
                *end -= 1;
                self.sorted[usize::from(*end)] = n;
            }
        }
    }

    /// The points of a region, after they are sorted.
    #[inline(always)]
    fn of(&self, region: usize) -> &[u8] {
        &self.sorted[usize::from(self.ends[region])..usize::from(self.ends[region + 1])]
    }
}

/// What comes of points side by side.
struct Outcome<'a> {
    gains: &'a mut [f64],
    /// Where those of each begin.
    starts: [usize; MOST_LANES],
    /// Not 0 for those that lie in the region.
    lie: [f64; MOST_LANES],
}

impl<S: Simd> Panned<S> for Outcome<'_> {
    #[inline(always)]
    fn lie(&mut self, simd: S, lie: S::m64s) -> bool {
        let marks = simd.select_f64s(lie, simd.splat_f64s(1.0), simd.splat_f64s(0.0));
        S::as_mut_simd_f64s(&mut self.lie).0[0] = marks;
        self.lie.iter().any(|&lies| lies > 0.0)
    }

    #[inline(always)]
    fn play(&mut self, _: S, channel: usize, gains: S::f64s) {
        let mut of_lane = [0.0; MOST_LANES];
        S::as_mut_simd_f64s(&mut of_lane).0[0] = gains;
        for (start, gain) in self.starts.iter().zip(of_lane).take(S::F64_LANES) {
            self.gains[start + channel] = gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::system::System;
    use super::*;
    use crate::geometry::Position;
    use crate::scene::{ObjectState, State};

    /// Directions all over the sphere, at its poles and at every loudspeaker.
    fn directions(layout: &crate::layout::Layout) -> Bearings {
        let polar = |azimuth, elevation| Position::Polar {
            azimuth,
            elevation,
            distance: 1.0,
        };
        let spiral = (0..1000).map(f64::from);
        let spiral = spiral.map(|i| polar(i * 137.508, (i * 0.002 - 1.0).asin().to_degrees()));
        let grid = (0..24).flat_map(|a| (-3..=3).map(move |e| (a, e)));
        let grid = grid.map(|(a, e)| polar(f64::from(a) * 15.0, f64::from(e) * 30.0));
        let speakers = layout.speakers.iter();
        let speakers = speakers.map(|s| s.position);
        let all = spiral.chain(grid).chain(speakers);
        let all: Vec<State> = all.map(|at| ObjectState::at(at).into()).collect();
        let mut bearings = Bearings::default();
        bearings.take(all.iter());
        bearings
    }

    #[test]
    fn many_points_have_the_gains_of_each_on_every_instruction_set() {
        for layout in crate::layout::library() {
            // 0+2+0 is panned by the regions of 0+5+0.
            let Some(system) = System::of(layout).filter(|system| system.name() != "0+2+0") else {
                continue;
            };
            let regions = Regions::new(layout, &system);
            let bearings = directions(layout);
            let stride = layout.channels() + 3;
            for from in (0..bearings.len()).step_by(BATCH) {
                let count = BATCH.min(bearings.len() - from);
                // Some have no place, the others one in any order.
                let place = |n: usize| (n % 7 != 5).then_some(((n * 37) % BATCH * stride) as u32);
                let places: Vec<_> = (0..count).map(place).collect();
                let run = |pan: &dyn Fn(PanMany<'_>)| {
                    let mut gains = vec![0.0; BATCH * stride];
                    pan(PanMany {
                        regions: &regions,
                        bearings: &bearings,
                        from,
                        gains: &mut gains,
                        places: &places,
                        channels: layout.channels(),
                    });
                    // 0 has no sign here.
                    gains
                        .iter()
                        .map(|gain| (gain + 0.0).to_bits())
                        .collect::<Vec<_>>()
                };
                let placed = (0..count).filter(|&n| places[n].is_some());
                let one_by_one =
                    run(&|mut many| placed.clone().for_each(|n| many.pan_alone(n as u8, 0)));
                let scalar = run(&|many| pulp::Scalar.vectorize(many));
                let best = run(&|many| pulp::Arch::new().dispatch(many));
                let place = format!("{}, points from {from} on", layout.name);
                assert!(one_by_one.iter().any(|&bits| bits != 0), "{place}");
                assert!(scalar == one_by_one, "scalar, {place}");
                assert!(best == one_by_one, "best, {place}");
                #[cfg(target_arch = "x86_64")]
                if let Some(v3) = pulp::x86::V3::try_new() {
                    let narrow = run(&|many| Simd::vectorize(v3, many));
                    assert!(narrow == one_by_one, "AVX2, {place}");
                }
            }
        }
    }
}

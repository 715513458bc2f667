//! What is below the listener.
//!
//! A head stands on something: a neck and a body, or a mount. Waves from below do not pass under the head to the far
//! ear but go round it, and what the ears differ in by time stays what it was at the rim of the floor until the source
//! is nearly straight below, where it vanishes. So if the direction straight below was measured and stands alone, times
//! between it and its rim are taken from nearer to the rim. Levels are not: they change all the way.
//!
//! With SADIE 002, a dummy head on a mount, the ears differ by 440 µs at the side 30 degrees from straight below and by
//! 530 at 20 degrees; a sphere has 370 and 250. Errors in time there are halved, by cross-correlation as by onsets, with
//! any exponent between 1.5 and 3. Elsewhere, overhead or to the side, directions that stand alone are better without.

use super::grid::Grid;
use crate::geometry::{Direction, direction};

/// Straight below is what is measured within this of it, if nothing else is within the second.
const STRAIGHT_DEG: f64 = 10.0;
const ALONE_DEG: f64 = 24.0;

/// The share of the direction straight below is raised to this.
const EXPONENT: i32 = 2;

/// Shares nearer than this to none or all are that.
const ROUNDING: f64 = 1e-6;

/// The floor of a set.
pub(super) struct Floor<'a> {
    grid: &'a Grid,
    /// The measured direction straight below, if it stands alone.
    below: Option<usize>,
}

impl<'a> Floor<'a> {
    /// The floor of a set whose grid has no directions between measured ones.
    pub(super) fn of(grid: &'a Grid) -> Self {
        let nadir = direction(0.0, -90.0);
        let off_deg = |i: &usize| grid.directions[*i].angle(&nadir).to_degrees();
        let measured = 0..grid.measured();
        let below = measured
            .min_by(|a, b| off_deg(a).total_cmp(&off_deg(b)))
            .filter(|i| off_deg(i) < STRAIGHT_DEG && grid.to_nearest_deg(*i) > ALONE_DEG);
        Self { grid, below }
    }

    /// The direction that time from `direction` is taken from, if it is another.
    pub(super) fn held(&self, direction: &Direction) -> Option<Direction> {
        let below = self.below?;
        let place = self.grid.place(direction);
        let corner = place.corners.iter().position(|&i| i == below)?;
        let share = place.shares[corner];
        if !(ROUNDING..=1.0 - ROUNDING).contains(&share) {
            return None;
        }
        let held = share.powi(EXPONENT);
        let others = (1.0 - held) / (1.0 - share);
        let corners = place.corners.iter().zip(place.shares).enumerate();
        let sum: Direction = corners
            .map(|(n, (&i, share))| {
                let share = if n == corner { held } else { share * others };
                self.grid.directions[i] * share
            })
            .sum();
        Some(sum.normalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rings of 24 from `lowest` up in steps of 20 degrees, and both poles.
    fn rings(lowest: i32) -> Vec<Direction> {
        let rings = (lowest..90).step_by(20);
        let ring = |el: i32| (0..24).map(move |i| direction(f64::from(i) * 15.0, f64::from(el)));
        let mut all: Vec<Direction> = rings.flat_map(ring).collect();
        all.extend([direction(0.0, 90.0), direction(0.0, -90.0)]);
        all
    }

    #[test]
    fn time_from_a_wide_floor_is_held_at_its_rim_and_nowhere_else() {
        let grid = Grid::new(&rings(-60)).unwrap();
        let floor = Floor::of(&grid);
        let elevation = |d: Direction| d.z.asin().to_degrees();
        let mut before = -60.0;
        for el in -89..-60 {
            let held = floor.held(&direction(-45.0, f64::from(-150 - el)));
            let held = elevation(held.unwrap());
            assert!(held < before && held > f64::from(-150 - el), "{el}: {held}");
            before = held;
        }
        let third = elevation(floor.held(&direction(-45.0, -70.0)).unwrap());
        assert!((third + 63.0).abs() < 1.0, "{third}");
        for el in [-90.0, -60.0, -59.0, 0.0, 75.0] {
            assert!(floor.held(&direction(-45.0, el)).is_none(), "{el}");
        }
        // Where rings go far enough down, or nothing was measured below, it stays as it is.
        for directions in [rings(-80), rings(-60)[..192].to_vec()] {
            let grid = Grid::new(&directions).unwrap();
            assert!(Floor::of(&grid).held(&direction(10.0, -85.0)).is_none());
        }
    }
}

//! Where positions lie, worked out once for any number of panners.

use super::lookup;
use crate::geometry::{Direction, Position, directions};
use crate::scene::{ObjectState, State};

/// The direction of a polar position, and where panners find it in their tables.
#[derive(Debug, Clone, Copy)]
pub struct Bearing {
    pub(super) direction: Direction,
    pub(super) cell: usize,
}

/// The bearings of a list of states.
#[derive(Debug, Clone, Default)]
pub struct Bearings {
    azimuths: Vec<f64>,
    elevations: Vec<f64>,
    pub(super) xs: Vec<f64>,
    pub(super) ys: Vec<f64>,
    pub(super) zs: Vec<f64>,
    pub(super) cells: Vec<u32>,
    /// The gain of each that is a plain point.
    levels: Vec<Option<f64>>,
}

impl Bearings {
    /// Room for `count` bearings; more are held too, but must be allocated.
    pub fn with_capacity(count: usize) -> Self {
        let room = || Vec::with_capacity(count);
        Self {
            azimuths: room(),
            elevations: room(),
            xs: room(),
            ys: room(),
            zs: room(),
            cells: Vec::with_capacity(count),
            levels: Vec::with_capacity(count),
        }
    }

    /// Takes the bearings of `states` in place of those before. What has no polar position counts as straight ahead.
    pub fn take<'a>(&mut self, states: impl Iterator<Item = &'a State>) {
        self.azimuths.clear();
        self.elevations.clear();
        self.levels.clear();
        for object in states.map(State::object) {
            let (azimuth, elevation) = match object.map(|object| object.position) {
                Some(Position::Polar {
                    azimuth, elevation, ..
                }) => (azimuth, elevation),
                _ => (0.0, 0.0),
            };
            self.azimuths.push(azimuth);
            self.elevations.push(elevation);
            let plain = object.filter(|object| is_plain_point(object));
            self.levels.push(plain.map(|object| object.gain));
        }
        let count = self.azimuths.len();
        for row in [&mut self.xs, &mut self.ys, &mut self.zs] {
            row.resize(count, 0.0);
        }
        self.cells.resize(count, 0);
        let (xs, ys, zs) = (&mut self.xs[..], &mut self.ys[..], &mut self.zs[..]);
        directions(&self.azimuths, &self.elevations, [xs, ys, zs]);
        lookup::cells([&self.xs, &self.ys, &self.zs], &mut self.cells);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The gain of the object number `index` if it is a point in some direction of which nothing else is said: those
    /// may be panned [together](super::Panner::points).
    #[inline]
    pub(crate) fn plain_point(&self, index: usize) -> Option<f64> {
        self.levels[index].filter(|_| self.get(index).is_some())
    }

    /// The bearing of the position number `index`, if its angles are numbers.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Bearing> {
        let direction = Direction::new(self.xs[index], self.ys[index], self.zs[index]);
        let finite = (direction.x + direction.y + direction.z).is_finite();
        finite.then(|| Bearing {
            direction,
            cell: self.cells[index] as usize,
        })
    }
}

fn is_plain_point(object: &ObjectState) -> bool {
    let has_direction = match object.position {
        Position::Polar { distance, .. } => (1.0..f64::INFINITY).contains(&distance),
        Position::Cartesian { .. } => false,
    };
    has_direction && object.extent.is_point() && object.diffuse == 0.0 && object.features.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;
    use crate::panner::{Panner, Vbap, bs2127};
    use crate::scene::Extent;

    #[test]
    fn gains_by_bearing_are_those_by_position_to_the_bit() {
        let polar = |azimuth, elevation, distance| Position::Polar {
            azimuth,
            elevation,
            distance,
        };
        let mut positions: Vec<_> = (0..3000)
            .map(|i| {
                let i = f64::from(i);
                polar(i * 137.508 - 9000.0, i * 0.06 - 90.0, 0.5 + i % 3.0)
            })
            .collect();
        positions.extend([polar(90.0, 0.0, 1.0), polar(30.0, 0.0, f64::INFINITY)]);
        positions.extend([polar(f64::NAN, 0.0, 1.0), polar(1e300, 3.0, 1.0)]);
        let mut bearings = Bearings::with_capacity(0);
        let states = positions.iter().map(|&at| ObjectState::at(at).into());
        let states: Vec<State> = states.collect();
        bearings.take(states.iter());
        assert!(bearings.get(3002).is_none(), "an azimuth that is no number");
        let wide = Extent {
            width: 30.0,
            ..Extent::default()
        };
        for name in ["0+2+0", "0+5+0", "4+7+0", "9+10+3"] {
            let layout = crate::layout::find(name).expect("a built-in name");
            let panners: [Box<dyn Panner>; 2] = [
                Box::new(bs2127::Polar::new(&layout).expect("a system")),
                Box::new(Vbap::new(&layout).expect("loudspeakers")),
            ];
            for (panner, pans_together) in panners.iter().zip([true, false]) {
                let mut expected = vec![0.0; panner.channels()];
                let mut found = expected.clone();
                let stride = panner.channels().next_multiple_of(8);
                let mut together = vec![0.0; bearings.len() * stride];
                let place = |n: usize| bearings.plain_point(n).map(|_| (n * stride) as u32);
                let places: Vec<_> = (0..bearings.len()).map(place).collect();
                panner.points(&bearings, &mut together, &places);
                assert_eq!(panner.pans_together(), pans_together, "{name}");
                let mut plain_points = 0;
                for (i, &position) in positions.iter().enumerate() {
                    let Some(bearing) = bearings.get(i) else {
                        continue;
                    };
                    let Position::Polar {
                        azimuth, elevation, ..
                    } = position
                    else {
                        continue;
                    };
                    assert_eq!(bearing.direction, direction(azimuth, elevation));
                    let extent = if i % 5 == 0 { wide } else { Extent::default() };
                    panner.gains(position, extent, &mut expected);
                    panner.gains_at(position, &bearing, extent, &mut found);
                    let bits =
                        |gains: &[f64]| gains.iter().map(|g| g.to_bits()).collect::<Vec<_>>();
                    assert_eq!(bits(&found), bits(&expected), "{name}, {position:?}");
                    if bearings.plain_point(i).is_some() && pans_together {
                        panner.gains(position, Extent::default(), &mut expected);
                        // 0 has no sign here.
                        let row = together[i * stride..][..panner.channels()].iter();
                        let row: Vec<f64> = row.map(|gain| gain + 0.0).collect();
                        assert_eq!(bits(&row), bits(&expected), "{name}, {position:?}");
                        plain_points += 1;
                    }
                }
                assert_eq!(plain_points > 1500, pans_together, "{name}");
            }
        }
    }
}

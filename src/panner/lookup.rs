//! Which cones a direction can lie in: a table over the cells of a cube round the listener.

use std::collections::HashMap;

use nalgebra::Vector3;

use crate::geometry::Direction;

/// Cells along one edge of the cube: so small that most lie within one facet of a usual layout, because to be wrong
/// about the first costs more than to pan.
const SIDE: usize = 64;

/// Into so many parts an edge is cut again and again down to [`SIDE`]: what does not meet a block meets none of its parts.
const PARTS: usize = 2;

/// Cells along one edge of a block that are all given to the only cone that meets the block.
const SURE: usize = 4;

/// Cells of such a block, which stand together.
const BLOCK: usize = SURE * SURE;

/// For each cell of the cube's six faces, the cones that may meet it.
///
/// Cells stand in blocks, of which only those are kept that differ: few do, so that the table stays in the cache.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    /// Which of `blocks` each block of the cube is.
    kinds: Vec<u16>,
    /// The list of each cell; most share theirs with others.
    blocks: Vec<[u16; BLOCK]>,
    /// The first cone of each list, or [`NO_CONE`].
    firsts: Vec<u32>,
    /// Where each list starts in `cones`, and where the last ends.
    starts: Vec<u32>,
    cones: Vec<u32>,
}

/// In place of the first cone of a list without any.
const NO_CONE: u32 = u32::MAX;

/// A cell of the cube, as seen from the listener.
pub(super) struct Cell {
    /// In order round it.
    pub(super) corners: [Vector3<f64>; 4],
    /// Inward normals of the planes through the listener and each side.
    sides: [Vector3<f64>; 4],
}

impl Lookup {
    /// The table of cones given by their corner vectors, counter-clockwise seen from outside.
    pub(super) fn new(cones: &[Vec<Vector3<f64>>]) -> Self {
        let planes: Vec<_> = cones.iter().map(|cone| edges(cone)).collect();
        Self::of(cones.len(), |index, cell| {
            !cell.is_beyond(&planes[index]) && !cell.is_apart(&cones[index])
        })
    }

    /// The table of `count` sets of directions: `meets` says whether the one of a number has directions
    /// in a cell.
    pub(super) fn of(count: usize, meets: impl Fn(usize, &Cell) -> bool) -> Self {
        let mut builder = Builder {
            meets,
            lists: vec![0; 6 * SIDE * SIDE],
            known: HashMap::new(),
            starts: vec![0],
            cones: Vec::new(),
        };
        let all: Vec<u32> = (0..count as u32).collect();
        for face in 0..6 {
            builder.fill((face, 0, 0), 1, &all);
        }
        let Builder {
            lists,
            starts,
            cones,
            ..
        } = builder;
        let (mut kinds, mut blocks) = (Vec::new(), Vec::new());
        let mut known = HashMap::new();
        for block in lists.as_chunks::<BLOCK>().0 {
            kinds.push(*known.entry(*block).or_insert_with(|| {
                blocks.push(*block);
                // The cube has 6 * 16 * 16 blocks.
                (blocks.len() - 1) as u16
            }));
        }
        let first = |list: &[u32]| match list {
            [from, to] if from < to => cones[*from as usize],
            _ => NO_CONE,
        };
        Self {
            kinds,
            blocks,
            firsts: starts.windows(2).map(first).collect(),
            starts,
            cones,
        }
    }

    /// The cones that may hold `direction`, in their order; every cone that does is among them.
    #[inline]
    pub(super) fn candidates(&self, direction: &Direction) -> &[u32] {
        self.candidates_in(cell([direction.x, direction.y, direction.z]) as usize)
    }

    /// The cones that may hold a direction in `cell`.
    #[inline]
    pub(super) fn candidates_in(&self, cell: usize) -> &[u32] {
        self.list(self.list_of(cell))
    }

    /// The list of the cones that may hold a direction in `cell`.
    #[inline(always)]
    pub(super) fn list_of(&self, cell: usize) -> u16 {
        self.blocks[usize::from(self.kinds[cell / BLOCK])][cell % BLOCK]
    }

    /// Cone number `number` of a list, unless it has fewer.
    #[inline(always)]
    pub(super) fn cone(&self, list: u16, number: usize) -> Option<u32> {
        match number {
            0 => Some(self.firsts[usize::from(list)]).filter(|&cone| cone != NO_CONE),
            _ => self.list(list).get(number).copied(),
        }
    }

    /// The cones of a list.
    #[inline(always)]
    pub(super) fn list(&self, list: u16) -> &[u32] {
        let list = usize::from(list);
        &self.cones[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}

/// A [`Lookup`] that is being made.
struct Builder<M> {
    meets: M,
    lists: Vec<u16>,
    known: HashMap<Vec<u32>, u16>,
    starts: Vec<u32>,
    cones: Vec<u32>,
}

impl<M: Fn(usize, &Cell) -> bool> Builder<M> {
    /// Fills in the cells of a block, given by face, row and column of a cube with `side` blocks along each edge, which
    /// only the `candidates` may meet.
    fn fill(
        &mut self,
        (face, row, column): (usize, usize, usize),
        side: usize,
        candidates: &[u32],
    ) {
        let is_filled = match candidates {
            [] => true,
            [_] => side >= SIDE / SURE,
            _ => side == SIDE,
        };
        if is_filled {
            let number = self.number_of(candidates);
            let cells = SIDE / side;
            for row in row * cells..(row + 1) * cells {
                for column in column * cells..(column + 1) * cells {
                    let place = [face, row, column].map(|n| n as u32);
                    self.lists[numbered(place) as usize] = number;
                }
            }
            return;
        }
        for (up, right) in (0..PARTS * PARTS).map(|n| (n / PARTS, n % PARTS)) {
            let place = (face, row * PARTS + up, column * PARTS + right);
            let cell = Cell::new(place, side * PARTS);
            let meets = |i: &u32| (self.meets)(*i as usize, &cell);
            let some: Vec<u32> = candidates.iter().copied().filter(meets).collect();
            self.fill(place, side * PARTS, &some);
        }
    }

    /// The number of the list of these cones.
    fn number_of(&mut self, list: &[u32]) -> u16 {
        if let Some(&number) = self.known.get(list) {
            return number;
        }
        let number = self.known.len() as u16;
        self.known.insert(list.to_vec(), number);
        self.cones.extend(list);
        self.starts.push(self.cones.len() as u32);
        number
    }
}

/// Writes the cell of each direction, given by rows of coordinates.
///
/// # Panics
/// If the slices are not of one length.
pub(super) fn cells(directions: [&[f64]; 3], to: &mut [u32]) {
    assert!(
        directions.iter().all(|row| row.len() == to.len()),
        "one place for each direction"
    );
    pulp::Arch::new().dispatch(Cells { directions, to });
}

/// The loop of [`cells`], compiled once for each instruction set.
struct Cells<'a> {
    directions: [&'a [f64]; 3],
    to: &'a mut [u32],
}

impl pulp::NullaryFnOnce for Cells<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let [xs, ys, zs] = self.directions.map(|row| &row[..self.to.len()]);
        for (i, to) in self.to.iter_mut().enumerate() {
            *to = cell([xs[i], ys[i], zs[i]]);
        }
    }
}

/// The cell of the cube that the ray along a direction pierces. Without a branch, so that many can be found
/// side by side.
#[inline(always)]
fn cell([x, y, z]: [f64; 3]) -> u32 {
    let [ax, ay, az] = [x.abs(), y.abs(), z.abs()];
    let x_leads = (ax >= ay) & (ax >= az);
    let y_leads = !x_leads & (ay >= az);
    let select = |on_x: f64, on_y: f64, on_z: f64| {
        let others = if y_leads { on_y } else { on_z };
        if x_leads { on_x } else { others }
    };
    let (main, u, v) = (select(x, y, z), select(y, x, x), select(z, z, y));
    let half = SIDE as f64 / 2.0;
    let scale = half / main.abs();
    // Whole numbers up to the last; a vector of length zero has a cell too.
    let whole = |place: f64| (place * scale + half).max(0.0).min(SIDE as f64 - 1.0) as i32 as u32;
    let axis = if x_leads { 0 } else { 2 - u32::from(y_leads) };
    let face = 2 * axis + u32::from(main < 0.0);
    numbered([face, whole(v), whole(u)])
}

/// The number of a cell, given by face, row and column: those of a block follow each other.
#[inline(always)]
fn numbered([face, row, column]: [u32; 3]) -> u32 {
    let (sure, blocks) = (SURE as u32, (SIDE / SURE) as u32);
    let block = (face * blocks + row / sure) * blocks + column / sure;
    (block * sure + row % sure) * sure + column % sure
}

/// The four corners of a cell, given by face, row and column of a cube with `side` cells along each edge: a hair
/// outside of it, counter-clockwise or clockwise.
fn corners((face, row, column): (usize, usize, usize), side: usize) -> [Vector3<f64>; 4] {
    let main = if face % 2 == 0 { 1.0 } else { -1.0 };
    [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(right, up)| {
        let at = |index: usize, upper: usize| {
            let hair = if upper == 1 { 1e-9 } else { -1e-9 };
            (index + upper) as f64 * 2.0 / side as f64 - 1.0 + hair
        };
        let (u, v) = (at(column, right), at(row, up));
        match face / 2 {
            0 => Vector3::new(main, u, v),
            1 => Vector3::new(u, main, v),
            _ => Vector3::new(u, v, main),
        }
    })
}

/// Inward normals of the planes through the listener and each edge of a counter-clockwise cone.
fn edges(cone: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
    let next = cone.iter().cycle().skip(1);
    cone.iter().zip(next).map(|(a, b)| a.cross(b)).collect()
}

impl Cell {
    fn new(place: (usize, usize, usize), side: usize) -> Self {
        let corners = corners(place, side);
        let middle: Vector3<f64> = corners.iter().sum();
        let sides = [0, 1, 2, 3].map(|i| {
            let side = corners[i].cross(&corners[(i + 1) % 4]);
            if side.dot(&middle) < 0.0 { -side } else { side }
        });
        Self { corners, sides }
    }

    /// Whether all of it lies on the outer side of one of the planes, given by their inward normals.
    pub(super) fn is_beyond(&self, planes: &[Vector3<f64>]) -> bool {
        apart(planes, &self.corners)
    }

    /// Whether one of its sides has all the points on its outer side.
    pub(super) fn is_apart(&self, points: &[Vector3<f64>]) -> bool {
        apart(&self.sides, points)
    }
}

/// Whether one of the planes, given by their inward normals, has all the points on its outer side.
fn apart(planes: &[Vector3<f64>], points: &[Vector3<f64>]) -> bool {
    planes
        .iter()
        .any(|plane| points.iter().all(|point| plane.dot(point) < -1e-12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    #[test]
    fn a_direction_lies_in_its_own_cell() {
        for step in 0..5000 {
            let p = direction(f64::from(step) * 137.508, f64::from(step) * 0.036 - 90.0);
            let cell = cell([p.x, p.y, p.z]) as usize;
            let (block, rest) = (cell / BLOCK, cell % BLOCK);
            let blocks = SIDE / SURE;
            let row = block / blocks % blocks * SURE + rest / SURE;
            let column = block % blocks * SURE + rest % SURE;
            let place = (block / (blocks * blocks), row, column);
            assert!(!Cell::new(place, SIDE).is_apart(&[p]), "step {step}");
        }
    }

    #[test]
    fn the_cone_that_holds_a_direction_is_a_candidate() {
        let axes = [Vector3::x(), Vector3::y(), Vector3::z()];
        let mut octants = Vec::new();
        for signs in 0..8 {
            let [a, b, c] =
                [0, 1, 2].map(|i| axes[i] * if signs >> i & 1 == 0 { 1.0 } else { -1.0 });
            let upright = a.cross(&b).dot(&c) > 0.0;
            octants.push(if upright {
                vec![a, b, c]
            } else {
                vec![b, a, c]
            });
        }
        let lookup = Lookup::new(&octants);
        for step in 0..5000 {
            let p = direction(f64::from(step) * 137.508, f64::from(step) * 0.036 - 90.0);
            let candidates = lookup.candidates(&p);
            let holds = |&i: &u32| edges(&octants[i as usize]).iter().all(|e| e.dot(&p) >= 0.0);
            assert!(candidates.iter().any(holds), "step {step}");
        }
    }
}

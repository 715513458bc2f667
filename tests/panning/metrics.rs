//! The panner seen from outside: gains over a fixed set of directions, judged against a slow second
//! opinion of the geometry. The definitions are those of `docs/panning.md`.

use nalgebra::Vector3;
use umbel::geometry::direction;
use umbel::layout::Layout;
use umbel::panner::Vbap;

type Direction = Vector3<f64>;

/// What a layout's gains look like over the direction set. Angles in degrees, slopes per degree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quality {
    /// Share of the sphere inside the cone of the loudspeakers.
    pub(crate) covered: f64,
    pub(crate) non_finite: usize,
    pub(crate) silent: usize,
    pub(crate) lfe: f64,
    pub(crate) negative: f64,
    pub(crate) level_db: f64,
    pub(crate) level_step_db: f64,
    pub(crate) hit: f64,
    /// Left/right, front/back, up/down; `None` where the layout has no such symmetry.
    pub(crate) symmetry: [Option<f64>; 3],
    pub(crate) slope: f64,
    pub(crate) rv_covered: f64,
    pub(crate) off_facet: f64,
    pub(crate) most_active_over_corners: i64,
    pub(crate) re_covered_mean: f64,
    pub(crate) re_mean: f64,
    pub(crate) re_length: f64,
}

/// A grid of rings 3 degrees apart with the area that each point stands for.
pub(crate) fn grid() -> Vec<(Direction, f64)> {
    let mut grid = Vec::new();
    for ring in -30i32..=30 {
        let el = 3.0 * f64::from(ring);
        let n = match ring.abs() {
            30 => 1,
            _ => 4.max(4 * (30.0 * el.to_radians().cos()).round() as u32),
        };
        let sin = |el: f64| el.clamp(-90.0, 90.0).to_radians().sin();
        let weight = (sin(el + 1.5) - sin(el - 1.5)) / f64::from(n);
        for i in 0..n {
            grid.push((direction(f64::from(i) * 360.0 / f64::from(n), el), weight));
        }
    }
    grid
}

/// Paths of `1800 / every` steps: ten rings and nine great circles over both poles.
pub(crate) fn paths(every: u32) -> Vec<Vec<Direction>> {
    let steps = || {
        (0..=1800)
            .step_by(every as usize)
            .map(|k| f64::from(k) * 0.2)
    };
    let rings = [0.0, 5.0, 15.0, 30.0, 45.0, 60.0, 80.0, -15.0, -30.0, -60.0];
    let circles = [0.0, 15.0, 30.0, 45.0, 60.0, 90.0, 110.0, 135.0, 160.0];
    let ring = |el: f64| steps().map(|s| direction(s - 180.0, el)).collect();
    let circle = |az: f64| {
        let at = |s: f64| match s {
            s if s <= 180.0 => direction(az, s - 90.0),
            s => direction(az + 180.0, 270.0 - s),
        };
        steps().map(at).collect()
    };
    rings
        .into_iter()
        .map(ring)
        .chain(circles.into_iter().map(circle))
        .collect()
}

/// Measures `layout`. `every` thins the directions: 1 is the full set.
pub(crate) fn measure(layout: &Layout, every: u32) -> Quality {
    let panner = Vbap::new(layout).expect("a layout with loudspeakers");
    let gains_of = |u: &Direction| {
        let mut gains = vec![f64::NAN; layout.speakers.len()];
        panner.direction_gains(u, &mut gains);
        gains
    };
    let speakers = Speakers::of(layout);
    let mut quality = Quality::default();
    measure_grid(&mut quality, &speakers, &gains_of, every);
    measure_paths(&mut quality, &speakers, &gains_of, every);
    for (channel, u) in &speakers.channels {
        let gains = gains_of(u);
        for (i, gain) in gains.iter().enumerate() {
            let wanted = if i == *channel { 1.0 } else { 0.0 };
            quality.hit = quality.hit.max((gain - wanted).abs());
        }
    }
    quality
}

fn measure_grid(
    quality: &mut Quality,
    speakers: &Speakers,
    gains_of: &dyn Fn(&Direction) -> Vec<f64>,
    every: u32,
) {
    let images: Vec<_> = (0..3).map(|axis| speakers.image(axis)).collect();
    quality.symmetry = [0, 1, 2].map(|axis| images[axis].as_ref().map(|_| 0.0));
    let (mut area, mut covered_area) = (0.0, 0.0);
    for (p, weight) in grid().into_iter().step_by(every as usize) {
        let gains = gains_of(&p);
        judge_gains(quality, speakers, &gains);
        let [rv, re] = vectors(speakers, &gains);
        area += weight;
        quality.re_mean += weight * angle(&re, &p);
        quality.re_length += weight * re.norm();
        if let Some(corners) = speakers.covering(&p) {
            covered_area += weight;
            quality.rv_covered = quality.rv_covered.max(angle(&rv, &p));
            quality.re_covered_mean += weight * angle(&re, &p);
            let power: f64 = gains.iter().map(|g| g * g).sum();
            let inside: f64 = corners.iter().map(|&c| gains[c] * gains[c]).sum();
            quality.off_facet = quality.off_facet.max(1.0 - inside / power);
            let active = gains.iter().filter(|g| **g > 1e-4 * power.sqrt()).count();
            quality.most_active_over_corners = quality
                .most_active_over_corners
                .max(active as i64 - corners.len() as i64);
        }
        for axis in 0..3 {
            if let Some(image) = &images[axis] {
                let mut mirror = p;
                mirror[axis] = -mirror[axis];
                let mirrored = gains_of(&mirror);
                let worst = image.iter().map(|&(a, b)| (gains[a] - mirrored[b]).abs());
                let worst = worst.fold(0.0, f64::max);
                quality.symmetry[axis] = quality.symmetry[axis].map(|s| s.max(worst));
            }
        }
    }
    quality.covered = covered_area / area;
    quality.re_covered_mean /= covered_area.max(1e-12);
    quality.re_mean /= area;
    quality.re_length /= area;
}

fn measure_paths(
    quality: &mut Quality,
    speakers: &Speakers,
    gains_of: &dyn Fn(&Direction) -> Vec<f64>,
    every: u32,
) {
    for path in paths(every) {
        let mut before: Option<(Direction, Vec<f64>)> = None;
        for p in path {
            let gains = gains_of(&p);
            judge_gains(quality, speakers, &gains);
            if let Some((from, old)) = before {
                let step: f64 = gains.iter().zip(&old).map(|(a, b)| (a - b) * (a - b)).sum();
                quality.slope = quality.slope.max(step.sqrt() / angle(&from, &p).max(1e-3));
                let step = (level_db(&gains) - level_db(&old)).abs();
                quality.level_step_db = quality.level_step_db.max(step);
            }
            before = Some((p, gains));
        }
    }
}

fn judge_gains(quality: &mut Quality, speakers: &Speakers, gains: &[f64]) {
    if gains.iter().any(|g| !g.is_finite()) {
        quality.non_finite += 1;
        return;
    }
    let power: f64 = gains.iter().map(|g| g * g).sum();
    if power < 1e-12 {
        quality.silent += 1;
        return;
    }
    quality.level_db = quality.level_db.max(level_db(gains).abs());
    for (channel, gain) in gains.iter().enumerate() {
        quality.negative = quality.negative.max(-gain);
        if !speakers.channels.iter().any(|(c, _)| *c == channel) {
            quality.lfe = quality.lfe.max(gain.abs());
        }
    }
}

fn level_db(gains: &[f64]) -> f64 {
    10.0 * gains.iter().map(|g| g * g).sum::<f64>().log10()
}

/// Velocity and energy vector.
fn vectors(speakers: &Speakers, gains: &[f64]) -> [Direction; 2] {
    let (mut rv, mut re) = (Vector3::zeros(), Vector3::zeros());
    let (mut sum, mut power) = (0.0, 0.0);
    for (channel, u) in &speakers.channels {
        let g = gains[*channel];
        rv += u * g;
        re += u * (g * g);
        sum += g;
        power += g * g;
    }
    [rv / sum, re / power]
}

/// Angle between a vector and a direction in degrees; 180 if the vector vanishes.
pub(crate) fn angle(r: &Direction, p: &Direction) -> f64 {
    if r.norm() < 1e-6 {
        return 180.0;
    }
    r.cross(p).norm().atan2(r.dot(p)).to_degrees()
}

/// The loudspeakers of a layout and, by trying every plane through three of them, their hull.
pub(crate) struct Speakers {
    /// Channel and direction of each loudspeaker that is not an LFE.
    pub(crate) channels: Vec<(usize, Direction)>,
    facets: Vec<Wall>,
}

/// A facet with the listener strictly inside, or (in a flat layout) a pair that spans a sector.
struct Wall {
    channels: Vec<usize>,
    /// Inward normals of the sides of its cone.
    sides: Vec<Direction>,
    /// Normal of the plane a sector lies in.
    plane: Option<Direction>,
}

impl Speakers {
    pub(crate) fn of(layout: &Layout) -> Self {
        let channels: Vec<_> = layout
            .speakers
            .iter()
            .enumerate()
            .filter(|(_, s)| !s.lfe)
            .map(|(i, s)| (i, s.direction()))
            .collect();
        let mut facets = walls(&channels);
        if facets.is_empty() {
            facets = sectors(&channels);
        }
        Self { channels, facets }
    }

    /// The corners of the facets that the ray along `p` pierces, or `None` in a direction that the
    /// loudspeakers do not cover.
    fn covering(&self, p: &Direction) -> Option<Vec<usize>> {
        let near = 1e-6;
        let mut corners: Vec<_> = self
            .facets
            .iter()
            .filter(|wall| wall.plane.is_none_or(|n| n.dot(p).abs() < near))
            .filter(|wall| wall.sides.iter().all(|side| side.dot(p) > -near))
            .flat_map(|wall| wall.channels.iter().copied())
            .collect();
        if corners.is_empty() {
            let hit = |(_, u): &&(usize, Direction)| (u - p).norm() < near;
            corners.extend(self.channels.iter().find(hit).map(|(c, _)| *c));
        }
        corners.sort_unstable();
        corners.dedup();
        (!corners.is_empty()).then_some(corners)
    }

    /// Pairs of a channel and its mirror image across an axis, if every loudspeaker has one within a
    /// degree.
    fn image(&self, axis: usize) -> Option<Vec<(usize, usize)>> {
        let one = |&(channel, mut u): &(usize, Direction)| {
            u[axis] = -u[axis];
            let near = |(_, v): &&(usize, Direction)| (v - u).norm() < 1f64.to_radians();
            self.channels
                .iter()
                .find(near)
                .map(|(other, _)| (channel, *other))
        };
        self.channels.iter().map(one).collect()
    }
}

/// Every plane through three loudspeakers that has all others on one side and the listener inside.
fn walls(speakers: &[(usize, Direction)]) -> Vec<Wall> {
    let mut walls: Vec<(Direction, f64, Wall)> = Vec::new();
    let n = speakers.len();
    for (a, b, c) in
        (0..n).flat_map(|a| (a + 1..n).flat_map(move |b| (b + 1..n).map(move |c| (a, b, c))))
    {
        let [ua, ub, uc] = [a, b, c].map(|i| speakers[i].1);
        let normal = (ub - ua).cross(&(uc - ua)).normalize();
        let normal = if normal.dot(&ua) < 0.0 {
            -normal
        } else {
            normal
        };
        let offset = normal.dot(&ua);
        let beyond = |(_, u): &(usize, Direction)| normal.dot(u) > offset + 1e-9;
        if offset <= 1e-6 || speakers.iter().any(beyond) {
            continue;
        }
        let known = |w: &(Direction, f64, Wall)| {
            (w.0 - normal).norm() < 1e-5 && (w.1 - offset).abs() < 1e-5
        };
        if walls.iter().any(known) {
            continue;
        }
        let mut corners: Vec<_> = speakers
            .iter()
            .filter(|(_, u)| normal.dot(u) > offset - 1e-5)
            .copied()
            .collect();
        let first = (corners[0].1 - normal * offset).normalize();
        let second = normal.cross(&first);
        let turn = |u: &Direction| u.dot(&second).atan2(u.dot(&first));
        corners.sort_by(|x, y| turn(&x.1).total_cmp(&turn(&y.1)));
        let next = corners.iter().cycle().skip(1);
        let sides = corners
            .iter()
            .zip(next)
            .map(|(x, y)| x.1.cross(&y.1))
            .collect();
        let wall = Wall {
            channels: corners.iter().map(|(channel, _)| *channel).collect(),
            sides,
            plane: None,
        };
        walls.push((normal, offset, wall));
    }
    walls.into_iter().map(|(_, _, wall)| wall).collect()
}

/// The sectors of less than 180 degrees between neighbours of a flat layout.
fn sectors(speakers: &[(usize, Direction)]) -> Vec<Wall> {
    let pairs = speakers
        .iter()
        .flat_map(|a| speakers.iter().map(move |b| (a, b)));
    pairs
        .filter_map(|((ca, a), (cb, b))| {
            let normal = a.cross(b);
            if normal.norm() < 1e-6 {
                return None;
            }
            let normal = normal.normalize();
            let sides = vec![normal.cross(a), b.cross(&normal)];
            let flat = speakers.iter().all(|(_, u)| normal.dot(u).abs() < 1e-6);
            let between = |(_, u): &(usize, Direction)| sides.iter().all(|s| s.dot(u) > 1e-9);
            (flat && !speakers.iter().any(between)).then_some(Wall {
                channels: vec![*ca, *cb],
                sides,
                plane: Some(normal),
            })
        })
        .collect()
}

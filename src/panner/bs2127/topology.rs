//! Where the regions of the point source panner lie: virtual loudspeakers, and the facets between them and
//! the real ones (ITU-R BS.2127-0, section 6.1.3).
//!
//! The facets are those of the convex hull of the nominal positions and listed in `facets.toml`; the
//! regions are spanned by where the loudspeakers really stand.

use std::sync::LazyLock;

use nalgebra::Vector3;
use serde::Deserialize;

use super::region::{Corner, Region};
use super::system::{Angles, System};
use crate::geometry::direction;
use crate::layout::Layout;

/// The middle layer: nominal elevations from minus this to this.
const MIDDLE_LAYER_DEG: f64 = 10.0;

/// The layers above and below it.
const LAYERS: [Layer; 2] = [
    Layer {
        suffix: "/low",
        lowest: -70.0,
        highest: -10.0,
        elevation: -30.0,
    },
    Layer {
        suffix: "/high",
        lowest: 10.0,
        highest: 70.0,
        elevation: 30.0,
    },
];

/// A loudspeaker of the middle layer is copied to a layer whose own loudspeakers end this far before it.
const COPY_BEYOND_DEG: f64 = 40.0;

/// Nominal azimuths of M+SC and M-SC: within or beyond M+030 and M-030, as they really stand.
const SCREEN_WITHIN_DEG: f64 = 15.0;
const SCREEN_BEYOND_DEG: f64 = 45.0;
const SCREEN_LIMIT_DEG: f64 = 30.0;

/// A layer of loudspeakers.
struct Layer {
    /// What its copies are called after their loudspeaker.
    suffix: &'static str,
    /// Which nominal elevations belong to it, in degrees.
    lowest: f64,
    highest: f64,
    /// The nominal elevation of copies.
    elevation: f64,
}

/// A loudspeaker, or the copy of one in another layer.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) nominal: Angles,
    real: Angles,
    channel: usize,
}

/// The facets of a system, by the names of their corners.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facets {
    name: String,
    /// Whether M+SC and M-SC stand within or beyond M+030 and M-030.
    screen: Option<[String; 2]>,
    below: String,
    above: Option<String>,
    facets: Vec<String>,
}

static FACETS: LazyLock<Vec<Facets>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        system: Vec<Facets>,
    }
    let file: File =
        toml::from_str(include_str!("facets.toml")).expect("facets.toml is part of us");
    file.system
});

/// Every region of a layout. The first that takes a direction pans it.
pub(super) fn regions(layout: &Layout, system: &System) -> Vec<Region> {
    let places = places(layout, system);
    let mut regions = Vec::new();
    let Some(facets) = facets(system, &places) else {
        return regions;
    };
    for (ring, z) in [(Some(&facets.below), -1.0), (facets.above.as_ref(), 1.0)] {
        if let Some(ring) = ring {
            add_ring(&corners(ring, &places), z, &mut regions);
        }
    }
    for facet in &facets.facets {
        let corners = corners(facet, &places);
        match in_order(&corners)[..] {
            [a, b, c] => regions.extend(Region::triplet([a, b, c])),
            [a, b, c, d] => regions.push(Region::quad([a, b, c, d])),
            // The systems have no other facets.
            _ => {}
        }
    }
    regions
}

/// The loudspeakers, and their copies in other layers.
pub(super) fn places(layout: &Layout, system: &System) -> Vec<Place> {
    let mut places = loudspeakers(layout, system);
    let copies = LAYERS.iter().flat_map(|layer| layer.copies(&places));
    let copies: Vec<Place> = copies.collect();
    places.extend(copies);
    places
}

fn loudspeakers(layout: &Layout, system: &System) -> Vec<Place> {
    let place = |(channel, twin): (usize, &Option<usize>)| {
        let standard = &system.standard().speakers[(*twin)?];
        let (azimuth, elevation, _) = layout.speakers[channel].polar();
        let (mut nominal_azimuth, nominal_elevation, _) = standard.polar();
        if is_screen(&standard.label) {
            let beyond = azimuth.abs() > SCREEN_LIMIT_DEG;
            nominal_azimuth = if beyond {
                SCREEN_BEYOND_DEG.copysign(azimuth)
            } else {
                SCREEN_WITHIN_DEG.copysign(azimuth)
            };
        }
        let place = Place {
            name: standard.label.clone(),
            nominal: (nominal_azimuth, nominal_elevation),
            real: (azimuth, elevation),
            channel,
        };
        (!standard.lfe).then_some(place)
    };
    let twins = system.twins().iter().enumerate();
    twins.filter_map(place).collect()
}

fn is_screen(label: &str) -> bool {
    label == "M+SC" || label == "M-SC"
}

impl Layer {
    /// Copies of the loudspeakers of the middle layer that have none of this layer near them.
    fn copies(&self, places: &[Place]) -> Vec<Place> {
        let within = |place: &&Place| (self.lowest..=self.highest).contains(&place.nominal.1);
        let own: Vec<&Place> = places.iter().filter(within).collect();
        let (beyond, elevation) = if own.is_empty() {
            (0.0, self.elevation)
        } else {
            let widest = own.iter().map(|place| place.nominal.0.abs());
            let sum: f64 = own.iter().map(|place| place.real.1).sum();
            (
                widest.fold(0.0, f64::max) + COPY_BEYOND_DEG,
                sum / own.len() as f64,
            )
        };
        places
            .iter()
            .filter(|place| place.nominal.1.abs() <= MIDDLE_LAYER_DEG)
            .filter(|place| place.nominal.0.abs() >= beyond - 1e-5)
            .map(|place| Place {
                name: format!("{}{}", place.name, self.suffix),
                nominal: (place.nominal.0, self.elevation),
                real: (place.real.0, elevation),
                channel: place.channel,
            })
            .collect()
    }
}

/// The facets of a system with its screen loudspeakers where they stand.
fn facets(system: &System, places: &[Place]) -> Option<&'static Facets> {
    let beyond = |label: &str| {
        let place = places.iter().find(|place| place.name == label);
        place.is_some_and(|place| place.nominal.0.abs() > SCREEN_LIMIT_DEG)
    };
    let screen = ["M+SC", "M-SC"].map(|label| if beyond(label) { "beyond" } else { "within" });
    FACETS.iter().find(|facets| {
        let fits = |written: &[String; 2]| *written == screen;
        facets.name == system.name() && facets.screen.as_ref().is_none_or(fits)
    })
}

/// The corners named in a facet.
fn corners(facet: &str, places: &[Place]) -> Vec<Corner> {
    let place = |name| places.iter().find(|place| place.name == name);
    let corner = |place: &Place| Corner {
        position: direction(place.real.0, place.real.1),
        feeds: vec![(place.channel, 1.0)],
    };
    let names = facet.split_whitespace();
    names.filter_map(place).map(corner).collect()
}

/// Adds the regions round a pole, which is played by its ring of n corners at equal power.
fn add_ring(ring: &[Corner], z: f64, regions: &mut Vec<Region>) {
    let gain = 1.0 / (ring.len() as f64).sqrt();
    let pole = Corner {
        position: Vector3::new(0.0, 0.0, z),
        feeds: ring
            .iter()
            .map(|corner| (corner.feeds[0].0, gain))
            .collect(),
    };
    let ring = in_order(ring);
    for (&a, &b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        regions.extend(Region::triplet([a, b, &pole]));
    }
}

/// The corners of a polygon by their angle about its middle, in the plane of two of them.
fn in_order(polygon: &[Corner]) -> Vec<&Corner> {
    let mut ordered: Vec<&Corner> = polygon.iter().collect();
    let Some(first) = polygon.first() else {
        return ordered;
    };
    let sum: Vector3<f64> = polygon.iter().map(|corner| corner.position).sum();
    let middle = sum / polygon.len() as f64;
    let a = first.position - middle;
    // The second is the one most nearly at right angles to the first.
    let b = polygon[1..]
        .iter()
        .map(|corner| corner.position - middle)
        .min_by(|p, q| p.dot(&a).abs().total_cmp(&q.dot(&a).abs()))
        .unwrap_or(a);
    let angle = |corner: &Corner| {
        let from_middle = corner.position - middle;
        from_middle.dot(&a).atan2(from_middle.dot(&b))
    };
    ordered.sort_by(|p, q| angle(p).total_cmp(&angle(q)));
    ordered
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::geometry::Position;
    use crate::geometry::hull::convex_hull;
    use crate::layout;

    type Sets = BTreeSet<BTreeSet<String>>;

    fn names(facet: &str) -> BTreeSet<String> {
        facet.split_whitespace().map(str::to_owned).collect()
    }

    /// Rings and facets from the convex hull.
    fn from_hull(layout: &Layout) -> (Vec<BTreeSet<String>>, Sets) {
        let system = System::of(layout).expect("a system");
        let places = places(layout, &system);
        let mut points: Vec<_> = places
            .iter()
            .map(|place| direction(place.nominal.0, place.nominal.1))
            .collect();
        let mut names: Vec<_> = places.into_iter().map(|place| place.name).collect();
        let top = names.iter().any(|name| name == "T+000" || name == "UH+180");
        points.push(-Vector3::z());
        names.push("below".to_owned());
        if !top {
            points.push(Vector3::z());
            names.push("above".to_owned());
        }
        let mut facets: Sets = convex_hull(&points)
            .expect("a solid")
            .into_iter()
            .map(|facet| facet.corners.iter().map(|&i| names[i].clone()).collect())
            .collect();
        let mut rings = Vec::new();
        for pole in ["below", "above"] {
            let touching: Vec<_> = facets
                .iter()
                .filter(|f| f.contains(pole))
                .cloned()
                .collect();
            if !touching.is_empty() {
                let mut ring: BTreeSet<String> = touching.iter().flatten().cloned().collect();
                ring.remove(pole);
                rings.push(ring);
            }
            facets.retain(|facet| !facet.contains(pole));
        }
        (rings, facets)
    }

    #[test]
    fn the_facets_are_those_of_the_convex_hull_of_nominal_positions() {
        for table in FACETS.iter() {
            let mut layout = layout::find(&table.name).expect("a built-in name");
            for (label, side) in ["M+SC", "M-SC"].iter().zip(table.screen.iter().flatten()) {
                let speaker = layout.speakers.iter_mut().find(|s| s.label == *label);
                let azimuth: f64 = if side == "beyond" { 45.0 } else { 15.0 };
                let sign = if *label == "M+SC" { 1.0 } else { -1.0 };
                speaker.expect("a screen loudspeaker").position = Position::Polar {
                    azimuth: sign * azimuth,
                    elevation: 0.0,
                    distance: 1.0,
                };
            }
            let (rings, facets) = from_hull(&layout);
            let listed: Vec<_> = [Some(&table.below), table.above.as_ref()]
                .into_iter()
                .flatten()
                .map(|ring| names(ring))
                .collect();
            assert_eq!(listed, rings, "{}", table.name);
            let listed: Sets = table.facets.iter().map(|facet| names(facet)).collect();
            assert_eq!(listed.len(), table.facets.len(), "{}", table.name);
            assert_eq!(listed, facets, "{} {:?}", table.name, table.screen);
        }
        assert_eq!(FACETS.len(), 12, "nine systems, one of them in four forms");
    }
}

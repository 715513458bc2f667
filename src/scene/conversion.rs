//! The same place and size in the other form (ITU-R BS.2127, section 10).

use super::Extent;
use crate::geometry::{
    Position, cartesian_to_polar, cartesian_to_polar_sizes, polar_to_cartesian,
    polar_to_cartesian_sizes,
};

/// The polar form of a position and the extent of an object there; what is polar stays as it is.
pub fn to_polar(position: Position, extent: Extent) -> (Position, Extent) {
    let Position::Cartesian { x, y, z } = position else {
        return (position, extent);
    };
    let (azimuth, elevation, distance) = cartesian_to_polar([x, y, z]);
    let Extent {
        width,
        height,
        depth,
    } = extent;
    let [width, height, depth] =
        cartesian_to_polar_sizes(azimuth, elevation, [width, depth, height]);
    (
        Position::Polar {
            azimuth,
            elevation,
            distance,
        },
        Extent {
            width,
            height,
            depth,
        },
    )
}

/// The Cartesian form of a position and the extent of an object there; what is Cartesian stays as it is.
pub fn to_cartesian(position: Position, extent: Extent) -> (Position, Extent) {
    let Position::Polar {
        azimuth,
        elevation,
        distance,
    } = position
    else {
        return (position, extent);
    };
    let [x, y, z] = polar_to_cartesian(azimuth, elevation, distance);
    let Extent {
        width,
        height,
        depth,
    } = extent;
    let [width, depth, height] =
        polar_to_cartesian_sizes(azimuth, elevation, [width, height, depth]);
    (
        Position::Cartesian { x, y, z },
        Extent {
            width,
            height,
            depth,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn height_is_up_and_depth_front_to_back() {
        let flat_and_wide = Extent {
            width: 60.0,
            height: 0.0,
            depth: 0.0,
        };
        let (_, room) = to_cartesian(Position::FRONT, flat_and_wide);
        assert!(
            (room.width - 0.5).abs() < 1e-12 && room.height == 0.0,
            "{room:?}"
        );
        let above = Position::Cartesian {
            x: 0.0,
            y: 0.0,
            z: 1.0,
        };
        let tall = Extent {
            width: 0.0,
            height: 0.5,
            depth: 0.0,
        };
        // What is tall overhead reaches away from the listener.
        let (_, polar) = to_polar(above, tall);
        assert!(
            (polar.depth - 0.5).abs() < 1e-12 && polar.width < 1e-6,
            "{polar:?}"
        );
    }
}

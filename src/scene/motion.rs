//! From a trajectory to metadata blocks on the fixed grid of absolute frames.
//!
//! The state is sampled at the frames k · [`QUANTUM`]; block k starts at k · QUANTUM and ramps over one
//! quantum to the state at (k + 1) · QUANTUM, so that at each grid frame the gains are those of the
//! trajectory there, and between them they move in a straight line; the last ramp ends with the song. A jump
//! between two grid frames becomes such a ramp and cannot click. Where the state does not change there is no block.
//!
//! In the room, gains bend at every row of loudspeakers that a point passes, and a straight line over a bend
//! cuts it short. What moves there faster than [`NEAR`] in a quantum is sampled twice or four times in it, down to
//! about 5 ms, which is also the move that masters of Dolby's profile have.

use std::sync::Arc;

use crate::audio::QUANTUM;
use crate::geometry::Position;
use crate::scene::{
    BlockSource, Extent, MetadataBlock, ObjectState, Pan, Place, Ramp, State, Trajectory,
};
use crate::units::{Frames, SampleRate};

/// Which channel of a stem an object plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The only one: at the place itself.
    Mono,
    /// Left of a linked pair: half the width to the left of the place.
    Left,
    /// Right of a linked pair: half the width to the right.
    Right,
}

/// Where a stem stands on a mixing desk's stereo bus.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum PanRule {
    /// Where its place is, from left to right.
    #[default]
    Follow,
    /// Always here: -1 left, 0 centre, 1 right.
    Fixed(f64),
}

/// How a stem is heard at its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Imaging {
    /// Spread: 0 a point, 1 all around (polar) or the whole room (Cartesian).
    pub size: f64,
    /// Its pan on the stereo bus.
    pub pan: PanRule,
    /// How far the sides of a stereo stem stand from its pan on the stereo bus, 0..1: 1 keeps the
    /// stem's own image, 0 is mono.
    pub stereo_width: f64,
}

impl Default for Imaging {
    fn default() -> Self {
        Self {
            size: 0.0,
            pan: PanRule::Follow,
            stereo_width: 1.0,
        }
    }
}

impl Imaging {
    /// What holds for `side` of a stem at `place`. The gain is 1: levels belong to the mixer.
    ///
    /// - Polar: left at azimuth + width/2, right at azimuth - width/2; `size` 1 is an extent of
    ///   360 by 360 degrees.
    /// - Cartesian: left at x - width/2, right at x + width/2; `size` 1 is the whole room.
    pub fn state(&self, place: Place, side: Side) -> ObjectState {
        let toward_right = match side {
            Side::Mono => 0.0,
            Side::Left => -1.0,
            Side::Right => 1.0,
        };
        let offset = toward_right * place.width / 2.0;
        // The largest width and height, and the largest depth.
        let (position, largest) = match place.position {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => (
                Position::Polar {
                    azimuth: azimuth - offset,
                    elevation,
                    distance,
                },
                (360.0, 0.0),
            ),
            Position::Cartesian { x, y, z } => (
                Position::Cartesian {
                    x: x + offset,
                    y,
                    z,
                },
                (1.0, 1.0),
            ),
        };
        let offset = toward_right * self.stereo_width;
        let pan = match self.pan {
            PanRule::Follow => Pan::Beside {
                place: place.position,
                offset,
            },
            PanRule::Fixed(pan) => Pan::At((pan + offset).clamp(-1.0, 1.0)),
        };
        ObjectState {
            position,
            extent: Extent {
                width: self.size * largest.0,
                height: self.size * largest.0,
                depth: self.size * largest.1,
            },
            gain: 1.0,
            pan,
            diffuse: 0.0,
            features: None,
        }
    }
}

/// Where a stem is and how it is heard there.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Where it is when.
    pub trajectory: Trajectory,
    /// How it is heard there.
    pub imaging: Imaging,
}

/// A place over time, asked for in order of time.
///
/// Called while rendering: neither fails nor blocks for long.
pub trait Motion: Send {
    /// The place at an absolute frame, which is never earlier than that of the call before.
    fn place_at(&mut self, frame: Frames) -> Place;

    /// The place is the same at all frames from `after` up to the returned one (excluded); `None`: for
    /// ever. Returns `after` itself if it may move at once. `after` follows the rule of `place_at`.
    fn still_until(&mut self, after: Frames) -> Option<Frames>;
}

/// The metadata blocks of one side of a stem, for a song of `length` frames.
///
/// The first block starts at frame 0 with ramp 0 and holds the state at frame 0. If the stem moves in the
/// first quantum, a second block starts at frame 0 too and ramps from there.
pub fn blocks(
    placement: Arc<Placement>,
    side: Side,
    rate: SampleRate,
    length: Frames,
) -> Box<dyn BlockSource> {
    let imaging = placement.imaging;
    blocks_of(Timed { placement, rate }, imaging, side, rate, length)
}

/// As [`blocks`], for any motion.
pub fn blocks_of(
    motion: impl Motion + 'static,
    imaging: Imaging,
    side: Side,
    rate: SampleRate,
    length: Frames,
) -> Box<dyn BlockSource> {
    // Not shorter than about 5 ms.
    let parts = match rate.0 {
        ..64_000 => 4,
        64_000..128_000 => 2,
        128_000.. => 1,
    };
    Box::new(GridBlocks {
        motion,
        imaging,
        side,
        length,
        quantum: 0,
        last: None,
        places: Vec::with_capacity(parts),
        parts,
        ready: Vec::with_capacity(parts),
    })
}

/// A trajectory with the rate it is sampled at.
struct Timed {
    placement: Arc<Placement>,
    rate: SampleRate,
}

impl Motion for Timed {
    fn place_at(&mut self, frame: Frames) -> Place {
        self.placement.trajectory.at(frame, self.rate)
    }

    fn still_until(&mut self, after: Frames) -> Option<Frames> {
        self.placement.trajectory.still_until(after)
    }
}

/// Samples a motion on the grid.
struct GridBlocks<M> {
    motion: M,
    imaging: Imaging,
    side: Side,
    length: Frames,
    /// The quantum whose blocks are made next.
    quantum: u64,
    /// The place at the end of the block made last. The state there is worked out again where it is wanted, which
    /// is quicker than to keep a copy.
    last: Option<Place>,
    /// Most parts of a quantum that get blocks of their own, a power of two.
    parts: usize,
    /// The places at the ends of those parts.
    places: Vec<Place>,
    /// Blocks of a quantum that have not been handed out, the next one last.
    ready: Vec<MetadataBlock>,
}

const GRID: u64 = QUANTUM as u64;

/// Room units within which one straight line of gains does: where a line of loudspeakers 0.4 apart is crossed
/// in its middle, the line of gains is then at most 0.001 off (-60 dB).
const NEAR: f64 = 0.001;

impl<M> GridBlocks<M> {
    /// What holds at a place.
    fn state(&self, place: Place) -> ObjectState {
        self.imaging.state(place, self.side)
    }

    /// The block that moves to a place within `frames` frames.
    fn block(&self, start: Frames, frames: Frames, place: Place) -> MetadataBlock {
        MetadataBlock {
            start,
            length: None,
            ramp: Ramp::over(start, frames),
            state: State::Object(self.state(place)),
        }
    }
}

impl<M: Motion> GridBlocks<M> {
    /// Makes the blocks of the quantum that begins at frame `start`, of up to `most` parts.
    fn make(&mut self, start: u64, most: usize, mut before: Place) {
        self.places.clear();
        for part in 1..=most {
            let end = start + GRID * part as u64 / most as u64;
            let place = self.motion.place_at(Frames(end.min(self.length.0)));
            self.places.push(place);
        }
        let from = self.state(before).position;
        let way = (self.places.iter()).map(|place| between(from, self.state(*place).position));
        let way = way.fold(0.0, f64::max);
        let mut parts = 1;
        while parts < most && way > NEAR * parts as f64 {
            parts *= 2;
        }
        let frames = GRID / parts as u64;
        for part in 0..parts {
            let place = self.places[(part + 1) * (most / parts) - 1];
            let start = Frames(start + frames * part as u64);
            if start < self.length && self.state(place) != self.state(before) {
                before = place;
                let frames = frames.min(self.length.0 - start.0);
                self.ready.push(self.block(start, Frames(frames), place));
            }
        }
        self.ready.reverse();
        self.last = Some(before);
    }
}

/// How far apart two positions are in the room, along the axis on which they are farthest apart.
fn between(a: Position, b: Position) -> f64 {
    match (a, b) {
        (
            Position::Cartesian { x, y, z },
            Position::Cartesian {
                x: to_x,
                y: to_y,
                z: to_z,
            },
        ) => (to_x - x).abs().max((to_y - y).abs()).max((to_z - z).abs()),
        _ => 0.0,
    }
}

impl<M: Motion> BlockSource for GridBlocks<M> {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        let Some(mut last) = self.last else {
            let place = self.motion.place_at(Frames(0));
            self.last = Some(place);
            return Some(MetadataBlock {
                ramp: Ramp::JUMP,
                ..self.block(Frames(0), Frames(0), place)
            });
        };
        loop {
            if let Some(block) = self.ready.pop() {
                return Some(block);
            }
            // Skip the quanta at whose end the state is still the same.
            let moves = self.motion.still_until(Frames(self.quantum * GRID))?;
            self.quantum = self.quantum.max(moves.0.div_ceil(GRID).saturating_sub(1));
            let start = self.quantum * GRID;
            if start >= self.length.0 {
                return None;
            }
            self.quantum += 1;
            let most = match last.position {
                Position::Cartesian { .. } => self.parts,
                Position::Polar { .. } => 1,
            };
            if most > 1 {
                self.make(start, most, last);
                last = self.last?;
                continue;
            }
            let end = self.length.0.min(start + GRID);
            let place = self.motion.place_at(Frames(end));
            if self.state(place) != self.state(last) {
                self.last = Some(place);
                return Some(self.block(Frames(start), Frames(end - start), place));
            }
        }
    }
}

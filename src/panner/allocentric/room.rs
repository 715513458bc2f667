//! Loudspeakers in the room cube: planes of one height, rows of one depth in them, columns in the rows; and the
//! point panner that balances between them (ITU-R BS.2127, allocentric panner, "triple balance").

use std::f64::consts::FRAC_PI_2;

/// A loudspeaker and its place in the cube.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stand {
    pub(super) channel: usize,
    /// x right, y front, z up.
    pub(super) at: [f64; 3],
}

/// A coordinate along one axis, and which of the next finer division share it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    pub(super) at: f64,
    pub(super) first: usize,
    pub(super) end: usize,
}

/// The loudspeakers of a room in ascending order of z, then y, then x.
#[derive(Debug, Clone, Default)]
pub(super) struct Room {
    pub(super) planes: Vec<Level>,
    pub(super) rows: Vec<Level>,
    pub(super) columns: Vec<Level>,
    /// The channel of each column.
    pub(super) channels: Vec<usize>,
}

impl Room {
    /// An empty room with space for `count` loudspeakers.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            planes: Vec::with_capacity(count),
            rows: Vec::with_capacity(count),
            columns: Vec::with_capacity(count),
            channels: Vec::with_capacity(count),
        }
    }

    /// Puts `stands` in the room in place of what was there. They come in ascending order; of several in
    /// one place only the first plays.
    pub(super) fn fill(&mut self, stands: impl Iterator<Item = Stand>) {
        self.planes.clear();
        self.rows.clear();
        self.columns.clear();
        self.channels.clear();
        let mut before: Option<[f64; 3]> = None;
        for Stand { channel, at } in stands {
            let same = |axes: std::ops::RangeInclusive<usize>| {
                let mut axes = axes;
                before.is_some_and(|before| {
                    axes.all(|axis| before[axis].total_cmp(&at[axis]).is_eq())
                })
            };
            let (same_plane, same_row, same_place) = (same(2..=2), same(1..=2), same(0..=2));
            before = Some(at);
            if same_place {
                continue;
            }
            extend(&mut self.columns, false, at[0], self.channels.len());
            self.channels.push(channel);
            extend(&mut self.rows, same_row, at[1], self.columns.len() - 1);
            extend(&mut self.planes, same_plane, at[2], self.rows.len() - 1);
        }
    }

    /// Adds the gains of a point at `at`, of power 1, to `gains`, one per channel.
    #[inline]
    pub(super) fn add_point(&self, [x, y, z]: [f64; 3], gains: &mut [f64]) {
        for (plane, of_plane) in balance(&self.planes, z) {
            for (row, of_row) in balance(&self.rows[plane.first..plane.end], y) {
                for (column, of_column) in balance(&self.columns[row.first..row.end], x) {
                    gains[self.channels[column.first]] += of_plane * of_row * of_column;
                }
            }
        }
    }
}

/// Adds member `index` to the last level, or begins a new one with it.
fn extend(levels: &mut Vec<Level>, same: bool, at: f64, index: usize) {
    match levels.last_mut() {
        Some(level) if same => level.end = index + 1,
        _ => levels.push(Level {
            at,
            first: index,
            end: index + 1,
        }),
    }
}

/// The one or two neighbours among `levels` that play something at `value`, with their gains: sine and cosine
/// between two, the outermost alone beyond it.
#[inline]
fn balance(levels: &[Level], value: f64) -> impl Iterator<Item = (Level, f64)> {
    let above = levels.partition_point(|level| level.at <= value);
    let below = above.checked_sub(1).map(|index| levels[index]);
    let pair = match (below, levels.get(above).copied()) {
        (Some(below), Some(above)) => {
            let (to_above, to_below) = balance_gains(below.at, above.at, value);
            [Some((below, to_below)), Some((above, to_above))]
        }
        (below, above) => [
            below.map(|level| (level, 1.0)),
            above.map(|level| (level, 1.0)),
        ],
    };
    pair.into_iter().flatten().filter(|&(_, gain)| gain > 0.0)
}

/// The gains of the higher and the lower of two coordinates at `value` between them.
pub(super) fn balance_gains(below: f64, above: f64, value: f64) -> (f64, f64) {
    ((value - below) / (above - below) * FRAC_PI_2).sin_cos()
}

//! Gives each stem its starting place: by role, with pairs mirrored and company spread symmetrically.

use super::names::{Role, Side};
use super::propose::Draft;

/// Where a stem starts. Degrees, azimuth positive to the left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Placing {
    /// A fixed place; `width` for a stereo stem.
    Fixed {
        /// Azimuth.
        az: f64,
        /// Elevation.
        el: f64,
        /// Angle between the two sides of a stereo stem.
        width: Option<f64>,
    },
    /// Once round the listener again and again.
    Circle {
        /// Length of one turn.
        turn: Turn,
        /// Elevation.
        el: f64,
        /// Angle between the two sides of a stereo stem.
        width: Option<f64>,
    },
}

/// Length of one turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// In beats, where the tempo is known.
    Beats(f64),
    /// In seconds.
    Seconds(f64),
}

impl Placing {
    /// Front centre.
    pub fn centre() -> Self {
        Self::Fixed {
            az: 0.0,
            el: 0.0,
            width: None,
        }
    }
}

/// Eight bars of four: slow enough not to be noticed as a trick.
const TURN: Turn = Turn::Beats(32.0);
const TURN_WITHOUT_TEMPO: Turn = Turn::Seconds(16.0);

/// Stems of unknown role that are stereo: as wide as a stereo pair.
const UNKNOWN_WIDTH: f64 = 60.0;

/// Places all stems. Those of one role are placed together.
pub(super) fn assign(stems: &mut [Draft], tempo_known: bool) {
    pairs(stems);
    for role in Role::all() {
        let of_role = |draft: &Draft| draft.stem.role == Some(role) && !is_placed(draft);
        let mono: Vec<usize> = indices(stems, |draft| {
            of_role(draft) && draft.width_in_channels() == 1
        });
        let stereo: Vec<usize> = indices(stems, |draft| {
            of_role(draft) && draft.width_in_channels() == 2
        });
        moving(stems, role, &mono, &stereo, tempo_known);
        let still = |list: &[usize], stems: &[Draft]| -> Vec<usize> {
            list.iter()
                .copied()
                .filter(|&i| !is_placed(&stems[i]))
                .collect()
        };
        let mono = still(&mono, stems);
        spread(stems, role, &mono);
        let stereo = still(&stereo, stems);
        nest(stems, role, &stereo);
    }
    for draft in stems.iter_mut().filter(|draft| !is_placed(draft)) {
        let width = (draft.width_in_channels() == 2).then_some(UNKNOWN_WIDTH);
        set(
            draft,
            Placing::Fixed {
                az: 0.0,
                el: 0.0,
                width,
            },
            "front, until its role is known",
        );
    }
}

fn indices(stems: &[Draft], wanted: impl Fn(&Draft) -> bool) -> Vec<usize> {
    (0..stems.len()).filter(|&i| wanted(&stems[i])).collect()
}

fn is_placed(draft: &Draft) -> bool {
    !draft.stem.place_reason.is_empty()
}

fn set(draft: &mut Draft, placing: Placing, reason: &str) {
    draft.stem.placing = placing;
    draft.stem.place_reason = reason.to_owned();
}

/// The left and right file of one recording stand at mirrored places, and hard apart on the stereo bus.
fn pairs(stems: &mut [Draft]) {
    for i in 0..stems.len() {
        let (Some(role), Some(Side::Left)) = (stems[i].stem.role, stems[i].reading.side) else {
            continue;
        };
        let partner = (0..stems.len()).find(|&j| {
            let (one, other) = (&stems[i], &stems[j]);
            other.reading.side == Some(Side::Right)
                && other.stem.role == Some(role)
                && other.reading.unsided == one.reading.unsided
                && !is_placed(other)
        });
        let Some(j) = partner else { continue };
        for (k, sign) in [(i, 1.0), (j, -1.0)] {
            let stereo = stems[k].width_in_channels() == 2;
            let placing = Placing::Fixed {
                az: sign * role.pair,
                el: role.el,
                width: stereo.then_some(30.0),
            };
            let side = if sign > 0.0 { "left" } else { "right" };
            set(
                &mut stems[k],
                placing,
                &format!("{side} of a pair, mirrored: {}", role.why),
            );
            stems[k].stem.pan = Some(-sign);
        }
    }
}

/// The first stem of a role that moves goes round; others of it stand still.
fn moving(stems: &mut [Draft], role: &Role, mono: &[usize], stereo: &[usize], tempo_known: bool) {
    let first = stereo.iter().chain(mono).min();
    let Some(&i) = first.filter(|_| role.moving) else {
        return;
    };
    let turn = if tempo_known {
        TURN
    } else {
        TURN_WITHOUT_TEMPO
    };
    let width = (stems[i].width_in_channels() == 2).then_some(role.width);
    set(
        &mut stems[i],
        Placing::Circle {
            turn,
            el: role.el,
            width,
        },
        &role.why,
    );
}

/// Mono stems share the arc from `side` to its mirror image, evenly.
fn spread(stems: &mut [Draft], role: &Role, members: &[usize]) {
    let count = members.len();
    for (place, &i) in members.iter().enumerate() {
        let lone_side = stems[i].reading.side;
        let az = match (count, lone_side) {
            // One file of a pair whose other is missing.
            (1, Some(Side::Left)) => role.pair,
            (1, Some(Side::Right)) => -role.pair,
            (1, None) => role.alone.unwrap_or(role.side),
            _ => role.side * (1.0 - 2.0 * place as f64 / (count - 1) as f64),
        };
        // Whole degrees read better, and rounding keeps the mirror: it is symmetric about 0.
        let az = az.round() + 0.0;
        let reason = match count {
            1 => role.why.clone(),
            _ if role.side.abs() < f64::EPSILON => role.why.clone(),
            _ => format!("{} of {count} side by side: {}", place + 1, role.why),
        };
        set(
            &mut stems[i],
            Placing::Fixed {
                az,
                el: role.el,
                width: None,
            },
            &reason,
        );
    }
}

/// Stereo stems of one role lie inside each other, each narrower and a little higher.
fn nest(stems: &mut [Draft], role: &Role, members: &[usize]) {
    for (place, &i) in members.iter().enumerate() {
        let step = place as f64;
        let narrowest = role.width.min(30.0);
        let width = (role.width * (1.0 - 0.15 * step)).max(narrowest).round();
        let el = (role.el + 5.0 * step).min(role.el.max(60.0));
        let reason = match place {
            0 => role.why.clone(),
            _ => format!("inside the first of its kind: {}", role.why),
        };
        set(
            &mut stems[i],
            Placing::Fixed {
                az: 0.0,
                el,
                width: Some(width),
            },
            &reason,
        );
    }
}

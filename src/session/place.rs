//! Gives each stem its starting place: by role, with pairs mirrored, what names a side on that side, and company spread
//! symmetrically.

use std::cmp::Ordering;

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

/// Stereo stems that stand on a side.
const SIDE_WIDTH: f64 = 30.0;

/// Places all stems. Those of one role are placed together.
pub(super) fn assign(stems: &mut [Draft], tempo_known: bool) {
    pairs(stems);
    for role in Role::all() {
        let of_role = |draft: &Draft| draft.stem.role == Some(role) && !is_placed(draft);
        let lean = on_their_sides(stems, role);
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
        spread(stems, role, &mono, lean);
        let stereo = still(&stereo, stems);
        nest(stems, role, &stereo);
    }
    for draft in stems.iter_mut().filter(|draft| !is_placed(draft)) {
        let is_stereo = draft.width_in_channels() == 2;
        let (az, width, place) = match draft.reading.side {
            Some(side) => {
                let az = sign(side) * UNKNOWN_WIDTH / 2.0;
                (az, SIDE_WIDTH, format!("{}, as its name says", word(side)))
            }
            None => (0.0, UNKNOWN_WIDTH, "front".to_owned()),
        };
        let placing = Placing::Fixed {
            az,
            el: 0.0,
            width: is_stereo.then_some(width),
        };
        set(draft, placing, &format!("{place}, until its role is known"));
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

/// The side as a sign of azimuths.
fn sign(side: Side) -> f64 {
    match side {
        Side::Left => 1.0,
        Side::Right => -1.0,
    }
}

fn word(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
    }
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
        for (k, side) in [(i, Side::Left), (j, Side::Right)] {
            let stereo = stems[k].width_in_channels() == 2;
            let placing = Placing::Fixed {
                az: sign(side) * role.pair,
                el: role.el,
                width: stereo.then_some(SIDE_WIDTH),
            };
            set(
                &mut stems[k],
                placing,
                &format!("{} of a pair, mirrored: {}", word(side), role.why),
            );
            stems[k].stem.pan = Some(-sign(side));
        }
    }
}

/// Stems of `role` whose names say a side without being one of a pair stand on that side: the first where that of a
/// pair would, the others evenly between there and the front. Gives the side that has more of them.
fn on_their_sides(stems: &mut [Draft], role: &Role) -> Option<Side> {
    let [left, right] = [Side::Left, Side::Right].map(|side| {
        let members = indices(stems, |draft| {
            draft.stem.role == Some(role) && draft.reading.side == Some(side) && !is_placed(draft)
        });
        for (place, &i) in members.iter().enumerate() {
            let share = 1.0 - place as f64 / members.len() as f64;
            let stereo = stems[i].width_in_channels() == 2;
            let placing = Placing::Fixed {
                // Never so many that one comes to stand in front.
                az: sign(side) * (role.pair * share).round().max(1.0),
                el: role.el,
                width: stereo.then_some(SIDE_WIDTH),
            };
            let reason = format!("{}, as its name says: {}", word(side), role.why);
            set(&mut stems[i], placing, &reason);
        }
        members.len()
    });
    match left.cmp(&right) {
        Ordering::Greater => Some(Side::Left),
        Ordering::Less => Some(Side::Right),
        Ordering::Equal => None,
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

/// Mono stems share the arc from `side` to its mirror image, evenly; a single one stands across from the side to
/// which others of its role `lean`.
fn spread(stems: &mut [Draft], role: &Role, members: &[usize], lean: Option<Side>) {
    let count = members.len();
    for (place, &i) in members.iter().enumerate() {
        let az = match count {
            1 => {
                let az = role.alone.unwrap_or(role.side);
                match lean {
                    // Behind there is no side.
                    Some(side) if az.abs() < 180.0 => -sign(side) * az.abs(),
                    _ => az,
                }
            }
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

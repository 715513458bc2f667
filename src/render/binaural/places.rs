//! Where on the sphere something is heard from.

use std::sync::LazyLock;

use crate::geometry::{Direction, Position, cartesian_to_polar, direction};
use crate::layout;
use crate::panner::{GainCalculator, nominal_label};
use crate::scene::{DirectSpeakers, SpeakerPosition, State};

/// Nearer than this, in loudspeaker distances, an object is on its way into the head.
const NEAR_HEAD: f64 = 0.1;

/// Where something is heard from, if it has a place: moved as the screen and the fixed directions of `gains` say,
/// places in the room cube as ITU-R BS.2127, section 10, converts them. What is not a number is straight ahead.
pub(super) fn direction_of(gains: &mut GainCalculator, state: &State) -> Option<Direction> {
    match state {
        State::Object(object) => Some(match gains.place(object) {
            Position::Polar {
                azimuth, elevation, ..
            } => on_sphere(azimuth, elevation),
            Position::Cartesian { x, y, z } => in_room([x, y, z]),
        }),
        State::DirectSpeakers(speaker) => Some(match gains.speaker_place(speaker) {
            SpeakerPosition::Polar {
                azimuth, elevation, ..
            } => on_sphere(azimuth.value, elevation.value),
            // A place in the room says where a wall is, not how a loudspeaker there is seen: its name does.
            SpeakerPosition::Cartesian { x, y, z } => {
                nominal(speaker).unwrap_or_else(|| in_room([x.value, y.value, z.value]))
            }
        }),
        State::Hoa(_) | State::Binaural { .. } => None,
    }
}

/// Layouts in which loudspeakers stand where their labels say, those of beds in the room first.
const NAMED: [&str; 4] = ["dolby-9.1.6", "dolby-7.1.2", "9+10+3", "0+5+0"];

/// Labels and directions of the loudspeakers of [`NAMED`].
static NOMINAL: LazyLock<Vec<(String, Direction)>> = LazyLock::new(|| {
    let layouts = NAMED.iter().filter_map(|name| layout::find(name).ok());
    let speakers = layouts.flat_map(|layout| layout.speakers);
    let placed = speakers.filter(|speaker| !speaker.lfe).map(|speaker| {
        let (azimuth, elevation, _) = speaker.position.to_polar();
        (speaker.label, direction(azimuth, elevation))
    });
    placed.collect()
});

/// Makes the table, so that what follows allocates nothing.
pub(super) fn prepare() {
    LazyLock::force(&NOMINAL);
}

/// Where the loudspeaker that a channel is named after stands.
fn nominal(speaker: &DirectSpeakers) -> Option<Direction> {
    let labels = speaker.labels.iter().map(|label| nominal_label(label));
    let mut known = labels.filter_map(|label| NOMINAL.iter().find(|(name, _)| name == label));
    known.next().map(|(_, direction)| *direction)
}

/// How far an object at `position` is outside the head: 0 in its middle, 1 from a tenth of the loudspeakers' distance
/// on. There loudspeakers, too, begin to play it from all round.
pub(super) fn outside_head(position: Position) -> f64 {
    let distance = position.vector().norm();
    let away = (distance / NEAR_HEAD).min(1.0);
    if away.is_nan() {
        return 1.0;
    }
    away * away * (3.0 - 2.0 * away)
}

fn on_sphere(azimuth: f64, elevation: f64) -> Direction {
    let to = direction(azimuth, elevation.clamp(-90.0, 90.0));
    let finite = to.iter().all(|x| x.is_finite());
    if finite { to } else { direction(0.0, 0.0) }
}

fn in_room(at: [f64; 3]) -> Direction {
    let at = at.map(|x| if x.is_nan() { 0.0 } else { x.clamp(-1.0, 1.0) });
    let (azimuth, elevation, _) = cartesian_to_polar(at);
    on_sphere(azimuth, elevation)
}

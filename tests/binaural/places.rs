//! Where objects are heard whose place depends on loudspeakers, on a screen, or on their distance.

use std::sync::Arc;

use umbel::geometry::Position;
use umbel::layout::Screen;
use umbel::render::binaural::{Headphones, RoomChoice};
use umbel::scene::{
    ChannelLock, DirectSpeakers, Features, LockHorizontal, Object, ObjectState, RoomMode,
    ScreenEdgeLock, State, StaticBlock,
};

use super::{at, default_filters, dry, hear, impulse, still};

/// The ears' impulse responses of an object at `position` with `features`.
fn heard(position: Position, features: Option<Features>) -> [Vec<f32>; 2] {
    let mut state = ObjectState::at(position);
    state.features = features.map(Arc::new);
    let object = Object::new("placed", 0, Box::new(StaticBlock::new(state)));
    hear(dry(&default_filters()), vec![object], &[impulse(2000)])
}

fn assert_heard_at(found: &[Vec<f32>; 2], azimuth: f64, elevation: f64, what: &str) {
    let expected = hear(
        dry(&default_filters()),
        vec![still(0, azimuth, elevation)],
        &[impulse(2000)],
    );
    for ear in 0..2 {
        let pairs = found[ear].iter().zip(&expected[ear]);
        let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-5, "{what}, ear {ear}: {apart}");
    }
}

#[test]
fn channels_of_a_bed_are_heard_where_their_loudspeakers_stand() {
    let bed = |label: &str, [x, y, z]: [f64; 3]| {
        let speaker = DirectSpeakers::labelled(label, Position::Cartesian { x, y, z });
        let blocks = StaticBlock::new(State::DirectSpeakers(Arc::new(speaker)));
        let object = Object::new("bed", 0, Box::new(blocks));
        hear(dry(&default_filters()), vec![object], &[impulse(2000)])
    };
    for (label, room, azimuth, elevation) in [
        ("RC_L", [-1.0, 1.0, 0.0], 30.0, 0.0),
        ("RC_Lss", [-1.0, 0.0, 0.0], 90.0, 0.0),
        ("RC_Rrs", [1.0, -1.0, 0.0], -135.0, 0.0),
        ("RC_Rts", [1.0, 0.0, 1.0], -90.0, 45.0),
        ("M-110", [1.0, -1.0, 0.0], -110.0, 0.0),
        // What nobody has a name for is where the room has it.
        ("X", [-1.0, 0.0, 0.0], 70.0, 0.0),
    ] {
        assert_heard_at(&bed(label, room), azimuth, elevation, label);
    }
}

#[test]
fn a_locked_object_is_heard_from_the_nearest_fixed_direction_within_its_reach() {
    let lock = |max_distance| {
        Some(Features {
            channel_lock: Some(ChannelLock { max_distance }),
            ..Features::default()
        })
    };
    let found = heard(at(34.0, 5.0), lock(None));
    assert_heard_at(&found, 30.0, 0.0, "locked");
    let found = heard(at(34.0, 5.0), lock(Some(0.05)));
    assert_heard_at(&found, 34.0, 5.0, "out of reach");
    // The middle of the right wall is at -70 degrees: the walls' corners are the corners of 5.0.
    let in_room = Position::Cartesian {
        x: 1.0,
        y: 0.0,
        z: 0.1,
    };
    assert_heard_at(&heard(in_room, lock(None)), -60.0, 0.0, "in the room");
}

#[test]
fn the_screen_moves_what_depends_on_it() {
    // The default screen reaches to 29 degrees.
    let edge = Features {
        screen_edge_lock: ScreenEdgeLock {
            horizontal: Some(LockHorizontal::Left),
            vertical: None,
        },
        ..Features::default()
    };
    assert_heard_at(&heard(at(3.0, 2.0), Some(edge)), 29.0, 2.0, "edge");
    let scaled = |reference_screen| {
        Some(Features {
            screen_ref: true,
            reference_screen,
            ..Features::default()
        })
    };
    let wide = Screen {
        width: 80.0,
        ..Screen::default()
    };
    assert_heard_at(&heard(at(40.0, 0.0), scaled(wide)), 29.0, 0.0, "scaled");
    let same = scaled(Screen::default());
    assert_heard_at(&heard(at(40.0, 0.0), same), 40.0, 0.0, "same screen");
}

#[test]
fn at_the_listener_s_place_both_ears_hear_the_same_as_loud() {
    let near = |distance: f64| Position::Polar {
        azimuth: 90.0,
        elevation: 0.0,
        distance,
    };
    let power = |pair: &[Vec<f32>; 2]| -> f32 { pair.iter().flatten().map(|x| x * x).sum() };
    let inside = heard(near(0.0), None);
    assert_eq!(inside[0], inside[1]);
    assert!(power(&inside) > 0.1, "{}", power(&inside));
    assert_heard_at(&heard(near(0.1), None), 90.0, 0.0, "just outside");
    assert_heard_at(&heard(near(5.0), None), 90.0, 0.0, "far away");
    // In a room as without one.
    let headphones = Headphones::new(default_filters(), RoomChoice::All(RoomMode::Near)).unwrap();
    let object = Object::new(
        "inside",
        0,
        Box::new(StaticBlock::new(ObjectState::at(near(0.0)))),
    );
    let in_room = hear(headphones, vec![object], &[impulse(2000)]);
    let onset = |ear: &[f32]| ear.iter().position(|x| x.abs() > 0.3);
    assert!(onset(&in_room[0]).is_some() && onset(&in_room[0]) == onset(&in_room[1]));
}

//! The head turns.

use umbel::render::binaural::{Pose, PoseTrack};

use super::measure::{null_db, wide};
use super::{default_filters, dry, hear, noise, still};

fn heard(pose: PoseTrack, azimuth: f64, elevation: f64) -> [Vec<f64>; 2] {
    let headphones = dry(&default_filters()).with_pose(pose);
    let feeds = [noise(8000, 5)];
    wide(&hear(
        headphones,
        vec![still(0, azimuth, elevation)],
        &feeds,
    ))
}

#[test]
fn a_head_that_faces_a_source_hears_it_straight_ahead() {
    let ahead = heard(PoseTrack::default(), 0.0, 0.0);
    let beside = heard(PoseTrack::default(), 90.0, 0.0);
    let (sin, cos) = 15.0_f64.to_radians().sin_cos();
    let cases = [
        (Pose::angles(30.0, 0.0, 0.0), 30.0, 0.0, &ahead),
        (Pose::angles(0.0, 30.0, 0.0), 0.0, 30.0, &ahead),
        (Pose::angles(-50.0, -20.0, 40.0), -50.0, -20.0, &ahead),
        (Pose::angles(0.0, 0.0, 30.0), 90.0, 30.0, &beside),
        (
            Pose::quaternion([cos, 0.0, 0.0, sin]).unwrap(),
            30.0,
            0.0,
            &ahead,
        ),
        (
            Pose::quaternion([cos, 0.0, -sin, 0.0]).unwrap(),
            0.0,
            30.0,
            &ahead,
        ),
        (
            Pose::quaternion([cos, sin, 0.0, 0.0]).unwrap(),
            90.0,
            30.0,
            &beside,
        ),
    ];
    for (pose, azimuth, elevation, expected) in cases {
        let null = null_db(&heard(PoseTrack::still(pose), azimuth, elevation), expected);
        assert!(
            null <= -80.0,
            "{pose:?}, source at {azimuth}, {elevation}: {null:.1} dB"
        );
    }
    let wrong = heard(PoseTrack::still(Pose::angles(-30.0, 0.0, 0.0)), 30.0, 0.0);
    assert!(
        null_db(&wrong, &ahead) > -10.0,
        "the other way it is somewhere else"
    );
}

#[test]
fn a_step_of_the_head_is_over_after_a_hop() {
    let poses = vec![
        (0.0, Pose::default()),
        (0.0499, Pose::default()),
        (0.05, Pose::angles(40.0, 0.0, 0.0)),
    ];
    let turned = heard(PoseTrack::new(poses).unwrap(), 0.0, 0.0);
    let after = heard(PoseTrack::still(Pose::angles(40.0, 0.0, 0.0)), 0.0, 0.0);
    let from = 2400 + 512 + 1024;
    let part = |pair: &[Vec<f64>; 2]| [0, 1].map(|ear| pair[ear][from..].to_vec());
    assert!(null_db(&part(&turned), &part(&after)) <= -80.0);
}

#[test]
fn what_is_locked_to_the_head_does_not_turn() {
    let pose = PoseTrack::still(Pose::angles(70.0, 0.0, 0.0));
    let headphones = dry(&default_filters()).with_pose(pose);
    let mut object = still(0, 20.0, 0.0);
    object.headphones.head_locked = true;
    let found = wide(&hear(headphones, vec![object], &[noise(8000, 5)]));
    assert!(null_db(&found, &heard(PoseTrack::default(), 20.0, 0.0)) <= -100.0);
}

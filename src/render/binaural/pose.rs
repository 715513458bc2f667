//! How the listener's head is turned, and when.

use nalgebra::{Quaternion, UnitQuaternion, Vector3};

use crate::geometry::Direction;
use crate::units::{Frames, SampleRate};

/// A turn of the head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose(UnitQuaternion<f64>);

impl Default for Pose {
    fn default() -> Self {
        Self(UnitQuaternion::identity())
    }
}

impl Pose {
    /// The head turned by `yaw` degrees to the left, then raised by `pitch` degrees, then tilted by `roll`
    /// degrees to its right shoulder. With a yaw of 30, a source at azimuth 30 is straight ahead; with a pitch of
    /// 30, one at elevation 30 is; with a roll of 30, one at azimuth 90 and elevation 30 is beside the left ear.
    pub fn angles(yaw_deg: f64, pitch_deg: f64, roll_deg: f64) -> Self {
        let about = |axis: Vector3<f64>, degrees: f64| {
            UnitQuaternion::from_axis_angle(
                &nalgebra::Unit::new_unchecked(axis),
                degrees.to_radians(),
            )
        };
        let yaw = about(Vector3::z(), yaw_deg);
        let pitch = about(Vector3::x(), pitch_deg);
        let roll = about(Vector3::y(), roll_deg);
        Self(yaw * pitch * roll)
    }

    /// The turn of a quaternion w, x, y, z on the axes x front, y left, z up; any length above 0. `None` if it
    /// has none.
    pub fn quaternion([w, x, y, z]: [f64; 4]) -> Option<Self> {
        let raw = Quaternion::new(w, -y, x, z);
        let length = raw.norm();
        (length.is_finite() && length > 1e-9).then(|| Self(UnitQuaternion::from_quaternion(raw)))
    }

    /// The direction, seen from the head, of what is in `direction` in the room.
    #[inline]
    pub(in crate::render) fn seen(&self, direction: &Direction) -> Direction {
        self.0.inverse_transform_vector(direction)
    }
}

/// How the head turns over time: between two poses along the shortest arc, before the first and after the last
/// it stays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PoseTrack {
    /// Seconds and poses, in order of time.
    poses: Vec<(f64, Pose)>,
}

impl PoseTrack {
    /// The head stays at `pose`.
    pub fn still(pose: Pose) -> Self {
        Self {
            poses: vec![(0.0, pose)],
        }
    }

    /// The head takes each pose at its second. `None` if there are none, or the seconds do not rise.
    pub fn new(poses: Vec<(f64, Pose)>) -> Option<Self> {
        let rises = poses.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let finite = poses.iter().all(|(second, _)| second.is_finite());
        (rises && finite && !poses.is_empty()).then_some(Self { poses })
    }

    /// Number of poses.
    pub fn len(&self) -> usize {
        self.poses.len()
    }

    /// True if there is none: the head looks straight ahead.
    pub fn is_empty(&self) -> bool {
        self.poses.is_empty()
    }

    /// The pose at a frame; `None` while the head looks straight ahead.
    pub(in crate::render) fn at(&self, frame: u64, rate: SampleRate) -> Option<Pose> {
        let second = rate.seconds_at(Frames(frame));
        let next = self.poses.partition_point(|(at, _)| *at <= second);
        let pose = match (next.checked_sub(1), self.poses.get(next)) {
            (None, None) => return None,
            (None, Some((_, pose))) => *pose,
            (Some(before), None) => self.poses[before].1,
            (Some(before), Some((end, to))) => {
                let (start, from) = self.poses[before];
                let x = (second - start) / (end - start);
                let turned = from.0.try_slerp(&to.0, x, 1e-9);
                Pose(turned.unwrap_or(to.0))
            }
        };
        (pose != Pose::default()).then_some(pose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    #[test]
    fn a_head_that_follows_a_source_has_it_straight_ahead() {
        let ahead = direction(0.0, 0.0);
        let cases = [
            (Pose::angles(30.0, 0.0, 0.0), direction(30.0, 0.0), ahead),
            (Pose::angles(0.0, 30.0, 0.0), direction(0.0, 30.0), ahead),
            (Pose::angles(40.0, 20.0, 77.0), direction(40.0, 20.0), ahead),
            (
                Pose::angles(0.0, 0.0, 30.0),
                direction(90.0, 30.0),
                direction(90.0, 0.0),
            ),
        ];
        for (pose, source, seen) in cases {
            assert!((pose.seen(&source) - seen).norm() < 1e-12, "{pose:?}");
        }
    }

    #[test]
    fn quaternions_say_the_same_as_angles() {
        let (sin, cos) = 15.0_f64.to_radians().sin_cos();
        // About up, about left (which lowers the head), about front.
        let cases = [
            ([cos, 0.0, 0.0, sin], Pose::angles(30.0, 0.0, 0.0)),
            ([cos, 0.0, sin, 0.0], Pose::angles(0.0, -30.0, 0.0)),
            ([cos, sin, 0.0, 0.0], Pose::angles(0.0, 0.0, 30.0)),
        ];
        for (numbers, pose) in cases {
            let found = Pose::quaternion(numbers.map(|x| 2.0 * x)).unwrap();
            let apart = found.0.angle_to(&pose.0);
            assert!(apart < 1e-7, "{numbers:?}: {apart}");
        }
        assert!(Pose::quaternion([0.0; 4]).is_none());
    }

    #[test]
    fn between_two_poses_the_head_is_on_its_way() {
        let track = PoseTrack::new(vec![
            (1.0, Pose::angles(0.0, 0.0, 0.0)),
            (2.0, Pose::angles(90.0, 0.0, 0.0)),
        ])
        .unwrap();
        let rate = SampleRate(48_000);
        assert!(track.at(0, rate).is_none());
        let half = track.at(72_000, rate).unwrap();
        assert!((half.seen(&direction(45.0, 0.0)) - direction(0.0, 0.0)).norm() < 1e-9);
        let after = track.at(480_000, rate).unwrap();
        assert!((after.seen(&direction(90.0, 0.0)) - direction(0.0, 0.0)).norm() < 1e-9);
        assert!(PoseTrack::new(vec![(1.0, Pose::default()), (1.0, Pose::default())]).is_none());
    }
}

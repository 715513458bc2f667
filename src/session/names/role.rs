//! The roles a stem can have, each with its group and its starting place (`roles.toml`).

use std::sync::OnceLock;

use serde::Deserialize;

/// What a stem is in a song. Angles are in degrees, positive to the left and up.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Short name in lower case ("lead-vocal").
    pub id: String,
    /// Name as shown ("Lead Vocal").
    pub title: String,
    /// The group it belongs to ("vocals"); empty if it belongs to none.
    pub group: String,
    /// Azimuth of a mono stem; several share the arc from here to the mirrored side.
    pub side: f64,
    /// Azimuth of a mono stem that is the only one of its role, where that is not `side`.
    pub alone: Option<f64>,
    /// Azimuth of the left file of a left/right pair of mono files.
    pub pair: f64,
    /// Elevation.
    pub el: f64,
    /// Angle between the two sides of a stereo stem.
    pub width: f64,
    /// Proposed as a movement rather than a fixed place.
    #[serde(default)]
    pub moving: bool,
    /// Holds several instruments already mixed.
    #[serde(default)]
    pub submix: bool,
    /// Why it starts there.
    pub why: String,
}

impl Role {
    /// False for what must not be played together with the stems: a finished mix, a click.
    pub fn is_stem(&self) -> bool {
        !self.group.is_empty()
    }

    /// The role called `id`.
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().iter().find(|role| role.id == id)
    }

    /// Every role, in the order of the groups on a desk.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the embedded file is read by the tests"
    )]
    pub fn all() -> &'static [Self] {
        #[derive(Deserialize)]
        struct File {
            role: Vec<Role>,
        }
        static ROLES: OnceLock<Vec<Role>> = OnceLock::new();
        ROLES.get_or_init(|| {
            let file: File = toml::from_str(include_str!("roles.toml"))
                .expect("the embedded roles.toml is well formed");
            file.role
        })
    }
}

impl PartialEq<str> for Role {
    fn eq(&self, id: &str) -> bool {
        self.id == id
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn roles_are_unique_and_lie_in_the_six_groups() {
        let groups = ["kick", "bass", "drums", "synths", "vocals", "fx", ""];
        let mut ids = HashSet::new();
        for role in Role::all() {
            assert!(ids.insert(&role.id), "{} twice", role.id);
            assert!(groups.contains(&role.group.as_str()), "{}", role.id);
            assert!(role.side.abs() <= 180.0 && role.pair > 0.0 && role.pair <= 180.0);
            assert!((0.0..=360.0).contains(&role.width) && role.el.abs() <= 90.0);
            assert!(!role.why.is_empty(), "{} says no reason", role.id);
        }
    }

    #[test]
    fn the_kick_is_alone_in_its_group() {
        let kicks: Vec<_> = Role::all().iter().filter(|r| r.group == "kick").collect();
        assert_eq!(kicks.len(), 1);
        assert_eq!(kicks[0].id, "kick");
    }
}

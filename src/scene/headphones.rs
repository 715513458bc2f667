//! What an object says about its play on headphones.

/// The room in which headphones play an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomMode {
    /// No ears and no room: panned between left and right as on a mixing desk.
    Off,
    /// Close by: early reflections, soft.
    Near,
    /// As from loudspeakers in a living room.
    Mid,
    /// Farther away: more room, less treble.
    Far,
}

impl RoomMode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Off, Self::Near, Self::Mid, Self::Far];

    /// Its name: "off", "near", "mid" or "far".
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Near => "near",
            Self::Mid => "mid",
            Self::Far => "far",
        }
    }
}

/// An object's wishes for headphones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OnHeadphones {
    /// Its room; `None`: not said.
    pub room: Option<RoomMode>,
    /// It turns with the head.
    pub head_locked: bool,
}

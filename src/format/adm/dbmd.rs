//! The dbmd chunk (placeholder until parsed).

/// How a channel is meant to be heard on headphones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinauralMode {
    /// Not placed.
    Off,
    /// Near.
    Near,
    /// Far.
    Far,
    /// Between.
    Mid,
    /// Not said.
    NotIndicated,
}

/// What the dbmd chunk says.
#[derive(Debug, Clone, PartialEq)]
pub struct Dbmd {
    /// Mode of each channel.
    pub modes: Vec<BinauralMode>,
}

impl Dbmd {
    /// Mode of a channel of the file, from 0.
    pub fn binaural_mode(&self, channel: usize) -> Option<BinauralMode> {
        self.modes.get(channel).copied()
    }
}

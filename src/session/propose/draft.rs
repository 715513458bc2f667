//! A stem and what its name says, while places are found.

use super::super::names::{NameReading, Role};
use super::super::place::Placing;
use super::super::sound::Sound;
use super::{GROUPS, StemFile, StemProposal};

/// A stem and what its name says, while places are found.
#[derive(Debug, Clone)]
pub(in crate::session) struct Draft {
    pub(in crate::session) stem: StemProposal,
    pub(in crate::session) reading: NameReading,
}

impl Draft {
    pub(super) fn new(
        file: &StemFile,
        reading: &NameReading,
        listen: &mut dyn FnMut(&StemFile) -> Option<Sound>,
    ) -> Self {
        let audio = file.audio.as_ref().ok().copied();
        let mut stem = StemProposal {
            name: match &file.named {
                Some(named) if !named.name.trim().is_empty() => named.name.trim().to_owned(),
                Some(named) => format!("Stem {}", named.track.saturating_sub(1)),
                None => reading.name.clone(),
            },
            file: file.path.clone(),
            track: file.named.as_ref().map(|named| named.track),
            colour: file.named.as_ref().and_then(|named| named.colour.clone()),
            audio,
            channels: None,
            bpm: reading.bpm,
            key: reading.key.clone(),
            role: reading.role,
            group: None,
            placing: Placing::centre(),
            place_reason: String::new(),
            lfe_db: None,
            pan: None,
            reason: reading.reason.clone(),
            confidence: reading.confidence,
            doubts: reading.doubts.clone(),
            included: reading.role.is_none_or(Role::is_stem),
        };
        match &file.audio {
            Err(reason) => {
                stem.doubts.push(format!("cannot be read: {reason}"));
                stem.included = false;
            }
            Ok(_) if stem.role.is_none() => match listen(file) {
                Some(sound) => {
                    let guess = sound.guess();
                    stem.role = guess.role;
                    stem.confidence = guess.confidence;
                    stem.reason = format!("{}; {}", reading.reason, guess.reason);
                    stem.doubts.push("role guessed from the sound".to_owned());
                }
                None => stem.doubts.push("no role found".to_owned()),
            },
            Ok(_) => {}
        }
        if let Some(role) = stem.role.filter(|role| role.is_stem()) {
            stem.group = Some(reading.group.clone().unwrap_or_else(|| role.group.clone()));
        }
        Self {
            stem,
            reading: reading.clone(),
        }
    }

    /// A file of more than two channels becomes a stem for each pair of them: which speakers or sounds they
    /// are, the file does not say.
    pub(super) fn split_channels(self) -> Vec<Self> {
        /// Files of more channels are an array recording or a whole mixer, and are left to the user.
        const MOST: usize = 128;
        let channels = self.stem.audio.map_or(0, |audio| audio.channels);
        if channels <= 2 {
            return vec![self];
        }
        let doubt = format!("{channels} channels: check what each pair is");
        if channels > MOST {
            let mut one = self;
            one.stem.doubts.push(doubt);
            one.stem.included = false;
            return vec![one];
        }
        (1..=channels)
            .step_by(2)
            .map(|first| {
                let mut part = self.clone();
                let last = (first + 1).min(channels);
                part.stem.channels = Some((first..=last).collect());
                part.stem.name = match first == last {
                    true => format!("{} {first}", self.stem.name),
                    false => format!("{} {first}-{last}", self.stem.name),
                };
                part.stem.doubts.push(doubt.clone());
                part
            })
            .collect()
    }

    /// Channels of the stem, 1 or 2.
    pub(in crate::session) fn width_in_channels(&self) -> usize {
        match (&self.stem.channels, self.stem.audio) {
            (Some(channels), _) => channels.len(),
            (None, Some(audio)) => audio.channels.min(2),
            (None, None) => 1,
        }
    }

    /// Order in the file: groups as on a desk, then roles, then as found.
    pub(super) fn order(&self) -> (usize, usize) {
        let group = self.stem.group.as_deref();
        let group = GROUPS.iter().position(|&known| Some(known) == group);
        let role = self
            .stem
            .role
            .and_then(|role| Role::all().iter().position(|known| known == role));
        (group.unwrap_or(GROUPS.len()), role.unwrap_or(usize::MAX))
    }
}

//! Masters as those who take them want them (published delivery specifications: Dolby Atmos Music, Apple,
//! Universal, Tidal, Netflix).

use std::path::Path;

use super::master_sound::{MasterSound, lfe_channels};
use crate::error::{Finding, Severity};
use crate::format::adm::{BinauralMode, Blocks, Dbmd, Document, FrameRate, TypeDefinition, Warp};
use crate::format::{AudioFacts, SampleFormat};
use crate::measure::LoudnessMeter;
use crate::units::Gain;

/// Who takes a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taker {
    /// Dolby Atmos Music.
    DolbyMusic,
    /// Apple Music.
    Apple,
    /// Universal Music Group.
    Universal,
    /// Tidal.
    Tidal,
    /// Netflix.
    Netflix,
}

/// A rule that a delivered master may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MasterRule {
    /// Its number.
    pub code: &'static str,
    /// How much breaking it matters as a rule; some takers are milder.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// Why, and who says so.
    pub reason: &'static str,
}

macro_rules! rules {
    ($($name:ident $code:literal $severity:ident $sentence:literal $reason:literal)*) => {
        $(pub(super) const $name: MasterRule = MasterRule {
            code: $code,
            severity: Severity::$severity,
            sentence: $sentence,
            reason: $reason,
        };)*
        /// Every rule, in order of number.
        pub const MASTER_RULES: &[MasterRule] = &[$($name),*];
    };
}

rules! {
    FORMAT "U201" Error "A master has 48 kHz and 24 bits." "All takers; Universal also takes 96 kHz."
    FRAME_RATE "U202" Error "A music master says 24 frames a second." "Dolby Atmos Music, Apple: 24 fps, one rate for a whole project."
    FFOA "U203" Error "No first frame of action is set." "Universal prohibits it; Netflix wants the default."
    SIZE "U204" Error "There are at most 118 objects and 128 channels." "Limits of the Dolby Atmos master ADM profile."
    MASTER_LENGTH "U205" Error "The master is as long as the stereo master, within 1000 frames." "Apple: track boundaries within 1000 samples of the stereo version's."
    HEAD_SILENCE "U206" Warning "No silence longer than a frame of 24 a second stands at the start." "Dolby Atmos Music 9.3, Apple, Universal: no extra silence; the stereo master begins with the music."
    TAIL_SILENCE "U207" Warning "Less than a frame of 24 a second (2000 samples at 48 kHz) of silence stands at the end." "Dolby Atmos Music 9.3, Apple, Universal."
    LOUDNESS "U208" Error "The integrated loudness of the 5.1 render is at most -18 LKFS." "Dolby Atmos Music 9.3, Apple, Universal. Measured on the own 5.1 render, without a limiter."
    TRUE_PEAK "U209" Error "The true peak of the 5.1 render is at most -1 dBTP (Netflix: -2)." "Dolby Atmos Music 9.3, Apple, Universal; Netflix Home Mix. Measured on the own 5.1 render, without a limiter."
    TOO_QUIET "U210" Error "The integrated loudness is not below -31 LKFS." "Universal."
    DOWNMIX "U211" Error "The 5.1 downmix is \"direct render\"." "Universal."
    FULL_RANGE_LFE "U212" Error "The LFE carries nothing full-range: what lies above 260 Hz is 20 dB below the rest, or below -60 dBFS." "Apple; Universal wants a low-pass at 100 to 150 Hz."
    EMPTY_OBJECT "U213" Warning "Every object has sound." "Universal flags empty objects."
    MUTED_OBJECT "U214" Warning "No object is muted: switched off, or of gain 0 in all of its blocks." "Universal flags muted objects: what nobody hears is not delivered."
    BINAURAL_SET "U215" Error "Every bed channel and object has a binaural mode." "Dolby Atmos Music, Apple, Universal: without one, players choose."
    BINAURAL_OFF "U216" Error "Not everything that sounds is \"off\" on headphones." "Universal refuses it: nothing would be placed. Objects and bed channels that are silent do not count, nor does the LFE, which has no place; without audio the objects alone count, or the bed if there are none."
    BINAURAL_MID "U217" Warning "Not every object is \"mid\" on headphones." "Universal flags it: nobody has listened. Silent objects do not count; without audio all do."
    UPMIX "U218" Note "The master is made from multitracks or stems, never from a stereo mix." "Apple, Universal: no upmix and no de-mix. No measurement shows it; whoever delivers states it."
    PROFILE "U220" Error "The master is one of the Dolby Atmos master ADM profile." "Takers of Atmos masters read nothing else."
    GROUPS "U221" Warning "Contents are called Dialogue, Music, Effects or Narration." "Netflix."
    DIALOGUE_LOUDNESS "U222" Warning "The integrated loudness of the 5.1 render is -27 LKFS, within 2 (Netflix)." "Netflix measures it on dialogue alone, which asks for a detector of speech. Here it is the plain integrated loudness of the own 5.1 render, without a limiter: an indication."
    NOT_TAKEN "U223" Note "What is checked for a taker is what it takes: a master, and stems for a hand-off." "Of sessions that can be played the loudness and the true peak are held against the taker's limits (not with `--no-audio`); all else it asks for is about the master that they become."
}

/// What a rule found.
pub(super) fn finding(
    rule: MasterRule,
    severity: Severity,
    path: &Path,
    message: String,
    help: &str,
) -> Finding {
    Finding::of_file(rule.code, severity, path, message, help)
}

/// Loudness and true peak (linear) of the own 5.1 render.
pub type Heard<'a> = (&'a LoudnessMeter, f32);

/// What `taker` would have to say of a master.
pub fn check_master(
    taker: Taker,
    facts: &AudioFacts,
    document: &Document,
    heard: Option<Heard<'_>>,
) -> Vec<Finding> {
    let path = document.path.as_path();
    let mut found = Vec::new();
    let mut say = |rule, severity, message: String, help: &str| {
        found.push(finding(rule, severity, path, message, help));
    };
    use Severity::{Error, Warning};
    let rate = facts.sample_rate.0;
    let rate_is_taken = rate == 48_000 || (rate == 96_000 && taker == Taker::Universal);
    if !rate_is_taken || facts.sample_format != (SampleFormat::Integer { bits: 24 }) {
        let message = format!("the file has {rate} Hz, {}", facts.sample_format);
        say(
            FORMAT,
            Error,
            message,
            "export it with 48000 Hz and 24 bits",
        );
    }
    let own = |kind| {
        let channels = document.channels.iter();
        channels.filter(move |channel| !channel.head.is_common && channel.kind == kind)
    };
    let objects = own(TypeDefinition::Objects).count();
    if objects > 118 || facts.channels > 128 {
        let message = format!("{objects} objects in {} channels", facts.channels);
        say(
            SIZE,
            Error,
            message,
            "118 objects and 128 channels are the most",
        );
    }
    let Some(dbmd) = &document.dbmd else {
        let message = "there is no dbmd chunk".to_owned();
        say(
            PROFILE,
            Error,
            message,
            "`umbel export adm-atmos` writes one",
        );
        return found;
    };
    programme(taker, dbmd, &mut say);
    modes_set(taker, dbmd, &mut say);
    if taker == Taker::Universal {
        for (name, id) in muted(document) {
            let message = format!("the object \"{name}\" ({id}) is muted throughout");
            say(
                MUTED_OBJECT,
                Warning,
                message,
                "leave it out of the delivery",
            );
        }
    }
    if matches!(taker, Taker::Apple | Taker::Universal) {
        let message =
            "whether it was made from multitracks or from a stereo mix cannot be measured"
                .to_owned();
        let help = "state it with the delivery; upmixes are refused";
        say(UPMIX, Severity::Note, message, help);
    }
    if taker == Taker::Netflix {
        const NAMES: [&str; 4] = ["dialogue", "music", "effects", "narration"];
        for content in document.contents.iter() {
            let name = content.head.name.to_lowercase();
            if !NAMES.iter().any(|known| name.starts_with(known)) {
                let message = format!(
                    "the content {} is called \"{}\"",
                    content.head.id, content.head.name
                );
                say(GROUPS, Warning, message, "name the groups so");
            }
        }
    }
    if let Some(heard) = heard {
        found.extend(check_levels(taker, path, heard));
    }
    found
}

/// A remark that what a taker asks for is not about what was checked, and what to do instead.
pub fn not_taken(path: &Path, message: String, help: &str) -> Finding {
    finding(NOT_TAKEN, Severity::Note, path, message, help)
}

/// What `taker` would have to say of the loudness and the true peak of a master, or of a session that is to become one.
pub fn check_levels(taker: Taker, path: &Path, (loudness, true_peak): Heard<'_>) -> Vec<Finding> {
    use Severity::{Error, Warning};
    let mut found = Vec::new();
    let mut say = |rule, severity, message: String, help: &str| {
        found.push(finding(rule, severity, path, message, help));
    };
    let lufs = loudness.integrated();
    if let Some(lufs) = lufs.filter(|lufs| taker != Taker::Netflix && *lufs > -18.0) {
        let message = format!("the own 5.1 render has {lufs:.2} LKFS");
        say(
            LOUDNESS,
            Error,
            message,
            "at most -18 LKFS: lower the master",
        );
    }
    if let Some(lufs) = lufs.filter(|lufs| taker == Taker::Universal && *lufs < -31.0) {
        let message = format!("the own 5.1 render has {lufs:.2} LKFS");
        say(TOO_QUIET, Error, message, "at least -31 LKFS");
    }
    if let Some(lufs) = lufs.filter(|lufs| taker == Taker::Netflix && (lufs + 27.0).abs() > 2.0) {
        let message = format!("the own 5.1 render has {lufs:.2} LKFS, over all that sounds");
        say(
            DIALOGUE_LOUDNESS,
            Warning,
            message,
            "Netflix wants -27 LKFS, within 2, on dialogue alone: measure that with its own gate",
        );
    }
    let most = if taker == Taker::Netflix { -2.0 } else { -1.0 };
    let peak = Gain(f64::from(true_peak)).decibels().0;
    if peak > most {
        let message = format!("the own 5.1 render reaches {peak:.2} dBTP");
        say(
            TRUE_PEAK,
            Error,
            message,
            "lower the master, or limit the loudest stems",
        );
    }
    found
}

/// Names and IDs of objects that are switched off, or whose blocks all have a gain of 0.
fn muted(document: &Document) -> Vec<(&str, &str)> {
    let objects = document.objects.iter().filter(|object| object.mute);
    let objects = objects.map(|object| (object.head.name.as_str(), object.head.id.as_str()));
    let channels = document
        .channels
        .iter()
        .filter(|channel| match &*channel.blocks {
            Blocks::Objects(blocks) => !blocks.is_empty() && blocks.gains().all(|gain| gain <= 0.0),
            _ => false,
        });
    let channels = channels.map(|channel| (channel.head.name.as_str(), channel.head.id.as_str()));
    objects.chain(channels).collect()
}

/// The facts of the whole programme.
fn programme(taker: Taker, dbmd: &Dbmd, say: &mut impl FnMut(MasterRule, Severity, String, &str)) {
    let Some(facts) = &dbmd.programme else { return };
    let is_music = taker != Taker::Netflix;
    if is_music && facts.frame_rate != Some(FrameRate::F24) {
        let found = facts.frame_rate.map_or("none", FrameRate::name);
        let message = format!("the frame rate is {found}");
        say(
            FRAME_RATE,
            Severity::Error,
            message,
            "export it again with --fps 24",
        );
    }
    if let Some(seconds) = facts
        .first_action_s
        .filter(|_| matches!(taker, Taker::Universal | Taker::Netflix))
    {
        let message = format!("the first frame of action is at {seconds:.3} s");
        say(
            FFOA,
            Severity::Error,
            message,
            "export it again without --ffoa",
        );
    }
    if taker == Taker::Universal && facts.warp != Warp::Direct {
        let message = format!("the 5.1 downmix is \"{}\"", facts.warp.name());
        say(
            DOWNMIX,
            Severity::Error,
            message,
            "export it again with --warp direct",
        );
    }
}

/// Whether every channel has a headphone mode.
fn modes_set(taker: Taker, dbmd: &Dbmd, say: &mut impl FnMut(MasterRule, Severity, String, &str)) {
    let Some(elements) = dbmd.elements.as_ref().filter(|_| taker != Taker::Netflix) else {
        return;
    };
    let modes = &elements.binaural;
    let unset = modes
        .iter()
        .filter(|mode| **mode == BinauralMode::NotIndicated)
        .count();
    if unset > 0 {
        let message = format!("{unset} of {} channels have no binaural mode", modes.len());
        say(
            BINAURAL_SET,
            Severity::Error,
            message,
            "set one for each bed channel and object",
        );
    }
}

/// What `taker` would have to say of the headphone modes of what sounds; without `sound`, of the objects, or of the bed
/// of a master without objects.
pub fn check_modes(taker: Taker, document: &Document, sound: Option<&MasterSound>) -> Vec<Finding> {
    let elements = document
        .dbmd
        .as_ref()
        .and_then(|dbmd| dbmd.elements.as_ref());
    let Some(elements) = elements.filter(|_| taker == Taker::Universal) else {
        return Vec::new();
    };
    let lfes = lfe_channels(document);
    // Mode of each track, and whether it is an object's.
    let of_tracks = document.uids.iter().filter_map(|uid| {
        let (channel, track) = (uid.channel?, uid.file_channel?);
        let counts = !lfes.contains(&track) && sound.is_none_or(|sound| sound.is_heard(track));
        let is_object = document.channels[channel].kind == TypeDefinition::Objects;
        let mode = elements.binaural.get(track).filter(|_| counts)?;
        Some((*mode, is_object))
    });
    let (objects, bed): (Vec<_>, Vec<_>) = of_tracks.partition(|(_, is_object)| *is_object);
    let bed_counts = sound.is_some() || objects.is_empty();
    let all_are = |wanted, with_bed: bool| {
        let others = bed.iter().filter(|_| with_bed);
        let mut modes = objects
            .iter()
            .chain(others)
            .map(|(mode, _)| *mode)
            .peekable();
        modes.peek().is_some() && modes.all(|mode| mode == wanted)
    };
    let mut found = Vec::new();
    let mut say = |rule: MasterRule, message: &str, help: &str| {
        let message = message.to_owned();
        found.push(finding(rule, rule.severity, &document.path, message, help));
    };
    if all_are(BinauralMode::Off, bed_counts) {
        say(
            BINAURAL_OFF,
            "everything that sounds is off on headphones",
            "choose near, mid or far where it suits",
        );
    }
    if all_are(BinauralMode::Mid, false) {
        say(
            BINAURAL_MID,
            "every object is mid on headphones",
            "listen, and choose near or far where it suits",
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_in_order() {
        assert!(MASTER_RULES.is_sorted_by(|a, b| a.code < b.code));
    }
}

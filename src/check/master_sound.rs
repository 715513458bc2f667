//! What the samples of a master show: silence around the programme, what the LFE carries, objects without sound.

use std::path::Path;

use super::masters::{
    EMPTY_OBJECT, FULL_RANGE_LFE, HEAD_SILENCE, MASTER_LENGTH, TAIL_SILENCE, Taker, finding,
};
use crate::audio::{Block, QUANTUM};
use crate::error::{Finding, Severity};
use crate::format::adm::{Blocks, Document, TypeDefinition};
use crate::format::{AudioSource, WaveReader};
use crate::measure::{PeakMeter, ThirdOctaves};
use crate::units::{Frames, Gain};
use crate::{Error, Result};

/// Above this a sample is sound: -90 dBFS.
const SOUND: f32 = 3.162e-5;

/// Silence that an end may have, in seconds: one frame of 24 a second (2000 samples at 48 kHz).
const FRAME_S: f64 = 1.0 / 24.0;

/// How far a master's length may be from the stereo master's, in frames (Apple).
const LENGTH_FRAMES: u64 = 1000;

/// Highest third octave that an LFE low-passed at 100 to 150 Hz still carries, and how far below it all higher ones
/// together stay.
const LFE_HZ: f64 = 260.0;
const LFE_DB: f64 = -20.0;

/// Below this nobody hears what an LFE has above its band, dBFS rms.
const LFE_HEARD_DBFS: f64 = -60.0;

/// What was heard in a master's channels.
#[derive(Debug, Clone, PartialEq)]
pub struct MasterSound {
    /// Frames of the file.
    frames: u64,
    rate: f64,
    /// First and last frame with sound in any channel.
    sounds: Option<(u64, u64)>,
    /// Sample peak of each channel.
    peaks: Vec<f32>,
    /// Power of the LFE above [`LFE_HZ`] and below it.
    lfe: (f64, f64),
}

impl MasterSound {
    /// Whether a channel of the file has sound.
    pub(super) fn is_heard(&self, channel: usize) -> bool {
        self.peaks.get(channel).is_some_and(|peak| *peak > SOUND)
    }
}

/// Channels of the file that carry an LFE of a bed.
pub(super) fn lfe_channels(document: &Document) -> Vec<usize> {
    let is_lfe = |blocks: &Blocks| match blocks {
        Blocks::Speakers(list) => {
            let labels = list.iter().flat_map(|block| &block.labels);
            labels
                .into_iter()
                .any(|label| label.to_uppercase().contains("LFE"))
        }
        _ => false,
    };
    let uids = document.uids.iter();
    uids.filter_map(|uid| {
        is_lfe(&document.channels[uid.channel?].blocks).then_some(uid.file_channel?)
    })
    .collect()
}

/// Reads the samples of the master from its first frame to its last.
///
/// # Errors
/// The file cannot be read; [`Error::Interrupted`].
pub fn hear_master(
    document: &Document,
    watch: &mut dyn FnMut(Frames) -> bool,
) -> Result<MasterSound> {
    let mut file = WaveReader::open(&document.path)?;
    let facts = file.facts().clone();
    let lfes = lfe_channels(document);
    let rows: Vec<Option<usize>> = (0..facts.channels).map(Some).collect();
    let mut block = Block::new(facts.channels, QUANTUM);
    let mut low = Block::new(lfes.len(), QUANTUM);
    let mut peak = PeakMeter::new(facts.channels);
    let mut bands = ThirdOctaves::new(facts.sample_rate, lfes.len());
    let mut sounds: Option<(u64, u64)> = None;
    let mut at = 0;
    loop {
        block.set_frames(QUANTUM);
        let read = file.read(&mut block, &rows)?;
        if read == 0 {
            break;
        }
        block.set_frames(read);
        peak.add(&block);
        for row in block.rows() {
            let is_sound = |sample: &f32| sample.abs() > SOUND;
            let (first, last) = (
                row.iter().position(is_sound),
                row.iter().rposition(is_sound),
            );
            if let (Some(first), Some(last)) = (first, last) {
                let (first, last) = (at + first as u64, at + last as u64);
                let (from, to) = sounds.unwrap_or((first, last));
                sounds = Some((from.min(first), to.max(last)));
            }
        }
        if !lfes.is_empty() {
            low.set_frames(read);
            for (row, &channel) in lfes.iter().enumerate() {
                low.row_mut(row).copy_from_slice(block.row(channel));
            }
            bands.add(&low);
        }
        at += read as u64;
        if !watch(Frames(at)) {
            return Err(Error::Interrupted);
        }
    }
    let power = |is_wanted: &dyn Fn(f64) -> bool, bands: &[crate::measure::Band]| -> f64 {
        let levels = bands
            .iter()
            .filter(|band| is_wanted(band.hz))
            .filter_map(|band| band.level_db);
        levels.map(|db| 10.0_f64.powf(db / 10.0)).sum()
    };
    let bands = if lfes.is_empty() {
        Vec::new()
    } else {
        bands.finish()
    };
    Ok(MasterSound {
        frames: at,
        rate: f64::from(facts.sample_rate.0),
        sounds,
        peaks: peak.peaks().to_vec(),
        lfe: (
            power(&|hz| hz > LFE_HZ, &bands),
            power(&|hz| hz <= LFE_HZ, &bands),
        ),
    })
}

/// What `taker` would have to say of the samples; `stereo` is the length of the stereo master, if it is known.
pub fn check_sound(
    taker: Taker,
    document: &Document,
    sound: &MasterSound,
    stereo: Option<Frames>,
) -> Vec<Finding> {
    let path: &Path = &document.path;
    let mut found = Vec::new();
    let mut say = |rule, severity, message: String, help: &str| {
        found.push(finding(rule, severity, path, message, help))
    };
    use Severity::{Error, Warning};
    if let Some(stereo) = stereo {
        let apart = sound.frames.abs_diff(stereo.0);
        if apart > LENGTH_FRAMES {
            let message = format!(
                "the master has {} frames, the stereo master {}: {apart} apart",
                sound.frames, stereo.0
            );
            say(
                MASTER_LENGTH,
                Error,
                message,
                "at most 1000 frames: export it over the same range",
            );
        }
    }
    if taker != Taker::Netflix
        && let Some((first, last)) = sound.sounds
    {
        let (head, tail) = (
            first as f64 / sound.rate,
            (sound.frames - 1 - last) as f64 / sound.rate,
        );
        if head > FRAME_S {
            say(
                HEAD_SILENCE,
                Warning,
                format!("{head:.3} s of silence stand at the start"),
                "is it that of the stereo master? Else begin with the music",
            );
        }
        if tail > FRAME_S {
            say(
                TAIL_SILENCE,
                Warning,
                format!("{tail:.3} s of silence stand at the end"),
                "less than a frame (0.042 s): end with the tail",
            );
        }
    }
    let (above, below) = sound.lfe;
    let level_db = 10.0 * above.log10();
    let against_db = 10.0 * (above / below.max(1e-30)).log10();
    let is_full = level_db > LFE_HEARD_DBFS && against_db > LFE_DB;
    if is_full && matches!(taker, Taker::Apple | Taker::Universal) {
        let message = format!(
            "the LFE has {level_db:.1} dBFS above 260 Hz, {against_db:+.1} dB against what is below"
        );
        say(
            FULL_RANGE_LFE,
            Error,
            message,
            "low-pass what goes to the LFE at 100 to 150 Hz",
        );
    }
    if taker == Taker::Universal {
        for uid in document.uids.iter() {
            let is_object = uid
                .channel
                .is_some_and(|channel| document.channels[channel].kind == TypeDefinition::Objects);
            let peak = uid
                .file_channel
                .and_then(|channel| sound.peaks.get(channel));
            if let Some(&peak) = peak.filter(|peak| is_object && **peak <= SOUND) {
                let name = uid
                    .channel
                    .map_or("", |channel| document.channels[channel].head.name.as_str());
                let level = if peak > 0.0 {
                    format!("peaks at {}FS", Gain(f64::from(peak)).decibels())
                } else {
                    "is silent throughout".to_owned()
                };
                say(
                    EMPTY_OBJECT,
                    Warning,
                    format!("the object \"{name}\" ({}) {level}", uid.head.id),
                    "leave it out of the delivery",
                );
            }
        }
    }
    found
}

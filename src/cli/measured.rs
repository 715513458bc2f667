//! Loudness and peaks as they are told, and of a whole audio file.

use std::path::Path;

use serde_json::{Value, json};

use super::{Ui, interrupt, named_layout};
use crate::audio::{Block, QUANTUM};
use crate::format::{AudioFacts, AudioSource};
use crate::layout::{Layout, wav_position};
use crate::measure::{LoudnessMeter, PeakMeter, TruePeakMeter, channel_weights};
use crate::units::{Decibels, Gain};
use crate::{Error, Result};

/// What was read off the meters at the end of the file. No figure is a number for silence.
#[derive(Debug)]
pub(crate) struct Measured {
    loudness: LoudnessMeter,
    peaks: Vec<Decibels>,
    true_peaks: Vec<Decibels>,
}

/// Reads the file from its first frame to its last.
pub(crate) fn measure(
    path: &Path,
    source: &mut dyn AudioSource,
    layout: Option<&str>,
    ui: &Ui,
) -> Result<Measured> {
    let facts = source.facts().clone();
    let weights = weights(path, &facts, layout)?;
    let mut loudness = LoudnessMeter::new(facts.sample_rate, &weights);
    let mut peak = PeakMeter::new(facts.channels);
    let mut true_peak = TruePeakMeter::new(facts.channels);
    let rows: Vec<Option<usize>> = (0..facts.channels).map(Some).collect();
    let mut block = Block::new(facts.channels, QUANTUM);
    // Before anything is seen: who sees it may interrupt it.
    interrupt::install();
    let progress = ui.progress(facts.frames.0, "measuring");
    loop {
        interrupt::check()?;
        block.set_frames(QUANTUM);
        let read = source.read(&mut block, &rows)?;
        if read == 0 {
            break;
        }
        block.set_frames(read);
        loudness.add(&block);
        peak.add(&block);
        true_peak.add(&block);
        progress.inc(read as u64);
    }
    Ok(Measured::of(loudness, peak.peaks(), &true_peak.peaks()))
}

/// What the channels of a file are called: by the layout that was given, by the file's own channel mask, or
/// by their numbers.
pub(crate) fn labels(facts: &AudioFacts, layout: Option<&str>) -> Result<Vec<String>> {
    if let Some(name) = layout {
        let layout = named_layout::load(name)?;
        let order = match layout.mask_order() {
            Some(order) if facts.channel_mask.is_some() => order,
            _ => (0..layout.channels()).collect(),
        };
        let label = |channel: usize| layout.speakers[channel].label.clone();
        return Ok(order.into_iter().map(label).collect());
    }
    Ok(match facts.channel_mask {
        Some(mask) => (0..32)
            .filter(|bit| mask >> bit & 1 == 1)
            .map(|bit| wav_position(bit).map_or_else(|| (bit + 1).to_string(), str::to_owned))
            .collect(),
        None => (1..=facts.channels).map(|n| n.to_string()).collect(),
    })
}

/// What each channel counts. The layout that was given decides, then the file's own channel mask; one or
/// two channels need neither.
pub(crate) fn weights(path: &Path, facts: &AudioFacts, layout: Option<&str>) -> Result<Vec<f64>> {
    if let Some(name) = layout {
        return weights_of_layout(path, facts, &named_layout::load(name)?);
    }
    match facts.channel_mask {
        Some(mask) if mask.count_ones() as usize == facts.channels => Ok(weights_of_mask(mask)),
        _ if facts.channels <= 2 => Ok(vec![1.0; facts.channels]),
        _ => Err(Error::Usage(format!(
            "\"{}\": {} channels and no word on which is which; say so with --layout NAME",
            path.display(),
            facts.channels
        ))),
    }
}

fn weights_of_layout(path: &Path, facts: &AudioFacts, layout: &Layout) -> Result<Vec<f64>> {
    if layout.channels() != facts.channels {
        return Err(Error::Usage(format!(
            "\"{}\" has {} channels, layout \"{}\" has {}",
            path.display(),
            facts.channels,
            layout.name,
            layout.channels()
        )));
    }
    let weights = channel_weights(layout);
    // A file with a mask has its channels in the order of the mask's bits.
    match layout.mask_order() {
        Some(order) if facts.channel_mask.is_some() => {
            Ok(order.into_iter().map(|channel| weights[channel]).collect())
        }
        _ => Ok(weights),
    }
}

/// Bits of WAVEFORMATEXTENSIBLE: 3 is the LFE, 9 and 10 the sides, 4 and 5 the backs, which are the
/// surrounds of a 5.1 file without sides.
fn weights_of_mask(mask: u32) -> Vec<f64> {
    let has = |bit: u32| mask >> bit & 1 == 1;
    let surrounds_are_backs = !has(9) && !has(10);
    (0..32)
        .filter(|&bit| has(bit))
        .map(|bit| match bit {
            3 => 0.0,
            9 | 10 => 1.41,
            4 | 5 if surrounds_are_backs => 1.41,
            _ => 1.0,
        })
        .collect()
}

impl Measured {
    /// What meters read at the end; peaks are linear.
    pub(crate) fn of(loudness: LoudnessMeter, peaks: &[f32], true_peaks: &[f32]) -> Self {
        let decibels = |peaks: &[f32]| {
            peaks
                .iter()
                .map(|&p| Gain(f64::from(p)).decibels())
                .collect()
        };
        Self {
            loudness,
            peaks: decibels(peaks),
            true_peaks: decibels(true_peaks),
        }
    }

    /// The loudness meter.
    pub(crate) fn loudness(&self) -> &LoudnessMeter {
        &self.loudness
    }

    /// The loudness meter alone.
    pub(crate) fn into_loudness(self) -> LoudnessMeter {
        self.loudness
    }

    /// Integrated loudness in LUFS.
    pub(crate) fn integrated(&self) -> Option<f64> {
        self.loudness.integrated()
    }

    /// True peak of the loudest channel; `None` for silence.
    pub(crate) fn true_peak_dbtp(&self) -> Option<f64> {
        number(highest(&self.true_peaks))
    }

    /// Sample peak and true peak of each channel; `None` for silence.
    pub(crate) fn channel_peaks(&self) -> impl Iterator<Item = (Option<f64>, Option<f64>)> + '_ {
        let peaks = self.peaks.iter().zip(&self.true_peaks);
        peaks.map(|(&peak, &true_peak)| (number(peak), number(true_peak)))
    }

    pub(crate) fn print(&self, ui: &Ui) -> Result<()> {
        let figure = |value: Option<f64>, unit: &str| match value {
            Some(value) => format!("{value:.1} {unit}"),
            None => "none (silent, too short or below 8000 Hz)".to_owned(),
        };
        let loudness = &self.loudness;
        ui.line(format_args!(
            "integrated loudness  {}",
            figure(loudness.integrated(), "LUFS")
        ))?;
        ui.line(format_args!(
            "loudness range       {}",
            figure(loudness.range(), "LU")
        ))?;
        ui.line(format_args!(
            "highest momentary    {}",
            figure(loudness.momentary_max(), "LUFS")
        ))?;
        ui.line(format_args!(
            "highest short-term   {}",
            figure(loudness.short_term_max(), "LUFS")
        ))?;
        ui.line(format_args!(
            "sample peak          {}FS",
            highest(&self.peaks)
        ))?;
        ui.line(format_args!(
            "true peak            {}TP",
            highest(&self.true_peaks)
        ))
    }

    pub(crate) fn as_json(&self) -> Value {
        json!({
            "integrated_lufs": self.loudness.integrated(),
            "range_lu": self.loudness.range(),
            "momentary_max_lufs": self.loudness.momentary_max(),
            "short_term_max_lufs": self.loudness.short_term_max(),
            "peak_dbfs": number(highest(&self.peaks)),
            "true_peak_dbtp": number(highest(&self.true_peaks)),
            "channel_peaks_dbfs": self.peaks.iter().map(|&p| number(p)).collect::<Vec<_>>(),
            "channel_true_peaks_dbtp": self.true_peaks.iter().map(|&p| number(p)).collect::<Vec<_>>(),
        })
    }
}

fn highest(peaks: &[Decibels]) -> Decibels {
    let silence = Decibels(f64::NEG_INFINITY);
    peaks
        .iter()
        .copied()
        .fold(silence, |a, b| if b > a { b } else { a })
}

/// Minus infinity is no JSON number; the peak of silence is null.
fn number(level: Decibels) -> Option<f64> {
    level.0.is_finite().then_some(level.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backs_are_surrounds_only_where_there_are_no_sides() {
        // FL FR FC LFE BL BR; FL FR FC LFE BL BR SL SR; FL FR FC LFE SL SR.
        assert_eq!(weights_of_mask(0x3f), [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]);
        assert_eq!(
            weights_of_mask(0x63f),
            [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41]
        );
        assert_eq!(weights_of_mask(0x60f), [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]);
    }
}

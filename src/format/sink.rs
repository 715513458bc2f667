//! Where rendered channels go: one interleaved file, or one mono file per channel.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::wave::{Extras, WaveSink, WaveSpec, WrittenFile};
use crate::audio::Block;
use crate::units::Frames;
use crate::{Error, Result};

/// How channels are laid out in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrangement {
    /// One file with all channels.
    Interleaved,
    /// One file per channel, named by its label: `mix.wav` becomes `mix.M+030.wav` and so on.
    MultiMono {
        /// The label of each channel.
        labels: Vec<String>,
    },
}

/// WAV files being written together: all of them appear at the end, verified, or none.
#[derive(Debug)]
pub struct Sink {
    files: Vec<WaveSink>,
    /// The channel of the first file's first channel is 0, of the second file's 1, if each has one.
    channels_per_file: usize,
}

impl Sink {
    /// The files that [`create`](Self::create) would write, in the order of channels.
    ///
    /// # Errors
    /// The number of labels is not that of the channels.
    pub fn targets(
        path: &Path,
        channels: usize,
        arrangement: &Arrangement,
    ) -> Result<Vec<PathBuf>> {
        match arrangement {
            Arrangement::Interleaved => Ok(vec![path.to_path_buf()]),
            Arrangement::MultiMono { labels } if labels.len() != channels => {
                Err(Error::Usage(format!(
                    "{} labels for the {channels} channels of \"{}\"",
                    labels.len(),
                    path.display()
                )))
            }
            Arrangement::MultiMono { labels } => Ok(mono_paths(path, labels)),
        }
    }

    /// Begins the files; their folder must exist. `spec` describes the interleaved file; mono files take
    /// everything but channels and mask from it. In all, `together` files are written side by side, these among them.
    ///
    /// # Errors
    /// As [`WaveSink::create`]; nothing is left behind then.
    pub fn create(
        path: &Path,
        spec: WaveSpec,
        arrangement: &Arrangement,
        together: usize,
        overwrite: bool,
    ) -> Result<Self> {
        let targets = Self::targets(path, spec.channels, arrangement)?;
        let spec = match arrangement {
            Arrangement::Interleaved => spec,
            Arrangement::MultiMono { .. } => spec.of_one_channel(),
        };
        // All are looked at before the first is begun: a refusal comes before any work.
        for target in &targets {
            super::wave::check_free(target, overwrite)?;
        }
        let files = targets
            .iter()
            .map(|target| {
                let extras = Extras {
                    together,
                    ..Extras::default()
                };
                WaveSink::create_with(target, spec, extras, overwrite)
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            files,
            channels_per_file: spec.channels,
        })
    }

    /// Says that the files begin at frame `first` of something longer: they have the dither that is there.
    pub fn begins_at(&mut self, first: Frames) {
        for file in &mut self.files {
            file.begins_at(first);
        }
    }

    /// Appends the frames of `block`; `rows[c]` is the row that channel `c` takes. Allocates nothing.
    ///
    /// # Errors
    /// As [`WaveSink::write`].
    ///
    /// # Panics
    /// If `rows` has not one entry per channel, or names a row that the block does not have.
    pub fn write(&mut self, block: &Block, rows: &[usize]) -> Result<()> {
        assert_eq!(
            rows.len(),
            self.files.len() * self.channels_per_file,
            "one row per channel"
        );
        for (file, rows) in self
            .files
            .iter_mut()
            .zip(rows.chunks_exact(self.channels_per_file))
        {
            file.write(block, rows)?;
        }
        Ok(())
    }

    /// Completes and verifies all files, then gives all of them their names; in the order of channels.
    ///
    /// # Errors
    /// As [`WaveSink::finish`]. No file has got its name unless renaming itself failed half-way.
    pub fn finish(mut self) -> Result<Vec<WrittenFile>> {
        let written = self.seal()?;
        self.publish()?;
        Ok(written)
    }

    /// Completes and verifies all files, in the order of channels; to be called once.
    ///
    /// # Errors
    /// As [`WaveSink::seal`].
    pub fn seal(&mut self) -> Result<Vec<WrittenFile>> {
        self.files.iter_mut().map(WaveSink::seal).collect()
    }

    /// Gives all sealed files their names.
    ///
    /// # Errors
    /// As [`WaveSink::publish`].
    pub fn publish(self) -> Result<()> {
        self.files.into_iter().try_for_each(WaveSink::publish)
    }
}

/// `mix.wav` with labels `M+030` and `LFE1`: `mix.M+030.wav`, `mix.LFE1.wav`. What is not a letter, digit,
/// plus, minus or underscore becomes an underscore; a name that occurs twice gets a number.
fn mono_paths(path: &Path, labels: &[String]) -> Vec<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path
        .extension()
        .map_or_else(|| "wav".into(), |e| e.to_string_lossy());
    let mut taken = HashSet::new();
    labels
        .iter()
        .enumerate()
        .map(|(channel, label)| {
            let is_safe = |c: char| c.is_alphanumeric() || "+-_".contains(c);
            let mut safe: String = label
                .chars()
                .take(64)
                .map(|c| if is_safe(c) { c } else { '_' })
                .collect();
            // Not every file system tells capitals from small letters.
            if safe.is_empty() || !taken.insert(safe.to_lowercase()) {
                safe = format!("{safe}_{}", channel + 1);
                taken.insert(safe.to_lowercase());
            }
            path.with_file_name(format!("{stem}.{safe}.{extension}"))
        })
        .collect()
}

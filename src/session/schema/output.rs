//! `[[out]]`: what is delivered, and the limits it has to keep.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::format::BitDepth;

/// A limiter on an output.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitKeys {
    /// Ceiling: highest true peak in dBTP.
    #[schemars(range(min = -60, max = 0))]
    pub dbtp: f64,
}

/// Limits that a delivery has to keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GateKeys {
    /// Highest integrated loudness in LKFS.
    #[schemars(range(min = -70, max = 0))]
    pub max_lkfs: Option<f64>,
    /// Highest true peak in dBTP.
    #[schemars(range(min = -60, max = 20))]
    pub max_dbtp: Option<f64>,
}

/// Frames of picture per second.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "a frame rate")]
pub enum FrameRateKey {
    /// 23.976, 24, 25, 29.97 or 30.
    Number(#[schemars(range(min = 23, max = 30))] f64),
    /// "29.97df", or one of the numbers in quotes.
    Word(String),
}

impl FrameRateKey {
    /// As it is written.
    pub fn word(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Word(word) => word.trim().to_lowercase(),
        }
    }
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutKeys {
    /// The output's name; the file is named after it.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Kind of file.
    pub format: OutFormat,
    /// Loudspeaker layout: a name ("7.1.4", "4+7+0"), a layout file relative to this file
    /// ("dome.toml"), "stereo" for the desk's stereo bus, "binaural" for headphones, or "binaural:7.1.4" for
    /// the loudspeakers of a layout on headphones. Required with "wav"; the other formats have none.
    #[serde(default)]
    pub layout: String,
    /// Frame rate of an "adm-atmos" master: 23.976, 24, 25, 29.97, "29.97df" or 30. Default: 24.
    #[serde(default)]
    pub fps: Option<FrameRateKey>,
    /// Order of an "ambix" sound field, 1 to 7. Default: 3.
    #[serde(default)]
    #[schemars(range(min = 1, max = 7))]
    pub order: Option<u32>,
    /// Limits of loudness and true peak: of the output itself with "wav", of the own 5.1 render with all others.
    /// Exit code 5 if they are not kept. Default: none.
    #[serde(default)]
    pub gate: Option<GateKeys>,
    /// 16 or 24 (integer, dithered) or "f32" (float). Default: 24.
    #[serde(default)]
    pub bit_depth: BitDepthKey,
    /// "auto" is RIFF that becomes RF64 past 4 GiB; "bw64" is BW64 at any size. Default: "auto".
    #[serde(default)]
    pub container: ContainerKey,
    /// One mono file per channel instead of one file. Default: false.
    #[serde(default)]
    pub multi_mono: bool,
    /// A true-peak limiter on the channels, one gain for all of them. Default: none.
    #[serde(default)]
    pub limit: Option<LimitKeys>,
    /// File name, without a folder. Default: the name with ".wav".
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub file: Option<String>,
}

/// Kinds of file that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutFormat {
    /// A WAV file of the loudspeaker channels.
    Wav,
    /// A master of the Dolby Atmos master ADM profile.
    AdmAtmos,
    /// A master of ITU-R BS.2076-2.
    AdmEbu,
    /// A folder of stems that add up to the mix.
    Stems,
    /// A sound field, ACN and SN3D.
    Ambix,
}

impl OutFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Wav,
        Self::AdmAtmos,
        Self::AdmEbu,
        Self::Stems,
        Self::Ambix,
    ];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::AdmAtmos => "adm-atmos",
            Self::AdmEbu => "adm-ebu",
            Self::Stems => "stems",
            Self::Ambix => "ambix",
        }
    }

    /// Keys of an output that have no effect on one of this format.
    pub fn useless_keys(self) -> &'static [&'static str] {
        match self {
            Self::Wav => &["fps", "order"],
            Self::AdmAtmos => &["layout", "order", "bit-depth", "multi-mono", "limit"],
            Self::AdmEbu => &["layout", "order", "fps", "bit-depth", "multi-mono", "limit"],
            Self::Stems => &["layout", "order", "fps", "multi-mono", "limit", "container"],
            Self::Ambix => &["layout", "fps", "multi-mono", "limit"],
        }
    }
}

/// Sample format of an output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BitDepthKey {
    /// 16-bit integer, dithered.
    Int16,
    /// 24-bit integer, dithered.
    #[default]
    Int24,
    /// 32-bit float.
    Float32,
}

impl From<BitDepthKey> for BitDepth {
    fn from(key: BitDepthKey) -> Self {
        match key {
            BitDepthKey::Int16 => Self::Int16,
            BitDepthKey::Int24 => Self::Int24,
            BitDepthKey::Float32 => Self::Float32,
        }
    }
}

/// Chunk format of an output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerKey {
    /// RIFF, becoming RF64 past 4 GiB.
    #[default]
    Auto,
    /// BW64 at any size.
    Bw64,
}

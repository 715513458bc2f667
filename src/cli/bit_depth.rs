//! The words of `--bit-depth`.

use clap::ValueEnum;

use crate::format::BitDepth;
use crate::session::BitDepthKey;

/// What mixes are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Depth {
    /// 16-bit integer, dithered.
    #[value(name = "16")]
    Int16,
    /// 24-bit integer, dithered.
    #[value(name = "24")]
    Int24,
    /// 32-bit float.
    #[value(name = "f32")]
    Float32,
}

impl From<Depth> for BitDepth {
    fn from(depth: Depth) -> Self {
        match depth {
            Depth::Int16 => Self::Int16,
            Depth::Int24 => Self::Int24,
            Depth::Float32 => Self::Float32,
        }
    }
}

impl From<Depth> for BitDepthKey {
    fn from(depth: Depth) -> Self {
        match depth {
            Depth::Int16 => Self::Int16,
            Depth::Int24 => Self::Int24,
            Depth::Float32 => Self::Float32,
        }
    }
}

/// What is written for work that goes on: never in 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WorkingDepth {
    #[value(name = "24")]
    Int24,
    #[value(name = "f32")]
    Float32,
}

impl From<WorkingDepth> for BitDepth {
    fn from(depth: WorkingDepth) -> Self {
        match depth {
            WorkingDepth::Int24 => Self::Int24,
            WorkingDepth::Float32 => Self::Float32,
        }
    }
}

/// The nearest that a session's output asks for.
impl From<BitDepth> for WorkingDepth {
    fn from(depth: BitDepth) -> Self {
        match depth {
            BitDepth::Int16 | BitDepth::Int24 => Self::Int24,
            BitDepth::Float32 => Self::Float32,
        }
    }
}

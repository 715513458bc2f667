//! The outputs of a session.

use std::path::Path;

use super::rules::{self, Target};
use super::schema::{BitDepthKey, ContainerKey, FrameRateKey, GateKeys, OutFormat, OutKeys};
use crate::Result;

/// One output.
#[derive(Debug, Clone, PartialEq)]
pub struct OutSpec {
    /// Its name.
    pub name: String,
    /// What it is rendered for.
    pub target: Target,
    /// The layout as written.
    pub layout: String,
    /// Sample format.
    pub bit_depth: BitDepthKey,
    /// Chunk format.
    pub container: ContainerKey,
    /// One mono file per channel.
    pub multi_mono: bool,
    /// Ceiling of a limiter on its channels in dBTP.
    pub limit: Option<f64>,
    /// A safe file name without a folder, ending in .wav.
    pub file_name: String,
    /// Limits that it has to keep.
    pub gate: GateKeys,
}

/// An output that is no render.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliverySpec {
    /// Its name.
    pub name: String,
    /// Its kind; never "wav".
    pub format: OutFormat,
    /// A safe file name without a folder, ending in .wav.
    pub file_name: String,
    /// Sample format.
    pub bit_depth: BitDepthKey,
    /// Chunk format.
    pub container: ContainerKey,
    /// Frame rate, as written.
    pub fps: Option<String>,
    /// Order of a sound field.
    pub order: u32,
    /// Limits that the own 5.1 render has to keep.
    pub gate: GateKeys,
}

/// The outputs that are no renders.
pub(super) fn deliveries(keys: &[OutKeys]) -> Vec<DeliverySpec> {
    keys.iter()
        .filter(|out| out.format != OutFormat::Wav)
        .map(|out| DeliverySpec {
            name: out.name.clone(),
            format: out.format,
            file_name: rules::file_name(&out.name, out.file.as_deref()),
            bit_depth: out.bit_depth,
            container: out.container,
            fps: out.fps.as_ref().map(FrameRateKey::word),
            order: out.order.unwrap_or(3),
            gate: out.gate.unwrap_or_default(),
        })
        .collect()
}

/// The outputs that are renders; `path` is the session's.
pub(super) fn outs(keys: &[OutKeys], path: &Path) -> Result<Vec<OutSpec>> {
    keys.iter()
        .filter(|out| out.format == OutFormat::Wav)
        .map(|out| {
            Ok(OutSpec {
                name: out.name.clone(),
                target: rules::target(&out.layout, path)?,
                layout: out.layout.clone(),
                bit_depth: out.bit_depth,
                container: out.container,
                multi_mono: out.multi_mono,
                limit: out.limit.as_ref().map(|limit| limit.dbtp),
                file_name: rules::file_name(&out.name, out.file.as_deref()),
                gate: out.gate.unwrap_or_default(),
            })
        })
        .collect()
}

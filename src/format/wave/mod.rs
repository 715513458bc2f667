//! WAV in its three containers: RIFF, and for more than 4 GiB RF64 (EBU Tech 3306) and BW64 (ITU-R BS.2088).
//!
//! `chunks` walks a file's chunks, `header` reads and writes what describes the samples, `unpack`
//! (with `rows`) and `pack` turn bytes into planar samples and back, `reader` and `writer` put them together,
//! `outlet` hands the bytes on, on a thread of its own if wanted, and has `reread` read them again and `behind` let go of
//! them, in room that `ahead` reserves; `cache` says how many bytes stay close meanwhile, `distance` where in a buffer the
//! system copies to and from quickly; `verify` compares a written file with what was meant by its `peaks`; `rewrite` copies
//! a file with other chunks beside its samples.

mod ahead;
mod behind;
mod cache;
mod chunks;
mod distance;
mod header;
mod outlet;
mod pack;
mod peaks;
mod reader;
mod reread;
pub(in crate::format) mod rewrite;
mod rows;
mod unpack;
mod verify;
mod writer;

pub(super) use header::HIGHEST_RATE;
pub use header::{BitDepth, Container, Extras, WaveSpec};
pub use reader::WaveReader;
pub use writer::{Clipped, WaveSink, WrittenFile};
pub(crate) use writer::{check_free, check_not_input};

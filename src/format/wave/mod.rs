//! WAV in its three containers: RIFF, and for more than 4 GiB RF64 (EBU Tech 3306) and BW64 (ITU-R BS.2088).
//!
//! `chunks` walks a file's chunks, `header` reads and writes what describes the samples, `unpack`
//! (with `rows`) and `pack` turn bytes into planar samples and back, `reader` and `writer` put them together,
//! `verify` compares a written file with what was meant; `rewrite` copies a file with other chunks beside its samples.

mod chunks;
mod header;
mod pack;
mod reader;
pub(in crate::format) mod rewrite;
mod rows;
mod unpack;
mod verify;
mod writer;

pub use header::{BitDepth, Container, Extras, WaveSpec};
pub use reader::WaveReader;
pub(in crate::format) use writer::check_free;
pub use writer::{WaveSink, WrittenFile};

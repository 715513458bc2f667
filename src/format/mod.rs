//! Audio files in and out.
//!
//! [`open`] tells by a file's content what it is and gives its samples as planar blocks: WAV in its three
//! containers (RIFF, RF64, BW64) by our own reader in [`wave`], everything else by `decode`. [`resampled`]
//! converts the sample rate of any source. [`Sink`] writes WAV, one file or one per channel.
//! [`positions_csv`] reads movements written as tables, [`adm`] the metadata of object-based masters, [`sofa`]
//! sets of head-related impulse responses, which [`hrtf_file`] makes ready; [`head_pose`] and [`headphone_eq`]
//! what else headphones may ask for.
//! [`handoff`] writes what stems are handed over with.

pub mod adm;
mod crc;
mod decimal;
mod decode;
mod guard;
pub mod handoff;
mod hash;
mod hdf5;
pub mod head_pose;
pub mod headphone_eq;
mod hrtf_cache;
pub mod hrtf_file;
pub mod impulse_response;
pub mod layout_file;
mod magnitude;
pub mod mp4;
pub(crate) mod part;
pub mod plain_file;
pub mod positions_csv;
mod resample;
mod side_by_side;
mod sink;
mod sniff;
pub mod sofa;
mod source;
pub mod wave;

pub(crate) use crc::crc32;
pub use hash::sha256;
pub use resample::resampled;
pub use side_by_side::open_side_by_side;
pub use sink::{Arrangement, Sink};
pub(crate) use sniff::is_known_audio;
pub use source::{
    AudioFacts, AudioSource, ChunkFacts, ChunkId, SampleFormat, open, open_track, open_verified,
};
pub use wave::{BitDepth, Clipped, Container, Extras, WaveReader, WaveSink, WaveSpec, WrittenFile};
pub(crate) use wave::{check_free, check_not_input};

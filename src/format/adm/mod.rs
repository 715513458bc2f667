//! Masters in the Audio Definition Model: ITU-R BS.2076 metadata in the axml and chna chunks of a WAV file
//! (BWF, RF64, BW64 of ITU-R BS.2088).
//!
//! [`read`] gives a [`Document`]: what the file says. [`Document::master`] gives what of it is played, as
//! feeds and objects of the scene ([`Master`]), by the rules of ITU-R BS.2127. The steps:
//!
//! 1. `parse` streams the XML into the tables of the document, `chna` and `dbmd` read theirs.
//! 2. `resolve` turns references into indices, fetching `common` definitions; `validate` checks the
//!    structure.
//! 3. `select` follows programme, contents and objects; `allocate` finds which track is which channel of the `patterns` of packs;
//!    `matrix` resolves matrices to sums of channels of the file.
//! 4. `build` puts these together; `items` makes objects of the scene (`item_times` has tried their times); `timeline` says when their blocks play, `sources` hands the
//!    blocks out while playing.
//!
//! [`mod@write`] writes such metadata, [`mod@edit`] changes that of a file.

mod allocate;
mod blocks;
mod build;
mod chna;
mod codes;
mod common;
mod dbmd;
pub mod edit;
mod findings;
mod item_times;
mod items;
mod master;
mod matrix;
mod model;
mod packs;
mod parse;
mod path_values;
mod patterns;
mod read;
mod resolve;
mod select;
mod sources;
mod time;
mod timeline;
mod validate;
pub mod write;
pub(crate) mod xml;

pub use blocks::{
    BinauralBlock, BlockTimes, Blocks, Coefficient, HeadphoneVirtualise, HoaBlock, JumpPosition,
    MatrixBlock, ObjectBlocks, ObjectShape, SpeakerBlock,
};
pub use chna::ChnaRow;
pub use codes::{RULES, Rule};
pub use dbmd::{
    BinauralMode, Dbmd, Downmix, ElementFacts, FrameRate, ProgrammeFacts, TRIM_LAYOUTS, Trim, Warp,
};
pub use findings::Place;
pub use master::{Feed, FeedTerm, Master, Origin};
pub use model::{
    AlternativeValueSet, AudioObject, ChannelFormat, Content, Document, Element, Frequency, Head,
    Label, Loudness, NamedProfile, PackFormat, PositionOffset, Profile, Programme, Reference,
    StreamFormat, Table, TrackFormat, TrackUid, TypeDefinition,
};
pub use read::{is_adm, read};
pub use select::Selection;
pub use time::Time;

/// The ID that stands for silence where an object lists its tracks.
const SILENT_TRACK: &str = "ATU_00000000";

//! Writes masters: every object's processed feed as a track, and the metadata that says what it is.
//!
//! 1. `items` makes items of the programme's objects: a bed and objects for one flavour, everything as it is
//!    for the other.
//! 2. [`Pass`](super::pass) runs the desk once over the stems; each track takes its feed as it leaves the master fader.
//! 3. The metadata is streamed behind the samples, the file read again and compared, then it gets its name.
//!
//! `unsaid` finds what a master says that its copy cannot. `stems` writes the feeds as files of their own in the same way; `ambix` renders a sound field.

mod adm;
mod ambix;
mod bake;
mod items;
mod stems;
mod sum;
mod unsaid;
mod verify;

pub use adm::{AdmExport, ExportedAdm, Lost, Names, export_adm};
pub use ambix::{AmbixExport, export_ambix};
pub use stems::{Contract, ExportedStem, ExportedStems, Image, StemExport, export_stems};
pub(crate) use unsaid::carry;

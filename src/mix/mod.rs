//! The mixing desk: from the channels of the stem files to the feeds that are panned.
//!
//! A feed is one row of a [`Block`](crate::audio::Block): one per side of a stem, one per position of a
//! return, and behind them one LFE feed that carries the low-passed copies.
//!
//! A [`Desk`] says what there is: strips, groups, returns and the master, with their chains, faders, sends
//! and keys. A [`Mixer`] runs it; everything that comes late by its processors is brought in step.

mod desk;
mod fader;
mod fault;
mod gain_curve;
mod graph;
mod lane;
mod lfe;
mod map;
mod matrix;
mod mixer;
mod node;
pub mod order;

pub use desk::{AuxSend, Desk, Group, Lane, LanePoint, Master, Place, Return, Strip};
pub use fault::DeskFault;
pub use gain_curve::{GainCurve, GainPoint};
pub use graph::DeskReport;
pub use lfe::LFE_LOWPASS;
pub use matrix::{MatrixFeed, MatrixTerm};
pub use mixer::Mixer;

//! What `umbel render -l binaural` may be told, and the target it makes of it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::effect::{ConvolveSettings, Settings};
use crate::format::{head_pose, headphone_eq, hrtf_file};
use crate::geometry::direction;
use crate::layout::Layout;
use crate::offline::Delivery;
use crate::render::Target;
use crate::render::binaural::{HOP, Headphones, PoseTrack, RoomChoice};
use crate::render::hrtf::{Equalisation, Filters, HrtfSet, Preparation};
use crate::scene::RoomMode;
use crate::units::{Decibels, Gain, SampleRate};
use crate::{Error, Result};

/// How headphones are rendered for.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Headphones (-l binaural)")]
pub(super) struct HeadphoneArgs {
    /// A set of head-related impulse responses, SOFA SimpleFreeFieldHRIR; default: MIT KEMAR.
    #[arg(long, value_name = "FILE")]
    hrtf: Option<PathBuf>,
    /// Make the set diffuse-field flat: auto does so if it is not.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    hrtf_eq: When,
    /// The room of all objects, instead of each one's own; none: ears without a room.
    #[arg(long, value_name = "MODE")]
    binaural_room: Option<RoomWord>,
    /// How the head is turned, in degrees: to the left, up, to the right shoulder.
    #[arg(
        long,
        value_name = "YAW,PITCH,ROLL",
        allow_hyphen_values = true,
        conflicts_with = "head_pose_file"
    )]
    head_pose: Option<String>,
    /// A table of head poses: seconds, then yaw, pitch, roll in degrees, or a quaternion w, x, y, z.
    #[arg(long, value_name = "FILE")]
    head_pose_file: Option<PathBuf>,
    /// Equalise the headphones: an impulse response, or parametric filters as AutoEq writes them.
    #[arg(long, value_name = "FILE")]
    headphone_eq: Option<PathBuf>,
    /// The set in use, once it has been prepared.
    #[arg(skip)]
    prepared: RefCell<Option<Prepared>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum When {
    Auto,
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum RoomWord {
    /// Panned, neither ears nor room.
    Off,
    /// Close by.
    Near,
    /// As from loudspeakers in a living room.
    Mid,
    /// Farther away.
    Far,
    /// Ears without a room.
    None,
}

/// A set prepared for a sample rate.
#[derive(Debug, Clone)]
struct Prepared {
    filters: Arc<Filters>,
    set: String,
    equalised: bool,
}

impl Prepared {
    /// How much louder a source in front is than in the stereo mix, in LU.
    fn front_loudness(&self) -> Decibels {
        let power = self.filters.loudness(&direction(0.0, 0.0));
        Gain(power.sqrt()).decibels()
    }
}

impl HeadphoneArgs {
    /// The files that are named.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> {
        let files = [&self.hrtf, &self.head_pose_file, &self.headphone_eq];
        files.into_iter().flatten().cloned()
    }

    /// Headphones, or headphones that play the loudspeakers of `layout`, for the sound of `input` at `rate`.
    pub(super) fn target(
        &self,
        layout: Option<Layout>,
        input: &Path,
        rate: SampleRate,
    ) -> Result<Target> {
        if rate < SampleRate::LOWEST_FILTERED {
            return Err(Error::Unsupported {
                path: input.to_path_buf(),
                feature: format!("headphones at a sample rate of {rate}"),
                hint: format!(
                    "ears are made for {} and more: export the sound again at its own rate",
                    SampleRate::LOWEST_FILTERED
                ),
            });
        }
        let room = match self.binaural_room {
            None => RoomChoice::Own,
            Some(RoomWord::Off) => RoomChoice::All(RoomMode::Off),
            Some(RoomWord::Near) => RoomChoice::All(RoomMode::Near),
            Some(RoomWord::Mid) => RoomChoice::All(RoomMode::Mid),
            Some(RoomWord::Far) => RoomChoice::All(RoomMode::Far),
            Some(RoomWord::None) => RoomChoice::Dry,
        };
        let pose = match (&self.head_pose, &self.head_pose_file) {
            (Some(angles), _) => PoseTrack::still(head_pose::angles(angles)?),
            (None, Some(file)) => head_pose::read(file)?,
            (None, None) => PoseTrack::default(),
        };
        let filters = self.prepared(rate)?.filters;
        let headphones = Headphones::new(filters, room)?.with_pose(pose);
        Ok(Target::Binaural(Box::new(match layout {
            Some(layout) => headphones.with_loudspeakers(layout)?,
            None => headphones,
        })))
    }

    /// That what is said about headphones is heard in one of `deliveries`.
    ///
    /// # Errors
    /// [`Error::Usage`] if none of them is for headphones.
    pub(super) fn check_worn(&self, deliveries: &[Delivery]) -> Result<()> {
        let given = [
            (self.hrtf.is_some(), "--hrtf"),
            (self.hrtf_eq != When::Auto, "--hrtf-eq"),
            (self.binaural_room.is_some(), "--binaural-room"),
            (self.head_pose.is_some(), "--head-pose"),
            (self.head_pose_file.is_some(), "--head-pose-file"),
            (self.headphone_eq.is_some(), "--headphone-eq"),
        ];
        let worn = |delivery: &Delivery| matches!(delivery.target, Target::Binaural(_));
        match given.into_iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) if !deliveries.iter().any(worn) => Err(Error::Usage(format!(
                "{option} is about headphones, but no output is for them: add -l binaural, or leave it out"
            ))),
            _ => Ok(()),
        }
    }

    /// Processors on the two channels.
    pub(super) fn chain(&self, rate: SampleRate) -> Result<Vec<Settings>> {
        let Some(path) = &self.headphone_eq else {
            return Ok(Vec::new());
        };
        Ok(vec![Settings::Convolve(ConvolveSettings {
            ir: path.display().to_string(),
            pre_delay_ms: 0.0,
            gain: 0.0,
            mix: Some(1.0),
            bypass: false,
            impulse: Some(Arc::new(headphone_eq::read(path, rate)?)),
        })])
    }

    /// What people should know of the set that has been prepared.
    pub(super) fn remark(&self) -> Option<String> {
        let prepared = self.prepared.borrow();
        let prepared = prepared.as_ref()?;
        let front = prepared.front_loudness();
        (!prepared.equalised && front.0.abs() > HrtfSet::FRONT_TOLERATED_LU).then(|| {
            format!(
                "{} is played as it is: a source in front is {:+.1} LU against the stereo mix; --hrtf-eq on makes it as loud",
                prepared.set, front.0
            )
        })
    }

    /// What has been prepared, as JSON; null before.
    pub(super) fn as_json(&self) -> Value {
        let prepared = self.prepared.borrow();
        prepared.as_ref().map_or(Value::Null, |prepared| {
            json!({
                "hrtf": prepared.set,
                "hrtf_file": self.hrtf.as_ref().map(|path| path.display().to_string()),
                "hrtf_equalised": prepared.equalised,
                "front_lu": prepared.front_loudness().0,
                "directions": prepared.filters.directions(),
                "transform_frames": prepared.filters.length(),
                "front_onset_frames": prepared.filters.front_onset_frames(),
            })
        })
    }

    /// The set, prepared once for all outputs of a rate.
    fn prepared(&self, rate: SampleRate) -> Result<Prepared> {
        let mut prepared = self.prepared.borrow_mut();
        if let Some(known) = prepared
            .as_ref()
            .filter(|known| known.filters.rate() == rate)
        {
            return Ok(known.clone());
        }
        let ready = hrtf_file::load(
            self.hrtf.as_deref(),
            match self.hrtf_eq {
                When::Auto => Equalisation::Auto,
                When::On => Equalisation::On,
                When::Off => Equalisation::Off,
            },
        )?;
        let filters =
            hrtf_file::filters(&ready.set, Preparation { rate, hop: HOP }).map_err(|fault| {
                let name = ready
                    .path
                    .clone()
                    .unwrap_or_else(|| ready.set.name().into());
                Error::malformed(name, "SOFA", fault.at, fault.reason)
            })?;
        let made = Prepared {
            filters: Arc::new(filters),
            set: ready.set.name().to_owned(),
            equalised: ready.equalised,
        };
        *prepared = Some(made.clone());
        Ok(made)
    }
}

//! What a scene can be rendered to.

use super::binaural::Headphones;
use crate::Result;
use crate::layout::Layout;
use crate::panner::{self, Encoder, GainCalculator, Panner};
use crate::scene::Zone;

/// Where a render is meant to be heard.
pub enum Target {
    /// Loudspeakers: every object is panned by its position.
    Layout {
        /// The loudspeakers; channels come out in this order.
        layout: Layout,
        /// What turns metadata into gains on them.
        gains: Box<GainCalculator>,
        /// Whether each object is heard; `None`: all are, and what goes to the LFE.
        heard: Option<Box<[bool]>>,
    },
    /// A mixing desk's stereo bus: every object is panned by its pan pot, constant power. Left, right.
    Stereo,
    /// A sound field in the order of AmbiX, SN3D: every object is a plane wave from its position.
    Ambisonics(Box<Encoder>),
    /// Headphones: every object is heard from its position. Left, right.
    Binaural(Box<Headphones>),
}

impl Target {
    /// The loudspeakers of `layout`, panned in the way that suits it.
    ///
    /// # Errors
    /// [`crate::Error::Layout`] if the layout has no speaker besides LFEs.
    pub fn loudspeakers(layout: Layout) -> Result<Self> {
        let panner = panner::build(&layout)?;
        Self::panned(layout, panner)
    }

    /// The loudspeakers of `layout`, panned by `panner`.
    ///
    /// # Errors
    /// [`crate::Error::Layout`] if the panner is one for another layout.
    pub fn panned(layout: Layout, panner: Box<dyn Panner>) -> Result<Self> {
        let gains = Box::new(GainCalculator::new(&layout, panner)?);
        Ok(Self::Layout {
            layout,
            gains,
            heard: None,
        })
    }

    /// The loudspeakers of `layout`, on which object `n` plays if `heard[n]`, as it does among all others: for
    /// figures of parts of a programme.
    ///
    /// # Errors
    /// As [`loudspeakers`](Self::loudspeakers).
    pub fn part(layout: Layout, heard: Vec<bool>) -> Result<Self> {
        let panner = panner::build(&layout)?;
        let gains = Box::new(GainCalculator::new(&layout, panner)?);
        Ok(Self::Layout {
            layout,
            gains,
            heard: Some(heard.into()),
        })
    }

    /// The layout's name, "stereo", "ambix" or "binaural".
    pub fn name(&self) -> &str {
        match self {
            Self::Layout { layout, .. } => &layout.name,
            Self::Stereo => "stereo",
            Self::Ambisonics(_) => "ambix",
            Self::Binaural(headphones) => headphones.name(),
        }
    }

    /// Whether what plays here plays there too: the same loudspeakers, stereo bus or headphones.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Layout { layout: a, .. }, Self::Layout { layout: b, .. }) => a == b,
            (Self::Stereo, Self::Stereo) => true,
            (Self::Ambisonics(a), Self::Ambisonics(b)) => a.order() == b.order(),
            (Self::Binaural(a), Self::Binaural(b)) => match (&a.preview, &b.preview) {
                (Some(a), Some(b)) => a.is_same_place(b),
                (a, b) => a.is_none() && b.is_none(),
            },
            _ => false,
        }
    }

    /// Whether `zones` of an object hold every loudspeaker here, so that none is left out; `is_cartesian`: its position
    /// is.
    pub fn excludes_all(&self, zones: &[Zone], is_cartesian: bool) -> bool {
        match self {
            Self::Layout { gains, .. } => gains.excludes_all(zones, is_cartesian),
            Self::Binaural(headphones) => {
                let loudspeakers = headphones.preview.as_ref();
                loudspeakers.is_some_and(|target| target.excludes_all(zones, is_cartesian))
            }
            Self::Stereo | Self::Ambisonics(_) => false,
        }
    }

    /// Number of output channels.
    pub fn channels(&self) -> usize {
        match self {
            Self::Layout { layout, .. } => layout.channels(),
            Self::Ambisonics(encoder) => encoder.components(),
            Self::Stereo | Self::Binaural(_) => 2,
        }
    }

    /// The channel that takes the LFE feed, if there is one.
    pub fn lfe_channel(&self) -> Option<usize> {
        match self {
            Self::Layout { layout, .. } => layout.lfe_channel(),
            Self::Stereo | Self::Ambisonics(_) | Self::Binaural(_) => None,
        }
    }

    /// Whether the LFE feed is heard: by its channel, or by that of the loudspeakers that headphones play.
    pub fn plays_lfe(&self) -> bool {
        match self {
            Self::Binaural(headphones) => headphones
                .preview
                .as_ref()
                .is_some_and(|loudspeakers| loudspeakers.plays_lfe()),
            other => other.lfe_channel().is_some(),
        }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Layout { layout, .. } => f.debug_tuple("Layout").field(&layout.name).finish(),
            Self::Stereo => f.write_str("Stereo"),
            Self::Ambisonics(encoder) => write!(f, "Ambisonics({})", encoder.order()),
            Self::Binaural(headphones) => f.debug_tuple("Binaural").field(headphones).finish(),
        }
    }
}

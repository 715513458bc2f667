//! What a scene can be rendered to.

use crate::layout::Layout;
use crate::panner::Panner;

/// Where a render is meant to be heard.
pub enum Target {
    /// Loudspeakers: every object is panned by its position.
    Layout {
        /// The loudspeakers; channels come out in this order.
        layout: Layout,
        /// The panner for them.
        panner: Box<dyn Panner>,
    },
    /// A mixing desk's stereo bus: every object is panned by its pan pot, constant power. Left, right.
    Stereo,
}

impl Target {
    /// The layout's name, or "stereo".
    pub fn name(&self) -> &str {
        match self {
            Self::Layout { layout, .. } => &layout.name,
            Self::Stereo => "stereo",
        }
    }

    /// Number of output channels.
    pub fn channels(&self) -> usize {
        match self {
            Self::Layout { layout, .. } => layout.channels(),
            Self::Stereo => 2,
        }
    }

    /// The channel that takes the LFE feed, if there is one.
    pub fn lfe_channel(&self) -> Option<usize> {
        match self {
            Self::Layout { layout, .. } => layout.lfe_channel(),
            Self::Stereo => None,
        }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Layout { layout, .. } => f.debug_tuple("Layout").field(&layout.name).finish(),
            Self::Stereo => f.write_str("Stereo"),
        }
    }
}

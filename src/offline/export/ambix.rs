//! Writes a programme as a sound field: AmbiX (ACN, SN3D), a channel per component.

use std::path::PathBuf;

use crate::format::adm::write::Losses;
use crate::format::{BitDepth, Container};
use crate::geometry::Position;
use crate::offline::{Delivery, Options, Programme, Rendered, render_if};
use crate::panner::{Encoder, is_lfe};
use crate::render::Target;
use crate::scene::{Features, Object, State};
use crate::units::Frames;
use crate::{Error, Result};

/// A sound field to be written.
#[derive(Debug, Clone)]
pub struct AmbixExport {
    /// The file.
    pub path: PathBuf,
    /// 1 to 7.
    pub order: u32,
    /// How samples are stored.
    pub bit_depth: BitDepth,
    /// What they are wrapped in.
    pub container: Container,
    /// An existing file may be replaced.
    pub overwrite: bool,
    /// What reverbs and delays ring on after the end is written too.
    pub tail: bool,
    /// Refuse what cannot be carried.
    pub strict: bool,
    /// Worker threads.
    pub threads: usize,
}

/// Writes the programme that `make` gives, which is asked for it twice: for its metadata and for its sound.
///
/// `ready` is told what is not carried before the file gets its name.
///
/// # Errors
/// - `ready` fails: nothing is written then.
/// - The order is not 1 to 7; a stem cannot be read; the file exists, would replace a stem, or cannot be written.
/// - With `strict`, something cannot be carried as it is: nothing is written then.
/// - [`Error::Interrupted`] when `watch` says so.
pub fn export_ambix(
    make: &dyn Fn() -> Result<Programme>,
    export: &AmbixExport,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
    ready: &mut (dyn FnMut(&Losses) -> Result<()> + Send),
) -> Result<(Rendered, Losses)> {
    let encoder = Encoder::new(export.order).ok_or_else(|| {
        Error::Usage(format!(
            "order {}: sound fields of the orders 1 to 7 are written",
            export.order
        ))
    })?;
    let programme = make()?;
    programme.check_not_input(&export.path)?;
    let mut losses = losses_of(programme, export.order);
    refuse_losses(&losses, export)?;
    let delivery = Delivery {
        name: "ambix".to_owned(),
        target: Target::Ambisonics(Box::new(encoder)),
        path: export.path.clone(),
        bit_depth: export.bit_depth,
        container: export.container,
        multi_mono: false,
        true_peak: false,
        chain: Vec::new(),
    };
    let options = Options {
        from: Frames(0),
        to: None,
        threads: export.threads,
        overwrite: export.overwrite,
        tail: export.tail,
    };
    let programme = make()?;
    let seconds = programme.sample_rate.seconds_at(programme.length);
    let mut rendered = |outputs: &[Rendered]| {
        for output in outputs {
            let clipped = output.files.iter().flat_map(|file| &file.channel_clipped);
            for (channel, &clipped) in output.channel_order.iter().zip(clipped) {
                losses.add_clipped(channel, clipped, seconds);
            }
        }
        refuse_losses(&losses, export)?;
        ready(&losses)
    };
    let mut done = render_if(programme, vec![delivery], options, watch, &mut rendered)?;
    Ok((done.outputs.swap_remove(0), losses))
}

/// With `strict`, nothing may be lost.
fn refuse_losses(losses: &Losses, export: &AmbixExport) -> Result<()> {
    let Some(first) = losses.entries().first().filter(|_| export.strict) else {
        return Ok(());
    };
    Err(Error::Gate(format!(
        "\"{}\" is not written: {} of \"{}\" cannot be carried as it is ({}; {} would be written)",
        export.path.display(),
        first.field,
        first.object,
        first.found,
        first.written
    )))
}

/// What a sound field of `order` does not carry of the objects of `programme`.
fn losses_of(programme: Programme, order: u32) -> Losses {
    let mut losses = Losses::default();
    let rate = f64::from(programme.sample_rate.0);
    for Object {
        name, mut blocks, ..
    } in programme.objects
    {
        while let Some(block) = blocks.next_block() {
            let second = block.start.0 as f64 / rate;
            let mut lose = |field: &'static str, found: String, written: &str| {
                losses.add(&name, field, second, || (found, written.to_owned()));
            };
            match &block.state {
                State::Object(state) => {
                    if state.diffuse > 0.0 {
                        let found = format!("a share of {} is diffuse", state.diffuse);
                        lose("diffuseness", found, "all of it from its position");
                    }
                    if state.extent.depth > 0.0 {
                        let found = format!("depth {}", state.extent.depth);
                        lose("depth", found, "width and height alone");
                    }
                    if let Position::Polar { distance, .. } = state.position
                        && distance > 1.0 + 1e-9
                    {
                        let found = format!("distance {distance}");
                        lose("distance", found, "a plane wave, which has none");
                    }
                    if let Some(features) = state.features.as_deref() {
                        rarer(features, &mut lose);
                    }
                }
                State::DirectSpeakers(speaker) if is_lfe(speaker) => {
                    let found = "an LFE channel".to_owned();
                    lose("LFE", found, "nothing: it has no direction");
                }
                State::DirectSpeakers(_) => {}
                State::Hoa(component) => {
                    let found = component.field.components.get(component.component);
                    if let Some((own, degree)) = found.filter(|(own, _)| *own > order) {
                        let found = format!("component of order {own}, degree {degree}");
                        lose("order", found, "nothing: choose a higher --order");
                    }
                }
                State::Binaural { .. } => {
                    let found = "a signal for one ear".to_owned();
                    lose("ear signal", found, "nothing");
                }
            }
        }
    }
    for strip in programme
        .desk
        .strips
        .iter()
        .filter(|strip| strip.lfe.is_some())
    {
        losses.add(&strip.name, "LFE copy", 0.0, || {
            (
                "a low-passed copy for the LFE".to_owned(),
                "nothing: the stem itself plays in full".to_owned(),
            )
        });
    }
    losses
}

fn rarer(features: &Features, lose: &mut impl FnMut(&'static str, String, &str)) {
    const PLAIN: &str = "its position as it is";
    if features.channel_lock.is_some() {
        lose("channel lock", "snaps to a loudspeaker".to_owned(), PLAIN);
    }
    if let Some(divergence) = features
        .divergence
        .filter(|divergence| divergence.value > 0.0)
    {
        lose(
            "divergence",
            format!("divergence {}", divergence.value),
            PLAIN,
        );
    }
    if !features.zones.is_empty() {
        let found = format!("{} zones are excluded", features.zones.len());
        lose("zones", found, PLAIN);
    }
    if features.screen_ref || !features.screen_edge_lock.is_none() {
        lose("screen", "follows the screen".to_owned(), PLAIN);
    }
}

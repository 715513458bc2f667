//! Writes one ADM master.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;

use rayon::prelude::*;

use super::bake::{Baker, gain_of, is_plain};
use super::items::{items, rows};
use super::sum::{Sum, Summed};
use super::verify::{Meant, verify};
use crate::format::adm::write::{
    Flavour, Item, Losses, MasterFacts, Plan, Said, TooMany, write_axml, write_chna, write_dbmd,
};
use crate::format::adm::{
    BinauralMode, Dbmd, ElementFacts, Loudness, Origin, ProgrammeFacts, Trim,
};
use crate::format::part::NewFolders;
use crate::format::{BitDepth, ChunkId, Container, Extras, WaveSink, WaveSpec, WrittenFile};
use crate::mix::DeskReport;
use crate::offline::pass::Pass;
use crate::offline::{Delivery, Programme, Rendered, on_threads};
use crate::render::Target;
use crate::units::{Frames, Gain};
use crate::{Error, Result};

/// What is said of a programme's objects beside what the scene knows; each list has an entry per object.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The audioContent that each object belongs to.
    pub contents: Vec<String>,
    /// Where each object comes from, if from a master; else empty.
    pub origins: Vec<Origin>,
    /// How headphones are to play each object.
    pub binaural: Vec<BinauralMode>,
    /// A headphone mode was asked for, by the session or the master's dbmd chunk.
    pub is_mode_said: Vec<bool>,
    /// What a master says of its programme and contents; `None` for a session.
    pub said: Option<Said>,
    /// What else it says, and the target cannot.
    pub lost: Vec<Lost>,
    /// The samples of plain tracks are integers of at most 24 bits, to be kept bit for bit.
    pub is_exact: bool,
}

/// What is known beforehand to be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The object, content or programme.
    pub object: String,
    /// What cannot be carried.
    pub field: &'static str,
    /// What was found.
    pub found: String,
    /// What is written instead.
    pub written: String,
}

/// A master to be written.
#[derive(Debug, Clone)]
pub struct AdmExport {
    /// The file.
    pub path: PathBuf,
    /// Which rules it keeps to.
    pub flavour: Flavour,
    /// What it is wrapped in.
    pub container: Container,
    /// What the dbmd chunk says, for the flavour that has one.
    pub programme: ProgrammeFacts,
    /// Trims of the dbmd chunk.
    pub trims: [Trim; 9],
    /// An existing file may be replaced.
    pub overwrite: bool,
    /// What reverbs and delays ring on after the end belongs to the programme.
    pub tail: bool,
    /// Refuse what cannot be carried.
    pub strict: bool,
    /// The layout whose render tells the loudness of the programme; `None` measures nothing.
    pub loudness: Option<crate::layout::Layout>,
    /// Worker threads.
    pub threads: usize,
}

/// A master that has been written, read again and found to be what was meant.
#[derive(Debug)]
pub struct ExportedAdm {
    /// The file.
    pub file: WrittenFile,
    /// What each track is: item and channel.
    pub tracks: Vec<String>,
    /// Positioned objects.
    pub objects: usize,
    /// Metadata blocks.
    pub blocks: usize,
    /// What could not be carried.
    pub losses: Losses,
    /// What was heard, if that was asked for.
    pub heard: Option<Rendered>,
    /// What the desk's compressors did.
    pub desk: Vec<DeskReport>,
}

impl AdmExport {
    /// Facts of a dbmd chunk that names this program.
    pub fn programme_facts(found: Option<&Dbmd>) -> ProgrammeFacts {
        use crate::format::adm::{Downmix, Warp};
        let version = |n: usize| -> u8 {
            let mut parts = env!("CARGO_PKG_VERSION").split('.');
            parts.nth(n).and_then(|part| part.parse().ok()).unwrap_or(0)
        };
        let found = found.and_then(|dbmd| dbmd.programme.as_ref());
        ProgrammeFacts {
            origin: "umbel".to_owned(),
            tool: "umbel".to_owned(),
            tool_version: [version(0), version(1), version(2)],
            frame_rate: found.and_then(|facts| facts.frame_rate),
            first_action_s: found.and_then(|facts| facts.first_action_s),
            phase_90: found.map_or(0, |facts| facts.phase_90),
            downmix: found.map_or(Downmix::LoRo, |facts| facts.downmix),
            warp: found.map_or(Warp::Direct, |facts| facts.warp),
        }
    }
}

/// Writes a master of the programme that `make` gives, which is asked for it several times: for its sound, its
/// metadata and its gains.
///
/// `watch` is told after every block how many frames are done, and stops the work by answering `false`; `ready` is told
/// what could not be carried when the file is whole and about to get its name.
///
/// # Errors
/// - `ready` fails: nothing is left behind.
/// - A stem cannot be read; the file exists, would replace a stem, or cannot be written.
/// - The flavour has no way to carry something, or, with `strict`, not as it is: nothing is left behind.
/// - [`Error::Interrupted`] when `watch` says so.
pub fn export_adm(
    make: &dyn Fn() -> Result<Programme>,
    names: &Names,
    export: &AdmExport,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
    ready: &mut (dyn FnMut(&Losses) -> Result<()> + Send),
) -> Result<ExportedAdm> {
    let programme = make()?;
    let job = Job::new(programme, make, names, export)?;
    let _folders = NewFolders::of_file(&export.path)?;
    on_threads(export.threads, || job.run(names, export, watch, ready))
}

/// Everything that is needed, gathered before the first block.
struct Job {
    programme: Programme,
    items: Vec<Item>,
    losses: Losses,
    rows: Vec<usize>,
    exact: Vec<bool>,
    /// Tracks and the gains that are put into their samples.
    bakers: Vec<(usize, Baker<1>)>,
    listened: Vec<Delivery>,
}

impl Job {
    fn new(
        mut programme: Programme,
        make: &dyn Fn() -> Result<Programme>,
        names: &Names,
        export: &AdmExport,
    ) -> Result<Self> {
        check_rate(&programme, export)?;
        programme.check_not_input(&export.path)?;
        let mut losses = Losses::default();
        for lost in &names.lost {
            losses.add(&lost.object, lost.field, 0.0, || {
                (lost.found.clone(), lost.written.clone())
            });
        }
        // The objects of a second one are listened to.
        let listened_objects = match export.loudness {
            Some(_) => make()?.objects,
            None => Vec::new(),
        };
        let items = items(
            &mut programme,
            &export.path,
            names,
            export.flavour,
            &mut losses,
        )?;
        check_emission(&items, export)?;
        programme.objects = listened_objects;
        let rows = rows(&items, &programme);
        let mut exact = vec![false; rows.len()];
        let mut bakers = Vec::new();
        if !names.origins.is_empty() {
            let length = programme.length.0;
            let bakes = export.flavour == Flavour::Dolby;
            let mut objects = make()?.objects;
            let plain: HashMap<usize, bool> = objects
                .par_iter_mut()
                .map(|object| (object.feed, is_plain(&mut *object.blocks, length)))
                .collect();
            let summed: Vec<usize> = programme.matrix.iter().map(|feed| feed.feed).collect();
            let mut sources = match bakes && plain.values().any(|is_plain| !is_plain) {
                true => make()?.objects,
                false => Vec::new(),
            };
            for (track, &row) in rows.iter().enumerate() {
                let is_baked = bakes && plain.get(&row) == Some(&false);
                exact[track] = names.is_exact && !is_baked && !summed.contains(&row);
                if is_baked
                    && let Some(found) = sources.iter().position(|object| object.feed == row)
                {
                    bakers.push((row, Baker::new(sources.swap_remove(found).blocks, gain_of)));
                }
            }
        }
        let listened = match &export.loudness {
            Some(layout) => vec![Delivery {
                name: "loudness".to_owned(),
                target: Target::loudspeakers(layout.clone())?,
                path: PathBuf::new(),
                bit_depth: BitDepth::Float32,
                container: Container::Riff,
                multi_mono: false,
                true_peak: true,
                chain: Vec::new(),
            }],
            None => Vec::new(),
        };
        Ok(Self {
            programme,
            items,
            losses,
            rows,
            exact,
            bakers,
            listened,
        })
    }

    fn run(
        self,
        names: &Names,
        export: &AdmExport,
        watch: &mut (dyn FnMut(Frames) -> bool + Send),
        ready: &mut (dyn FnMut(&Losses) -> Result<()> + Send),
    ) -> Result<ExportedAdm> {
        let Self {
            programme,
            mut items,
            mut losses,
            rows,
            exact,
            mut bakers,
            listened,
        } = self;
        let is_dolby = export.flavour == Flavour::Dolby;
        note_processing(&programme, &mut losses);
        let sample_rate = programme.sample_rate;
        // Readers take the profile's name for the profile.
        let title = match programme.title.as_str() {
            "Atmos_Master" => export
                .path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            title => title.to_owned(),
        };
        let spec = WaveSpec {
            channels: rows.len(),
            sample_rate,
            bit_depth: BitDepth::Int24,
            channel_mask: None,
            container: export.container,
        };
        let extras = Extras {
            plain_pcm: true,
            exact,
            before: Vec::new(),
            together: 1,
        };
        let mut sink = WaveSink::create_with(&export.path, spec, extras, export.overwrite)?;
        if export.threads > 1 {
            sink.on_a_thread()?;
        }
        let sink = Mutex::new(sink);
        let pass = Pass {
            programme,
            listened,
            silent_rows: 1,
            tail: export.tail,
            threads: export.threads,
        };
        let mut take = |feeds: &mut crate::audio::Block, at: u64| {
            for (row, baker) in &mut bakers {
                baker.apply_to(feeds, *row, at);
            }
            // One taker at a time: the lock is never waited for.
            match sink.lock() {
                Ok(mut sink) => sink.write(feeds, &rows).map(|()| true),
                Err(_) => Err(Error::Interrupted),
            }
        };
        let passed = pass.run(&mut take, watch)?;
        let mut sink = sink
            .into_inner()
            .map_err(|_| Error::Usage("a thread that wrote has failed".to_owned()))?;
        let tracks: Vec<String> = items.iter().flat_map(track_names).collect();
        let seconds = sample_rate.seconds_at(passed.frames);
        let clipped = sink.clipped();
        for (track, &clipped) in tracks.iter().zip(&clipped) {
            losses.add_clipped(track, clipped, seconds);
        }
        let mut heard = passed.heard.into_iter().next();
        // What was heard is not what the file holds then.
        if clipped.iter().any(|clipped| clipped.samples > 0)
            && let Some(heard) = heard.take()
        {
            losses.add(&title, "loudness", 0.0, || {
                let lufs = heard.heard.integrated_lufs;
                let found = lufs.map_or("none".to_owned(), |lufs| {
                    format!("{lufs:.1} LUFS before samples were held at full scale")
                });
                (found, "nothing".to_owned())
            });
        }
        let facts = MasterFacts {
            title,
            sample_rate,
            length: passed.frames,
            bits: 24,
            loudness: heard.as_ref().map(loudness),
            said: names.said.clone(),
        };
        let plan = Plan::new(export.flavour, &items);
        let mut sum = Sum::new();
        let mut blocks = 0;
        sink.append(ChunkId(*b"axml"), |out| {
            let mut summed = Summed { out, sum: &mut sum };
            blocks = write_axml(&mut summed, &plan, &facts, &mut items, &mut losses)?.blocks;
            Ok(())
        })?;
        if export.strict
            && let Some(first) = losses.entries().iter().find(|loss| loss.field != RENDERED)
        {
            return Err(Error::Gate(format!(
                "\"{}\" is not written: {} of \"{}\" cannot be carried as it is ({}; {} would be written); \
                 leave out --strict to write it and see the loss report",
                export.path.display(),
                first.field,
                first.object,
                first.found,
                first.written
            )));
        }
        let chna = write_chna(&plan.chna());
        sink.append(ChunkId(*b"chna"), |out| out.write_all(&chna))?;
        if is_dolby {
            let elements = elements(&items, export);
            let dbmd = write_dbmd(&export.programme, &elements);
            sink.append(ChunkId(*b"dbmd"), |out| out.write_all(&dbmd))?;
        }
        let file = sink.close()?;
        let meant = Meant {
            path: &export.path,
            axml: sum.value(),
            chna: &chna,
            tracks: tracks.len(),
            blocks,
        };
        sink.verify(&file)?;
        verify(sink.part_path(), &meant)?;
        ready(&losses)?;
        sink.publish()?;
        let is_object = |item: &&Item| item.kind == crate::format::adm::write::ItemKind::Object;
        Ok(ExportedAdm {
            file,
            tracks,
            objects: items.iter().filter(is_object).count(),
            blocks,
            losses,
            heard,
            desk: passed.desk,
        })
    }
}

/// What a loss is called that is none: the sound has it.
const RENDERED: &str = "processing";

/// Processors cannot be carried: their sound is.
fn note_processing(programme: &Programme, losses: &mut Losses) {
    let desk = &programme.desk;
    let strips = desk.strips.iter().map(|strip| (&strip.name, &strip.chain));
    let groups = desk.groups.iter().map(|group| (&group.name, &group.chain));
    let returns = desk.returns.iter().map(|r| (&r.name, &r.chain));
    let master = "master".to_owned();
    let all = strips
        .chain(groups)
        .chain(returns)
        .chain([(&master, &desk.master.chain)]);
    for (name, chain) in all.filter(|(_, chain)| !chain.is_empty()) {
        losses.add(name, RENDERED, 0.0, || {
            let words: Vec<&str> = chain.iter().map(crate::effect::Settings::word).collect();
            (words.join(", "), "its sound, in the samples".to_owned())
        });
    }
}

/// The profile asks for 48 kHz; 96 kHz is taken by newer readers.
fn check_rate(programme: &Programme, export: &AdmExport) -> Result<()> {
    let rate = programme.sample_rate.0;
    if export.flavour != Flavour::Dolby || rate == 48_000 || rate == 96_000 {
        return Ok(());
    }
    Err(Error::Unsupported {
        path: export.path.clone(),
        feature: format!("a master of {rate} Hz in the Dolby Atmos master ADM profile"),
        hint: "it has 48000 Hz (newer readers also take 96000): convert the stems first".to_owned(),
    })
}

/// The emission profile has few elements on each of its levels.
fn check_emission(items: &[Item], export: &AdmExport) -> Result<()> {
    let Some(found) = Plan::new(export.flavour, items).too_many() else {
        return Ok(());
    };
    let TooMany {
        kind,
        count,
        most,
        level,
    } = found;
    let way_out = match level {
        1 => "level 2 has more: --emission 2",
        _ => "without --emission adm-ebu has no such limit",
    };
    Err(Error::Unsupported {
        path: export.path.clone(),
        feature: format!(
            "{count} {kind} elements on level {level} of the emission profile (ITU-R BS.2168), which has at most {most}"
        ),
        hint: format!(
            "make stems that do not move mono, or sum some of them before they come in; {way_out}"
        ),
    })
}

fn loudness(heard: &Rendered) -> Loudness {
    let true_peak = heard
        .heard
        .true_peak
        .map(|peak| Gain(f64::from(peak)).decibels().0);
    Loudness {
        method: Some("ITU-R BS.1770".to_owned()),
        integrated: heard.heard.integrated_lufs,
        range: heard.heard.range_lu,
        max_true_peak: true_peak.filter(|peak| peak.is_finite()),
        max_momentary: heard.heard.momentary_max_lufs,
        max_short_term: heard.heard.short_term_max_lufs,
        dialogue: None,
    }
}

fn elements(items: &[Item], export: &AdmExport) -> ElementFacts {
    let tracks = || items.iter().flat_map(|item| &item.tracks);
    ElementFacts {
        trims: export.trims,
        trim_bypass: tracks().map(|track| track.trim_bypass).collect(),
        binaural: tracks().map(|track| track.binaural).collect(),
        head_tracking: tracks().map(|track| track.head_tracking).collect(),
    }
}

fn track_names(item: &Item) -> Vec<String> {
    match item.tracks.as_slice() {
        [_] => vec![item.name.clone()],
        several => several
            .iter()
            .map(|track| format!("{}: {}", item.name, track.name))
            .collect(),
    }
}

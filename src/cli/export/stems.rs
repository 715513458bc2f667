//! `umbel export stems`: a hand-over to another workstation.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::deliver::Ask;
use crate::cli::bit_depth::WorkingDepth;
use crate::cli::{Ui, interrupt, report};
use crate::effect::Settings;
use crate::format::handoff::{
    Band, Device, Marker, Project, ProjectTrack, TempoMark, dawproject, midi, reaper,
};
use crate::format::part::replace;
use crate::format::{BitDepth, sha256};
use crate::offline::{Contract, ExportedStem, ExportedStems, Image, StemExport, export_stems};
use crate::session::{BuildOptions, DeliverySpec, Session, Song};
use crate::units::Gain;
use crate::{Error, Result};

/// Write aligned stems of full length, with a manifest, a tempo map (MIDI), a DAWproject and a Reaper project.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The session.
    #[arg(value_name = "SESSION")]
    input: PathBuf,
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What the stems add up to: the mix before the master, or behind it (its one gain in every stem).
    #[arg(long, value_name = "WHAT", default_value = "pre-master")]
    contract: ContractWord,
    /// Channels of the stems: left and right as on the stereo bus, so that they add up to the stereo mix; or
    /// their own, without a pan, for a mixer who places them (positions.json).
    #[arg(long, value_name = "WHAT", default_value = "stereo")]
    image: ImageWord,
    /// Sample format.
    #[arg(long, value_name = "DEPTH", default_value = "24")]
    bit_depth: WorkingDepth,
    /// End with the song, whatever rings on.
    #[arg(long)]
    no_tail: bool,
    /// Convert stems of another sample rate to that of most stems, instead of refusing them.
    #[arg(long)]
    resample: bool,
    /// Replace files that exist.
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    report: report::ReportArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ContractWord {
    PreMaster,
    ThroughMaster,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ImageWord {
    Stereo,
    Dry,
}

/// Stems that a session's `[[out]]` asks for.
pub(super) fn deliver(spec: &DeliverySpec, ask: &Ask<'_>, output: PathBuf, ui: &Ui) -> Result<()> {
    let args = Args {
        input: ask.session.to_path_buf(),
        out: output,
        contract: ContractWord::PreMaster,
        image: ImageWord::Stereo,
        bit_depth: BitDepth::from(spec.bit_depth).into(),
        no_tail: false,
        report: report::ReportArgs::default(),
        resample: ask.resample,
        force: ask.force,
    };
    run(&args, ui)
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let to_report = args.report.path()?;
    interrupt::install();
    let session = Session::load(&args.input)?;
    let song = session.build(&BuildOptions {
        resample: args.resample,
    })?;
    crate::cli::render::told_findings(&song.warnings, ui);
    let facts = Facts::of(&session, &song)?;
    let export = StemExport {
        folder: args.out.clone(),
        contract: match args.contract {
            ContractWord::PreMaster => Contract::PreMaster,
            ContractWord::ThroughMaster => Contract::ThroughMaster,
        },
        image: match args.image {
            ImageWord::Stereo => Image::Stereo,
            ImageWord::Dry => Image::Dry,
        },
        bit_depth: args.bit_depth.into(),
        bpm: session
            .file
            .song
            .bpm
            .or_else(|| facts.tempo.first().map(|mark| mark.quarters_per_minute)),
        key: session.file.song.key.clone(),
        markers: facts
            .markers
            .iter()
            .map(|marker| (marker.name.clone(), song.sample_rate.frame_at(marker.at_s)))
            .collect(),
        tail: !args.no_tail,
        overwrite: args.force,
        threads: rayon::current_num_threads(),
    };
    let beside = [
        "manifest.json",
        "manifest.txt",
        "tempo.mid",
        "song.dawproject",
        "song.rpp",
        "positions.json",
    ];
    for name in beside {
        let path = args.out.join(name);
        if path.exists() && !args.force {
            return Err(Error::Exists(path));
        }
    }
    let progress = ui.progress(song.length.0, "exporting");
    let exported = export_stems(song.into(), &export, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    drop(progress);
    let manifest = facts.manifest(&export, &exported)?;
    let project = facts.project(&exported);
    let folder = &args.out;
    replace(&folder.join("tempo.mid"), &midi::tempo_map(&project))?;
    replace(
        &folder.join("song.dawproject"),
        &dawproject::archive(&project),
    )?;
    replace(
        &folder.join("song.rpp"),
        reaper::project(&project).as_bytes(),
    )?;
    replace(
        &folder.join("positions.json"),
        format!("{:#}\n", facts.positions(&session)).as_bytes(),
    )?;
    replace(&folder.join("manifest.txt"), as_text(&manifest).as_bytes())?;
    replace(
        &folder.join("manifest.json"),
        format!("{manifest:#}\n").as_bytes(),
    )?;
    if let Some(path) = to_report {
        let mut page = report::page(&args.out);
        page.files.push(report::file_row("session", &args.input)?);
        let asked = crate::check::StemsAsked::default();
        let found = crate::check::check_stems(folder, &asked, &|_| !interrupt::requested())?;
        report::add_findings(&mut page, &found);
        report::add_stems(&mut page, folder, ui)?;
        report::write(path, &page, ui)?;
    }
    if ui.json {
        return ui.json_line(&json!({
            "event": "done",
            "folder": folder.display().to_string(),
            "manifest": manifest,
        }));
    }
    for stem in &exported.stems {
        ui.line(format_args!(
            "wrote {}  {} channels  peak {}FS",
            stem.file.path.display(),
            stem.file.channels,
            Gain(f64::from(stem.file.peak)).decibels()
        ))?;
    }
    ui.line(format_args!("wrote {} beside them", beside.join(", ")))
}

/// What a receiver wants to know of the song.
struct Facts {
    title: String,
    rate: u32,
    tempo: Vec<TempoMark>,
    meter: (u32, u32),
    key: Option<String>,
    markers: Vec<Marker>,
    /// The stems and returns.
    sources: Vec<Source>,
}

/// A stem or return of the session.
struct Source {
    name: String,
    group: Option<String>,
    colour: Option<String>,
    chain: Vec<Settings>,
}

impl Facts {
    fn of(session: &Session, song: &Song) -> Result<Self> {
        let keys = &session.file.song;
        let rate = song.sample_rate;
        let meter = keys.meter.as_deref().unwrap_or("4/4");
        let meter = meter
            .split_once('/')
            .and_then(|(beats, unit)| Some((beats.trim().parse().ok()?, unit.trim().parse().ok()?)))
            .unwrap_or((4, 4));
        // A beat of the session is the metre's unit.
        let quarters = |bpm: f64| bpm * 4.0 / f64::from(meter.1);
        let mark = |at_s: f64, bpm: f64| TempoMark {
            at_s,
            quarters_per_minute: quarters(bpm),
        };
        let mut tempo = Vec::new();
        match (&keys.tempo, keys.bpm) {
            (Some(changes), _) => {
                for change in changes {
                    let frame = session.frame_at(&change.at, rate)?;
                    tempo.push(mark(rate.seconds_at(frame), change.bpm));
                }
            }
            (None, Some(bpm)) => tempo.push(mark(0.0, bpm)),
            (None, None) => {}
        }
        let mut markers = Vec::new();
        for name in keys.markers.keys() {
            let frame = session.frame_at(&format!("@{name}"), rate)?;
            markers.push(Marker {
                name: name.clone(),
                at_s: rate.seconds_at(frame),
            });
        }
        markers.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        let keys_of = |name: &str| session.file.stem.iter().find(|stem| stem.name == name);
        let strips = song.desk.strips.iter().map(|strip| Source {
            name: strip.name.clone(),
            group: keys_of(&strip.name).and_then(|stem| stem.group.clone()),
            colour: keys_of(&strip.name).and_then(|stem| stem.colour.clone()),
            chain: strip.chain.clone(),
        });
        let returns = song.desk.returns.iter().map(|r| Source {
            name: r.name.clone(),
            group: None,
            colour: None,
            chain: r.chain.clone(),
        });
        Ok(Self {
            title: song.title.clone(),
            rate: rate.0,
            tempo,
            meter,
            key: keys.key.clone(),
            markers,
            sources: strips.chain(returns).collect(),
        })
    }

    fn project(&self, exported: &ExportedStems) -> Project {
        let tracks = exported.stems.iter().filter(|stem| stem.kind != "mix");
        let tracks = tracks
            .zip(&self.sources)
            .map(|(stem, source)| ProjectTrack {
                name: stem.name.clone(),
                file: file_name(&stem.file.path),
                channels: stem.file.channels,
                group: source.group.clone(),
                colour: source.colour.clone(),
                devices: source.chain.iter().filter_map(device).collect(),
            });
        Project {
            title: self.title.clone(),
            rate: self.rate,
            length_s: exported.frames.0 as f64 / f64::from(self.rate),
            tempo: self.tempo.clone(),
            meter: self.meter,
            markers: self.markers.clone(),
            tracks: tracks.collect(),
        }
    }

    fn manifest(&self, export: &StemExport, exported: &ExportedStems) -> Result<Value> {
        let mut stems = Vec::new();
        for stem in &exported.stems {
            stems.push(self.stem(stem)?);
        }
        let contract = match (export.contract, export.image) {
            (Contract::PreMaster, Image::Stereo) => {
                "the stems and returns add up to the stereo mix before the master"
            }
            (Contract::ThroughMaster, Image::Stereo) => {
                "the stems and returns add up to the stereo mix behind the master"
            }
            (Contract::PreMaster, Image::Dry) => {
                "the stems and returns, placed as positions.json says, add up to the mix before the master"
            }
            (Contract::ThroughMaster, Image::Dry) => {
                "the stems and returns, placed as positions.json says, add up to the mix behind the master"
            }
        };
        Ok(json!({
            "title": self.title,
            "contract": match export.contract {
                Contract::PreMaster => "pre-master",
                Contract::ThroughMaster => "through-master",
            },
            "contract_text": contract,
            "image": match export.image {
                Image::Stereo => "stereo",
                Image::Dry => "dry",
            },
            "bpm": self.tempo.first().map(|mark| mark.quarters_per_minute),
            "tempo": self.tempo.iter().map(|mark| json!({ "at_s": mark.at_s, "bpm": mark.quarters_per_minute })).collect::<Vec<_>>(),
            "meter": format!("{}/{}", self.meter.0, self.meter.1),
            "key": self.key,
            "markers": self.markers.iter().map(|marker| json!({ "name": marker.name, "at_s": marker.at_s })).collect::<Vec<_>>(),
            "sample_rate": self.rate,
            "bit_depth": export.bit_depth.to_string(),
            "frames": exported.frames.0,
            "seconds": exported.frames.0 as f64 / f64::from(self.rate),
            "starts_at": "bar 1 beat 1 (time reference 0)",
            "stems": stems,
        }))
    }

    fn stem(&self, stem: &ExportedStem) -> Result<Value> {
        let source = self.sources.iter().find(|source| source.name == stem.name);
        let peak = Gain(f64::from(stem.file.peak)).decibels().0;
        Ok(json!({
            "name": stem.name,
            "file": file_name(&stem.file.path),
            "kind": stem.kind,
            "group": source.and_then(|source| source.group.clone()),
            "colour": source.and_then(|source| source.colour.clone()),
            "channels": stem.file.channels,
            "frames": stem.file.frames.0,
            "peak_dbfs": peak.is_finite().then_some(peak),
            "clipped_samples": stem.file.clipped,
            "sha256": sha256(&stem.file.path)?,
        }))
    }

    /// Where each stem is placed, as the session has it.
    fn positions(&self, session: &Session) -> Value {
        let text: Value = match session.text.parse::<toml::Table>() {
            Ok(table) => serde_json::to_value(table).unwrap_or(Value::Null),
            Err(_) => serde_json::from_str(&session.text).unwrap_or(Value::Null),
        };
        let pick = |list: &str| {
            let entries = text
                .get(list)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            let keys = ["name", "at", "move", "size", "lfe", "pan", "stereo-width"];
            let picked = entries.into_iter().map(|entry| {
                let map = entry.as_object().cloned().unwrap_or_default();
                Value::Object(
                    map.into_iter()
                        .filter(|(key, _)| keys.contains(&key.as_str()))
                        .collect(),
                )
            });
            picked.collect::<Vec<_>>()
        };
        json!({
            "title": self.title,
            "convention": "az in degrees, + left; el in degrees, + up; dist 1 at the loudspeakers; x right, y front, z up, -1 to 1",
            "stems": pick("stem"),
            "returns": pick("return"),
        })
    }
}

/// The processor as workstations know it.
fn device(settings: &Settings) -> Option<Device> {
    match settings {
        Settings::Eq(eq) if !eq.bypass => {
            const FLAT: f64 = std::f64::consts::FRAC_1_SQRT_2;
            let band = |kind, hz, db, q| Band { kind, hz, db, q };
            let mut bands = Vec::new();
            bands.extend(eq.hp.map(|hz| band("highPass", hz, 0.0, FLAT)));
            bands.extend(
                eq.low_shelf
                    .map(|s| band("lowShelf", s.hz, s.db, s.q.unwrap_or(FLAT))),
            );
            bands.extend(
                eq.bell
                    .iter()
                    .map(|b| band("bell", b.hz, b.db, b.q.unwrap_or(FLAT))),
            );
            bands.extend(
                eq.notch
                    .iter()
                    .map(|n| band("notch", n.hz, 0.0, n.q.unwrap_or(4.0))),
            );
            bands.extend(
                eq.high_shelf
                    .map(|s| band("highShelf", s.hz, s.db, s.q.unwrap_or(FLAT))),
            );
            bands.extend(eq.lp.map(|hz| band("lowPass", hz, 0.0, FLAT)));
            Some(Device::Equaliser(bands))
        }
        // A threshold that is found while mixing is none that can be handed over.
        Settings::Comp(comp) if !comp.bypass => Some(Device::Compressor {
            threshold_db: comp.threshold?,
            ratio: comp.ratio?,
            attack_s: comp.attack_ms.unwrap_or(10.0) / 1e3,
            release_s: comp.release_ms.map(|ms| ms / 1e3),
            output_db: comp.makeup,
        }),
        _ => None,
    }
}

fn as_text(manifest: &Value) -> String {
    let word = |key: &str| match &manifest[key] {
        Value::Null => "not known".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut text = format!(
        "{}\n\nTempo     {} BPM\nMetre     {}\nKey       {}\nRate      {} Hz, {}\nLength    {} s ({} frames), all files alike\nStart     {}\nContract  {}\n\n",
        word("title"),
        word("bpm"),
        word("meter"),
        word("key"),
        word("sample_rate"),
        word("bit_depth"),
        word("seconds"),
        word("frames"),
        word("starts_at"),
        word("contract_text")
    );
    for stem in manifest["stems"].as_array().into_iter().flatten() {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}  {}  {} channels\n  sha256 {}",
            stem["file"].as_str().unwrap_or_default(),
            stem["kind"].as_str().unwrap_or_default(),
            stem["channels"],
            stem["sha256"].as_str().unwrap_or_default()
        );
    }
    text
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

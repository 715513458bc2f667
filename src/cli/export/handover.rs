//! What a hand-over says of its song: manifest, project, positions.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::Result;
use crate::effect::Settings;
use crate::format::handoff::{
    Band, Device, Marker, Project, ProjectGroup, ProjectTrack, TempoMark, midi,
};
use crate::format::sha256;
use crate::offline::{Contract, ExportedStem, ExportedStems, Image, StemExport};
use crate::session::{Session, Song};
use crate::units::Gain;

/// What a receiver wants to know of the song.
pub(super) struct Facts {
    title: String,
    rate: u32,
    pub(super) tempo: Vec<TempoMark>,
    meter: (u32, u32),
    key: Option<String>,
    pub(super) markers: Vec<Marker>,
    /// The stems and returns.
    sources: Vec<Source>,
    /// Names and processors of the groups.
    groups: Vec<(String, Vec<Settings>)>,
    /// Processors of the master.
    master: Vec<Settings>,
}

/// A stem or return of the session.
struct Source {
    name: String,
    group: Option<String>,
    colour: Option<String>,
    chain: Vec<Settings>,
}

impl Facts {
    /// Of a session and the song it was built into.
    pub(super) fn of(session: &Session, song: &Song) -> Result<Self> {
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
            groups: song
                .desk
                .groups
                .iter()
                .map(|group| (group.name.clone(), group.chain.clone()))
                .collect(),
            master: song.desk.master.chain.clone(),
        })
    }

    /// Beats of the metre a minute where the song begins: the tempo of names and manifest, as the session says it.
    pub(super) fn bpm(&self) -> Option<f64> {
        self.tempo.first().map(|mark| self.beats(mark))
    }

    fn beats(&self, mark: &TempoMark) -> f64 {
        mark.quarters_per_minute * f64::from(self.meter.1) / 4.0
    }

    /// Tempi in quarters a minute that are slower than a MIDI file can say.
    pub(super) fn faster_in_midi(&self) -> Vec<f64> {
        let tempi = self.tempo.iter().map(|mark| mark.quarters_per_minute);
        tempi.filter(|quarters| *quarters < midi::SLOWEST).collect()
    }

    /// Processors that `song.dawproject` has no device for, each as "reverb of hall".
    pub(super) fn not_in_project(&self) -> Vec<String> {
        let sources = self
            .sources
            .iter()
            .map(|source| (&*source.name, &source.chain));
        let groups = self.groups.iter().map(|(name, chain)| (&**name, chain));
        let mut missing = Vec::new();
        for (name, chain) in sources.chain(groups).chain([("the master", &self.master)]) {
            let lost = chain
                .iter()
                .filter(|settings| !settings.is_bypassed() && device(settings).is_none());
            missing.extend(lost.map(|settings| format!("{} of {name}", settings.word())));
        }
        missing
    }

    /// The project that workstations open.
    pub(super) fn project(&self, exported: &ExportedStems) -> Project {
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
            groups: self
                .groups
                .iter()
                .map(|(name, chain)| ProjectGroup {
                    name: name.clone(),
                    devices: chain.iter().filter_map(device).collect(),
                })
                .collect(),
            master: self.master.iter().filter_map(device).collect(),
        }
    }

    /// What was exported, with checksums.
    pub(super) fn manifest(&self, export: &StemExport, exported: &ExportedStems) -> Result<Value> {
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
        let clipped = clipped(exported);
        let contract = match clipped.is_empty() {
            true => contract.to_owned(),
            false => format!(
                "{contract}, but not where samples were held at full scale: {}",
                clipped.join(", ")
            ),
        };
        Ok(json!({
            "title": self.title,
            "contract": match export.contract {
                Contract::PreMaster => "pre-master",
                Contract::ThroughMaster => "through-master",
            },
            "contract_text": contract,
            "contract_holds": clipped.is_empty(),
            "image": match export.image {
                Image::Stereo => "stereo",
                Image::Dry => "dry",
            },
            "bpm": self.bpm(),
            "bpm_beat": format!("1/{}", self.meter.1),
            "quarters_per_minute": self.tempo.first().map(|mark| mark.quarters_per_minute),
            "tempo": self.tempo.iter().map(|mark| json!({
                "at_s": mark.at_s,
                "bpm": self.beats(mark),
                "quarters_per_minute": mark.quarters_per_minute,
            })).collect::<Vec<_>>(),
            "faster_in_tempo_mid": self.faster_in_midi(),
            "meter": format!("{}/{}", self.meter.0, self.meter.1),
            "key": self.key,
            "markers": self.markers.iter().map(|marker| json!({ "name": marker.name, "at_s": marker.at_s })).collect::<Vec<_>>(),
            "sample_rate": self.rate,
            "bit_depth": export.bit_depth.to_string(),
            "frames": exported.frames.0,
            "seconds": exported.frames.0 as f64 / f64::from(self.rate),
            "starts_at": "bar 1 beat 1 (time reference 0)",
            "not_in_dawproject": self.not_in_project(),
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
            "over_db": (stem.file.clipped > 0).then(|| Gain(f64::from(stem.file.over)).decibels().0),
            "sha256": sha256(&stem.file.path)?,
        }))
    }

    /// Where each stem is placed, as the session has it.
    pub(super) fn positions(&self, session: &Session) -> Value {
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

/// The files in which samples were held at full scale, as "Kick.wav (12 samples, at most 1.5 dB above it)".
fn clipped(exported: &ExportedStems) -> Vec<String> {
    let files = exported.stems.iter().map(|stem| &stem.file);
    let clipped = files.filter(|file| file.clipped > 0).map(|file| {
        format!(
            "{} ({} samples, at most {} above it)",
            file_name(&file.path),
            file.clipped,
            Gain(f64::from(file.over)).decibels()
        )
    });
    clipped.collect()
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

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// The tempo of the song, or all of them with their times, a line each.
fn tempo(manifest: &Value) -> String {
    let beat = manifest["bpm_beat"].as_str().unwrap_or("1/4");
    let bpm = |mark: &Value| match beat {
        "1/4" => format!("{} BPM", mark["bpm"]),
        beat => format!(
            "{} BPM (beats of {beat}; {} quarters a minute)",
            mark["bpm"], mark["quarters_per_minute"]
        ),
    };
    let marks = manifest["tempo"].as_array().map_or(&[][..], Vec::as_slice);
    match marks {
        [] => "not known".to_owned(),
        [one] => bpm(one),
        several => several
            .iter()
            .map(|mark| {
                let at_s = mark["at_s"].as_f64().unwrap_or_default();
                format!("{} from {at_s:.3} s", bpm(mark))
            })
            .collect::<Vec<_>>()
            .join("\n          "),
    }
}

/// The manifest for people.
pub(super) fn as_text(manifest: &Value) -> String {
    let word = |key: &str| match &manifest[key] {
        Value::Null => "not known".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut text = format!(
        "{}\n\nTempo     {}\nMetre     {}\nKey       {}\nRate      {} Hz, {}\nLength    {} s ({} frames), all files alike\nStart     {}\nContract  {}\n\n",
        word("title"),
        tempo(manifest),
        word("meter"),
        word("key"),
        word("sample_rate"),
        word("bit_depth"),
        word("seconds"),
        word("frames"),
        word("starts_at"),
        word("contract_text")
    );
    let missing: Vec<&str> = strings(&manifest["not_in_dawproject"]).collect();
    if !missing.is_empty() {
        let _ = writeln!(text, "Not in song.dawproject: {}\n", missing.join(", "));
    }
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

//! `umbel init`: a session from a folder of stems, or from one stem file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Ui;
use crate::audio::Block;
use crate::format::mp4::{Movie, StemAtom, is_stem_file};
use crate::format::{SampleFormat, part};
use crate::session::folder::Folder;
use crate::session::propose::{
    Given, NamedTrack, Proposal, StemAudio, StemFile, StemProposal, master, propose,
};
use crate::session::sound::{Listener, Sound};
use crate::session::write::session_text;
use crate::session::{Placing, Turn};
use crate::{Error, Result, format};

/// Write a session for a folder of stems, or a stem file (.stem.mp4): roles, groups and places from the names and the sound.
///
/// Shows a table with the reason of each proposal and writes a commented song.toml. Rows marked with ! want
/// a person's eye. What a name does not tell is guessed from the sound.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the stems (subfolders are searched, three deep), or one stem file.
    #[arg(value_name = "DIR|FILE")]
    stems: PathBuf,
    /// Session file to write [default: DIR/song.toml, or NAME.toml beside NAME.stem.mp4].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Tempo in beats per minute, instead of what the names say.
    #[arg(long, value_parser = tempo)]
    bpm: Option<f64>,
    /// Musical key ("Am", "F#m", "8A"), instead of what the names say.
    #[arg(long, value_parser = key)]
    key: Option<String>,
    /// Metre ("4/4").
    #[arg(long, value_parser = metre)]
    meter: Option<String>,
    /// Do not listen: stems whose names tell nothing stay without a role.
    #[arg(long)]
    no_guess: bool,
    /// Show the table only; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Overwrite an existing session file.
    #[arg(short, long)]
    force: bool,
}

/// Seconds of a stem that are listened to: a song's length, so that a late entry is heard.
const LISTEN_S: u64 = 300;

/// Frames read at a time while listening.
const LISTEN_FRAMES: usize = 8192;

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let place = Stems::at(&args.stems)?;
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| place.dir.join(&place.session));
    if !args.dry_run && !args.force && output.symlink_metadata().is_ok() {
        return Err(Error::Exists(output));
    }
    let Stems { dir, folder, .. } = &place;
    let files: Vec<StemFile> = folder
        .audio
        .iter()
        .flat_map(|path| files_of(dir, path))
        .collect();
    let given = Given {
        title: place.title.clone(),
        bpm: args.bpm,
        key: args.key.clone(),
        meter: args.meter.clone(),
    };
    let mut proposal = propose(&files, &given, &mut |file| {
        let listen = !args.no_guess;
        let track = file.named.as_ref().map(|named| named.track);
        listen
            .then(|| sound_of(&dir.join(&file.path), track).ok())
            .flatten()
    });
    if let Some(stems) = &place.named {
        proposal.reference = files.first().map(|file| file.path.clone());
        proposal.master = master(&stems.mastering_dsp);
    }
    if proposal.stems.iter().all(|stem| !stem.included) {
        show(&proposal, folder, None, ui)?;
        return Err(Error::Unsupported {
            path: args.stems,
            feature: "a folder in which no file can be used as a stem".to_owned(),
            hint: "the reasons are listed above".to_owned(),
        });
    }
    let written = if args.dry_run {
        None
    } else {
        let text = session_text(&proposal, &stems_folder(dir, &output)?);
        save(&output, &text, args.force)?;
        Some(output)
    };
    show(&proposal, folder, written.as_deref(), ui)
}

/// Where the stems are, and what their session is called.
struct Stems {
    /// The folder that their paths are relative to.
    dir: PathBuf,
    folder: Folder,
    title: String,
    /// Name of the session file.
    session: String,
    /// What a stem file says, if one was named.
    named: Option<StemAtom>,
}

impl Stems {
    fn at(path: &Path) -> Result<Self> {
        let is_file = path.metadata().is_ok_and(|facts| facts.is_file());
        if let (true, Some(name)) = (is_file, path.file_name()) {
            let named = Movie::read(path)?.named_stems(path)?.clone();
            let shown = name.to_string_lossy();
            let title = ["mp4", "m4a", "stem"].iter().fold(&*shown, |title, end| {
                let whole = title.strip_suffix(end);
                whole
                    .and_then(|title| title.strip_suffix('.'))
                    .unwrap_or(title)
            });
            return Ok(Self {
                dir: match path.parent() {
                    Some(dir) if !dir.as_os_str().is_empty() => dir.to_path_buf(),
                    _ => PathBuf::from("."),
                },
                folder: Folder {
                    audio: vec![PathBuf::from(name)],
                    ignored: Vec::new(),
                },
                title: title.to_owned(),
                session: format!("{title}.toml"),
                named: Some(named),
            });
        }
        let folder = Folder::survey(path)?;
        if folder.audio.is_empty() {
            return Err(Error::Usage(format!(
                "\"{}\" holds no audio files (wav, flac, aif, caf, m4a, mp4); give the folder of the stems, or a \
                 stem file",
                path.display()
            )));
        }
        Ok(Self {
            dir: path.to_path_buf(),
            folder,
            title: title(path),
            session: "song.toml".to_owned(),
            named: None,
        })
    }
}

/// The stems that a file holds: itself, or those that it names.
fn files_of(dir: &Path, path: &Path) -> Vec<StemFile> {
    let full = dir.join(path);
    let file = |named: Option<NamedTrack>| StemFile {
        path: with_slashes(path),
        audio: audio_of(&full, named.as_ref().map(|named| named.track)).map_err(|error| {
            // The row names the file already.
            let named = format!("\"{}\": ", full.display());
            error.to_string().replacen(&named, "", 1)
        }),
        named,
    };
    if !is_stem_file(&full) {
        return vec![file(None)];
    }
    let stems = Movie::read(&full).and_then(|movie| movie.named_stems(&full).cloned());
    match stems {
        // The mix is in track 1.
        Ok(stems) => (2..)
            .zip(stems.stems)
            .map(|(track, stem)| {
                let colour = stem.colour().map(str::to_owned);
                file(Some(NamedTrack {
                    track,
                    name: stem.name,
                    colour,
                }))
            })
            .collect(),
        Err(error) => vec![StemFile {
            path: with_slashes(path),
            audio: Err(error.to_string()),
            named: None,
        }],
    }
}

fn tempo(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bpm) if (10.0..=1000.0).contains(&bpm) => Ok(bpm),
        _ => Err("a number from 10 to 1000 is wanted".to_owned()),
    }
}

fn key(text: &str) -> std::result::Result<String, String> {
    crate::session::names::canonical_key(text)
        .ok_or_else(|| "a key is wanted, as Am, F#m, Eb or 8A".to_owned())
}

fn metre(text: &str) -> std::result::Result<String, String> {
    let parts = text.split_once('/').and_then(|(beats, unit)| {
        let beats: u32 = beats.parse().ok()?;
        let unit: u32 = unit.parse().ok()?;
        Some((beats, unit))
    });
    match parts {
        Some((1..=64, 1 | 2 | 4 | 8 | 16 | 32)) => Ok(text.to_owned()),
        _ => Err("beats and unit are wanted, as in 4/4 or 6/8".to_owned()),
    }
}

fn with_slashes(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The song is called as its folder, or the folder above one called "stems".
fn title(dir: &Path) -> String {
    let full = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let generic = [
        "stems",
        "audio",
        "audio files",
        "wav",
        "wavs",
        "multitrack",
        "tracks",
        "bounces",
    ];
    full.ancestors()
        .filter_map(|folder| folder.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .find(|name| !generic.contains(&name.to_lowercase().as_str()))
        .unwrap_or_else(|| "Untitled".to_owned())
}

fn audio_of(path: &Path, track: Option<usize>) -> Result<StemAudio> {
    let source = format::open_track(path, track, false)?;
    let facts = source.facts();
    Ok(StemAudio {
        channels: facts.channels,
        sample_rate: facts.sample_rate,
        frames: facts.frames,
        is_lossy: matches!(facts.sample_format, SampleFormat::Lossy { .. }),
    })
}

/// Listens to the first minutes of a file, its first two channels.
fn sound_of(path: &Path, track: Option<usize>) -> Result<Sound> {
    let mut source = format::open_track(path, track, false)?;
    let (channels, rate) = (source.facts().channels, source.facts().sample_rate);
    let heard = channels.min(2);
    let rows: Vec<Option<usize>> = (0..channels).map(|c| (c < heard).then_some(c)).collect();
    let mut listener = Listener::new(heard, rate);
    let mut block = Block::new(heard, LISTEN_FRAMES);
    let most = LISTEN_S * u64::from(rate.0);
    let mut frames = 0;
    while frames < most {
        block.set_frames(LISTEN_FRAMES);
        let read = source.read(&mut block, &rows)?;
        block.set_frames(read);
        listener.hear(&block);
        frames += read as u64;
        if read < LISTEN_FRAMES {
            break;
        }
    }
    Ok(listener.finish())
}

/// The folder of the stems as seen from the session file's folder, with `/`.
fn stems_folder(dir: &Path, output: &Path) -> Result<String> {
    let full = |path: &Path| path.canonicalize().map_err(|e| Error::io(path, "open", e));
    let parent = match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let (dir, parent) = (full(dir)?, full(parent)?);
    let shared = dir
        .iter()
        .zip(parent.iter())
        .take_while(|(a, b)| a == b)
        .count();
    if shared == 0 {
        return Ok(with_slashes(&dir));
    }
    let up = parent.iter().skip(shared).map(|_| "..".to_owned());
    let down = dir
        .iter()
        .skip(shared)
        .map(|part| part.to_string_lossy().into_owned());
    let path: Vec<String> = up.chain(down).collect();
    Ok(if path.is_empty() {
        ".".to_owned()
    } else {
        path.join("/")
    })
}

/// Writes beside the target and renames, so that a failure leaves what was there. Without `force` an existing
/// file is never replaced, even one that appeared a moment ago.
fn save(path: &Path, text: &str, force: bool) -> Result<()> {
    if !force {
        let mut file = fs::File::options()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|e| match e.kind() {
                std::io::ErrorKind::AlreadyExists => Error::Exists(path.to_path_buf()),
                _ => Error::io(path, "create", e),
            })?;
        return file.write_all(text.as_bytes()).map_err(|e| {
            // A half-written session would look like a whole one.
            let _ = fs::remove_file(path);
            Error::io(path, "write to", e)
        });
    }
    part::replace(path, text.as_bytes())
}

fn show(proposal: &Proposal, folder: &Folder, written: Option<&Path>, ui: &Ui) -> Result<()> {
    for remark in &proposal.remarks {
        ui.warn(remark);
    }
    for remark in &proposal.master.remarks {
        ui.note(remark);
    }
    if ui.json {
        return ui.json_line(&as_json(proposal, folder, written));
    }
    for row in table(proposal) {
        ui.line(row)?;
    }
    ui.line("")?;
    let flagged = proposal.stems.iter().filter(|stem| stem.flagged()).count();
    let bpm = proposal
        .bpm
        .map_or("no tempo".to_owned(), |bpm| format!("{bpm} BPM"));
    let key = proposal.key.as_deref().unwrap_or("no key");
    ui.line(format!(
        "\"{}\": {} stems in {} groups, {bpm}, {}, {key}; {flagged} to check (!)",
        proposal.title,
        proposal.stems.len(),
        proposal.groups.len(),
        proposal.meter,
    ))?;
    for stem in proposal.stems.iter().filter(|stem| stem.flagged()) {
        ui.line(format!("! {}: {}", stem.file, stem.doubts.join("; ")))?;
    }
    for (path, reason) in &folder.ignored {
        ui.line(format!("  {}: not used: {reason}", path.display()))?;
    }
    match written {
        Some(path) => ui.line(format!("wrote \"{}\"", path.display())),
        None => ui.line("nothing written"),
    }
}

/// The table: a header and one row a stem, columns aligned.
fn table(proposal: &Proposal) -> Vec<String> {
    let header = [
        "", "file", "ch", "bpm", "key", "role", "group", "place", "sure", "why",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(proposal.stems.iter().map(row));
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, &width)| format!("{cell:<width$}"))
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

fn row(stem: &StemProposal) -> [String; 10] {
    let dash = || "-".to_owned();
    [
        if stem.flagged() {
            "!".to_owned()
        } else {
            String::new()
        },
        match stem.track {
            Some(track) => format!("{}: {track} \"{}\"", stem.file, stem.name),
            None => stem.file.clone(),
        },
        channels_of(stem).map_or_else(dash, |channels| channels.to_string()),
        stem.bpm.map_or_else(dash, |bpm| bpm.to_string()),
        stem.key.clone().unwrap_or_else(dash),
        stem.role
            .map_or_else(|| "?".to_owned(), |role| role.title.clone()),
        stem.group.clone().unwrap_or_else(dash),
        if stem.included {
            place(&stem.placing)
        } else {
            "left out".to_owned()
        },
        sureness(stem),
        stem.reason.clone(),
    ]
}

fn channels_of(stem: &StemProposal) -> Option<usize> {
    match &stem.channels {
        Some(channels) => Some(channels.len()),
        None => stem.audio.map(|audio| audio.channels),
    }
}

fn sureness(stem: &StemProposal) -> String {
    use crate::session::names::Confidence;
    match stem.confidence {
        Confidence::None => "no",
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
    .to_owned()
}

fn place(placing: &Placing) -> String {
    let wide = |width: &Option<f64>| {
        width
            .filter(|&w| w > 0.0)
            .map_or(String::new(), |width| format!(" width {width}"))
    };
    match placing {
        Placing::Fixed { az, el, width } => format!("az {az} el {el}{}", wide(width)),
        Placing::Circle { el, width, .. } => format!("circling el {el}{}", wide(width)),
    }
}

fn as_json(proposal: &Proposal, folder: &Folder, written: Option<&Path>) -> serde_json::Value {
    let stems: Vec<_> = proposal
        .stems
        .iter()
        .map(|stem| {
            json!({
                "file": stem.file,
                "track": stem.track,
                "colour": stem.colour,
                "name": stem.name,
                "channels": channels_of(stem),
                "file_channels": stem.channels,
                "sample_rate": stem.audio.map(|audio| audio.sample_rate.0),
                "frames": stem.audio.map(|audio| audio.frames.0),
                "bpm": stem.bpm,
                "key": stem.key,
                "role": stem.role.map(|role| &role.title),
                "role_id": stem.role.map(|role| &role.id),
                "group": stem.group,
                "place": place_json(&stem.placing),
                "place_reason": stem.place_reason,
                "lfe": stem.lfe_db,
                "pan": stem.pan,
                "reason": stem.reason,
                "confidence": stem.confidence,
                "flagged": stem.flagged(),
                "included": stem.included,
                "doubts": stem.doubts,
            })
        })
        .collect();
    let ignored: Vec<_> = folder
        .ignored
        .iter()
        .map(|(path, reason)| json!({ "file": path.to_string_lossy(), "reason": reason }))
        .collect();
    json!({
        "title": proposal.title,
        "bpm": proposal.bpm,
        "key": proposal.key,
        "meter": proposal.meter,
        "groups": proposal.groups,
        "stems": stems,
        "ignored": ignored,
        "remarks": proposal.remarks,
        "reference": proposal.reference,
        "master": { "chain": proposal.master.chain, "remarks": proposal.master.remarks },
        "written": written.map(|path| path.to_string_lossy()),
    })
}

fn place_json(placing: &Placing) -> serde_json::Value {
    match *placing {
        Placing::Fixed { az, el, width } => json!({ "az": az, "el": el, "width": width }),
        Placing::Circle { turn, el, width } => {
            let (beats, seconds) = match turn {
                Turn::Beats(beats) => (Some(beats), None),
                Turn::Seconds(seconds) => (None, Some(seconds)),
            };
            json!({ "shape": "circle", "beats": beats, "period": seconds, "el": el, "width": width })
        }
    }
}

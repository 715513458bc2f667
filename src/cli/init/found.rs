//! The stems that are named on the command line: their files, what these hold, and how they sound.

use std::path::{Path, PathBuf};

use crate::audio::Block;
use crate::format::mp4::{Movie, StemAtom, is_mp4, is_stem_file};
use crate::format::{self, SampleFormat};
use crate::session::folder::Folder;
use crate::session::propose::{NamedTrack, StemAudio, StemFile};
use crate::session::sound::{Listener, Sound};
use crate::{Error, Result};

/// Seconds of a stem that are listened to: a song's length, so that a late entry is heard.
const LISTEN_S: u64 = 300;

/// Frames read at a time while listening.
const LISTEN_FRAMES: usize = 8192;

/// Where the stems are, and what their session is called.
pub(super) struct Stems {
    /// The folder that their paths are relative to.
    pub(super) dir: PathBuf,
    pub(super) folder: Folder,
    pub(super) title: String,
    /// Name of the session file.
    pub(super) session: String,
    /// What a stem file says, if one was named.
    pub(super) named: Option<StemAtom>,
}

impl Stems {
    pub(super) fn at(path: &Path) -> Result<Self> {
        let is_file = path.metadata().is_ok_and(|facts| facts.is_file());
        if let (true, Some(name)) = (is_file, path.file_name()) {
            if !is_mp4(path) {
                return Err(Error::Usage(format!(
                    "\"{}\" is one file and no stem file (.stem.mp4); give the folder of the stems",
                    path.display()
                )));
            }
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
pub(super) fn files_of(dir: &Path, path: &Path) -> Vec<StemFile> {
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

pub(super) fn with_slashes(path: &Path) -> String {
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
pub(super) fn sound_of(path: &Path, track: Option<usize>) -> Result<Sound> {
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

//! Makes small ADM files: XML, chna and silence in a WAV container.

use std::fmt::Write as _;
use std::path::PathBuf;

use tempfile::TempDir;
use umbel::format::adm::{self, Document, Master, Selection};

/// An ADM file to be.
#[derive(Clone)]
pub(crate) struct AdmFile {
    /// What stands inside audioFormatExtended.
    pub(crate) elements: String,
    /// Attributes of audioFormatExtended.
    pub(crate) version: String,
    /// Track index, UID, format and pack of each chna row.
    pub(crate) chna: Vec<(u16, String, String, String)>,
    /// The whole axml chunk in place of `elements`.
    pub(crate) axml: Option<Vec<u8>>,
    /// The whole chna chunk in place of the rows.
    pub(crate) chna_bytes: Option<Vec<u8>>,
    pub(crate) dbmd: Option<Vec<u8>>,
    pub(crate) channels: u16,
    pub(crate) frames: u32,
    pub(crate) rate: u32,
    /// The metadata stands before the samples.
    pub(crate) metadata_first: bool,
}

impl Default for AdmFile {
    fn default() -> Self {
        Self {
            elements: String::new(),
            version: String::new(),
            chna: Vec::new(),
            axml: None,
            chna_bytes: None,
            dbmd: None,
            channels: 2,
            frames: 48_000,
            rate: 48_000,
            metadata_first: false,
        }
    }
}

impl AdmFile {
    /// One object of type Objects per list of blocks, `AO_1001` and on, track `n` on channel `n`.
    pub(crate) fn objects(blocks: &[&str]) -> Self {
        let mut file = Self {
            channels: blocks.len() as u16,
            ..Self::default()
        };
        let mut content = String::new();
        for (n, blocks) in blocks.iter().enumerate() {
            let id = 0x1001 + n;
            write!(content, "<audioObjectIDRef>AO_{id:04x}</audioObjectIDRef>").unwrap();
            file.object(id, blocks);
        }
        file.programme(&content);
        file
    }

    /// Adds programme APR_1001 with content ACO_1001 that holds `objects`.
    pub(crate) fn programme(&mut self, objects: &str) {
        write!(
            self.elements,
            r#"<audioProgramme audioProgrammeID="APR_1001" audioProgrammeName="Main">
            <audioContentIDRef>ACO_1001</audioContentIDRef></audioProgramme>
            <audioContent audioContentID="ACO_1001" audioContentName="Content">{objects}</audioContent>"#
        )
        .unwrap();
    }

    /// Adds an object channel with `blocks`, and everything from its object to its track.
    pub(crate) fn object(&mut self, id: usize, blocks: &str) {
        let uid = self.chna.len() + 1;
        write!(
            self.elements,
            r#"
<audioObject audioObjectID="AO_{id:04x}" audioObjectName="Object {uid}">
<audioPackFormatIDRef>AP_0003{id:04x}</audioPackFormatIDRef>
<audioTrackUIDRef>ATU_{uid:08x}</audioTrackUIDRef>
</audioObject>
<audioPackFormat audioPackFormatID="AP_0003{id:04x}" audioPackFormatName="Pack" typeLabel="0003" typeDefinition="Objects">
<audioChannelFormatIDRef>AC_0003{id:04x}</audioChannelFormatIDRef>
</audioPackFormat>
<audioChannelFormat audioChannelFormatID="AC_0003{id:04x}" audioChannelFormatName="Channel" typeLabel="0003" typeDefinition="Objects">
{blocks}
</audioChannelFormat>
<audioStreamFormat audioStreamFormatID="AS_0003{id:04x}" audioStreamFormatName="PCM" formatLabel="0001" formatDefinition="PCM">
<audioChannelFormatIDRef>AC_0003{id:04x}</audioChannelFormatIDRef>
<audioTrackFormatIDRef>AT_0003{id:04x}_01</audioTrackFormatIDRef>
</audioStreamFormat>
<audioTrackFormat audioTrackFormatID="AT_0003{id:04x}_01" audioTrackFormatName="PCM" formatLabel="0001" formatDefinition="PCM">
<audioStreamFormatIDRef>AS_0003{id:04x}</audioStreamFormatIDRef>
</audioTrackFormat>
<audioTrackUID UID="ATU_{uid:08x}" sampleRate="48000" bitDepth="16">
<audioTrackFormatIDRef>AT_0003{id:04x}_01</audioTrackFormatIDRef>
<audioPackFormatIDRef>AP_0003{id:04x}</audioPackFormatIDRef>
</audioTrackUID>"#
        )
        .unwrap();
        let track = u16::try_from(uid).unwrap();
        self.row(
            track,
            &format!("AT_0003{id:04x}_01"),
            &format!("AP_0003{id:04x}"),
        );
    }

    /// Adds a chna row with the next UID.
    pub(crate) fn row(&mut self, track: u16, format: &str, pack: &str) {
        let uid = format!("ATU_{:08x}", self.chna.len() + 1);
        self.chna.push((track, uid, format.into(), pack.into()));
    }

    /// Replaces the first `from`, which must occur, by `to` in the elements.
    pub(crate) fn with(mut self, from: &str, to: &str) -> Self {
        assert!(self.elements.contains(from), "{from} is not there");
        self.elements = self.elements.replacen(from, to, 1);
        self
    }

    pub(crate) fn version(mut self, edition: u32) -> Self {
        self.version = format!(r#" version="ITU-R_BS.2076-{edition}""#);
        self
    }

    fn axml_bytes(&self) -> Vec<u8> {
        let Self {
            elements, version, ..
        } = self;
        self.axml.clone().unwrap_or_else(|| {
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ebuCoreMain xmlns=\"urn:ebu:metadata-schema:ebuCore_2016\">\
                 <coreMetadata><format><audioFormatExtended{version}>{elements}</audioFormatExtended></format>\
                 </coreMetadata></ebuCoreMain>"
            )
            .into_bytes()
        })
    }

    fn chna_content(&self) -> Vec<u8> {
        if let Some(bytes) = &self.chna_bytes {
            return bytes.clone();
        }
        let mut tracks: Vec<u16> = self.chna.iter().map(|row| row.0).collect();
        tracks.sort_unstable();
        tracks.dedup();
        let mut bytes = Vec::new();
        bytes.extend((tracks.len() as u16).to_le_bytes());
        bytes.extend((self.chna.len() as u16).to_le_bytes());
        for (track, uid, format, pack) in &self.chna {
            bytes.extend(track.to_le_bytes());
            for (text, width) in [(uid, 12), (format, 14), (pack, 11)] {
                let mut field = text.clone().into_bytes();
                field.resize(width, 0);
                bytes.extend(field);
            }
            bytes.push(0);
        }
        bytes
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        fn chunk(file: &mut Vec<u8>, id: &[u8; 4], content: &[u8]) {
            file.extend(id);
            file.extend((content.len() as u32).to_le_bytes());
            file.extend(content);
            if content.len() % 2 == 1 {
                file.push(0);
            }
        }
        let mut metadata = Vec::new();
        let axml = self.axml_bytes();
        if !axml.is_empty() {
            chunk(&mut metadata, b"axml", &axml);
        }
        let chna = self.chna_content();
        if !chna.is_empty() {
            chunk(&mut metadata, b"chna", &chna);
        }
        if let Some(dbmd) = &self.dbmd {
            chunk(&mut metadata, b"dbmd", dbmd);
        }
        let mut body = b"WAVE".to_vec();
        let mut format = Vec::new();
        let align = self.channels * 2;
        format.extend(1_u16.to_le_bytes());
        format.extend(self.channels.to_le_bytes());
        format.extend(self.rate.to_le_bytes());
        format.extend((self.rate * u32::from(align)).to_le_bytes());
        format.extend(align.to_le_bytes());
        format.extend(16_u16.to_le_bytes());
        chunk(&mut body, b"fmt ", &format);
        if self.metadata_first {
            body.extend(&metadata);
        }
        let samples = vec![0; self.frames as usize * usize::from(align)];
        chunk(&mut body, b"data", &samples);
        if !self.metadata_first {
            body.extend(&metadata);
        }
        let mut file = b"RIFF".to_vec();
        file.extend((body.len() as u32).to_le_bytes());
        file.extend(body);
        file
    }

    /// Writes the file into a folder of its own.
    pub(crate) fn write(&self) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.wav");
        std::fs::write(&path, self.bytes()).unwrap();
        (folder, path)
    }

    pub(crate) fn document(&self) -> Document {
        let (_folder, path) = self.write();
        adm::read(&path).unwrap()
    }

    /// What `selection` plays.
    pub(crate) fn select(&self, selection: &Selection) -> umbel::Result<Master> {
        self.document().master(selection)
    }

    /// What is played by default.
    pub(crate) fn master(&self) -> Master {
        match self.select(&Selection::default()) {
            Ok(master) => master,
            Err(umbel::Error::Session { findings, .. }) => panic!("{findings:#?}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Codes of the errors that refuse it.
    pub(crate) fn errors(&self) -> Vec<&'static str> {
        errors(self.select(&Selection::default()))
    }
}

/// Codes of the errors that refused a file; none if it was taken.
pub(crate) fn errors(outcome: umbel::Result<Master>) -> Vec<&'static str> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(umbel::Error::Session { findings, .. }) => findings
            .iter()
            .filter(|f| f.severity == umbel::error::Severity::Error)
            .map(|f| f.code)
            .collect(),
        Err(error) => panic!("{error}"),
    }
}

/// Codes of the warnings about a master that is played.
pub(crate) fn warnings(master: &Master) -> Vec<&'static str> {
    let findings = master.findings.iter();
    findings
        .filter(|f| f.severity == umbel::error::Severity::Warning)
        .map(|f| f.code)
        .collect()
}

/// A polar block of an object: rtime and duration (empty: none), azimuth, and what else it holds.
pub(crate) fn block(
    number: usize,
    rtime: &str,
    duration: &str,
    azimuth: f64,
    more: &str,
) -> String {
    let times = if rtime.is_empty() {
        String::new()
    } else {
        format!(r#" rtime="00:00:{rtime}" duration="00:00:{duration}""#)
    };
    format!(
        r#"<audioBlockFormat audioBlockFormatID="AB_00031001_{number:08x}"{times}>
<position coordinate="azimuth">{azimuth}</position><position coordinate="elevation">0</position>{more}</audioBlockFormat>
"#
    )
}

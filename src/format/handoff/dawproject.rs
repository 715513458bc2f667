//! A DAWproject 1.0 file (bitwig/dawproject): tracks, clips, tempo, metre, markers, and the processors that all
//! workstations have. Audio stays beside the file.

use std::fmt::Write as _;

use super::midi::quarters;
use super::{Band, Device, Project, ProjectGroup, ProjectTrack};

/// The bytes of a .dawproject file that lies beside the files.
pub fn archive(project: &Project) -> Vec<u8> {
    let metadata = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MetaData>\n  <Title>{}</Title>\n</MetaData>\n",
        escaped(&project.title)
    );
    super::zip::archive(&[
        ("project.xml", document(project).as_bytes()),
        ("metadata.xml", metadata.as_bytes()),
    ])
}

/// Text being written; IDs count up.
struct Text {
    text: String,
    ids: usize,
}

impl Text {
    fn line(&mut self, words: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{words}");
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("id{}", self.ids)
    }
}

fn document(project: &Project) -> String {
    let mut out = Text {
        text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
        ids: 0,
    };
    let version = env!("CARGO_PKG_VERSION");
    out.line(format_args!(
        "<Project version=\"1.0\">\n  <Application name=\"umbel\" version=\"{version}\"/>"
    ));
    let tempo = project
        .tempo
        .first()
        .map_or(120.0, |mark| mark.quarters_per_minute);
    let (beats, unit) = project.meter;
    let tempo_id = out.id();
    let meter_id = out.id();
    out.line(format_args!(
        "  <Transport>\n    <Tempo id=\"{tempo_id}\" max=\"1000\" min=\"10\" unit=\"bpm\" value=\"{tempo}\" name=\"Tempo\"/>\n    \
         <TimeSignature id=\"{meter_id}\" numerator=\"{beats}\" denominator=\"{unit}\"/>\n  </Transport>\n  <Structure>"
    ));
    let master = out.id();
    let tracks = arranged(&mut out, project, &master);
    let master_track = out.id();
    out.line(format_args!(
        "    <Track contentType=\"audio\" loaded=\"true\" id=\"{master_track}\" name=\"Master\">\n      \
         <Channel audioChannels=\"2\" role=\"master\" solo=\"false\" id=\"{master}\">"
    ));
    devices(&mut out, &project.master);
    out.line(format_args!(
        "      </Channel>\n    </Track>\n  </Structure>"
    ));
    let arrangement = out.id();
    let lanes = out.id();
    out.line(format_args!(
        "  <Arrangement id=\"{arrangement}\">\n    <Lanes timeUnit=\"beats\" id=\"{lanes}\">"
    ));
    let length = quarters(project, project.length_s);
    for (track, id) in project.tracks.iter().zip(&tracks) {
        let [lane, clips, audio] = [(); 3].map(|()| out.id());
        let name = escaped(&track.name);
        out.line(format_args!(
            "      <Lanes track=\"{id}\" id=\"{lane}\">\n        <Clips id=\"{clips}\">\n          \
             <Clip time=\"0.0\" duration=\"{length}\" contentTimeUnit=\"seconds\" playStart=\"0.0\" name=\"{name}\">\n            \
             <Audio channels=\"{}\" duration=\"{}\" sampleRate=\"{}\" id=\"{audio}\">\n              \
             <File path=\"{}\" external=\"true\"/>\n            </Audio>\n          </Clip>\n        </Clips>\n      </Lanes>",
            track.channels, project.length_s, project.rate, escaped(&track.file)
        ));
    }
    out.line(format_args!("    </Lanes>"));
    if !project.markers.is_empty() {
        let id = out.id();
        out.line(format_args!("    <Markers timeUnit=\"beats\" id=\"{id}\">"));
        for marker in &project.markers {
            let at = quarters(project, marker.at_s);
            out.line(format_args!(
                "      <Marker time=\"{at}\" name=\"{}\"/>",
                escaped(&marker.name)
            ));
        }
        out.line(format_args!("    </Markers>"));
    }
    if project.tempo.len() > 1 {
        let id = out.id();
        out.line(format_args!(
            "    <TempoAutomation unit=\"bpm\" timeUnit=\"beats\" id=\"{id}\">\n      <Target parameter=\"{tempo_id}\"/>"
        ));
        for mark in &project.tempo {
            let at = quarters(project, mark.at_s);
            out.line(format_args!(
                "      <RealPoint time=\"{at}\" value=\"{}\" interpolation=\"hold\"/>",
                mark.quarters_per_minute
            ));
        }
        out.line(format_args!("    </TempoAutomation>"));
    }
    out.line(format_args!("  </Arrangement>\n  <Scenes/>\n</Project>"));
    out.text
}

/// All tracks of the structure, those of a group inside the group's own; gives their IDs in the order of the project.
fn arranged(out: &mut Text, project: &Project, master: &str) -> Vec<String> {
    let mut ids = vec![String::new(); project.tracks.len()];
    for ProjectGroup {
        name,
        devices: chain,
    } in &project.groups
    {
        let [id, channel] = [(); 2].map(|()| out.id());
        out.line(format_args!(
            "    <Track contentType=\"tracks\" loaded=\"true\" id=\"{id}\" name=\"{}\">\n      \
             <Channel audioChannels=\"2\" destination=\"{master}\" role=\"submix\" solo=\"false\" id=\"{channel}\">",
            escaped(name)
        ));
        devices(out, chain);
        faders(out);
        for (track, id) in project.tracks.iter().zip(&mut ids) {
            if track.group.as_ref() == Some(name) {
                *id = structure(out, track, &channel);
            }
        }
        out.line(format_args!("    </Track>"));
    }
    for (track, id) in project.tracks.iter().zip(&mut ids) {
        if id.is_empty() {
            *id = structure(out, track, master);
        }
    }
    ids
}

/// A track of the structure; gives its ID.
fn structure(out: &mut Text, track: &ProjectTrack, master: &str) -> String {
    let [id, channel] = [(); 2].map(|()| out.id());
    let colour = track.colour.as_deref().map_or(String::new(), |colour| {
        format!(" color=\"{}\"", escaped(colour))
    });
    out.line(format_args!(
        "    <Track contentType=\"audio\" loaded=\"true\" id=\"{id}\" name=\"{}\"{colour}>\n      \
         <Channel audioChannels=\"{}\" destination=\"{master}\" role=\"regular\" solo=\"false\" id=\"{channel}\">",
        escaped(&track.name),
        track.channels
    ));
    devices(out, &track.devices);
    faders(out);
    out.line(format_args!("    </Track>"));
    id
}

/// The devices of a channel.
fn devices(out: &mut Text, devices: &[Device]) {
    if devices.is_empty() {
        return;
    }
    out.line(format_args!("        <Devices>"));
    for device in devices {
        self::device(out, device);
    }
    out.line(format_args!("        </Devices>"));
}

/// Mute, pan and volume of a channel, which end it.
fn faders(out: &mut Text) {
    let [mute, pan, volume] = [(); 3].map(|()| out.id());
    out.line(format_args!(
        "        <Mute value=\"false\" id=\"{mute}\" name=\"Mute\"/>\n        \
         <Pan max=\"1.0\" min=\"0.0\" unit=\"normalized\" value=\"0.5\" id=\"{pan}\" name=\"Pan\"/>\n        \
         <Volume max=\"2.0\" min=\"0.0\" unit=\"linear\" value=\"1.0\" id=\"{volume}\" name=\"Volume\"/>\n      \
         </Channel>"
    ));
}

/// A built-in device, switched off: its sound is in the file.
fn device(out: &mut Text, device: &Device) {
    let [id, enabled] = [(); 2].map(|()| out.id());
    let parameter = |out: &mut Text, name: &str, unit: &str, value: f64| {
        let id = out.id();
        out.line(format_args!(
            "            <{name} unit=\"{unit}\" value=\"{value}\" id=\"{id}\" name=\"{name}\"/>"
        ));
    };
    let word = match device {
        Device::Equaliser(_) => "Equalizer",
        Device::Compressor { .. } => "Compressor",
    };
    out.line(format_args!(
        "          <{word} deviceRole=\"audioFX\" loaded=\"true\" deviceName=\"{word}\" id=\"{id}\">\n            \
         <Parameters/>\n            <Enabled value=\"false\" id=\"{enabled}\" name=\"On/Off\"/>"
    ));
    match device {
        Device::Equaliser(bands) => {
            for (order, Band { kind, hz, db, q }) in bands.iter().enumerate() {
                out.line(format_args!(
                    "            <Band type=\"{kind}\" order=\"{order}\">"
                ));
                parameter(out, "Freq", "hertz", *hz);
                parameter(out, "Gain", "decibel", *db);
                parameter(out, "Q", "linear", *q);
                out.line(format_args!("            </Band>"));
            }
        }
        Device::Compressor {
            threshold_db,
            ratio,
            attack_s,
            release_s,
            output_db,
        } => {
            parameter(out, "Attack", "seconds", *attack_s);
            parameter(out, "OutputGain", "decibel", *output_db);
            parameter(out, "Ratio", "percent", *ratio);
            if let Some(release_s) = release_s {
                parameter(out, "Release", "seconds", *release_s);
            }
            parameter(out, "Threshold", "decibel", *threshold_db);
        }
    }
    out.line(format_args!("          </{word}>"));
}

fn escaped(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    quick_xml::escape::escape(plain.as_str()).into_owned()
}

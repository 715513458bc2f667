//! `umbel export json` and `csv`: the metadata of all objects, block by block, for other programs.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Source;
use crate::cli::{Ui, interrupt};
use crate::format::check_free;
use crate::format::part::Part;
use crate::geometry::Position;
use crate::offline::{Names, Programme};
use crate::scene::{MetadataBlock, State, Zone, to_cartesian, to_polar};
use crate::units::SampleRate;
use crate::{Error, Result};

/// Write the metadata of all objects over time: where, how loud, how large.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Session or ADM master.
    #[arg(value_name = "SESSION|MASTER")]
    input: PathBuf,
    /// The file to write; default: stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Convert stems of another sample rate to that of most stems, instead of refusing them.
    #[arg(long)]
    resample: bool,
    /// Replace a file that exists.
    #[arg(short, long)]
    force: bool,
}

/// Which of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Csv,
}

pub(super) fn run(args: &Args, form: Form, ui: &Ui) -> Result<()> {
    interrupt::install();
    if let Some(path) = &args.output {
        check_free(path, args.force)?;
    }
    let source = Source::open(&args.input, args.resample)?;
    let (names, _) = source.facts(&[], ui)?;
    let programme = source.programme()?;
    interrupt::check()?;
    if let Some(path) = &args.output {
        programme.check_not_input(path)?;
    }
    let write = |out: &mut dyn Write| match form {
        Form::Json => as_json(out, programme, &names),
        Form::Csv => as_csv(out, programme, &names),
    };
    let Some(path) = &args.output else {
        let mut out = Stoppable(BufWriter::new(io::stdout().lock()));
        return write(&mut out)
            .and_then(|_| out.flush())
            .map_err(|e| stopped_or(Error::io(crate::cli::ui::STDOUT, "write to", e)));
    };
    let (objects, blocks) = into_file(path, write)?;
    if ui.json {
        return ui.json_line(&json!({
            "event": "done",
            "file": path.display().to_string(),
            "objects": objects,
            "blocks": blocks,
        }));
    }
    ui.line(format_args!(
        "wrote {}  {objects} objects, {blocks} blocks",
        path.display()
    ))
}

/// Objects and blocks that were written.
type Counts = (usize, usize);

/// Writes a file under a temporary name, then renames it.
fn into_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<Counts>,
) -> Result<Counts> {
    let failed = |e| Error::io(path, "write", e);
    let (part, file) = Part::create(path).map_err(failed)?;
    let mut out = Stoppable(BufWriter::with_capacity(256 << 10, file));
    let written = write(&mut out).and_then(|counts| out.flush().map(|()| counts));
    let counts = written.map_err(|e| stopped_or(failed(e)))?;
    part.publish(path).map_err(failed)?;
    Ok(counts)
}

/// Takes what is written until the user wants the work to stop.
struct Stoppable<W>(W);

impl<W: Write> Write for Stoppable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match interrupt::requested() {
            true => Err(io::Error::other("the user stopped it")),
            false => self.0.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Why writing failed: because the user stopped it, or else of `failure`.
fn stopped_or(failure: Error) -> Error {
    interrupt::check().err().unwrap_or(failure)
}

/// What an object is, in a word.
fn kind_of(state: &State) -> &'static str {
    match state {
        State::Object(_) => "object",
        State::DirectSpeakers(_) => "speaker",
        State::Hoa(_) => "hoa",
        State::Binaural { .. } => "ear",
    }
}

fn as_json(out: &mut dyn Write, programme: Programme, names: &Names) -> io::Result<Counts> {
    let rate = programme.sample_rate;
    let length = programme.length;
    write!(
        out,
        "{{\"format\":\"umbel-objects\",\"version\":1,\"title\":{},\"sample_rate\":{},\"frames\":{},\"seconds\":{},\n\
         \"objects\":[",
        Value::from(programme.title.as_str()),
        rate.0,
        length.0,
        json!(rate.seconds_at(length)),
    )?;
    let mut blocks = 0;
    let mut count = 0;
    for (index, mut object) in programme.objects.into_iter().enumerate() {
        let Some(first) = object.blocks.next_block() else {
            continue;
        };
        let origin = names.origins.get(index);
        let head = json!({
            "number": index + 1,
            "name": object.name,
            "content": names.contents.get(index),
            "type": kind_of(&first.state),
            "binaural": names.binaural.get(index).map(|mode| mode.name()),
            "object_id": origin.and_then(|origin| origin.object.as_deref()),
            "head_locked": origin.is_some_and(|origin| origin.head_locked),
        });
        let separator = if count == 0 { "" } else { "," };
        // The object is left open for its blocks.
        let head = head.to_string();
        write!(
            out,
            "{separator}\n{},\"blocks\":[",
            head.trim_end_matches('}')
        )?;
        let mut next = Some(first);
        let mut separator = "";
        while let Some(block) = next {
            next = object.blocks.next_block();
            let value = block_json(&block, next.as_ref(), length.0, rate);
            write!(out, "{separator}\n{value}")?;
            separator = ",";
            blocks += 1;
        }
        write!(out, "]}}")?;
        count += 1;
    }
    writeln!(out, "\n]}}")?;
    Ok((count, blocks))
}

/// When a block plays and moves, in seconds.
struct Times {
    start: f64,
    end: f64,
    ramp: f64,
}

fn times(
    block: &MetadataBlock,
    next: Option<&MetadataBlock>,
    length: u64,
    rate: SampleRate,
) -> Times {
    let seconds = |frames: f64| frames / f64::from(rate.0);
    let end = match (block.length, next) {
        (Some(length), _) => block.start.0 + length.0,
        (None, Some(next)) => next.start.0,
        (None, None) => length,
    };
    Times {
        start: seconds(block.start.0 as f64),
        end: seconds(end as f64),
        ramp: seconds((block.ramp.end - block.ramp.start).max(0.0)),
    }
}

fn block_json(
    block: &MetadataBlock,
    next: Option<&MetadataBlock>,
    length: u64,
    rate: SampleRate,
) -> Value {
    let times = times(block, next, length, rate);
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| {
        map.insert(key.to_owned(), value);
    };
    put("start_s", json!(times.start));
    put("end_s", json!(times.end));
    put("ramp_s", json!(times.ramp));
    match &block.state {
        State::Object(state) => {
            put("form", form(state.position).into());
            let (polar, room) = both(state.position);
            for (key, value) in POLAR.iter().zip(polar).chain(ROOM.iter().zip(room)) {
                put(key, json!(value));
            }
            put("width", json!(state.extent.width));
            put("height", json!(state.extent.height));
            put("depth", json!(state.extent.depth));
            put("gain", json!(state.gain));
            put("diffuse", json!(state.diffuse));
            let features = state.features.as_deref();
            let lock = features.and_then(|features| features.channel_lock);
            put(
                "channel_lock",
                match lock {
                    None => false.into(),
                    Some(lock) => lock
                        .max_distance
                        .map_or(true.into(), |most| json!({ "max_distance": most })),
                },
            );
            let divergence = features.and_then(|features| features.divergence);
            put(
                "divergence",
                json!(divergence.map(|divergence| json!({
                    "value": divergence.value,
                    "azimuth_range": divergence.azimuth_range,
                    "position_range": divergence.position_range,
                }))),
            );
            let zones = features.map_or(&[][..], |features| &features.zones);
            put("zones", zones.iter().map(zone).collect());
            put(
                "screen_ref",
                features.is_some_and(|features| features.screen_ref).into(),
            );
        }
        State::DirectSpeakers(speaker) => {
            let position = speaker.position.nominal();
            put("form", form(position).into());
            put("labels", json!(speaker.labels));
            let (polar, room) = both(position);
            for (key, value) in POLAR.iter().zip(polar).chain(ROOM.iter().zip(room)) {
                put(key, json!(value));
            }
            put("gain", json!(speaker.gain));
            put("low_pass", json!(speaker.low_pass));
        }
        State::Hoa(component) => {
            let found = component.field.components.get(component.component);
            put("order", json!(found.map(|(order, _)| order)));
            put("degree", json!(found.map(|(_, degree)| degree)));
            let normalization = format!("{:?}", component.field.normalization);
            put("normalization", normalization.to_uppercase().into());
            put("gain", json!(component.gain));
        }
        State::Binaural { left, gain } => {
            put("ear", if *left { "left" } else { "right" }.into());
            put("gain", json!(gain));
        }
    }
    Value::Object(map)
}

const POLAR: [&str; 3] = ["azimuth", "elevation", "distance"];
const ROOM: [&str; 3] = ["x", "y", "z"];

/// The form in which a position was written.
fn form(position: Position) -> &'static str {
    match position {
        Position::Polar { .. } => "polar",
        Position::Cartesian { .. } => "cartesian",
    }
}

/// A position in both forms (ITU-R BS.2127, section 10).
fn both(position: Position) -> ([f64; 3], [f64; 3]) {
    let none = crate::scene::Extent::default();
    let polar = match to_polar(position, none).0 {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => [azimuth, elevation, distance],
        Position::Cartesian { x, y, z } => [x, y, z],
    };
    let room = match to_cartesian(position, none).0 {
        Position::Cartesian { x, y, z } => [x, y, z],
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => [azimuth, elevation, distance],
    };
    (polar, room)
}

fn zone(zone: &Zone) -> Value {
    match zone {
        Zone::Polar {
            min_azimuth,
            max_azimuth,
            min_elevation,
            max_elevation,
        } => json!({
            "min_azimuth": min_azimuth,
            "max_azimuth": max_azimuth,
            "min_elevation": min_elevation,
            "max_elevation": max_elevation,
        }),
        Zone::Cartesian { min, max } => json!({
            "min_x": min[0], "max_x": max[0],
            "min_y": min[1], "max_y": max[1],
            "min_z": min[2], "max_z": max[2],
        }),
    }
}

const COLUMNS: &str = "number,name,content,type,binaural,start_s,end_s,ramp_s,form,azimuth,elevation,distance,x,y,z,\
                       width,height,depth,gain,diffuse,label,order,degree";

fn as_csv(out: &mut dyn Write, programme: Programme, names: &Names) -> io::Result<Counts> {
    let (rate, length) = (programme.sample_rate, programme.length.0);
    write!(out, "{COLUMNS}\r\n")?;
    let (mut count, mut blocks) = (0, 0);
    for (index, mut object) in programme.objects.into_iter().enumerate() {
        let mut next = object.blocks.next_block();
        count += usize::from(next.is_some());
        let content = names.contents.get(index).map_or("", String::as_str);
        let mode = names.binaural.get(index).map_or("", |mode| mode.name());
        while let Some(block) = next {
            next = object.blocks.next_block();
            let times = times(&block, next.as_ref(), length, rate);
            write!(
                out,
                "{},{},{},{},{mode},{},{},{}",
                index + 1,
                quoted(&object.name),
                quoted(content),
                kind_of(&block.state),
                times.start,
                times.end,
                times.ramp
            )?;
            write!(out, "{}\r\n", rest_of_row(&block.state))?;
            blocks += 1;
        }
    }
    Ok((count, blocks))
}

/// The columns from `form` on, each with its comma before it.
fn rest_of_row(state: &State) -> String {
    let place = |position: Position| {
        let (polar, room) = both(position);
        let numbers = polar.iter().chain(&room).map(f64::to_string);
        format!(
            ",{},{}",
            form(position),
            numbers.collect::<Vec<_>>().join(",")
        )
    };
    match state {
        State::Object(state) => format!(
            "{},{},{},{},{},{},,,",
            place(state.position),
            state.extent.width,
            state.extent.height,
            state.extent.depth,
            state.gain,
            state.diffuse
        ),
        State::DirectSpeakers(speaker) => format!(
            "{},,,,{},,{},,",
            place(speaker.position.nominal()),
            speaker.gain,
            quoted(speaker.labels.first().map_or("", String::as_str))
        ),
        State::Hoa(component) => {
            let found = component.field.components.get(component.component);
            let (order, degree) = found.copied().unwrap_or_default();
            format!(",,,,,,,,,,,{},,,{order},{degree}", component.gain)
        }
        State::Binaural { left, gain } => {
            let ear = if *left { "left" } else { "right" };
            format!(",,,,,,,,,,,{gain},,{ear},,")
        }
    }
}

/// A field of a table (RFC 4180): in quotes where it has to be.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_all_columns() {
        let columns = COLUMNS.split(',').count();
        let speaker = crate::scene::DirectSpeakers::labelled(
            "M+030",
            Position::Polar {
                azimuth: 30.0,
                elevation: 0.0,
                distance: 1.0,
            },
        );
        let field = crate::scene::SoundField::full(1, crate::scene::Normalization::N3d);
        for state in [
            State::Object(crate::scene::ObjectState::at(Position::FRONT)),
            State::DirectSpeakers(speaker.into()),
            State::Hoa(crate::scene::HoaComponent {
                field: field.into(),
                component: 2,
                gain: 1.0,
            }),
            State::Binaural {
                left: true,
                gain: 0.5,
            },
        ] {
            // Eight columns stand before.
            assert_eq!(
                rest_of_row(&state).matches(',').count() + 8,
                columns,
                "{state:?}"
            );
        }
    }

    #[test]
    fn fields_are_quoted_where_they_have_to_be() {
        assert_eq!(quoted("Kick"), "Kick");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}

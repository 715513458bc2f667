//! Finds what changes mean in a document: which names, blocks and bytes they are about.

use std::collections::{HashMap, HashSet};

use super::super::blocks::{Blocks, ObjectBlocks};
use super::super::dbmd::{Dbmd, TRIM_LAYOUTS, Trim};
use super::super::model::{Document, Element, Profile, Table};
use super::super::write::number;
use super::axml::{Edits, Shift, is_unity, is_zero, moved_within};
use super::dbmd::{Patch, patched};
use super::{Change, Changed, Coordinate, EditOptions, Target, Value, Which};
use crate::units::Decibels;
use crate::{Error, Result};

/// What is to be done.
pub(super) struct Plan {
    pub(super) axml: Edits,
    /// The whole new chunk, if it changes.
    pub(super) dbmd: Option<Vec<u8>>,
    pub(super) changed: Vec<Changed>,
    pub(super) remarks: Vec<String>,
}

/// What `changes` mean in `document`, whose dbmd chunk is `content`.
pub(super) fn resolve(
    document: &Document,
    changes: &[Change],
    content: Option<&[u8]>,
    options: EditOptions,
) -> Result<Plan> {
    let mut build = Build {
        document,
        in_blocks: document.profile() == Profile::Dolby || document.edition < 2,
        patch: Patch::new(document.channel_count),
        edits: Edits {
            clamp: options.clamp,
            ..Edits::default()
        },
        object_shifts: HashMap::new(),
        changed: Vec::new(),
        remarks: Vec::new(),
    };
    for change in changes {
        build.change(change)?;
    }
    build.shifts()?;
    let dbmd = match build.patch.is_empty() {
        true => None,
        false => Some(build.dbmd(content)?),
    };
    Ok(Plan {
        axml: build.edits,
        dbmd,
        changed: build.changed,
        remarks: build.remarks,
    })
}

struct Build<'a> {
    document: &'a Document,
    /// Gains and offsets go into the blocks.
    in_blocks: bool,
    patch: Patch,
    edits: Edits,
    /// By index of the object; and the entries of `changed` that they belong to.
    object_shifts: HashMap<usize, (Shift, Vec<usize>)>,
    changed: Vec<Changed>,
    remarks: Vec<String>,
}

impl Build<'_> {
    fn change(&mut self, change: &Change) -> Result<()> {
        let refuse = |reason: String| refuse(change, &reason);
        match (&change.target, &change.value) {
            (target, Value::Name(name)) => self.name(change, target, name),
            (Target::Object(which), _) => {
                let objects = self.objects(which).map_err(refuse)?;
                self.objects_change(change, &objects)
            }
            (Target::Content(which), _) => {
                let contents = find(&self.document.contents, which).map_err(refuse)?;
                let mut objects = Vec::new();
                for content in contents {
                    self.inside(&self.document.contents[content].objects, &mut objects);
                }
                self.objects_change(change, &objects)
            }
            (Target::Channel(number), Value::Binaural(_) | Value::TrimBypass(_)) => {
                let count = self.document.channel_count;
                if !(1..=count).contains(number) {
                    return Err(refuse(format!("the file has the channels 1 to {count}")));
                }
                let what = format!("channel {number}");
                self.channels_change(change, what, &[number - 1]);
                Ok(())
            }
            (Target::Master, Value::Binaural(_) | Value::TrimBypass(_)) => {
                let all: Vec<usize> = (0..self.document.channel_count).collect();
                self.channels_change(change, "all channels".to_owned(), &all);
                Ok(())
            }
            (Target::Master, value) => self.master(change, value),
            _ => Err(refuse(
                "it has no such value; `umbel edit --help` lists what can be set".to_owned(),
            )),
        }
    }

    fn name(&mut self, change: &Change, target: &Target, name: &str) -> Result<()> {
        let document = self.document;
        let failed = |reason: String| refuse(change, &reason);
        if name.trim().is_empty() || name.contains(|c: char| c.is_control()) {
            return Err(failed(
                "a name has at least one letter and no control characters".to_owned(),
            ));
        }
        fn heads<T: Element>(
            table: &Table<T>,
            which: &Which,
        ) -> Result<Vec<(String, String)>, String> {
            let found = find(table, which)?;
            let head = |index: usize| {
                let head = table[index].head();
                (head.id.clone(), head.name.clone())
            };
            Ok(found.into_iter().map(head).collect())
        }
        let (element, word, heads) = match target {
            Target::Master => {
                let all = heads(&document.programmes, &Which::All).map_err(failed)?;
                if all.len() > 1 {
                    return Err(failed(format!(
                        "there are {} programmes: say programme:1.name, or one of {}",
                        all.len(),
                        listed(document.programmes.iter())
                    )));
                }
                ("audioProgramme", "programme", all)
            }
            Target::Programme(which) => (
                "audioProgramme",
                "programme",
                heads(&document.programmes, which).map_err(failed)?,
            ),
            Target::Content(which) => (
                "audioContent",
                "content",
                heads(&document.contents, which).map_err(failed)?,
            ),
            Target::Object(which) => (
                "audioObject",
                "object",
                heads(&document.objects, which).map_err(failed)?,
            ),
            Target::Channel(_) => {
                return Err(failed(
                    "programmes, contents and objects have names that can be set".to_owned(),
                ));
            }
        };
        for (id, was) in heads {
            if element == "audioProgramme"
                && document.profile() == Profile::Dolby
                && was == "Atmos_Master"
            {
                self.remarks.push(
                    "some readers know the Dolby Atmos master ADM profile by the programme's name \"Atmos_Master\""
                        .to_owned(),
                );
            }
            self.changed.push(Changed {
                what: format!("{word} {id} \"{was}\""),
                field: "name".to_owned(),
                was,
                now: name.to_owned(),
                blocks: 0,
            });
            let key = (element, id.to_ascii_uppercase());
            self.edits.names.insert(key, name.to_owned());
        }
        Ok(())
    }

    fn objects(&self, which: &Which) -> Result<Vec<usize>, String> {
        find(&self.document.objects, which)
    }

    /// `objects` and what is inside them.
    fn inside(&self, objects: &[usize], all: &mut Vec<usize>) {
        for &object in objects {
            if !all.contains(&object) {
                all.push(object);
                self.inside(&self.document.objects[object].objects, all);
            }
        }
    }

    fn objects_change(&mut self, change: &Change, objects: &[usize]) -> Result<()> {
        let document = self.document;
        for &index in objects {
            let head = &document.objects[index].head;
            let what = format!("object {} \"{}\"", head.id, head.name);
            match &change.value {
                Value::Binaural(_) | Value::TrimBypass(_) => {
                    let channels = self.file_channels(index);
                    if channels.is_empty() {
                        return Err(refuse(change, &format!("{what} has no track of its own")));
                    }
                    self.channels_change(change, what, &channels);
                }
                Value::Gain(gain) => {
                    self.shift(index, |shift| shift.gain *= gain.gain().0);
                    self.told(
                        what,
                        "gain",
                        "as it was",
                        &format!("{} more", signed(*gain)),
                        index,
                    );
                }
                Value::Offset(coordinate, offset) => {
                    self.shift(index, |shift| shift.offset[coordinate.index()] += offset);
                    let field = format!("offset.{}", coordinate.name());
                    self.told(
                        what,
                        &field,
                        "as it was",
                        &format!("{offset:+} more"),
                        index,
                    );
                }
                _ => {
                    return Err(refuse(
                        change,
                        "it holds for the whole master: leave out what stands before the last point",
                    ));
                }
            }
        }
        Ok(())
    }

    fn shift(&mut self, object: usize, change: impl Fn(&mut Shift)) {
        let entry = self.object_shifts.entry(object).or_default();
        change(&mut entry.0);
    }

    fn told(&mut self, what: String, field: &str, was: &str, now: &str, object: usize) {
        self.changed.push(Changed {
            what,
            field: field.to_owned(),
            was: was.to_owned(),
            now: now.to_owned(),
            blocks: 0,
        });
        let entry = self.object_shifts.entry(object).or_default();
        entry.1.push(self.changed.len() - 1);
    }

    /// Channels of the file that are tracks of an object.
    fn file_channels(&self, object: usize) -> Vec<usize> {
        let uids = self.document.objects[object].tracks.iter().flatten();
        uids.filter_map(|&uid| self.document.uids[uid].file_channel)
            .collect()
    }

    fn channels_change(&mut self, change: &Change, what: String, channels: &[usize]) {
        let dbmd = self.document.dbmd.as_ref();
        let elements = dbmd.and_then(|dbmd| dbmd.elements.as_ref());
        let words = |of: &dyn Fn(usize) -> Option<String>| {
            let mut words: Vec<String> = Vec::new();
            for &channel in channels {
                let word = of(channel).unwrap_or_else(|| "not said".to_owned());
                if !words.contains(&word) {
                    words.push(word);
                }
            }
            words.join(", ")
        };
        let (field, was, now) = match &change.value {
            Value::Binaural(mode) => {
                for &channel in channels {
                    self.patch.binaural[channel] = Some(*mode);
                }
                let was = words(&|channel| {
                    let mode = elements?.binaural.get(channel)?;
                    Some(mode.name().to_owned())
                });
                ("binaural", was, mode.name().to_owned())
            }
            Value::TrimBypass(bypass) => {
                for &channel in channels {
                    self.patch.trim_bypass[channel] = Some(*bypass);
                }
                let word = |bypass: bool| if bypass { "yes" } else { "no" }.to_owned();
                let was = words(&|channel| Some(word(*elements?.trim_bypass.get(channel)?)));
                ("trim-bypass", was, word(*bypass))
            }
            _ => return,
        };
        self.changed.push(Changed {
            what,
            field: field.to_owned(),
            was,
            now,
            blocks: 0,
        });
    }

    fn master(&mut self, change: &Change, value: &Value) -> Result<()> {
        let dbmd = self.document.dbmd.as_ref();
        let facts = dbmd.and_then(|dbmd| dbmd.programme.as_ref());
        let unsaid = || "not said".to_owned();
        let (field, was, now) = match value {
            Value::FrameRate(rate) => {
                self.patch.frame_rate = Some(*rate);
                let was = facts.and_then(|facts| facts.frame_rate);
                let was = was.map_or_else(unsaid, |rate| rate.name().to_owned());
                ("fps".to_owned(), was, rate.name().to_owned())
            }
            Value::FirstAction(first) => {
                self.patch.first_action_s = Some(*first);
                let shown =
                    |first: Option<f64>| first.map_or("none".to_owned(), |s| format!("{s:.5} s"));
                let was = facts.map_or_else(unsaid, |facts| shown(facts.first_action_s));
                ("ffoa".to_owned(), was, shown(*first))
            }
            Value::Downmix(downmix) => {
                self.patch.downmix = Some(*downmix);
                let was = facts.map_or_else(unsaid, |facts| facts.downmix.name().to_owned());
                ("downmix".to_owned(), was, downmix.name().to_owned())
            }
            Value::Warp(warp) => {
                self.patch.warp = Some(*warp);
                let was = facts.map_or_else(unsaid, |facts| facts.warp.name().to_owned());
                ("warp".to_owned(), was, warp.name().to_owned())
            }
            Value::Trim(layout, trim) => {
                let layouts = match layout {
                    Some(layout) => *layout..*layout + 1,
                    None => 0..TRIM_LAYOUTS.len(),
                };
                for layout in layouts {
                    self.patch.trims[layout] = Some(*trim);
                    let was = dbmd.and_then(|dbmd: &Dbmd| dbmd.elements.as_ref());
                    let was =
                        was.map_or_else(unsaid, |elements| trim_words(elements.trims[layout]));
                    self.changed.push(Changed {
                        what: "master".to_owned(),
                        field: format!("trim.{}", TRIM_LAYOUTS[layout]),
                        was,
                        now: trim_words(*trim),
                        blocks: 0,
                    });
                }
                return Ok(());
            }
            _ => {
                return Err(refuse(
                    change,
                    "it is of objects: say object:NAME or object:*, and the same behind a point",
                ));
            }
        };
        self.changed.push(Changed {
            what: "master".to_owned(),
            field,
            was,
            now,
            blocks: 0,
        });
        Ok(())
    }

    /// Turns shifts of objects into edits of the XML.
    fn shifts(&mut self) -> Result<()> {
        let document = self.document;
        let shifts = std::mem::take(&mut self.object_shifts);
        let mut indices: Vec<usize> = shifts.keys().copied().collect();
        indices.sort_unstable();
        let shifted: HashSet<usize> = indices.iter().copied().collect();
        for index in indices {
            let (shift, told) = &shifts[&index];
            if is_unity(shift.gain) && shift.offset.iter().all(|&offset| is_zero(offset)) {
                continue;
            }
            let head = &document.objects[index].head;
            let failed = |reason: String| {
                Error::Usage(format!(
                    "\"{}\": object {} \"{}\": {reason}",
                    document.path.display(),
                    head.id,
                    head.name
                ))
            };
            if !shift.gain.is_finite() || !(0.0..=1e4).contains(&shift.gain) {
                return Err(failed("a gain is at most +80 dB".to_owned()));
            }
            let channels = self.channels_of(index);
            if channels.is_empty() {
                return Err(failed(
                    "it has no track of its own, so nothing to be louder or elsewhere".to_owned(),
                ));
            }
            let mut blocks = 0;
            for &channel in &channels {
                let format = &document.channels[channel];
                blocks += format.blocks.len();
                let moves = shift.offset.iter().any(|&offset| !is_zero(offset));
                match &*format.blocks {
                    Blocks::Objects(blocks) if moves => {
                        may_move(blocks, shift, !self.in_blocks || self.edits.clamp)
                            .map_err(failed)?;
                    }
                    Blocks::Objects(_) => {}
                    _ if moves => {
                        return Err(failed(
                            "positions of objects can be offset; these are loudspeakers or a sound field".to_owned(),
                        ));
                    }
                    _ if self.in_blocks && format.head.is_common => {
                        return Err(failed(
                            "its channels are common definitions, which cannot be changed"
                                .to_owned(),
                        ));
                    }
                    _ => {}
                }
            }
            if self.in_blocks {
                self.refuse_shared(index, &channels, &shifted, &failed)?;
                for &channel in &channels {
                    let id = document.channels[channel].head.id.to_ascii_uppercase();
                    self.edits.channels.insert(id, *shift);
                }
                for &entry in told {
                    self.changed[entry].blocks = blocks;
                }
            } else {
                self.edits
                    .objects
                    .insert(head.id.to_ascii_uppercase(), *shift);
            }
        }
        let louder = shifts.values().any(|(shift, _)| !is_unity(shift.gain));
        let has_loudness = document.programmes.iter().any(|p| !p.loudness.is_empty())
            || document.contents.iter().any(|c| !c.loudness.is_empty());
        if louder && has_loudness {
            self.remarks.push(
                "the loudness that the master states is that before the new gains; `umbel measure` tells the new one"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Channel formats that the tracks of an object are.
    fn channels_of(&self, object: usize) -> Vec<usize> {
        let uids = self.document.objects[object].tracks.iter().flatten();
        let mut channels: Vec<usize> = uids
            .filter_map(|&uid| self.document.uids[uid].channel)
            .collect();
        channels.sort_unstable();
        channels.dedup();
        channels
    }

    /// Blocks of a channel cannot be changed for one object and stay for another.
    fn refuse_shared(
        &self,
        index: usize,
        channels: &[usize],
        shifted: &HashSet<usize>,
        failed: &dyn Fn(String) -> Error,
    ) -> Result<()> {
        for other in 0..self.document.objects.len() {
            if other == index {
                continue;
            }
            let shares = self.channels_of(other).iter().any(|c| channels.contains(c));
            if shares {
                let head = &self.document.objects[other].head;
                let also = if shifted.contains(&other) {
                    " (changed as well)"
                } else {
                    ""
                };
                return Err(failed(format!(
                    "it shares its channel format with object {} \"{}\"{also}, whose blocks would change with it",
                    head.id, head.name
                )));
            }
        }
        Ok(())
    }

    fn dbmd(&mut self, content: Option<&[u8]>) -> Result<Vec<u8>> {
        let document = self.document;
        let refuse =
            |reason: String| Error::Usage(format!("\"{}\": {reason}", document.path.display()));
        if content.is_none() {
            if document.profile() == Profile::Ebu {
                return Err(refuse(
                    "it has no dbmd chunk, where frame rate, first frame of action, downmix, warp, trims and headphone \
                     modes stand: masters of the Dolby Atmos master ADM profile have one (`umbel export adm-atmos`)"
                        .to_owned(),
                ));
            }
            self.remarks.push(
                "the master had no dbmd chunk: it has one now, which names umbel as its origin"
                    .to_owned(),
            );
        }
        patched(content, document.channel_count, &self.patch)
            .map_err(|reason| refuse(format!("{reason}: export the master again, then edit it")))
    }
}

/// Whether all positions can be moved so.
fn may_move(blocks: &ObjectBlocks, shift: &Shift, everywhere: bool) -> Result<(), String> {
    use crate::geometry::Position;
    for index in 0..blocks.len() {
        let (own, values, first): (&str, [f64; 3], usize) = match blocks.position(index) {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => (
                "azimuth, elevation and distance",
                [azimuth, elevation, distance],
                0,
            ),
            Position::Cartesian { x, y, z } => ("X, Y and Z", [x, y, z], 3),
        };
        let foreign =
            (0..6).find(|&n| !(first..first + 3).contains(&n) && !is_zero(shift.offset[n]));
        if let Some(foreign) = foreign {
            let name = Coordinate::ALL[foreign].name();
            return Err(format!(
                "its positions are given by {own}: {name} cannot be offset"
            ));
        }
        for (n, value) in values.iter().enumerate() {
            let coordinate = Coordinate::ALL[first + n];
            let moved = moved_within(coordinate, value + shift.offset[first + n], everywhere);
            let (low, high) = match coordinate {
                Coordinate::Azimuth => (-180.0, 180.0),
                Coordinate::Elevation => (-90.0, 90.0),
                Coordinate::Distance => (0.0, f64::INFINITY),
                _ => (-1.0, 1.0),
            };
            let was_inside = (low..=high).contains(value);
            if !everywhere && was_inside && !(low..=high).contains(&moved) {
                return Err(format!(
                    "block {} would get {} {}, and {low} to {high} is allowed: choose a smaller offset, or hold it at \
                     the border with --clamp",
                    index + 1,
                    coordinate.name(),
                    number(moved)
                ));
            }
        }
    }
    Ok(())
}

/// Indices of the elements that `which` names.
fn find<T: Element>(table: &Table<T>, which: &Which) -> Result<Vec<usize>, String> {
    let own = || (0..table.len()).filter(|&index| !table[index].head().is_common);
    let kind = T::KIND;
    match which {
        Which::All if own().next().is_none() => Err(format!("the master has no {kind}")),
        Which::All => Ok(own().collect()),
        Which::Number(number) => {
            let count = own().count();
            let found = number.checked_sub(1).and_then(|n| own().nth(n));
            found.map(|index| vec![index]).ok_or_else(|| {
                format!(
                    "the master has {count} {kind}s, counted from 1; a name of digits is written in quotes"
                )
            })
        }
        Which::Named(name) => {
            if let Some(index) = table.find(name) {
                return Ok(vec![index]);
            }
            let is_it =
                |index: &usize| table[*index].head().name.to_lowercase() == name.to_lowercase();
            let found: Vec<usize> = own().filter(is_it).collect();
            match found.as_slice() {
                [_] => Ok(found),
                [] => {
                    let near = own()
                        .map(|index| &table[index].head().name)
                        .map(|known| {
                            (
                                strsim::jaro_winkler(&known.to_lowercase(), &name.to_lowercase()),
                                known,
                            )
                        })
                        .filter(|(likeness, _)| *likeness > 0.8)
                        .max_by(|a, b| a.0.total_cmp(&b.0));
                    let hint = near.map_or_else(
                        || format!("it has {}", listed(own().map(|index| &table[index]))),
                        |(_, known)| format!("did you mean \"{known}\"?"),
                    );
                    Err(format!("the master has no {kind} \"{name}\"; {hint}"))
                }
                several => Err(format!(
                    "{} {kind}s are called \"{name}\": say {}, or * for all objects",
                    several.len(),
                    several
                        .iter()
                        .map(|&index| table[index].head().id.as_str())
                        .collect::<Vec<_>>()
                        .join(" or ")
                )),
            }
        }
    }
}

/// IDs and names of elements, not too many.
fn listed<'a, T: Element + 'a>(elements: impl Iterator<Item = &'a T>) -> String {
    const MOST: usize = 12;
    let all: Vec<String> = elements
        .map(|element| format!("{} \"{}\"", element.head().id, element.head().name))
        .collect();
    let mut text = all[..all.len().min(MOST)].join(", ");
    if all.len() > MOST {
        text.push_str(&format!(" and {} more", all.len() - MOST));
    }
    text
}

fn refuse(change: &Change, reason: &str) -> Error {
    Error::Usage(format!("--set {}: {reason}", change.words))
}

fn signed(gain: Decibels) -> String {
    format!("{:+} dB", gain.0)
}

/// A trim in words.
fn trim_words(trim: Trim) -> String {
    match trim {
        Trim::Automatic => "auto".to_owned(),
        Trim::Manual {
            centre_db,
            surround_db,
            height_db,
            balance,
            height_balance,
        } => format!(
            "centre {centre_db} dB, surround {surround_db} dB, height {height_db} dB, balance {balance:.2}, height balance \
             {height_balance:.2}"
        ),
    }
}

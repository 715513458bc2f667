//! Finds what changes mean in a document: which names, blocks and bytes they are about. `find` knows whom they name,
//! `shifts` what becomes of gains and positions, `said` what the dbmd chunk says of the master and its channels.

use std::collections::HashMap;

use super::super::model::{Document, Element, Profile, Table};
use super::axml::{Edits, Shift};
use super::dbmd::Patch;
use super::find::{find, listed};
use super::{Change, Changed, EditOptions, Target, Value, Which};
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

/// What the changes looked at so far come to.
pub(super) struct Build<'a> {
    pub(super) document: &'a Document,
    /// Gains and offsets go into the blocks.
    pub(super) in_blocks: bool,
    pub(super) patch: Patch,
    pub(super) edits: Edits,
    /// By index of the object; and the entries of `changed` that they belong to.
    pub(super) object_shifts: HashMap<usize, (Shift, Vec<usize>)>,
    pub(super) changed: Vec<Changed>,
    pub(super) remarks: Vec<String>,
}

impl Build<'_> {
    fn change(&mut self, change: &Change) -> Result<()> {
        let refuse = |reason: String| refuse(change, &reason);
        match (&change.target, &change.value) {
            (target, Value::Name(name)) => self.name(change, target, name),
            (Target::Object(which), _) => {
                let mut objects = self.objects(which).map_err(refuse)?;
                if *which == Which::All {
                    objects = self.those_that_can(change, objects)?;
                }
                self.objects_change(change, &objects)
            }
            (Target::Content(which), _) => {
                let contents = find(&self.document.contents, which).map_err(refuse)?;
                let mut objects = Vec::new();
                for content in contents {
                    self.inside(&self.document.contents[content].objects, &mut objects);
                }
                let objects = self.those_that_can(change, objects)?;
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

    /// Those of several objects that can have the value, of which the others are named in a remark.
    fn those_that_can(&mut self, change: &Change, objects: Vec<usize>) -> Result<Vec<usize>> {
        let mut left_out = Vec::new();
        let mut reasons = Vec::new();
        let mut kept = objects;
        kept.retain(|&index| match self.can_have(index, &change.value) {
            Ok(()) => true,
            Err(reason) => {
                left_out.push(index);
                reasons.push(reason);
                false
            }
        });
        let Some(reason) = reasons.first() else {
            return Ok(kept);
        };
        if kept.is_empty() {
            return Err(refuse(change, reason));
        }
        let names = listed(left_out.iter().map(|&index| &self.document.objects[index]));
        self.remarks.push(format!(
            "--set {}: left out {names}: {reason}",
            change.words
        ));
        Ok(kept)
    }

    /// Whether an object can have the value at all, however large.
    fn can_have(&self, object: usize, value: &Value) -> Result<(), String> {
        match value {
            Value::Binaural(_) | Value::TrimBypass(_) if self.file_channels(object).is_empty() => {
                Err("it has no track of its own".to_owned())
            }
            Value::Gain(_) => self.can_shift(object, None),
            Value::Offset(coordinate, _) => self.can_shift(object, Some(*coordinate)),
            _ => Ok(()),
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

    /// Channels of the file that are tracks of an object.
    fn file_channels(&self, object: usize) -> Vec<usize> {
        let uids = self.document.objects[object].tracks.iter().flatten();
        uids.filter_map(|&uid| self.document.uids[uid].file_channel)
            .collect()
    }
}

pub(super) fn refuse(change: &Change, reason: &str) -> Error {
    Error::Usage(format!("--set {}: {reason}", change.words))
}

fn signed(gain: Decibels) -> String {
    format!("{:+} dB", gain.0)
}

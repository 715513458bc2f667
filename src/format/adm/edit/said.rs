//! What the dbmd chunk says of the master and its channels.

use super::super::dbmd::{Dbmd, TRIM_LAYOUTS, Trim};
use super::super::model::Profile;
use super::dbmd::patched;
use super::resolve::{Build, refuse};
use super::{Change, Changed, Value};
use crate::{Error, Result};

impl Build<'_> {
    pub(super) fn channels_change(&mut self, change: &Change, what: String, channels: &[usize]) {
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

    pub(super) fn master(&mut self, change: &Change, value: &Value) -> Result<()> {
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

    pub(super) fn dbmd(&mut self, content: Option<&[u8]>) -> Result<Vec<u8>> {
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

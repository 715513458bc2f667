//! What a master says beside its sound that a copy of it cannot say.

use super::adm::{Lost, Names};
use crate::format::adm::write::{ContentSaid, Flavour, Said};
use crate::format::adm::{
    AudioObject, Blocks, Content, Dbmd, Document, Downmix, Master, Profile, Programme,
    TRIM_LAYOUTS, Trim, Warp,
};
use crate::units::SampleRate;

/// Gives `names` what is said of the programme and its contents, and what `flavour` has no place for.
pub(crate) fn carry(document: &Document, master: &Master, flavour: Flavour, names: &mut Names) {
    let mut unsaid = Unsaid {
        flavour,
        said: Said {
            is_dolby: document.profile() == Profile::Dolby,
            ..Said::default()
        },
        lost: Vec::new(),
    };
    let id = master.programme.as_deref();
    if let Some(index) = id.and_then(|id| document.programmes.find(id)) {
        unsaid.programme(&document.programmes[index]);
    }
    let is_named = |content: &&Content| names.contents.contains(&content.head.name);
    for content in document.contents.iter().filter(is_named) {
        unsaid.content(content);
    }
    for object in document.objects.iter() {
        let id = Some(&object.head.id);
        let mut origins = master.origins.iter();
        let is_played = origins.any(|origin| origin.object.as_ref() == id);
        unsaid.object(object, is_played);
    }
    unsaid.tracks(document, master);
    if let Some(dbmd) = document.dbmd.as_ref().filter(|_| flavour != Flavour::Dolby) {
        unsaid.dbmd(&master.title, dbmd);
    }
    names.said = Some(unsaid.said);
    names.lost = unsaid.lost;
}

/// What is found on the way.
struct Unsaid {
    flavour: Flavour,
    said: Said,
    lost: Vec<Lost>,
}

impl Unsaid {
    /// Something of which nothing is written.
    fn lose(&mut self, object: &str, field: &'static str, found: impl ToString) {
        self.lose_for(object, field, found, "nothing");
    }

    fn lose_for(&mut self, object: &str, field: &'static str, found: impl ToString, written: &str) {
        self.lost.push(Lost {
            object: object.to_owned(),
            field,
            found: found.to_string(),
            written: written.to_owned(),
        });
    }

    fn programme(&mut self, programme: &Programme) {
        let name = &programme.head.name;
        let start_s = programme.start.map_or(0.0, |s| s.frames(SampleRate(1)));
        if self.flavour.has_programme_times() {
            self.said.start_s = start_s;
        } else if start_s > 0.0 {
            self.lose(name, "start time code", format!("{start_s} s"));
        }
        if self.flavour == Flavour::Ebu {
            self.said.language.clone_from(&programme.language);
        } else if let Some(language) = &programme.language {
            self.lose(name, "language", language);
        }
        for label in &programme.labels {
            self.lose(name, "label", &label.text);
        }
    }

    fn content(&mut self, content: &Content) {
        const MIXED: [u32; 2] = [2, 0];
        let name = &content.head.name;
        let kind = content.dialogue_kind.unwrap_or(0);
        let dialogue = content.dialogue.map(|dialogue| [dialogue, kind]);
        if let (Flavour::Dolby, Some([value, kind])) =
            (self.flavour, dialogue.filter(|said| *said != MIXED))
        {
            let what = ["no dialogue", "dialogue", "mixed"];
            let what = what.get(value as usize).copied().unwrap_or("dialogue");
            let found = format!("{what}, kind {kind}");
            let written = "mixed, kind 0, as all contents of the profile";
            self.lose_for(name, "dialogue", found, written);
        }
        let keeps_language = self.flavour == Flavour::Ebu;
        if let Some(language) = content.language.as_ref().filter(|_| !keeps_language) {
            self.lose(name, "language", language);
        }
        for label in &content.labels {
            self.lose(name, "label", &label.text);
        }
        // Contents of one name become one: what is said of them has to be the same.
        let new = ContentSaid {
            dialogue,
            language: content.language.clone().filter(|_| keeps_language),
        };
        let old = self
            .said
            .contents
            .entry(name.clone())
            .or_insert(new.clone());
        if *old != new {
            old.dialogue = None;
            let field = "contents of one name";
            self.lose_for(name, field, "different dialogue", "one content");
        }
    }

    fn object(&mut self, object: &AudioObject, is_played: bool) {
        let name = &object.head.name;
        if object.mute {
            let written = "nothing: it is left out, with its tracks";
            self.lose_for(name, "mute", "mute, whole", written);
        }
        if !is_played && object.objects.is_empty() {
            return;
        }
        if let Some(importance) = object.importance.filter(|&importance| importance < 10) {
            self.lose(name, "importance", importance);
        }
        if object.interactive {
            self.lose(name, "interaction", "allowed");
        }
        if let Some(dialogue) = object.dialogue {
            self.lose(name, "dialogue", dialogue);
        }
        for label in &object.labels {
            self.lose(name, "label", &label.text);
        }
        if !object.alternative_sets.is_empty() {
            let (field, found) = ("alternative value sets", object.alternative_sets.len());
            self.lose_for(name, field, found, "the values that are played");
        }
        if !object.complementary.is_empty() {
            let found = format!("{} others", object.complementary.len());
            self.lose_for(
                name,
                "complementary objects",
                found,
                "the one that is played",
            );
        }
    }

    fn tracks(&mut self, document: &Document, master: &Master) {
        for (object, origin) in master.objects.iter().zip(&master.origins) {
            let Some(channel) = document.channels.find(&origin.channel) else {
                continue;
            };
            let name = &object.name;
            let least = least_importance(&document.channels[channel].blocks);
            if let Some(importance) = least.filter(|&importance| importance < 10) {
                self.lose(
                    name,
                    "importance of blocks",
                    format!("{importance} at least"),
                );
            }
            if self.flavour == Flavour::Dolby {
                if origin.head_locked {
                    self.lose(name, "head lock", true);
                }
                continue;
            }
            if origin.trim_bypass {
                self.lose(name, "trim bypass", true);
            }
            if origin.head_tracking > 0 {
                self.lose(name, "head tracking mode", origin.head_tracking);
            }
        }
    }

    /// What the chunk says of the whole programme, where there is no such chunk.
    fn dbmd(&mut self, name: &str, dbmd: &Dbmd) {
        if let Some(programme) = &dbmd.programme {
            if let Some(rate) = programme.frame_rate {
                self.lose(name, "frame rate", rate.name());
            }
            if let Some(start_s) = programme.first_action_s {
                self.lose(name, "first frame of action", format!("{start_s} s"));
            }
            if programme.downmix != Downmix::NotIndicated {
                self.lose(name, "downmix to stereo", programme.downmix.name());
            }
            if programme.warp != Warp::NotIndicated {
                self.lose(name, "downmix to 5.1", programme.warp.name());
            }
            if programme.phase_90 > 0 {
                self.lose(name, "90-degree phase bits", programme.phase_90);
            }
        }
        let trims = dbmd.elements.iter().flat_map(|elements| &elements.trims);
        for (trim, layout) in trims.zip(TRIM_LAYOUTS) {
            if let Trim::Manual {
                centre_db,
                surround_db,
                height_db,
                balance,
                height_balance,
            } = trim
            {
                let found = format!(
                    "{layout}: centre {centre_db} dB, surrounds {surround_db} dB, heights {height_db} dB, balance {balance} \
                     and {height_balance}"
                );
                self.lose(name, "trim", found);
            }
        }
    }
}

fn least_importance(blocks: &Blocks) -> Option<u32> {
    match blocks {
        Blocks::Objects(blocks) => blocks.shapes().iter().map(|shape| shape.importance).min(),
        Blocks::Speakers(blocks) => blocks.iter().map(|block| block.importance).min(),
        Blocks::Hoa(blocks) => blocks.iter().map(|block| block.importance).min(),
        Blocks::Binaural(blocks) => blocks.iter().map(|block| block.importance).min(),
        Blocks::Matrix(_) => None,
    }
}

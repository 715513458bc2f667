//! What a master says beside its sound that a copy of it cannot say.

use super::adm::{Lost, Names};
use crate::format::adm::write::{ContentSaid, Flavour, Said};
use crate::format::adm::{AudioObject, Blocks, Document, Master};
use crate::units::SampleRate;

/// Gives `names` what is said of the programme and its contents, and what `flavour` has no place for.
pub(crate) fn carry(document: &Document, master: &Master, flavour: Flavour, names: &mut Names) {
    let mut lost = Vec::new();
    let mut lose = |object: &str, field: &'static str, found: String, written: &str| {
        lost.push(Lost {
            object: object.to_owned(),
            field,
            found,
            written: written.to_owned(),
        });
    };
    let id = master.programme.as_deref();
    let programme = id.and_then(|id| document.programmes.find(id));
    let mut said = Said::default();
    if let Some(programme) = programme.map(|index| &document.programmes[index]) {
        let name = &programme.head.name;
        let start_s = programme.start.map_or(0.0, |s| s.frames(SampleRate(1)));
        if flavour.has_programme_times() {
            said.start_s = start_s;
        } else if start_s > 0.0 {
            lose(name, "start time code", format!("{start_s} s"), "nothing");
        }
        if flavour == Flavour::Ebu {
            said.language.clone_from(&programme.language);
        } else if let Some(language) = &programme.language {
            lose(name, "language", language.clone(), "nothing");
        }
        for label in &programme.labels {
            lose(name, "label", label.text.clone(), "nothing");
        }
    }
    for content in document.contents.iter() {
        let name = &content.head.name;
        if !names.contents.contains(name) {
            continue;
        }
        let kind = content.dialogue_kind.unwrap_or(0);
        let dialogue = content.dialogue.map(|dialogue| [dialogue, kind]);
        let is_mixed = |said: &[u32; 2]| *said == [2, 0];
        if flavour == Flavour::Dolby
            && let Some([value, kind]) = dialogue.filter(|said| !is_mixed(said))
        {
            let what = ["no dialogue", "dialogue", "mixed"];
            let what = what.get(value as usize).copied().unwrap_or("dialogue");
            let found = format!("{what}, kind {kind}");
            lose(
                name,
                "dialogue",
                found,
                "mixed, kind 0, as all contents of the profile",
            );
        }
        let keeps_language = flavour == Flavour::Ebu;
        if let Some(language) = content.language.as_ref().filter(|_| !keeps_language) {
            lose(name, "language", language.clone(), "nothing");
        }
        for label in &content.labels {
            lose(name, "label", label.text.clone(), "nothing");
        }
        // Contents of one name become one: what is said of them has to be the same.
        let new = ContentSaid {
            dialogue,
            language: content.language.clone().filter(|_| keeps_language),
        };
        let old = said.contents.entry(name.clone()).or_insert(new.clone());
        if *old != new {
            old.dialogue = None;
            lose(
                name,
                "contents of one name",
                "different dialogue".to_owned(),
                "one content",
            );
        }
    }
    let played = |object: &AudioObject| {
        let id = Some(&object.head.id);
        master
            .origins
            .iter()
            .any(|origin| origin.object.as_ref() == id)
    };
    for object in document.objects.iter() {
        let name = &object.head.name;
        if object.mute {
            let found = "mute, whole".to_owned();
            lose(
                name,
                "mute",
                found,
                "nothing: it is left out, with its tracks",
            );
        }
        if !played(object) && object.objects.is_empty() {
            continue;
        }
        if let Some(importance) = object.importance.filter(|&importance| importance < 10) {
            lose(name, "importance", importance.to_string(), "nothing");
        }
        if object.interactive {
            lose(name, "interaction", "allowed".to_owned(), "nothing");
        }
        if let Some(dialogue) = object.dialogue {
            lose(name, "dialogue", dialogue.to_string(), "nothing");
        }
        for label in &object.labels {
            lose(name, "label", label.text.clone(), "nothing");
        }
        if !object.alternative_sets.is_empty() {
            let found = format!("{}", object.alternative_sets.len());
            lose(
                name,
                "alternative value sets",
                found,
                "the values that are played",
            );
        }
        if !object.complementary.is_empty() {
            let found = format!("{} others", object.complementary.len());
            lose(
                name,
                "complementary objects",
                found,
                "the one that is played",
            );
        }
    }
    for (object, origin) in master.objects.iter().zip(&master.origins) {
        let Some(channel) = document.channels.find(&origin.channel) else {
            continue;
        };
        let least = least_importance(&document.channels[channel].blocks);
        if let Some(importance) = least.filter(|&importance| importance < 10) {
            let found = format!("{importance} at least");
            lose(&object.name, "importance of blocks", found, "nothing");
        }
        if flavour == Flavour::Dolby && origin.head_locked {
            lose(&object.name, "head lock", "true".to_owned(), "nothing");
        }
        if flavour != Flavour::Dolby {
            if origin.trim_bypass {
                lose(&object.name, "trim bypass", "true".to_owned(), "nothing");
            }
            if origin.head_tracking > 0 {
                let found = origin.head_tracking.to_string();
                lose(&object.name, "head tracking mode", found, "nothing");
            }
        }
    }
    names.said = Some(said);
    names.lost = lost;
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

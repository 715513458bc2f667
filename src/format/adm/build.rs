//! From a document and a selection to feeds and objects, step by step.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::allocate::{Allocated, Outcome, allocate};
use super::blocks::Blocks;
use super::codes::{AMBIGUOUS, CONFLICTING, LIMIT, NOTHING, TRACK, TRACK_FORMAT, TYPES};
use super::findings::{Findings, Place, shorten};
use super::items::{ItemContext, Member};
use super::master::{Feed, FeedTerm, Origin};
use super::matrix::{Expansion, terms};
use super::model::{Document, TypeDefinition};
use super::packs::{PackChannel, channels_of};
use super::path_values::PathValues;
use super::patterns::{Pattern, Track, patterns_of, reasons};
use super::select::{ObjectPath, Selection, select};
use crate::scene::Object;

/// A master being built.
pub(super) struct Build<'a> {
    pub(super) document: &'a Document,
    pub(super) selection: &'a Selection,
    pub(super) feeds: Vec<Feed>,
    /// Feed of each set of terms, by their bits.
    feed_of: HashMap<Vec<(usize, u64, u64)>, usize>,
    pub(super) objects: Vec<Object>,
    pub(super) origins: Vec<Origin>,
    /// Remarks that are made once, by what they are about.
    pub(super) told: HashSet<(&'static str, String)>,
    /// The times of blocks have been tried before.
    pub(super) is_tried: bool,
    /// Blocks whose times were mended.
    pub(super) mended: usize,
    /// Channels and blocks looked at.
    work: usize,
}

/// Channels and blocks that are looked at in all. A block counts as often as it is played.
const MOST_WORK: usize = 12_000_000;

/// A pack that is played, with what its channels play.
struct Played {
    pack: usize,
    members: Vec<(PackChannel, Vec<FeedTerm>)>,
}

impl<'a> Build<'a> {
    /// Of what `selection` plays of `document`; `is_tried` says that it was asked before.
    pub(super) fn new(document: &'a Document, selection: &'a Selection, is_tried: bool) -> Self {
        Self {
            document,
            selection,
            feeds: Vec::new(),
            feed_of: HashMap::new(),
            objects: Vec::new(),
            origins: Vec::new(),
            told: HashSet::new(),
            is_tried,
            mended: 0,
            work: 0,
        }
    }

    /// Builds everything; gives the programme.
    pub(super) fn run(&mut self, findings: &mut Findings) -> Option<usize> {
        let selected = select(self.document, self.selection, findings);
        if findings.has_errors() {
            return None;
        }
        match &selected.paths {
            Some(paths) => {
                for path in paths {
                    self.object(path, selected.programme, findings);
                }
            }
            None => self.all_tracks(findings),
        }
        if self.mended > 0 {
            super::item_times::tell_mended(self.mended, findings);
        }
        if self.objects.is_empty() && !findings.has_errors() {
            findings.add(
                NOTHING,
                Place::default(),
                "nothing is left to play",
                "all of it is mute, silent, of low importance, or left out",
            );
        }
        selected.programme
    }

    /// An object with the packs and tracks of its own.
    fn object(&mut self, path: &ObjectPath, programme: Option<usize>, findings: &mut Findings) {
        let Some(&last) = path.objects.last() else {
            return;
        };
        let object = &self.document.objects[last];
        let values = PathValues::of(self, path, programme, findings);
        if object.packs.is_empty() && object.tracks.is_empty() {
            return;
        }
        let Some(values) = values else { return };
        let silent = object.tracks.iter().filter(|track| track.is_none()).count();
        let uids: Vec<usize> = object.tracks.iter().flatten().copied().collect();
        let Some(tracks) = self.tracks(&uids, findings) else {
            return;
        };
        let mut distinct = object.packs.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let patterns: Vec<Pattern> = distinct
            .iter()
            .flat_map(|&pack| patterns_of(self.document, pack))
            .collect();
        let slots: usize = patterns.iter().map(|pattern| pattern.slots.len()).sum();
        if !self.spend(slots + tracks.len(), findings) {
            return;
        }
        let owner = format!("audioObject {}", object.head.id);
        let place = object.head.place;
        let wanted = Some(object.packs.as_slice());
        let outcome = allocate(&patterns, &tracks, wanted, silent);
        let Some(allocated) = self.understood(outcome, &owner, place, findings, || {
            reasons(self.document, &patterns, &tracks, wanted, silent)
        }) else {
            return;
        };
        self.play(&patterns, allocated, &values, findings);
    }

    /// Notes that `count` channels or blocks are about to be looked at; false, with a finding, if that is
    /// too much.
    pub(super) fn spend(&mut self, count: usize, findings: &mut Findings) -> bool {
        let before = self.work;
        self.work = before.saturating_add(count);
        if before <= MOST_WORK && self.work > MOST_WORK {
            let message = format!("more than {MOST_WORK} blocks are to be played");
            let help = "a block counts as often as objects play it: split the programme";
            findings.add(LIMIT, Place::default(), message, help);
        }
        self.work <= MOST_WORK
    }

    /// A file without objects: all its tracks.
    fn all_tracks(&mut self, findings: &mut Findings) {
        let document = self.document;
        let uids: Vec<usize> = (0..document.uids.len()).collect();
        let Some(tracks) = self.tracks(&uids, findings) else {
            return;
        };
        let patterns: Vec<Pattern> = (0..document.packs.len())
            .flat_map(|pack| patterns_of(document, pack))
            .collect();
        let outcome = allocate(&patterns, &tracks, None, 0);
        let owner = "the chna chunk";
        let Some(allocated) = self.understood(outcome, owner, Place::default(), findings, || {
            reasons(document, &patterns, &tracks, None, 0)
        }) else {
            return;
        };
        let values = PathValues::plain();
        self.play(&patterns, allocated, &values, findings);
    }

    /// The packs and tracks of what was found, or a finding that says why there is nothing.
    fn understood(
        &self,
        outcome: Outcome,
        owner: &str,
        place: Place,
        findings: &mut Findings,
        reasons: impl Fn() -> Vec<String>,
    ) -> Option<Vec<Allocated>> {
        match outcome {
            Outcome::Found(allocated) => return Some(allocated),
            Outcome::Conflicting => {
                let reasons = reasons();
                let why = if reasons.is_empty() {
                    String::new()
                } else {
                    format!(": {}", reasons.join("; "))
                };
                let message = format!("the tracks of {owner} do not fill its packs{why}");
                let help =
                    "each channel of each pack has one track that names this channel and pack";
                findings.add(CONFLICTING, place, message, help);
            }
            Outcome::Ambiguous => {
                let message = format!("the tracks of {owner} fill its packs in more than one way");
                let help = "give each pack an object of its own";
                findings.add(AMBIGUOUS, place, message, help);
            }
            Outcome::TooHard => {
                let message =
                    format!("how the tracks of {owner} fill its packs cannot be found out");
                let help = "give each pack an object of its own";
                findings.add(LIMIT, place, message, help);
            }
        }
        None
    }

    /// The tracks as the search needs them; `None`, with findings, if any lacks what it needs.
    fn tracks(&mut self, uids: &[usize], findings: &mut Findings) -> Option<Vec<Track>> {
        let mut tracks = Vec::with_capacity(uids.len());
        let mut whole = true;
        for &uid in uids {
            let found = &self.document.uids[uid];
            let (id, place) = (&found.head.id, found.head.place);
            let mut lacks = |what: String, help: &str| {
                findings.add(TRACK, place, format!("audioTrackUID {id} {what}"), help);
                whole = false;
            };
            if found.file_channel.is_none() {
                let help = "the chna chunk says which channel of the file a track is";
                lacks("is not in the chna chunk".to_owned(), help);
                continue;
            }
            let (Some(channel), Some(pack)) = (found.channel, found.pack) else {
                if found.channel.is_none() {
                    let help = "it names a channel format, or a track format that leads to one by its stream; \
                                coded audio has none and cannot be played";
                    lacks("leads to no channel format".to_owned(), help);
                } else {
                    let help = "name its pack in the chna or axml chunk";
                    lacks("names no pack format".to_owned(), help);
                }
                continue;
            };
            self.check_format(uid, findings);
            tracks.push(Track { uid, channel, pack });
        }
        whole.then_some(tracks)
    }

    /// Compares what a track says of the file with the file.
    fn check_format(&mut self, uid: usize, findings: &mut Findings) {
        let document = self.document;
        let uid = &document.uids[uid];
        let rate = document.sample_rate.0;
        if let Some(said) = uid.sample_rate
            && said != rate
            && self.told.insert((TRACK_FORMAT.code, String::new()))
        {
            let message = format!(
                "audioTrackUID {} says {said} Hz; the file has {rate} Hz",
                uid.head.id
            );
            let help = "the file's own rate is used";
            findings.add(TRACK_FORMAT, uid.head.place, message, help);
        }
    }

    /// Plays every pack that tracks were found for.
    fn play(
        &mut self,
        patterns: &[Pattern],
        allocated: Vec<Allocated>,
        values: &PathValues,
        findings: &mut Findings,
    ) {
        for allocated in allocated {
            let pattern = &patterns[allocated.pattern];
            let Some(played) = self.played(pattern, &allocated, findings) else {
                continue;
            };
            self.pack(played, values, findings);
        }
    }

    /// The pack that is heard in the end, and what each of its channels plays.
    fn played(
        &self,
        pattern: &Pattern,
        allocated: &Allocated,
        findings: &mut Findings,
    ) -> Option<Played> {
        let document = self.document;
        let root = &document.packs[pattern.root];
        let file_channel = |uid: Option<usize>| document.uids[uid?].file_channel;
        let given: HashMap<usize, Option<usize>> = pattern
            .slots
            .iter()
            .zip(&allocated.tracks)
            .map(|(slot, &uid)| (slot.channel, file_channel(uid)))
            .collect();
        let mut expansion = Expansion::new(&document.channels, document.sample_rate, given);
        let is_matrix = root.kind == TypeDefinition::Matrix;
        let pack = if is_matrix {
            root.output?
        } else {
            pattern.root
        };
        // The channel of the matrix that makes each channel of its output.
        let made_by: HashMap<usize, usize> = root
            .channels
            .iter()
            .filter_map(|&channel| match &*document.channels[channel].blocks {
                Blocks::Matrix(blocks) => Some((blocks.first()?.output?, channel)),
                _ => None,
            })
            .collect();
        let mut members = Vec::new();
        for member in channels_of(&document.packs, pack) {
            let source = if is_matrix {
                *made_by.get(&member.channel)?
            } else {
                member.channel
            };
            let Some(sum) = expansion.sum(source) else {
                let message = format!("the matrix {} has too many terms", root.head.id);
                findings.add(
                    LIMIT,
                    root.head.place,
                    message,
                    "at most a million are taken",
                );
                return None;
            };
            members.push((member, terms(sum)));
        }
        Some(Played { pack, members })
    }

    /// Adds the objects of one pack.
    fn pack(&mut self, played: Played, values: &PathValues, findings: &mut Findings) {
        let document = self.document;
        let pack = &document.packs[played.pack];
        let threshold = self.selection.importance.unwrap_or(0);
        let importance = |member: &PackChannel| {
            member
                .path
                .iter()
                .map(|&pack| document.packs[pack].importance.unwrap_or(10))
                .min()
                .unwrap_or(10)
        };
        let important: Vec<bool> = played
            .members
            .iter()
            .map(|(member, _)| values.importance.min(importance(member)) >= threshold)
            .collect();
        // A sound field is heard whole or not at all.
        let is_field = pack.kind == TypeDefinition::Hoa;
        let any = important.contains(&true);
        let members: Vec<Member> = played
            .members
            .into_iter()
            .zip(important)
            .map(|((place, terms), important)| Member {
                is_heard: !values.mute && (if is_field { any } else { important }),
                place,
                terms,
            })
            .collect();
        let context = ItemContext {
            pack: played.pack,
            values,
            threshold,
        };
        match pack.kind {
            TypeDefinition::Objects => self.object_items(&context, members, findings),
            TypeDefinition::DirectSpeakers => self.speaker_items(&context, members, findings),
            TypeDefinition::Hoa => self.field_items(&context, members, findings),
            TypeDefinition::Binaural => self.ear_items(&context, members, findings),
            TypeDefinition::Matrix => {
                let message = format!("the matrix {} makes a matrix", shorten(&pack.head.id));
                findings.add(
                    TYPES,
                    pack.head.place,
                    message,
                    "its output is a pack to be heard",
                );
            }
        }
    }

    /// The row of the feed with these terms; a new one if there is none yet.
    pub(super) fn feed(&mut self, terms: Vec<FeedTerm>) -> usize {
        let key = terms
            .iter()
            .map(|term| (term.channel, term.gain.to_bits(), term.delay_frames))
            .collect();
        *self.feed_of.entry(key).or_insert_with(|| {
            self.feeds.push(Feed { terms });
            self.feeds.len() - 1
        })
    }

    /// Adds an object of the scene.
    pub(super) fn add(&mut self, object: Object, origin: Origin) {
        self.objects.push(object);
        self.origins.push(origin);
    }

    /// The blocks of a channel.
    pub(super) fn blocks(&self, channel: usize) -> Arc<Blocks> {
        Arc::clone(&self.document.channels[channel].blocks)
    }
}

//! The desk: sends and keys lead somewhere and not in circles, chains can do what they are asked for, and
//! what is automated is there.

use std::collections::HashMap;
use std::path::Path;

use super::super::chain::add_faults;
use super::super::codes::{
    DESK_LOOP, TOO_FEW_OUTPUTS, UNKNOWN_KEY_SOURCE, UNKNOWN_PARAMETER, UNKNOWN_RETURN,
};
use super::super::desk::parameter;
use super::super::findings::{Findings, did_you_mean, meant, shorten};
use super::super::impulses;
use super::super::tree::Cursor;
use super::{Written, advice, tables, time_line};
use crate::effect::{Chain, Settings, Setup, Side};
use crate::mix::order;
use crate::units::SampleRate;

/// Most places without a processor that makes outputs of its own: those of a stereo send.
const PLAIN_OUTPUTS: usize = 2;

/// A strip, group, return, the master or the stereo bus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) table: Cursor<'a>,
    pub(super) kind: Kind,
    name: &'a str,
}

impl Place<'_> {
    /// What it is, and its name.
    pub(super) fn words(&self) -> String {
        let name = shorten(self.name);
        match self.kind {
            Kind::Stem => format!("the stem \"{name}\""),
            Kind::Group => format!("the group \"{name}\""),
            Kind::Return => format!("the return \"{name}\""),
            Kind::Master => "the master".to_owned(),
            Kind::Stereo => "the stereo bus".to_owned(),
        }
    }
}

/// Another place that a place waits for, and the words that say so: none for the members of a group.
#[derive(Debug, Clone, Copy)]
struct Need<'a> {
    place: usize,
    words: Option<Cursor<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Stem,
    Group,
    Return,
    Master,
    Stereo,
}

fn places(root: Cursor<'_>) -> Vec<Place<'_>> {
    let kinds = [
        ("stem", Kind::Stem),
        ("group", Kind::Group),
        ("return", Kind::Return),
    ];
    let of_kind = |(word, kind)| {
        tables(root, word).map(move |table| Place {
            table,
            kind,
            name: table.key("name").text().unwrap_or(""),
        })
    };
    let master = Place {
        table: root.key("master"),
        kind: Kind::Master,
        name: "master",
    };
    kinds
        .into_iter()
        .flat_map(of_kind)
        .chain([master])
        .collect()
}

/// References: every send names a return, every key a stem or group, and nothing comes back to itself.
pub(super) fn check(root: Cursor<'_>, findings: &mut Findings) {
    let places = places(root);
    let mut needs: Vec<Vec<Need<'_>>> = vec![Vec::new(); places.len()];
    let by_name = |wanted: &[Kind]| -> HashMap<&str, usize> {
        let found = places.iter().enumerate().rev();
        let found = found.filter(|(_, place)| wanted.contains(&place.kind));
        found.map(|(index, place)| (place.name, index)).collect()
    };
    let returns = by_name(&[Kind::Return]);
    let groups = by_name(&[Kind::Group]);
    let mut keys = groups.clone();
    keys.extend(by_name(&[Kind::Stem]));
    for (index, place) in places.iter().enumerate() {
        if place.kind == Kind::Stem
            && let Some(&group) = place.table.key("group").text().and_then(|g| groups.get(g))
        {
            needs[group].push(Need {
                place: index,
                words: None,
            });
        }
        let sends = place.table.key("sends");
        for entry in sends.entries() {
            let send = sends.key(&entry.key);
            match returns.get(entry.key.as_str()) {
                Some(&to) => needs[to].push(Need {
                    place: index,
                    words: Some(send),
                }),
                None => unknown(
                    UNKNOWN_RETURN,
                    "return",
                    &entry.key,
                    sends.key_span(&entry.key),
                    returns.keys().copied(),
                    findings,
                ),
            }
        }
        for processor in place.table.key("chain").items() {
            for entry in processor.entries() {
                let written = processor.key(&entry.key).key("key");
                let name = written.text().map_or(written.key("from"), |_| written);
                let Some(text) = name.text() else { continue };
                match keys.get(text) {
                    Some(&from) => needs[index].push(Need {
                        place: from,
                        words: Some(name),
                    }),
                    None => unknown(
                        UNKNOWN_KEY_SOURCE,
                        "stem or group",
                        text,
                        name.span(),
                        keys.keys().copied(),
                        findings,
                    ),
                }
            }
        }
    }
    let depends_on = |place: usize| needs[place].iter().map(|need| need.place).collect();
    if let Err(ring) = order::levels(places.len(), depends_on) {
        a_loop(&places, &needs, &ring, findings);
    }
    for place in places.iter().filter(|place| place.kind == Kind::Return) {
        outputs(*place, findings);
    }
}

fn unknown<'n>(
    rule: super::super::codes::Rule,
    what: &str,
    name: &str,
    span: Option<std::ops::Range<usize>>,
    known: impl Iterator<Item = &'n str> + Clone,
    findings: &mut Findings,
) {
    let mut all: Vec<&str> = known.clone().collect();
    all.sort_unstable();
    let help = match all.as_slice() {
        [] => format!("the session has no {what}"),
        all => format!(
            "{}there are: {}",
            meant(did_you_mean(name, known)),
            shorten(&all.join(", "))
        ),
    };
    findings.add(
        rule,
        span,
        format!("there is no {what} \"{}\"", shorten(name)),
        format!("not a {what}"),
        help,
    );
}

/// A circle of sends and keys, shown at the words that close it.
fn a_loop(places: &[Place<'_>], needs: &[Vec<Need<'_>>], ring: &[usize], findings: &mut Findings) {
    let next = ring.iter().cycle().skip(1);
    // The key or send on the way round that is written last.
    let words = ring.iter().zip(next).filter_map(|(&waits, &other)| {
        let mut needs = needs[waits].iter().filter(|need| need.place == other);
        needs.find_map(|need| need.words)
    });
    // Each waits for the next: sound and keys go the other way.
    let last = ring.last();
    let way = ring.iter().rev().chain(last);
    let names: Vec<&str> = way.map(|&index| places[index].name).collect();
    findings.add(
        DESK_LOOP,
        words.filter_map(Cursor::span).max_by_key(|span| span.start),
        format!(
            "keys and sends lead back to where they came from: {}",
            shorten(&names.join(" -> "))
        ),
        "closes the circle",
        "a strip cannot wait for itself: remove one of these keys or sends",
    );
}

/// Places beyond those of a stereo send need a processor that feeds them.
fn outputs(place: Place<'_>, findings: &mut Findings) {
    let at = place.table.key("at");
    let count = at.items().count();
    let spreads = place.table.key("chain").items().any(|processor| {
        let mut words = processor.entries().iter();
        words.any(|entry| Settings::SPREADING.contains(&entry.key.as_str()))
    });
    if count > PLAIN_OUTPUTS && !spreads {
        findings.add(
            TOO_FEW_OUTPUTS,
            at.span(),
            format!(
                "the return \"{}\" has {count} places, and nothing in its chain has so many outputs",
                shorten(place.name)
            ),
            "more than two",
            format!(
                "add a processor that has ({}), or write one or two places",
                Settings::SPREADING.join(", ")
            ),
        );
    }
}

/// Values of the chains at the song's sample rate, and what is automated.
pub(crate) fn check_chains(session: Written<'_>, rate: SampleRate, findings: &mut Findings) {
    let line = time_line(session.root, rate, &mut Findings::new(session.path));
    let folder = super::folder(session.path);
    let setup = Setup {
        rate,
        channels: 2,
        outputs: None,
        key_channels: 2,
        bpm: line.quarters_per_minute(),
    };
    for (place, chain) in chains(session) {
        check_chain(place, folder, chain, setup, findings);
    }
}

/// Advice on every chain.
pub(crate) fn advise(session: Written<'_>, findings: &mut Findings) {
    for (place, chain) in chains(session) {
        advice::check(place, &chain, findings);
    }
}

/// Every chain of a session, but for those that are wrong as they are written.
fn chains(session: Written<'_>) -> impl Iterator<Item = (Place<'_>, Vec<Settings>)> {
    let stereo = Place {
        table: session.root.key("stereo"),
        kind: Kind::Stereo,
        name: "stereo",
    };
    let all = places(session.root).into_iter().chain([stereo]);
    all.filter_map(move |place| {
        let written = place.table.key("chain");
        if session.is_faulty(written) || session.is_faulty(place.table.key("automation")) {
            return None;
        }
        match written.exists() {
            true => Some((place, written.read()?)),
            false => Some((place, Vec::new())),
        }
    })
}

fn check_chain(
    place: Place<'_>,
    folder: &Path,
    mut chain: Vec<Settings>,
    setup: Setup,
    findings: &mut Findings,
) {
    let written = place.table.key("chain");
    let unread = impulses::read(&mut chain, folder);
    if !unread.is_empty() {
        add_faults(written, unread, findings);
        return;
    }
    let chain = chain.as_slice();
    let linked = matches!(place.kind, Kind::Group | Kind::Master);
    let built = match linked {
        true => Chain::linked(chain, setup, &[Side::Left, Side::Right]),
        false => Chain::build(chain, setup),
    };
    let built = match built {
        Ok(built) => built,
        Err(faults) => {
            add_faults(written, faults, findings);
            return;
        }
    };
    let automated = place.table.key("automation");
    for name in automated.entries().iter().map(|entry| entry.key.as_str()) {
        let found = parameter(chain, name);
        let parameters = found.map_or(&[][..], |(entry, _)| built.parameters(entry));
        let known = found.is_some_and(|(_, wanted)| parameters.iter().any(|p| p.name == wanted));
        if known {
            continue;
        }
        let help = match found {
            Some((_, wanted)) => {
                let names = parameters.iter().map(|p| p.name.as_str());
                let all: Vec<&str> = names.clone().collect();
                match all.as_slice() {
                    [] => {
                        "this processor is bypassed, or nothing of it can be automated".to_owned()
                    }
                    all => format!(
                        "{}its parameters are: {}",
                        meant(did_you_mean(wanted, names)),
                        shorten(&all.join(", "))
                    ),
                }
            }
            None => {
                let words: Vec<&str> = chain.iter().map(Settings::word).collect();
                match words.as_slice() {
                    [] => "there is no chain here".to_owned(),
                    words => format!(
                        "write PROCESSOR.PARAMETER, for instance \"eq.bell.1.db\"; the chain has: {}",
                        shorten(&words.join(", "))
                    ),
                }
            }
        };
        findings.add(
            UNKNOWN_PARAMETER,
            automated.key_span(name),
            format!("\"{}\" is no parameter of this chain", shorten(name)),
            "not a parameter",
            help,
        );
    }
}

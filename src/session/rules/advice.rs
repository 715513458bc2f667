//! Advice on chains: what departs from how mixes are usually built, and what sounds other than on a bus.
//!
//! Nothing of it is wrong: these are notes.

use super::super::codes::{LINKED_SATURATION, ORDER, SURGICAL};
use super::super::findings::Findings;
use super::super::tree::Cursor;
use super::desk::{Kind, Place};
use crate::effect::{CompSettings, EqSettings, Settings};

/// Sharpest bell that suits a group or a whole mix.
const BROAD_Q: f64 = 3.0;

/// Largest gain in dB that suits a group or a whole mix.
const GENTLE_DB: f64 = 4.0;

/// The stages of a strip in the order of the trade; sends follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Corrective,
    Tonal,
    Compression,
    Saturation,
    Ceiling,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Corrective => "corrective EQ",
            Self::Tonal => "tonal EQ",
            Self::Compression => "compression",
            Self::Saturation => "saturation",
            Self::Ceiling => "a limiter",
        }
    }

    /// The stages a processor belongs to, earliest first; `None`: it may stand anywhere.
    fn of(settings: &Settings) -> Option<(Self, Self)> {
        let one = |stage| Some((stage, stage));
        match settings {
            Settings::Eq(eq) => match (corrects(eq), shapes(eq)) {
                (true, true) => Some((Self::Corrective, Self::Tonal)),
                (true, false) => one(Self::Corrective),
                (false, true) => one(Self::Tonal),
                (false, false) => None,
            },
            Settings::Comp(_) => one(Self::Compression),
            Settings::Sat(_) => one(Self::Saturation),
            Settings::Limit(_) => one(Self::Ceiling),
            Settings::Delay(_) | Settings::Reverb(_) | Settings::Convolve(_) => None,
        }
    }
}

/// Filters that take something out: high-pass, low-pass, notches, narrow cuts.
fn corrects(eq: &EqSettings) -> bool {
    let narrow_cut = eq
        .bell
        .iter()
        .any(|bell| bell.db < 0.0 && bell.q() > BROAD_Q);
    eq.hp.is_some() || eq.lp.is_some() || !eq.notch.is_empty() || narrow_cut
}

/// Filters that shape the tone.
fn shapes(eq: &EqSettings) -> bool {
    let bell = eq
        .bell
        .iter()
        .any(|bell| bell.db > 0.0 || bell.q() <= BROAD_Q);
    bell || eq.low_shelf.is_some() || eq.high_shelf.is_some() || eq.tilt.is_some()
}

/// Notes on one chain.
pub(super) fn check(place: Place<'_>, chain: &[Settings], findings: &mut Findings) {
    let written = place.table.key("chain");
    order(written, chain, findings);
    let shared = matches!(place.kind, Kind::Group | Kind::Master | Kind::Stereo);
    for (entry, settings) in chain
        .iter()
        .enumerate()
        .filter(|(_, s)| shared && !s.is_bypassed())
    {
        let processor = written.item(entry).key(settings.word());
        if let Settings::Eq(eq) = settings {
            surgical(place, processor, eq, findings);
        }
        if matches!(place.kind, Kind::Group | Kind::Master) {
            per_member(place, processor, settings, findings);
        }
    }
}

/// The first processor that belongs before one that stands before it.
fn order(written: Cursor<'_>, chain: &[Settings], findings: &mut Findings) {
    let mut latest: Option<(Stage, &str)> = None;
    for (entry, settings) in chain.iter().enumerate().filter(|(_, s)| !s.is_bypassed()) {
        let Some((first, last)) = Stage::of(settings) else {
            continue;
        };
        if let Some((before, word)) = latest.filter(|(before, _)| *before > first) {
            findings.add(
                ORDER,
                written.item(entry).span(),
                format!("{} stands after {} (`{word}`)", first.name(), before.name()),
                "usually earlier",
                "the order of the trade is corrective EQ, tonal EQ, compression, saturation, then sends; a compressor hears what stands before it",
            );
            return;
        }
        latest = latest.max(Some((last, settings.word())));
    }
}

/// Sharp or large bells on what many share.
fn surgical(place: Place<'_>, eq: Cursor<'_>, settings: &EqSettings, findings: &mut Findings) {
    let help = "broad and gentle suits what is shared; a resonance is best taken out on the stem that has it";
    for (index, bell) in settings.bell.iter().enumerate() {
        let (sharp, large) = (bell.q() > BROAD_Q, bell.db.abs() > GENTLE_DB);
        let what = match (sharp, large) {
            (true, _) => format!("Q {} at {} Hz", bell.q(), bell.hz),
            (false, true) => format!("{} dB at {} Hz", bell.db, bell.hz),
            (false, false) => continue,
        };
        findings.add(
            SURGICAL,
            eq.key("bell").item(index).span(),
            format!("{what} is surgical for {}", place.words()),
            format!("more than Q {BROAD_Q}, or {GENTLE_DB} dB"),
            help,
        );
    }
    for (key, shelf) in [
        ("low-shelf", settings.low_shelf),
        ("high-shelf", settings.high_shelf),
    ] {
        if let Some(shelf) = shelf.filter(|shelf| shelf.db.abs() > GENTLE_DB) {
            findings.add(
                SURGICAL,
                eq.key(key).span(),
                format!(
                    "{} dB from {} Hz is surgical for {}",
                    shelf.db,
                    shelf.hz,
                    place.words()
                ),
                format!("more than {GENTLE_DB} dB"),
                help,
            );
        }
    }
    if !settings.notch.is_empty() {
        findings.add(
            SURGICAL,
            eq.key("notch").span(),
            format!("a notch is surgical for {}", place.words()),
            "on a single stem",
            help,
        );
    }
}

/// What bends the waveform works on each member by itself.
fn per_member(
    place: Place<'_>,
    processor: Cursor<'_>,
    settings: &Settings,
    findings: &mut Findings,
) {
    let what = match settings {
        Settings::Sat(_) => "saturation",
        Settings::Comp(comp) if warms(comp) => "the warmth of a vari-mu",
        _ => return,
    };
    findings.add(
        LINKED_SATURATION,
        processor.span(),
        format!("{what} on {} works on each member by itself", place.words()),
        "each member by itself",
        "members stay objects of their own: no harmonics arise between them, as they would on a bus. Gains of compressors are shared",
    );
}

fn warms(comp: &CompSettings) -> bool {
    comp.style == crate::effect::compressor::CompStyle::VariMu && comp.warmth != Some(0.0)
}

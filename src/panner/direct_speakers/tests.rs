#![allow(clippy::float_cmp, reason = "unity and silence are exact")]
use super::*;
use crate::layout;
use crate::panner;
use crate::scene::LockHorizontal;

/// A channel straight ahead with `labels`, and nothing else said.
pub(super) fn speaker(labels: &[&str]) -> DirectSpeakers {
    DirectSpeakers {
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        ..DirectSpeakers::labelled("", polar(0.0, 0.0))
    }
}

fn polar(azimuth: f64, elevation: f64) -> SpeakerPosition {
    SpeakerPosition::Polar {
        azimuth: azimuth.into(),
        elevation: elevation.into(),
        distance: 1.0.into(),
    }
}

fn room(x: f64, y: f64, z: f64) -> SpeakerPosition {
    SpeakerPosition::Cartesian {
        x: x.into(),
        y: y.into(),
        z: z.into(),
    }
}

fn at(labels: &[&str], position: SpeakerPosition) -> DirectSpeakers {
    DirectSpeakers {
        position,
        ..speaker(labels)
    }
}

/// What plays on a built-in layout, with gains to three places.
fn played(speaker: &DirectSpeakers, layout: &str) -> Vec<(String, f64)> {
    let layout = layout::find(layout).unwrap();
    let mut stage = Stage::new(&layout, panner::build(&layout).unwrap());
    let mut gains = vec![f64::NAN; layout.channels()];
    BedPanner::new(&layout).gains(&mut stage, speaker, &mut gains);
    let labels = layout.speakers.iter().map(|s| s.label.clone());
    let rounded = gains.iter().map(|gain| (gain * 1e3).round() / 1e3);
    labels
        .zip(rounded)
        .filter(|(_, gain)| *gain != 0.0)
        .collect()
}

fn alone(label: &str) -> Vec<(String, f64)> {
    vec![(label.to_owned(), 1.0)]
}

#[test]
fn labels_come_first_and_in_their_order() {
    let aside = polar(77.0, 13.0);
    for (labels, layout, expected) in [
        (&["M-110"][..], "0+5+0", "M-110"),
        (&["M+090", "M+110", "M+030"], "0+5+0", "M+110"),
        (&["urn:itu:bs:2051:0:speaker:U+045"], "4+7+0", "U+045"),
        (&["RC_Lrs"], "4+7+0", "M+135"),
        (&["RC_Rts"], "dolby-7.1.2", "U-090"),
        (&["RC_Lw"], "dolby-9.1.6", "M+060"),
        (&["LFE"], "0+5+0", "LFE1"),
        (&["LFER"], "9+10+3", "LFE2"),
        (&["RC_LFE"], "4+7+0", "LFE1"),
    ] {
        assert_eq!(
            played(&at(labels, aside), layout),
            alone(expected),
            "{labels:?}"
        );
    }
}

#[test]
fn an_lfe_plays_on_lfes_only_and_others_never() {
    // By its band an LFE, whatever its label says.
    let mut low = speaker(&["M+000"]);
    low.low_pass = Some(120.0);
    assert_eq!(played(&low, "0+5+0"), alone("LFE1"));
    assert_eq!(played(&low, "0+2+0"), []);
    assert_eq!(played(&speaker(&["LFE2"]), "4+7+0"), alone("LFE1"));
    assert_eq!(played(&speaker(&["LFE2"]), "dolby-9.1.6"), alone("LFE1"));
    // At the place of an LFE.
    let below = at(&[], polar(45.0, -30.0));
    assert!(
        played(&below, "0+5+0")
            .iter()
            .all(|(label, _)| !label.starts_with("LFE"))
    );
    let below = at(&[], room(-1.0, 1.0, -1.0));
    assert_eq!(played(&below, "4+7+0"), alone("M+030"));
}

#[test]
fn packs_map_on_systems_and_pan_elsewhere() {
    let mut surround = at(&["urn:itu:bs:2051:0:speaker:M+110"], polar(110.0, 0.0));
    surround.pack = Some("AP_00010003".to_owned());
    assert_eq!(played(&surround, "4+7+0"), alone("M+135"));
    assert_eq!(played(&surround, "0+2+0"), [("M+030".to_owned(), 0.707)]);
    // A 4+7+0 with its tops where the standard allows them.
    assert_eq!(played(&surround, "dolby-7.1.4"), alone("M+135"));
    let elsewhere = played(&surround, "dolby-7.1.2");
    let labels: Vec<_> = elsewhere.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["M+090", "M+135"], "between the two");
    // Two LFEs into one, on any layout.
    let mut lfe = speaker(&["LFER"]);
    lfe.pack = Some("AP_00010009".to_owned());
    for layout in ["0+5+0", "dolby-9.1.6"] {
        assert_eq!(
            played(&lfe, layout),
            [("LFE1".to_owned(), 0.707)],
            "{layout}"
        );
    }
}

#[test]
fn bounds_choose_the_nearest_if_there_is_one() {
    let range = |value, min, max| Bounded {
        value,
        min: Some(min),
        max: Some(max),
    };
    let within = |azimuth, elevation| {
        let distance = 1.0.into();
        at(
            &[],
            SpeakerPosition::Polar {
                azimuth,
                elevation,
                distance,
            },
        )
    };
    let side = within(range(100.0, 80.0, 140.0), 0.0.into());
    assert_eq!(played(&side, "4+7+0"), alone("M+090"));
    let between = within(range(112.5, 80.0, 140.0), 0.0.into());
    assert_eq!(
        played(&between, "4+7+0").len(),
        2,
        "as near to both: panned"
    );
    let behind = within(range(180.0, 120.0, -120.0), 0.0.into());
    assert_eq!(played(&behind, "9+10+3"), alone("M+180"));
    let above = within(range(0.0, -30.0, 30.0), range(70.0, 45.0, 90.0));
    assert_eq!(
        played(&above, "9+10+3"),
        alone("T+000"),
        "a pole has every azimuth"
    );
    let nowhere = within(range(60.0, 50.0, 70.0), 0.0.into());
    assert_eq!(played(&nowhere, "4+7+0").len(), 2, "panned");
    let corner = at(
        &[],
        SpeakerPosition::Cartesian {
            x: range(-0.9, -1.0, -0.8),
            y: range(-0.9, -1.0, 0.0),
            z: 0.0.into(),
        },
    );
    assert_eq!(played(&corner, "0+7+0"), alone("M+135"));
}

#[test]
fn places_in_the_room_are_panned_in_the_room() {
    let half = 0.707;
    let found = played(&at(&["RC_Lss"], room(-1.0, 0.0, 0.0)), "0+5+0");
    assert_eq!(
        found,
        [("M+030".to_owned(), half), ("M+110".to_owned(), half)]
    );
}

#[test]
fn the_edge_of_the_screen_moves_positions() {
    let mut edge = at(&["M+SC"], polar(25.0, 0.0));
    edge.screen_edge_lock.horizontal = Some(LockHorizontal::Left);
    // The default screen reaches to 29 degrees.
    let found = played(&edge, "4+7+0");
    let (label, gain) = &found[0];
    assert_eq!(label, "M+030");
    assert!(*gain > 0.99 && *gain < 1.0 && found.len() == 2, "{found:?}");
    assert_eq!(played(&edge, "4+9+0"), alone("M+SC"), "a label counts more");
}

#[test]
fn the_gain_scales_everything() {
    let mut quiet = speaker(&["M+000"]);
    quiet.gain = -0.5;
    assert_eq!(played(&quiet, "0+5+0"), [("M+000".to_owned(), -0.5)]);
    quiet.position = polar(15.0, 0.0);
    quiet.labels.clear();
    let found = played(&quiet, "0+5+0");
    assert!(found.iter().all(|(_, gain)| *gain == -0.354), "{found:?}");
}

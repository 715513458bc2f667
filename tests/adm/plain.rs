//! Plain objects, beds and sound fields.

use umbel::geometry::Position;
use umbel::scene::{Normalization, State};

use super::file::{AdmFile, block, warnings};

#[test]
fn a_still_object_is_one_block_of_one_plain_feed() {
    for metadata_first in [false, true] {
        let file = AdmFile {
            metadata_first,
            ..AdmFile::objects(&[&block(1, "", "", 30.0, "<gain>0.5</gain>")])
        };
        let mut master = file.master();
        assert_eq!(warnings(&master), [""; 0]);
        assert_eq!(master.title, "Main");
        assert_eq!(master.length.0, 48_000);
        assert_eq!(master.feeds[0].plain(), Some(0));
        let object = &mut master.objects[0];
        assert_eq!((object.name.as_str(), object.feed), ("Object 1", 0));
        let found = object.blocks.next_block().unwrap();
        assert_eq!((found.start.0, found.length), (0, None));
        let state = found.state.object().unwrap();
        assert_eq!(
            state.position,
            Position::Polar {
                azimuth: 30.0,
                elevation: 0.0,
                distance: 1.0
            }
        );
        assert!((state.gain - 0.5).abs() < 1e-15);
        assert!(object.blocks.next_block().is_none());
    }
}

#[test]
fn a_bed_of_common_definitions_needs_no_definitions() {
    let mut file = AdmFile {
        channels: 6,
        ..AdmFile::default()
    };
    file.programme("<audioObjectIDRef>AO_1001</audioObjectIDRef>");
    file.elements.push_str(
        r#"<audioObject audioObjectID="AO_1001" audioObjectName="Bed" duration="00:00:00.50000">
        <audioPackFormatIDRef>AP_00010003</audioPackFormatIDRef>"#,
    );
    for n in 1..=6 {
        file.elements
            .push_str(&format!("<audioTrackUIDRef>ATU_{n:08}</audioTrackUIDRef>"));
        // Tracks stand in reverse order of the pack's channels.
        file.row(7 - n, &format!("AT_0001000{n}_01"), "AP_00010003");
    }
    file.elements.push_str("</audioObject>");
    let mut master = file.master();
    assert_eq!(master.objects.len(), 6);
    assert_eq!(master.objects[3].name, "Bed: LowFrequencyEffects");
    assert_eq!(master.feeds[master.objects[3].feed].plain(), Some(2));
    let found = master.objects[3].blocks.next_block().unwrap();
    assert_eq!(found.length.unwrap().0, 24_000);
    let State::DirectSpeakers(speaker) = found.state else {
        panic!("{found:?}");
    };
    assert_eq!(speaker.labels, ["urn:itu:bs:2051:0:speaker:LFE"]);
    assert_eq!(speaker.low_pass, Some(120.0));
    assert_eq!(speaker.pack.as_deref(), Some("AP_00010003"));
}

#[test]
fn a_sound_field_without_axml_is_told_by_its_chna_chunk() {
    let mut file = AdmFile {
        axml: Some(Vec::new()),
        channels: 9,
        ..AdmFile::default()
    };
    for n in 1..=9 {
        file.row(n, &format!("AT_0004{n:04x}_01"), "AP_00040002");
    }
    let mut master = file.master();
    assert_eq!(master.objects.len(), 9);
    let field = master.objects[0].sound_field.clone().unwrap();
    assert_eq!(field.normalization, Normalization::Sn3d);
    for object in &mut master.objects {
        let State::Hoa(part) = object.blocks.next_block().unwrap().state else {
            panic!("no component");
        };
        let (order, degree) = part.field.components[part.component];
        let acn = (order * (order + 1)).checked_add_signed(degree).unwrap();
        assert_eq!(master.feeds[object.feed].plain(), Some(acn as usize));
    }
}

//! Broken files get one clear error, never a panic, in a moment.

use std::time::{Duration, Instant};

use umbel::Error;
use umbel::format::adm::Selection;

use super::file::{AdmFile, block};

fn plain() -> AdmFile {
    AdmFile::objects(&[&block(1, "", "", 30.0, "")])
}

fn with_blocks(blocks: &str) -> AdmFile {
    AdmFile::objects(&[blocks])
}

fn axml(text: &str) -> AdmFile {
    AdmFile {
        axml: Some(text.as_bytes().to_vec()),
        ..plain()
    }
}

fn chna(bytes: &[u8]) -> AdmFile {
    AdmFile {
        chna_bytes: Some(bytes.to_vec()),
        ..plain()
    }
}

fn moved_to_channel(track: u16) -> AdmFile {
    let mut file = plain();
    file.chna[0].0 = track;
    file
}

#[test]
fn each_fault_has_its_code() {
    let two = |first: &str, second: &str| {
        let (a, b) = first.split_once('+').unwrap();
        let (c, d) = second.split_once('+').unwrap();
        with_blocks(&(block(1, a, b, 0.0, "") + &block(2, c, d, 0.0, "")))
    };
    let billion_laughs = r#"<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;">]><a>&lol1;</a>"#;
    let own_object = "<audioTrackUIDRef>ATU_00000001</audioTrackUIDRef>";
    let cases: Vec<(&str, AdmFile, &str)> = vec![
        ("no metadata", AdmFile { axml: Some(vec![]), chna_bytes: Some(vec![]), ..plain() }, "U500"),
        ("cut XML", axml("<audioFormatExtended><audioProgramme"), "U501"),
        ("no XML", axml("RIFF of something else"), "U501"),
        ("billion laughs", axml(billion_laughs), "U502"),
        ("external entity", axml("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), "U502"),
        ("unknown entity", plain().with("Object 1", "&who;"), "U502"),
        ("depth", axml(&"<a>".repeat(10_000)), "U503"),
        ("other XML", axml("<html><body/></html>"), "U504"),
        ("no ID", plain().with(r#"audioObjectID="AO_1001""#, ""), "U507"),
        ("duplicate ID", plain().with("</audioObject>", "</audioObject><audioObject audioObjectID=\"AO_1001\"/>"), "U509"),
        ("dangling pack", plain().with("<audioPackFormatIDRef>AP_00031001", "<audioPackFormatIDRef>AP_00031009"), "U510"),
        ("dangling track", plain().with("<audioTrackUIDRef>ATU_00000001", "<audioTrackUIDRef>ATU_00000007"), "U510"),
        ("dangling object", plain().with("<audioObjectIDRef>AO_1001", "<audioObjectIDRef>AO_1002"), "U510"),
        ("no block", with_blocks(""), "U511"),
        ("NaN", with_blocks(&block(1, "", "", f64::NAN, "")), "U512"),
        ("infinite", with_blocks(&block(1, "", "", f64::INFINITY, "")), "U512"),
        ("comma", plain().with(">30<", ">30,5<"), "U512"),
        ("elevation", plain().with("\"elevation\">0<", "\"elevation\">91<"), "U512"),
        ("gain", with_blocks(&block(1, "", "", 0.0, "<gain>loud</gain>")), "U512"),
        ("gain in dB beyond all", with_blocks(&block(1, "", "", 0.0, "<gain gainUnit='dB'>1e9</gain>")), "U512"),
        ("time", two("00.0+1.0", "1:00+1.0"), "U513"),
        ("negative time", two("-1.0+1.0", "00.0+1.0"), "U513"),
        ("flag", with_blocks(&block(1, "", "", 0.0, "<screenRef>maybe</screenRef>")), "U514"),
        ("coordinate", plain().with("coordinate=\"azimuth\"", "coordinate=\"azimut\""), "U514"),
        ("gain twice", with_blocks(&block(1, "", "", 0.0, "<gain>1</gain><gain>1</gain>")), "U515"),
        ("types", plain().with("audioPackFormatName=\"Pack\" typeLabel=\"0003\"", "audioPackFormatName=\"Pack\" typeLabel=\"0001\""), "U516"),
        ("type unknown", plain().with("typeDefinition=\"Objects\"", "typeDefinition=\"Custom\""), "U516"),
        ("object loop", plain().with(own_object, &format!("{own_object}<audioObjectIDRef>AO_1001</audioObjectIDRef>")), "U517"),
        ("pack loop", plain().with("</audioPackFormat>", "<audioPackFormatIDRef>AP_00031001</audioPackFormatIDRef></audioPackFormat>"), "U517"),
        ("channel twice", plain().with("</audioPackFormat>", "<audioChannelFormatIDRef>AC_00031001</audioChannelFormatIDRef></audioPackFormat>"), "U518"),
        ("no chna", AdmFile { chna_bytes: Some(vec![]), ..plain() }, "U519"),
        ("short chna", chna(&[1, 0]), "U519"),
        ("cut chna", chna(&[1, 0, 1, 0, 1, 0, b'A']), "U519"),
        ("chna count", chna(&[1, 0, 9, 0]), "U519"),
        ("chna index 0", moved_to_channel(0), "U520"),
        ("chna index past the end", moved_to_channel(2), "U520"),
        ("coded", plain().with("formatDefinition=\"PCM\"", "formatDefinition=\"AAC\""), "U524"),
        ("no track", plain().with(own_object, ""), "U528"),
        ("no pack", plain().with("<audioObject audioObjectID=\"AO_1001\" audioObjectName=\"Object 1\">\n<audioPackFormatIDRef>AP_00031001</audioPackFormatIDRef>", "<audioObject audioObjectID=\"AO_1001\">"), "U528"),
        ("track twice", plain().with(own_object, &own_object.repeat(2)), "U528"),
        ("nothing", plain().with("<audioObjectIDRef>AO_1001</audioObjectIDRef>", ""), "U530"),
        ("half a position", plain().with("<position coordinate=\"elevation\">0</position>", ""), "U531"),
        ("Cartesian flag", with_blocks(&block(1, "", "", 0.0, "<cartesian>1</cartesian>")), "U531"),
        ("frequency", plain().with("</audioChannelFormat>", "<frequency typeDefinition=\"lowPass\">120</frequency></audioChannelFormat>"), "U535"),
        ("rtime alone", with_blocks(&block(1, "00.5", "", 0.0, "").replace(" duration=\"00:00:\"", "")), "U536"),
        ("two without times", with_blocks(&(block(1, "", "", 0.0, "") + &block(2, "", "", 0.0, ""))), "U536"),
        ("overlap", two("00.0+1.0", "00.5+1.0"), "U537"),
        ("past the object", two("00.0+0.5", "00.5+1.0").with("audioObjectName=\"Object 1\"", "duration=\"00:00:01.00000\""), "U538"),
    ];
    for (name, file, code) in cases {
        let begun = Instant::now();
        let errors = file.errors();
        assert_eq!(errors.first(), Some(&code), "{name}: {errors:?}");
        assert!(errors.len() <= 4, "{name}: one fault gave {errors:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{name}");
    }
}

#[test]
fn an_error_names_line_element_and_what_to_do() {
    let file = with_blocks(&block(1, "", "", 0.0, "\n<diffuse>x</diffuse>"));
    let Err(Error::Session { findings, .. }) = file.select(&Selection::default()) else {
        panic!("the file was taken");
    };
    let [finding] = findings.as_slice() else {
        panic!("{findings:#?}");
    };
    let before = &file.elements[..file.elements.find("<diffuse").unwrap()];
    // The XML declaration is one line more.
    let line = before.matches('\n').count() + 2;
    assert_eq!(finding.line_column, Some((line, 1)));
    assert!(
        finding.message.contains("AB_00031001_00000001"),
        "{finding:?}"
    );
    assert!(!finding.help.is_empty());
}

#[test]
fn versions_are_read() {
    for (file, edition) in [
        (plain(), 1),
        (plain().version(1), 1),
        (plain().version(2), 2),
        (plain().version(3), 3),
    ] {
        assert_eq!(file.document().edition, edition);
    }
}

//! What of a master is played: programmes, contents, complementary and nested objects, importance, alternative
//! values (ITU-R BS.2127-0, 5.2).

use umbel::format::adm::{Master, Selection};

use super::file::{AdmFile, block, errors, warnings};

/// Four objects; programme 1 has content 1 with objects 1 and 2, programme 2 contents 1 and 2, the latter with
/// objects 3 and 4.
fn two_programmes() -> AdmFile {
    let blocks: Vec<String> = (0..4)
        .map(|n| block(1, "", "", f64::from(n) * 10.0, ""))
        .collect();
    let blocks: Vec<&str> = blocks.iter().map(String::as_str).collect();
    let mut file = AdmFile::objects(&blocks).with(
        "<audioObjectIDRef>AO_1003</audioObjectIDRef><audioObjectIDRef>AO_1004</audioObjectIDRef>",
        "",
    );
    file.elements.push_str(
        r#"<audioProgramme audioProgrammeID="APR_1002" audioProgrammeName="Second">
        <audioContentIDRef>ACO_1001</audioContentIDRef><audioContentIDRef>ACO_1002</audioContentIDRef></audioProgramme>
        <audioContent audioContentID="ACO_1002" audioContentName="More">
        <audioObjectIDRef>AO_1003</audioObjectIDRef><audioObjectIDRef>AO_1004</audioObjectIDRef></audioContent>"#,
    );
    file
}

fn programme(id: &str) -> Selection {
    Selection {
        programme: Some(id.into()),
        ..Selection::default()
    }
}

fn ids(items: &[&str]) -> Vec<String> {
    items.iter().map(|id| (*id).to_owned()).collect()
}

/// The last digit of the ID of every object that is played.
fn played(master: &Master) -> String {
    let of = |object: &Option<String>| object.as_ref().and_then(|id| id.chars().last());
    master
        .origins
        .iter()
        .filter_map(|o| of(&o.object))
        .collect()
}

fn taken(file: &AdmFile, selection: &Selection) -> Master {
    file.select(selection).unwrap()
}

#[test]
fn the_programme_with_the_lowest_id_is_played_unless_another_is_asked_for() {
    let file = two_programmes();
    let master = file.master();
    assert_eq!(
        (played(&master).as_str(), master.title.as_str()),
        ("12", "Main")
    );
    assert_eq!(warnings(&master), ["U525"]);
    let master = taken(&file, &programme("APR_1002"));
    assert_eq!(
        (played(&master).as_str(), master.title.as_str()),
        ("1234", "Second")
    );
    assert_eq!(warnings(&master), [""; 0]);
    assert_eq!(errors(file.select(&programme("APR_1003"))), ["U526"]);
}

#[test]
fn contents_are_chosen_from_the_programme() {
    let file = two_programmes();
    let of = |contents: &[&str], programme: &str| Selection {
        contents: ids(contents),
        programme: Some(programme.into()),
        ..Selection::default()
    };
    assert_eq!(played(&taken(&file, &of(&["ACO_1002"], "APR_1002"))), "34");
    assert_eq!(
        played(&taken(&file, &of(&["ACO_1002", "ACO_1001"], "APR_1002"))),
        "1234"
    );
    // A content of another programme, and one that is nowhere.
    assert!(errors(file.select(&of(&["ACO_1002"], "APR_1001"))).contains(&"U526"));
    assert!(errors(file.select(&of(&["ACO_1009"], "APR_1002"))).contains(&"U526"));
}

#[test]
fn one_of_complementary_objects_is_played() {
    let list = "<audioComplementaryObjectIDRef>AO_1003</audioComplementaryObjectIDRef>\
                <audioComplementaryObjectIDRef>AO_1004</audioComplementaryObjectIDRef></audioObject>";
    // Object 2 leads objects 3 and 4.
    let leader = "<audioTrackUIDRef>ATU_00000002</audioTrackUIDRef>\n";
    let file = two_programmes().with(
        &format!("{leader}</audioObject>"),
        &format!("{leader}{list}"),
    );
    let choose = |objects: &[&str]| Selection {
        complementary: ids(objects),
        ..programme("APR_1002")
    };
    assert_eq!(played(&taken(&file, &programme("APR_1002"))), "12");
    assert_eq!(played(&taken(&file, &choose(&["AO_1003"]))), "13");
    assert_eq!(played(&taken(&file, &choose(&["AO_1004"]))), "14");
    assert_eq!(
        errors(file.select(&choose(&["AO_1003", "AO_1004"]))),
        ["U527"]
    );
    assert_eq!(errors(file.select(&choose(&["AO_1001"]))), ["U527"]);
    assert_eq!(errors(file.select(&choose(&["AO_1009"]))), ["U526"]);
}

#[test]
fn what_matters_less_than_asked_for_is_left_out() {
    let important = |n: usize, importance: u32| {
        (
            format!(r#"audioObjectName="Object {n}""#),
            format!(r#"audioObjectName="Object {n}" importance="{importance}""#),
        )
    };
    let mut file = two_programmes();
    for (n, importance) in [(1, 3), (2, 7), (3, 0)] {
        let (from, to) = important(n, importance);
        file = file.with(&from, &to);
    }
    for (threshold, expected) in [
        (0, "1234"),
        (1, "124"),
        (4, "24"),
        (7, "24"),
        (8, "4"),
        (10, "4"),
    ] {
        let selection = Selection {
            importance: Some(threshold),
            ..programme("APR_1002")
        };
        let master = taken(&file, &selection);
        // An object may be left out as a whole, or block by block.
        let mut heard = String::new();
        for (mut object, digit) in master
            .objects
            .into_iter()
            .zip(played_digits(&master.origins))
        {
            let audible = std::iter::from_fn(|| object.blocks.next_block())
                .any(|block| block.state.object().is_some_and(|state| state.gain > 0.0));
            if audible {
                heard.push(digit);
            }
        }
        assert_eq!(heard, expected, "importance {threshold}");
    }
}

fn played_digits(origins: &[umbel::format::adm::Origin]) -> Vec<char> {
    let of = |object: &Option<String>| object.as_ref().and_then(|id| id.chars().last());
    origins.iter().filter_map(|o| of(&o.object)).collect()
}

/// Object 1 with objects 2 and 3 inside, each of its own track.
fn nested() -> AdmFile {
    let blocks = [10.0, 20.0, 30.0].map(|azimuth| block(1, "", "", azimuth, "<gain>0.5</gain>"));
    let blocks: Vec<&str> = blocks.iter().map(String::as_str).collect();
    AdmFile::objects(&blocks)
        .with(
            "<audioObjectIDRef>AO_1002</audioObjectIDRef><audioObjectIDRef>AO_1003</audioObjectIDRef>",
            "",
        )
        .with(
            "<audioTrackUIDRef>ATU_00000001</audioTrackUIDRef>\n</audioObject>",
            "<audioTrackUIDRef>ATU_00000001</audioTrackUIDRef><audioObjectIDRef>AO_1002</audioObjectIDRef>\
             <audioObjectIDRef>AO_1003</audioObjectIDRef><gain>0.5</gain></audioObject>",
        )
        .version(2)
}

/// Gain of each object, and where it first is.
fn states(master: Master) -> Vec<(f64, umbel::geometry::Position)> {
    let first = |mut object: umbel::scene::Object| {
        let block = object.blocks.next_block().unwrap();
        let state = block.state.object().unwrap();
        (state.gain, state.position)
    };
    master.objects.into_iter().map(first).collect()
}

#[test]
fn gains_of_nested_objects_multiply() {
    let file = nested().with(
        "<audioTrackUIDRef>ATU_00000003</audioTrackUIDRef>",
        "<audioTrackUIDRef>ATU_00000003</audioTrackUIDRef><gain>2</gain>",
    );
    let master = file.master();
    assert_eq!(played(&master), "123");
    assert_eq!(warnings(&master), ["U543"]);
    let gains: Vec<f64> = states(master).into_iter().map(|(gain, _)| gain).collect();
    for (gain, expected) in gains.iter().zip([0.25, 0.25, 0.5]) {
        assert!((gain - expected).abs() < 1e-12, "{gains:?}");
    }
}

#[test]
fn a_chosen_alternative_value_set_replaces_an_objects_own_values() {
    let set = r#"<gain>0.5</gain>
        <alternativeValueSet alternativeValueSetID="AVS_1002_0001"><gain>0.25</gain>
        <positionOffset coordinate="azimuth">30</positionOffset></alternativeValueSet>
        <alternativeValueSet alternativeValueSetID="AVS_1002_0002"><mute>1</mute></alternativeValueSet></audioObject>"#;
    let own = "<audioTrackUIDRef>ATU_00000002</audioTrackUIDRef>\n";
    let file = two_programmes()
        .with(&format!("{own}</audioObject>"), &format!("{own}{set}"))
        .version(2);
    let choose = |file: &AdmFile, set: &str| {
        file.clone().with(
            "<audioContentIDRef>ACO_1001</audioContentIDRef></audioProgramme>",
            &format!("<audioContentIDRef>ACO_1001</audioContentIDRef><alternativeValueSetIDRef>{set}</alternativeValueSetIDRef></audioProgramme>"),
        )
    };
    let second = |file: &AdmFile| states(file.master())[1];
    let azimuth = |position| match position {
        umbel::geometry::Position::Polar { azimuth, .. } => azimuth,
        umbel::geometry::Position::Cartesian { .. } => panic!("{position:?}"),
    };
    let (gain, position) = second(&file);
    assert!((gain - 0.5).abs() < 1e-12 && (azimuth(position) - 10.0).abs() < 1e-12);
    let chosen = choose(&file, "AVS_1002_0001");
    let (gain, position) = second(&chosen);
    assert!((gain - 0.25).abs() < 1e-12, "{gain}");
    assert!((azimuth(position) - 40.0).abs() < 1e-12, "{position:?}");
    // What is mute is not played at all.
    let muted = choose(&file, "AVS_1002_0002").master();
    assert_eq!(played(&muted), "1");
    // Programme and content choose different ones.
    let both = chosen.with(
        r#"audioContentName="Content">"#,
        r#"audioContentName="Content"><alternativeValueSetIDRef>AVS_1002_0002</alternativeValueSetIDRef>"#,
    );
    assert_eq!(both.errors(), ["U544"]);
    assert_eq!(choose(&file, "AVS_1002_0009").errors(), ["U510"]);
}

//! Matrix packs come down to sums of delayed tracks (ITU-R BS.2127-0, 5.2).

use umbel::format::adm::FeedTerm;

use super::file::AdmFile;

/// Mid and side in two tracks, made left and right by a direct matrix of two channels.
fn mid_side(coefficients: [&str; 2]) -> AdmFile {
    let mut file = AdmFile::default();
    file.programme("<audioObjectIDRef>AO_1001</audioObjectIDRef>");
    file.elements.push_str(
        r#"<audioObject audioObjectID="AO_1001" audioObjectName="Mid side">
        <audioPackFormatIDRef>AP_00021001</audioPackFormatIDRef>
        <audioTrackUIDRef>ATU_00000001</audioTrackUIDRef><audioTrackUIDRef>ATU_00000002</audioTrackUIDRef></audioObject>
        <audioPackFormat audioPackFormatID="AP_00011001" audioPackFormatName="MS" typeLabel="0001" typeDefinition="DirectSpeakers">
        <audioChannelFormatIDRef>AC_00011001</audioChannelFormatIDRef><audioChannelFormatIDRef>AC_00011002</audioChannelFormatIDRef></audioPackFormat>
        <audioPackFormat audioPackFormatID="AP_00021001" audioPackFormatName="Decoder" typeLabel="0002" typeDefinition="Matrix">
        <audioChannelFormatIDRef>AC_00021001</audioChannelFormatIDRef><audioChannelFormatIDRef>AC_00021002</audioChannelFormatIDRef>
        <inputPackFormatIDRef>AP_00011001</inputPackFormatIDRef><outputPackFormatIDRef>AP_00010002</outputPackFormatIDRef></audioPackFormat>"#,
    );
    for (n, name) in [(1, "M"), (2, "S")] {
        file.elements.push_str(&format!(
            r#"<audioChannelFormat audioChannelFormatID="AC_0001100{n}" audioChannelFormatName="{name}" typeLabel="0001" typeDefinition="DirectSpeakers">
            <audioBlockFormat audioBlockFormatID="AB_0001100{n}_00000001"><speakerLabel>{name}</speakerLabel>
            <position coordinate="azimuth">0</position><position coordinate="elevation">0</position></audioBlockFormat></audioChannelFormat>"#
        ));
        file.row(n, &format!("AC_0001100{n}"), "AP_00021001");
    }
    for (n, matrix) in (1..).zip(coefficients) {
        file.elements.push_str(&format!(
            r#"<audioChannelFormat audioChannelFormatID="AC_0002100{n}" audioChannelFormatName="Out {n}" typeLabel="0002" typeDefinition="Matrix">
            <audioBlockFormat audioBlockFormatID="AB_0002100{n}_00000001">
            <outputChannelFormatIDRef>AC_0001000{n}</outputChannelFormatIDRef><matrix>{matrix}</matrix></audioBlockFormat></audioChannelFormat>"#
        ));
    }
    file.version(2)
}

fn coefficient(input: u32, attributes: &str) -> String {
    format!("<coefficient {attributes}>AC_0001100{input}</coefficient>")
}

fn term(channel: usize, gain: f64, delay_frames: u64) -> FeedTerm {
    FeedTerm {
        channel,
        gain,
        delay_frames,
    }
}

#[test]
fn a_direct_matrix_adds_up_delayed_tracks() {
    let left = coefficient(1, r#"gain="0.5""#) + &coefficient(2, r#"gain="0.5""#);
    let right = coefficient(1, r#"gain="-6" gainUnit="dB""#)
        + &coefficient(2, r#"gain="-0.5" delay="2.0""#);
    let master = mid_side([&left, &right]).master();
    assert_eq!(master.objects.len(), 2);
    let terms: Vec<&[FeedTerm]> = master
        .objects
        .iter()
        .map(|object| master.feeds[object.feed].terms.as_slice())
        .collect();
    assert_eq!(terms[0], [term(0, 0.5, 0), term(1, 0.5, 0)]);
    assert_eq!(
        terms[1],
        [term(0, 10_f64.powf(-6.0 / 20.0), 0), term(1, -0.5, 96)]
    );
}

#[test]
fn faults_of_a_matrix_are_told() {
    let good = coefficient(1, "");
    for (name, bad, code) in [
        ("not finite", coefficient(1, r#"gain="NaN""#), "U512"),
        ("before its time", coefficient(1, r#"delay="-1""#), "U512"),
        ("phase", coefficient(1, r#"phase="90""#), "U534"),
        ("nowhere", coefficient(9, ""), "U510"),
    ] {
        let errors = mid_side([&good, &bad]).errors();
        assert_eq!(errors.first(), Some(&code), "{name}: {errors:?}");
    }
}

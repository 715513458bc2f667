//! For every rule a master that breaks it.

use super::master::Master;

/// A rule, and how a good master comes to break it.
pub(crate) type Case = (&'static str, fn(Master) -> Vec<u8>);

/// A change of bytes that a closure returns.
fn set(mut bytes: Vec<u8>, at: usize, to: &[u8]) -> Vec<u8> {
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes
        .windows(what.len())
        .position(|window| window == what)
        .unwrap()
}

/// A second object block, so that what is inserted there stands in a block of an object.
const BLOCK: &str = "AB_00031002_00000002";
const JUMP: &str = "<jumpPosition";
const BED_BLOCK: &str = "AB_00011001_00000001";
const OBJECT: &str = "<audioObject audioObjectID=\"AO_100c\"";
const PACK: &str = "<audioPackFormat audioPackFormatID=\"AP_00031002\"";
const UID: &str = "UID=\"ATU_0000000c\"";

/// Inserts an element into the second block of an object.
fn in_block(master: Master, element: &str) -> Vec<u8> {
    master
        .after(BLOCK, JUMP, &format!("{element}{JUMP}"))
        .bytes()
}

/// Row `row` of chna, from 0.
fn row(row: usize) -> usize {
    4 + 40 * row
}

/// The container, chna and dbmd.
pub(crate) const BYTES: &[Case] = &[
    ("U602", |m| set(m.large().bytes(), 4, &[0; 4])),
    ("U603", |m| set(m.bytes(), 4, &[0, 1, 0, 0])),
    ("U605", |m| [m.bytes(), vec![0; 4]].concat()),
    ("U606", |m| m.and(b"a\x01bc", vec![0; 4]).bytes()),
    ("U607", |m| {
        let mut m = m.large();
        m.chunks.insert(0, (*b"JUNK", vec![0; 28]));
        m.bytes()
    }),
    ("U608", |m| {
        let mut m = m;
        m.chunks.insert(0, (*b"ds64", vec![0; 28]));
        m.bytes()
    }),
    ("U609", |m| {
        m.large().with(b"ds64", |ds64| ds64.truncate(24)).bytes()
    }),
    ("U610", |m| set(m.large().bytes(), 44, &[5])),
    ("U611", |m| set(m.large().bytes(), 20, &[1])),
    ("U612", |m| {
        let bytes = m.large().bytes();
        let at = find(&bytes, b"dbmd") + 4;
        set(bytes, at, &[0xff; 4])
    }),
    ("U613", |m| {
        let mut m = m.large();
        let size = m.chunk(b"data").len() as u32;
        let bytes = m.bytes();
        let at = find(&bytes, b"data") + 4;
        set(set(bytes, at, &size.to_le_bytes()), 28, &[1])
    }),
    ("U614", |m| set(m.large().bytes(), 36, &[1])),
    ("U615", |m| m.without(b"JUNK").bytes()),
    ("U616", |m| {
        let bytes = m.bytes();
        let at = find(&bytes, b"dbmd") + 5;
        set(bytes, at, &[0xff])
    }),
    ("U617", |m| {
        let axml = m.clone().chunk(b"axml").clone();
        m.and(b"axml", axml).bytes()
    }),
    ("U618", |m| {
        let bytes = m.and(b"note", vec![1, 2, 3]).bytes();
        let last = bytes.len() - 1;
        set(bytes, last, &[7])
    }),
    ("U619", |m| {
        m.with(b"fmt ", |format| format.truncate(14)).bytes()
    }),
    ("U620", |m| m.with(b"fmt ", |format| format[0] = 6).bytes()),
    ("U621", |m| {
        m.with(b"fmt ", |format| format[12] += 1).bytes()
    }),
    ("U622", |m| {
        let mut m = m;
        m.chunks.swap(1, 2);
        m.bytes()
    }),
    ("U623", |m| m.with(b"data", Vec::clear).bytes()),
    ("U624", |m| m.with(b"data", |data| data.push(0)).bytes()),
    ("U625", |m| m.and(b"bext", vec![0; 100]).bytes()),
    ("U626", |m| {
        m.with(b"fmt ", |format| format[14] = 20).bytes()
    }),
    ("U628", |m| m.without(b"chna").bytes()),
    ("U629", |m| {
        m.with(b"chna", |chna| chna.extend([0; 3])).bytes()
    }),
    ("U630", |m| m.with(b"chna", |chna| chna[2] = 99).bytes()),
    ("U630", |m| m.with(b"chna", |chna| chna[2] = 3).bytes()),
    ("U631", |m| {
        m.with(b"chna", |chna| chna[row(1) + 5] = 0xe9).bytes()
    }),
    ("U632", |m| {
        m.with(b"chna", |chna| chna[row(1) + 39] = 1).bytes()
    }),
    ("U633", |m| {
        m.with(b"chna", |chna| chna[row(0) + 13] = b'0').bytes()
    }),
    ("U634", |m| {
        m.with(b"chna", |chna| chna[row(0) + 15] = b'X').bytes()
    }),
    ("U635", |m| {
        m.with(b"chna", |chna| chna[row(0) + 30] = b'-').bytes()
    }),
    ("U636", |m| {
        m.with(b"chna", |chna| chna[row(1) + 13] = b'1').bytes()
    }),
    ("U637", |m| m.with(b"chna", |chna| chna[row(0)] = 0).bytes()),
    ("U638", |m| m.with(b"chna", |chna| chna[0] = 11).bytes()),
    ("U639", |m| {
        let channels = |format: &mut Vec<u8>| format[2] = 6;
        m.with(b"fmt ", channels).bytes()
    }),
    ("U640", |m| {
        m.with(b"axml", |axml| axml.truncate(axml.len() - 30))
            .bytes()
    }),
    ("U640", |m| {
        m.with(b"axml", |axml| axml.extend(b"<more/>")).bytes()
    }),
    ("U640", |m| m.without(b"axml").bytes()),
    ("U663", |m| {
        m.with(b"fmt ", |format| {
            format[4..8].copy_from_slice(&44_100_u32.to_le_bytes())
        })
        .bytes()
    }),
    ("U663", |m| {
        m.with(b"fmt ", |format| {
            format[4..8].copy_from_slice(&96_000_u32.to_le_bytes())
        })
        .bytes()
    }),
    ("U664", |m| {
        m.with(b"fmt ", |format| format[14] = 16).bytes()
    }),
    ("U665", |m| {
        m.with(b"fmt ", |format| format[2] = 130).bytes()
    }),
    ("U691", |m| {
        m.with(b"chna", |chna| chna[row(11)] = 2).bytes()
    }),
    ("U733", |m| {
        m.with(b"chna", |chna| {
            chna[row(0)] = 2;
            chna[row(1)] = 1;
        })
        .bytes()
    }),
    ("U734", |m| m.without(b"dbmd").bytes()),
    ("U734", |m| m.with(b"dbmd", |dbmd| dbmd.truncate(4)).bytes()),
    ("U735", |m| m.with(b"dbmd", |dbmd| dbmd[0] = 8).bytes()),
    ("U735", |m| m.with(b"dbmd", |dbmd| dbmd[3] = 2).bytes()),
    ("U736", |m| m.with(b"dbmd", |dbmd| dbmd.push(1)).bytes()),
    ("U736", |m| {
        m.with(b"dbmd", |dbmd| {
            while dbmd.last() == Some(&0) {
                dbmd.pop();
            }
        })
        .bytes()
    }),
    ("U737", |m| m.with(b"dbmd", |dbmd| dbmd[6] = 0xff).bytes()),
    ("U738", |m| m.with(b"dbmd", |dbmd| dbmd[20] ^= 1).bytes()),
    ("U739", |m| {
        m.segments(|segments| segment(segments, 9).push(0)).bytes()
    }),
    ("U739", |m| {
        m.segments(|segments| segments.push((7, vec![0; 95])))
            .bytes()
    }),
    ("U740", |m| {
        m.segments(|segments| {
            let again = segment(segments, 9).clone();
            segments.push((9, again));
        })
        .bytes()
    }),
    ("U740", |m| {
        m.segments(|segments| segments.retain(|(id, _)| *id != 9))
            .bytes()
    }),
    ("U741", |m| {
        m.segments(|segments| segment(segments, 9)[111] &= 0xf0)
            .bytes()
    }),
    ("U742", |m| {
        m.segments(|segments| segment(segments, 9)[152] |= 7)
            .bytes()
    }),
    ("U743", |m| {
        m.segments(|segments| segment(segments, 10)[0] = 0).bytes()
    }),
    ("U743", |m| {
        m.segments(|segments| segment(segments, 10).push(0)).bytes()
    }),
    ("U744", |m| {
        m.segments(|segments| {
            let elements = segment(segments, 10);
            elements[4] = 11;
            elements.truncate(elements.len() - 2);
        })
        .bytes()
    }),
    ("U745", |m| {
        m.segments(|segments| *segment(segments, 10).last_mut().unwrap() |= 7)
            .bytes()
    }),
    ("U745", |m| {
        m.segments(|segments| modes(segments, 0)).bytes()
    }),
    ("U745", |m| {
        m.segments(|segments| modes(segments, 4)).bytes()
    }),
];

fn segment(segments: &mut [(u8, Vec<u8>)], id: u8) -> &mut Vec<u8> {
    &mut segments
        .iter_mut()
        .find(|(known, _)| *known == id)
        .unwrap()
        .1
}

/// Gives all twelve channels one binaural mode.
fn modes(segments: &mut [(u8, Vec<u8>)], mode: u8) {
    let elements = segment(segments, 10);
    let first = elements.len() - 12;
    elements[first..]
        .iter_mut()
        .for_each(|byte| *byte = *byte & 0xf8 | mode);
}

/// The XML: each of these is found at a line.
pub(crate) const XML: &[Case] = &[
    ("U641", |m| {
        m.x(
            "</audioFormatExtended>",
            "</audioFormatExtended><audioFormatExtended/>",
        )
        .bytes()
    }),
    ("U642", |m| {
        m.x("<audioFormatExtended>", "<audioFormatExtended><house/>")
            .bytes()
    }),
    ("U643", |m| m.every("ACO_1002", "ACO_10X2").bytes()),
    ("U643", |m| {
        m.x("AB_00031001_00000001", "AB_00031001_1").bytes()
    }),
    ("U643", |m| {
        m.x(" audioPackFormatID=\"AP_00031002\"", "").bytes()
    }),
    ("U644", |m| {
        m.x(
            "audioPackFormatID=\"AP_00031002\"",
            "audioPackFormatID=\"AP_00031001\"",
        )
        .bytes()
    }),
    ("U644", |m| {
        m.x("AB_00031002_00000003", "AB_00031002_00000002").bytes()
    }),
    ("U645", |m| {
        m.every("<audioContent ", "<audioKontent ")
            .every("</audioContent>", "</audioKontent>")
            .bytes()
    }),
    ("U646", |m| {
        m.after(OBJECT, "AP_00031002", "AP_00039999").bytes()
    }),
    ("U646", |m| {
        m.after(OBJECT, "AP_00031002", "AP_00010003").bytes()
    }),
    ("U646", |m| {
        m.x("<audioObjectIDRef>AO_100c", "<audioObjectIDRef>AO_10ff")
            .bytes()
    }),
    ("U647", |m| {
        m.x(
            "<audioObject ",
            "<audioContent audioContentID=\"ACO_1003\"/><audioObject ",
        )
        .bytes()
    }),
    ("U648", |m| m.after(PACK, "\"Objects\"", "\"HOA\"").bytes()),
    ("U648", |m| {
        m.after(PACK, " typeLabel=\"0003\" typeDefinition=\"Objects\"", "")
            .bytes()
    }),
    ("U649", |m| m.after(PACK, "\"0003\"", "\"0001\"").bytes()),
    ("U650", |m| {
        m.after(
            PACK,
            "\"0003\" typeDefinition=\"Objects\"",
            "\"0001\" typeDefinition=\"DirectSpeakers\"",
        )
        .bytes()
    }),
    ("U651", |m| {
        m.moved(
            "<audioBlockFormat audioBlockFormatID=\"AB_00031001_",
            "</audioBlockFormat>",
            "",
        )
        .bytes()
    }),
    ("U652", |m| m.x("AB_00031001_", "AB_00031009_").bytes()),
    ("U653", |m| {
        m.x("rtime=\"00:00:00.00006\"", "rtime=\"00:00:00.000\"")
            .bytes()
    }),
    ("U653", |m| {
        m.x("end=\"00:00:00.50000\"", "end=\"0.5\"").bytes()
    }),
    ("U654", |m| {
        m.after(BLOCK, " duration=\"00:00:00.00533\"", "").bytes()
    }),
    ("U655", |m| m.x(UID, "UID=\"ATU_0000000d\"").bytes()),
    ("U656", |m| {
        m.after(UID, "AT_00031002_01", "AT_00031001_01").bytes()
    }),
    ("U657", |m| {
        m.after(UID, "AP_00031002", "AP_00031001").bytes()
    }),
    ("U658", |m| m.after(UID, "48000", "44100").bytes()),
    ("U659", |m| m.after(UID, "\"24\"", "\"16\"").bytes()),
    ("U660", |m| {
        m.x(
            "<audioChannelFormatIDRef>AC_0001100a</audioChannelFormatIDRef>",
            "",
        )
        .bytes()
    }),
    ("U661", |m| {
        m.after(UID, "AP_00031002", "AP_00031001").bytes()
    }),
    ("U662", |m| {
        m.after("AS_00031002", "AC_00031002", "AC_00031001").bytes()
    }),
    ("U668", |m| {
        m.x(
            "<audioContent ",
            "<audioProgramme audioProgrammeID=\"APR_1002\"/><audioContent ",
        )
        .bytes()
    }),
    ("U669", |m| m.x("APR_1001", "APR_1002").bytes()),
    ("U670", |m| m.x("Atmos_Master", "Main").bytes()),
    ("U671", |m| m.x(" end=\"00:00:00.50000\"", "").bytes()),
    ("U672", |m| {
        m.x("end=\"00:00:00.50000\"", "end=\"00:00:00.50003\"")
            .bytes()
    }),
    ("U673", |m| {
        m.x("Atmos_Master\"", "Atmos_Master\" maxDuckingDepth=\"-10\"")
            .bytes()
    }),
    ("U673", |m| {
        m.x(
            "</audioProgramme>",
            "<audioProgrammeLabel>x</audioProgrammeLabel></audioProgramme>",
        )
        .bytes()
    }),
    ("U674", |m| {
        m.x("<audioContentIDRef>ACO_1002</audioContentIDRef>", "")
            .bytes()
    }),
    ("U675", |m| m.every("ACO_1002", "ACO_1003").bytes()),
    ("U676", |m| {
        m.x("\"0\">2</dialogue>", "\"0\">1</dialogue>").bytes()
    }),
    ("U676", |m| {
        m.x("<dialogue mixedContentKind=\"0\">2</dialogue>", "")
            .bytes()
    }),
    ("U677", |m| {
        m.x("<audioObjectIDRef>AO_1001</audioObjectIDRef>", "")
            .bytes()
    }),
    ("U678", |m| {
        m.x(
            "AO_1001</audioObjectIDRef>",
            "AO_1001</audioObjectIDRef><audioObjectIDRef>AO_100b</audioObjectIDRef>",
        )
        .bytes()
    }),
    ("U679", |m| {
        m.x("</audioContent>", "<loudnessMetadata/></audioContent>")
            .bytes()
    }),
    ("U680", |m| {
        m.after(
            OBJECT,
            "<audioTrackUIDRef>",
            "<audioPackFormatIDRef>AP_00031001</audioPackFormatIDRef><audioTrackUIDRef>",
        )
        .bytes()
    }),
    ("U681", |m| {
        m.after(
            PACK,
            "\"0003\" typeDefinition=\"Objects\"",
            "\"0004\" typeDefinition=\"HOA\"",
        )
        .bytes()
    }),
    ("U682", |m| m.every("AO_100c", "AO_1081").bytes()),
    ("U683", |m| {
        m.after(
            OBJECT,
            "<audioTrackUIDRef>",
            "<audioTrackUIDRef>ATU_0000000b</audioTrackUIDRef><audioTrackUIDRef>",
        )
        .bytes()
    }),
    ("U684", |m| m.every("AO_1001", "AO_1000").bytes()),
    ("U685", |m| {
        m.x(
            "<audioTrackUIDRef>",
            "<audioTrackUIDRef>ATU_0000000b</audioTrackUIDRef><audioTrackUIDRef>",
        )
        .bytes()
    }),
    ("U686", |m| m.every("AO_100b", "AO_100a").bytes()),
    ("U687", |m| {
        m.after(
            OBJECT,
            "start=\"00:00:00.00000\"",
            "start=\"00:00:00.00001\"",
        )
        .bytes()
    }),
    ("U688", |m| {
        m.after(
            OBJECT,
            "duration=\"00:00:00.50000\"",
            "duration=\"00:00:00.49998\"",
        )
        .bytes()
    }),
    ("U689", |m| {
        m.x(OBJECT, &format!("{OBJECT} importance=\"5\"")).bytes()
    }),
    ("U689", |m| {
        m.x(OBJECT, &format!("{OBJECT} interact=\"1\"")).bytes()
    }),
    ("U690", |m| {
        m.after(OBJECT, "</audioObject>", "<gain>1.0</gain></audioObject>")
            .bytes()
    }),
    ("U691", |m| {
        m.x("<audioTrackUIDRef>ATU_00000001</audioTrackUIDRef>", "")
            .after(
                "ATU_00000002",
                "</audioTrackUIDRef>",
                "</audioTrackUIDRef><audioTrackUIDRef>ATU_00000001</audioTrackUIDRef>",
            )
            .bytes()
    }),
    ("U692", |m| {
        let object = |n: u32| {
            format!(
                "<audioObject audioObjectID=\"AO_{n:04x}\"><audioPackFormatIDRef>AP_00031001</audioPackFormatIDRef></audioObject>"
            )
        };
        let many: String = (0x2000..0x2075).map(object).collect();
        m.x("<audioPackFormat ", &format!("{many}<audioPackFormat "))
            .bytes()
    }),
    ("U693", |m| {
        m.moved("<audioObject ", "</audioObject>", "<audioPackFormat ")
            .bytes()
    }),
    ("U694", |m| m.every("AP_00031002", "AP_00030002").bytes()),
    ("U695", |m| {
        m.after(
            PACK,
            "<audioChannelFormatIDRef>",
            "<absoluteDistance>1</absoluteDistance><audioChannelFormatIDRef>",
        )
        .bytes()
    }),
    ("U696", |m| {
        m.after(PACK, "<audioChannelFormatIDRef>", "<audioChannelFormatIDRef>AC_00031001</audioChannelFormatIDRef><audioChannelFormatIDRef>").bytes()
    }),
    ("U697", |m| m.x("RC_Lss", "RC_Lrs").bytes()),
    ("U697", |m| {
        m.x(
            "AC_00011001</audioChannelFormatIDRef>",
            "AC_00011002</audioChannelFormatIDRef>",
        )
        .bytes()
    }),
    ("U698", |m| {
        m.after(
            "RoomCentricLFE",
            "</audioChannelFormat>",
            "<frequency typeDefinition=\"lowPass\">120</frequency></audioChannelFormat>",
        )
        .bytes()
    }),
    ("U699", |m| {
        m.x(
            "\"AB_00011001_00000001\"",
            "\"AB_00011001_00000001\" rtime=\"00:00:00.00000\" duration=\"00:00:00.50000\"",
        )
        .bytes()
    }),
    ("U700", |m| m.x("RC_L<", "M+030<").bytes()),
    ("U701", |m| m.x("\"RoomCentricLeft\"", "\"Left\"").bytes()),
    ("U702", |m| {
        m.after(BED_BLOCK, "<cartesian>1", "<cartesian>0").bytes()
    }),
    ("U703", |m| {
        m.after(BED_BLOCK, "-1.0000000000", "-0.9000000000").bytes()
    }),
    ("U703", |m| m.after(BED_BLOCK, "\"Z\"", "\"Y\"").bytes()),
    ("U704", |m| {
        m.after(BED_BLOCK, "<cartesian>", "<width>0</width><cartesian>")
            .bytes()
    }),
    ("U705", |m| {
        m.x("AB_00031002_00000003", "AB_00031002_00000009").bytes()
    }),
    ("U706", |m| {
        m.x(" rtime=\"00:00:00.00006\" duration=\"00:00:00.00533\"", "")
            .bytes()
    }),
    ("U707", |m| {
        m.after(
            "AB_00031002_00000001",
            "rtime=\"00:00:00.00000\"",
            "rtime=\"00:00:00.00001\"",
        )
        .bytes()
    }),
    // A gap of 20 microseconds, and an overlap.
    ("U708", |m| {
        m.x("rtime=\"00:00:00.00539\"", "rtime=\"00:00:00.00541\"")
            .bytes()
    }),
    ("U708", |m| {
        m.x("rtime=\"00:00:00.00539\"", "rtime=\"00:00:00.00500\"")
            .bytes()
    }),
    ("U709", |m| {
        m.after(
            BLOCK,
            "duration=\"00:00:00.00533\"",
            "duration=\"00:00:00.00000\"",
        )
        .bytes()
    }),
    ("U710", |m| {
        m.x("duration=\"00:00:00.48394\"", "duration=\"00:00:00.48392\"")
            .bytes()
    }),
    ("U711", |m| {
        m.x("\"00:00:00.00539\"", "\"00:00:00.005390\"").bytes()
    }),
    ("U711", |m| {
        m.x("\"00:00:00.00539\"", "\"00:00:00.00259S48000\"")
            .bytes()
    }),
    ("U711", |m| {
        m.after(
            OBJECT,
            "start=\"00:00:00.00000\"",
            "start=\"00:00:00.000000\"",
        )
        .bytes()
    }),
    ("U712", |m| {
        in_block(m, "<objectDivergence>0</objectDivergence>")
    }),
    ("U712", |m| {
        in_block(
            m,
            "<jumpPosition interpolationLength=\"0.005208\">1</jumpPosition>",
        )
    }),
    ("U713", |m| {
        m.after(BLOCK, "<cartesian>1</cartesian>", "").bytes()
    }),
    ("U714", |m| {
        m.after(BLOCK, "coordinate=\"X\"", "coordinate=\"azimuth\"")
            .bytes()
    }),
    ("U714", |m| {
        in_block(m, "<position coordinate=\"X\">0</position>")
    }),
    ("U715", |m| m.x("-0.4666666667", "-1.0000001000").bytes()),
    ("U715", |m| {
        m.after(
            BLOCK,
            "coordinate=\"X\"",
            "coordinate=\"X\" screenEdgeLock=\"left\"",
        )
        .bytes()
    }),
    ("U716", |m| {
        m.after(BLOCK, "\"0.005208\">1<", "\"0.005208\">0<").bytes()
    }),
    ("U717", |m| m.x("0.005208", "0.005210").bytes()),
    ("U717", |m| {
        m.after("AB_00031002_00000001", "\"0.000000\"", "\"0.005208\"")
            .bytes()
    }),
    ("U718", |m| m.x("<width>0.3", "<width>0.4").bytes()),
    ("U718", |m| m.x("<height>0.3</height>", "").bytes()),
    ("U719", |m| in_block(m, "<diffuse>0.5</diffuse>")),
    ("U720", |m| {
        in_block(m, "<channelLock maxDistance=\"0.5\">1</channelLock>")
    }),
    ("U721", |m| in_block(m, "<gain>-1.0</gain>")),
    ("U721", |m| in_block(m, "<gain gainUnit=\"dB\">0</gain>")),
    ("U722", |m| in_block(m, "<gain>0.5</gain>")),
    ("U723", |m| in_block(m, "<importance>0</importance>")),
    ("U723", |m| in_block(m, "<importance>11</importance>")),
    ("U724", |m| in_block(m, &zone("ZM1", 1.0))),
    ("U724", |m| in_block(m, &zone("ZM9", -0.41934))),
    ("U725", |m| in_block(m, "<zoneExclusion></zoneExclusion>")),
    ("U725", |m| in_block(m, &zone("ZB", 1.0))),
    ("U726", |m| {
        m.after(
            "AS_00031002",
            "<audioPackFormatIDRef>AP_00031002</audioPackFormatIDRef>",
            "",
        )
        .bytes()
    }),
    ("U727", |m| {
        m.after(
            "AS_00031002",
            "formatLabel=\"0001\"",
            "formatLabel=\"0002\"",
        )
        .bytes()
    }),
    ("U728", |m| {
        m.after("AS_00031002", "AC_00031002", "AC_00031001").bytes()
    }),
    ("U729", |m| {
        m.every("AT_00031002_01", "AT_00031002_02").bytes()
    }),
    ("U730", |m| {
        m.every("ATU_0000000c", "ATU_0000000d")
            .with(b"chna", |chna| chna[row(11) + 13] = b'd')
            .bytes()
    }),
    ("U731", |m| m.after(UID, " bitDepth=\"24\"", "").bytes()),
    ("U732", |m| {
        m.after(
            UID,
            "<audioPackFormatIDRef>",
            "<audioPackFormatIDRef>AP_00031002</audioPackFormatIDRef><audioPackFormatIDRef>",
        )
        .bytes()
    }),
    ("U746", |m| {
        m.moved("<audioContent ", "</audioContent>", "<audioPackFormat ")
            .bytes()
    }),
];

/// A zone of the floor, or the whole height below it, whose greatest Y is `max_y`.
fn zone(name: &str, max_y: f64) -> String {
    let (min_z, max_z) = if name == "ZB" {
        (-1.0, -0.4995)
    } else {
        (-0.499, 0.499)
    };
    format!(
        "<zoneExclusion><zone minX=\"-1\" maxX=\"1\" minY=\"-1\" maxY=\"{max_y}\" minZ=\"{min_z}\" maxZ=\"{max_z}\">\
         {name}</zone></zoneExclusion>"
    )
}

/// Faults of the whole file that have no line.
pub(crate) const COUNTS: &[Case] = &[
    ("U666", |m| {
        m.x("<ebuCoreMain ", "<coreMain ")
            .x("</ebuCoreMain>", "</coreMain>")
            .bytes()
    }),
    ("U667", |m| {
        let many: String = (0..130)
            .map(|n| format!("<audioContent audioContentID=\"ACO_{:04x}\"/>", 0x1003 + n))
            .collect();
        m.x("<audioObject ", &format!("{many}<audioObject "))
            .bytes()
    }),
];

/// Faults of a master of the emission profile.
pub(crate) const EMISSION: &[Case] = &[
    ("U747", |m| {
        m.x("profileLevel=\"1\"", "profileLevel=\"3\"").bytes()
    }),
    ("U748", |m| m.x(" version=\"ITU-R_BS.2076-3\"", "").bytes()),
    ("U749", |m| {
        let many: String = (0..20)
            .map(|n| format!("<audioContent audioContentID=\"ACO_{:04x}\"/>", 0x1100 + n))
            .collect();
        m.x("<audioObject ", &format!("{many}<audioObject "))
            .bytes()
    }),
    ("U750", |m| {
        let stream = "<audioStreamFormat audioStreamFormatID=\"AS_00031001\"/>";
        m.x("<audioTrackUID ", &format!("{stream}<audioTrackUID "))
            .bytes()
    }),
    ("U751", |m| {
        m.x(
            "typeLabel=\"0003\" typeDefinition=\"Objects\"",
            "typeLabel=\"0004\" typeDefinition=\"HOA\"",
        )
        .bytes()
    }),
    ("U752", |m| m.moved("<dialogue", "</dialogue>", "").bytes()),
    ("U753", |m| {
        m.x("</audioFormatExtended>", "<tagList/></audioFormatExtended>")
            .bytes()
    }),
    ("U754", |m| {
        m.x("</audioObject>", "<headLocked>1</headLocked></audioObject>")
            .bytes()
    }),
    ("U754", |m| {
        m.x(
            "</audioBlockFormat>",
            "<objectDivergence>0.5</objectDivergence></audioBlockFormat>",
        )
        .bytes()
    }),
    ("U755", |m| {
        m.x(
            "<audioProgramme ",
            "<audioProgramme start=\"00:00:00.00000\" ",
        )
        .bytes()
    }),
    ("U756", |m| {
        let pack = "<audioPackFormat audioPackFormatID=\"AP_00031fff\" typeLabel=\"0003\">\
                    <audioChannelFormatIDRef>AC_00031001</audioChannelFormatIDRef></audioPackFormat>";
        m.x(
            "<audioChannelFormat ",
            &format!("{pack}<audioChannelFormat "),
        )
        .bytes()
    }),
];

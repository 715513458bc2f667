use super::*;

fn read(names: &[&str]) -> Vec<NameReading> {
    read_names(names)
}

fn role_of(name: &str) -> String {
    read(&[name])[0]
        .role
        .map_or("unknown".to_owned(), |role| role.id.clone())
}

/// A folder, and the role each of its names has in that company.
fn assert_folder(folder: &[(&str, &str)]) {
    let names: Vec<&str> = folder.iter().map(|(name, _)| *name).collect();
    for (reading, (name, role)) in read(&names).iter().zip(folder) {
        let found = reading.role.map_or("unknown", |role| role.id.as_str());
        assert_eq!(found, *role, "{name} among {names:?}: {}", reading.reason);
    }
}

#[test]
fn the_rules_own_examples() {
    let one = |name: &str| read(&[name]).remove(0);
    let kick = one("01 - BD 124bpm Am.wav");
    assert_eq!((kick.bpm, kick.key.as_deref()), (Some(124.0), Some("Am")));
    assert_eq!(kick.role.unwrap().id, "kick");
    assert_eq!(
        one("SnareClap_124_Am.flac").role.unwrap().title,
        "Snare/Clap"
    );
    let vocals = one("Vocals_92.5_Fsharpm.wav");
    assert_eq!(
        (vocals.bpm, vocals.key.as_deref()),
        (Some(92.5), Some("F#m"))
    );
    assert_eq!(one("Bass_8A.wav").key.as_deref(), Some("8A"));
    assert_eq!(one("A.wav").key, None);
    assert_eq!(one("808_Bass.wav").bpm, None);
    assert_eq!(one("Synth_80_Am.wav").bpm, Some(80.0));
    let unnamed = one("Audio_01.wav");
    assert!(unnamed.role.is_none() && unnamed.confidence == Confidence::None);
    assert!(unnamed.reason.contains("default"), "{}", unnamed.reason);
}

#[test]
fn a_number_at_the_end_is_a_tempo_only_if_the_folder_says_so() {
    let tempi = |names: &[&str]| {
        let tempo_and_name = |reading: NameReading| (reading.bpm, reading.name);
        read(names)
            .into_iter()
            .map(tempo_and_name)
            .collect::<Vec<_>>()
    };
    let alone = tempi(&["Juno Pad 106.wav"]);
    assert_eq!(alone, [(None, "Juno Pad 106".to_owned())]);
    assert_eq!(tempi(&["Synth_80.wav"]), [(None, "Synth 80".to_owned())]);
    // Among others, which say their tempo, none, or the same.
    let among = tempi(&[
        "Kick_124_Am.wav",
        "Juno Pad 106.wav",
        "Hat 124.wav",
        "Oberheim 12.wav",
    ]);
    let expected = [Some(124.0), None, Some(124.0), None];
    assert_eq!(
        among.iter().map(|(bpm, _)| *bpm).collect::<Vec<_>>(),
        expected
    );
    assert_eq!((&*among[1].1, &*among[2].1), ("Juno Pad 106", "Hat"));
    let most = tempi(&["Kick 124.wav", "Snare 124.wav", "Juno Pad 106.wav"]);
    let expected = [Some(124.0), Some(124.0), None];
    assert_eq!(
        most.iter().map(|(bpm, _)| *bpm).collect::<Vec<_>>(),
        expected
    );
    assert!(tempi(&["Kick 90.wav", "Pad.wav", "Vox.wav"])[0].0.is_none());
}

#[test]
fn a_number_before_a_key_is_the_tempo() {
    for (file, name) in [
        ("Drum Loop_124_Am.wav", "Drum Loop"),
        ("Synth Stem_124_Am.wav", "Synth"),
        ("Juno_124_Am.wav", "Juno"),
        ("Moog Sub_124_Am.wav", "Moog Sub"),
        ("124_Am_Kick.wav", "Kick"),
        ("01_Kick_124_Am.wav", "Kick"),
    ] {
        let reading = read(&[file]).remove(0);
        assert_eq!(
            (reading.bpm, reading.key.as_deref()),
            (Some(124.0), Some("Am")),
            "{file}"
        );
        assert_eq!(reading.name, name, "{file}");
    }
    let clarinet = read(&["44 Bb Clarinet.wav"]).remove(0);
    assert_eq!((clarinet.bpm, clarinet.key), (None, None));
    // Numbers of microphones, two of them the same, are none.
    for names in [
        &[
            "Kick 52.wav",
            "Snare Top 57.wav",
            "Gtr 121.wav",
            "Lead Vox 67.wav",
        ][..],
        &[
            "Kick.wav",
            "Snare Top 57.wav",
            "Gtr 57.wav",
            "Lead Vox.wav",
            "Bass.wav",
        ],
    ] {
        assert!(read(names).iter().all(|reading| reading.bpm.is_none()));
    }
}

#[test]
fn guides_are_told_as_guides() {
    for name in [
        "Guide Vox.wav",
        "guide vocal.wav",
        "Gtr Guide.wav",
        "Scratch Vocal.wav",
    ] {
        let reading = read(&[name]).remove(0);
        assert!(reading.role.unwrap().is_stem(), "{name}");
        let told = reading.doubts.iter().any(|doubt| doubt.contains("a guide"));
        assert!(told, "{name}: {:?}", reading.doubts);
    }
    for name in ["click.wav", "Guide.wav", "Ref Mix.wav", "guide click.wav"] {
        let reading = read(&[name]).remove(0);
        assert!(!reading.role.unwrap().is_stem(), "{name}");
        assert_eq!(reading.doubts.len(), 1, "{name}: {:?}", reading.doubts);
    }
    for name in ["Lead Vox.wav", "DJ Scratch.wav"] {
        assert!(
            read(&[name])[0]
                .doubts
                .iter()
                .all(|doubt| !doubt.contains("guide")),
            "{name}"
        );
    }
}

#[test]
fn the_song_before_and_after_the_sound_is_removed() {
    assert_folder(&[
        ("Drum Machine Love - 01 Kick.wav", "kick"),
        ("Drum Machine Love - 02 Lead.wav", "lead-synth"),
        ("Drum Machine Love - 03 Vox.wav", "lead-vocal"),
        ("Drum Machine Love - 04 Pad.wav", "pad-synth"),
    ]);
    let read = read(&[
        "Kick (Neon Tide).wav",
        "Vox (Neon Tide).wav",
        "Pad (Neon Tide).wav",
    ]);
    let names: Vec<&str> = read.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["Kick", "Vox", "Pad"]);
}

#[test]
fn a_shared_word_that_says_the_sound_stays() {
    assert_folder(&[
        ("Vox Lead.wav", "lead-vocal"),
        ("Vox BV1.wav", "backing-vocals"),
        ("Vox Double.wav", "vocal-doubles"),
    ]);
    assert_folder(&[
        ("Synth Lead.wav", "lead-synth"),
        ("Synth Pad.wav", "pad-synth"),
        ("Synth Bass.wav", "mid-bass"),
    ]);
}

#[test]
fn words_of_two_meanings_are_decided_by_the_folder() {
    assert_folder(&[
        ("CH.wav", "hi-hats"),
        ("OH.wav", "hi-hats"),
        ("Kick.wav", "kick"),
    ]);
    assert_folder(&[
        ("Kick In.wav", "kick"),
        ("Snare Top.wav", "snare"),
        ("OH.wav", "overheads"),
    ]);
    assert_folder(&[
        ("Soprano.wav", "choir"),
        ("Alto.wav", "choir"),
        ("Tenor.wav", "choir"),
        ("Bass.wav", "choir"),
    ]);
}

#[test]
fn a_subfolder_helps_where_the_name_says_too_little() {
    assert_folder(&[
        ("Vox/Lead.wav", "lead-vocal"),
        ("Drums/Loop 1.wav", "drums"),
        ("Guitars/01.wav", "guitar"),
        ("Synths/Bass.wav", "mid-bass"),
        ("Drums/Kick.wav", "kick"),
    ]);
}

#[test]
fn sides_are_read_at_the_ends_only() {
    let side = |name: &str| read(&[name])[0].side;
    for name in [
        "OH_L.wav",
        "Gtr1L.wav",
        "OHL.wav",
        "Keys Left.wav",
        "Kick.01.L.wav",
        "Gtr L_02.wav",
    ] {
        assert_eq!(side(name), Some(Side::Left), "{name}");
    }
    assert_eq!(side("OverheadR.wav"), Some(Side::Right));
    for name in [
        "L.wav",
        "Kick.wav",
        "R and B Keys Loop.wav",
        "Leftfield.wav",
    ] {
        assert!(side(name).is_none() || name.starts_with("R "), "{name}");
    }
}

#[test]
fn a_misspelling_is_read_and_flagged() {
    let reading = &read(&["Tamborrine.wav"])[0];
    assert_eq!(reading.role.unwrap().id, "percussion");
    assert_eq!(reading.confidence, Confidence::Low);
    assert!(!reading.doubts.is_empty());
}

#[test]
fn a_return_belongs_to_what_it_reverberates() {
    let group = |name: &str| read(&[name])[0].group.clone();
    assert_eq!(group("Vox Verb.wav").as_deref(), Some("vocals"));
    assert_eq!(group("Kick Reverb.wav").as_deref(), Some("drums"));
    assert_eq!(group("Reverb.wav"), None);
    for name in ["Synth Dly.wav", "Pluck Verb.wav", "Saw Delay.wav"] {
        assert_eq!(role_of(name), "return", "{name}");
        assert_eq!(group(name).as_deref(), Some("synths"), "{name}");
    }
    // It may be a lead synth's as well as a lead voice's.
    assert_eq!(group("Lead Verb.wav"), None);
    assert_eq!(role_of("Rev.wav"), "return");
    assert_eq!(role_of("Vox Rev.wav"), "return");
    assert_eq!(role_of("Crash Rev.wav"), "fx");
    assert_eq!(role_of("Rev Cymbal.wav"), "fx");
}

#[test]
fn a_word_of_another_trade_is_read_by_what_stands_beside_it() {
    for (name, role) in [
        ("808 Slides.wav", "sub-bass"),
        ("808 Slide Bass.wav", "sub-bass"),
        ("Bass Slides.wav", "mid-bass"),
        ("Slide Gtr.wav", "guitar"),
        ("Bass Slide Guitar.wav", "guitar"),
        ("OB-X.wav", "synth"),
        ("OB-Xa Brass.wav", "brass"),
        ("OB-6.wav", "synth"),
        ("Ob 1.wav", "woodwinds"),
        ("Oboe 6.wav", "woodwinds"),
        ("Boom Mic.wav", "dialogue"),
        ("Boom.wav", "fx"),
    ] {
        assert_eq!(role_of(name), role, "{name}");
    }
}

#[test]
fn names_for_display_keep_the_sound_only() {
    let name = |file: &str| read(&[file])[0].name.clone();
    assert_eq!(name("SubBass_124_Am.flac"), "Sub Bass");
    assert_eq!(name("01_KickIn.wav"), "Kick In");
    assert_eq!(name("LeadVocal_124_Am.wav"), "Lead Vocal");
    assert_eq!(name("B3.wav"), "B3");
    assert_eq!(name("lead vox (bounce) FINAL.wav"), "Lead Vox");
    assert_eq!(name("Audio 01.wav"), "Audio 01");
    assert_eq!(name("A.wav"), "A");
    assert_eq!(name("....wav"), "...");
}

#[test]
fn a_mix_is_only_what_is_called_nothing_else() {
    assert_eq!(role_of("Kick mix 3.wav"), "kick");
    assert_eq!(role_of("Song Mix.wav"), "not-a-stem");
    assert_eq!(role_of("Drum Master.wav"), "drums");
}

#[test]
fn each_phrase_of_the_table_is_found_when_it_is_the_whole_name() {
    // What a phrase says alone may be refined further by its own words.
    for (words, role) in vocabulary::Vocabulary::get().all_phrases() {
        let name = words.join(" ");
        let found = role_of(&format!("{name}.wav"));
        let group = |id: &str| Role::find(id).map(|role| role.group.clone());
        assert!(
            found == role.id || group(&found) == Some(role.group.clone()),
            "\"{name}\" is {found}, not {}",
            role.id
        );
    }
}

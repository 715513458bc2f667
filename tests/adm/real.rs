//! Masters that other programs made. They are not part of the project: the tests run where
//! `UMBEL_ADM_SAMPLES` names a folder that has them.

use std::path::PathBuf;

use umbel::format::adm::{self, Selection};

use super::file::warnings;

fn sample(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("UMBEL_ADM_SAMPLES")?;
    let path = PathBuf::from(folder).join(name);
    path.exists().then_some(path)
}

#[test]
#[ignore = "needs the folder UMBEL_ADM_SAMPLES"]
fn a_pro_tools_master_is_a_bed_and_four_objects() {
    let path = sample("protools/Test_ADM_ProTools.wav").expect("the sample is there");
    let mut master = adm::read(&path)
        .unwrap()
        .master(&Selection::default())
        .unwrap();
    assert_eq!(warnings(&master), ["U540"], "{:#?}", master.findings);
    assert_eq!((master.objects.len(), master.feeds.len()), (14, 14));
    let counts: Vec<usize> = master
        .objects
        .iter_mut()
        .map(|object| std::iter::from_fn(|| object.blocks.next_block()).count())
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 374);
}

#[test]
#[ignore = "needs the folder UMBEL_ADM_SAMPLES"]
fn dolby_conversion_tool_masters_are_two_objects() {
    for name in ["dolby/sample_adm_file_0.wav", "dolby/sample_adm_file_3.wav"] {
        let path = sample(name).expect("the sample is there");
        let master = adm::read(&path)
            .unwrap()
            .master(&Selection::default())
            .unwrap();
        assert_eq!(warnings(&master), [""; 0], "{:#?}", master.findings);
        assert_eq!(master.objects.len(), 2);
    }
}

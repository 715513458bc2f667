//! The built-in layouts: `layouts/*.toml`, embedded in the program.

use std::path::Path;
use std::sync::OnceLock;

use super::Layout;
use super::read::read_with;
use super::rules::Strictness;

/// Name and text of one built-in file.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../layouts/", $name, ".toml")))),*]
    };
}

/// Every file of `layouts/`, in the order they are listed to users. A new layout is one file and one
/// word here.
const FILES: [(&str, &str); 31] = files![
    "0+1+0",
    "0+2+0",
    "0+4+0",
    "0+5+0",
    "0+7+0",
    "2+3+0",
    "2+5+0",
    "2+7+0",
    "3+7+0",
    "4+5+0",
    "4+5+1",
    "4+7+0",
    "4+9+0",
    "6+9+0",
    "9+10+3",
    "dolby-5.1.2",
    "dolby-5.1.4",
    "dolby-7.1.2",
    "dolby-7.1.4",
    "dolby-7.1.6",
    "dolby-9.1.2",
    "dolby-9.1.4",
    "dolby-9.1.6",
    "auro-9.1",
    "auro-10.1",
    "auro-11.1",
    "auro-13.1",
    "cube-8",
    "ring8-front",
    "ring8-pairs",
    "dome-19",
];

/// All built-in layouts.
pub fn library() -> &'static [Layout] {
    static LAYOUTS: OnceLock<Vec<Layout>> = OnceLock::new();
    LAYOUTS.get_or_init(|| {
        FILES
            .iter()
            .filter_map(|(name, text)| {
                let path = format!("layouts/{name}.toml");
                // A file that does not read is caught by the tests, which count what comes out here.
                read_with(text, Path::new(&path), Strictness::BuiltIn).layout
            })
            .collect()
    })
}

/// The text of the built-in layout called `name` (its canonical name), to start one's own from.
pub fn library_text(name: &str) -> Option<&'static str> {
    FILES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_file_reads_without_a_finding() {
        for (name, text) in FILES {
            let path = format!("layouts/{name}.toml");
            let reading = read_with(text, Path::new(&path), Strictness::BuiltIn);
            assert!(reading.findings.is_empty(), "{:#?}", reading.findings);
            let layout = reading.layout.expect("no finding, so a layout");
            assert_eq!(layout.name, name, "file name and name differ");
            assert!(!layout.source.is_empty(), "{name} has no source");
        }
    }

    #[test]
    fn every_file_in_the_folder_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/layouts");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .expect("layouts/ is part of the crate")
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
            .collect();
        found.sort();
        let mut listed: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        assert_eq!(found, listed);
    }
}

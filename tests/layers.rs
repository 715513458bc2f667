//! Modules use only those before them in the order of the architecture.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The order of the modules, lowest first.
const ORDER: &[&str] = &[
    "units", "error", "audio", "geometry", "dsp", "layout", "effect", "measure", "scene", "panner",
    "mix", "render", "engine", "format", "session", "offline", "check", "report", "live", "view",
    "cli",
];

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|m| *m == module)
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The text without comments and without what follows `#[cfg(test)]` (tests close each file).
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines()
        .map(|line| line.split("//").next().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The top-level modules named by `crate::NAME` and `crate::{A, B::c}`.
fn used_modules(code: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            used.insert(rest.chars().take_while(|c| is_name(*c)).collect());
            continue;
        };
        let mut depth = 0;
        let mut name = String::new();
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 && is_name(c) {
                name.push(c);
            } else if depth == 0 && (c == ',' || c == ':') {
                used.insert(std::mem::take(&mut name));
            }
        }
        used.insert(name);
    }
    used
}

#[test]
fn every_module_uses_only_those_before_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut edges = 0;
    let mut faults = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let first = inside
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = first.trim_end_matches(".rs");
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let own = rank(module).unwrap_or_else(|| panic!("module `{module}` is not in the list"));
        for used in used_modules(&code(&fs::read_to_string(&file).unwrap())) {
            // Names that are no modules are the crate's re-exports of `error`.
            if let Some(other) = rank(&used) {
                edges += usize::from(other != own);
                if other > own {
                    faults.push(format!("{}: `{module}` uses `{used}`", inside.display()));
                }
            }
        }
    }
    assert!(
        edges > 20,
        "only {edges} uses found: the reading of the sources is broken"
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_reading_of_sources_sees_every_form_of_use() {
    let text = "use crate::{mix::Mixer, units::{Frames, Gain}, Error};\nfn f(x: crate::scene::Object) {} // crate::cli";
    let used = used_modules(&code(text));
    let names: Vec<&str> = used
        .iter()
        .map(String::as_str)
        .filter(|n| rank(n).is_some())
        .collect();
    assert_eq!(names, ["mix", "scene", "units"]);
}

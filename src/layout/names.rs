//! From a name to a layout: canonical names, aliases, and names that several layouts share.
//!
//! A name that one layout has means that layout. A name that several have ("5.1.2") is refused with
//! the choices and what differs, unless [`PREFERRED`] says which is meant and why.

use super::{Layout, library};
use crate::{Error, Result};

/// Shared names with a stated choice.
///
/// - 5.1.4, 7.1.4: the ITU layouts, tops at elevation 30 (BS.2051 D and J allow 30 to 55). Dolby's
///   nominal 45 is `dolby-5.1.4` and `dolby-7.1.4`; Auro's 9.1 has BS.2051 D's directions.
/// - 9.1.4, 9.1.6: the trade uses these for 7.1 with Dolby's wides at ±60. BS.2051 G has screen
///   speakers at ±15 in their place, IAMF's 9.1.6 tops at elevation 30 and another order.
const PREFERRED: [(&str, &str); 4] = [
    ("5.1.4", "4+5+0"),
    ("7.1.4", "4+7+0"),
    ("9.1.4", "dolby-9.1.4"),
    ("9.1.6", "dolby-9.1.6"),
];

/// The built-in layout called `name`: its canonical name ("4+7+0") or another ("7.1.4", "stereo"), in
/// any case, blanks and hyphens alike.
///
/// # Errors
/// [`Error::Layout`] if no layout has the name (with the names most like it) or if several have it
/// (with what differs between them).
///
/// ```
/// assert_eq!(umbel::layout::find("7.1.4").map(|l| l.name).ok().as_deref(), Some("4+7+0"));
/// assert!(umbel::layout::find("5.1.2").is_err());
/// ```
pub fn find(name: &str) -> Result<Layout> {
    let wanted = key(name);
    if let Some(layout) = library().iter().find(|layout| key(&layout.name) == wanted) {
        return Ok(layout.clone());
    }
    let candidates: Vec<&Layout> = library()
        .iter()
        .filter(|layout| layout.aliases.iter().any(|alias| key(alias) == wanted))
        .collect();
    match candidates.as_slice() {
        [] => Err(Error::layout(name, "", unknown(&wanted))),
        [layout] => Ok((*layout).clone()),
        several => {
            let preferred = PREFERRED.iter().find(|(shared, _)| *shared == wanted);
            several
                .iter()
                .find(|layout| preferred.is_some_and(|(_, choice)| *choice == layout.name))
                .map(|layout| (*layout).clone())
                .ok_or_else(|| Error::layout(name, "", choices(several)))
        }
    }
}

/// The other names that lead to this layout: its aliases without those shared and meaning another
/// layout, or none.
pub fn names_of(layout: &Layout) -> Vec<&str> {
    layout
        .aliases
        .iter()
        .map(String::as_str)
        .filter(|alias| find(alias).is_ok_and(|found| found.name == layout.name))
        .collect()
}

/// The aliases that do not lead to this layout because other layouts have them too.
pub fn shared_names_of(layout: &Layout) -> Vec<&str> {
    let own = names_of(layout);
    let aliases = layout.aliases.iter().map(String::as_str);
    aliases.filter(|alias| !own.contains(alias)).collect()
}

/// Names are compared in lower case with blanks and underscores as hyphens.
fn key(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '_'], "-")
}

fn unknown(wanted: &str) -> String {
    let mut likely: Vec<(f64, &str)> = library()
        .iter()
        .flat_map(|layout| {
            std::iter::once(&layout.name).chain(layout.aliases.iter().filter(|a| a.len() < 12))
        })
        .map(|name| {
            (
                strsim::normalized_damerau_levenshtein(wanted, &key(name)),
                name.as_str(),
            )
        })
        .filter(|(alike, _)| *alike >= 0.6)
        .collect();
    likely.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    likely.dedup_by_key(|(_, name)| *name);
    likely.truncate(3);
    let list = "run `umbel layout list` for all, or give the path of a layout file";
    if likely.is_empty() {
        return format!("no such layout; {list}");
    }
    let names: Vec<String> = likely
        .iter()
        .map(|(_, name)| format!("\"{name}\""))
        .collect();
    format!(
        "no such layout; did you mean {}? {list}",
        names.join(" or ")
    )
}

/// "2+5+0 (U+030 at 30/30) or dolby-5.1.2 (U+090 at 90/45)": what only that layout has.
fn choices(several: &[&Layout]) -> String {
    let described: Vec<String> = several
        .iter()
        .map(|layout| {
            let others = || several.iter().filter(|other| other.name != layout.name);
            let own: Vec<String> = layout
                .speakers
                .iter()
                .filter(|speaker| !speaker.lfe)
                .filter(|speaker| {
                    others().any(|other| {
                        !other
                            .speakers
                            .iter()
                            .any(|s| (s.direction() - speaker.direction()).norm() < 1e-3)
                    })
                })
                .map(|speaker| {
                    let (azimuth, elevation, _) = speaker.polar();
                    format!("{} at az {azimuth} el {elevation}", speaker.label)
                })
                .collect();
            let more = if own.len() > 4 { ", …" } else { "" };
            let shown = own.len().min(4);
            let what = if own.is_empty() {
                format!("{} channels", layout.channels())
            } else {
                format!("{}{more}", own[..shown].join(", "))
            };
            format!("{} ({what})", layout.name)
        })
        .collect();
    format!(
        "several layouts have this name; choose {}",
        described.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_layouts_in_any_spelling() {
        for (name, wanted) in [
            ("4+7+0", "4+7+0"),
            ("7.1.4", "4+7+0"),
            ("5.1.4", "4+5+0"),
            (" Stereo ", "0+2+0"),
            ("2.0", "0+2+0"),
            ("5.1", "0+5+0"),
            ("7.1", "0+7+0"),
            ("22.2", "9+10+3"),
            ("3.1.2", "2+3+0"),
            ("mono", "0+1+0"),
            ("9.1.6", "dolby-9.1.6"),
            ("9.1.4", "dolby-9.1.4"),
            ("DOLBY-7.1.4", "dolby-7.1.4"),
            ("auro 13.1", "auro-13.1"),
            ("Cube", "cube-8"),
        ] {
            assert_eq!(find(name).unwrap().name, wanted, "{name}");
        }
    }

    #[test]
    fn shared_names_are_refused_with_the_choices() {
        for (name, choices) in [
            (
                "5.1.2",
                [
                    "2+5+0 (U+030 at az 30 el 30",
                    "dolby-5.1.2 (U+090 at az 90 el 45",
                ],
            ),
            (
                "7.1.2",
                [
                    "2+7+0 (U+045 at az 45 el 30",
                    "dolby-7.1.2 (U+090 at az 90 el 45",
                ],
            ),
            ("8.0", ["ring8-front", "ring8-pairs"]),
            ("11.1", ["4+7+0", "auro-11.1"]),
            ("13.1", ["4+9+0", "auro-13.1"]),
        ] {
            let message = find(name).unwrap_err().to_string();
            for choice in choices {
                assert!(message.contains(choice), "{name}: {message}");
            }
        }
    }

    #[test]
    fn every_alias_finds_its_layout_or_is_shared() {
        for layout in library() {
            for alias in &layout.aliases {
                let owners = library()
                    .iter()
                    .filter(|l| l.aliases.iter().any(|a| key(a) == key(alias)))
                    .count();
                match find(alias) {
                    Ok(found) if owners == 1 => assert_eq!(found.name, layout.name, "{alias}"),
                    Ok(_) => assert!(PREFERRED.iter().any(|(name, _)| name == alias), "{alias}"),
                    Err(_) => assert!(owners > 1, "{alias} finds nothing"),
                }
            }
        }
        for (name, choice) in PREFERRED {
            assert_eq!(find(name).unwrap().name, choice);
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_likely_ones() {
        let message = find("7.1.5").unwrap_err().to_string();
        assert!(message.contains("\"7.1.4\""), "{message}");
        assert!(message.contains("umbel layout list"), "{message}");
        let message = find("no such thing at all").unwrap_err().to_string();
        assert!(!message.contains("did you mean"), "{message}");
    }
}

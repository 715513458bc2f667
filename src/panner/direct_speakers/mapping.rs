//! The mapping of common packs: where a channel made for one system of BS.2051 plays on another.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `mapping.toml`.
#[derive(Deserialize)]
struct Table {
    packs: BTreeMap<String, String>,
    rules: BTreeMap<String, Vec<Rule>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Loudspeakers and their shares of the power.
    to: BTreeMap<String, String>,
    /// The systems it is for; none: any.
    from: Option<Vec<String>>,
    /// Further loudspeakers that must be there.
    #[serde(default)]
    needs: Vec<String>,
}

/// Channels with their gains.
type Feeds = Vec<(usize, f64)>;

/// The mapping onto one layout, with every rule decided.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    /// Ids of common packs and the system of each.
    packs: Vec<(String, String)>,
    /// System, label, and where it plays.
    routes: Vec<(String, String, Feeds)>,
}

impl Mapping {
    /// The mapping onto a layout with the channels `labels`; only that of the channels that `applies` to.
    pub(super) fn new(labels: &[&str], applies: impl Fn(&str) -> bool) -> Self {
        // The file is part of the program; a test reads it.
        let table: Table = toml::from_str(include_str!("mapping.toml")).unwrap_or(Table {
            packs: BTreeMap::new(),
            rules: BTreeMap::new(),
        });
        let mut systems: Vec<&String> = table.packs.values().collect();
        systems.sort_unstable();
        systems.dedup();
        let mut routes = Vec::new();
        for (label, rules) in both_sides(&table.rules) {
            for &system in systems.iter().filter(|_| applies(&label)) {
                let holds = rules.iter().find_map(|rule| rule.feeds(system, labels));
                routes.extend(holds.map(|feeds| (system.clone(), label.clone(), feeds)));
            }
        }
        Self {
            packs: table.packs.into_iter().collect(),
            routes,
        }
    }

    /// Where the channel with the BS.2051 label `label` of the pack `pack` plays, if the mapping says it.
    pub(super) fn route(&self, pack: &str, label: &str) -> Option<&[(usize, f64)]> {
        // Ids are hexadecimal, in either case.
        let known = |(id, _): &&(String, String)| id.eq_ignore_ascii_case(pack);
        let (_, system) = self.packs.iter().find(known)?;
        let route = |(of, from, _): &&(String, String, Feeds)| of == system && from == label;
        let (.., feeds) = self.routes.iter().find(route)?;
        Some(feeds)
    }
}

impl Rule {
    /// Where a channel of a pack for `system` plays on a layout with the channels `labels`; `None` if the
    /// rule does not hold.
    fn feeds(&self, system: &String, labels: &[&str]) -> Option<Feeds> {
        let channel = |label: &String| labels.iter().position(|other| other == label);
        let meant = self.from.as_ref().is_none_or(|from| from.contains(system));
        let complete = self.needs.iter().all(|label| channel(label).is_some());
        let to = self.to.iter();
        let feeds = to.map(|(label, share)| Some((channel(label)?, fraction(share)?.sqrt())));
        feeds.collect::<Option<_>>().filter(|_| meant && complete)
    }

    fn mirrored(&self) -> Self {
        let to = self.to.iter();
        Self {
            to: to.map(|(l, share)| (opposite(l), share.clone())).collect(),
            from: self.from.clone(),
            needs: self.needs.clone(),
        }
    }
}

/// The rules and their mirror images.
fn both_sides(rules: &BTreeMap<String, Vec<Rule>>) -> BTreeMap<String, Vec<Rule>> {
    let mut all = rules.clone();
    for (label, rules) in rules {
        let mirror = || rules.iter().map(Rule::mirrored).collect();
        all.entry(opposite(label)).or_insert_with(mirror);
    }
    all
}

/// The label on the other side.
fn opposite(label: &str) -> String {
    let in_the_middle = label.ends_with("000") || label.ends_with("180");
    match label.replace('+', "-") {
        _ if in_the_middle => label.to_owned(),
        right if right != label => right,
        _ => label.replace('-', "+"),
    }
}

/// "2/3" or "1".
fn fraction(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    let (above, below): (f64, f64) = (above.parse().ok()?, below.parse().ok()?);
    (above > 0.0 && below > 0.0).then_some(above / below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout;

    fn table() -> Table {
        toml::from_str(include_str!("mapping.toml")).unwrap()
    }

    /// Where `label` of a pack plays on a built-in layout, in the order of labels.
    fn played(pack: &str, label: &str, layout: &str) -> Option<Vec<(String, f64)>> {
        let layout = layout::find(layout).unwrap();
        let labels: Vec<_> = layout.speakers.iter().map(|s| s.label.as_str()).collect();
        let mapping = Mapping::new(&labels, |_| true);
        let mut feeds: Vec<_> = mapping
            .route(pack, label)?
            .iter()
            .map(|&(channel, gain)| (labels[channel].to_owned(), gain * gain))
            .collect();
        feeds.sort_by(|a, b| a.0.cmp(&b.0));
        Some(feeds)
    }

    #[test]
    fn shares_are_numbers_and_no_rule_is_louder_than_one_loudspeaker() {
        for (label, rules) in table().rules {
            for rule in rules {
                let power: f64 = rule.to.values().map(|share| fraction(share).unwrap()).sum();
                assert!(power < 1.0 + 1e-12 && power > 0.49, "{label}: {power}");
                assert!(
                    rule.from.iter().flatten().all(|s| layout::find(s).is_ok()),
                    "{label}"
                );
            }
        }
    }

    #[test]
    fn every_channel_of_every_pack_has_a_place_in_stereo_but_lfes_and_those_of_the_screen() {
        for (pack, system) in table().packs {
            for speaker in &layout::find(&system).unwrap().speakers {
                // Left and right have their label there.
                if ["M+030", "M-030"].contains(&speaker.label.as_str()) {
                    continue;
                }
                let without = speaker.lfe || speaker.label.ends_with("SC");
                let place = played(&pack, &speaker.label, "0+2+0");
                assert_eq!(place.is_none(), without, "{pack} {}", speaker.label);
            }
        }
    }

    #[test]
    fn rules_hold_in_order_and_for_their_systems() {
        let third = 1.0 / 3.0;
        /// Layout, pack, label, and the loudspeakers with their gains.
        type Case<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, f64)]);
        let cases: [Case<'_>; 12] = [
            ("AP_00010003", "M+110", "4+7+0", &[("M+135", 1.0)]),
            ("AP_00010003", "M-110", "0+2+0", &[("M-030", 0.5)]),
            (
                "AP_0001000f",
                "M-090",
                "0+5+0",
                &[("M-030", 0.5), ("M-110", 0.5)],
            ),
            (
                "AP_00010009",
                "M+090",
                "0+5+0",
                &[("M+030", third), ("M+110", 2.0 * third)],
            ),
            (
                "AP_00010009",
                "U-135",
                "3+7+0",
                &[("U-045", third), ("UH+180", 2.0 * third)],
            ),
            (
                "AP_00010017",
                "U+135",
                "3+7+0",
                &[("U+045", 0.5), ("UH+180", 0.5)],
            ),
            (
                "ap_0001000F",
                "M+180",
                "4+5+0",
                &[("M+110", 0.5), ("M-110", 0.5)],
            ),
            ("AP_00010009", "LFE2", "3+7+0", &[("LFE2", 1.0)]),
            ("AP_00010009", "LFE2", "4+7+0", &[("LFE1", 0.5)]),
            ("AP_00010003", "LFE1", "9+10+3", &[("LFE1", 1.0)]),
            ("AP_00010009", "B-045", "4+5+1", &[("M-030", 1.0)]),
            (
                "AP_00010009",
                "T+000",
                "4+5+0",
                &[
                    ("U+030", 0.25),
                    ("U+110", 0.25),
                    ("U-030", 0.25),
                    ("U-110", 0.25),
                ],
            ),
        ];
        for (pack, label, layout, expected) in cases {
            let found = played(pack, label, layout).unwrap();
            assert_eq!(
                found.len(),
                expected.len(),
                "{label} on {layout}: {found:?}"
            );
            for ((label, power), (expected_label, expected)) in found.iter().zip(expected) {
                assert_eq!(label, expected_label, "{pack} on {layout}");
                assert!(
                    (power - expected).abs() < 1e-15,
                    "{pack} {label} on {layout}"
                );
            }
        }
        for (pack, label, layout) in [
            ("AP_00011001", "M+030", "0+5+0"),
            ("AP_00010009", "X+000", "0+5+0"),
            ("AP_00010003", "LFE2", "0+5+0"),
            ("AP_00010003", "LFE1", "0+2+0"),
        ] {
            assert_eq!(
                played(pack, label, layout),
                None,
                "{pack} {label} on {layout}"
            );
        }
    }
}

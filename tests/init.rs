//! `umbel init` reads the names of stems, guesses the rest from the sound, says why, and never overwrites.

use std::collections::BTreeMap;

use umbel::session::names::{Confidence, read_names};

/// Ordinary names with the role a person would give them; `tests/data/README.md` says where they are from.
#[test]
fn ordinary_track_names_are_read_right() {
    let table = include_str!("data/track_names.tsv");
    let rows: Vec<[&str; 3]> = table
        .lines()
        .filter(|row| !row.starts_with('#'))
        .map(|row| {
            row.split('\t')
                .collect::<Vec<_>>()
                .try_into()
                .expect("three columns")
        })
        .collect();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (set, folder) in folders(&rows) {
        let names: Vec<&str> = folder.iter().map(|row| row[1]).collect();
        for (reading, [_, file, expected]) in read_names(&names).iter().zip(&folder) {
            let found = reading.role.map_or("unknown", |role| role.id.as_str());
            let flagged = reading.confidence <= Confidence::Low || !reading.doubts.is_empty();
            let must_flag = matches!(*expected, "unknown" | "not-a-stem");
            let right = found == *expected && (flagged || !must_flag);
            let count = counts.entry(set).or_default();
            count.0 += usize::from(right);
            count.1 += 1;
            if !right {
                wrong.push(format!(
                    "{set}: {file}: {found}, not {expected} ({})",
                    reading.reason
                ));
            }
        }
    }
    let (right, all) = counts
        .values()
        .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    println!("{counts:?}\n{}", wrong.join("\n"));
    assert!(all >= 300, "{all} names");
    assert!(
        100 * right >= 97 * all,
        "{right} of {all} names are right; wrong:\n{}",
        wrong.join("\n")
    );
}

/// Rows of one set with a name after a colon are a folder and are read together; others stand alone.
fn folders<'a>(rows: &[[&'a str; 3]]) -> Vec<(&'a str, Vec<[&'a str; 3]>)> {
    let mut folders: Vec<(&str, &str, Vec<[&str; 3]>)> = Vec::new();
    for row in rows {
        match (row[0].split_once(':'), folders.last_mut()) {
            (Some(_), Some((whole, _, members))) if *whole == row[0] => members.push(*row),
            (Some((set, _)), _) => folders.push((row[0], set, vec![*row])),
            (None, _) => folders.push((row[0], row[0], vec![*row])),
        }
    }
    folders
        .into_iter()
        .map(|(_, set, members)| (set, members))
        .collect()
}

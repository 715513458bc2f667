//! Elements of a master by name, ID or number.

use super::super::model::{Element, Table};
use super::Which;

/// Indices of the elements that `which` names.
pub(super) fn find<T: Element>(table: &Table<T>, which: &Which) -> Result<Vec<usize>, String> {
    let own = || (0..table.len()).filter(|&index| !table[index].head().is_common);
    let kind = T::KIND;
    match which {
        Which::All if own().next().is_none() => Err(format!("the master has no {kind}")),
        Which::All => Ok(own().collect()),
        Which::Number(number) => {
            let count = own().count();
            let found = number.checked_sub(1).and_then(|n| own().nth(n));
            found.map(|index| vec![index]).ok_or_else(|| {
                format!(
                    "the master has {count} {kind}s, counted from 1; a name of digits is written in quotes"
                )
            })
        }
        Which::Named(name) => {
            if let Some(index) = table.find(name) {
                return Ok(vec![index]);
            }
            let is_it =
                |index: &usize| table[*index].head().name.to_lowercase() == name.to_lowercase();
            let found: Vec<usize> = own().filter(is_it).collect();
            match found.as_slice() {
                [_] => Ok(found),
                [] => {
                    let near = own()
                        .map(|index| &table[index].head().name)
                        .map(|known| {
                            (
                                strsim::jaro_winkler(&known.to_lowercase(), &name.to_lowercase()),
                                known,
                            )
                        })
                        .filter(|(likeness, _)| *likeness > 0.8)
                        .max_by(|a, b| a.0.total_cmp(&b.0));
                    let hint = near.map_or_else(
                        || format!("it has {}", listed(own().map(|index| &table[index]))),
                        |(_, known)| format!("did you mean \"{known}\"?"),
                    );
                    Err(format!("the master has no {kind} \"{name}\"; {hint}"))
                }
                several => Err(format!(
                    "{} {kind}s are called \"{name}\": say {}, or * for all objects",
                    several.len(),
                    several
                        .iter()
                        .map(|&index| table[index].head().id.as_str())
                        .collect::<Vec<_>>()
                        .join(" or ")
                )),
            }
        }
    }
}

/// IDs and names of elements, not too many.
pub(super) fn listed<'a, T: Element + 'a>(elements: impl Iterator<Item = &'a T>) -> String {
    const MOST: usize = 12;
    let all: Vec<String> = elements
        .map(|element| format!("{} \"{}\"", element.head().id, element.head().name))
        .collect();
    let mut text = all[..all.len().min(MOST)].join(", ");
    if all.len() > MOST {
        text.push_str(&format!(" and {} more", all.len() - MOST));
    }
    text
}

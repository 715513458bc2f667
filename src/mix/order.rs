//! In which order what depends on each other is worked on.

/// Sorts the nodes `0..count` into levels: every node stands in a later level than all it depends on, and as
/// early as it can. Within a level they are in order of number.
///
/// # Errors
/// The nodes of a loop, each depending on the next and the last on the first, if there is one.
pub fn levels(
    count: usize,
    depends_on: impl Fn(usize) -> Vec<usize>,
) -> Result<Vec<Vec<usize>>, Vec<usize>> {
    let needs: Vec<Vec<usize>> = (0..count).map(depends_on).collect();
    let mut level_of: Vec<Option<usize>> = vec![None; count];
    let mut levels: Vec<Vec<usize>> = Vec::new();
    let mut left = count;
    while left > 0 {
        let ready: Vec<usize> = (0..count)
            .filter(|&node| level_of[node].is_none())
            .filter(|&node| needs[node].iter().all(|&other| level_of[other].is_some()))
            .collect();
        if ready.is_empty() {
            return Err(a_loop(&needs, &level_of));
        }
        for &node in &ready {
            level_of[node] = Some(levels.len());
        }
        left -= ready.len();
        levels.push(ready);
    }
    Ok(levels)
}

/// A loop among the nodes that have no level: from any of them, what it waits for leads into one.
fn a_loop(needs: &[Vec<usize>], level_of: &[Option<usize>]) -> Vec<usize> {
    let stuck = |node: &usize| level_of[*node].is_none();
    let Some(mut node) = (0..needs.len()).find(|node| stuck(node)) else {
        return Vec::new();
    };
    let mut path: Vec<usize> = Vec::new();
    loop {
        if let Some(start) = path.iter().position(|&seen| seen == node) {
            return path.split_off(start);
        }
        path.push(node);
        match needs[node].iter().copied().find(stuck) {
            Some(next) => node = next,
            None => return path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_comes_first() {
        let needs = [vec![2], vec![0, 2], vec![], vec![1, 0], vec![]];
        let levels = levels(5, |node| needs[node].clone()).unwrap();
        assert_eq!(levels, [vec![2, 4], vec![0], vec![1], vec![3]]);
    }

    #[test]
    fn a_loop_is_named_without_what_leads_to_it() {
        let needs = [vec![1], vec![2], vec![3], vec![1], vec![]];
        let mut found = levels(5, |node| needs[node].clone()).unwrap_err();
        found.sort_unstable();
        assert_eq!(found, [1, 2, 3]);
        assert_eq!(levels(1, |_| vec![0]).unwrap_err(), [0]);
    }
}

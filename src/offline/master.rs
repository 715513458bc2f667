//! From an ADM master to a programme.

use std::collections::HashMap;

use super::Programme;
use crate::format::adm::Master;
use crate::mix::{Desk, MatrixFeed, MatrixTerm};
use crate::session::Input;

impl From<Master> for Programme {
    /// Channels that are played as they stand go straight to their feeds. Those that are only parts of
    /// sums get rows of their own behind the feeds, which no object plays.
    fn from(master: Master) -> Self {
        let mut row_of: HashMap<usize, usize> = HashMap::new();
        for (feed, content) in master.feeds.iter().enumerate() {
            if let Some(channel) = content.plain() {
                row_of.insert(channel, feed);
            }
        }
        let mut rows = master.feeds.len();
        let mut matrix = Vec::new();
        for (feed, content) in master.feeds.iter().enumerate() {
            if content.plain().is_some() {
                continue;
            }
            let mut terms = Vec::new();
            for term in &content.terms {
                let row = *row_of.entry(term.channel).or_insert_with(|| {
                    rows += 1;
                    rows - 1
                });
                terms.push(MatrixTerm {
                    feed: row,
                    gain: term.gain,
                    delay_frames: usize::try_from(term.delay_frames).unwrap_or(usize::MAX),
                });
            }
            matrix.push(MatrixFeed { feed, terms });
        }
        let mut read: Vec<(usize, usize)> = row_of.into_iter().collect();
        read.sort_unstable();
        let (channels, feeds) = read.into_iter().unzip();
        Self {
            inputs: vec![Input {
                stem: master.title.clone(),
                path: master.path,
                track: None,
                channels,
                feeds,
            }],
            files: Vec::new(),
            title: master.title,
            sample_rate: master.sample_rate,
            length: master.length,
            matrix,
            desk: Desk::default(),
            objects: master.objects,
            feed_count: rows,
        }
    }
}

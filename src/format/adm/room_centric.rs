//! The loudspeaker labels of Dolby's master profile in terms of ITU-R BS.2051.

use std::collections::HashMap;
use std::sync::LazyLock;

static LABELS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let text = include_str!("../../../adm/room_centric_labels.toml");
    toml::from_str(text).expect("the built-in labels are valid")
});

/// The labels, with the ITU label of a room-centric one before it.
pub(super) fn with_itu_labels(labels: &[String]) -> Vec<String> {
    let mut known = Vec::with_capacity(labels.len());
    for label in labels {
        known.extend(LABELS.get(label).cloned());
        known.push(label.clone());
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_centric_labels_get_their_itu_label_first() {
        let labels = ["RC_Lss".to_owned(), "M+110".to_owned()];
        assert_eq!(with_itu_labels(&labels), ["M+090", "RC_Lss", "M+110"]);
        assert_eq!(LABELS.len(), 12);
    }
}

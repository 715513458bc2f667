//! How much the second-level cache of the processor holds.

use std::sync::OnceLock;

/// Bytes of the second-level cache if the system does not tell.
const USUAL: usize = 512 * 1024;

/// Bytes of the second-level cache that the first processor has, as Linux tells it; elsewhere [`USUAL`].
pub(super) fn second_level_bytes() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| {
        let text = std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index2/size");
        text.ok().as_deref().and_then(bytes).unwrap_or(USUAL)
    })
}

/// A size as Linux writes it: "512K".
fn bytes(text: &str) -> Option<usize> {
    let kibibytes: usize = text.trim().strip_suffix('K')?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_the_system_writes_them() {
        assert_eq!(bytes("1024K\n"), Some(1 << 20));
        assert_eq!(bytes("512K"), Some(USUAL));
        for text in ["", "K", "1024", "-1K", "99999999999999999999K"] {
            assert_eq!(bytes(text), None, "{text:?}");
        }
    }
}

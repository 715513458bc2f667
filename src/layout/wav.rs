//! Which loudspeaker is which bit of a WAV file's channel mask, and the channel order that follows.
//!
//! A WAVEFORMATEXTENSIBLE header carries a 32-bit `dwChannelMask` whose bits 0 to 17 name loudspeakers
//! (Microsoft, "Enhanced Audio Formats for Multi-Channel Configurations"). Channels must then come in
//! ascending bit order, which has the backs before the sides; BS.2051 and Dolby list the sides first.
//! FFmpeg's `libavutil/channel_layout.h` goes on counting at bit 31; those numbers are kept so that a
//! speaker has a name, but they cannot be written in a WAV.

use super::Layout;

/// Last bit that a WAV file's 32-bit mask defines (TBR).
const LAST_WAV_BIT: u8 = 17;

/// Name and bit of each position, as FFmpeg spells them.
const POSITIONS: [(&str, u8); 30] = [
    ("FL", 0),
    ("FR", 1),
    ("FC", 2),
    ("LFE", 3),
    ("BL", 4),
    ("BR", 5),
    ("FLC", 6),
    ("FRC", 7),
    ("BC", 8),
    ("SL", 9),
    ("SR", 10),
    ("TC", 11),
    ("TFL", 12),
    ("TFC", 13),
    ("TFR", 14),
    ("TBL", 15),
    ("TBC", 16),
    ("TBR", 17),
    ("WL", 31),
    ("WR", 32),
    ("LFE2", 35),
    ("TSL", 36),
    ("TSR", 37),
    ("BFC", 38),
    ("BFL", 39),
    ("BFR", 40),
    ("SSL", 41),
    ("SSR", 42),
    ("TTL", 43),
    ("TTR", 44),
];

/// The bit of a position's name ("SL"), in any case.
pub(super) fn bit_of(name: &str) -> Option<u8> {
    POSITIONS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, bit)| *bit)
}

/// The name of a bit ("SL").
pub fn wav_position(bit: u8) -> Option<&'static str> {
    POSITIONS
        .iter()
        .find(|(_, known)| *known == bit)
        .map(|(name, _)| *name)
}

/// Every known position name, in ascending bit order.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    POSITIONS.iter().map(|(name, _)| *name)
}

impl Layout {
    /// The `dwChannelMask` of a WAV file with this layout, or `None` if there is none: a channel has
    /// no position name, has one above bit 17, or shares one.
    ///
    /// ```
    /// # fn main() -> umbel::Result<()> {
    /// assert_eq!(umbel::layout::find("7.1.4")?.channel_mask(), Some(0x2d63f));
    /// assert_eq!(umbel::layout::find("22.2")?.channel_mask(), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn channel_mask(&self) -> Option<u32> {
        let mut mask = 0_u32;
        for speaker in &self.speakers {
            let bit = speaker.mask_bit.filter(|&bit| bit <= LAST_WAV_BIT)?;
            if mask & (1 << bit) != 0 {
                return None;
            }
            mask |= 1 << bit;
        }
        (mask != 0).then_some(mask)
    }

    /// The order a channel mask forces on a WAV file: element `k` is the channel of this layout that
    /// is written as the file's channel `k`. `None` where [`channel_mask`](Self::channel_mask) is
    /// `None`; the file then has mask 0 and this layout's own order.
    ///
    /// ```
    /// # fn main() -> umbel::Result<()> {
    /// let layout = umbel::layout::find("7.1")?;
    /// let order = layout.mask_order().unwrap_or_default();
    /// let written: Vec<_> = order.iter().map(|&c| layout.speakers[c].label.as_str()).collect();
    /// assert_eq!(written[4..], ["M+135", "M-135", "M+090", "M-090"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn mask_order(&self) -> Option<Vec<usize>> {
        self.channel_mask()?;
        let mut order: Vec<usize> = (0..self.channels()).collect();
        order.sort_by_key(|&channel| self.speakers[channel].mask_bit);
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bits_are_one_to_one() {
        for (name, bit) in POSITIONS {
            assert_eq!(bit_of(&name.to_lowercase()), Some(bit));
            assert_eq!(wav_position(bit), Some(name));
        }
        assert_eq!(bit_of("XX"), None);
        assert_eq!(wav_position(63), None);
    }
}

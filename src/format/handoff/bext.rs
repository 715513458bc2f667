//! The bext chunk of a Broadcast Wave file (EBU Tech 3285, version 2): where the file begins on the time line.

/// The content of a bext chunk of 602 bytes: description, this program as originator, the time reference in
/// samples, loudness not stated.
pub fn bext(description: &str, time_reference: u64) -> Vec<u8> {
    let mut bytes = vec![0; 602];
    put(&mut bytes[..256], description);
    put(&mut bytes[256..288], "umbel");
    bytes[338..346].copy_from_slice(&time_reference.to_le_bytes());
    bytes[346..348].copy_from_slice(&2_u16.to_le_bytes());
    // Five loudness values: 0x7fff is "not set".
    for value in bytes[412..422].chunks_exact_mut(2) {
        value.copy_from_slice(&0x7fff_u16.to_le_bytes());
    }
    bytes
}

/// ASCII, cut to the field.
fn put(field: &mut [u8], text: &str) {
    let ascii = text.chars().map(|c| {
        if c.is_ascii_graphic() || c == ' ' {
            c as u8
        } else {
            b'_'
        }
    });
    field.iter_mut().zip(ascii).for_each(|(byte, c)| *byte = c);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_the_format_says() {
        let chunk = bext("Kick é", 0x0102_0304_0506);
        assert_eq!(chunk.len(), 602);
        assert_eq!(&chunk[..7], b"Kick _\0");
        assert_eq!(chunk[338..346], [6, 5, 4, 3, 2, 1, 0, 0]);
        assert_eq!(chunk[346], 2);
    }
}

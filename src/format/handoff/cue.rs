//! Markers in a WAV file: the cue chunk with their places, the associated data list with their names (Microsoft and
//! IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991).

/// Content of the cue chunk: each marker a point of the samples, numbered from 1 in order of time.
pub fn cue(markers: &[(String, u32)]) -> Vec<u8> {
    let mut bytes = (markers.len() as u32).to_le_bytes().to_vec();
    for (number, (_, frame)) in (1_u32..).zip(markers) {
        bytes.extend(number.to_le_bytes());
        bytes.extend(frame.to_le_bytes());
        bytes.extend(b"data");
        // Chunk and block: there is one of each, from 0 on.
        bytes.extend([0; 8]);
        bytes.extend(frame.to_le_bytes());
    }
    bytes
}

/// Content of the LIST chunk that names them.
pub fn labels(markers: &[(String, u32)]) -> Vec<u8> {
    let mut bytes = b"adtl".to_vec();
    for (number, (name, _)) in (1_u32..).zip(markers) {
        // A text ends with a byte of 0.
        let size = 4 + name.len() + 1;
        bytes.extend(b"labl");
        bytes.extend((size as u32).to_le_bytes());
        bytes.extend(number.to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.push(0);
        if size % 2 == 1 {
            bytes.push(0);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_names_stand_where_the_format_says() {
        let markers = [("verse".to_owned(), 0), ("drop".to_owned(), 0x0102_0304)];
        let cue = cue(&markers);
        assert_eq!(cue.len(), 4 + 2 * 24);
        assert_eq!(cue[..4], [2, 0, 0, 0]);
        assert_eq!(cue[28..32], [2, 0, 0, 0]);
        assert_eq!(&cue[36..40], b"data");
        assert_eq!(cue[48..52], [4, 3, 2, 1]);
        let labels = labels(&markers);
        assert_eq!(&labels[..4], b"adtl");
        assert_eq!(labels[4..12], *b"labl\x0a\0\0\0");
        assert_eq!(&labels[12..22], b"\x01\0\0\0verse\0");
        assert_eq!(labels[22..30], *b"labl\x09\0\0\0");
        // An odd size has a pad byte that is not counted.
        assert_eq!(&labels[30..], b"\x02\0\0\0drop\0\0");
    }
}

//! The lines that every block of an object has, prepared once: long masters consist of nearly nothing else.

use super::clock::Decimals;
use super::digits;
use super::plan::TrackIds;
use super::steps::MOVE_S;
use super::xml::Xml;

/// The fixed text of a track's blocks, between the numbers that differ.
pub(super) struct BlockLines {
    /// Up to the number of the block.
    begin: String,
    /// Up to X, Y and Z.
    coordinates: [String; 3],
    /// The move of the first block, which has none, and of the others.
    moves: [String; 2],
}

impl BlockLines {
    /// For blocks that stand in `xml` as deep as it is now.
    pub(super) fn new(xml: &Xml<'_>, ids: &TrackIds) -> Self {
        let (outer, inner) = (xml.indentation(0), xml.indentation(1));
        let position = |name| format!("</position>\n{inner}<position coordinate=\"{name}\">");
        let jump = |seconds: f64| {
            format!("{inner}<jumpPosition interpolationLength=\"{seconds:.6}\">1</jumpPosition>\n")
        };
        Self {
            begin: format!(
                "{outer}<audioBlockFormat audioBlockFormatID=\"{}",
                ids.block_prefix()
            ),
            coordinates: [
                format!("\">\n{inner}<cartesian>1</cartesian>\n{inner}<position coordinate=\"X\">"),
                position('Y'),
                position('Z'),
            ],
            moves: [jump(0.0), jump(MOVE_S)],
        }
    }

    /// Opens block `index`, counted from 0, and says where it is; times are in hundred-thousandths of a second.
    pub(super) fn open(
        &self,
        xml: &mut Xml<'_>,
        index: usize,
        [start, end]: [u64; 2],
        position: [f64; 3],
    ) {
        let out = xml.open_verbatim();
        out.extend_from_slice(self.begin.as_bytes());
        digits::hexadecimal(out, index as u64 + 1, 8);
        out.extend_from_slice(b"\" rtime=\"");
        Decimals::Five.push(out, start);
        out.extend_from_slice(b"\" duration=\"");
        Decimals::Five.push(out, end - start);
        for (before, value) in self.coordinates.iter().zip(position) {
            out.extend_from_slice(before.as_bytes());
            digits::coordinate(out, value);
        }
        out.extend_from_slice(b"</position>\n");
    }

    /// How long the move of block `index` takes.
    pub(super) fn jump(&self, xml: &mut Xml<'_>, index: usize) {
        xml.verbatim(&self.moves[usize::from(index > 0)]);
    }
}

//! Arrays and texts in HDF5 files, as netCDF, h5py and MATLAB write them.
//!
//! The container is read by the crate `hdf5-reader`; what it may allocate is bounded by the size of the file.

use hdf5_reader::error::ByteOrder;
use hdf5_reader::{Attribute, Dataset, Datatype, Hdf5File, OpenOptions};

/// The first bytes of every HDF5 file that begins with its own content.
pub(super) const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Most bytes of an array for each byte of the file: what deflate makes of silence.
const MOST_UNPACKED: usize = 1032;

/// Most bytes of any array.
const MOST_BYTES: usize = 1 << 31;

/// A file whose arrays can be read.
pub(super) struct Hdf5 {
    file: Hdf5File,
    texts: Vec<Attribute>,
}

/// An array as numbers, row after row.
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
    texts: Vec<Attribute>,
}

impl Hdf5 {
    /// The file that is `bytes`.
    ///
    /// # Errors
    /// Why its structure cannot be read.
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, String> {
        let most = bytes.len().saturating_mul(MOST_UNPACKED).min(MOST_BYTES);
        let options = OpenOptions::default()
            .with_max_read_bytes(most)
            .with_max_chunk_bytes(most)
            .with_max_object_header_bytes(bytes.len().saturating_mul(2));
        let words = |error: hdf5_reader::error::Error| error.to_string();
        let file = Hdf5File::from_vec_with_options(bytes, options).map_err(words)?;
        let texts = file
            .root_group()
            .and_then(|root| root.attributes())
            .map_err(words)?;
        Ok(Self { file, texts })
    }

    /// An attribute of the file that is a text, if it is there.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(&self.texts, name)
    }

    /// The array `name`; `None` if there is none.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn array(&self, name: &str) -> Result<Option<Array>, String> {
        let dataset = match self.file.dataset(name) {
            Ok(dataset) => dataset,
            Err(error) => {
                let root = self.file.root_group();
                let names = root.and_then(|root| root.member_names());
                let is_there = names.is_ok_and(|(_, arrays)| arrays.iter().any(|n| n == name));
                return if is_there {
                    Err(error.to_string())
                } else {
                    Ok(None)
                };
            }
        };
        let shape: Vec<usize> = dataset.shape().iter().map(|n| *n as usize).collect();
        let values = match shape.contains(&0) {
            true => Vec::new(),
            false => numbers(&dataset)?,
        };
        Ok(Some(Array {
            shape,
            values,
            texts: dataset.attributes(),
        }))
    }
}

impl Array {
    /// An attribute that is a text, if it is there.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(&self.texts, name)
    }
}

fn text(all: &[Attribute], name: &str) -> Option<String> {
    let found = all.iter().find(|attribute| attribute.name == name)?;
    found.read_string().ok()
}

/// The numbers of an array of a usual kind.
fn numbers(dataset: &Dataset) -> Result<Vec<f64>, String> {
    let (size, order, decode): (usize, _, fn(u64) -> f64) = match dataset.dtype() {
        Datatype::FloatingPoint {
            size: 4,
            byte_order,
        } => (4, byte_order, |bits| f64::from(f32::from_bits(bits as u32))),
        Datatype::FloatingPoint {
            size: 8,
            byte_order,
        } => (8, byte_order, f64::from_bits),
        Datatype::FixedPoint {
            size: 2,
            byte_order,
            signed: true,
        } => (2, byte_order, |bits| f64::from(bits as u16 as i16)),
        Datatype::FixedPoint {
            size: 4,
            byte_order,
            signed: true,
        } => (4, byte_order, |bits| f64::from(bits as u32 as i32)),
        Datatype::FixedPoint {
            size: 8,
            byte_order,
            signed: true,
        } => (8, byte_order, |bits| bits as i64 as f64),
        Datatype::FixedPoint {
            size: size @ (1 | 2 | 4 | 8),
            byte_order,
            signed: false,
        } => (usize::from(*size), byte_order, |bits| bits as f64),
        other => {
            return Err(format!(
                "it holds {other:?}; allowed are floating-point numbers of 4 or 8 bytes and whole numbers"
            ));
        }
    };
    let bytes = dataset
        .read_raw_bytes()
        .map_err(|error| error.to_string())?;
    let is_big = matches!(order, ByteOrder::BigEndian);
    let number = |bytes: &[u8]| {
        let mut wide = [0; 8];
        for (n, byte) in bytes.iter().enumerate() {
            wide[if is_big { size - 1 - n } else { n }] = *byte;
        }
        decode(u64::from_le_bytes(wide))
    };
    Ok(bytes.chunks_exact(size).map(number).collect())
}

//! CSV files of times and positions: `time,azimuth,elevation,distance` or `time,x,y,z`.
//!
//! The first line names the columns; each further line is a time in seconds and a position, in order of
//! time. Between rows positions move in a straight line, exactly as between linear keyframes. A file
//! is read twice: [`check`] judges every row, [`blocks`] streams it while rendering through one small
//! buffer, so that its length costs no memory.

mod columns;
mod lines;
mod number;
mod quick;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use self::columns::Columns;
use self::lines::{Line, Lines};
use super::plain_file;
use crate::error::{Error, Finding, Result, Severity};
use crate::scene::{BlockSource, Curve, Imaging, Keyframe, Motion, Place, Side, along, blocks_of};
use crate::units::{Frames, SampleRate};

/// The rule that every finding in a file of positions falls under.
pub const RULE: &str = "U437";

/// What it says.
pub const SENTENCE: &str =
    "A table of positions has a time and a place in every line, in order of time.";

/// After this many findings the rest of a file is not read.
const MOST_FINDINGS: usize = 100;

/// The form of position a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionForm {
    /// Azimuth, elevation, distance.
    Polar,
    /// x, y, z in the room.
    Cartesian,
}

/// What a sound file of positions holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CsvFacts {
    /// Positions.
    pub rows: u64,
    /// How they are written.
    pub form: PositionForm,
    /// True if there is a width column; without it the width is 0.
    pub has_width: bool,
    /// Time of the first row in seconds; its position holds before.
    pub first_s: f64,
    /// Time of the last row in seconds; its position holds after.
    pub last_s: f64,
}

/// One line of values.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    at_s: f64,
    place: Place,
}

/// Reads the whole file and judges every row.
///
/// # Errors
/// [`Error::Session`] with all findings (up to 100), each with line, column and span: a missing, unknown
/// or repeated column, a value that is no number or out of its range, a wrong number of values, a time
/// earlier than that of the row before, no row at all. [`Error::Io`] if the file cannot be read.
pub fn check(path: &Path) -> Result<CsvFacts> {
    let read_error = |source| Error::io(path, "read", source);
    let mut lines = open(path)?;
    let columns = header(&mut lines, path)?;
    let mut findings = Vec::new();
    let (mut rows, mut first_s, mut last_s) = (0u64, 0.0, 0.0);
    loop {
        if let Some((row, length)) = quick_row(&lines, &columns)
            && (rows == 0 || row.at_s >= last_s)
        {
            lines.pass(length);
            if rows == 0 {
                first_s = row.at_s;
            }
            last_s = row.at_s;
            rows += 1;
            continue;
        }
        let Some(line) = lines.next().map_err(read_error)? else {
            break;
        };
        if line.remark {
            continue;
        }
        match columns.row(&line) {
            Some(row) if rows > 0 && row.at_s < last_s => {
                findings.push(
                    columns
                        .out_of_order(&line, row.at_s, last_s)
                        .at(path, &line),
                );
            }
            Some(row) => {
                if rows == 0 {
                    first_s = row.at_s;
                }
                last_s = row.at_s;
                rows += 1;
            }
            None => findings.extend(columns.faults(&line).into_iter().map(|f| f.at(path, &line))),
        }
        if findings.len() >= MOST_FINDINGS {
            findings.truncate(MOST_FINDINGS);
            findings.push(Finding::of_file(
                RULE,
                Severity::Note,
                path,
                format!("the file was not read beyond line {}", line.number),
                &format!("only the first {MOST_FINDINGS} findings are shown"),
            ));
            break;
        }
    }
    if rows == 0 && findings.is_empty() {
        findings.push(no_rows(path));
    }
    if !findings.is_empty() {
        return Err(session_error(path, findings));
    }
    Ok(CsvFacts {
        rows,
        form: columns.form(),
        has_width: columns.has_width(),
        first_s,
        last_s,
    })
}

/// The metadata blocks of one side of a stem that follows the file, for a song of `length` frames.
///
/// [`check`] has judged the file before. If it is changed while it is played, the stem stays at the last
/// position that could be read.
///
/// # Errors
/// If the file cannot be opened, or its column names or first row cannot be used.
pub fn blocks(
    path: &Path,
    imaging: Imaging,
    side: Side,
    rate: SampleRate,
    length: Frames,
) -> Result<Box<dyn BlockSource>> {
    let mut lines = open(path)?;
    let columns = header(&mut lines, path)?;
    let mut motion = CsvMotion {
        lines,
        columns,
        rate,
        ahead: Vec::with_capacity(AHEAD),
        has_ended: false,
        from: None,
        to: None,
    };
    motion.to = motion.next_row();
    if motion.to.is_none() {
        return Err(session_error(path, vec![no_rows(path)]));
    }
    Ok(blocks_of(motion, imaging, side, rate, length))
}

/// The row that comes next, with the bytes of its line, if it is plain and wholly in the buffer.
fn quick_row<R: Read>(lines: &Lines<R>, columns: &Columns) -> Option<(Row, usize)> {
    columns.quick_row(lines.ahead().first_chunk()?)
}

fn open(path: &Path) -> Result<Lines<File>> {
    let open_error = |source| Error::io(path, "open", source);
    if let Some(fault) = plain_file::fault(path).map_err(open_error)? {
        return Err(open_error(io::Error::new(
            io::ErrorKind::InvalidInput,
            fault,
        )));
    }
    Ok(Lines::new(File::open(path).map_err(open_error)?))
}

/// The columns, as named by the first line that is not a remark.
fn header<R: Read>(lines: &mut Lines<R>, path: &Path) -> Result<Columns> {
    while let Some(line) = lines
        .next()
        .map_err(|source| Error::io(path, "read", source))?
    {
        if !line.remark {
            return Columns::of_header(&line).map_err(|faults| {
                let findings = faults.into_iter().map(|fault| fault.at(path, &line));
                session_error(path, findings.collect())
            });
        }
    }
    Err(session_error(path, vec![no_rows(path)]))
}

fn session_error(path: &Path, findings: Vec<Finding>) -> Error {
    Error::Session {
        path: path.to_path_buf(),
        findings,
    }
}

fn no_rows(path: &Path) -> Finding {
    Finding::of_file(
        RULE,
        Severity::Error,
        path,
        "the file holds no positions".to_owned(),
        "the first line names the columns (time,azimuth,elevation,distance or time,x,y,z), each further line is a time in seconds and a position",
    )
}

/// What is wrong with a stretch of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    /// Bytes of the line concerned.
    within: std::ops::Range<usize>,
    message: String,
    label: String,
    help: String,
}

impl Fault {
    fn at(self, path: &Path, line: &Line<'_>) -> Finding {
        // A span that the platform cannot address is left out rather than wrapped.
        let place = |byte: usize| usize::try_from(line.offset).ok()?.checked_add(byte);
        let before = &line.text[..self.within.start.min(line.text.len())];
        Finding {
            code: RULE,
            severity: Severity::Error,
            path: path.to_path_buf(),
            span: place(self.within.start)
                .zip(place(self.within.end))
                .map(|(start, end)| start..end),
            line_column: Some((
                line.number,
                String::from_utf8_lossy(before).chars().count() + 1,
            )),
            message: self.message,
            label: self.label,
            help: self.help,
        }
    }
}

/// Rows read at a time: the file's text has left the cache when the next ones are wanted.
const AHEAD: usize = 32;

/// The rows of a file as a movement: few rows are in memory, the one passed last and those that come next.
struct CsvMotion<R> {
    lines: Lines<R>,
    columns: Columns,
    rate: SampleRate,
    /// Rows that have been read and are still to come, the next one last.
    ahead: Vec<Row>,
    /// No more rows can be read.
    has_ended: bool,
    from: Option<(Frames, Place)>,
    /// The next row; `None` at the end of the file, or where it could not be read any more.
    to: Option<Keyframe>,
}

impl<R: Read> CsvMotion<R> {
    fn next_row(&mut self) -> Option<Keyframe> {
        if self.ahead.is_empty() && !self.has_ended {
            self.read_ahead();
        }
        let row = self.ahead.pop()?;
        Some(Keyframe {
            at: self.rate.frame_at(row.at_s),
            place: row.place,
            curve: Curve::Linear,
        })
    }

    /// Reads the rows that come next, up to the end of the file or where it cannot be read any more.
    #[inline(never)]
    fn read_ahead(&mut self) {
        while self.ahead.len() < AHEAD {
            let row = match quick_row(&self.lines, &self.columns) {
                Some((row, length)) => {
                    self.lines.pass(length);
                    row
                }
                None => match self.careful_row() {
                    Some(row) => row,
                    None => {
                        self.has_ended = true;
                        break;
                    }
                },
            };
            self.ahead.push(row);
        }
        self.ahead.reverse();
    }

    fn careful_row(&mut self) -> Option<Row> {
        loop {
            let line = self.lines.next().ok()??;
            if !line.remark {
                return self.columns.row(&line);
            }
        }
    }

    /// Reads on until the next row is later than `frame`.
    #[inline(never)]
    fn advance(&mut self, frame: Frames) {
        while let Some(Keyframe { at, place, .. }) = self.to
            && at <= frame
        {
            self.from = Some((at, place));
            self.to = self.next_row().filter(|next| next.at >= at);
        }
    }
}

impl<R: Read + Send> Motion for CsvMotion<R> {
    // A place that is handed over in memory has to be waited for.
    #[inline(always)]
    fn place_at(&mut self, frame: Frames) -> Place {
        self.advance(frame);
        match (&self.from, &self.to) {
            (Some((at, place)), Some(to)) => along(*at, *place, to, frame),
            (Some((_, place)), None) | (None, Some(Keyframe { place, .. })) => *place,
            (None, None) => unreachable!("a motion is made with its first row"),
        }
    }

    fn still_until(&mut self, after: Frames) -> Option<Frames> {
        self.advance(after);
        let to = self.to.as_ref()?;
        match self.from {
            Some((_, place)) if place != to.place => Some(after),
            _ => Some(to.at),
        }
    }
}

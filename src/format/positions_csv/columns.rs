//! The columns of a file of positions: which value of a line is what.

use std::ops::Range;

use super::lines::Line;
use super::quick::{self, WINDOW};
use super::{Fault, PositionForm, Row, number};
use crate::geometry::Position;
use crate::scene::{LATEST_SECOND, Place};

/// Slots of a row's values, in this order whatever the order of the columns.
const TIME: usize = 0;
const WIDTH: usize = 4;
pub(super) const SLOTS: usize = 5;

/// What a slot holds in one form of position.
struct Quantity {
    /// Names a column may have; the first is used in messages.
    names: &'static [&'static str],
    /// Allowed values.
    range: (f64, f64),
    /// The range in words.
    allowed: &'static str,
    /// The value where there is no such column; `None` if the column must be there.
    default: Option<f64>,
}

const SECONDS: Quantity = Quantity {
    names: &["time"],
    range: (0.0, LATEST_SECOND),
    allowed: "time is 0 to 1000000 seconds",
    default: None,
};

const POLAR: [Quantity; SLOTS] = [
    SECONDS,
    Quantity {
        names: &["azimuth", "az"],
        range: (f64::MIN, f64::MAX),
        allowed: "azimuth is in degrees, 90 = left, and may exceed 180 to say how a move turns",
        default: None,
    },
    Quantity {
        names: &["elevation", "el"],
        range: (-90.0, 90.0),
        allowed: "elevation is -90 to 90 degrees",
        default: None,
    },
    Quantity {
        names: &["distance", "dist"],
        range: (0.0, f64::MAX),
        allowed: "distance is 0 or more; 1 is the distance of the loudspeakers",
        default: Some(1.0),
    },
    Quantity {
        names: &["width"],
        range: (0.0, 360.0),
        allowed: "width is 0 to 360 degrees",
        default: Some(0.0),
    },
];

const fn room_axis(names: &'static [&'static str], allowed: &'static str) -> Quantity {
    Quantity {
        names,
        range: (-1.0, 1.0),
        allowed,
        default: None,
    }
}

const ROOM: [Quantity; SLOTS] = [
    SECONDS,
    room_axis(&["x"], "x is -1 (left wall) to 1 (right wall)"),
    room_axis(&["y"], "y is -1 (back wall) to 1 (front wall)"),
    room_axis(&["z"], "z is -1 (floor) to 1 (ceiling), 0 at the ears"),
    Quantity {
        names: &["width"],
        range: (0.0, 2.0),
        allowed: "width is 0 to 2 room units along x",
        default: Some(0.0),
    },
];

const EXAMPLES: &str = "the columns are time,azimuth,elevation,distance,width (distance and width may be left out) or time,x,y,z,width";

/// Which value of a line goes to which slot.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    separator: u8,
    form: PositionForm,
    /// The slot of each column, in the order of the file.
    slots: Vec<usize>,
    /// A row before it is read.
    defaults: [f64; SLOTS],
    ranges: [(f64, f64); SLOTS],
}

impl Columns {
    /// The columns named by the first line: separated by comma, semicolon or tab.
    pub(super) fn of_header(line: &Line<'_>) -> Result<Self, Vec<Fault>> {
        let separator = *(line.text.iter())
            .find(|byte| matches!(byte, b',' | b';' | b'\t'))
            .unwrap_or(&b',');
        let names: Vec<_> = fields(line.text, separator)
            .map(|(from, field)| (trimmed(from, field), unquoted(field).to_ascii_lowercase()))
            .collect();
        let form = form_of(&names).ok_or_else(|| vec![no_header(line)])?;
        let quantities = quantities(form);
        let mut slots = Vec::new();
        let mut faults = Vec::new();
        for (within, name) in &names {
            let within = within.clone();
            match quantities
                .iter()
                .position(|q| q.names.contains(&name.as_str()))
            {
                None => faults.push(unknown_column(within, name, form)),
                Some(slot) if slots.contains(&slot) => faults.push(Fault {
                    within,
                    message: format!("the column \"{name}\" is there twice"),
                    label: "again".to_owned(),
                    help: EXAMPLES.to_owned(),
                }),
                Some(slot) => slots.push(slot),
            }
        }
        for (slot, quantity) in quantities.iter().enumerate() {
            if quantity.default.is_none() && !slots.contains(&slot) && faults.is_empty() {
                faults.push(Fault {
                    within: 0..line.text.len(),
                    message: format!("there is no column \"{}\"", quantity.names[0]),
                    label: "the first line names the columns".to_owned(),
                    help: EXAMPLES.to_owned(),
                });
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            separator,
            form,
            slots,
            defaults: std::array::from_fn(|slot| quantities[slot].default.unwrap_or(0.0)),
            ranges: std::array::from_fn(|slot| quantities[slot].range),
        })
    }

    pub(super) fn form(&self) -> PositionForm {
        self.form
    }

    pub(super) fn has_width(&self) -> bool {
        self.slots.contains(&WIDTH)
    }

    /// The row at the start of `text` with the bytes it takes, if it is a plain one and nothing is wrong with
    /// it; if not, [`row`](Self::row) looks at its line.
    pub(super) fn quick_row(&self, text: &[u8; WINDOW]) -> Option<(Row, usize)> {
        let mut values = self.defaults;
        let length = quick::row(text, self.separator, &self.slots, &mut values)?;
        self.is_allowed(&values)
            .then(|| (self.row_of(&values), length))
    }

    /// The values of a line; `None` if there is anything wrong with it ([`faults`](Self::faults) says
    /// what). No allocation.
    pub(super) fn row(&self, line: &Line<'_>) -> Option<Row> {
        let mut values = self.defaults;
        let mut fields = fields(line.text, self.separator);
        for &slot in &self.slots {
            values[slot] = number::any(unquoted_bytes(fields.next()?.1))?;
        }
        let is_whole = fields.next().is_none() && !line.cut;
        (is_whole && self.is_allowed(&values)).then(|| self.row_of(&values))
    }

    fn is_allowed(&self, values: &[f64; SLOTS]) -> bool {
        let mut ranges = values.iter().zip(&self.ranges);
        ranges.all(|(value, (low, high))| (low..=high).contains(&value))
    }

    fn row_of(&self, values: &[f64; SLOTS]) -> Row {
        let [at_s, a, b, c, width] = *values;
        let position = match self.form {
            PositionForm::Polar => Position::Polar {
                azimuth: a,
                elevation: b,
                distance: c,
            },
            PositionForm::Cartesian => Position::Cartesian { x: a, y: b, z: c },
        };
        Row {
            at_s,
            place: Place { position, width },
        }
    }

    /// Everything that is wrong with a line of which no row can be made.
    pub(super) fn faults(&self, line: &Line<'_>) -> Vec<Fault> {
        if line.cut {
            return vec![Fault {
                within: 0..0,
                message: format!("this line is longer than {} bytes", super::lines::BUFFER),
                label: "begins here".to_owned(),
                help: "each line is a time and a position".to_owned(),
            }];
        }
        let count = fields(line.text, self.separator).count();
        if count != self.slots.len() {
            return vec![self.wrong_count(line, count)];
        }
        let quantities = quantities(self.form);
        let fields = fields(line.text, self.separator).zip(&self.slots);
        fields
            .filter_map(|((from, field), &slot)| field_fault(from, field, &quantities[slot]))
            .collect()
    }

    fn wrong_count(&self, line: &Line<'_>, count: usize) -> Fault {
        let columns = self.slots.len();
        // Half as many again, and the columns parted by commas: decimals with a comma.
        let decimal_commas = self.separator == b',' && count == 2 * columns;
        Fault {
            within: 0..line.text.len(),
            message: format!(
                "this line has {count} values, the first line names {columns} columns"
            ),
            label: format!("{columns} values are wanted"),
            help: if decimal_commas {
                "write decimals with a point (30.5)".to_owned()
            } else {
                "give one value for each column".to_owned()
            },
        }
    }

    /// The fault of a time that is earlier than that of the row before.
    pub(super) fn out_of_order(&self, line: &Line<'_>, at_s: f64, before_s: f64) -> Fault {
        let column = self.slots.iter().position(|&slot| slot == TIME);
        let (from, field) = fields(line.text, self.separator)
            .nth(column.unwrap_or(0))
            .unwrap_or((0, line.text));
        Fault {
            within: trimmed(from, field),
            message: format!("{at_s} s is earlier than the row before, at {before_s} s"),
            label: "back in time".to_owned(),
            help: "rows stand in order of time; two at the same time are a jump".to_owned(),
        }
    }
}

fn quantities(form: PositionForm) -> &'static [Quantity; SLOTS] {
    match form {
        PositionForm::Polar => &POLAR,
        PositionForm::Cartesian => &ROOM,
    }
}

/// The form that the column names speak of, `None` if not one of them is known.
fn form_of(names: &[(Range<usize>, String)]) -> Option<PositionForm> {
    let known = |quantities: &[Quantity]| {
        let mut all = quantities.iter().flat_map(|q| q.names);
        all.any(|known| names.iter().any(|(_, name)| name == known))
    };
    if known(&POLAR[1..WIDTH]) {
        Some(PositionForm::Polar)
    } else if known(&ROOM[1..WIDTH]) {
        Some(PositionForm::Cartesian)
    } else {
        known(&POLAR).then_some(PositionForm::Polar)
    }
}

fn no_header(line: &Line<'_>) -> Fault {
    let utf16 = line.text.starts_with(b"\xFF\xFE") || line.text.starts_with(b"\xFE\xFF");
    Fault {
        within: 0..line.text.len(),
        message: "the first line does not name the columns".to_owned(),
        label: "no column name".to_owned(),
        help: if utf16 || line.text.contains(&0) {
            "the file seems to be UTF-16; save it as UTF-8".to_owned()
        } else {
            EXAMPLES.to_owned()
        },
    }
}

fn unknown_column(within: Range<usize>, name: &str, form: PositionForm) -> Fault {
    let all = [PositionForm::Polar, PositionForm::Cartesian].map(quantities);
    let other = all
        .iter()
        .any(|form| form.iter().any(|q| q.names.contains(&name)));
    let close = quantities(form)
        .iter()
        .flat_map(|q| q.names)
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .min();
    let name = short(name.as_bytes());
    Fault {
        within,
        message: if other {
            "the columns mix the two forms of position".to_owned()
        } else {
            format!("\"{name}\" is not a column of a file of positions")
        },
        label: if other {
            "of the other form"
        } else {
            "not known"
        }
        .to_owned(),
        help: match close {
            Some((_, known)) if !other => format!("did you mean \"{known}\"?"),
            _ => EXAMPLES.to_owned(),
        },
    }
}

fn field_fault(from: usize, field: &[u8], quantity: &Quantity) -> Option<Fault> {
    let name = quantity.names[0];
    let text = unquoted_bytes(field);
    let fault = |message: String, label: &str| Fault {
        within: trimmed(from, field),
        message,
        label: label.to_owned(),
        help: quantity.allowed.to_owned(),
    };
    if text.is_empty() {
        return Some(fault(format!("the {name} is missing"), "no value"));
    }
    let Some(value) = number::any(text) else {
        let mut fault = fault(
            format!("{name} \"{}\" is not a number", short(text)),
            "not a number",
        );
        if text.contains(&b',') {
            fault.help = format!("write decimals with a point (30.5); {}", fault.help);
        }
        return Some(fault);
    };
    let (low, high) = quantity.range;
    (!(low..=high).contains(&value)).then(|| {
        fault(
            format!("{name} {} is out of range", short(text)),
            "out of range",
        )
    })
}

/// The values of a line with the place of each in it.
fn fields(text: &[u8], separator: u8) -> impl Iterator<Item = (usize, &[u8])> {
    let mut from = 0;
    text.split(move |&byte| byte == separator)
        .map(move |field| {
            let at = from;
            from += field.len() + 1;
            (at, field)
        })
}

/// The bytes of a field without the spaces around it; at least one, so that there is something to show.
fn trimmed(from: usize, field: &[u8]) -> Range<usize> {
    let start = from + (field.len() - field.trim_ascii_start().len());
    start..(start + field.trim_ascii().len()).max(start + 1)
}

fn unquoted_bytes(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    let inner = field
        .strip_prefix(b"\"")
        .and_then(|f| f.strip_suffix(b"\""));
    inner.unwrap_or(field)
}

fn unquoted(field: &[u8]) -> String {
    String::from_utf8_lossy(unquoted_bytes(field)).into_owned()
}

/// Words of a file as they can be shown in a message.
fn short(text: &[u8]) -> String {
    const MOST: usize = 40;
    let text = String::from_utf8_lossy(text);
    let shown = text.chars().take(MOST);
    let shown: String = shown
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect();
    if text.chars().count() > MOST {
        shown + "…"
    } else {
        shown
    }
}

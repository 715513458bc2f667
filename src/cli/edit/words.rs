//! What stands behind `--set`: keys and values in words, as changes.

use super::values::{
    binaural, coordinate, decibels, downmix, first_action, fps, number, pairs, trim, warp,
};
use crate::format::adm::edit::{Change, Target, Value, Which};
use crate::format::adm::{FrameRate, TRIM_LAYOUTS};
use crate::{Error, Result};

/// Values of objects, contents, programmes and channels; longer ones first.
const FIELDS: [&str; 11] = [
    "name",
    "gain",
    "binaural",
    "trim-bypass",
    "offset.azimuth",
    "offset.elevation",
    "offset.distance",
    "offset.x",
    "offset.y",
    "offset.z",
    "offset",
];

/// Values of the master as a whole.
const MASTER_FIELDS: [&str; 7] = [
    "name",
    "fps",
    "ffoa",
    "downmix",
    "warp",
    "binaural",
    "trim:LAYOUT",
];

/// The changes that `set` asks for; `frame_rate` gives that of the master, for time code with frames.
pub(super) fn changes(
    set: &[String],
    frame_rate: &dyn Fn() -> Result<Option<FrameRate>>,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut rate = None;
    for words in set {
        one(words, &mut changes, &mut |found: &[Change]| {
            let set_here = found.iter().rev().find_map(|change| match change.value {
                Value::FrameRate(rate) => Some(rate),
                _ => None,
            });
            if set_here.is_some() {
                return Ok(set_here);
            }
            if rate.is_none() {
                rate = Some(frame_rate()?);
            }
            Ok(rate.flatten())
        })?;
    }
    Ok(changes)
}

fn one(
    words: &str,
    changes: &mut Vec<Change>,
    frame_rate: &mut dyn FnMut(&[Change]) -> Result<Option<FrameRate>>,
) -> Result<()> {
    let refuse = |reason: String| Error::Usage(format!("--set {words}: {reason}"));
    let (key, value) = split(words).ok_or_else(|| {
        refuse("write KEY=VALUE, as in fps=24 or object:3.binaural=near".to_owned())
    })?;
    let (target, field) = key_of(key).map_err(refuse)?;
    let value = unquoted(value.trim());
    let mut add = |value: Value| {
        changes.push(Change {
            words: words.to_owned(),
            target: target.clone(),
            value,
        });
    };
    match field.as_str() {
        "name" => add(Value::Name(value.to_owned())),
        "gain" => add(Value::Gain(decibels(value).map_err(refuse)?)),
        "binaural" => add(Value::Binaural(binaural(value).map_err(refuse)?)),
        "trim-bypass" => add(Value::TrimBypass(
            match value.to_ascii_lowercase().as_str() {
                "yes" | "true" | "on" | "1" => true,
                "no" | "false" | "off" | "0" => false,
                _ => return Err(refuse(format!("\"{value}\" is not yes or no"))),
            },
        )),
        "fps" => add(Value::FrameRate(fps(value).map_err(refuse)?)),
        "downmix" => add(Value::Downmix(downmix(value).map_err(refuse)?)),
        "warp" => add(Value::Warp(warp(value).map_err(refuse)?)),
        "ffoa" => {
            let rate = match value.matches(':').count() {
                3 => Some(frame_rate(changes)?.ok_or_else(|| {
                    refuse(
                        "the master says no frame rate: set fps first, or write seconds".to_owned(),
                    )
                })?),
                _ => None,
            };
            let first = first_action(value, rate).map_err(refuse)?;
            changes.push(Change {
                words: words.to_owned(),
                target,
                value: Value::FirstAction(first),
            });
        }
        "offset" => {
            for (name, number) in pairs(value).map_err(refuse)? {
                let coordinate = coordinate(name).ok_or_else(|| {
                    refuse(format!(
                        "\"{name}\" is no coordinate: x, y, z, azimuth, elevation or distance"
                    ))
                })?;
                add(Value::Offset(coordinate, number));
            }
        }
        field => {
            if let Some(name) = field.strip_prefix("offset.")
                && let Some(coordinate) = coordinate(name)
            {
                add(Value::Offset(coordinate, number(value).map_err(refuse)?));
            } else if let Some(layout) = field.strip_prefix("trim:") {
                let place = TRIM_LAYOUTS.iter().position(|name| *name == layout);
                if place.is_none() && layout != "*" {
                    return Err(refuse(format!(
                        "there are trims for {}, and trim:* for all",
                        TRIM_LAYOUTS.join(", ")
                    )));
                }
                add(Value::Trim(place, trim(value).map_err(refuse)?));
            } else {
                return Err(refuse(format!("\"{field}\" is not known")));
            }
        }
    }
    Ok(())
}

/// Key and value: parted at the first "=" outside of quotes.
fn split(words: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = words.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '=' && !quoted).then_some(at)
    })?;
    Some((words[..at].trim(), &words[at + 1..]))
}

fn unquoted(text: &str) -> &str {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text)
}

/// What a key is about, and which of its values it names.
fn key_of(key: &str) -> Result<(Target, String), String> {
    let lower = key.to_ascii_lowercase();
    let of = |word: &str| {
        lower
            .strip_prefix(word)
            .map(|rest| &key[key.len() - rest.len()..])
    };
    for (word, make) in [
        ("object:", Target::Object as fn(Which) -> Target),
        ("content:", Target::Content),
        ("programme:", Target::Programme),
        ("program:", Target::Programme),
    ] {
        if let Some(rest) = of(word) {
            let (which, field) = which_of(rest, word)?;
            return Ok((make(which), field));
        }
    }
    if let Some(rest) = of("channel:") {
        let (which, field) = which_of(rest, "channel:")?;
        return match which {
            Which::Number(number) => Ok((Target::Channel(number), field)),
            Which::All => Ok((Target::Master, field)),
            Which::Named(name) => Err(format!(
                "\"{name}\" is no number: channels of the file are counted from 1"
            )),
        };
    }
    if let Some(layout) = of("trim:").or_else(|| of("trim.")) {
        return Ok((Target::Master, format!("trim:{layout}")));
    }
    let field = match lower.as_str() {
        "title" | "programme.name" | "program.name" => "name",
        "trim" => "trim:*",
        known if MASTER_FIELDS.contains(&known) => known,
        _ => {
            let near = MASTER_FIELDS
                .iter()
                .chain(&["object:NAME.gain", "content:NAME.name"])
                .find(|known| strsim::damerau_levenshtein(&lower, known) <= 2);
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            return Err(format!(
                "\"{key}\" is not known{hint}; there are {}, and object:NAME, content:NAME, programme:NAME and \
                 channel:NUMBER with a value behind a point, as in object:3.gain",
                MASTER_FIELDS.join(", ")
            ));
        }
    };
    Ok((Target::Master, field.to_owned()))
}

/// "NAME.field": a name in quotes, or all up to the point before a field.
fn which_of(rest: &str, word: &str) -> Result<(Which, String), String> {
    let unknown = || {
        format!(
            "{word}NAME is followed by a point and one of {}; a name with a point stands in quotes",
            FIELDS.join(", ")
        )
    };
    if let Some(quoted) = rest.strip_prefix('"') {
        let (name, field) = quoted
            .split_once('"')
            .ok_or("the name has no second quote")?;
        let field = field.strip_prefix('.').map(str::to_ascii_lowercase);
        let field = field.filter(|field| FIELDS.contains(&field.as_str()));
        return Ok((Which::Named(name.to_owned()), field.ok_or_else(unknown)?));
    }
    let lower = rest.to_ascii_lowercase();
    let found = FIELDS.iter().find_map(|field| {
        let name = lower.strip_suffix(field)?.strip_suffix('.')?;
        Some((&rest[..name.len()], (*field).to_owned()))
    });
    let (name, field) = found.ok_or_else(unknown)?;
    let which = match name {
        "" => return Err(unknown()),
        "*" => Which::All,
        name => match name.parse() {
            Ok(number) => Which::Number(number),
            Err(_) => Which::Named(name.to_owned()),
        },
    };
    Ok((which, field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::adm::edit::Coordinate;
    use crate::format::adm::{BinauralMode, Downmix, Trim, Warp};
    use crate::units::Decibels;

    fn parsed(words: &str) -> Vec<(Target, Value)> {
        let set = [words.to_owned()];
        let changes = changes(&set, &|| Ok(Some(FrameRate::F24))).unwrap();
        changes
            .into_iter()
            .map(|change| (change.target, change.value))
            .collect()
    }

    #[test]
    fn keys_and_values_are_read() {
        let named = |name: &str| Which::Named(name.to_owned());
        let trim = Trim::Manual {
            centre_db: 0.0,
            surround_db: -1.5,
            height_db: -3.0,
            balance: 0.0,
            height_balance: 0.5,
        };
        for (words, target, value) in [
            (
                "fps=29.97df",
                Target::Master,
                Value::FrameRate(FrameRate::F2997Drop),
            ),
            (
                "title = Night = day",
                Target::Master,
                Value::Name("Night = day".to_owned()),
            ),
            (
                "programme:2.name=X",
                Target::Programme(Which::Number(2)),
                Value::Name("X".to_owned()),
            ),
            (
                "object:\"Lead = vocal\".name=\"Vox\"",
                Target::Object(named("Lead = vocal")),
                Value::Name("Vox".to_owned()),
            ),
            (
                "object:Perc. 2.gain=-3dB",
                Target::Object(named("Perc. 2")),
                Value::Gain(Decibels(-3.0)),
            ),
            (
                "object:\"3\".gain=1",
                Target::Object(named("3")),
                Value::Gain(Decibels(1.0)),
            ),
            (
                "object:3.binaural=NEAR",
                Target::Object(Which::Number(3)),
                Value::Binaural(BinauralMode::Near),
            ),
            (
                "object:*.offset.z=-0.5",
                Target::Object(Which::All),
                Value::Offset(Coordinate::Z, -0.5),
            ),
            (
                "content:Drums.trim-bypass=yes",
                Target::Content(named("Drums")),
                Value::TrimBypass(true),
            ),
            (
                "channel:12.binaural=off",
                Target::Channel(12),
                Value::Binaural(BinauralMode::Off),
            ),
            (
                "binaural=none",
                Target::Master,
                Value::Binaural(BinauralMode::NotIndicated),
            ),
            ("ffoa=none", Target::Master, Value::FirstAction(None)),
            (
                "ffoa=01:00:00:12",
                Target::Master,
                Value::FirstAction(Some(3600.5)),
            ),
            (
                "ffoa=00:01:00.25",
                Target::Master,
                Value::FirstAction(Some(60.25)),
            ),
            (
                "warp=direct-room",
                Target::Master,
                Value::Warp(Warp::DirectWithRoomBalance),
            ),
            (
                "downmix=lo-ro",
                Target::Master,
                Value::Downmix(Downmix::LoRo),
            ),
            (
                "trim.5.1=auto",
                Target::Master,
                Value::Trim(Some(1), Trim::Automatic),
            ),
            (
                "trim:7.1.4=surround:-1.5, height:-3,height-balance:0.5",
                Target::Master,
                Value::Trim(Some(8), trim),
            ),
        ] {
            assert_eq!(parsed(words), [(target, value)], "{words}");
        }
        let several = parsed("object:2.offset=x:0.1,el:5");
        assert_eq!(several.len(), 2);
        assert_eq!(several[1].1, Value::Offset(Coordinate::Elevation, 5.0));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_allowed() {
        for (words, expected) in [
            ("fps", "KEY=VALUE"),
            ("fps=50", "29.97df"),
            ("fpx=24", "did you mean fps"),
            ("object:3.colour=red", "trim-bypass"),
            ("object:3=red", "followed by a point"),
            ("object:\"3.gain=1", "KEY=VALUE"),
            ("object:3.gain=loud", "no number"),
            ("object:3.gain=200", "-120 to 80"),
            ("object:3.offset=w:1", "no coordinate"),
            ("object:3.offset.x=inf", "no number"),
            ("channel:Kick.binaural=off", "counted from 1"),
            ("ffoa=01:60:00", "no time"),
            ("ffoa=00:00:00:24", "frame 24"),
            ("ffoa=-1", "no time"),
            ("trim:9.1.6=auto", "7.1.4"),
            ("trim:5.1=loud", "form"),
            ("trim:5.1=balance:2", "-1 to 1"),
            ("warp=5", "pliix"),
        ] {
            let set = [words.to_owned()];
            let error = changes(&set, &|| Ok(Some(FrameRate::F24)))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{words}: {error}");
            assert!(error.starts_with(&format!("--set {words}: ")), "{error}");
        }
        let set = ["ffoa=01:00:00:12".to_owned()];
        assert!(changes(&set, &|| Ok(None)).is_err());
        let set = ["fps=25".to_owned(), "ffoa=00:00:00:20".to_owned()];
        let found = changes(&set, &|| Ok(None)).unwrap();
        assert_eq!(found[1].value, Value::FirstAction(Some(0.8)));
    }
}

//! The atom `moov/udta/stem` of Native Instruments' stem files: JSON with the names and colours of the stems in
//! tracks 2 and up, and the processors that they are played through together.
//!
//! The format is described by its files and by the makers' "Stem Creator" manual (2015); the keys are those that its
//! files hold. Levels there are in dB, times in seconds, `hp_cutoff` in Hz, `dry_wet` in per cent.

use serde::Deserialize;

/// Most bytes of the atom that are read.
const LARGEST: usize = 1 << 20;

/// Most stems of a file.
const MOST: usize = 64;

/// What the atom says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct StemAtom {
    /// Version of the format; 1 is known.
    #[serde(default)]
    pub version: u32,
    /// The stems, in the order of their tracks: the first is in track 2.
    pub stems: Vec<NamedStem>,
    /// What they are played through together.
    #[serde(default)]
    pub mastering_dsp: MasteringDsp,
}

/// A stem as its file names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NamedStem {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its colour, "#RRGGBB".
    #[serde(default)]
    pub color: Option<String>,
}

impl NamedStem {
    /// Its colour, if it is one of the form "#RRGGBB".
    pub fn colour(&self) -> Option<&str> {
        self.color.as_deref().filter(|text| is_colour(text))
    }
}

/// Whether a text is a colour of the form "#RRGGBB".
pub fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// The processors that all stems are played through together.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct MasteringDsp {
    /// A compressor, if the file has one.
    pub compressor: Option<Compressor>,
    /// A limiter behind it, if the file has one.
    pub limiter: Option<Limiter>,
}

/// The compressor of a stem file.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Compressor {
    /// Whether it works.
    pub enabled: bool,
    /// Gain in front of it in dB.
    pub input_gain: f64,
    /// Level above which it works, in dB.
    pub threshold: f64,
    /// Its ratio.
    pub ratio: f64,
    /// Attack in seconds.
    pub attack: f64,
    /// Release in seconds.
    pub release: f64,
    /// High-pass in front of its detector, in Hz.
    pub hp_cutoff: f64,
    /// Share of its output in what is heard, in per cent.
    pub dry_wet: f64,
    /// Gain behind it in dB.
    pub output_gain: f64,
}

/// The limiter of a stem file.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Limiter {
    /// Whether it works.
    pub enabled: bool,
    /// Level above which it works, in dB; it raises what is below by as much.
    pub threshold: f64,
    /// Highest level that leaves it, in dB.
    pub ceiling: f64,
    /// Release in seconds.
    pub release: f64,
}

impl StemAtom {
    /// Reads the content of the atom.
    ///
    /// # Errors
    /// In words: it is no JSON of that form.
    pub(super) fn read(content: &[u8]) -> Result<Self, String> {
        if content.len() > LARGEST {
            return Err(format!(
                "the atom \"stem\" has {} bytes; at most {LARGEST} are read",
                content.len()
            ));
        }
        // Some writers close the text with a zero byte.
        let end = content
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |last| last + 1);
        let atom: Self = serde_json::from_slice(&content[..end])
            .map_err(|e| format!("the atom \"stem\" holds no description of stems: {e}"))?;
        match atom.stems.len() {
            1..=MOST => Ok(atom),
            count => Err(format!(
                "the atom \"stem\" names {count} stems; 1 to {MOST} can be read"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_hold_is_read_and_what_they_lack_is_not_made_up() {
        let text = br##"{"mastering_dsp":{"compressor":{"ratio":3,"output_gain":0.5,"enabled":true,"release":0.3,
            "attack":0.003,"input_gain":0.5,"threshold":-6,"hp_cutoff":300,"dry_wet":50},
            "limiter":{"release":0.05,"threshold":0,"ceiling":-0.35,"enabled":false}},"version":1,
            "stems":[{"color":"#009E73","name":"Drums"},{"color":"red","name":"Bass"},{"name":"Other"},{}]}"##;
        let atom = StemAtom::read(&[&text[..], &[0]].concat()).unwrap();
        let colours: Vec<_> = atom.stems.iter().map(NamedStem::colour).collect();
        assert_eq!(colours, [Some("#009E73"), None, None, None]);
        assert_eq!(atom.stems[2].name, "Other");
        let compressor = atom.mastering_dsp.compressor.unwrap();
        assert!(compressor.enabled && (compressor.hp_cutoff - 300.0).abs() < 1e-9);
        assert!(!atom.mastering_dsp.limiter.unwrap().enabled);
        let short = StemAtom::read(br#"{"stems":[{"name":"A"}]}"#).unwrap();
        assert_eq!(short.mastering_dsp, MasteringDsp::default());
        for broken in [
            &b""[..],
            b"\0\0",
            b"{}",
            b"[1]",
            br#"{"stems":[]}"#,
            b"\xff\xfe{}",
        ] {
            assert!(StemAtom::read(broken).is_err(), "{broken:?}");
        }
        let many = format!("{{\"stems\":[{}]}}", vec!["{}"; 65].join(","));
        assert!(StemAtom::read(many.as_bytes()).is_err());
    }
}

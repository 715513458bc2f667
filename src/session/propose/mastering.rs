//! The processors of a stem file as a session's master chain.

use crate::format::mp4::{Compressor, Limiter, MasteringDsp};

/// What is proposed for `[master]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MasterProposal {
    /// Processors as a session writes them, in order.
    pub chain: Vec<String>,
    /// What a person should know of them.
    pub remarks: Vec<String>,
}

/// Maps what a stem file is played through to our own processors; what is switched off is only said.
pub fn master(dsp: &MasteringDsp) -> MasterProposal {
    let mut proposal = MasterProposal::default();
    let mut off = Vec::new();
    match dsp.compressor {
        Some(settings) if settings.enabled => compressor(settings, &mut proposal),
        Some(_) => off.push("compressor"),
        None => {}
    }
    match dsp.limiter {
        Some(settings) if settings.enabled => limiter(settings, &mut proposal),
        Some(_) => off.push("limiter"),
        None => {}
    }
    if !off.is_empty() {
        proposal.remarks.push(format!(
            "the stem file has a mastering {}, switched off there and left out here",
            off.join(" and ")
        ));
    }
    proposal
}

/// The number within the limits of a key, to three decimals; a remark if it had to be moved.
fn within(value: f64, (low, high): (f64, f64), what: &str, proposal: &mut MasterProposal) -> f64 {
    let kept = value.clamp(low, high);
    if (kept - value).abs() > 1e-9 {
        proposal.remarks.push(format!(
            "{what} of the stem file is {value}; {kept} is the nearest there is here"
        ));
    }
    (kept * 1000.0).round() / 1000.0
}

fn compressor(settings: Compressor, proposal: &mut MasterProposal) {
    // Gain in front of a detector is a threshold that much lower, and that much more level behind it.
    let threshold = settings.threshold - settings.input_gain;
    let makeup = settings.input_gain + settings.output_gain;
    let mut keep = |value, limits, what: &str| {
        within(value, limits, &format!("the compressor's {what}"), proposal)
    };
    let ratio = keep(settings.ratio, (1.0, 100.0), "ratio");
    let threshold = keep(threshold, (-80.0, 20.0), "threshold");
    let attack = keep(settings.attack * 1000.0, (0.02, 1000.0), "attack in ms");
    let release = keep(settings.release * 1000.0, (1.0, 20_000.0), "release in ms");
    let makeup = keep(makeup, (-30.0, 30.0), "gain");
    let mix = keep(settings.dry_wet / 100.0, (0.0, 1.0), "share");
    let detector = match settings.hp_cutoff {
        hz if hz >= 1.0 => {
            let hz = keep(hz, (1.0, 20_000.0), "detector");
            format!(", key-hp = {hz}")
        }
        _ => String::new(),
    };
    proposal.chain.push(format!(
        "{{ comp = {{ style = \"vca\", ratio = {ratio}, threshold = {threshold}, attack-ms = {attack}, \
         release-ms = {release}{detector}, makeup = {makeup}, mix = {mix} }} }}"
    ));
    proposal
        .remarks
        .push("the master's compressor has the stem file's settings; its curve is ours".to_owned());
}

fn limiter(settings: Limiter, proposal: &mut MasterProposal) {
    let mut keep = |value, limits, what: &str| {
        within(value, limits, &format!("the limiter's {what}"), proposal)
    };
    let ceiling = keep(settings.ceiling, (-60.0, 20.0), "ceiling");
    let release = keep(settings.release * 1000.0, (1.0, 20_000.0), "release in ms");
    proposal.chain.push(format!(
        "{{ limit = {{ dbtp = {ceiling}, release-ms = {release} }} }}"
    ));
    if settings.threshold < 0.0 {
        proposal.remarks.push(format!(
            "the stem file's limiter begins at {} dB and raises what is below; here it only holds its ceiling",
            settings.threshold
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_works_becomes_a_chain_and_what_does_not_is_said() {
        let on = Compressor {
            enabled: true,
            input_gain: 2.0,
            threshold: -6.0,
            ratio: 3.0,
            attack: 0.003,
            release: 0.3,
            hp_cutoff: 300.0,
            dry_wet: 50.0,
            output_gain: 0.5,
        };
        let limit = Limiter {
            enabled: true,
            threshold: 0.0,
            ceiling: -0.35,
            release: 0.05,
        };
        let dsp = |compressor, limiter| MasteringDsp {
            compressor,
            limiter,
        };
        let both = master(&dsp(Some(on), Some(limit)));
        let comp = "{ comp = { style = \"vca\", ratio = 3, threshold = -8, attack-ms = 3, release-ms = 300, \
                    key-hp = 300, makeup = 2.5, mix = 0.5 } }";
        assert_eq!(
            both.chain,
            [comp, "{ limit = { dbtp = -0.35, release-ms = 50 } }"]
        );
        let off = master(&dsp(
            Some(Compressor {
                enabled: false,
                ..on
            }),
            Some(Limiter {
                enabled: false,
                ..limit
            }),
        ));
        assert!(off.chain.is_empty() && off.remarks[0].contains("compressor and limiter"));
        assert_eq!(master(&MasteringDsp::default()), MasterProposal::default());
        let wild = master(&dsp(
            Some(Compressor {
                ratio: 1e9,
                attack: -1.0,
                ..on
            }),
            None,
        ));
        assert!(
            wild.chain[0].contains("ratio = 100,") && wild.chain[0].contains("attack-ms = 0.02,")
        );
        assert_eq!(wild.remarks.len(), 3);
    }
}

//! From the energy of each tenth of a second to the figures people read.

/// LKFS of a mean square of 1: the constant of BS.1770 that makes a 997 Hz sine at full scale in one
/// front channel read -3.01.
const OFFSET_LU: f64 = -0.691;
/// Blocks below this level never count (BS.1770 Γa, also in EBU Tech 3342), LUFS.
const ABSOLUTE_GATE_LUFS: f64 = -70.0;
/// Blocks this far below the mean of the others do not count for integrated loudness (BS.1770 Γr), LU.
const RELATIVE_GATE_LU: f64 = -10.0;
/// The same for loudness range (EBU Tech 3342), LU.
const RANGE_GATE_LU: f64 = -20.0;
/// Loudness range is the span between these shares of the distribution (EBU Tech 3342).
const RANGE_LOW: f64 = 0.10;
const RANGE_HIGH: f64 = 0.95;

/// Hops in a momentary window and gating block: 400 ms.
pub(super) const MOMENTARY_HOPS: usize = 4;
/// Hops in a short-term window: 3 s.
pub(super) const SHORT_TERM_HOPS: usize = 30;

/// Loudness of a weighted mean square, LUFS.
pub(super) fn loudness(power: f64) -> f64 {
    OFFSET_LU + 10.0 * power.log10()
}

fn power(lufs: f64) -> f64 {
    10f64.powf((lufs - OFFSET_LU) / 10.0)
}

/// Mean power of every window of `hops` hops, one starting at each hop. A window that a non-finite
/// sample has spoilt is left out.
fn windows(hop_powers: &[f64], hops: usize) -> impl Iterator<Item = f64> + Clone {
    hop_powers
        .windows(hops)
        .map(move |window| window.iter().sum::<f64>() / hops as f64)
        .filter(|power| power.is_finite())
}

/// Highest loudness of any window, LUFS; `None` if there is no whole window or all are silent.
pub(super) fn highest(hop_powers: &[f64], hops: usize) -> Option<f64> {
    let highest = windows(hop_powers, hops).fold(0.0, f64::max);
    (highest > 0.0).then(|| loudness(highest))
}

/// Loudness of every window, LUFS; `None` for one that is silent or spoilt.
pub(super) fn each(hop_powers: &[f64], hops: usize) -> impl Iterator<Item = Option<f64>> + '_ {
    hop_powers.windows(hops).map(move |window| {
        let power = window.iter().sum::<f64>() / hops as f64;
        (power > 0.0 && power.is_finite()).then(|| loudness(power))
    })
}

/// Integrated loudness (BS.1770-4 Annex 1, equations 4 to 7), LUFS; `None` if nothing passes the gate.
pub(super) fn integrated(hop_powers: &[f64]) -> Option<f64> {
    let blocks = windows(hop_powers, MOMENTARY_HOPS);
    let absolute = power(ABSOLUTE_GATE_LUFS);
    let relative = mean_above(blocks.clone(), absolute)? * ratio(RELATIVE_GATE_LU);
    Some(loudness(mean_above(blocks, absolute.max(relative))?))
}

/// Loudness range (EBU Tech 3342), LU; `None` if no short-term window passes the gate. Windows start at
/// every hop, which is the overlap of 2.9 s the document asks for.
pub(super) fn range(hop_powers: &[f64]) -> Option<f64> {
    let windows = windows(hop_powers, SHORT_TERM_HOPS);
    let absolute = power(ABSOLUTE_GATE_LUFS);
    let relative = mean_above(windows.clone(), absolute)? * ratio(RANGE_GATE_LU);
    let gate = absolute.max(relative);
    let mut counted: Vec<f64> = windows.filter(|&power| power > gate).collect();
    counted.sort_unstable_by(f64::total_cmp);
    // The reference code of Tech 3342 takes the nearest rank, without interpolation.
    let at = |share: f64| counted[((counted.len() - 1) as f64 * share).round() as usize];
    Some(loudness(at(RANGE_HIGH)) - loudness(at(RANGE_LOW)))
}

fn ratio(lu: f64) -> f64 {
    10f64.powf(lu / 10.0)
}

/// Mean of the powers above a gate; `None` if there are none.
fn mean_above(powers: impl Iterator<Item = f64>, gate: f64) -> Option<f64> {
    let (sum, count) = powers
        .filter(|&power| power > gate)
        .fold((0.0, 0_u64), |(sum, count), power| (sum + power, count + 1));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_passages_do_not_pull_the_figure_down() {
        let mut hops = vec![power(-23.0); 100];
        hops.extend(vec![power(-50.0); 300]);
        let gated = integrated(&hops).unwrap();
        // The three blocks across the border count with what they hold.
        assert!((gated - -23.0).abs() < 0.1, "{gated}");
    }

    #[test]
    fn silence_and_too_little_sound_have_no_loudness() {
        for hops in [
            vec![],
            vec![0.0; 100],
            vec![0.1; 3],
            vec![power(-70.1); 50],
            vec![f64::NAN; 40],
        ] {
            assert_eq!(integrated(&hops), None, "{hops:?}");
            assert_eq!(range(&hops), None, "{hops:?}");
        }
        assert_eq!(highest(&[0.0; 40], MOMENTARY_HOPS), None);
        assert_eq!(highest(&[0.1; 3], MOMENTARY_HOPS), None);
    }

    #[test]
    fn a_steady_sound_has_no_range() {
        assert_eq!(range(&[0.01; 31]), Some(0.0));
        assert_eq!(range(&[0.01; 29]), None);
    }
}

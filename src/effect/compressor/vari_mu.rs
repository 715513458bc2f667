//! The static curve and the automatic recovery of a vari-mu compressor.

/// How fast the reduction grows with the output level, in dB per dB, at a reduction of g dB and a nominal
/// ratio of 1.5: (0.35 + 0.078 g + 0.0049 g²) (1 - e^(-g/0.35)).
///
/// A remote cut-off tube is re-biased by its own output. Reduction and output are tied by dg/d(out) = R - 1,
/// where R is the ratio at that point, so this law *is* the ratio: 1.41 at 1 dB, 1.52 at 2, 1.99 at 6, 2.99 at
/// 12. The last factor makes the onset a smooth bend (it is that of log(1 + e^x)), 1 dB of output wide for
/// each e. For other nominal ratios the law, and the 0.35 dB, are scaled by (ratio - 1)/0.5.
const LAW: [f64; 3] = [0.35, 0.078, 0.0049];
const ONSET_DB: f64 = 0.35;
const NOMINAL: f64 = 1.5;

/// The curve is tabulated in steps of this many dB of input.
const GRID_DB: f64 = 0.125;

/// The table ends this far over the threshold; beyond, it goes on straight.
const TOP_DB: f64 = 100.0;

/// Reduction over input level, as values and slopes on a grid.
#[derive(Debug)]
pub(super) struct Curve {
    first_db: f64,
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    reduction: f64,
    /// Change of the reduction over one step of the grid.
    slope: f64,
}

impl Curve {
    /// The curve of a nominal ratio, over the threshold.
    pub(super) fn new(ratio: f64) -> Self {
        let scale = (ratio - 1.0).max(1e-6) / (NOMINAL - 1.0);
        let bend = scale * ONSET_DB;
        let slope = |g: f64| {
            let law = LAW[0] + g * (LAW[1] + g * LAW[2]);
            let by_output = scale * law * -(-g / bend).exp_m1();
            // By the input, which is the output and the reduction.
            by_output / (1.0 + by_output)
        };
        // Far below the threshold the law is an exponential of this many dB per e.
        let onset = ONSET_DB / LAW[0];
        let first_db = -30.0 * onset;
        let count = ((TOP_DB - first_db) / GRID_DB).ceil() as usize;
        let mut g = bend * (first_db / onset).exp();
        let mut nodes = Vec::with_capacity(count + 1);
        for _ in 0..=count {
            nodes.push(Node {
                reduction: g,
                slope: slope(g) * GRID_DB,
            });
            // Runge-Kutta of fourth order, in sixteen steps to the next point of the grid.
            let h = GRID_DB / 16.0;
            for _ in 0..16 {
                let k1 = slope(g);
                let k2 = slope(g + 0.5 * h * k1);
                let k3 = slope(g + 0.5 * h * k2);
                let k4 = slope(g + h * k3);
                g += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
            }
        }
        Self { first_db, nodes }
    }

    /// Reduction in dB of an input `over` dB above the threshold.
    #[inline(always)]
    pub(super) fn reduction(&self, over: f64) -> f64 {
        let at = (over - self.first_db) / GRID_DB;
        if at <= 0.0 {
            return 0.0;
        }
        let last = self.nodes.len() - 1;
        let index = (at as usize).min(last - 1);
        let (a, b) = (self.nodes[index], self.nodes[index + 1]);
        let t = at - index as f64;
        if t >= 1.0 {
            return b.reduction + b.slope * (t - 1.0);
        }
        // The cubic through both values with both slopes.
        let rise = b.reduction - a.reduction;
        let (c2, c3) = (
            3.0 * rise - 2.0 * a.slope - b.slope,
            a.slope + b.slope - 2.0 * rise,
        );
        a.reduction + t * (a.slope + t * (c2 + t * c3))
    }
}

/// The recovery of the Fairchild 670's automatic positions, from its parts (as in zam-plugins'
/// ZamChild670, after P. Raffensperger, DAFx-12): 2 µF with 150 kΩ across it hold the control voltage, and 20 µF
/// are fed from it through 100 kΩ. A peak leaves the large capacitor empty, which then helps to discharge the small
/// one; after long reduction it keeps it charged.
const HELD: (f64, f64) = (2e-6, 150e3);
const MEMORY: (f64, f64) = (20e-6, 100e3);

/// The recovery, frame by frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recovery {
    /// Next voltages when left alone, as weights of both.
    alone: [[f64; 2]; 2],
    /// How far the memory goes towards the held voltage in a frame.
    follow: f64,
}

/// Voltages of both capacitors, in dB of reduction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Voltages {
    pub(super) held: f64,
    memory: f64,
}

impl Voltages {
    pub(super) fn settle(&mut self) {
        for voltage in [&mut self.held, &mut self.memory] {
            if *voltage < 1e-12 {
                *voltage = 0.0;
            }
        }
    }
}

impl Recovery {
    pub(super) fn new(rate: f64) -> Self {
        let ((c1, r1), (c2, r2)) = (HELD, MEMORY);
        let step = 1.0 / rate;
        let matrix = [
            [-1.0 / (c1 * r1) - 1.0 / (c1 * r2), 1.0 / (c1 * r2)],
            [1.0 / (c2 * r2), -1.0 / (c2 * r2)],
        ];
        Self {
            alone: super::auto_release::exponential(matrix, step),
            follow: -(-step / (c2 * r2)).exp_m1(),
        }
    }

    /// Passes one frame: towards `target` by the share `attack` if that is more than what is held, otherwise
    /// left alone until it has come down to it.
    #[inline(always)]
    pub(super) fn step(&self, target: f64, attack: f64, voltages: &mut Voltages) -> f64 {
        let Voltages { held, memory } = *voltages;
        if target > held {
            voltages.held = held + attack * (target - held);
            voltages.memory = memory + self.follow * (held - memory);
        } else {
            let [first, second] = self.alone;
            voltages.held = (first[0] * held + first[1] * memory).max(target);
            voltages.memory = second[0] * held + second[1] * memory;
        }
        voltages.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_grows_with_the_reduction_as_the_law_says() {
        let curve = Curve::new(1.5);
        for (reduction, ratio) in [(1.0, 1.408), (2.0, 1.524), (6.0, 1.994), (12.0, 2.992)] {
            // The input at which the reduction is that, and the slope there.
            let (mut low, mut high) = (-40.0, 90.0);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                match curve.reduction(middle) < reduction {
                    true => low = middle,
                    false => high = middle,
                }
            }
            let rise = (curve.reduction(low + 0.01) - curve.reduction(low - 0.01)) / 0.02;
            let found = 1.0 / (1.0 - rise);
            assert!(
                (found - ratio).abs() < 0.002,
                "{found} at {reduction} dB, {ratio} expected"
            );
        }
    }

    #[test]
    fn the_curve_bends_without_a_corner() {
        for ratio in [1.2, 1.5, 4.0, 20.0] {
            let curve = Curve::new(ratio);
            let step = 0.01;
            let value = |n: i32| curve.reduction(-45.0 + step * f64::from(n));
            let second: Vec<f64> = (1..14_000)
                .map(|n| (value(n + 1) - 2.0 * value(n) + value(n - 1)) / (step * step))
                .collect();
            let largest = second.iter().copied().fold(0.0, f64::max);
            let jump = second
                .windows(2)
                .map(|w| (w[1] - w[0]).abs())
                .fold(0.0, f64::max);
            assert!(jump < 0.1 * largest, "{ratio}: {jump} of {largest}");
            assert!(second.iter().all(|s| *s > -0.02 * largest), "{ratio}");
        }
    }

    #[test]
    fn recovery_after_seconds_is_ten_times_slower_than_after_a_peak() {
        let recovery = Recovery::new(48_000.0);
        let release = |on: usize| {
            let mut voltages = Voltages::default();
            for _ in 0..on {
                recovery.step(3.0, 0.0007, &mut voltages);
            }
            let reached = voltages.held;
            let mut frames = 0;
            while recovery.step(0.0, 0.0007, &mut voltages) > 0.368 * reached {
                frames += 1;
            }
            f64::from(frames) / 48_000.0
        };
        let (short, long) = (release(960), release(240_000));
        assert!((0.08..0.16).contains(&short), "{short} s");
        assert!(
            long > 12.0 * short,
            "{long} s after 5 s, {short} s after 20 ms"
        );
    }
}

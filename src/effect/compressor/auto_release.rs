//! The two-network automatic release of the desk's bus compressor.
//!
//! The control voltage of the hardware stands on two capacitors in series, each with a resistor across it:
//! 0.47 µF with 91 kΩ (43 ms) and 6.8 µF with 750 kΩ (5.1 s). They are charged through the attack's
//! resistor and a diode, and left alone when the detector asks for less. A short peak charges the small one
//! and is forgotten at once; after a long one the large one holds the level for seconds.

/// Fast and slow capacitor in farad, with their resistors in ohm.
const FAST: (f64, f64) = (0.47e-6, 91e3);
const SLOW: (f64, f64) = (6.8e-6, 750e3);

/// Where the attack is measured: a step of this many dB over the threshold.
const STEP_DB: f64 = 10.0;

/// The network with its attack resistor, discretised exactly for inputs that hold still for one frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    /// The network divides: at rest it passes (Rf + Rs)/(Ra + Rf + Rs). What is asked for is raised by the
    /// inverse, so that the reduction settles where the curve has it.
    raise: f64,
    /// Next voltage of each capacitor while it is driven, as weights of both and of the input.
    driven: [[f64; 3]; 2],
    /// Share of its voltage that each keeps when left alone.
    kept: [f64; 2],
}

/// Voltages of the capacitors, in dB of reduction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Voltages {
    fast: f64,
    slow: f64,
}

impl Voltages {
    #[inline(always)]
    pub(super) fn reduction(&self) -> f64 {
        self.fast + self.slow
    }

    pub(super) fn settle(&mut self) {
        for voltage in [&mut self.fast, &mut self.slow] {
            if *voltage < 1e-12 {
                *voltage = 0.0;
            }
        }
    }
}

impl Network {
    /// The network for an attack (time to 63.2 % of the settled reduction after a step) of `attack_s`, in a
    /// loop whose detector hears the output (of the given ratio), or open if it hears a key.
    pub(super) fn new(attack_s: f64, ratio: f64, in_loop: bool, rate: f64) -> Self {
        let attack_s = attack_s.max(1.0 / rate);
        let slope = match in_loop {
            true => ratio - 1.0,
            false => 0.0,
        };
        // The resistor grows with the attack: halve the interval until it is found.
        let (mut low, mut high) = (1e-3_f64, 1e9_f64);
        for _ in 0..60 {
            let middle = (low * high).sqrt();
            if settled_share(middle, slope, attack_s) > 1.0 - (-1.0_f64).exp() {
                low = middle;
            } else {
                high = middle;
            }
        }
        Self::with_resistor((low * high).sqrt(), rate)
    }

    fn with_resistor(attack_ohm: f64, rate: f64) -> Self {
        let (a, b) = equations(attack_ohm);
        let step = 1.0 / rate;
        // exp of [[a, b], [0, 0]] · step: the voltages' part, and its integral for the input's.
        let [[aa, ab], [ba, bb]] = exponential(a, step);
        let inverse = inverse(a);
        let change = [[aa - 1.0, ab], [ba, bb - 1.0]];
        let integral = product(inverse, change);
        let input = [
            integral[0][0] * b[0] + integral[0][1] * b[1],
            integral[1][0] * b[0] + integral[1][1] * b[1],
        ];
        Self {
            raise: raise(attack_ohm),
            driven: [[aa, ab, input[0]], [ba, bb, input[1]]],
            kept: [FAST, SLOW].map(|(c, r)| (-step / (c * r)).exp()),
        }
    }

    /// Passes one frame in which the detector asks for `demand` dB; gives the reduction.
    #[inline(always)]
    pub(super) fn step(&self, demand: f64, voltages: &mut Voltages) -> f64 {
        let input = self.raise * demand;
        let Voltages { fast, slow } = *voltages;
        if input > fast + slow {
            let [f, s] = self.driven;
            voltages.fast = f[0] * fast + f[1] * slow + f[2] * input;
            voltages.slow = s[0] * fast + s[1] * slow + s[2] * input;
        } else {
            voltages.fast = self.kept[0] * fast;
            voltages.slow = self.kept[1] * slow;
        }
        voltages.reduction()
    }
}

type Matrix = [[f64; 2]; 2];

/// dv/dt = a v + b u of the voltages v while they are driven by u through the attack's resistor.
fn equations(attack_ohm: f64) -> (Matrix, [f64; 2]) {
    let row = |(c, r): (f64, f64)| {
        let drive = 1.0 / (c * attack_ohm);
        (drive, drive + 1.0 / (c * r))
    };
    let ((fast, fast_own), (slow, slow_own)) = (row(FAST), row(SLOW));
    ([[-fast_own, -fast], [-slow, -slow_own]], [fast, slow])
}

fn raise(attack_ohm: f64) -> f64 {
    1.0 + attack_ohm / (FAST.1 + SLOW.1)
}

/// Share of the settled reduction that is reached `after_s` after a step, in a loop of the given slope
/// (0: open).
fn settled_share(attack_ohm: f64, slope: f64, after_s: f64) -> f64 {
    let (mut a, b) = equations(attack_ohm);
    let raise = raise(attack_ohm);
    // u = raise · slope · (step - reduction), or raise · step in the open.
    for (row, drive) in a.iter_mut().zip(b) {
        row[0] -= raise * slope * drive;
        row[1] -= raise * slope * drive;
    }
    let input = raise * STEP_DB * if slope > 0.0 { slope } else { 1.0 };
    let settled = {
        let inverse = inverse(a);
        [0, 1].map(|i| -(inverse[i][0] * b[0] + inverse[i][1] * b[1]) * input)
    };
    let passed = exponential(a, after_s);
    let left = [0, 1].map(|i| passed[i][0] * settled[0] + passed[i][1] * settled[1]);
    1.0 - (left[0] + left[1]) / (settled[0] + settled[1])
}

fn inverse([[a, b], [c, d]]: Matrix) -> Matrix {
    let determinant = a * d - b * c;
    [
        [d / determinant, -b / determinant],
        [-c / determinant, a / determinant],
    ]
}

fn product(x: Matrix, y: Matrix) -> Matrix {
    let entry = |i: usize, j: usize| x[i][0] * y[0][j] + x[i][1] * y[1][j];
    [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]]
}

/// e^(m t) of a matrix with real and different eigenvalues, as those of two capacitors are.
pub(super) fn exponential(m: Matrix, t: f64) -> Matrix {
    let [[a, b], [c, d]] = m;
    let mean = (a + d) / 2.0;
    let spread = (((a - d) / 2.0).powi(2) + b * c).max(0.0).sqrt().max(1e-9);
    let (fast, slow) = (mean - spread, mean + spread);
    let (fast, slow) = ((fast * t).exp(), (slow * t).exp());
    // e^mt = (e^slow + e^fast)/2 I + (e^slow - e^fast)/(2 spread) (m - mean I)
    let (even, odd) = ((slow + fast) / 2.0, (slow - fast) / (2.0 * spread));
    [
        [even + odd * (a - mean), odd * b],
        [odd * c, even + odd * (d - mean)],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 48_000.0;

    /// Runs a step of 10 dB over the threshold for `on_s` in a loop: attack to 63.2 % of what is reached, what
    /// is reached, and the time to give 63.2 % of it back.
    fn burst(ratio: f64, attack_s: f64, on_s: f64) -> (f64, f64, f64) {
        let network = Network::new(attack_s, ratio, true, RATE);
        let mut voltages = Voltages::default();
        let mut curve = Vec::new();
        for _ in 0..(on_s * RATE) as usize {
            let demand = (ratio - 1.0) * (10.0 - voltages.reduction()).max(0.0);
            curve.push(network.step(demand, &mut voltages));
        }
        let reached = voltages.reduction();
        let attack = curve.iter().position(|r| *r > 0.632 * reached).unwrap();
        let mut release = 0;
        while network.step(0.0, &mut voltages) > 0.368 * reached {
            release += 1;
        }
        (attack as f64 / RATE, reached, f64::from(release) / RATE)
    }

    #[test]
    fn the_label_is_63_percent_of_the_settled_reduction_at_any_ratio() {
        for ratio in [1.5, 2.0, 4.0, 10.0] {
            for attack_s in [0.0003, 0.003, 0.01, 0.03, 0.1] {
                let (attack, reached, _) = burst(ratio, attack_s, 20.0);
                // The curve is read to the frame.
                let limit = 0.08_f64.max(1.5 / (RATE * attack_s));
                assert!(
                    (attack / attack_s - 1.0).abs() < limit,
                    "{ratio}:1, {attack_s} s: {attack} s"
                );
                let settled = 10.0 * (1.0 - 1.0 / ratio);
                assert!(
                    (reached / settled - 1.0).abs() < 1e-3,
                    "{ratio}:1: {reached} dB"
                );
            }
        }
    }

    /// What the hardware does: project differential_dynamics, "SSL auto-release ground truth".
    #[test]
    fn the_release_depends_on_how_long_the_reduction_lasted() {
        for (on_s, release_s) in [
            (0.02, 0.05),
            (0.1, 0.06),
            (0.5, 1.6),
            (2.0, 4.2),
            (8.0, 4.5),
        ] {
            let (_, _, release) = burst(2.0, 0.01, on_s);
            assert!(
                (release / release_s - 1.0).abs() < 0.15,
                "{on_s} s: {release} s"
            );
        }
    }
}

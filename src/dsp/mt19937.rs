//! The random numbers that the decorrelation filters are drawn from.

/// Words of state (n in the paper).
const WORDS: usize = 624;

/// Distance of the word mixed in (m in the paper).
const MIDDLE: usize = 397;

/// The 32-bit Mersenne Twister MT19937: M. Matsumoto and T. Nishimura, "Mersenne Twister: a
/// 623-dimensionally equidistributed uniform pseudo-random number generator", ACM TOMACS 8 (1998), with
/// the initialisation of 2002 (`init_genrand`). The stream of a seed is fixed for ever.
#[derive(Clone)]
pub struct Mt19937 {
    state: [u32; WORDS],
    next: usize,
}

impl Mt19937 {
    /// The generator started with `seed`.
    pub fn new(seed: u32) -> Self {
        let mut state = [seed; WORDS];
        let mut word = seed;
        for (i, slot) in (1..).zip(&mut state[1..]) {
            word = (word ^ (word >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(i);
            *slot = word;
        }
        Self { state, next: WORDS }
    }

    /// The next number, uniform over all of `u32`.
    pub fn next_u32(&mut self) -> u32 {
        if self.next == WORDS {
            self.twist();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// The next 624 words of the recurrence.
    fn twist(&mut self) {
        for i in 0..WORDS {
            let upper = self.state[i] & 0x8000_0000;
            let lower = self.state[(i + 1) % WORDS] & 0x7fff_ffff;
            let y = upper | lower;
            let matrix = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + MIDDLE) % WORDS] ^ (y >> 1) ^ matrix;
        }
        self.next = 0;
    }
}

impl std::fmt::Debug for Mt19937 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mt19937")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_those_of_other_implementations() {
        // Seeds 0 and 5: NumPy's RandomState. Seed 5489: the 10000th number is the one the C++ standard
        // prints for std::mt19937 ([rand.predef]).
        let mut zero = Mt19937::new(0);
        let first = [(); 3].map(|()| zero.next_u32());
        assert_eq!(first, [2_357_136_044, 2_546_248_239, 3_071_714_933]);
        let mut five = Mt19937::new(5);
        let first = [(); 2].map(|()| five.next_u32());
        assert_eq!(first, [953_453_411, 236_996_814]);
        let mut standard = Mt19937::new(5489);
        let late = (0..10_000).map(|_| standard.next_u32()).last();
        assert_eq!(late, Some(4_123_659_995));
    }
}

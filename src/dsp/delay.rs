//! A delay of a whole number of frames.

/// Delays one channel; the state goes on from call to call.
#[derive(Debug, Clone)]
pub struct DelayLine {
    ring: Vec<f32>,
    next: usize,
}

impl DelayLine {
    /// A line of `frames` frames, full of silence: output frame n + `frames` is input frame n.
    pub fn new(frames: usize) -> Self {
        Self {
            ring: vec![0.0; frames],
            next: 0,
        }
    }

    /// How many frames it delays by.
    pub fn frames(&self) -> usize {
        self.ring.len()
    }

    /// Delays the samples in place.
    pub fn process(&mut self, mut samples: &mut [f32]) {
        if self.ring.is_empty() {
            return;
        }
        while !samples.is_empty() {
            let run = samples.len().min(self.ring.len() - self.next);
            let (now, later) = samples.split_at_mut(run);
            now.swap_with_slice(&mut self.ring[self.next..][..run]);
            self.next += run;
            if self.next == self.ring.len() {
                self.next = 0;
            }
            samples = later;
        }
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        self.ring.fill(0.0);
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "samples are moved, not computed with")]
    use super::*;

    #[test]
    fn frames_come_out_later_for_any_length_of_piece() {
        for frames in [0, 1, 7, 255, 767] {
            for piece in [1, 5, 64, 1000] {
                let mut line = DelayLine::new(frames);
                let mut samples: Vec<f32> = (1..=2000).map(|n| n as f32).collect();
                for piece in samples.chunks_mut(piece) {
                    line.process(piece);
                }
                for (n, &sample) in samples.iter().enumerate() {
                    let expected = if n < frames { 0 } else { n + 1 - frames };
                    assert_eq!(sample, expected as f32, "delay {frames}, piece {piece}");
                }
                line.reset();
                let mut silence = vec![0.0; frames];
                line.process(&mut silence);
                assert!(silence.iter().all(|&x| x == 0.0), "delay {frames}");
            }
        }
    }
}

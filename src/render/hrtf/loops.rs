//! The loops over the bins of filters and sums, compiled once for each instruction set.
//!
//! Spectra are planes of real and of imaginary parts, padded to whole lines.

use realfft::num_complex::Complex;

/// Floats in a line.
pub(super) const LINE: usize = 16;

/// The phases of a delay over the bins, line by line.
struct Phases {
    /// Of the bins of one line.
    re: [f32; LINE],
    im: [f32; LINE],
    /// Of the first bin of the line at hand.
    at: Complex<f64>,
    per_line: Complex<f64>,
}

impl Phases {
    /// The phases of a spectrum whose bin 1 has the phase `turn` in radians.
    #[inline(always)]
    fn new(turn: f64) -> Self {
        let mut line = [Complex::new(1.0, 0.0); LINE];
        let mut step = Complex::cis(turn);
        let mut known = 1;
        while known < LINE {
            for bin in 0..known {
                line[known + bin] = line[bin] * step;
            }
            known *= 2;
            step *= step;
        }
        Self {
            re: line.map(|phase| phase.re as f32),
            im: line.map(|phase| phase.im as f32),
            at: Complex::new(1.0, 0.0),
            per_line: step,
        }
    }

    /// The real and imaginary parts of the next line of a blend of corners, with its phases.
    #[inline(always)]
    fn next(
        &mut self,
        corners: &Corners<'_>,
        shares: [f32; 3],
        line: usize,
    ) -> ([f32; LINE], [f32; LINE]) {
        let (at_re, at_im) = (self.at.re as f32, self.at.im as f32);
        let [ga, gb, gc] = shares;
        let [(ar, ai), (br, bi), (cr, ci)] = corners.map(|(re, im)| (&re[line], &im[line]));
        let (mut re, mut im) = ([0.0; LINE], [0.0; LINE]);
        for i in 0..LINE {
            let x = ga.mul_add(ar[i], gb.mul_add(br[i], gc * cr[i]));
            let y = ga.mul_add(ai[i], gb.mul_add(bi[i], gc * ci[i]));
            let p = at_re.mul_add(self.re[i], -(at_im * self.im[i]));
            let q = at_re.mul_add(self.im[i], at_im * self.re[i]);
            re[i] = x.mul_add(p, -(y * q));
            im[i] = x.mul_add(q, y * p);
        }
        self.at *= self.per_line;
        (re, im)
    }
}

/// Real and imaginary parts of three spectra, line by line.
type Corners<'a> = [(&'a [[f32; LINE]], &'a [[f32; LINE]]); 3];

/// The lines of two planes, one after the other.
#[inline(always)]
fn lines(planes: &[f32]) -> (&[[f32; LINE]], &[[f32; LINE]]) {
    let (re, im) = planes.split_at(planes.len() / 2);
    (re.as_chunks().0, im.as_chunks().0)
}

#[inline(always)]
fn lines_mut(planes: &mut [f32]) -> (&mut [[f32; LINE]], &mut [[f32; LINE]]) {
    let (re, im) = planes.split_at_mut(planes.len() / 2);
    (re.as_chunks_mut().0, im.as_chunks_mut().0)
}

/// The loop over the bins of one ear's filter, compiled once for each instruction set.
pub(super) struct Write<'a> {
    pub(super) corners: [&'a [f32]; 3],
    pub(super) shares: [f32; 3],
    /// Phase of bin 1 in radians.
    pub(super) turn: f64,
    pub(super) to: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Write<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut phases = Phases::new(self.turn);
        let corners = self.corners.map(lines);
        let (re, im) = lines_mut(self.to);
        for (line, (re, im)) in re.iter_mut().zip(im).enumerate() {
            (*re, *im) = phases.next(&corners, self.shares, line);
        }
    }
}

/// The loop of `Filters::turn` for one ear, compiled once for each instruction set.
pub(super) struct Turn<'a> {
    pub(super) corners: [[&'a [f32]; 3]; 2],
    pub(super) shares: [[f32; 3]; 2],
    /// Phases of bin 1 in radians.
    pub(super) turns: [f64; 2],
    pub(super) x: &'a [f32],
    pub(super) filter: &'a mut [f32],
    pub(super) sums: [&'a mut [f32]; 3],
}

impl pulp::NullaryFnOnce for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut phases = self.turns.map(Phases::new);
        let [first, second] = self.corners.map(|corners| corners.map(lines));
        let (x, y) = lines(self.x);
        let (p, q) = lines_mut(self.filter);
        let count = x.len();
        let (y, p, q) = (&y[..count], &mut p[..count], &mut q[..count]);
        let [a, b, c] = self.sums.map(lines_mut);
        for line in 0..count {
            let (x, y) = (&x[line], &y[line]);
            add(x, y, &p[line], &q[line], &mut a.0[line], &mut a.1[line]);
            let (re, im) = phases[0].next(&first, self.shares[0], line);
            add(x, y, &re, &im, &mut b.0[line], &mut b.1[line]);
            let (re, im) = phases[1].next(&second, self.shares[1], line);
            add(x, y, &re, &im, &mut c.0[line], &mut c.1[line]);
            (p[line], q[line]) = (re, im);
        }
    }
}

/// Adds the product of two lines of complex numbers to a third.
#[inline(always)]
fn add(
    x: &[f32; LINE],
    y: &[f32; LINE],
    p: &[f32; LINE],
    q: &[f32; LINE],
    re: &mut [f32; LINE],
    im: &mut [f32; LINE],
) {
    for i in 0..LINE {
        re[i] = x[i].mul_add(p[i], (-y[i]).mul_add(q[i], re[i]));
        im[i] = x[i].mul_add(q[i], y[i].mul_add(p[i], im[i]));
    }
}

/// Adds a spectrum through a filter to the sums of both ears, compiled once for each instruction set.
pub(super) struct Add<'a> {
    pub(super) x: &'a [f32],
    pub(super) filter: &'a [f32],
    pub(super) sum: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (x, y) = lines(self.x);
        let ear = self.filter.len() / 2;
        let ears = self.filter.chunks_exact(ear);
        for (filter, sum) in ears.zip(self.sum.chunks_exact_mut(ear)) {
            let (p, q) = lines(filter);
            let (re, im) = lines_mut(sum);
            let spectrum = x.iter().zip(y);
            let rest = p.iter().zip(q).zip(re.iter_mut().zip(im));
            for ((x, y), ((p, q), (re, im))) in spectrum.zip(rest) {
                add(x, y, p, q, re, im);
            }
        }
    }
}

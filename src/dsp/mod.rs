//! Signal processing that knows nothing of mixing.

pub mod dither;

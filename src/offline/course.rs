//! A programme and its renders over time, in a few hundred columns: what reports draw.

use rayon::current_num_threads;

use super::Programme;
use super::pass::Pass;
use crate::audio::{Block, QUANTUM};
use crate::dsp::transform::Transform;
use crate::format::AudioSource;
use crate::scene::{MetadataBlock, Object, State};
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// Columns of a course, at most.
pub const COLUMNS: usize = 240;

/// Bands of the spectrogram: from 20 Hz up, eight an octave.
pub const SPECTRUM_BANDS: usize = 80;

/// Middle of the lowest band of the spectrogram in Hz.
pub const LOWEST_HZ: f64 = 20.0;

/// Bands of an octave.
pub const BANDS_AN_OCTAVE: f64 = 8.0;

/// Where an object is and how loud over time.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectCourse {
    /// Its name.
    pub name: String,
    /// Its colour, "#RRGGBB", if it has one of its own.
    pub colour: Option<String>,
    /// Made for a loudspeaker of a bed, so it stands still.
    pub is_bed: bool,
    /// Right, front, up at the middle of each column; 1 is the distance of the loudspeakers or the wall of the room.
    /// `None` where nothing says it is anywhere.
    pub places: Vec<Option<[f64; 3]>>,
    /// Level of each column in dBFS rms; `None` for silence.
    pub levels_db: Vec<Option<f64>>,
}

/// The two sides of a stereo stem.
#[derive(Debug, Clone, PartialEq)]
pub struct PairCourse {
    /// Its name.
    pub name: String,
    /// Which of the objects are its left and its right side.
    pub sides: [usize; 2],
    /// Mean product of both sides in each column; full scale 1.
    pub products: Vec<f64>,
}

/// A programme over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Length in seconds.
    pub seconds: f64,
    /// Its objects in order.
    pub objects: Vec<ObjectCourse>,
    /// Its stereo stems.
    pub pairs: Vec<PairCourse>,
}

/// Columns for `frames` frames: their number and how many frames each has.
fn columns(frames: u64) -> (usize, u64) {
    let width = frames.div_ceil(COLUMNS as u64).max(1);
    (frames.div_ceil(width).max(1) as usize, width)
}

fn level_db(power: f64, samples: u64) -> Option<f64> {
    let db = 10.0 * (power / samples.max(1) as f64).log10();
    db.is_finite().then_some(db)
}

/// Runs the desk over `programme` once and follows each object. `watch` is told of frames and stops the work by
/// `false`.
///
/// # Errors
/// A stem cannot be read; [`Error::Interrupted`].
pub fn course(
    mut programme: Programme,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
) -> Result<Course> {
    let (count, width) = columns(programme.length.0);
    let seconds = programme.sample_rate.seconds_at(programme.length);
    let objects = std::mem::take(&mut programme.objects);
    let feeds: Vec<usize> = objects.iter().map(|object| object.feed).collect();
    let mut courses: Vec<ObjectCourse> = objects
        .into_iter()
        .map(|object| follow(object, count, width))
        .collect();
    let mut pairs: Vec<PairCourse> = programme
        .desk
        .strips
        .iter()
        .filter(|strip| strip.feeds.len() == 2)
        .filter_map(|strip| {
            let side = |feed| feeds.iter().position(|&of| of == feed);
            Some(PairCourse {
                name: strip.name.clone(),
                sides: [side(strip.feeds.start)?, side(strip.feeds.start + 1)?],
                products: vec![0.0; count],
            })
        })
        .collect();
    let mut powers = vec![vec![0.0_f64; count]; courses.len()];
    let pass = Pass {
        programme,
        listened: Vec::new(),
        silent_rows: 0,
        tail: false,
        threads: current_num_threads(),
    };
    pass.run(
        &mut |block, at| {
            for (powers, &feed) in powers.iter_mut().zip(&feeds) {
                for (n, &sample) in block.row(feed).iter().enumerate() {
                    let column = ((at + n as u64) / width) as usize;
                    if let Some(power) = powers.get_mut(column) {
                        *power += f64::from(sample).powi(2);
                    }
                }
            }
            for pair in &mut pairs {
                let [left, right] = pair.sides.map(|side| block.row(feeds[side]));
                for (n, (&left, &right)) in left.iter().zip(right).enumerate() {
                    let column = ((at + n as u64) / width) as usize;
                    if let Some(product) = pair.products.get_mut(column) {
                        *product += f64::from(left) * f64::from(right);
                    }
                }
            }
            Ok(true)
        },
        watch,
    )?;
    for product in pairs.iter_mut().flat_map(|pair| &mut pair.products) {
        *product /= width as f64;
    }
    for (course, powers) in courses.iter_mut().zip(powers) {
        course.levels_db = powers
            .into_iter()
            .map(|power| level_db(power, width))
            .collect();
    }
    Ok(Course {
        seconds,
        objects: courses,
        pairs,
    })
}

/// Where the blocks of an object put it, column by column.
fn follow(mut object: Object, count: usize, width: u64) -> ObjectCourse {
    let mut course = ObjectCourse {
        name: std::mem::take(&mut object.name),
        colour: object.colour.take(),
        is_bed: false,
        places: Vec::with_capacity(count),
        levels_db: Vec::new(),
    };
    let mut next = object.blocks.next_block();
    let mut now: Option<MetadataBlock> = None;
    let mut from: Option<[f64; 3]> = None;
    for column in 0..count as u64 {
        let frame = column * width + width / 2;
        while let Some(block) = next.take_if(|block| block.start.0 <= frame) {
            from = now.as_ref().and_then(|block| place_of(&block.state));
            course.is_bed |= matches!(block.state, State::DirectSpeakers(_));
            now = Some(block);
            next = object.blocks.next_block();
        }
        course
            .places
            .push(now.as_ref().and_then(|block| place_at(block, from, frame)));
    }
    course
}

/// Where a block puts its object at `frame`: on its way from the place before, or there.
fn place_at(block: &MetadataBlock, from: Option<[f64; 3]>, frame: u64) -> Option<[f64; 3]> {
    let ends = block
        .length
        .is_some_and(|length| frame >= block.start.0.saturating_add(length.0));
    if ends {
        return None;
    }
    let to = place_of(&block.state)?;
    let (start, end) = (block.ramp.start, block.ramp.end);
    let at = frame as f64;
    match from {
        Some(from) if end > start && at < end => {
            let x = ((at - start) / (end - start)).clamp(0.0, 1.0);
            Some([0, 1, 2].map(|axis| from[axis] + (to[axis] - from[axis]) * x))
        }
        _ => Some(to),
    }
}

fn place_of(state: &State) -> Option<[f64; 3]> {
    let position = match state {
        State::Object(state) => state.position,
        State::DirectSpeakers(speaker) => speaker.position.nominal(),
        State::Hoa(_) | State::Binaural { .. } => return None,
    };
    let vector = position.vector();
    Some([vector.x, vector.y, vector.z])
}

/// How a file sounds over time.
#[derive(Debug, Clone, PartialEq)]
pub struct FileCourse {
    /// Length in seconds.
    pub seconds: f64,
    /// Level of each channel and column in dBFS rms; `None` for silence.
    pub levels_db: Vec<Vec<Option<f64>>>,
    /// Level of each channel as a whole.
    pub channel_db: Vec<Option<f64>>,
    /// Correlation of left and right of the fold-down by column; `None` where a side is silent.
    pub correlation: Vec<Option<f64>>,
    /// Power of all channels by column and band in dB; low bands first.
    pub spectrogram: Vec<Vec<f64>>,
    /// What the stereo fold-down loses by cancellation in dB, and what the mono one does; 0 or below.
    pub fold_stereo_db: Option<f64>,
    /// As above, to mono.
    pub fold_mono_db: Option<f64>,
}

/// Frames of a spectrum: bins of 5.9 Hz at 48 kHz.
const LENGTH: usize = 8192;

/// Reads `source` to its end. `sides` says how much of each channel goes left and right in the fold-down.
///
/// # Errors
/// The file cannot be read; [`Error::Interrupted`].
///
/// # Panics
/// If `sides` has not one entry for each channel.
pub fn file_course(
    source: &mut dyn AudioSource,
    sides: &[(f64, f64)],
    watch: &mut dyn FnMut(Frames) -> bool,
) -> Result<FileCourse> {
    let facts = source.facts().clone();
    let channels = facts.channels;
    assert_eq!(sides.len(), channels, "one entry for each channel");
    let (count, width) = columns(facts.frames.0);
    let mut powers = vec![vec![0.0_f64; count]; channels];
    let mut stereo = vec![[0.0_f64; 3]; count];
    let mut kept = 0.0;
    let mut picture = Spectrogram::new(facts.sample_rate, channels, count, width);
    let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
    let mut block = Block::new(channels, QUANTUM);
    let mut at = 0_u64;
    loop {
        block.set_frames(QUANTUM);
        let read = source.read(&mut block, &rows)?;
        if read == 0 {
            break;
        }
        block.set_frames(read);
        for n in 0..read {
            let column = (((at + n as u64) / width) as usize).min(count - 1);
            let (mut left, mut right) = (0.0, 0.0);
            for ((row, powers), (to_left, to_right)) in block.rows().zip(&mut powers).zip(sides) {
                let sample = f64::from(row[n]);
                powers[column] += sample * sample;
                left += to_left * sample;
                right += to_right * sample;
                kept += sample * sample * (to_left * to_left + to_right * to_right);
            }
            let [ll, rr, lr] = &mut stereo[column];
            *ll += left * left;
            *rr += right * right;
            *lr += left * right;
        }
        picture.add(&block, at);
        at += read as u64;
        if !watch(Frames(at)) {
            return Err(Error::Interrupted);
        }
    }
    let ratio = |a: f64, b: f64| Some(10.0 * (a / b).log10()).filter(|db| db.is_finite());
    let all = stereo
        .iter()
        .fold([0.0; 3], |sum, part| [0, 1, 2].map(|n| sum[n] + part[n]));
    let whole: Vec<f64> = powers.iter().map(|powers| powers.iter().sum()).collect();
    Ok(FileCourse {
        seconds: facts.sample_rate.seconds_at(Frames(at)),
        channel_db: whole.iter().map(|power| level_db(*power, at)).collect(),
        levels_db: powers
            .into_iter()
            .map(|powers| {
                powers
                    .into_iter()
                    .map(|power| level_db(power, width))
                    .collect()
            })
            .collect(),
        correlation: stereo
            .iter()
            .map(|[ll, rr, lr]| {
                Some(lr / (ll * rr).sqrt()).filter(|correlation| correlation.is_finite())
            })
            .collect(),
        spectrogram: picture.finish(),
        fold_stereo_db: ratio(all[0] + all[1], kept),
        fold_mono_db: ratio((all[0] + all[1] + 2.0 * all[2]) / 2.0, all[0] + all[1]),
    })
}

/// Spectra of columns.
struct Spectrogram {
    rate: SampleRate,
    width: u64,
    transform: Transform,
    window: Vec<f64>,
    pending: Vec<Vec<f64>>,
    /// Frame at which the pending ones begin.
    at: u64,
    powers: Vec<Vec<f64>>,
    spectra: Vec<u32>,
}

impl Spectrogram {
    fn new(rate: SampleRate, channels: usize, count: usize, width: u64) -> Self {
        let phase = |n: usize| std::f64::consts::TAU * n as f64 / LENGTH as f64;
        Self {
            rate,
            width,
            transform: Transform::new(LENGTH),
            window: (0..LENGTH).map(|n| 0.5 - 0.5 * phase(n).cos()).collect(),
            pending: vec![Vec::new(); channels],
            at: 0,
            powers: vec![vec![0.0; SPECTRUM_BANDS]; count],
            spectra: vec![0; count],
        }
    }

    fn add(&mut self, block: &Block, at: u64) {
        for (pending, row) in self.pending.iter_mut().zip(block.rows()) {
            if pending.is_empty() {
                self.at = at;
            }
            pending.extend(row.iter().map(|sample| f64::from(*sample)));
        }
        while self
            .pending
            .first()
            .is_some_and(|pending| pending.len() >= LENGTH)
        {
            self.work_off();
        }
    }

    fn work_off(&mut self) {
        let middle = self.at + LENGTH as u64 / 2;
        let column = ((middle / self.width) as usize).min(self.powers.len() - 1);
        self.spectra[column] += 1;
        let bin_hz = f64::from(self.rate.0) / LENGTH as f64;
        for pending in &mut self.pending {
            for ((to, sample), weight) in self
                .transform
                .signal
                .iter_mut()
                .zip(&*pending)
                .zip(&self.window)
            {
                *to = sample * weight;
            }
            let step = LENGTH.min(pending.len());
            pending.drain(..step);
            if self.transform.signal.iter().all(|sample| *sample == 0.0) {
                continue;
            }
            self.transform.forward();
            let mut bins = self.transform.spectrum.iter().enumerate().skip(1);
            for (bin, value) in &mut bins {
                let band = (bin as f64 * bin_hz / LOWEST_HZ).log2() * BANDS_AN_OCTAVE + 0.5;
                if band >= 0.0 && (band as usize) < SPECTRUM_BANDS {
                    self.powers[column][band as usize] += value.norm_sqr();
                }
            }
        }
        self.at += LENGTH as u64;
    }

    /// Levels by column and band. A column without a spectrum of its own has that of the one before it, a band
    /// without a bin that of the one below it.
    fn finish(mut self) -> Vec<Vec<f64>> {
        if let Some(longest) = self
            .pending
            .iter()
            .map(Vec::len)
            .max()
            .filter(|length| *length > LENGTH / 4)
        {
            debug_assert!(longest < LENGTH);
            for pending in &mut self.pending {
                pending.resize(LENGTH, 0.0);
            }
            self.work_off();
        }
        let scale = 4.0 / (LENGTH as f64).powi(2);
        let mut last = vec![-200.0; SPECTRUM_BANDS];
        let mut columns = Vec::with_capacity(self.powers.len());
        for (powers, &spectra) in self.powers.iter().zip(&self.spectra) {
            if spectra > 0 {
                let mut below = -200.0;
                for (band, (level, power)) in last.iter_mut().zip(powers).enumerate() {
                    let db = 10.0 * (power * scale / f64::from(spectra)).log10();
                    let hz = LOWEST_HZ * (band as f64 / BANDS_AN_OCTAVE).exp2();
                    // Low bands are narrower than a bin.
                    let is_narrow = hz * 0.087 < f64::from(self.rate.0) / LENGTH as f64;
                    *level = if db.is_finite() {
                        db
                    } else if is_narrow {
                        below
                    } else {
                        -200.0
                    };
                    below = *level;
                }
            }
            columns.push(last.clone());
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Position;
    use crate::scene::{ObjectState, Ramp, StaticBlock};

    #[test]
    fn columns_cover_every_frame_once() {
        for frames in [0, 1, 239, 240, 241, 48_000, 1_000_003] {
            let (count, width) = columns(frames);
            assert!(
                count <= COLUMNS && count as u64 * width >= frames,
                "{frames}"
            );
            assert!(
                frames == 0 || (count as u64 - 1) * width < frames,
                "{frames}"
            );
        }
    }

    #[test]
    fn an_object_is_followed_along_its_ramps() {
        struct Two(Vec<MetadataBlock>);
        impl crate::scene::BlockSource for Two {
            fn next_block(&mut self) -> Option<MetadataBlock> {
                self.0.pop()
            }
        }
        let block = |start: u64, frames: u64, x: f64| MetadataBlock {
            start: Frames(start),
            length: Some(Frames(frames)),
            ramp: Ramp::over(Frames(start), Frames(frames)),
            state: ObjectState::at(Position::Cartesian { x, y: 1.0, z: 0.0 }).into(),
        };
        let blocks = Two(vec![block(100, 100, 1.0), block(0, 100, -1.0)]);
        let course = follow(Object::new("A", 0, Box::new(blocks)), 25, 10);
        // Frame 155 lies 55 of 100 on the way from -1 to 1.
        let x = |column: usize| course.places[column].map(|place| place[0]);
        assert!((x(15).unwrap() - 0.1).abs() < 1e-9, "{:?}", x(15));
        assert_eq!((x(3), x(20)), (Some(-1.0), None));
        let still = StaticBlock::new(ObjectState::at(Position::Polar {
            azimuth: 90.0,
            elevation: 0.0,
            distance: 1.0,
        }));
        let course = follow(Object::new("B", 0, Box::new(still)), 3, 10);
        assert!((course.places[2].unwrap()[0] + 1.0).abs() < 1e-9);
    }
}

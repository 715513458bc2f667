//! The engine's promises: any length of block, parts of a song, no allocations.

use umbel::audio::Block;
use umbel::engine::Engine;
use umbel::geometry::Position;
use umbel::mix::Mixer;
use umbel::render::Target;
use umbel::render::binaural::{Headphones, Pose, PoseTrack, RoomChoice};
use umbel::scene::{
    BlockSource, Extent, HoaComponent, MetadataBlock, Normalization, Object, ObjectState, Ramp,
    RoomMode, SoundField, State, StaticBlock,
};
use umbel::units::Frames;

use super::{RATE, at, default_filters, noise, render};

/// A block every quantum, at the places that a function gives.
pub(crate) struct Path<F>(pub(crate) u64, pub(crate) F);

impl<F: Fn(u64) -> Position + Send> BlockSource for Path<F> {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        let start = Frames(self.0 * 1024);
        self.0 += 1;
        Some(MetadataBlock {
            start,
            length: None,
            ramp: Ramp::over(start, Frames(1024)),
            state: ObjectState::at((self.1)(self.0)).into(),
        })
    }
}

/// One of everything: points at rest and moving in every room, an extent, diffuse sound, a sound field, the
/// signal of an ear.
fn everything() -> Vec<Object> {
    let mut objects: Vec<Object> = (0..4)
        .map(|n| {
            let speed = 3.0 + 4.0 * n as f64;
            let path = Path(0, move |block| at(speed * block as f64, 10.0 * n as f64));
            let mut object = Object::new("moving", n, Box::new(path));
            object.headphones.room = Some(RoomMode::ALL[n]);
            object
        })
        .collect();
    let mut large = ObjectState::at(at(-70.0, 20.0));
    large.extent = Extent {
        width: 40.0,
        height: 20.0,
        depth: 0.0,
    };
    large.diffuse = 0.3;
    let mut object = Object::new("large", 4, Box::new(StaticBlock::new(large)));
    (object.spread, object.diffuse) = (true, true);
    objects.push(object);
    let field = std::sync::Arc::new(SoundField::full(1, Normalization::Sn3d));
    for component in 0..4 {
        let state = State::Hoa(HoaComponent {
            field: std::sync::Arc::clone(&field),
            component,
            gain: 0.5,
        });
        let mut object = Object::new("field", 5 + component, Box::new(StaticBlock::new(state)));
        object.sound_field = Some(std::sync::Arc::clone(&field));
        objects.push(object);
    }
    let ear = State::Binaural {
        left: true,
        gain: 1.0,
    };
    objects.push(Object::new("ear", 9, Box::new(StaticBlock::new(ear))));
    objects
}

fn headphones() -> Headphones {
    let poses = vec![(0.0, Pose::default()), (0.3, Pose::angles(25.0, 5.0, -3.0))];
    Headphones::new(default_filters(), RoomChoice::Own)
        .unwrap()
        .with_pose(PoseTrack::new(poses).unwrap())
}

fn feeds(frames: usize) -> Vec<Vec<f32>> {
    (0..10).map(|n| noise(frames, 7 + n)).collect()
}

#[test]
fn the_result_is_the_same_to_the_bit_for_every_length_of_block() {
    let run = |block| {
        let target = Target::Binaural(Box::new(headphones()));
        render(target, everything(), &feeds(7000), block, RATE)
    };
    let whole = run(7000);
    assert!(whole.iter().all(|ear| ear.iter().all(|x| x.is_finite())));
    for block in [1, 64, 333, 512, 1024, 4096] {
        let cut = run(block);
        for ear in 0..2 {
            let same = whole[ear].iter().zip(&cut[ear]);
            let differs = same
                .into_iter()
                .position(|(a, b)| a.to_bits() != b.to_bits());
            assert_eq!(differs, None, "blocks of {block}, ear {ear}");
        }
    }
}

#[test]
fn what_was_long_ago_is_heard_no_more() {
    const FRAMES: usize = 120_000;
    // Longer than the longest room rings.
    const LONG: usize = 60_000;
    let feeds = feeds(FRAMES);
    let engine = || {
        let target = Target::Binaural(Box::new(headphones()));
        let mixer = Mixer::new(Vec::new(), feeds.len(), RATE);
        Engine::new(mixer, everything(), vec![target], RATE)
    };
    let fill = |block: &mut Block, start: usize| {
        for (row, feed) in block.rows_mut().zip(&feeds) {
            row.copy_from_slice(&feed[start..start + row.len()]);
        }
    };
    let mut block = Block::new(feeds.len() + 1, 1000);
    let mut out = vec![Block::new(2, 1000)];
    block.set_frames(1000);
    let (mut whole, mut part) = (engine(), engine());
    let begin = FRAMES / 1000 * 1000 - 5000;
    let heard_from = begin - LONG;
    let mut expected = Vec::new();
    let mut found = Vec::new();
    for start in (0..FRAMES).step_by(1000) {
        fill(&mut block, start);
        whole.advance(&mut block, &mut out);
        if start >= begin {
            expected.extend_from_slice(out[0].row(1));
        }
        fill(&mut block, start);
        if start < heard_from {
            part.skip(&mut block);
            continue;
        }
        part.advance(&mut block, &mut out);
        if start >= begin {
            found.extend_from_slice(out[0].row(1));
        }
    }
    let worst = expected.iter().zip(&found).map(|(a, b)| (a - b).abs());
    let worst = worst.fold(0.0, f32::max);
    // What the rooms' feedback has not quite forgotten: to the bit only a part from the beginning is as in the whole.
    assert_eq!(whole.memory_frames(), usize::MAX);
    assert!(worst < 1e-6, "{worst}");
    assert!(expected.iter().any(|x| x.abs() > 0.01));
}

#[test]
fn nothing_is_allocated_while_it_plays() {
    let target = Target::Binaural(Box::new(headphones()));
    let mixer = Mixer::new(Vec::new(), 10, RATE);
    let mut engine = Engine::new(mixer, everything(), vec![target], RATE);
    let mut block = Block::new(11, 512);
    let mut out = vec![Block::new(2, 512)];
    block.set_frames(512);
    for row in block.rows_mut() {
        row.copy_from_slice(&noise(512, 3));
    }
    engine.advance(&mut block, &mut out);
    assert_no_alloc::assert_no_alloc(|| {
        for _ in 0..20 {
            engine.advance(&mut block, &mut out);
        }
    });
}

#[test]
fn what_was_made_for_two_ears_passes_unchanged() {
    let state = |left| State::Binaural { left, gain: 0.5 };
    let objects = [true, false].map(|left| {
        Object::new(
            "ear",
            usize::from(!left),
            Box::new(StaticBlock::new(state(left))),
        )
    });
    let feeds = [noise(3000, 1), noise(3000, 2)];
    let target = Target::Binaural(Box::new(headphones()));
    let heard = render(target, objects.into(), &feeds, 512, RATE);
    for ear in 0..2 {
        for (found, fed) in heard[ear].iter().zip(&feeds[ear]) {
            assert!((found - 0.5 * fed).abs() < 1e-7);
        }
    }
}

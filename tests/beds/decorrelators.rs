//! The decorrelators.

use umbel::audio::Block;
use umbel::dsp::Decorrelators;

#[test]
fn decorrelating_allocates_nothing() {
    let mut decorrelators = Decorrelators::new(&["M+030", "M-030", "M+000"]);
    let mut block = Block::new(3, 1000);
    block.set_frames(1000);
    for round in 0..10 {
        if round < 3 {
            block.row_mut(0).fill(0.5);
            block.row_mut(2).fill(-0.25);
        }
        assert_no_alloc::assert_no_alloc(|| decorrelators.process(&mut block, 0, 1000));
    }
}

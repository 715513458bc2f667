//! Runs the filters of an equaliser.

use super::band::{Filter, Part, Plan};
use super::keys::EqSettings;
use crate::audio::PassageMut;
use crate::dsp::lanes::{CHUNK, Cut, Lanes, chunks, gather, scatter};
use crate::dsp::svf::State;
use crate::effect::{Effect, Parameter, Setup};
use crate::units::Frames;

/// All filters, in a row, on every channel. Delays nothing.
#[derive(Debug)]
pub(super) struct Equaliser {
    filters: Vec<Filter>,
    plans: Vec<Plan>,
    parameters: Vec<Parameter>,
    /// Filter and part that each parameter moves.
    moved: Vec<(usize, Part)>,
    fours: Vec<Tank<4>>,
    pair: Option<Tank<2>>,
    single: Option<Tank<1>>,
    channels: usize,
    position: u64,
}

/// States of all sections for `L` neighbouring channels.
#[derive(Debug)]
struct Tank<const L: usize> {
    first: usize,
    states: Vec<State<L>>,
}

impl Equaliser {
    pub(super) fn new(settings: &EqSettings, setup: Setup) -> Self {
        let filters = Filter::of(settings, setup.rate);
        let (parameters, moved) = filters
            .iter()
            .enumerate()
            .flat_map(|(n, filter)| {
                let parameters = filter.parameters().into_iter();
                parameters.map(move |(parameter, part)| (parameter, (n, part)))
            })
            .unzip();
        let sections = filters.iter().map(Filter::sections).sum();
        let channels = setup.channels;
        let after_fours = channels / 4 * 4;
        let after_pair = channels / 2 * 2;
        Self {
            plans: vec![Plan::EMPTY; filters.len()],
            filters,
            parameters,
            moved,
            fours: (0..after_fours)
                .step_by(4)
                .map(|first| Tank::new(first, sections))
                .collect(),
            pair: (after_pair > after_fours).then(|| Tank::new(after_fours, sections)),
            single: (channels > after_pair).then(|| Tank::new(after_pair, sections)),
            channels,
            position: 0,
        }
    }
}

impl Effect for Equaliser {
    fn process(&mut self, sound: &mut PassageMut<'_>) {
        assert_eq!(sound.channels(), self.channels, "rows it was built for");
        pulp::Arch::new().dispatch(Run { eq: self, sound });
    }

    fn tail(&self) -> Frames {
        let longest = self.filters.iter().map(Filter::tail).fold(0.0, f64::max);
        Frames(longest.ceil() as u64)
    }

    fn reset(&mut self) {
        for filter in &mut self.filters {
            filter.arrive();
        }
        self.fours.iter_mut().for_each(Tank::reset);
        self.pair.iter_mut().for_each(Tank::reset);
        self.single.iter_mut().for_each(Tank::reset);
        self.position = 0;
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        let (filter, part) = self.moved[parameter];
        self.filters[filter].set(part, value, frames);
    }
}

/// The work on one passage. A named type rather than a closure, because only what is inlined into `call` is
/// compiled for the processor at hand.
struct Run<'a, 'b> {
    eq: &'a mut Equaliser,
    sound: &'a mut PassageMut<'b>,
}

impl pulp::NullaryFnOnce for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { eq, sound } = self;
        let frames = sound.frames();
        for cut in chunks(eq.position, frames) {
            for (filter, plan) in eq.filters.iter_mut().zip(&mut eq.plans) {
                filter.plan(cut.length, plan);
            }
            for tank in &mut eq.fours {
                tank.run(&eq.filters, &eq.plans, sound, cut);
            }
            if let Some(tank) = &mut eq.pair {
                tank.run(&eq.filters, &eq.plans, sound, cut);
            }
            if let Some(tank) = &mut eq.single {
                tank.run(&eq.filters, &eq.plans, sound, cut);
            }
        }
        eq.position += frames as u64;
    }
}

impl<const L: usize> Tank<L> {
    fn new(first: usize, sections: usize) -> Self {
        Self {
            first,
            states: vec![State::default(); sections],
        }
    }

    fn reset(&mut self) {
        self.states.fill(State::default());
    }

    #[inline(always)]
    fn run(&mut self, filters: &[Filter], plans: &[Plan], sound: &mut PassageMut<'_>, cut: Cut) {
        let mut lanes: Lanes<L> = [[0.0; L]; CHUNK];
        gather(sound, self.first, cut.offset, cut.length, &mut lanes);
        let lanes_of_cut = &mut lanes[..cut.length];
        if plans.iter().all(|plan| plan.stretches().is_empty()) {
            run_still(filters, &mut self.states, lanes_of_cut);
        } else {
            let mut states = self.states.as_mut_slice();
            for (filter, plan) in filters.iter().zip(plans) {
                let (own, others) = states.split_at_mut(filter.sections());
                for (section, state) in own.iter_mut().enumerate() {
                    run_section(filter, plan, section, state, lanes_of_cut);
                }
                states = others;
            }
        }
        if cut.ends {
            self.states.iter_mut().for_each(State::settle);
        }
        scatter(&lanes, sound, self.first, cut.offset, cut.length);
    }
}

/// All sections of all filters, none of which moves: two at a time, because each waits for itself from frame to
/// frame.
#[inline(always)]
fn run_still<const L: usize>(filters: &[Filter], states: &mut [State<L>], lanes: &mut [[f64; L]]) {
    let mut steps = filters.iter().flat_map(Filter::still);
    for states in states.chunks_mut(2) {
        match (states, steps.next(), steps.next()) {
            ([a, b], Some(first), Some(second)) => {
                for frame in lanes.iter_mut() {
                    first.run(frame, a);
                    second.run(frame, b);
                }
            }
            ([a], Some(step), _) => {
                for frame in lanes.iter_mut() {
                    step.run(frame, a);
                }
            }
            _ => {}
        }
    }
}

#[inline(always)]
fn run_section<const L: usize>(
    filter: &Filter,
    plan: &Plan,
    section: usize,
    state: &mut State<L>,
    lanes: &mut [[f64; L]],
) {
    let mut at = 0;
    for stretch in plan.stretches() {
        let (from, to) = (&stretch.from[section], &stretch.to[section]);
        for (n, frame) in lanes[at..at + stretch.frames].iter_mut().enumerate() {
            let share = (stretch.done + n as u64) as f64 / stretch.of as f64;
            from.toward(to, share).step().run(frame, state);
        }
        at += stretch.frames;
    }
    let step = filter.still()[section];
    for frame in &mut lanes[at..] {
        step.run(frame, state);
    }
}

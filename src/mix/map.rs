//! The places of a desk and what they hear.

use super::desk::{AuxSend, Desk, Group, Lane, Place};
use super::fault::DeskFault;
use super::{GainCurve, order};
use crate::effect::Settings;

/// The places of a desk and what they hear.
pub(super) struct Map<'a> {
    pub(super) desk: &'a Desk,
    pub(super) places: Vec<Place>,
}

impl<'a> Map<'a> {
    pub(super) fn of(desk: &'a Desk) -> Self {
        let places = (0..desk.strips.len())
            .map(Place::Strip)
            .chain((0..desk.groups.len()).map(Place::Group))
            .chain((0..desk.returns.len()).map(Place::Return))
            .chain([Place::Master])
            .collect();
        Self { desk, places }
    }

    pub(super) fn number(&self, place: Place) -> usize {
        let (strips, groups) = (self.desk.strips.len(), self.desk.groups.len());
        match place {
            Place::Strip(i) => i,
            Place::Group(i) => strips + i,
            Place::Return(i) => strips + groups + i,
            Place::Master => strips + groups + self.desk.returns.len(),
        }
    }

    pub(super) fn name(&self, place: Place) -> &'a str {
        match place {
            Place::Strip(i) => &self.desk.strips[i].name,
            Place::Group(i) => &self.desk.groups[i].name,
            Place::Return(i) => &self.desk.returns[i].name,
            Place::Master => "master",
        }
    }

    pub(super) fn chain(&self, place: Place) -> (&'a [Settings], &'a [Lane]) {
        let desk = self.desk;
        let lanes = match place {
            Place::Strip(i) => &desk.strips[i].lanes,
            Place::Group(i) => &desk.groups[i].lanes,
            Place::Return(i) => &desk.returns[i].lanes,
            Place::Master => &desk.master.lanes,
        };
        (desk.chain_of(place), lanes)
    }

    fn sends(&self, place: Place) -> &'a [AuxSend] {
        match place {
            Place::Strip(i) => &self.desk.strips[i].sends,
            Place::Group(i) => &self.desk.groups[i].sends,
            Place::Return(i) => &self.desk.returns[i].sends,
            Place::Master => &[],
        }
    }

    pub(super) fn faders(&self, place: Place) -> (Option<&'a GainCurve>, &'a [GainCurve]) {
        let desk = self.desk;
        match place {
            Place::Strip(i) => (desk.strips[i].mute.as_ref(), &desk.strips[i].gains),
            Place::Group(i) => (desk.groups[i].mute.as_ref(), &desk.groups[i].gains),
            Place::Return(i) => (desk.returns[i].mute.as_ref(), &desk.returns[i].gains),
            Place::Master => (None, &desk.master.gains),
        }
    }

    /// The group a strip is a member of.
    fn group_of(&self, strip: usize) -> Option<usize> {
        let has = |group: &Group| group.members.contains(&strip);
        self.desk.groups.iter().position(has)
    }

    /// The nodes whose outputs a group or the master carries on.
    pub(super) fn members(&self, place: Place) -> Vec<Place> {
        match place {
            Place::Group(i) => {
                let members = &self.desk.groups[i].members;
                members.iter().map(|&strip| Place::Strip(strip)).collect()
            }
            Place::Master => {
                let alone = |place: &Place| match *place {
                    Place::Strip(i) => self.group_of(i).is_none(),
                    Place::Group(_) | Place::Return(_) => true,
                    Place::Master => false,
                };
                self.places.iter().copied().filter(alone).collect()
            }
            Place::Strip(_) | Place::Return(_) => Vec::new(),
        }
    }

    /// The places that send to a return, each with its send.
    pub(super) fn senders(&self, place: Place) -> Vec<(Place, &'a AuxSend)> {
        let Place::Return(to) = place else {
            return Vec::new();
        };
        let of = |&from: &Place| self.sends(from).iter().map(move |send| (from, send));
        let all = self.places.iter().flat_map(of);
        all.filter(|(_, send)| send.to == to).collect()
    }

    /// The strip or group that a key names; a strip goes first.
    pub(super) fn keyed_by(&self, name: &str) -> Option<Place> {
        let called = |place: &&Place| {
            matches!(place, Place::Strip(_) | Place::Group(_)) && self.name(**place) == name
        };
        self.places.iter().find(called).copied()
    }

    /// Rows of the feeds that a place's output is.
    pub(super) fn rows(&self, place: Place) -> Vec<usize> {
        match place {
            Place::Strip(i) => self.desk.strips[i].feeds.clone().collect(),
            Place::Return(i) => self.desk.returns[i].feeds.clone().collect(),
            Place::Group(_) | Place::Master => {
                let members = self.members(place).into_iter();
                members.flat_map(|member| self.rows(member)).collect()
            }
        }
    }

    /// The places that a place waits for.
    fn needs(&self, place: Place) -> Result<Vec<Place>, DeskFault> {
        let mut needs = self.members(place);
        needs.extend(self.senders(place).into_iter().map(|(from, _)| from));
        for settings in self.chain(place).0 {
            let Some(key) = settings.key().filter(|_| !settings.is_bypassed()) else {
                continue;
            };
            let source = self.keyed_by(key.from());
            needs.push(source.ok_or_else(|| DeskFault::UnknownKey {
                at: self.name(place).to_owned(),
                key: key.from().to_owned(),
            })?);
        }
        Ok(needs)
    }

    /// The places in order of work, in levels.
    pub(super) fn levels(&self) -> Result<Vec<Vec<Place>>, DeskFault> {
        let needs = self
            .places
            .iter()
            .map(|&place| {
                let needs = self.needs(place)?;
                Ok(needs.into_iter().map(|other| self.number(other)).collect())
            })
            .collect::<Result<Vec<Vec<usize>>, DeskFault>>()?;
        let sorted = order::levels(self.places.len(), |node| needs[node].clone());
        let place = |number: usize| self.places[number];
        sorted
            .map(|levels| {
                let level = |level: Vec<usize>| level.into_iter().map(place).collect();
                levels.into_iter().map(level).collect()
            })
            .map_err(|ring| {
                let name = |number| self.name(place(number)).to_owned();
                DeskFault::Loop(ring.into_iter().map(name).collect())
            })
    }
}

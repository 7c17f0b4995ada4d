//! Which node surely comes before which, in room that grows with the plan and
//! not with its square.
//!
//! The nodes are laid out on *chains*: on a chain each node comes after the one
//! before it. So what comes before a node is, on each chain, everything up to
//! some place. Steps that follow each other share what they know of the other
//! chains; only where branches join is something new written down. This is the
//! chain decomposition of H. V. Jagadish, "A compression technique to
//! materialize transitive closure", ACM TODS 15(4), 1990.

use std::sync::Arc;

use crate::plan::NodeId;

/// How many chains are tried before a new one begins, and how many are kept
/// apart from those of the last join. More would make fewer chains, but a plan
/// of many wide blocks would take long.
const MOST_TRIED: usize = 64;

/// A place on a chain: that node and all before it on its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    chain: u32,
    at: u32,
}

/// What comes before a node, apart from its own chain.
#[derive(Debug, Clone, Default)]
struct Known {
    /// By chain, each once.
    joined: Arc<Vec<Place>>,
    /// What came on top since the last join.
    since: Arc<Vec<Place>>,
}

/// For each node, what is surely done when it starts.
#[derive(Debug, Default)]
pub struct Before {
    places: Vec<Place>,
    known: Vec<Known>,
}

impl Before {
    /// `needs`: by node, what it needs. `order`: all nodes, each after those
    /// that it needs.
    pub fn new(needs: &[&[NodeId]], order: impl Iterator<Item = NodeId>) -> Before {
        let nowhere = Place { chain: 0, at: 0 };
        let mut before = Before {
            places: vec![nowhere; needs.len()],
            known: vec![Known::default(); needs.len()],
        };
        // By chain, how many nodes are on it.
        let mut lengths: Vec<u32> = Vec::new();
        for node in order {
            let needs = needs[node.index()];
            let place = before.choose_place(needs, &mut lengths);
            before.known[node.index()] = before.learn(needs, place);
            before.places[node.index()] = place;
        }
        before
    }

    /// Nothing is known of the order of an empty plan, or of one with a cycle.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub fn is_before(&self, first: NodeId, second: NodeId) -> bool {
        match (
            self.places.get(first.index()),
            self.places.get(second.index()),
        ) {
            (Some(first), Some(place)) if first.chain == place.chain => first.at < place.at,
            (Some(first), Some(_)) => self.known[second.index()].holds(*first),
            (None, _) | (_, None) => false,
        }
    }

    /// The end of a chain whose last node comes before this one, or a chain of
    /// its own.
    fn choose_place(&self, needs: &[NodeId], lengths: &mut Vec<u32>) -> Place {
        let direct = needs.iter().map(|need| self.places[need.index()]);
        let indirect = needs
            .iter()
            .flat_map(|need| self.known[need.index()].places());
        let is_last = |place: &Place| lengths[place.chain as usize] == place.at + 1;
        let last = direct.chain(indirect.take(MOST_TRIED)).find(is_last);
        let chain = last.map_or(lengths.len(), |place| place.chain as usize);
        if chain == lengths.len() {
            lengths.push(0);
        }
        let at = lengths[chain];
        lengths[chain] += 1;
        Place {
            chain: u32::try_from(chain).unwrap_or(u32::MAX),
            at,
        }
    }

    /// What comes before a node at this place that needs these.
    fn learn(&self, needs: &[NodeId], place: Place) -> Known {
        let nearest = needs.iter().find(|one| {
            needs
                .iter()
                .all(|it| it == *one || self.is_before(*it, **one))
        });
        match nearest {
            Some(one) if self.known[one.index()].since.len() < MOST_TRIED => {
                self.known[one.index()].with(self.places[one.index()], place)
            }
            Some(_) | None => self.join(needs, place),
        }
    }

    fn join(&self, needs: &[NodeId], place: Place) -> Known {
        let mut all: Vec<Place> = needs
            .iter()
            .flat_map(|need| {
                let known = self.known[need.index()].places();
                known.chain([self.places[need.index()]])
            })
            .filter(|it| it.chain != place.chain)
            .collect();
        all.sort_unstable_by_key(|it| (it.chain, std::cmp::Reverse(it.at)));
        all.dedup_by_key(|it| it.chain);
        Known {
            joined: Arc::new(all),
            since: Arc::default(),
        }
    }
}

impl Known {
    fn places(&self) -> impl Iterator<Item = Place> {
        self.since.iter().chain(self.joined.iter()).copied()
    }

    /// What is known behind a node at `passed`, by the one at `place`.
    fn with(&self, passed: Place, place: Place) -> Known {
        if passed.chain == place.chain {
            return self.clone();
        }
        let mut since: Vec<Place> = self
            .since
            .iter()
            .filter(|it| it.chain != passed.chain)
            .copied()
            .collect();
        since.push(passed);
        Known {
            joined: self.joined.clone(),
            since: Arc::new(since),
        }
    }

    fn holds(&self, place: Place) -> bool {
        let joined = self
            .joined
            .binary_search_by_key(&place.chain, |it| it.chain);
        let joined = joined.ok().map(|at| self.joined[at]);
        let since = self.since.iter().find(|it| it.chain == place.chain);
        joined.iter().chain(since).any(|known| place.at <= known.at)
    }
}

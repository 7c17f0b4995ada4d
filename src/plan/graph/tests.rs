use proptest::prelude::*;

use super::before::Before;
use crate::plan::NodeId;

/// What each of so many nodes needs: any of those in front of it.
fn needs() -> impl Strategy<Value = Vec<Vec<NodeId>>> {
    prop::collection::vec(
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        1..120,
    )
    .prop_map(|nodes| {
        let among = |at: usize, picks: Vec<prop::sample::Index>| {
            let near = at.min(12);
            let pick = |it: prop::sample::Index| at - 1 - it.index(near);
            let mut needs: Vec<NodeId> = picks
                .into_iter()
                .filter(|_| at > 0)
                .map(|it| NodeId(u32::try_from(pick(it)).expect("few")))
                .collect();
            needs.sort_unstable();
            needs.dedup();
            needs
        };
        let nodes = nodes.into_iter().enumerate();
        nodes.map(|(at, picks)| among(at, picks)).collect()
    })
}

fn ids(count: usize) -> impl Iterator<Item = NodeId> {
    (0..u32::try_from(count).expect("few")).map(NodeId)
}

/// By node, all that come before it, found the simple way.
fn all_before(needs: &[Vec<NodeId>]) -> Vec<Vec<bool>> {
    let mut all: Vec<Vec<bool>> = Vec::new();
    for mine in needs {
        let mut before = vec![false; needs.len()];
        for need in mine {
            before[need.index()] = true;
            let theirs = &all[need.index()];
            before.iter_mut().zip(theirs).for_each(|(a, b)| *a |= b);
        }
        all.push(before);
    }
    all
}

fn agrees(needs: &[Vec<NodeId>]) {
    let slices: Vec<&[NodeId]> = needs.iter().map(Vec::as_slice).collect();
    let before = Before::new(&slices, ids(needs.len()));
    let expected = all_before(needs);
    for second in ids(needs.len()) {
        for first in ids(needs.len()) {
            assert_eq!(
                before.is_before(first, second),
                expected[second.index()][first.index()],
                "{first:?} before {second:?} in {needs:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn what_comes_before_is_what_can_be_reached(needs in needs()) {
        agrees(&needs);
    }
}

/// Branches that join again and again, and a comb whose teeth never do.
#[test]
fn wide_and_long_plans_are_no_exception() {
    let mut blocks: Vec<Vec<NodeId>> = vec![Vec::new()];
    for _ in 0..5 {
        let open = NodeId(u32::try_from(blocks.len() - 1).expect("few"));
        let branches: Vec<NodeId> = (1..=100).map(|it| NodeId(open.0 + it)).collect();
        blocks.extend(branches.iter().map(|_| vec![open]));
        blocks.push(branches);
    }
    agrees(&blocks);
    let comb: Vec<Vec<NodeId>> = (0..400_u32)
        .map(|at| match at {
            0 => Vec::new(),
            // A tooth, and after it the next part of the back.
            odd if odd % 2 == 1 => vec![NodeId(odd - 1)],
            even => vec![NodeId(even - 2)],
        })
        .collect();
    agrees(&comb);
}

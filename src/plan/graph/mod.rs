//! Questions about the order of a plan, answered once for all who ask.

mod before;
#[cfg(test)]
mod tests;

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::plan::{NodeId, Plan};
use before::Before;

/// The order of a plan: which node surely comes after which.
#[derive(Debug)]
pub struct Graph {
    graph: DiGraph<(), ()>,
    /// Empty where the order has a cycle.
    before: Before,
}

impl Graph {
    pub fn new(plan: &Plan) -> Graph {
        let mut graph = DiGraph::with_capacity(plan.nodes.len(), plan.nodes.len());
        for _ in &plan.nodes {
            graph.add_node(());
        }
        for (at, node) in plan.nodes.iter().enumerate() {
            for need in &node.needs {
                graph.add_edge(NodeIndex::new(need.index()), NodeIndex::new(at), ());
            }
        }
        let before = match toposort(&graph, None) {
            Ok(order) => {
                let needs: Vec<&[NodeId]> = plan.nodes.iter().map(|it| &it.needs[..]).collect();
                Before::new(&needs, order.into_iter().map(node_id))
            }
            Err(_) => Before::default(),
        };
        Graph { graph, before }
    }

    /// The nodes of each cycle, in the order of the text. None in a plan that
    /// can run.
    pub fn cycles(&self) -> Vec<Vec<NodeId>> {
        let mut cycles: Vec<Vec<NodeId>> = kosaraju_scc(&self.graph)
            .into_iter()
            .filter(|group| group.len() > 1 || self.graph.contains_edge(group[0], group[0]))
            .map(|group| {
                let mut nodes: Vec<NodeId> = group.into_iter().map(node_id).collect();
                nodes.sort_unstable();
                nodes
            })
            .collect();
        cycles.sort();
        cycles
    }

    /// One way round a cycle, its first node again at the end.
    pub fn path_around(&self, cycle: &[NodeId]) -> Vec<NodeId> {
        let Some(first) = cycle.first() else {
            return Vec::new();
        };
        let start = NodeIndex::new(first.index());
        let mut came_from = vec![None; self.graph.node_count()];
        let mut todo = std::collections::VecDeque::from([start]);
        while let Some(at) = todo.pop_front() {
            for next in self.graph.neighbors(at) {
                if next == start {
                    let mut path = vec![*first];
                    let mut back = Some(at);
                    while let Some(node) = back {
                        path.push(node_id(node));
                        back = came_from[node.index()];
                    }
                    path.reverse();
                    path.push(*first);
                    path.dedup();
                    return path;
                }
                if came_from[next.index()].is_none() {
                    came_from[next.index()] = Some(at);
                    todo.push_back(next);
                }
            }
        }
        vec![*first]
    }

    pub fn has_cycle(&self) -> bool {
        self.before.is_empty() && self.graph.node_count() > 0
    }

    /// Whether `first` is surely done when `second` starts. False for all
    /// nodes of an order with a cycle.
    pub fn is_before(&self, first: NodeId, second: NodeId) -> bool {
        self.before.is_before(first, second)
    }

    /// Whether both may run at the same time.
    pub fn may_overlap(&self, one: NodeId, other: NodeId) -> bool {
        one != other && !self.is_before(one, other) && !self.is_before(other, one)
    }
}

fn node_id(index: NodeIndex) -> NodeId {
    NodeId(u32::try_from(index.index()).unwrap_or(u32::MAX))
}

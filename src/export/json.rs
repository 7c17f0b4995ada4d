//! A plan for other programs: one JSON document. Its schema is
//! `docs/plan.schema.json`, which a test holds against these types.

use serde::Serialize;

use super::outline::{Points, points};
use crate::plan::{Millis, NodeId, Plan};
use crate::simulate::outlook::{Return, Way, ways_back};

/// The version of the format. It grows when what a reader may rely on changes;
/// new fields are no such change.
const FORMAT: u32 = 1;

/// A plan, the order of it, and the ways back from its points.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(
    test,
    schemars(title = "A plan, as `runbook export --to json` writes it")
)]
struct Document<'p> {
    /// The version of this format.
    format: u32,
    /// Indices in `plan.nodes`, in the order in which a reader meets them:
    /// whatever a node needs stands before it.
    order: Vec<NodeId>,
    /// One for each point at which the way back changes; in a plan of very many
    /// steps, one for the end of each phase.
    ways_back: Vec<WayBack>,
    plan: &'p Plan,
}

/// What is done when the run turns back while a node runs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WayBack {
    from: NodeId,
    /// Done one after another; what stands in one list is done together.
    returns: Vec<Vec<Return>>,
    /// The longest that it may take, in milliseconds; absent where something has
    /// no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<Millis>,
    /// The points of no return that were passed: it leads back to them only.
    back_to: Vec<NodeId>,
    /// Steps that were begun and stay as they are.
    stays: Vec<NodeId>,
}

/// The document of a plan.
///
/// # Errors
/// A value cannot be written as JSON, which no plan of the checks has.
pub fn json(plan: &Plan) -> Result<String, serde_json::Error> {
    let Points { nodes, .. } = points(plan);
    let ways = ways_back(plan, &nodes).into_iter();
    let document = Document {
        format: FORMAT,
        order: super::in_order(plan),
        ways_back: nodes
            .into_iter()
            .zip(ways)
            .map(|(from, way)| written(plan, from, way))
            .collect(),
        plan,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn written(plan: &Plan, from: NodeId, way: Way) -> WayBack {
    WayBack {
        from,
        at_most: way.at_most(plan),
        returns: way.returns,
        back_to: way.back_to,
        stays: way.stays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `RUNBOOK_BLESS=1` writes the schema anew.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "tests read the documentation")]
    fn the_published_schema_is_that_of_the_types() {
        let schema = schemars::schema_for!(Document<'_>);
        let schema = serde_json::to_string_pretty(&schema).expect("it is JSON") + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.schema.json");
        if std::env::var_os("RUNBOOK_BLESS").is_some() {
            std::fs::write(path, &schema).expect("it can be written");
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            published == schema,
            "{path} is not what the types say: RUNBOOK_BLESS=1 writes it anew"
        );
    }
}

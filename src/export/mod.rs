//! A [`Plan`](crate::plan::Plan) as text for people and other programs, one
//! file a target. Nothing here decides anything: what stands in the plan is
//! written down.

pub mod comments;
pub mod dot;
pub mod json;
pub mod mermaid;
pub mod outline;
pub mod page;
mod picture;
pub mod sh;
pub mod svg;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod words;

pub use picture::in_order;

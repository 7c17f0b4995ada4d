//! A plan as a drawing that needs no other program: SVG.
//!
//! Every block is laid out by itself, what stands in it in rows: each row needs
//! something of the row above. A block is then one box in the block around it.

mod draw;
mod layout;

use super::picture::Picture;
use crate::plan::Plan;

/// The plan as an SVG document. Shapes, lines and words say what colours say.
pub fn svg(plan: &Plan) -> String {
    let picture = Picture::of(plan);
    let layout = layout::Layout::of(plan, &picture);
    draw::draw(&picture, &layout)
}

//! A plan as a drawing that needs no other program: SVG.
//!
//! Every block is laid out by itself, what stands in it in rows: each row needs
//! something of the row above. A block is then one box in the block around it.

mod draw;
mod layout;

use super::picture::Picture;
use crate::plan::Plan;

/// The plan as an SVG document.
pub fn svg(plan: &Plan) -> String {
    let namespace = "<svg xmlns=\"http://www.w3.org/2000/svg\" ";
    inline(plan).replacen("<svg ", namespace, 1)
}

/// The plan as a drawing within a page. Shapes, lines and words say what colours
/// say.
pub fn inline(plan: &Plan) -> String {
    let picture = Picture::of(plan);
    let layout = layout::Layout::of(plan, &picture);
    draw::draw(&picture, &layout)
}

//! Text to [`Ast`]. Total: any bytes give a tree, its comments and problems.

pub mod ast;

pub use ast::Ast;

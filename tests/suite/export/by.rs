//! What carries a run out.

use super::shells;

/// `exec`, or the script in some shell.
#[derive(Debug, Clone, Copy)]
pub enum By {
    Exec,
    Script(&'static [&'static str]),
}

/// `exec`, and a third of the shells.
pub fn all(number: usize) -> impl Iterator<Item = By> {
    std::iter::once(By::Exec).chain(shells::some(number).map(By::Script))
}

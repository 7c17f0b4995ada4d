//! Regular expressions: whether a text is one. Each is compiled only once, since
//! editors check a file at every letter.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::model::resolve::Resolver;
use crate::problem::{Code, Problem};
use crate::syntax::ast;

/// Those that are known to be good.
static GOOD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
/// More than any file has; a limit keeps a server that runs for weeks small.
const MOST: usize = 4_096;

impl Resolver<'_> {
    pub fn pattern(&mut self, text: &ast::Text) -> String {
        let pattern = self.plain_text(text);
        if let Some(why) = fault(&pattern) {
            let message = format!("this is no regular expression: {why}");
            self.report(Problem::new(Code::RB900, text.span, message));
        }
        pattern
    }
}

/// Why a text is no regular expression.
fn fault(pattern: &str) -> Option<String> {
    let mut good = GOOD.lock().unwrap_or_else(PoisonError::into_inner);
    if good.contains(pattern) {
        return None;
    }
    match regex::Regex::new(pattern) {
        Ok(_) => {
            if good.len() >= MOST {
                good.clear();
            }
            good.insert(pattern.to_owned());
            None
        }
        Err(error) => {
            let error = error.to_string();
            Some(error.lines().last().unwrap_or_default().trim().to_owned())
        }
    }
}

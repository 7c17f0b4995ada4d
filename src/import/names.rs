//! Names of the language, made of the words of a page.

use std::collections::BTreeSet;

/// Longer names are cut at a word.
const LONGEST: usize = 32;

/// Names given so far; none is given twice.
#[derive(Debug, Default)]
pub struct Names {
    given: BTreeSet<String>,
}

impl Names {
    /// A name made of these words; `otherwise` where they hold no letter.
    pub fn give(&mut self, words: &str, otherwise: &str) -> String {
        let base = match name(words) {
            name if name.is_empty() => otherwise.to_owned(),
            name => name,
        };
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let free = std::iter::once(base.clone())
            .chain(numbered)
            .find(|name| !self.given.contains(name));
        let name = free.unwrap_or(base);
        self.given.insert(name.clone());
        name
    }
}

/// Small letters, digits and `_`, beginning with a letter.
pub fn name(words: &str) -> String {
    let lower = words.to_lowercase().replace(['\'', '’', '`'], "");
    let parts = lower.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut name = String::new();
    for part in parts.filter(|it| !it.is_empty()) {
        let starts_badly = name.is_empty() && !part.starts_with(|it: char| it.is_ascii_lowercase());
        if starts_badly {
            continue;
        }
        if !name.is_empty() && name.len() + 1 + part.len() > LONGEST {
            break;
        }
        if !name.is_empty() {
            name.push('_');
        }
        name.extend(part.chars().take(LONGEST));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_words() {
        assert_eq!(
            name("2. Verify the staging environment!"),
            "verify_the_staging_environment"
        );
        assert_eq!(name("Don't panic – DB & cache"), "dont_panic_db_cache");
        assert_eq!(name("データ"), "");
        assert_eq!(name(&"a".repeat(99)).len(), LONGEST);
        let mut names = Names::default();
        assert_eq!(names.give("Deploy", "step"), "deploy");
        assert_eq!(names.give("deploy?", "step"), "deploy_2");
        assert_eq!(names.give("42", "step"), "step");
    }
}

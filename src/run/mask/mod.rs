//! Keeps secrets out of everything a run writes down or shows: each value, in
//! all the spellings it is likely to take, is replaced by [`TOKEN`].
//!
//! [`MaskStream`] works on a stream in pieces and gives the same result
//! however it is cut. It holds back only what could still become a secret, so
//! ordinary output is never late.

mod spellings;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use spellings::Spelling;

/// What stands in place of a secret.
pub const TOKEN: &[u8] = b"***";

/// In bytes. Shorter values would be found everywhere, and their masks would
/// tell where they stand.
pub const SHORTEST_SECRET: usize = 4;

/// All spellings of all secrets of a run.
#[derive(Default)]
pub struct Masks {
    /// In order, none twice.
    patterns: Vec<Spelling>,
    automaton: Option<AhoCorasick>,
    /// The length of the longest pattern.
    longest: usize,
}

/// Never shows a pattern.
impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masks")
            .field("patterns", &self.patterns.len())
            .finish_non_exhaustive()
    }
}

impl Masks {
    /// Masks for these values. Values under [`SHORTEST_SECRET`] bytes are the
    /// caller's to refuse; they are not masked.
    ///
    /// # Errors
    /// When they are too large to search for, in words.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Result<Masks, String> {
        let patterns = spellings::of_all(secrets);
        let Some(longest) = patterns.iter().map(|pattern| pattern.len()).max() else {
            return Ok(Masks::default());
        };
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            // The other kinds take many times the memory for long secrets.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns.iter().map(|pattern| pattern.as_slice()))
            .map_err(|error| format!("the secrets cannot be masked: {error}"))?;
        Ok(Masks {
            patterns,
            automaton: Some(automaton),
            longest,
        })
    }

    /// The text with every secret masked.
    pub fn text(&self, text: &str) -> String {
        let mut masked = Vec::with_capacity(text.len());
        let bytes = text.as_bytes();
        self.release(bytes, bytes.len(), 0, &mut masked);
        String::from_utf8_lossy(&masked).into_owned()
    }

    /// Where secrets stand: in order, those that overlap as one.
    fn spans(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        let Some(automaton) = &self.automaton else {
            return spans;
        };
        // Reported by where they end, so that only the last ones can overlap.
        for found in automaton.find_overlapping_iter(bytes) {
            let (mut start, end) = (found.start(), found.end());
            while let Some((earlier, _)) = spans.pop_if(|(_, before)| *before > start) {
                start = start.min(earlier);
            }
            spans.push((start, end));
        }
        spans
    }

    /// Adds the first `until` bytes to `shown`, masked; `covered` of them stand
    /// under a token shown before. Returns how many bytes behind `until` stand
    /// under a token shown now.
    fn release(
        &self,
        bytes: &[u8],
        until: usize,
        mut covered: usize,
        shown: &mut Vec<u8>,
    ) -> usize {
        for (start, end) in self.spans(bytes) {
            if start >= until {
                break;
            }
            if start >= covered {
                shown.extend_from_slice(&bytes[covered..start]);
                shown.extend_from_slice(TOKEN);
            }
            covered = covered.max(end);
        }
        shown.extend_from_slice(bytes.get(covered..until).unwrap_or_default());
        covered.saturating_sub(until)
    }

    /// From where on the bytes could be the beginning of a secret.
    fn open_end(&self, bytes: &[u8]) -> usize {
        let first = (bytes.len() + 1).saturating_sub(self.longest);
        (first..bytes.len())
            .find(|at| self.may_become_secret(&bytes[*at..]))
            .unwrap_or(bytes.len())
    }

    /// Whether some spelling begins with these bytes and goes on.
    fn may_become_secret(&self, beginning: &[u8]) -> bool {
        let next = self
            .patterns
            .partition_point(|pattern| pattern.as_slice() <= beginning);
        self.patterns
            .get(next)
            .is_some_and(|pattern| pattern.starts_with(beginning))
    }
}

/// Masks a stream in pieces. The result does not depend on how it is cut.
#[derive(Debug)]
pub struct MaskStream {
    masks: Arc<Masks>,
    /// What could still belong to a secret that is not whole yet.
    held: Vec<u8>,
    /// So many of the bytes held stand under a token that is shown already.
    covered: usize,
}

impl MaskStream {
    pub fn new(masks: Arc<Masks>) -> MaskStream {
        MaskStream {
            masks,
            held: Vec::new(),
            covered: 0,
        }
    }

    /// Takes in the next piece, and adds what is safe to `shown`.
    pub fn push(&mut self, piece: &[u8], shown: &mut Vec<u8>) {
        if self.masks.automaton.is_none() {
            shown.extend_from_slice(piece);
            return;
        }
        self.held.extend_from_slice(piece);
        self.release(self.masks.open_end(&self.held), shown);
    }

    /// The stream is at its end: adds all the rest to `shown`.
    pub fn finish(&mut self, shown: &mut Vec<u8>) {
        self.release(self.held.len(), shown);
    }

    fn release(&mut self, until: usize, shown: &mut Vec<u8>) {
        self.covered = self.masks.release(&self.held, until, self.covered, shown);
        self.held.drain(..until);
    }
}

//! Keeps secrets out of everything a run writes down or shows: each value, in
//! all the spellings it is likely to take, is replaced by `***`.

mod spellings;

use std::fmt;

use aho_corasick::AhoCorasick;
use zeroize::Zeroizing;

/// What stands in place of a secret.
pub const TOKEN: &[u8] = b"***";

/// Shorter values would be found everywhere and tell by their masking where
/// they stand.
pub const SHORTEST_SECRET: usize = 4;

/// All spellings of all secrets of a run.
#[derive(Default)]
pub struct Masks {
    automaton: Option<AhoCorasick>,
    longest: usize,
}

/// Never shows a pattern.
impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masks").finish_non_exhaustive()
    }
}

impl Masks {
    /// Masks for these values. Values under [`SHORTEST_SECRET`] bytes are the
    /// caller's to refuse; they are not masked.
    ///
    /// # Errors
    /// When they are too large to search for, in words.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Result<Masks, String> {
        let patterns: Vec<Zeroizing<Vec<u8>>> = secrets
            .into_iter()
            .flat_map(spellings::spellings)
            .filter(|pattern| pattern.len() >= SHORTEST_SECRET)
            .collect();
        let Some(longest) = patterns.iter().map(|pattern| pattern.len()).max() else {
            return Ok(Masks::default());
        };
        let automaton = AhoCorasick::new(patterns.iter().map(|pattern| pattern.as_slice()))
            .map_err(|error| format!("the secrets cannot be masked: {error}"))?;
        Ok(Masks {
            automaton: Some(automaton),
            longest,
        })
    }

    /// A text with every secret masked.
    pub fn text(&self, text: &str) -> String {
        if self.automaton.is_none() {
            return text.to_owned();
        }
        let mut stream = MaskStream::new(self);
        let mut masked = stream.push(text.as_bytes());
        masked.extend(stream.finish());
        String::from_utf8_lossy(&masked).into_owned()
    }

    /// Where secrets stand, those that touch or overlap as one.
    fn spans(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let mut found: Vec<(usize, usize)> = automaton
            .find_overlapping_iter(bytes)
            .map(|found| (found.start(), found.end()))
            .collect();
        found.sort_unstable();
        found
    }
}

/// Masks a stream in pieces. The result does not depend on how it is cut.
#[derive(Debug)]
pub struct MaskStream<'m> {
    masks: &'m Masks,
    /// What could still belong to a secret that is not whole yet.
    held: Vec<u8>,
    /// So many of the bytes held are under a token that is written already.
    covered: usize,
}

impl<'m> MaskStream<'m> {
    pub fn new(masks: &'m Masks) -> MaskStream<'m> {
        MaskStream {
            masks,
            held: Vec::new(),
            covered: 0,
        }
    }

    /// Takes in the next piece, and gives what is safe to show.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.masks.automaton.is_none() {
            return bytes.to_vec();
        }
        self.held.extend_from_slice(bytes);
        let safe = self
            .held
            .len()
            .saturating_sub(self.masks.longest.saturating_sub(1));
        self.release(safe)
    }

    /// The stream is at its end: all the rest.
    pub fn finish(&mut self) -> Vec<u8> {
        self.release(self.held.len())
    }

    /// Gives the first so many bytes, masked. Every secret that begins among
    /// them must be held whole.
    fn release(&mut self, until: usize) -> Vec<u8> {
        let mut shown = Vec::with_capacity(until);
        let mut covered = self.covered;
        let mut at = covered.min(until);
        for (start, end) in self.masks.spans(&self.held) {
            if start >= until {
                break;
            }
            if start >= covered {
                shown.extend_from_slice(&self.held[at..start]);
                shown.extend_from_slice(TOKEN);
            }
            covered = covered.max(end);
            at = covered.min(until);
        }
        shown.extend_from_slice(&self.held[at..until]);
        self.held.drain(..until);
        self.covered = covered.saturating_sub(until);
        shown
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked_in_pieces(masks: &Masks, text: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut stream = MaskStream::new(masks);
        let mut shown = Vec::new();
        let mut rest = text;
        for cut in cuts {
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            shown.extend(stream.push(piece));
            rest = after;
        }
        shown.extend(stream.push(rest));
        shown.extend(stream.finish());
        shown
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let masks = Masks::new([b"hunter2!".as_slice()]).unwrap_or_default();
        assert_eq!(masks.text("pw=hunter2! ok"), "pw=*** ok");
        assert_eq!(masks.text("hunter2!hunter2!"), "******");
        assert_eq!(masks.text("hunter2"), "hunter2");
        assert_eq!(masks.text("aHVudGVyMiE="), "***");
        assert_eq!(masks.text("hunter2%21"), "***");
        assert_eq!(masks.text("68756e7465723221"), "***");
    }

    #[test]
    fn no_secrets_change_nothing() {
        let masks = Masks::default();
        assert_eq!(masks.text("anything"), "anything");
    }

    proptest! {
        #[test]
        fn the_result_does_not_depend_on_the_cuts(
            text in "(abcab|abca|bcabc|[abcx]){0,20}",
            cuts in proptest::collection::vec(0..6_usize, 0..30),
        ) {
            let secrets = [b"abcab".as_slice(), b"bcabc".as_slice(), b"caca".as_slice()];
            let masks = Masks::new(secrets).unwrap_or_default();
            let whole = masked_in_pieces(&masks, text.as_bytes(), &[]);
            prop_assert_eq!(&masked_in_pieces(&masks, text.as_bytes(), &cuts), &whole);
            for secret in secrets {
                let shows = whole.windows(secret.len()).any(|window| window == secret);
                prop_assert!(!shows);
            }
        }
    }
}

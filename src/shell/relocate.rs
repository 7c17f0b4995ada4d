//! Moving what was found in a copy of a text to where it came from.

use std::ops::Range;

use super::Script;

impl Script {
    /// The same script with every range replaced by its `original`, and the
    /// indices of commands moved by `commands_before`.
    pub(super) fn relocated(
        mut self,
        original: &impl Fn(Range<usize>) -> Range<usize>,
        commands_before: usize,
    ) -> Self {
        let relocate = |range: &mut Range<usize>| *range = original(range.clone());
        for found in &mut self.uses {
            relocate(&mut found.range);
            found.in_word_of = found.in_word_of.map(|index| index + commands_before);
        }
        self.sets
            .iter_mut()
            .for_each(|set| relocate(&mut set.range));
        self.unsets
            .iter_mut()
            .for_each(|(_, range)| relocate(range));
        self.literal_mentions
            .iter_mut()
            .for_each(|(_, range)| relocate(range));
        self.faults
            .iter_mut()
            .for_each(|fault| relocate(&mut fault.range));
        for command in &mut self.commands {
            relocate(&mut command.range);
            command
                .words
                .iter_mut()
                .for_each(|word| relocate(&mut word.range));
            command
                .assignments
                .iter_mut()
                .for_each(|assignment| relocate(&mut assignment.range));
        }
        self
    }

    pub(super) fn append(&mut self, other: Self) {
        self.uses.extend(other.uses);
        self.sets.extend(other.sets);
        self.unsets.extend(other.unsets);
        self.commands.extend(other.commands);
        self.literal_mentions.extend(other.literal_mentions);
        self.faults.extend(other.faults);
    }
}

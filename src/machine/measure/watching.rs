//! One rule of a `watch`: fires when its condition has been true for a while.

use crate::machine::event::Reading;
use crate::machine::measure::{Readings, Verdict, evaluate};
use crate::plan::{Condition, Millis};

#[derive(Debug, Clone)]
pub struct WatchState {
    condition: Condition,
    lasting: Millis,
    /// Since when it has been true; missing data and errors begin anew.
    since: Option<Millis>,
    fired: bool,
}

impl WatchState {
    pub fn new(condition: Condition, lasting: Millis) -> WatchState {
        WatchState {
            condition,
            lasting,
            since: None,
            fired: false,
        }
    }

    /// Why it fires, if this sample makes it; it fires once.
    pub fn sampled(
        &mut self,
        now: Millis,
        readings: &[Reading],
        baseline: &Readings,
    ) -> Option<String> {
        let readings = Readings::new(readings);
        let (verdict, why) = evaluate(&self.condition, &readings, baseline);
        if verdict != Verdict::Pass || !readings.has_values() {
            self.since = None;
            return None;
        }
        let since = *self.since.get_or_insert(now);
        let fires = !self.fired && now.saturating_sub(since) >= self.lasting;
        self.fired |= fires;
        fires.then_some(why)
    }
}

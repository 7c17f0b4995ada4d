//! The run's clock: milliseconds since the run was opened. It never goes back,
//! whatever happens to the clock on the wall.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::plan::Millis;

/// The clock of one run.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Duration,
    /// What the clock showed then: a run that is resumed goes on where it was.
    offset: Millis,
    /// The wall's, in milliseconds since 1970, when the run was opened.
    opened_wall: i64,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Clock {
        Clock {
            began: since_boot(),
            offset: 0,
            opened_wall: wall_millis(),
        }
    }

    /// The clock of a run that was opened at a moment of the wall and whose
    /// last fact is known. Time passed while nobody drove it.
    pub fn go_on(opened_wall: i64, last: Millis) -> Clock {
        let passed = wall_millis().saturating_sub(opened_wall);
        let passed = Millis::try_from(passed).unwrap_or(0);
        Clock {
            began: since_boot(),
            offset: passed.max(last),
            opened_wall,
        }
    }

    pub fn now(&self) -> Millis {
        let passed = since_boot().saturating_sub(self.began);
        let passed = Millis::try_from(passed.as_millis()).unwrap_or(Millis::MAX);
        self.offset.saturating_add(passed)
    }

    /// How long until this clock shows a moment.
    pub fn until(&self, moment: Millis) -> Duration {
        Duration::from_millis(moment.saturating_sub(self.now()))
    }

    /// A moment of the wall, in milliseconds since 1970, on this clock.
    pub fn at_wall(&self, wall: i64) -> i64 {
        wall.saturating_sub(self.opened_wall)
    }
}

/// The time for which a machine sleeps is among it, as windows close meanwhile.
fn since_boot() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::try_from(now).unwrap_or_default()
}

/// Milliseconds since 1970 by the clock on the wall.
pub fn wall_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

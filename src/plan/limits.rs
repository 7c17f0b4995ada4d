//! How long the parts of a plan may take.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::plan::{Millis, Retry, Undo, UndoAttempt};

impl Undo {
    /// The longest it may take when each of its attempts is needed; `None`
    /// where one has no limit.
    pub fn at_most(&self) -> Option<Millis> {
        let attempts = self.attempts.iter().map(UndoAttempt::at_most);
        attempts.sum()
    }
}

impl UndoAttempt {
    fn at_most(&self) -> Option<Millis> {
        let tries = tried_at_most(self.task.timeout?, &self.retry);
        let verified = match &self.verify {
            Some(verify) => verify.timeout?,
            None => 0,
        };
        Some(tries.saturating_add(verified))
    }
}

/// The longest that something with a limit takes with all its retries.
pub fn tried_at_most(limit: Millis, retry: &Retry) -> Millis {
    match retry {
        Retry::Never => limit,
        Retry::Times {
            times,
            every,
            backoff,
        } => {
            let tries = limit.saturating_mul(u64::from(*times) + 1);
            tries.saturating_add(pauses(*times, *every, *backoff))
        }
        // The last try may begin as the time ends.
        Retry::Within { limit: all, .. } => all.saturating_add(limit),
    }
}

/// The pauses between so many retries, added up.
fn pauses(times: u32, every: Millis, backoff: Decimal) -> Millis {
    let mut pause = Decimal::from(every);
    let mut all = Decimal::ZERO;
    for _ in 0..times {
        let sum = all.checked_add(pause);
        let next = pause.checked_mul(backoff);
        let (Some(sum), Some(next)) = (sum, next) else {
            return Millis::MAX;
        };
        (all, pause) = (sum, next);
    }
    all.ceil().to_u64().unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_and_their_pauses_count() {
        let times = |times, backoff| Retry::Times {
            times,
            every: 1_000,
            backoff,
        };
        assert_eq!(tried_at_most(5_000, &Retry::Never), 5_000);
        assert_eq!(tried_at_most(5_000, &times(2, Decimal::ONE)), 17_000);
        assert_eq!(tried_at_most(5_000, &times(2, Decimal::TWO)), 18_000);
        let endless = times(u32::MAX, Decimal::TEN);
        assert_eq!(tried_at_most(1, &endless), Millis::MAX);
        let within = Retry::Within {
            limit: 60_000,
            every: 1_000,
        };
        assert_eq!(tried_at_most(5_000, &within), 65_000);
    }
}

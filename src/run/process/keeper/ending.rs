//! Which signals are due when: decided without a clock and without processes.

use std::time::{Duration, Instant};

use crate::run::process::record::Request;

/// What the command left in the background may take so long to end by itself…
const LINGERING: Duration = Duration::from_secs(2);
/// …so long once it was asked to…
const LEFT_BEHIND_GRACE: Duration = Duration::from_secs(2);
/// …and so long once it was forced to. What is there even then cannot be ended:
/// it belongs to another user, or hangs in the kernel.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nobody wants it to end.
    Running,
    /// The command has ended; what it left behind may end by itself.
    Lingering { until: Instant },
    /// TERM was sent.
    Asked { until: Instant },
    /// KILL is sent for as long as there is something to send it to.
    Forced { since: Instant },
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Nothing,
    /// Send TERM to all that did not get it yet.
    Ask,
    /// Send KILL to all.
    Force,
    /// Leave what is left: it cannot be ended.
    GiveUp,
}

/// The end of one command and of all it started.
#[derive(Debug)]
pub struct Ending {
    stage: Stage,
    /// When only what the command left behind was there, for the first time.
    command_ended: Option<Instant>,
    /// Something was left behind by a command that had not been asked to end.
    pub left_behind: bool,
}

impl Ending {
    pub fn new() -> Ending {
        Ending {
            stage: Stage::Running,
            command_ended: None,
            left_behind: false,
        }
    }

    /// Someone wants it to end. Requests only ever hasten it.
    pub fn request(&mut self, request: Request, now: Instant) {
        match (request, self.stage) {
            (_, Stage::Forced { .. }) => {}
            (Request::Kill, _) => self.stage = Stage::Forced { since: now },
            (Request::End(grace), Stage::Asked { until }) => {
                let until = until.min(after(now, grace));
                self.stage = Stage::Asked { until };
            }
            (Request::End(grace), Stage::Running | Stage::Lingering { .. }) => {
                let until = after(now, grace);
                self.stage = Stage::Asked { until };
            }
        }
    }

    /// The time now, and whether the command itself has ended; something of it
    /// is still there.
    pub fn advance(&mut self, now: Instant, command_has_ended: bool) -> Due {
        if command_has_ended {
            self.command_ended.get_or_insert(now);
        }
        match self.stage {
            Stage::Running if command_has_ended => {
                let until = after(now, LINGERING);
                self.stage = Stage::Lingering { until };
                Due::Nothing
            }
            Stage::Running => Due::Nothing,
            Stage::Lingering { until } if now >= until => {
                self.left_behind = true;
                let until = after(now, LEFT_BEHIND_GRACE);
                self.stage = Stage::Asked { until };
                Due::Ask
            }
            Stage::Lingering { .. } => Due::Nothing,
            Stage::Asked { until } if now >= until => {
                self.stage = Stage::Forced { since: now };
                Due::Force
            }
            Stage::Asked { .. } => Due::Ask,
            Stage::Forced { since } => match self.command_ended {
                Some(ended) if now >= after(since.max(ended), LAST_PATIENCE) => Due::GiveUp,
                // A command that cannot be ended is waited for: its end must
                // not be recorded before it comes.
                Some(_) | None => Due::Force,
            },
        }
    }

    /// Whether time alone brings anything.
    pub fn is_waiting(&self) -> bool {
        match self.stage {
            Stage::Running => false,
            Stage::Lingering { .. } | Stage::Asked { .. } | Stage::Forced { .. } => true,
        }
    }
}

/// A grace that no clock can hold is a long one.
fn after(now: Instant, time: Duration) -> Instant {
    const LONG: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    now + time.min(LONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_not_asked_to_end_goes_on() {
        let now = Instant::now();
        let mut ending = Ending::new();
        assert_eq!(ending.advance(now, false), Due::Nothing);
        assert_eq!(
            ending.advance(now + 1_000_000 * SECOND, false),
            Due::Nothing
        );
        assert!(!ending.is_waiting());
    }

    #[test]
    fn first_asked_then_forced() {
        let now = Instant::now();
        let mut ending = Ending::new();
        ending.request(Request::End(9 * SECOND), now);
        assert_eq!(ending.advance(now, false), Due::Ask);
        assert_eq!(ending.advance(now + 8 * SECOND, false), Due::Ask);
        assert_eq!(ending.advance(now + 9 * SECOND, false), Due::Force);
        assert_eq!(ending.advance(now + 1_000 * SECOND, false), Due::Force);
    }

    #[test]
    fn later_requests_only_hasten() {
        let now = Instant::now();
        let mut ending = Ending::new();
        ending.request(Request::End(9 * SECOND), now);
        ending.request(Request::End(99 * SECOND), now);
        ending.request(Request::End(2 * SECOND), now + SECOND);
        assert_eq!(ending.advance(now + 2 * SECOND, false), Due::Ask);
        assert_eq!(ending.advance(now + 3 * SECOND, false), Due::Force);
        let mut ending = Ending::new();
        ending.request(Request::Kill, now);
        ending.request(Request::End(9 * SECOND), now);
        assert_eq!(ending.advance(now, false), Due::Force);
        let mut ending = Ending::new();
        ending.request(Request::End(Duration::MAX), now);
        ending.request(Request::Kill, now);
        assert_eq!(ending.advance(now, false), Due::Force);
    }

    #[test]
    fn what_is_left_behind_is_ended() {
        let now = Instant::now();
        let mut ending = Ending::new();
        assert_eq!(ending.advance(now, true), Due::Nothing);
        assert!(ending.is_waiting() && !ending.left_behind);
        assert_eq!(ending.advance(now + SECOND, true), Due::Nothing);
        assert_eq!(ending.advance(now + 3 * SECOND, true), Due::Ask);
        assert!(ending.left_behind);
        assert_eq!(ending.advance(now + 6 * SECOND, true), Due::Force);
        assert_eq!(ending.advance(now + 12 * SECOND, true), Due::GiveUp);
    }

    #[test]
    fn a_command_that_cannot_be_ended_is_waited_for() {
        let now = Instant::now();
        let mut ending = Ending::new();
        ending.request(Request::Kill, now);
        assert_eq!(ending.advance(now + 99 * SECOND, false), Due::Force);
        // What it leaves behind gets its own time.
        assert_eq!(ending.advance(now + 99 * SECOND, true), Due::Force);
        assert_eq!(ending.advance(now + 105 * SECOND, true), Due::GiveUp);
    }
}

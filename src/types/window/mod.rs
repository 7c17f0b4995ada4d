//! Windows: when a release may go on, by the clock on the wall.
//!
//! A window goes by what a clock in its zone shows, and by nothing else. Hours
//! that the clock skips in spring do not exist; hours that it shows twice in
//! autumn count twice.
//!
//! The rules of the zones come with the program (jiff's bundled database,
//! about 210 KB of the binary), not from the machine: a window is open at the
//! same moments everywhere, on a server without zone files too, and to check a
//! file nothing outside the project is read. When a country changes its clocks
//! a new release of the program knows of it.

mod clock_change;
mod rules;
#[cfg(test)]
mod tests;

pub use clock_change::doubtful_time;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use rules::{Rule, Rules};

/// When a release may go on. What is denied is never allowed; without an
/// `allow` everything else is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Window {
    pub name: String,
    pub allow: Vec<WindowSpan>,
    pub deny: Vec<WindowSpan>,
}

/// A set of moments; every part that is given must fit. Hours over midnight
/// belong to the day on which they begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WindowSpan {
    /// Monday is 0. Empty: every day.
    pub days: Vec<u8>,
    /// First and last day, `2026-12-20`. Empty: all.
    pub dates: Vec<(String, String)>,
    /// Minutes since midnight; an end at or before the start is on the next
    /// day.
    pub hours: Option<(u16, u16)>,
    /// IANA name of the zone.
    pub zone: String,
    pub reason: Option<String>,
}

/// A window at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowState {
    pub open: bool,
    /// When that changes next, in milliseconds since 1970; `None`: never.
    pub changes_at: Option<i64>,
    /// Why it is closed, in words.
    pub reason: Option<String>,
}

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// So many days are searched for the next change: a year has every meeting of
/// weekdays and changed clocks.
const DAYS_SEARCHED: i32 = 400;
/// Days searched around the first and last days that rules name, however far
/// away: a week, and what zones and midnight add to it.
const DAYS_AROUND_DATES: (i32, i32) = (-2, 10);

/// Whether there is a zone of this IANA name. Case does not matter.
pub fn zone_exists(name: &str) -> bool {
    zone(name).is_some()
}

/// What a clock in a zone shows: `Fri 2026-11-27 17:20 in Europe/Berlin`.
/// `None` where the zone or the moment does not exist.
pub fn on_the_wall(at_ms: i64, zone_name: &str) -> Option<String> {
    let at = Timestamp::from_millisecond(at_ms).ok()?;
    let shown = zone(zone_name)?.to_datetime(at);
    Some(format!("{} in {zone_name}", shown.strftime("%a %F %H:%M")))
}

/// Whether a window is open at a moment, given in milliseconds since 1970. A
/// window that cannot be understood is closed for good, with the reason.
pub fn state(window: &Window, now_ms: i64) -> WindowState {
    match look(window, now_ms) {
        Ok(state) => state,
        Err(reason) => WindowState {
            open: false,
            changes_at: None,
            reason: Some(reason),
        },
    }
}

fn look(window: &Window, now_ms: i64) -> Result<WindowState, String> {
    let rules = Rules::read(window)?;
    let now = Timestamp::from_millisecond(now_ms)
        .map_err(|_out_of_range| "the clock shows a time that does not exist".to_owned())?;
    let reason = rules.closed_because(now);
    Ok(WindowState {
        open: reason.is_none(),
        changes_at: next_change(&rules, now).map(Timestamp::as_millisecond),
        reason,
    })
}

/// `Etc/Unknown` stands for no zone at all.
fn zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok().filter(|zone| !zone.is_unknown())
}

/// What a clock in a zone is ahead of UTC, in seconds: at one moment, and after
/// each of its changes up to another. Moments in seconds since 1970.
pub fn offsets(zone_name: &str, from: i64, to: i64) -> Option<(i32, Vec<(i64, i32)>)> {
    let zone = zone(zone_name)?;
    let begin = Timestamp::from_second(from).ok()?;
    let changes = zone
        .following(begin)
        .map(|it| (it.timestamp().as_second(), it.offset().seconds()))
        .take_while(|(at, _)| *at < to);
    Some((zone.to_offset(begin).seconds(), changes.collect()))
}

/// A day as the days since 1970.
pub fn day_number(text: &str) -> Option<i64> {
    let day: Date = text.parse().ok()?;
    let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    Some(midnight.as_second().div_euclid(86_400))
}

fn next_change(rules: &Rules<'_>, now: Timestamp) -> Option<Timestamp> {
    let open = rules.is_open(now);
    days_to_search(rules, now).into_iter().find_map(|day| {
        moments_of(rules, day)
            .into_iter()
            .find(|at| *at > now && rules.is_open(*at) != open)
    })
}

/// In the order of time, all by UTC.
fn days_to_search(rules: &Rules<'_>, now: Timestamp) -> BTreeSet<Date> {
    let today = TimeZone::UTC.to_datetime(now).date();
    let soon = (0..=DAYS_SEARCHED).filter_map(|days| today.checked_add(days.days()).ok());
    let (before, after) = DAYS_AROUND_DATES;
    let named = rules
        .named_days()
        .into_iter()
        .flat_map(|day| (before..=after).filter_map(move |days| day.checked_add(days.days()).ok()))
        .filter(|day| *day >= today);
    soon.chain(named).collect()
}

/// The moments of a day, by UTC, at which a window may open or close.
fn moments_of(rules: &Rules<'_>, day: Date) -> BTreeSet<Timestamp> {
    let midnight = |day: Date| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let (Some(begin), Some(end)) = (midnight(day), day.tomorrow().ok().and_then(midnight)) else {
        return BTreeSet::new();
    };
    // Somewhere it is still yesterday, or tomorrow already.
    let local_days = [day.yesterday(), Ok(day), day.tomorrow()];
    let mut moments = BTreeSet::new();
    for rule in rules.all() {
        for local_day in local_days.iter().flatten() {
            moments.extend(rule.edges_of(*local_day));
        }
        moments.extend(clock_changes(rule, begin, end));
    }
    moments.retain(|at| begin <= *at && *at < end);
    moments
}

fn clock_changes(rule: &Rule<'_>, begin: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let before = begin.checked_sub(1.second()).unwrap_or(begin);
    rule.zone
        .following(before)
        .map(|transition| transition.timestamp())
        .take_while(|at| *at < end)
        .collect()
}

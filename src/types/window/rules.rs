//! The rules of a window, read.

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::{Window, WindowSpan, zone};

const DAY: u16 = 24 * 60;

pub(super) struct Rules<'w> {
    allow: Vec<Rule<'w>>,
    deny: Vec<Rule<'w>>,
}

pub(super) struct Rule<'w> {
    span: &'w WindowSpan,
    dates: Vec<(Date, Date)>,
    pub zone: TimeZone,
}

impl<'w> Rules<'w> {
    /// # Errors
    /// What makes no sense, in words. The checks of a runbook find it before.
    pub fn read(window: &'w Window) -> Result<Rules<'w>, String> {
        let read = |spans: &'w [WindowSpan]| -> Result<Vec<Rule<'w>>, String> {
            spans.iter().map(Rule::read).collect()
        };
        if window.allow.is_empty() && window.deny.is_empty() {
            return Err(format!("window `{}` has no rules", window.name));
        }
        Ok(Rules {
            allow: read(&window.allow)?,
            deny: read(&window.deny)?,
        })
    }

    pub fn all(&self) -> impl Iterator<Item = &Rule<'w>> {
        self.allow.iter().chain(&self.deny)
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        let allowed = self.allow.is_empty() || self.allow.iter().any(|rule| rule.covers(at));
        allowed && !self.deny.iter().any(|rule| rule.covers(at))
    }

    pub fn closed_because(&self, at: Timestamp) -> Option<String> {
        if self.is_open(at) {
            return None;
        }
        if let Some(rule) = self.deny.iter().find(|rule| rule.covers(at)) {
            let otherwise = || format!("{} is denied", rule.shows(at));
            return Some(rule.span.reason.clone().unwrap_or_else(otherwise));
        }
        let shown = self.allow.first().map(|rule| rule.shows(at));
        Some(format!("{} is not in it", shown.unwrap_or_default()))
    }

    /// The days at which ranges of dates begin, and those after their ends.
    pub fn named_days(&self) -> Vec<Date> {
        self.all()
            .flat_map(|rule| &rule.dates)
            .flat_map(|(first, last)| [Some(*first), last.tomorrow().ok()])
            .flatten()
            .collect()
    }
}

impl<'w> Rule<'w> {
    fn read(span: &'w WindowSpan) -> Result<Rule<'w>, String> {
        let zone =
            zone(&span.zone).ok_or_else(|| format!("there is no time zone `{}`", span.zone))?;
        if let Some(day) = span.days.iter().find(|day| **day > 6) {
            return Err(format!("there is no day {day} of the week"));
        }
        if let Some((start, end)) = span.hours
            && (start >= DAY || end > DAY)
        {
            return Err(format!("minutes {start} to {end} are not in a day"));
        }
        let dates = span.dates.iter().map(|(first, last)| {
            let (first, last) = (date(first)?, date(last)?);
            if last < first {
                return Err(format!("{first}..{last} ends before it begins"));
            }
            Ok((first, last))
        });
        Ok(Rule {
            span,
            dates: dates.collect::<Result<_, _>>()?,
            zone,
        })
    }

    /// Whether what the clock shows at this moment is in it.
    fn covers(&self, at: Timestamp) -> bool {
        let shown = self.zone.to_datetime(at);
        let day = shown.date();
        let minute = minute_of(shown.time());
        let fits_yesterday = || day.yesterday().is_ok_and(|yesterday| self.fits(yesterday));
        match self.span.hours {
            None => self.fits(day),
            Some((start, end)) if start < end => start <= minute && minute < end && self.fits(day),
            Some((start, end)) => {
                (start <= minute && self.fits(day)) || (minute < end && fits_yesterday())
            }
        }
    }

    fn fits(&self, day: Date) -> bool {
        let weekday = day.weekday().to_monday_zero_offset();
        let weekday_fits = self.span.days.is_empty()
            || self
                .span
                .days
                .iter()
                .any(|one| i16::from(*one) == i16::from(weekday));
        let in_range = |(first, last): &(Date, Date)| *first <= day && day <= *last;
        weekday_fits && (self.dates.is_empty() || self.dates.iter().any(in_range))
    }

    /// Midnight and the hours of a day of the zone, as moments. An hour that
    /// is shown twice is two moments; one that is skipped is none that
    /// matters, since the change of the clock is looked at by itself.
    pub fn edges_of(&self, day: Date) -> Vec<Timestamp> {
        let (start, end) = self.span.hours.unwrap_or((0, 0));
        [0, start, end]
            .into_iter()
            .filter_map(|minute| {
                let minutes = SignedDuration::from_mins(i64::from(minute));
                day.at(0, 0, 0, 0).checked_add(minutes).ok()
            })
            .flat_map(|shown| {
                let offsets = match self.zone.to_ambiguous_timestamp(shown).offset() {
                    AmbiguousOffset::Unambiguous { offset } => vec![offset],
                    AmbiguousOffset::Gap { before, after }
                    | AmbiguousOffset::Fold { before, after } => vec![before, after],
                };
                offsets
                    .into_iter()
                    .filter_map(move |offset| offset.to_timestamp(shown).ok())
            })
            .collect()
    }

    fn shows(&self, at: Timestamp) -> String {
        let shown = self.zone.to_datetime(at).strftime("%a %F %H:%M");
        format!("{shown} in {}", self.span.zone)
    }
}

fn minute_of(time: Time) -> u16 {
    let minutes = i16::from(time.hour()) * 60 + i16::from(time.minute());
    u16::try_from(minutes).unwrap_or(0)
}

fn date(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_error| format!("there is no day `{text}`"))
}

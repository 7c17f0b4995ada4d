//! Hours that some days do not have, or have twice.

use jiff::civil::Date;
use jiff::tz::AmbiguousOffset;

use super::{WindowSpan, zone};

/// Changes of the clock are looked for from here on, for some years. Zones
/// change their clocks by the same rule each year.
const FROM_YEAR: i16 = 2026;
const CHANGES: usize = 12;

/// The first day on which the clock does not show, or shows twice, the time at
/// which a part of a window begins or ends: `02:30 on Sun 2027-03-28`, and
/// whether it is missing.
pub fn doubtful_time(span: &WindowSpan) -> Option<(String, bool)> {
    let (start, end) = span.hours?;
    let zone = zone(&span.zone)?;
    let begin = Date::new(FROM_YEAR, 1, 1).ok()?.at(0, 0, 0, 0);
    let begin = zone.to_timestamp(begin).ok()?;
    for change in zone.following(begin).take(CHANGES) {
        let shown = zone.to_datetime(change.timestamp());
        for minute in [start, end] {
            let day = shown.date();
            let (hour, minute) = (
                i8::try_from(minute / 60).ok()?,
                i8::try_from(minute % 60).ok()?,
            );
            if hour > 23 || !counts_on(span, day) {
                continue;
            }
            let time = day.at(hour, minute, 0, 0);
            let is_missing = match zone.to_ambiguous_timestamp(time).offset() {
                AmbiguousOffset::Unambiguous { .. } => continue,
                AmbiguousOffset::Gap { .. } => true,
                AmbiguousOffset::Fold { .. } => false,
            };
            return Some((time.strftime("%H:%M on %a %F").to_string(), is_missing));
        }
    }
    None
}

fn counts_on(span: &WindowSpan, day: Date) -> bool {
    let weekday = day.weekday().to_monday_zero_offset();
    span.days.is_empty()
        || span
            .days
            .iter()
            .any(|it| i16::from(*it) == i16::from(weekday))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(hours: (u16, u16), zone: &str, days: Vec<u8>) -> WindowSpan {
        WindowSpan {
            days,
            dates: Vec::new(),
            hours: Some(hours),
            zone: zone.to_owned(),
            reason: None,
        }
    }

    #[test]
    fn the_hour_of_the_change_is_found() {
        let found = doubtful_time(&span((150, 300), "Europe/Berlin", Vec::new()));
        assert_eq!(found, Some(("02:30 on Sun 2026-03-29".to_owned(), true)));
        let found = doubtful_time(&span((90, 300), "America/New_York", Vec::new()));
        assert_eq!(found, Some(("01:30 on Sun 2026-11-01".to_owned(), false)));
    }

    #[test]
    fn other_hours_days_and_zones_are_well() {
        for span in [
            span((540, 960), "Europe/Berlin", Vec::new()),
            span((150, 300), "Europe/Berlin", vec![0, 1]),
            span((150, 300), "UTC", Vec::new()),
        ] {
            assert_eq!(doubtful_time(&span), None);
        }
    }
}

//! Windows: days, dates, hours and zones, all decided when the file is read.

use crate::model::resolve::Resolver;
use crate::plan::{Window, WindowSpan};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, Date, Weekday, WindowRule};
use crate::types::window::zone_exists;

impl Resolver<'_> {
    pub fn window(&mut self, window: &ast::Window, span: Span) -> Option<Window> {
        let zone = self.zone_of_all(window);
        let mut resolved = Window {
            name: window.name.text.clone(),
            allow: Vec::new(),
            deny: Vec::new(),
        };
        let mut good = true;
        for rule in &window.rules {
            let (span, spans) = match rule {
                WindowRule::Allow(span) => (span, &mut resolved.allow),
                WindowRule::Deny(span) => (span, &mut resolved.deny),
                WindowRule::Bad => {
                    good = false;
                    continue;
                }
            };
            match self.window_span(span, zone.as_deref()) {
                Some(span) => spans.push(span),
                None => good = false,
            }
        }
        if good && resolved.allow.is_empty() && resolved.deny.is_empty() {
            let problem = Problem::new(Code::RB941, span, "a window needs a rule")
                .help("write `allow mon..thu 09:00..16:00 in \"UTC\"`");
            self.report(problem);
            return None;
        }
        good.then_some(resolved)
    }

    /// The zone a window's rules without one of their own share.
    fn zone_of_all(&mut self, window: &ast::Window) -> Option<String> {
        window.rules.iter().find_map(|rule| match rule {
            WindowRule::Allow(span) | WindowRule::Deny(span) => span.zone.as_ref()?.plain(),
            WindowRule::Bad => None,
        })
    }

    fn window_span(&mut self, span: &ast::WindowSpan, shared: Option<&str>) -> Option<WindowSpan> {
        let own = span.zone.as_ref().map(|zone| self.plain_text(zone));
        let Some(zone) = own.or_else(|| shared.map(str::to_owned)) else {
            let problem = Problem::new(Code::RB941, span.span, "a window needs a time zone")
                .label("09:00 where?")
                .help("add `in \"UTC\"`, or the zone of those who look on: `in \"Europe/Berlin\"`");
            self.report(problem);
            return None;
        };
        if !zone_exists(&zone) {
            let at = span.zone.as_ref().map_or(span.span, |zone| zone.span);
            let problem = Problem::new(Code::RB941, at, format!("there is no time zone `{zone}`"))
                .help("zones have names such as `UTC` or `Europe/Berlin`");
            self.report(problem);
            return None;
        }
        let days = span
            .days
            .iter()
            .flat_map(|(first, last)| days(*first, *last));
        let mut days: Vec<u8> = days.collect();
        days.sort_unstable();
        days.dedup();
        Some(WindowSpan {
            days,
            dates: span
                .dates
                .iter()
                .map(|(first, last)| (date(first), date(last)))
                .collect(),
            hours: span.hours,
            zone,
            reason: span.reason.as_ref().map(|reason| self.plain_text(reason)),
        })
    }
}

fn number(day: Weekday) -> u8 {
    match day {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

/// `fri..mon` goes over the end of the week.
fn days(first: Weekday, last: Weekday) -> Vec<u8> {
    let (first, last) = (number(first), number(last));
    let length = (last + 7 - first) % 7;
    (0..=length).map(|day| (first + day) % 7).collect()
}

fn date(date: &Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

use super::*;

const MONDAY_TO_THURSDAY: &[u8] = &[0, 1, 2, 3];

fn span(zone: &str) -> WindowSpan {
    WindowSpan {
        days: Vec::new(),
        dates: Vec::new(),
        hours: None,
        zone: zone.to_owned(),
        reason: None,
    }
}

fn hours(zone: &str, from: &str, to: &str) -> WindowSpan {
    let minutes = |text: &str| {
        let (hour, minute) = text.split_once(':').expect(text);
        hour.parse::<u16>().expect(text) * 60 + minute.parse::<u16>().expect(text)
    };
    WindowSpan {
        hours: Some((minutes(from), minutes(to))),
        ..span(zone)
    }
}

fn on(days: &[u8], span: WindowSpan) -> WindowSpan {
    WindowSpan {
        days: days.to_vec(),
        ..span
    }
}

fn dates(first: &str, last: &str, span: WindowSpan) -> WindowSpan {
    WindowSpan {
        dates: vec![(first.to_owned(), last.to_owned())],
        ..span
    }
}

fn window(allow: Vec<WindowSpan>, deny: Vec<WindowSpan>) -> Window {
    Window {
        name: "w".to_owned(),
        allow,
        deny,
    }
}

fn ms(text: &str) -> i64 {
    let at: Timestamp = text.parse().expect(text);
    at.as_millisecond()
}

fn text(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).expect("a moment");
    at.to_string()
}

/// Whether it is open at a moment, and until when.
#[track_caller]
fn check(window: &Window, at: &str, open: bool, until: &str) {
    let state = state(window, ms(at));
    assert_eq!(state.open, open, "at {at}: {state:?}");
    let until = Some(until)
        .filter(|until| *until != "never")
        .map(str::to_owned);
    assert_eq!(state.changes_at.map(text), until, "at {at}");
    assert_eq!(state.reason.is_none(), open, "at {at}");
}

#[test]
fn hours_on_days() {
    let release = window(
        vec![on(MONDAY_TO_THURSDAY, hours("UTC", "09:00", "16:00"))],
        vec![],
    );
    // 2026-11-26 is a Thursday.
    check(
        &release,
        "2026-11-26T08:59:59.999Z",
        false,
        "2026-11-26T09:00:00Z",
    );
    check(
        &release,
        "2026-11-26T09:00:00Z",
        true,
        "2026-11-26T16:00:00Z",
    );
    check(
        &release,
        "2026-11-26T15:59:59.999Z",
        true,
        "2026-11-26T16:00:00Z",
    );
    check(
        &release,
        "2026-11-26T16:00:00Z",
        false,
        "2026-11-30T09:00:00Z",
    );
    check(
        &release,
        "2026-11-28T12:00:00Z",
        false,
        "2026-11-30T09:00:00Z",
    );
    let reason = state(&release, ms("2026-11-28T12:00:00Z")).reason;
    assert_eq!(
        reason.as_deref(),
        Some("Sat 2026-11-28 12:00 in UTC is not in it")
    );
}

#[test]
fn what_is_denied_is_never_allowed() {
    let mut freeze = dates("2026-12-20", "2027-01-03", span("UTC"));
    freeze.reason = Some("year-end freeze".to_owned());
    let lunch = hours("UTC", "12:00", "13:00");
    let release = window(
        vec![on(MONDAY_TO_THURSDAY, hours("UTC", "09:00", "16:00"))],
        vec![lunch, freeze],
    );
    check(
        &release,
        "2026-12-17T11:00:00Z",
        true,
        "2026-12-17T12:00:00Z",
    );
    check(
        &release,
        "2026-12-17T12:30:00Z",
        false,
        "2026-12-17T13:00:00Z",
    );
    check(
        &release,
        "2026-12-17T17:00:00Z",
        false,
        "2027-01-04T09:00:00Z",
    );
    check(
        &release,
        "2026-12-22T10:00:00Z",
        false,
        "2027-01-04T09:00:00Z",
    );
    let reason = |at| state(&release, ms(at)).reason;
    assert_eq!(
        reason("2026-12-22T10:00:00Z").as_deref(),
        Some("year-end freeze")
    );
    let lunch = "Thu 2026-12-17 12:30 in UTC is denied";
    assert_eq!(reason("2026-12-17T12:30:00Z").as_deref(), Some(lunch));
}

#[test]
fn without_an_allow_everything_not_denied_is_open() {
    let no_fridays = window(vec![], vec![on(&[4], span("UTC"))]);
    check(
        &no_fridays,
        "2026-11-26T12:00:00Z",
        true,
        "2026-11-27T00:00:00Z",
    );
    check(
        &no_fridays,
        "2026-11-27T12:00:00Z",
        false,
        "2026-11-28T00:00:00Z",
    );
}

#[test]
fn hours_over_midnight_belong_to_the_day_they_begin_on() {
    // Friday night, to Saturday six in the morning.
    let night = window(vec![on(&[4], hours("UTC", "22:00", "06:00"))], vec![]);
    check(
        &night,
        "2026-11-27T05:00:00Z",
        false,
        "2026-11-27T22:00:00Z",
    );
    check(&night, "2026-11-27T23:00:00Z", true, "2026-11-28T06:00:00Z");
    check(&night, "2026-11-28T05:59:00Z", true, "2026-11-28T06:00:00Z");
    check(
        &night,
        "2026-11-28T22:30:00Z",
        false,
        "2026-12-04T22:00:00Z",
    );
    // The last day of a range of dates lasts to its night's end.
    let dated = window(
        vec![dates(
            "2026-11-27",
            "2026-11-27",
            hours("UTC", "22:00", "06:00"),
        )],
        vec![],
    );
    check(
        &dated,
        "2026-11-27T03:00:00Z",
        false,
        "2026-11-27T22:00:00Z",
    );
    check(&dated, "2026-11-28T03:00:00Z", true, "2026-11-28T06:00:00Z");
    check(&dated, "2026-11-28T06:00:00Z", false, "never");
}

#[test]
fn whole_days_and_midnight() {
    let every_hour = ["00:00", "09:00"].map(|start| hours("UTC", start, start));
    for always in every_hour
        .into_iter()
        .chain([hours("UTC", "00:00", "24:00"), span("UTC")])
    {
        check(
            &window(vec![always], vec![]),
            "2026-11-27T00:00:00Z",
            true,
            "never",
        );
    }
    let evening = window(vec![on(&[4], hours("UTC", "18:00", "24:00"))], vec![]);
    check(
        &evening,
        "2026-11-27T23:59:59Z",
        true,
        "2026-11-28T00:00:00Z",
    );
    check(
        &evening,
        "2026-11-28T00:00:00Z",
        false,
        "2026-12-04T18:00:00Z",
    );
    // A day from nine to nine, once a week.
    let day = window(vec![on(&[0], hours("UTC", "09:00", "09:00"))], vec![]);
    check(&day, "2026-11-30T09:00:00Z", true, "2026-12-01T09:00:00Z");
}

#[test]
fn spans_that_touch_are_one() {
    let touching = window(
        vec![
            hours("UTC", "09:00", "12:00"),
            hours("UTC", "12:00", "16:00"),
            hours("UTC", "15:00", "17:00"),
        ],
        vec![],
    );
    check(
        &touching,
        "2026-11-26T10:00:00Z",
        true,
        "2026-11-26T17:00:00Z",
    );
    // The same hours from two sides of the world.
    let follow = window(
        vec![
            hours("Europe/Berlin", "09:00", "18:00"),
            hours("America/New_York", "12:00", "18:00"),
        ],
        vec![],
    );
    check(
        &follow,
        "2026-11-26T10:00:00Z",
        true,
        "2026-11-26T23:00:00Z",
    );
}

#[test]
fn a_day_is_a_day_of_the_zone() {
    let monday = window(vec![on(&[0], span("Pacific/Kiritimati"))], vec![]);
    check(
        &monday,
        "2026-11-29T10:00:00Z",
        true,
        "2026-11-30T10:00:00Z",
    );
    let monday = window(vec![on(&[0], span("Pacific/Pago_Pago"))], vec![]);
    check(
        &monday,
        "2026-11-30T11:00:00Z",
        true,
        "2026-12-01T11:00:00Z",
    );
}

#[test]
fn berlin_loses_an_hour_in_spring() {
    // The clock goes from 02:00 to 03:00 at 01:00Z.
    let zone = "Europe/Berlin";
    let begins_in_it = window(vec![hours(zone, "02:30", "04:00")], vec![]);
    check(
        &begins_in_it,
        "2026-03-29T00:00:00Z",
        false,
        "2026-03-29T01:00:00Z",
    );
    check(
        &begins_in_it,
        "2026-03-29T01:00:00Z",
        true,
        "2026-03-29T02:00:00Z",
    );
    let ends_in_it = window(vec![hours(zone, "01:00", "02:30")], vec![]);
    check(
        &ends_in_it,
        "2026-03-29T00:30:00Z",
        true,
        "2026-03-29T01:00:00Z",
    );
    // All of it is skipped: it does not open that day.
    let inside = window(vec![hours(zone, "02:15", "02:45")], vec![]);
    check(
        &inside,
        "2026-03-29T00:30:00Z",
        false,
        "2026-03-30T00:15:00Z",
    );
    let around = window(vec![hours(zone, "01:00", "04:00")], vec![]);
    check(
        &around,
        "2026-03-29T00:00:00Z",
        true,
        "2026-03-29T02:00:00Z",
    );
    let night = window(vec![on(&[5], hours(zone, "22:00", "02:30"))], vec![]);
    check(&night, "2026-03-28T22:00:00Z", true, "2026-03-29T01:00:00Z");
}

#[test]
fn berlin_shows_an_hour_twice_in_autumn() {
    // The clock goes from 03:00 back to 02:00 at 01:00Z.
    let zone = "Europe/Berlin";
    let twice = window(vec![hours(zone, "02:15", "02:45")], vec![]);
    check(
        &twice,
        "2026-10-25T00:00:00Z",
        false,
        "2026-10-25T00:15:00Z",
    );
    check(&twice, "2026-10-25T00:15:00Z", true, "2026-10-25T00:45:00Z");
    check(
        &twice,
        "2026-10-25T00:45:00Z",
        false,
        "2026-10-25T01:15:00Z",
    );
    check(&twice, "2026-10-25T01:15:00Z", true, "2026-10-25T01:45:00Z");
    check(
        &twice,
        "2026-10-25T01:45:00Z",
        false,
        "2026-10-26T01:15:00Z",
    );
    // What opens at the hour that comes again is not interrupted by it.
    let opens = window(vec![hours(zone, "02:00", "04:00")], vec![]);
    check(&opens, "2026-10-25T00:00:00Z", true, "2026-10-25T03:00:00Z");
    // What closes within it opens again when the clock goes back.
    let closes = window(vec![on(&[5], hours(zone, "22:00", "02:30"))], vec![]);
    check(
        &closes,
        "2026-10-24T22:00:00Z",
        true,
        "2026-10-25T00:30:00Z",
    );
    check(
        &closes,
        "2026-10-25T00:30:00Z",
        false,
        "2026-10-25T01:00:00Z",
    );
    check(
        &closes,
        "2026-10-25T01:00:00Z",
        true,
        "2026-10-25T01:30:00Z",
    );
}

#[test]
fn new_york_keeps_its_hours_by_its_own_clock() {
    let office = window(
        vec![on(
            MONDAY_TO_THURSDAY,
            hours("America/New_York", "09:00", "16:00"),
        )],
        vec![],
    );
    // The Thursday before and the Monday after 2026-03-08.
    check(
        &office,
        "2026-03-05T14:00:00Z",
        true,
        "2026-03-05T21:00:00Z",
    );
    check(
        &office,
        "2026-03-05T21:00:00Z",
        false,
        "2026-03-09T13:00:00Z",
    );
    check(
        &office,
        "2026-03-09T13:00:00Z",
        true,
        "2026-03-09T20:00:00Z",
    );
    // And around 2026-11-01.
    check(
        &office,
        "2026-10-29T20:00:00Z",
        false,
        "2026-11-02T14:00:00Z",
    );
    let deny = window(vec![], vec![hours("America/New_York", "01:30", "02:00")]);
    check(&deny, "2026-11-01T05:00:00Z", true, "2026-11-01T05:30:00Z");
    check(&deny, "2026-11-01T05:45:00Z", false, "2026-11-01T06:00:00Z");
    check(&deny, "2026-11-01T06:00:00Z", true, "2026-11-01T06:30:00Z");
}

#[test]
fn lord_howe_moves_by_half_an_hour() {
    let zone = "Australia/Lord_Howe";
    // 02:00 back to 01:30 at 15:00Z.
    let autumn = window(vec![hours(zone, "01:30", "02:00")], vec![]);
    check(
        &autumn,
        "2026-04-04T14:30:00Z",
        true,
        "2026-04-04T15:30:00Z",
    );
    let quarter = window(vec![hours(zone, "01:30", "01:45")], vec![]);
    check(
        &quarter,
        "2026-04-04T14:45:00Z",
        false,
        "2026-04-04T15:00:00Z",
    );
    check(
        &quarter,
        "2026-04-04T15:00:00Z",
        true,
        "2026-04-04T15:15:00Z",
    );
    // 02:00 on to 02:30 at 15:30Z.
    let spring = window(vec![hours(zone, "01:00", "02:15")], vec![]);
    check(
        &spring,
        "2026-10-03T15:00:00Z",
        true,
        "2026-10-03T15:30:00Z",
    );
}

#[test]
fn a_day_without_a_midnight_begins_when_the_clock_says_so() {
    // In Cairo the last Friday of April begins at 01:00, at 22:00Z.
    let friday = window(vec![on(&[4], span("Africa/Cairo"))], vec![]);
    check(
        &friday,
        "2026-04-23T20:00:00Z",
        false,
        "2026-04-23T22:00:00Z",
    );
    check(
        &friday,
        "2026-04-23T22:00:00Z",
        true,
        "2026-04-24T21:00:00Z",
    );
}

#[test]
fn dates_far_away_are_found() {
    let far = window(
        vec![on(
            &[1],
            dates("2093-05-01", "2093-05-31", hours("UTC", "10:00", "11:00")),
        )],
        vec![],
    );
    check(&far, "2026-11-26T00:00:00Z", false, "2093-05-05T10:00:00Z");
    check(&far, "2093-05-26T10:30:00Z", true, "2093-05-26T11:00:00Z");
    check(&far, "2093-05-26T11:00:00Z", false, "never");
    let until = window(vec![], vec![dates("2000-01-01", "2031-12-31", span("UTC"))]);
    check(
        &until,
        "2026-11-26T00:00:00Z",
        false,
        "2032-01-01T00:00:00Z",
    );
}

#[test]
fn what_makes_no_sense_is_closed_for_good_and_says_why() {
    let broken_hours = WindowSpan {
        hours: Some((1_440, 1_441)),
        ..span("UTC")
    };
    let cases = [
        (window(vec![], vec![]), "window `w` has no rules"),
        (
            window(vec![span("Mars/Base")], vec![]),
            "there is no time zone `Mars/Base`",
        ),
        (
            window(vec![], vec![span("Etc/Unknown")]),
            "there is no time zone `Etc/Unknown`",
        ),
        (
            window(
                vec![span("UTC")],
                vec![dates("2026-02-30", "2026-03-01", span("UTC"))],
            ),
            "there is no day `2026-02-30`",
        ),
        (
            window(
                vec![span("UTC")],
                vec![dates("2026-03-02", "2026-03-01", span("UTC"))],
            ),
            "2026-03-02..2026-03-01 ends before it begins",
        ),
        (
            window(vec![on(&[7], span("UTC"))], vec![]),
            "there is no day 7 of the week",
        ),
        (
            window(vec![broken_hours], vec![]),
            "minutes 1440 to 1441 are not in a day",
        ),
    ];
    for (window, reason) in cases {
        let state = state(&window, ms("2026-11-26T12:00:00Z"));
        assert_eq!(state.reason.as_deref(), Some(reason));
        assert!(!state.open && state.changes_at.is_none(), "{reason}");
    }
}

#[test]
fn the_ends_of_time_do_no_harm() {
    let always = window(vec![span("UTC")], vec![]);
    for now in [i64::MIN, i64::MAX] {
        assert!(!state(&always, now).open);
    }
    let office = window(vec![hours("Asia/Kathmandu", "09:00", "16:00")], vec![]);
    let last = Timestamp::MAX.as_millisecond();
    for now in [Timestamp::MIN.as_millisecond(), last, last - 86_400_000] {
        let state = state(&office, now);
        assert!(state.changes_at.is_none_or(|at| at > now));
    }
}

#[test]
fn zones_are_known_without_the_machine() {
    for zone in [
        "UTC",
        "Europe/Berlin",
        "europe/berlin",
        "America/Argentina/Buenos_Aires",
    ] {
        assert!(zone_exists(zone), "{zone}");
    }
    for zone in [
        "",
        "CEST5",
        "Europe",
        "../etc/passwd",
        "Etc/Unknown",
        "Local",
        "+02:00",
    ] {
        assert!(!zone_exists(zone), "{zone}");
    }
    let shown = on_the_wall(ms("2026-11-27T16:20:00Z"), "Europe/Berlin");
    assert_eq!(
        shown.as_deref(),
        Some("Fri 2026-11-27 17:20 in Europe/Berlin")
    );
    assert_eq!(on_the_wall(0, "Mars/Base"), None);
}

/// Looks at every quarter of an hour of nights in which clocks change: the
/// state is what the clock on the wall says, worked out another way, and the
/// next change is the first moment at which it differs.
#[test]
fn every_quarter_of_an_hour_agrees_with_the_clock_on_the_wall() {
    const QUARTER: i64 = 15 * 60 * 1_000;
    let nights = [
        ("Europe/Berlin", "2026-03-28T20:00:00Z"),
        ("Europe/Berlin", "2026-10-24T20:00:00Z"),
        ("America/New_York", "2026-11-01T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T12:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T12:00:00Z"),
    ];
    let spans = [
        ("01:45", "02:15"),
        ("02:15", "01:45"),
        ("23:00", "02:30"),
        ("02:30", "24:00"),
    ];
    for (zone_name, begin) in nights {
        for (from, to) in spans {
            for days in [&[][..], &[6]] {
                let rule = on(days, hours(zone_name, from, to));
                let window = window(vec![rule], vec![hours("UTC", "15:00", "15:15")]);
                let begin = ms(begin);
                let open: Vec<bool> = (0..2 * 96)
                    .map(|quarter| by_text(&window, begin + quarter * QUARTER))
                    .collect();
                for (at, quarter) in (0..48).zip(0i64..) {
                    let now = begin + quarter * QUARTER;
                    let state = state(&window, now);
                    assert_eq!(
                        state.open,
                        open[at],
                        "{zone_name} {from} {to} {days:?} {}",
                        text(now)
                    );
                    let next = (at + 1..open.len()).find(|later| open[*later] != open[at]);
                    if let Some(next) = next {
                        let next = begin + i64::try_from(next).expect("small") * QUARTER;
                        assert_eq!(
                            state.changes_at,
                            Some(next),
                            "{zone_name} {from} {to} {}",
                            text(now)
                        );
                    }
                }
            }
        }
    }
}

/// The same question answered from the text that a clock shows.
fn by_text(window: &Window, at: i64) -> bool {
    let covers = |span: &WindowSpan, back: u8| -> bool {
        let shown = on_the_wall(at, &span.zone).expect("a moment");
        let today: Date = shown[4..14].parse().expect("a date");
        let day = if back == 0 {
            today
        } else {
            today.yesterday().expect("a day")
        };
        let day = day.strftime("%a").to_string();
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let weekday = names.iter().position(|name| *name == day).expect("a day");
        let day_fits =
            span.days.is_empty() || span.days.iter().any(|one| usize::from(*one) == weekday);
        let (hour, minute) = (&shown[15..17], &shown[18..20]);
        let clock =
            hour.parse::<u16>().expect("an hour") * 60 + minute.parse::<u16>().expect("a minute");
        let Some((start, end)) = span.hours else {
            return back == 0 && day_fits;
        };
        let end = if end <= start { end + 1_440 } else { end };
        let clock = clock + if back == 0 { 0 } else { 1_440 };
        day_fits && start <= clock && clock < end
    };
    let any = |spans: &[WindowSpan]| spans.iter().any(|span| covers(span, 0) || covers(span, 1));
    any(&window.allow) && !any(&window.deny)
}

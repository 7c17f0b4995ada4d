//! How many cases of chance are tried, and which. The usual test run tries the
//! same few each time; a long one says `RUNBOOK_CASES=10000`, with
//! `RUNBOOK_SEED=2` for others than last time.

use proptest::test_runner::{Config, RngSeed, TestRunner};

/// So many cases, unless the environment asks for another number.
pub fn runner(usual: u32) -> TestRunner {
    TestRunner::new(Config {
        cases: number("RUNBOOK_CASES").unwrap_or(usual),
        rng_seed: RngSeed::Fixed(seed()),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    })
}

/// Whether this is a run with time for everything.
pub fn is_long() -> bool {
    number::<u32>("RUNBOOK_CASES").is_some()
}

/// The seed of this run.
pub fn seed() -> u64 {
    number("RUNBOOK_SEED").unwrap_or(1)
}

/// For whoever looks at what the tests say.
#[expect(clippy::disallowed_macros, reason = "tests speak to their runner")]
pub fn say(what: &str) {
    println!("{what}");
}

fn number<N: std::str::FromStr>(variable: &str) -> Option<N> {
    let text = std::env::var(variable).ok()?;
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) => panic!("`{variable}` is not a number: `{text}`"),
    }
}

//! How fast a runbook is read and checked, from its text to its problems.

use std::fmt::Write;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use runbook::analysis::analyse_bytes;
use runbook::source::FileId;

fn main() {
    divan::main();
}

/// A runbook of so many steps in phases of a hundred, each with its undo.
fn generated(steps: usize) -> String {
    let mut text = String::from(
        "runbook \"generated\"\nparam version: version = \"1.2.3\"\ndefaults {\n  timeout 1m\n}\n",
    );
    for phase in 0..steps.div_ceil(100) {
        let _ = writeln!(text, "phase p{phase} {{");
        for step in (phase * 100)..((phase + 1) * 100).min(steps) {
            let _ = write!(
                text,
                "  # what step {step} is for\n  step s{step} {{\n    $ ./change.sh --item {step} --version \"$version\"\n    rollback $ ./undo.sh --item {step}\n  }}\n"
            );
        }
        text.push_str("}\n");
    }
    text
}

const EXAMPLE: &str = include_str!("../examples/deployment/deploy.runbook");

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5)]
fn parse_and_check(bencher: Bencher, steps: usize) {
    let text = generated(steps);
    let path = Path::new("generated.runbook");
    let found = analyse_bytes(path, text.as_bytes());
    assert!(
        !found.problems.iter().any(|it| it.is_error()),
        "{:?}",
        found.problems.first()
    );
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        analyse_bytes(path, divan::black_box(text.as_bytes()))
            .problems
            .len()
    });
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5)]
fn parse(bencher: Bencher, steps: usize) {
    let text = generated(steps);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        runbook::syntax::parse(FileId::default(), divan::black_box(&text))
            .problems
            .len()
    });
}

#[divan::bench]
fn check_the_example(bencher: Bencher) {
    let path = Path::new("deploy.runbook");
    bencher.counter(BytesCount::of_str(EXAMPLE)).bench(|| {
        analyse_bytes(path, divan::black_box(EXAMPLE.as_bytes()))
            .problems
            .len()
    });
}

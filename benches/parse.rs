//! How long it takes to read text of which many lines are wrong, next to text
//! of every kind of line that is right.

use divan::Bencher;
use divan::counter::BytesCount;
use runbook::source::FileId;
use runbook::syntax::parse;

fn main() {
    divan::main();
}

#[divan::bench(args = [5_000, 20_000])]
fn good_lines(bencher: Bencher, lines: usize) {
    parsed(bencher, &phases(lines));
}

#[divan::bench(args = [5_000, 20_000])]
fn bad_lines(bencher: Bencher, lines: usize) {
    parsed(bencher, &mistakes(lines));
}

fn parsed(bencher: Bencher, text: &str) {
    let bytes = BytesCount::of_str(text);
    bencher
        .counter(bytes)
        .bench(|| parse(FileId::default(), divan::black_box(text)));
}

/// Phases of what a phase usually holds.
fn phases(lines: usize) -> String {
    let phase = |number: usize| {
        format!(
            r#"
## What phase {number} is for.
phase part_{number} "Part {number}" when size > 3 {{
  # a comment
  step deploy_{number} "Deploy" {{
    capture level $ ./schema_level.sh --of "$environment"
    $ ./deploy.sh --env green --version "$version"
    $ ./warm_up.sh
    timeout 10m
    retry 2 every 10s backoff 2
    output id from stdout `id: (\S+)`
    rollback {{
      $ ./deploy.sh --env green --version "$previous"
    }}
  }}
  check healthy_{number} {{
    http GET "https://green.internal/{{environment}}/health"
    within 5m every 10s
  }}
  gate go_{number} {{
    approve by managers count 2
    hold healthy for 5m every 15s tolerate 2
    else rollback
  }}
  notify released
}}
"#
        )
    };
    repeat(lines, phase)
}

/// Lines with a mistake each.
fn mistakes(lines: usize) -> String {
    let phase = |number: usize| {
        format!(
            r#"
step part_{number} {{
  tiemout 30s
  timeout: 30s
  retry 2 ever 10s
  rollback ./undo.sh
  harmless "not closed
}}
setp next_{number} $ ./x.sh
param Name_{number} = 3x
"#
        )
    };
    repeat(lines, phase)
}

fn repeat(lines: usize, part: impl Fn(usize) -> String) -> String {
    let each = part(0).lines().count();
    (0..lines / each).map(part).collect()
}

//! Pages of a wiki become runbooks that can be read, with all their commands,
//! and holes where the page says nothing.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use runbook::analysis::analyse_bytes;
use runbook::import::import;
use runbook::problem::Code;
use runbook::source::FileId;

const PAGE: &str = r#"# Deploying the shop

How we release. Ask in #shop if in doubt.

## Pre-deployment checklist

- [ ] All changes are reviewed
- [ ] Tests pass
  - [ ] unit
  - [ ] end to end
- [x] The team knows

## Phase 1: before (T-30 minutes)

1. Tag the release

   ```sh
   git tag -a v<version> -m "Release <version>"
   git push origin "v<version>"
   ```

2. Tell the `#ops` channel
3. Run `./build_production.sh --tag v<version>`

## Phase 2: release

Switch slowly:

```bash
for p in 10 50 100; do
  ./switch_traffic.sh --percentage "$p"
done
```

```console
$ ./status.sh
all good
```

```json
{ "not": "a command" }
```

| who | what |
| --- | --- |
| Ada | watches |

## Rollback

Switch back:

```sh
./switch_traffic.sh --from green --to blue
```

## Troubleshooting

### Pods do not start

- Look at the events
- `kubectl describe pod <pod>`
"#;

const RUNBOOK: &str = r#"# Made of deploy.md. What that page does not tell, only you know; `runbook check`
# points at it:
#   - how each step is taken back (`rollback $ …`), or why it need not be
#     (`harmless "…"`, `irreversible "…"`);
#   - which of them only look: make them `check`, which needs no way back.

runbook "Deploying the shop"

param version: string

defaults {
  timeout 10m # the longest a command may take
}

# How we release. Ask in #shop if in doubt.

phase pre_deployment_checklist "Pre-deployment checklist" {
  checklist ready "Pre-deployment checklist" {
    confirm "All changes are reviewed"
    confirm "Tests pass"
    confirm "Tests pass: unit"
    confirm "Tests pass: end to end"
    confirm "The team knows"
  }
}

phase phase_1_before_t_30_minutes "Phase 1: before (T-30 minutes)" {
  step tag_the_release "Tag the release" {
    $ git tag -a v"$version" -m "Release $version"
    $ git push origin "v$version"
  }

  checklist ready_2 "Phase 1: before (T-30 minutes)" {
    confirm "Tell the #ops channel"
  }

  step build_production {
    $ ./build_production.sh --tag v"$version"
  }
}
"#;

fn problems(text: &str) -> Vec<(Code, String)> {
    let analysis = analyse_bytes(Path::new("page.runbook"), text.as_bytes());
    let problems = analysis.problems.into_iter().filter(|it| it.is_error());
    problems.map(|it| (it.code, it.message)).collect()
}

#[test]
fn a_page_becomes_a_runbook_with_holes() {
    let imported = import(PAGE, "deploy.md");
    let begin = imported.text.get(..RUNBOOK.len()).unwrap_or(&imported.text);
    assert_eq!(begin, RUNBOOK, "in {}", imported.text);
    for line in [
        "  step switch_slowly \"Switch slowly\" {",
        "    for p in 10 50 100; do",
        "  step status {\n    $ ./status.sh",
        "    # it prints: all good",
        "  # { \"not\": \"a command\" }",
        "  # Ada  watches",
        "#   $ ./switch_traffic.sh --from green --to blue",
        "trouble \"Pods do not start\" {",
        "  try \"Look at the events\"",
        "  try \"kubectl describe pod <pod>\"",
    ] {
        assert!(
            imported.text.contains(line),
            "{line:?} in {}",
            imported.text
        );
    }
    assert_eq!((imported.steps, imported.confirmations), (4, 6));
    let found = problems(&imported.text);
    let codes: BTreeSet<Code> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, BTreeSet::from([Code::RB101]), "{found:?}");
    assert_eq!(
        found.len(),
        imported.steps,
        "a hole for each step: {found:?}"
    );
}

#[test]
fn an_empty_page_is_said_to_be_one() {
    let imported = import("", "nothing.md");
    assert!(
        imported.text.contains("no block of commands"),
        "{}",
        imported.text
    );
    assert!(
        imported.text.contains("runbook \"nothing\""),
        "{}",
        imported.text
    );
    assert_eq!(imported.steps, 0);
}

#[test]
fn the_command_writes_it_and_leaves_what_is_there() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("deploy.md"), PAGE).unwrap();
    let runbook = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_runbook"))
            .args(arguments)
            .current_dir(place.path())
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), out, told)
    };
    let (status, printed, _) = runbook(&["import", "deploy.md"]);
    assert_eq!(status, Some(0));
    let written = ["import", "deploy.md", "-o", "deploy.runbook"];
    let (status, _, told) = runbook(&written);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("4 steps, 6 things to tick off"), "{told}");
    let file = place.path().join("deploy.runbook");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), printed);
    let (status, _, told) = runbook(&written);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("is there already"), "{told}");
    std::fs::write(place.path().join("photo.md"), [0xff, 0xd8, 0xff]).unwrap();
    let (status, _, told) = runbook(&["import", "photo.md"]);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("no text in UTF-8"), "{told}");
    let (status, _, told) = runbook(&["import", "none.md"]);
    assert_eq!(status, Some(1), "{told}");
}

/// Pieces of which pages consist, and what breaks them.
fn page() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("# T\n\n".to_owned()),
        Just("## Phase {1} \"x\"\n\n".to_owned()),
        Just("### Rollback\n\n".to_owned()),
        Just("## Troubleshooting\n\n".to_owned()),
        Just("- [ ] do `a` \\ {b}\n".to_owned()),
        Just("  - inner\n".to_owned()),
        Just("1. first\n\n   ```sh\n   make <it>\n   ```\n".to_owned()),
        Just("```sh\n".to_owned()),
        Just("```\n".to_owned()),
        Just("````\n```\n````\n".to_owned()),
        Just("    if x; then\n      y 'z\n    fi\n".to_owned()),
        Just("cat <<E\n} {\nE\n".to_owned()),
        Just("> quoted\n\n---\n\n<b>html</b>\n\n".to_owned()),
        Just("| a | b |\n| - | - |\n| `c` | \\d |\n\n".to_owned()),
        "[ -~\n]{0,40}",
        "\\PC{0,20}",
        Just("\r\n\t\u{2028}\u{85}\u{0}\u{feff}".to_owned()),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Whatever the page, the result can be read.
    #[test]
    fn any_page_gives_a_text_that_can_be_read(page in page()) {
        let text = import(&page, "page.md").text;
        let parsed = runbook::syntax::parse(FileId::default(), &text);
        prop_assert!(parsed.problems.is_empty(), "{text}\n{:?}", parsed.problems);
        // Read it was, so it is laid out too.
        let again = runbook::format::format(Path::new("page.runbook"), text.as_bytes());
        prop_assert_eq!(again.ok(), Some(text));
    }
}

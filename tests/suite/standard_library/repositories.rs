//! `std.git` and `std.release`, on real repositories and folders.

use super::place::Place;

/// A repository `here` with a published branch, and where it is published.
fn repository() -> Place {
    let mut place = Place::new();
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.com"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.com"),
    ] {
        place.set(name, value);
    }
    place.write(".gitignore", "*\n");
    place.sh(
        "git init -q --bare -b main there.git
         git init -q -b main .
         git remote add origin \"$PWD/there.git\"
         seq 100 >lines; git add -f lines .gitignore; git commit -qm one
         git tag v1; seq 130 >lines; seq 500 >pinned.lock; git add -f lines pinned.lock; git commit -qm two
         git push -q origin main v1",
    );
    place
}

#[test]
fn a_repository_is_looked_at_and_tagged_there_and_back() {
    let place = repository();
    let good = [
        "git.clean()",
        "git.on_branch()",
        "git.published()",
        "git.tag_is_new(\"v2\")",
        "git.small_change(since: \"v1\", without: \"*.lock\")",
        "git.small_change(since: \"v1\", lines: 531)",
    ];
    place.passes("git", &good);
    place.refuses(
        "git",
        &[
            "git.small_change(since: \"v1\")",
            "git.small_change(since: \"v1\", lines: 30, without: \"*.lock\")",
            "git.small_change(since: \"v0\")",
            "git.on_branch(\"develop\")",
            "git.published(\"develop\")",
            "git.tag_is_new(\"v1\")",
        ],
    );
    place.goes_back(
        "git",
        r#"
step tag = git.tag("v2")
check there $ test -n "$(git ls-remote --tags origin refs/tags/v2)"
"#,
    );
    assert_eq!(
        place.sh("git tag; git ls-remote --tags origin | cut -f 2"),
        "v1\nrefs/tags/v1"
    );
    // What was half done is taken back, too: it was never published.
    place.sh("mv there.git away.git");
    let (status, told) = place.exec("git", "step tag = git.tag(\"v3\")");
    assert_ne!(status, 0, "{told}");
    place.sh("mv away.git there.git");
    place.sh("git tag -d v3 2>/dev/null || true; echo more >>lines");
    place.refuses("git", &["git.clean()"]);
    place.sh("git commit -qam three");
    place.refuses("git", &["git.published()"]);
    place.succeeds(
        "git",
        "step tag = git.tag(\"v4\", message: \"the 'fourth'\")",
    );
    assert_eq!(
        place.sh("git tag -l --format '%(subject)' v4"),
        "the 'fourth'"
    );
}

#[test]
fn a_link_points_to_the_release_that_runs() {
    let place = Place::new();
    place.sh("mkdir one two");
    let point = |link: &str, to: &str| {
        format!("step switch = release.point(link: \"{link}\", folder: \"{to}\")")
    };
    place.goes_back("release", &point("current", "one"));
    place.sh("test ! -e current && test ! -L current");
    place.succeeds("release", &point("current", "one"));
    assert_eq!(place.sh("readlink current"), "one");
    place.goes_back("release", &point("current", "two"));
    assert_eq!(place.sh("readlink current"), "one");
    // What an attempt that was cut off has left is no hindrance.
    place.sh("ln -s one current.next");
    place.succeeds("release", &point("current", "two"));
    assert_eq!(
        place.sh("readlink current; ls -A"),
        "two\nbin\ncurrent\none\nstate\ntried.runbook\ntwo"
    );
    let (status, told) = place.exec("release", &point("current", "three"));
    assert_eq!(status, 3, "{told}");
    assert_eq!(place.sh("readlink current"), "two");
}

#[test]
fn the_words_of_a_release_are_filled_in() {
    let place = repository();
    place.write("orders", "100\n");
    let told = place.goes_back(
        "release",
        r#"
param version: version = "1.2.3"
channel ops = $ printf '%s\n---\n' "$message" >>said
message announce to ops = release.announcement(version, changes: "a dashboard", on_call: "ada")
message done to ops = release.success(version)
message back to ops = release.rolled_back(version, previous: "1.2.2", report: "postmortems/{run.id}.md")
metric orders: count = $ cat orders
thresholds usual = release.as_usual(orders)
step announced {
  $ echo 90 >orders
  rollback $ echo 100 >orders
}
gate settled { hold usual for 300ms every 100ms }
notify announce
on rollback { notify back }
on success { notify done }
on stuck { notify help }
message help to ops = release.stuck(version, on_call: "ada")
"#,
    );
    let said = place.read("said");
    for wanted in [
        "🚀 Production deployment scheduled\nVersion: 1.2.3\n",
        "Changes: a dashboard\n",
        "On call: ada\n",
        "⚠️ Deployment rolled back\nVersion: 1.2.3 → 1.2.2\n",
        "Reason: ",
        "postmortems/2",
    ] {
        assert!(said.contains(wanted), "no {wanted:?} in\n{said}\n{told}");
    }
    assert!(!said.contains("✅"), "{said}");
}

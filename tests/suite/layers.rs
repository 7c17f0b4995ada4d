//! The rooms of the library and what each may use: `src/lib.rs` has the map,
//! this the exact rules, held against the source. Tests inside the library may
//! use what they like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// Each room with the rooms it may use, all of them above it here.
const ROOMS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("types", &[]),
    ("problem", &["source"]),
    ("shell", &[]),
    ("syntax", &["problem", "source", "types"]),
    ("format", &["problem", "source", "syntax"]),
    ("import", &["format", "syntax"]),
    ("starting", &[]),
    ("modules", &["problem", "source", "syntax"]),
    ("docs", &["modules", "problem", "source", "syntax"]),
    // Its folder `lower` makes plans from models, the one place where two
    // rooms know each other.
    ("plan", &["model", "problem", "source", "syntax", "types"]),
    (
        "model",
        &[
            "modules", "plan", "problem", "shell", "source", "syntax", "types",
        ],
    ),
    ("machine", &["plan", "types"]),
    ("metric", &["machine", "plan", "types"]),
    (
        "check",
        &[
            "machine", "model", "plan", "problem", "shell", "source", "syntax", "types",
        ],
    ),
    (
        "analysis",
        &[
            "check", "model", "modules", "plan", "problem", "source", "syntax", "types",
        ],
    ),
    ("project", &["problem", "source"]),
    ("simulate", &["machine", "plan"]),
    (
        "testing",
        &[
            "analysis", "machine", "model", "plan", "problem", "simulate", "source", "syntax",
        ],
    ),
    (
        "export",
        &[
            "machine", "plan", "problem", "shell", "simulate", "source", "types",
        ],
    ),
    ("report", &["export", "machine", "plan", "problem", "types"]),
    (
        "run",
        &[
            "export", "machine", "metric", "plan", "problem", "report", "shell", "source", "types",
        ],
    ),
    (
        "lsp",
        &[
            "analysis", "format", "model", "modules", "plan", "problem", "project", "source",
            "syntax", "types",
        ],
    ),
    (
        "cli",
        &[
            "analysis", "check", "docs", "export", "format", "import", "lsp", "machine", "model",
            "plan", "problem", "project", "report", "run", "shell", "simulate", "source",
            "starting", "testing", "types",
        ],
    ),
];

/// The rooms at home with each crate. No rooms: it is as common as the
/// standard library.
const CRATES: &[(&str, &[&str])] = &[
    ("aho_corasick", &["run"]),
    ("annotate_snippets", &["problem"]),
    ("anstream", &["cli", "problem"]),
    ("anstyle", &["cli", "export", "run"]),
    ("base64", &["run"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("crossbeam_channel", &["lsp"]),
    ("jiff", &["cli", "run", "syntax", "types"]),
    ("lsp_server", &["lsp"]),
    ("miette", &["problem"]),
    ("pest", &["syntax"]),
    ("pest_derive", &["syntax"]),
    ("petgraph", &["plan"]),
    ("pulldown_cmark", &["import"]),
    ("regex", &["import", "model", "plan", "run"]),
    ("regex_syntax", &["export"]),
    ("reqwest", &["run"]),
    ("rust_decimal", &[]),
    ("rustix", &["cli", "run"]),
    ("rustls", &["run"]),
    ("semver", &["types"]),
    ("serde", &[]),
    ("serde_json", &[]),
    ("serde_json_path", &["metric", "model", "run"]),
    ("sha2", &["run", "source"]),
    ("signal_hook", &["run"]),
    ("similar", &["cli", "lsp", "run"]),
    ("strsim", &["problem"]),
    ("tempfile", &["cli"]),
    ("tokio", &["run"]),
    ("toml", &["cli", "project"]),
    ("unicode_width", &["run"]),
    ("zeroize", &["run"]),
];

static MODULES: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?m)^(?P<test>#\[cfg\(test\)\]\s*)?(?:pub(?:\([a-z]+\))? )?mod (?P<name>\w+);")
});
static ROOM_USED: LazyLock<Regex> = LazyLock::new(|| regex(r"\bcrate::(\{|\w+)"));
static PATH_START: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:^|[^:\w])(\w+)::"));
static SUPERS: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(?:super::)+"));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of a room.
struct Module {
    path: PathBuf,
    /// How deep in its room: the room's own file is 0.
    depth: usize,
    /// Without comments and tests.
    code: String,
}

/// What is compiled into the library, without comments and tests.
fn code_of(text: &str) -> String {
    let text = match text.find("#[cfg(test)]\nmod tests {") {
        Some(start) => &text[..start],
        None => text,
    };
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Follows `mod name;` from a file to all of its room.
fn collect(path: PathBuf, depth: usize, modules: &mut Vec<Module>) {
    let code = code_of(&fs::read_to_string(&path).unwrap());
    let is_folder = path.file_name().is_some_and(|name| name == "mod.rs");
    let inside = if is_folder {
        path.parent().unwrap().to_owned()
    } else {
        path.with_extension("")
    };
    for found in MODULES.captures_iter(&code) {
        if found.name("test").is_none() {
            collect(module_file(&inside, &found["name"]), depth + 1, modules);
        }
    }
    modules.push(Module { path, depth, code });
}

fn module_file(inside: &Path, name: &str) -> PathBuf {
    let file = inside.join(format!("{name}.rs"));
    if file.exists() {
        file
    } else {
        inside.join(name).join("mod.rs")
    }
}

/// Every room there is, with its files.
fn rooms() -> BTreeMap<String, Vec<Module>> {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    MODULES
        .captures_iter(&library)
        .map(|found| {
            let room = found["name"].to_owned();
            let mut modules = Vec::new();
            collect(module_file(&root().join("src"), &room), 0, &mut modules);
            (room, modules)
        })
        .collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

#[test]
fn every_room_has_its_place() {
    let there: BTreeSet<String> = rooms().into_keys().collect();
    let known: BTreeSet<String> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(there, known, "src/lib.rs and ROOMS of this test differ");
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rows: Vec<&str> = map
        .lines()
        .filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next())
        .collect();
    let order: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    assert_eq!(rows, order, "the map in src/lib.rs and ROOMS differ");
}

#[test]
fn rooms_use_only_rooms_above_them() {
    for (place, (room, uses)) in ROOMS.iter().enumerate() {
        for used in *uses {
            let above = ROOMS[..place].iter().any(|(name, _)| name == used);
            let together = (*room, *used) == ("plan", "model");
            assert!(above || together, "`{room}` is above `{used}`");
        }
    }
}

#[test]
fn rooms_use_what_they_may() {
    let mut faults = Vec::new();
    for (room, modules) in rooms() {
        let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            continue;
        };
        for module in &modules {
            for used in ROOM_USED.captures_iter(&module.code) {
                let used = &used[1];
                if used != room && !may.contains(&used) {
                    let file = shown(&module.path);
                    faults.push(format!("{file}: `{room}` may not use `{used}`"));
                }
            }
            for supers in SUPERS.find_iter(&module.code) {
                if supers.as_str().len() / "super::".len() > module.depth {
                    let file = shown(&module.path);
                    faults.push(format!("{file}: `super` leads out of the room `{room}`"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn lowering_alone_knows_both_models_and_plans() {
    let rooms = rooms();
    for module in &rooms["plan"] {
        let file = shown(&module.path);
        let lowers = file.starts_with("src/plan/lower/");
        let knows = module.code.contains("crate::model");
        assert!(lowers || !knows, "{file}: a plan knows no model");
    }
}

#[test]
fn crates_stay_at_home() {
    let rooms = rooms();
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    let mut faults = Vec::new();
    for (room, modules) in &rooms {
        for module in modules {
            for start in PATH_START.captures_iter(&module.code) {
                let name = &start[1];
                let Some((_, homes)) = CRATES.iter().find(|(known, _)| *known == name) else {
                    continue;
                };
                used.insert((name.to_owned(), room.clone()));
                if !homes.is_empty() && !homes.contains(&room.as_str()) {
                    let file = shown(&module.path);
                    faults.push(format!("{file}: `{name}` is at home in {homes:?}"));
                }
            }
        }
    }
    for (name, homes) in CRATES {
        for home in *homes {
            if !used.contains(&((*name).to_owned(), (*home).to_owned())) {
                faults.push(format!("`{home}` does not use `{name}` any more"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_dependency_has_a_home() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let there: BTreeSet<String> = manifest["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .map(|name| name.replace('-', "_"))
        .collect();
    let known: BTreeSet<String> = CRATES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, known, "Cargo.toml and CRATES of this test differ");
}

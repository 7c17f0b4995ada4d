//! What each folder of `editors/` has: how it is installed, in three lines, and
//! settings that can be read.

use std::fs;

use super::{editors, read};

fn folders() -> Vec<String> {
    let entries = fs::read_dir(editors("")).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders
        .map(|it| it.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn each_says_in_three_lines_how_it_is_installed() {
    let page = read(&super::root().join("docs/editors.md"));
    let folders = folders();
    assert!(folders.len() >= 9, "{folders:?}");
    for folder in folders {
        let readme = read(&editors(&folder).join("README.md"));
        let lines: Vec<&str> = readme.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 4, "{folder}: a title and three lines");
        for (number, line) in lines[1..].iter().enumerate() {
            assert!(
                line.starts_with(&format!("{}. ", number + 1)),
                "{folder}: {line}"
            );
        }
        let link = format!("(../editors/{folder}/README.md)");
        assert!(
            page.contains(&link),
            "docs/editors.md does not link {folder}"
        );
    }
}

#[test]
fn settings_of_helix_name_what_there_is() {
    let settings: toml::Table = read(&editors("helix/languages.toml")).parse().unwrap();
    let language = &settings["language"][0];
    assert_eq!(language["name"].as_str(), Some("runbook"));
    assert_eq!(language["file-types"][0].as_str(), Some("runbook"));
    let server = language["language-servers"][0].as_str().unwrap();
    let server = &settings["language-server"][server];
    assert_eq!(server["command"].as_str(), Some("runbook"));
    assert_eq!(server["args"][0].as_str(), Some("lsp"));
    let grammar = &settings["grammar"][0];
    assert_eq!(grammar["name"], language["name"]);
    let source = grammar["source"]["path"].as_str().unwrap();
    assert!(source.ends_with("/editors/tree-sitter"), "{source}");
}

#[test]
fn settings_of_zed_name_what_there_is() {
    let extension: toml::Table = read(&editors("zed/extension.toml")).parse().unwrap();
    let language = read(&editors("zed/languages/runbook/config.toml"));
    let language: toml::Table = language.parse().unwrap();
    assert_eq!(
        extension["grammars"]["runbook"]["path"].as_str(),
        Some("editors/tree-sitter")
    );
    assert_eq!(language["grammar"].as_str(), Some("runbook"));
    let served = &extension["language_servers"]["runbook"]["languages"][0];
    assert_eq!(*served, language["name"]);
    assert_eq!(language["path_suffixes"][0].as_str(), Some("runbook"));
}

#[test]
fn settings_of_jetbrains_name_the_server() {
    let template = read(&editors("jetbrains/lsp4ij/template.json"));
    let template: serde_json::Value = serde_json::from_str(&template).unwrap();
    assert_eq!(template["programArgs"]["default"], "runbook lsp");
    assert_eq!(
        template["fileTypeMappings"][0]["fileType"]["patterns"][0],
        "*.runbook"
    );
}

//! Neovim, with the files of `editors/vim` and `editors/neovim`, the parser of
//! `editors/tree-sitter`, and this program as its language server.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::looks::{Look, look_right};
use super::tree_sitter::compile_parser;
use super::{TESTED, editors, lays_out_as_fmt};
use crate::fetched::NEOVIM;
use crate::programs::run;

/// Runs a script in Neovim, in which runbooks are known.
fn neovim(script: &str, words: &[&Path]) {
    let folder = TempDir::new().unwrap();
    let site = folder.path().join("site");
    fs::create_dir_all(site.join("parser")).unwrap();
    compile_parser(&site.join("parser/runbook.so"));
    let runtime = [editors("vim"), editors("neovim"), site];
    let runtime: Vec<String> = runtime
        .iter()
        .map(|it| format!("{:?}", it.display().to_string()))
        .collect();
    let settings = folder.path().join("init.lua");
    let text = format!(
        "vim.opt.runtimepath:prepend({{ {} }})\nvim.g.runbook_program = {:?}\n",
        runtime.join(", "),
        env!("CARGO_BIN_EXE_runbook"),
    );
    fs::write(&settings, text).unwrap();
    let file = folder.path().join("script.lua");
    let script = format!(
        "local ok, why = xpcall(function()\n{script}\nend, debug.traceback)\nif not ok then\n  io.stderr:write(why .. '\\n')\n  vim.cmd('cquit')\nend\nvim.cmd('qall!')\n"
    );
    fs::write(&file, script).unwrap();
    run(Command::new(&*NEOVIM)
        .args(["--headless", "-n", "-i", "NONE", "-u"])
        .arg(&settings)
        .arg("-c")
        .arg(format!("luafile {}", file.display()))
        .arg("--")
        .args(words)
        .env("HOME", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME"));
}

const LOOK: &str = r#"
vim.lsp.enable('runbook', false)
local words = vim.fn.argv()
local answers = {}
for _, one in ipairs(vim.json.decode(table.concat(vim.fn.readfile(words[1]), '\n'))) do
  vim.cmd.edit({ one.file, magic = { file = false } })
  assert(vim.bo.filetype == 'runbook', one.file)
  vim.treesitter.get_parser(0, 'runbook'):parse()
  local found = {}
  for _, at in ipairs(one.at) do
    local row = vim.fn.byte2line(at + 1) - 1
    local column = at - (vim.fn.line2byte(row + 1) - 1)
    local names = { vim.treesitter.get_node({ pos = { row, column }, ignore_injections = true }):type() }
    for _, capture in ipairs(vim.treesitter.get_captures_at_pos(0, row, column)) do
      if capture.lang == 'runbook' then
        table.insert(names, capture.capture)
      end
    end
    table.insert(found, names)
  end
  table.insert(answers, #found > 0 and found or vim.empty_dict())
  vim.cmd('bwipeout!')
end
vim.fn.writefile({ vim.json.encode(answers) }, words[2])
"#;

fn look(said: &Value) -> Look {
    let names: Vec<&str> = said
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if ["command_text", "fenced_text", "fenced"].contains(&names[0]) {
        return Look::Command;
    }
    if names.contains(&"string") {
        return Look::Text;
    }
    match names.last().copied().unwrap_or_default() {
        "keyword" => Look::Keyword,
        "comment" | "comment.documentation" => Look::Comment,
        "boolean" | "type" | "constant" | "keyword.operator" => Look::Known,
        _name => Look::Other,
    }
}

#[test]
fn texts_look_as_the_compiler_reads_them() {
    look_right(|asking, answers| neovim(LOOK, &[asking, answers]), look);
}

#[test]
fn lines_are_indented_as_fmt_does() {
    let anew = "vim.cmd('normal! gg=G')\nvim.cmd.write()";
    lays_out_as_fmt(|file| neovim(anew, &[file]));
}

/// The server is started by opening a file, and its problems are shown.
#[test]
fn problems_are_shown() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("broken.runbook");
    let text = "runbook \"Broken\"\n\nstep build {\n  $ make\n  timeout 1m\n}\n";
    fs::write(&file, text).unwrap();
    let script = "
        assert(vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end), 'no problem came')
        local problem = vim.diagnostic.get(0)[1]
        assert(problem.code == 'RB101', vim.inspect(problem))
        assert(problem.lnum == 2, vim.inspect(problem))
        assert(vim.wo.foldmethod == 'expr' and vim.fn.foldlevel(4) == 1, 'the step does not fold')";
    neovim(script, &[&file]);
}

/// The lens above a test runs that test.
#[test]
fn lenses_are_carried_out() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tested.runbook");
    fs::write(&file, TESTED).unwrap();
    let script = "
        local shown = function()
          vim.lsp.codelens.refresh({ bufnr = 0 })
          return #vim.lsp.codelens.get(0) == 3
        end
        assert(vim.wait(60000, shown, 200), 'no lenses came')
        vim.fn.cursor(13, 1)
        vim.lsp.codelens.run()
        local said = function()
          return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n')
        end
        assert(vim.wait(60000, function() return said():find('1 test passed') end), said())
        assert(said():find([[it's \"over\"]], 1, true) and not said():find('goes well'), said())";
    neovim(script, &[&file]);
}

//! Comments as Markdown.

/// A comment as Markdown: what is indented by four becomes a block of the
/// language, the rest is Markdown already.
pub fn markdown(comment: &str) -> String {
    let mut out = String::new();
    let mut code: Vec<&str> = Vec::new();
    for line in comment.lines() {
        match line.strip_prefix("    ") {
            Some(text) => code.push(text),
            None if line.trim().is_empty() && !code.is_empty() => code.push(""),
            None => {
                close(&mut out, &mut code);
                out += line;
                out.push('\n');
            }
        }
    }
    close(&mut out, &mut code);
    out
}

fn close(out: &mut String, code: &mut Vec<&str>) {
    if code.is_empty() {
        return;
    }
    let text = code.join("\n");
    let gap = if code.last() == Some(&"") { "\n" } else { "" };
    *out += &format!("```runbook\n{}\n```\n{gap}", text.trim_end());
    code.clear();
}

/// Up to the first full stop that ends a sentence.
pub fn first_sentence(comment: &str) -> String {
    let lines = comment.lines().take_while(|line| !line.trim().is_empty());
    let text = on_one_line(&lines.collect::<Vec<_>>().join(" "));
    let end = text
        .match_indices(['.', ':'])
        .map(|(at, _)| at)
        .find(|at| text[at + 1..].is_empty() || text[at + 1..].starts_with(' '));
    match end {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text within a cell of a table.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// In backquotes, whatever stands in it, within a cell.
pub fn code_cell(text: &str) -> String {
    let marks = if text.contains('`') { "``" } else { "`" };
    let gap = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{marks}{gap}{}{gap}{marks}", cell(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_lines_are_blocks() {
        let text = markdown("What it is:\n\n    step a = b()\n\n    step c = d()\n\nMore.");
        let wanted = "What it is:\n\n```runbook\nstep a = b()\n\nstep c = d()\n```\n\nMore.\n";
        assert_eq!(text, wanted);
        assert_eq!(
            markdown("So:\n    step a"),
            "So:\n```runbook\nstep a\n```\n"
        );
    }

    #[test]
    fn a_sentence_ends_at_its_stop() {
        assert_eq!(first_sentence("Uses v1.2 of it. More."), "Uses v1.2 of it");
        assert_eq!(first_sentence("Two\nlines.\n\nMore."), "Two lines");
        assert_eq!(first_sentence("No stop"), "No stop");
        assert_eq!(first_sentence(""), "");
    }

    #[test]
    fn code_with_backquotes_stays_one_piece() {
        assert_eq!(code_cell("a | b"), "`a \\| b`");
        assert_eq!(code_cell("`x`"), "`` `x` ``");
    }
}

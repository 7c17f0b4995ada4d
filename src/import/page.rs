//! A Markdown page as sections of things to do and things to know.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// What a page tells.
#[derive(Debug, Default)]
pub struct Page {
    pub title: String,
    pub sections: Vec<Section>,
}

/// What stands under a heading.
#[derive(Debug, Default)]
pub struct Section {
    /// Empty before the first heading.
    pub title: String,
    pub parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// A heading inside the section.
    Heading(String),
    /// For people.
    Words(String),
    /// To be ticked off by a person.
    Confirm(String),
    /// A point of a list that tells, and does not ask.
    Point(String),
    /// Commands; the words that introduce them.
    Commands { words: String, code: String },
    /// Code of another language.
    Code(String),
}

/// Reads a page. Any text is one.
pub fn read(markdown: &str, file: &str) -> Page {
    let mut reader = Reader::default();
    let options = Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES;
    let mut events: Vec<Event<'_>> = Parser::new_ext(markdown, options).collect();
    // A text ends in the middle of nothing.
    events.push(Event::Rule);
    for event in events {
        reader.take(event);
    }
    let mut page = reader.page;
    page.sections
        .retain(|it| !it.title.is_empty() || !it.parts.is_empty());
    if page.title.is_empty() {
        let stem = std::path::Path::new(file).file_stem();
        let stem = stem.map(|it| it.to_string_lossy().into_owned());
        page.title = stem.unwrap_or_default().replace(['-', '_'], " ");
    }
    page
}

/// A point of a list that is being read.
#[derive(Debug, Default)]
struct Point {
    text: String,
    /// The only code between its words.
    code: Vec<String>,
    ordered: bool,
    task: bool,
    /// Commands stand in it, or points below it: its words introduce those.
    has_more: bool,
}

#[derive(Debug, Default)]
struct Reader {
    page: Page,
    /// The level of the headings that make sections: that of the first one
    /// below the title.
    level: Option<HeadingLevel>,
    text: String,
    code: Option<(String, String)>,
    points: Vec<Point>,
    ordered: Vec<bool>,
    in_heading: bool,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                self.words();
                self.in_heading = true;
            }
            Event::End(TagEnd::Heading(level)) => self.heading(level),
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.trim().to_lowercase(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => self.code_block(),
            Event::Start(Tag::List(first)) => {
                self.introduce();
                self.ordered.push(first.is_some());
            }
            Event::End(TagEnd::List(_)) => {
                self.ordered.pop();
            }
            Event::Start(Tag::Item) => self.points.push(Point {
                ordered: self.ordered.last().copied().unwrap_or_default(),
                ..Point::default()
            }),
            Event::End(TagEnd::Item) => self.point(),
            Event::TaskListMarker(_) => {
                if let Some(point) = self.points.last_mut() {
                    point.task = true;
                }
            }
            Event::End(TagEnd::Paragraph | TagEnd::Table) => self.paragraph(),
            Event::End(TagEnd::TableRow | TagEnd::TableHead) => self.add("\n"),
            Event::End(TagEnd::TableCell) => self.add("  "),
            Event::Text(text) => self.add(&text),
            Event::Code(code) => {
                if let Some(point) = self.points.last_mut() {
                    point.code.push(code.to_string());
                }
                self.add(&code);
            }
            Event::SoftBreak | Event::HardBreak => self.add("\n"),
            Event::Rule => self.words(),
            // The rest is decoration, or is for browsers.
            _decoration => {}
        }
    }

    fn add(&mut self, text: &str) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(text);
        } else if let (false, Some(point)) = (self.in_heading, self.points.last_mut()) {
            point.text.push_str(text);
        } else {
            self.text.push_str(text);
        }
    }

    fn section(&mut self) -> &mut Section {
        if self.page.sections.is_empty() {
            self.page.sections.push(Section::default());
        }
        let last = self.page.sections.len() - 1;
        &mut self.page.sections[last]
    }

    fn part(&mut self, part: Part) {
        self.section().parts.push(part);
    }

    fn heading(&mut self, level: HeadingLevel) {
        self.in_heading = false;
        let title = one_line(&std::mem::take(&mut self.text));
        let is_first = self.page.title.is_empty() && self.page.sections.is_empty();
        if is_first && level == HeadingLevel::H1 {
            self.page.title = title;
            return;
        }
        let of_sections = *self.level.get_or_insert(level);
        if level <= of_sections {
            self.page.sections.push(Section {
                title,
                parts: Vec::new(),
            });
        } else {
            self.part(Part::Heading(title));
        }
    }

    /// Words between other things.
    fn words(&mut self) {
        let text = std::mem::take(&mut self.text).trim().to_owned();
        if !text.is_empty() {
            self.part(Part::Words(text));
        }
    }

    fn paragraph(&mut self) {
        if self.points.is_empty() {
            self.words();
        } else {
            self.add("\n");
        }
    }

    /// Something stands below the words of a point.
    fn introduce(&mut self) {
        let Some(point) = self.points.last_mut() else {
            return;
        };
        if !std::mem::replace(&mut point.has_more, true) && point.task {
            let text = one_line(&point.text);
            self.part(Part::Confirm(text));
        }
    }

    fn code_block(&mut self) {
        let Some((language, code)) = self.code.take() else {
            return;
        };
        const SHELLS: [&str; 9] = [
            "",
            "sh",
            "bash",
            "shell",
            "zsh",
            "console",
            "shell-session",
            "shellsession",
            "ksh",
        ];
        let language = language.split([' ', ',', '{']).next().unwrap_or_default();
        if !SHELLS.contains(&language) {
            self.part(Part::Code(code));
            return;
        }
        let words = self.points.last_mut().map(|point| {
            point.has_more = true;
            one_line(&point.text)
        });
        let words = words.unwrap_or_default();
        self.part(Part::Commands { words, code });
    }

    fn point(&mut self) {
        let Some(point) = self.points.pop() else {
            return;
        };
        let text = one_line(&point.text);
        if point.has_more || text.is_empty() {
            return;
        }
        let around = self.points.iter().map(|it| one_line(&it.text));
        let path: Vec<String> = around.chain([text.clone()]).collect();
        let whole = path.join(": ");
        let part = match runs(&text, &point) {
            Some(code) => Part::Commands {
                words: String::new(),
                code,
            },
            None if point.task || point.ordered => Part::Confirm(whole),
            None => Part::Point(whole),
        };
        self.part(part);
    }
}

/// The command of a point such as ``Run `make install` ``.
fn runs(text: &str, point: &Point) -> Option<String> {
    let [code] = point.code.as_slice() else {
        return None;
    };
    let around = text.replacen(code.as_str(), "", 1).to_lowercase();
    let around = around.trim_matches(|it: char| !it.is_alphanumeric());
    let is_order = ["", "run", "execute", "type", "enter", "call"].contains(&around);
    is_order.then(|| code.clone())
}

/// Words as one line, with nothing in it that cannot be seen.
pub fn one_line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn words_come_in_one_line() {
        assert_eq!(one_line(" a\n\tb\u{1b}c\u{7} "), "a b c");
    }
}

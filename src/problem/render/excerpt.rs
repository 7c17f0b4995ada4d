//! The lines of a file that a problem points at, ready to be shown: harmless,
//! without tabs, long lines cut, and the marks moved along with the text.

use std::ops::Range;

use super::neutral;

/// How many lines around a marked one the renderer may show.
const NEIGHBOURS: usize = 5;

/// A part of a file as it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub text: String,
    /// The number of its first line, counted from one.
    pub first_line: usize,
    /// In the order they were asked for.
    pub marks: Vec<Range<usize>>,
}

/// One line of the original: its place in the file, without its line end.
struct Line<'a> {
    text: &'a str,
    start: usize,
}

/// Cuts an excerpt out of whole lines of a file.
///
/// `text` starts at byte `offset` and line `first_line` of the file, `marks`
/// are byte ranges of the file, and lines are cut to about `width` columns.
/// Marks that do not fit the text are moved to the nearest place that exists.
pub(super) fn cut(
    text: &str,
    offset: usize,
    first_line: usize,
    marks: &[Range<usize>],
    width: usize,
) -> Excerpt {
    let lines = split(text, offset);
    let marks: Vec<Range<usize>> = marks.iter().map(|mark| settle(mark, &lines)).collect();
    let marked = marked_lines(&lines, &marks);
    let mut shown = String::new();
    let mut moved = marks.clone();
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            shown.push('\n');
        }
        // The renderer leaves out what is far from a mark; so can we.
        if !near(number, &marked) {
            continue;
        }
        let here = show(line, &marks, width);
        for (mark, new) in marks.iter().zip(&mut moved) {
            if let Some(start) = here.find(line, mark.start) {
                new.start = shown.len() + start;
            }
            if let Some(end) = here.find(line, mark.end) {
                new.end = shown.len() + end;
            }
        }
        shown.push_str(&here.text);
    }
    if lines.last().is_some_and(|line| line.text.is_empty()) {
        // An empty last line would not count as a line.
        shown.push(' ');
    }
    Excerpt {
        text: shown,
        first_line,
        marks: moved,
    }
}

fn split(text: &str, offset: usize) -> Vec<Line<'_>> {
    let mut start = offset;
    text.split('\n')
        .map(|line| {
            let here = start;
            start += line.len() + 1;
            Line {
                text: line.strip_suffix('\r').unwrap_or(line),
                start: here,
            }
        })
        .collect()
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// A mark inside the text, on character boundaries, that does not hang over
/// into the start of a line it has no character of.
fn settle(mark: &Range<usize>, lines: &[Line<'_>]) -> Range<usize> {
    let start = settle_offset(mark.start, lines);
    let end = settle_offset(mark.end, lines).max(start);
    let line = line_at(end, lines);
    if end > start && line > 0 && end == lines[line].start {
        return start..lines[line - 1].end().max(start);
    }
    start..end
}

fn settle_offset(offset: usize, lines: &[Line<'_>]) -> usize {
    let line = &lines[line_at(offset, lines)];
    let inside = offset.clamp(line.start, line.end()) - line.start;
    line.start + line.text.floor_char_boundary(inside)
}

/// The index of the line that holds an offset; the nearest where none does.
fn line_at(offset: usize, lines: &[Line<'_>]) -> usize {
    lines
        .partition_point(|line| line.start <= offset)
        .saturating_sub(1)
}

/// The lines on which marks start or end, in order.
fn marked_lines(lines: &[Line<'_>], marks: &[Range<usize>]) -> Vec<usize> {
    let mut marked: Vec<usize> = marks
        .iter()
        .flat_map(|mark| [line_at(mark.start, lines), line_at(mark.end, lines)])
        .collect();
    marked.sort_unstable();
    marked.dedup();
    marked
}

fn near(line: usize, marked: &[usize]) -> bool {
    let next = marked.partition_point(|mark| *mark < line);
    let before = next.checked_sub(1).and_then(|at| marked.get(at));
    [before, marked.get(next)]
        .into_iter()
        .flatten()
        .any(|mark| mark.abs_diff(line) <= NEIGHBOURS)
}

/// A line as it is shown.
struct Shown {
    text: String,
    /// Byte of the original line and where its character is shown, ascending;
    /// the last entry is the line's end.
    places: Vec<(usize, usize)>,
}

impl Shown {
    /// Where an offset of the file is shown, if it lies on this line.
    fn find(&self, line: &Line<'_>, offset: usize) -> Option<usize> {
        if offset < line.start || offset > line.end() {
            return None;
        }
        let inside = offset - line.start;
        let at = self.places.partition_point(|(byte, _)| *byte <= inside);
        self.places.get(at.saturating_sub(1)).map(|place| place.1)
    }
}

fn show(line: &Line<'_>, marks: &[Range<usize>], width: usize) -> Shown {
    let window = window(line, marks, width);
    let mut shown = Shown {
        text: String::new(),
        places: Vec::new(),
    };
    let mut column = 0;
    let mut cut = false;
    for (byte, c) in line.text.char_indices() {
        let columns = columns_of(c, column);
        let visible = window.contains(&column) && column + columns <= window.end;
        if !visible && !cut {
            shown.text.push('…');
        }
        cut = !visible;
        shown.places.push((byte, shown.text.len()));
        if visible {
            push_harmless(&mut shown.text, c, columns);
        }
        column += columns;
    }
    shown.places.push((line.text.len(), shown.text.len()));
    shown
}

fn push_harmless(text: &mut String, c: char, columns: usize) {
    if c == '\t' {
        text.extend(std::iter::repeat_n(' ', columns));
    } else {
        text.push_str(&neutral::one_line(c.encode_utf8(&mut [0; 4])));
    }
}

/// The columns of a line that are shown: all, or those around its first mark.
fn window(line: &Line<'_>, marks: &[Range<usize>], width: usize) -> Range<usize> {
    let total = columns_before(line.text, line.text.len());
    if total <= width {
        return 0..total;
    }
    let first_mark = marks
        .iter()
        .flat_map(|mark| [mark.start, mark.end])
        .filter(|offset| (line.start..=line.end()).contains(offset))
        .min();
    let focus = first_mark.map_or(0, |offset| columns_before(line.text, offset - line.start));
    let start = if focus < width / 2 {
        0
    } else {
        focus - width / 3
    };
    start..start + width
}

fn columns_before(text: &str, byte: usize) -> usize {
    text[..byte]
        .chars()
        .fold(0, |column, c| column + columns_of(c, column))
}

/// How many columns a character takes, at most: enough to cut lines by.
fn columns_of(c: char, column: usize) -> usize {
    match c {
        '\t' => 4 - column % 4,
        '\u{1100}'.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "lists of one mark")]
mod tests {
    use super::*;

    fn marked(excerpt: &Excerpt, mark: usize) -> &str {
        &excerpt.text[excerpt.marks[mark].clone()]
    }

    #[test]
    fn marks_follow_their_text() {
        let excerpt = cut("\ta \u{1b}[1m b\r\nnext", 100, 7, &[102..106, 111..115], 80);
        assert_eq!(excerpt.text, "    a ␛[1m b\nnext");
        assert_eq!(marked(&excerpt, 0), " ␛[1");
        assert_eq!(marked(&excerpt, 1), "next");
    }

    #[test]
    fn tabs_reach_the_next_stop() {
        assert_eq!(cut("ab\tc", 0, 1, &[3..4], 80).text, "ab  c");
    }

    #[test]
    fn a_mark_inside_a_character_moves_to_its_start() {
        let excerpt = cut("aü", 0, 1, &[2..9], 80);
        assert_eq!(marked(&excerpt, 0), "ü");
    }

    #[test]
    fn a_mark_ends_on_its_last_line_with_text() {
        let excerpt = cut("one\ntwo\n", 0, 1, &[0..8], 80);
        assert_eq!(marked(&excerpt, 0), "one\ntwo");
    }

    #[test]
    fn a_mark_behind_everything_stands_on_the_last_line() {
        let excerpt = cut("one\n", 0, 1, &[4..4], 80);
        assert_eq!(excerpt.text, "one\n ");
        assert_eq!(excerpt.marks[0], 4..4);
        assert_eq!(cut("", 0, 1, &[9..12], 80).marks[0], 0..0);
    }

    #[test]
    fn long_lines_show_what_is_around_the_mark() {
        let line = format!("{}NAME{}", "x".repeat(5000), "y".repeat(5000));
        let excerpt = cut(&line, 0, 1, &[5000..5004], 60);
        assert_eq!(marked(&excerpt, 0), "NAME");
        assert!(excerpt.text.starts_with("…x") && excerpt.text.ends_with("y…"));
        assert_eq!(excerpt.text.chars().count(), 62);
        let whole = cut(&line, 0, 1, &[0..10_000], 60);
        assert!(whole.text.len() < 80);
        assert!(marked(&whole, 0).starts_with('x'));
    }

    #[test]
    fn what_is_far_from_a_mark_is_left_empty() {
        let text = "line\n".repeat(1000);
        let excerpt = cut(&text, 0, 1, &[0..4, 4000..4004], 80);
        assert_eq!(marked(&excerpt, 1), "line");
        assert_eq!(excerpt.text.matches("line").count(), 6 + 11);
    }
}

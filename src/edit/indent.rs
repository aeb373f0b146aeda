//! Fits code to its place: indentation, line endings, final newline.

use std::collections::HashSet;

use super::lines::{Line, enclosures, indentation, lines, without_blank_ends};
use super::site::Site;
use super::style::{Style, closes, continues, is_followed_deeper, style, unit};

/// Fits `code` to `site`.
///
/// - All lines move together. The first one goes to the place of the range's first line; relative indentation stays.
///   If the range starts inside a line, the first line of the code continues that line.
/// - Tabs become spaces and spaces tabs, as in the range (or else the text around it). Two and four spaces are
///   converted only if both sides show their unit. Lines inside a multi-line string are moved, never converted.
/// - Every line break is the site's. Blank lines at either end are those of the range, with its final newline.
///
/// Only white space at the edges of lines changes. Code without any text is a deletion: it is empty.
pub fn fit(code: &str, site: &Site) -> String {
    let all: Vec<Line<'_>> = lines(code).collect();
    let code = without_blank_ends(&all);
    let original: Vec<Line<'_>> = lines(&site.original).collect();
    if code.is_empty() {
        return String::new();
    }
    if same_lines(code, &original) {
        return site.original.clone();
    }
    let margins = BlankMargins::of(site, &original);
    let target = Target::of(site, &original, &margins);
    let converted = levelled(code, &target).unwrap_or_else(|| convert(code, &target));
    let mut shifted = shift(converted, &target);
    if let Some(first) = shifted.first_mut().filter(|_| margins.continues_line) {
        *first = continued(first, site, &original);
    }
    margins.wrap(shifted, site)
}

/// Whether the code equals the original, without blank lines at the ends and with any line endings.
fn same_lines(code: &[Line<'_>], original: &[Line<'_>]) -> bool {
    let original = without_blank_ends(original);
    code.iter().map(|line| line.content).eq(original.iter().map(|line| line.content))
}

/// The part of the range that stays around the code: its blank lines at both ends.
struct BlankMargins<'a> {
    head: &'a str,
    tail: &'a str,
    /// Whether the code's first line continues a line that starts before the range.
    continues_line: bool,
}

impl<'a> BlankMargins<'a> {
    fn of(site: &'a Site, original: &[Line<'_>]) -> Self {
        let text = site.original.as_str();
        let blank = original.iter().take_while(|line| line.is_blank()).count();
        if blank == original.len() {
            let tail = if text.ends_with(['\n', '\r']) { site.eol } else { "" };
            return Self { head: "", tail, continues_line: !site.before.is_empty() };
        }
        let head_length = original.get(blank).map_or(0, |first| first.start);
        let body = text.trim_end();
        let tail = text.split_at(body.len()).1;
        // Blanks at the end of the last line are removed with it, unless the text after them on the line needs them.
        let tail = match tail.find(['\n', '\r']) {
            Some(eol) => tail.split_at(eol).1,
            None if site.after.is_empty() => "",
            None => tail,
        };
        Self { head: text.split_at(head_length).0, tail, continues_line: blank == 0 && !site.before.is_empty() }
    }

    fn wrap(&self, lines: Vec<String>, site: &Site) -> String {
        let mut text = lines.join(site.eol);
        if !self.tail.is_empty() && !self.tail.starts_with(['\n', '\r']) {
            text.truncate(text.trim_end_matches([' ', '\t']).len());
        }
        [self.head, &text, self.tail].concat()
    }
}

/// The first line of code if the range starts inside a line: without the indentation that is already before the range.
fn continued(first: &str, site: &Site, original: &[Line<'_>]) -> String {
    let text = first.trim_start_matches([' ', '\t']);
    match (is_indentation(&site.before), first.strip_prefix(site.before.as_str())) {
        (true, rest) => rest.unwrap_or(text).to_owned(),
        (false, _) => [original.first().map_or("", Line::indentation), text].concat(),
    }
}

/// Only spaces and tabs. Other white space is text, because a line's indentation is measured in bytes.
fn is_indentation(text: &str) -> bool {
    indentation(text) == text
}

/// The indentation of the range. Its first line is completed by the text before the range.
struct Target<'a> {
    /// The indentation of the first line with text.
    first: String,
    /// The lines with text, except the first.
    known: HashSet<&'a str>,
    /// Whether the range has blocks whose lines are not indented more than their opener.
    is_flat: bool,
    /// A blank line of the range with white space, if all its blank lines have some.
    blank: Option<&'a str>,
    style: Style,
    width: super::style::Unit,
}

impl<'a> Target<'a> {
    fn of(site: &'a Site, original: &[Line<'a>], margins: &BlankMargins<'_>) -> Self {
        let text: Vec<&Line<'_>> = original.iter().filter(|line| !line.is_blank()).collect();
        let vacant = if text.is_empty() && site.before.is_empty() { site.vacant.as_str() } else { "" };
        let own = text.first().map_or(vacant, |line| line.indentation());
        let first = match (margins.continues_line, is_indentation(&site.before)) {
            (true, true) => [site.before.as_str(), own].concat(),
            (true, false) => indentation(&site.before).to_owned(),
            (false, _) => own.to_owned(),
        };
        let inner = original.get(1..original.len().saturating_sub(1)).unwrap_or_default();
        let blanks: Vec<&str> = inner.iter().filter(|line| line.is_blank()).map(|line| line.content).collect();
        let around = site.surroundings();
        let surroundings: Vec<Line<'_>> = lines(&around).collect();
        let first_line = [first.as_str(), "text"].concat();
        let own_style = style(text.iter().skip(1).map(|line| line.content).chain([first_line.as_str()]));
        let style =
            if own_style == Style::None { style(surroundings.iter().map(|line| line.content)) } else { own_style };
        // Includes the text before the range: without its indentation, the first line makes the next one look too deep.
        let whole_lines = [indentation(&site.before), &site.original].concat();
        let all: Vec<Line<'_>> = surroundings.iter().copied().chain(lines(&whole_lines)).collect();
        Self {
            known: text.iter().skip(1).map(|line| line.content).collect(),
            is_flat: text.windows(2).skip(usize::from(margins.continues_line)).any(|pair| match pair {
                [outer, inner] => {
                    outer.content.trim_end().ends_with('{')
                        && !closes(inner.content)
                        && inner.indentation().len() <= outer.indentation().len()
                }
                _ => false,
            }),
            blank: blanks.first().copied().filter(|_| blanks.iter().all(|blank| !blank.is_empty())),
            style,
            width: unit(&all),
            first,
        }
    }
}

/// A line of code to move: its indentation and its text.
struct LineToMove<'a> {
    indent: String,
    text: &'a str,
}

/// Converts the code's indentation levels to the target's style, if the size of a level is certain.
fn convert<'a>(code: &[Line<'a>], target: &Target<'_>) -> Vec<LineToMove<'a>> {
    let own = style(code.iter().map(|line| line.content));
    let width = unit(code);
    let indents = |line: &Line<'_>| line.indentation().len();
    let shallowest = code.iter().filter(|line| !line.is_blank()).map(indents).min().unwrap_or_default();
    let rescale =
        (own == Style::Spaces && target.style == Style::Spaces).then(|| rescaling(code, target, shallowest)).flatten();
    code.iter()
        .zip(enclosures(code))
        .map(|(line, within)| {
            let (indent, text) = line.content.split_at(indents(line));
            // A line of the range that does not follow the range's own style is different on purpose.
            let odd = own != target.style && target.known.contains(line.content);
            let keep = odd || within && !is_comment_star(text);
            let indent = match (own, target.style, width.likely) {
                _ if keep => indent.to_owned(),
                (Style::Tabs, Style::Spaces, _) => indent.replace('\t', &" ".repeat(target.width.likely.unwrap_or(4))),
                (Style::Spaces, Style::Tabs, Some(width)) => {
                    "\t".repeat(indent.len() / width) + &" ".repeat(indent.len() % width)
                }
                _ => match rescale {
                    Some((from, to)) => {
                        " ".repeat(shallowest + rescaled(indent.len() - shallowest.min(indent.len()), from, to))
                    }
                    None => indent.to_owned(),
                },
            };
            LineToMove { indent, text }
        })
        .collect()
}

/// Adds one level for each open bracket, if the code has no indentation and the text around it shows the level's width.
/// Brackets do not decide the place of labels and of multi-line text; the code then stays unchanged.
fn levelled<'a>(code: &[Line<'a>], target: &Target<'_>) -> Option<Vec<LineToMove<'a>>> {
    let unit = match target.style {
        Style::Tabs => "\t".to_owned(),
        Style::Spaces => " ".repeat(target.width.sure?),
        Style::None | Style::Mixed => return None,
    };
    let own = code.first()?.indentation();
    let is_flat = code.iter().all(|line| line.is_blank() || line.indentation() == own);
    let opener = |line: &Line<'_>| line.content.trim_end().ends_with(['{', '(', '[']);
    let is_label = |line: &Line<'_>| line.content.trim_end().ends_with(':');
    // A block without indentation under its opener is the range's own style.
    let is_written_so = target.is_flat;
    if !is_flat
        || is_written_so
        || !code.iter().any(opener)
        || code.iter().any(is_label)
        || enclosures(code).any(|is_within| is_within)
    {
        return None;
    }
    let mut depth = 0_usize;
    let mut levelled = Vec::new();
    for line in code {
        let text = line.content.trim_start_matches([' ', '\t']);
        let closing = text.chars().take_while(|c| matches!(c, '}' | ')' | ']')).count();
        let level = depth.saturating_sub(closing);
        levelled.push(LineToMove { indent: [own, &unit.repeat(level)].concat(), text });
        // One level for the brackets at the end of the line, however many they are.
        let opened = text.chars().rev().take_while(|c| matches!(c, '{' | '(' | '[')).count();
        depth = level + opened.min(1);
    }
    (depth == 0).then_some(levelled)
}

fn rescaled(width: usize, from: usize, to: usize) -> usize {
    width / from * to + width % from
}

/// ` * text` inside of a block comment is layout, not the text of a string.
fn is_comment_star(text: &str) -> bool {
    text.starts_with('*')
}

/// The old and the new unit of spaces, if both sides show theirs clearly.
fn rescaling(code: &[Line<'_>], target: &Target<'_>, shallowest: usize) -> Option<(usize, usize)> {
    let (from, to) = (unit(code).sure?, target.width.sure?);
    let first = code.first()?;
    let even = code
        .iter()
        .filter(|line| !line.is_blank() && !is_comment_star(line.content.trim_start()))
        .all(|line| (line.indentation().len() - shallowest).is_multiple_of(from));
    let is_known = code.iter().any(|line| {
        let is_distinctive = line.content.chars().filter(|c| c.is_alphanumeric()).count() >= 3;
        is_distinctive && !line.indentation().is_empty() && target.known.contains(line.content)
    });
    let plain = matches!((from, to), (2, 4) | (4, 2));
    (plain && even && !is_known && first.indentation().len() == shallowest).then_some((from, to))
}

/// Moves the lines of code together to the place of the range.
fn shift(code: Vec<LineToMove<'_>>, target: &Target<'_>) -> Vec<String> {
    let own_first = code.first().map(|line| line.indent.clone()).unwrap_or_default();
    // If the range has the same line left of its first line, its place has a reason: `#ifdef`, a string's text.
    let outlies = |line: &LineToMove<'_>| {
        line.indent.len() < target.first.len() && target.known.contains(with_indent(line).as_str())
    };
    let stays: HashSet<String> = code.iter().filter(|line| outlies(line)).map(with_indent).collect();
    let movement = movement(&code, target, &own_first, &stays);
    code.iter()
        .enumerate()
        .map(|(number, line)| {
            if line.text.is_empty() {
                return target.blank.unwrap_or_default().to_owned();
            }
            let whole = with_indent(line);
            match &movement {
                Movement::FirstOnly if number == 0 => [target.first.as_str(), line.text].concat(),
                Movement::Together { from, to } if number == 0 || !stays.contains(&whole) => {
                    whole.strip_prefix(from.as_str()).map(|rest| [to.as_str(), rest].concat()).unwrap_or(whole)
                }
                Movement::Stay | Movement::FirstOnly | Movement::Together { .. } => whole,
            }
        })
        .collect()
}

fn with_indent(line: &LineToMove<'_>) -> String {
    [line.indent.as_str(), line.text].concat()
}

/// How the lines of code move.
enum Movement {
    /// They are already in place, or their place is not certain.
    Stay,
    /// Only the first line has lost its indentation.
    FirstOnly,
    /// `to` replaces the indentation `from` on all lines.
    Together { from: String, to: String },
}

fn movement(code: &[LineToMove<'_>], target: &Target<'_>, own_first: &str, stays: &HashSet<String>) -> Movement {
    let moves = |line: &&LineToMove<'_>| !line.text.is_empty() && !stays.contains(&with_indent(line));
    let rest_shallowest = code.iter().skip(1).filter(moves).map(|line| line.indent.len()).min();
    let rest_stood =
        target.known.iter().filter(|line| !stays.contains(**line)).map(|line| indentation(line).len()).min();
    let stood_shallowest = rest_stood.unwrap_or(usize::MAX).min(target.first.len());
    if own_first == target.first {
        return Movement::Stay;
    }
    // The range may start deeper than it ends; code that starts at another of its depths is also in place.
    let shallowest = rest_shallowest.unwrap_or(usize::MAX).min(own_first.len());
    if !own_first.is_empty() && own_first.len() < target.first.len() && shallowest >= stood_shallowest {
        return Movement::Stay;
    }
    if let Some(rest) = rest_shallowest.filter(|rest| *rest >= stood_shallowest)
        && own_first.len() < target.first.len()
        && lost_its_first_indent(code, target, own_first, (rest, rest_stood))
    {
        return Movement::FirstOnly;
    }
    common_shift(target, own_first, shallowest)
}

fn common_shift(target: &Target<'_>, own_first: &str, shallowest: usize) -> Movement {
    let (from, deeper) = own_first.split_at(shallowest.min(own_first.len()));
    match target.first.strip_suffix(deeper) {
        Some(to) => Movement::Together { from: from.to_owned(), to: to.to_owned() },
        None => Movement::Stay,
    }
}

/// Whether only the first line must move, because the others are in place. Some models trim their answers, and some
/// ranges start after the indentation of the first line.
fn lost_its_first_indent(
    code: &[LineToMove<'_>],
    target: &Target<'_>,
    own_first: &str,
    rest: (usize, Option<usize>),
) -> bool {
    let (rest, rest_stood) = rest;
    let shift = target.first.len() - own_first.len();
    let (Some(first), Some(second), Some(last)) = (
        code.first(),
        code.iter().skip(1).find(|line| !line.text.is_empty()),
        code.iter().rfind(|line| !line.text.is_empty()),
    ) else {
        return false;
    };
    let (place, own, depth) = (target.first.len(), own_first.len(), second.indent.len());
    if first.text.starts_with("/*") && is_comment_star(second.text) {
        return depth > place;
    }
    // The depth of the second line decides before the likeness of later lines: a body with less nesting moves left.
    let is_item = first.text.starts_with("- ") && !second.text.starts_with("- ");
    if is_item || is_followed_deeper(first.text) && !closes(second.text) || continues(second.text) {
        if depth <= place {
            return false;
        }
        let unit = if target.style == Style::Tabs { Some(1) } else { target.width.likely };
        match unit {
            Some(unit) if depth - place == unit => return true,
            Some(unit) if depth - own == unit => return false,
            _ => {}
        }
    } else if depth == place
        && (ends_statement(first.text) || belongs_to_next_line(first.text) || second.text.starts_with('{'))
    {
        // After a complete line that opens nothing, no line is deeper.
        return true;
    }
    // The block of the first line closes below its old place, and no line closes below its new place.
    let closed_there = |line: &LineToMove<'_>| closes(line.text) && line.indent.len() == place;
    if first.text.ends_with(['{', '(', '[']) && rest == place && code.iter().skip(1).any(closed_there) {
        return true;
    }
    if closes(last.text) && last.indent.len() == place {
        return true;
    }
    let as_they_are = code.iter().skip(1).filter(|line| is_known(line, "", target)).count();
    let moved = target.first.split_at(shift.min(target.first.len())).0;
    let if_moved = code.iter().skip(1).filter(|line| is_known(line, moved, target)).count();
    if as_they_are != if_moved {
        return as_they_are > if_moved;
    }
    if closes(last.text) && !target.known.is_empty() {
        return false;
    }
    // Choose what brings the lines nearer to the depth of the range's lines.
    rest_stood.is_some_and(|stood| rest.abs_diff(stood) < (rest + shift).abs_diff(stood))
}

/// Whether the line is complete: a statement or a comment, in the languages that mark its end.
fn ends_statement(text: &str) -> bool {
    text.ends_with(';') || text.starts_with("//")
}

/// Whether the line belongs to the line below at the same depth: a decorator, an attribute.
fn belongs_to_next_line(text: &str) -> bool {
    text.starts_with(['@', '[', '#'])
}

/// Whether the line, moved to the right by `shift`, is one of the range's.
fn is_known(line: &LineToMove<'_>, shift: &str, target: &Target<'_>) -> bool {
    line.text.contains(char::is_alphanumeric)
        && target.known.contains([shift, &line.indent, line.text].concat().as_str())
}

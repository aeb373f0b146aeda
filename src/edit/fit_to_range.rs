//! Prepares code for its place: removes repetitions of the place, and fits the rest.

use super::check::{Preamble, preamble, shortened};
use super::extract::Purpose;
use super::indent::fit;
use super::lines::{indentation, lines};
use super::neighbours::{Cut, within_line, without_neighbours};
use super::outline::Outline;
use super::site::Site;
use crate::i18n::{Message, message};
use crate::languages;

/// The new text of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FittedText {
    /// The text, ready for the document.
    pub text: String,
    /// Why the user should review it first: the server cut code that may not be a repetition, or it puts the code
    /// elsewhere than requested.
    pub issue: Option<Message>,
}

/// Fits `code` to `site`, whose LSP language is `language_id`.
///
/// It removes repetitions of the place: neighbour lines, the rest of a line that contains the range, `<?php` and `#!`
/// of the file. If the request is documentation and the reply has no code, it is added to the code.
pub(crate) fn fit_to_range(code: &str, site: &Site, language_id: &str, purpose: Purpose) -> FittedText {
    let is_prose = languages::is_prose(language_id) && !languages::is_unknown(language_id);
    if code.trim().is_empty() {
        return FittedText { text: fit(code, site), issue: None };
    }
    if purpose == Purpose::Document
        && !is_prose
        && let Some(text) = documented(code, site, language_id)
    {
        return FittedText { text, issue: Some(message!("withheld-documentation-alone")) };
    }
    let code = without_first_line_of_file(code, site, language_id);
    let cut =
        if is_prose { None } else { within_line(code, site).or_else(|| without_neighbours(code, site, language_id)) };
    let cut = cut.or_else(|| unwrapped(code, site, language_id));
    let Some(Cut { code, issue }) = cut else { return FittedText { text: fit(code, site), issue: None } };
    FittedText { text: fit(&code, site), issue }
}

/// `code` without `<?php` or `#!`, if the range is after them.
fn without_first_line_of_file<'a>(code: &'a str, site: &Site, language_id: &str) -> &'a str {
    let text = code.trim_start();
    let first = text.lines().next().unwrap_or_default().trim_end();
    let is_of_file = first == "<?php" || first.starts_with("#!/");
    let old = site.original.trim_start();
    if !is_of_file
        || site.above.trim().is_empty()
        || old.starts_with("<?")
        || old.starts_with("#!")
        || language_id == "html"
    {
        return code;
    }
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    let rest = match rest.trim_end().strip_suffix("?>") {
        Some(inside) if first == "<?php" && !old.trim_end().ends_with("?>") => inside,
        _ => rest,
    };
    if rest.trim().is_empty() { code } else { rest }
}

/// The code without the head and the end of the enclosing definition, if the reply has them around its own.
fn unwrapped(code: &str, site: &Site, language_id: &str) -> Option<Cut> {
    if !site.before.trim().is_empty() || !site.rest_of_line().trim().is_empty() {
        return None;
    }
    // An enclosing definition has a head above the range, and an end on its own line.
    if site.above.trim().is_empty()
        || !matches!(code.trim_end().lines().last().map(str::trim), Some("}" | "end" | "};"))
    {
        return None;
    }
    let all: Vec<&str> = lines(code).map(|line| line.content).collect();
    let outline = Outline::of(code, language_id);
    let old = Outline::of(&site.original, language_id);
    let above = Outline::of(&site.above, language_id);
    if outline.lines.iter().any(|line| preamble(line, language_id) == Some(Preamble::File)) {
        return None;
    }
    let (first, last) = (outline.definitions.first()?, outline.lines.last()?);
    let head = outline.lines.get(first.line).filter(|head| first.line == 0 && !head.text.starts_with("//"))?;
    let encloses = above.definitions.iter().any(|definition| {
        definition.kind == first.kind
            && definition.name == first.name
            && above
                .lines
                .get(definition.line)
                .is_some_and(|line| line.indent < old.lines.first().map_or(0, |line| line.indent + site.before.len()))
    });
    let closes = last.indent == head.indent && matches!(last.text, "}" | "end" | "};");
    let is_own = old.definitions.iter().any(|definition| definition.name == first.name);
    let from = all.iter().position(|line| line.trim() == head.text)? + 1;
    let to = all.iter().rposition(|line| line.trim() == last.text)?;
    let inside = all.get(from..to)?.join("\n");
    (encloses && closes && !is_own && !inside.trim().is_empty())
        .then(|| Cut { code: inside, issue: Some(message!("withheld-enclosing-cut", line = shortened(head.text))) })
}

/// The range with `code`, if that is only documentation and the range starts with a definition. It goes above the head,
/// or below it if the language requires that.
fn documented(code: &str, site: &Site, language_id: &str) -> Option<String> {
    let new = Outline::of(code, language_id);
    let old = Outline::of(&site.original, language_id);
    let first = new.lines.first()?;
    if new.code().next().is_some() || !old.starts_with_definition() {
        return None;
    }
    let is_string = first.text.trim_start_matches(['r', 'u', 'R']).starts_with(['"', '\'']);
    let is_python = languages::is_pythonic(language_id);
    let mut all: Vec<String> = lines(&site.original).map(|line| line.content.to_owned()).collect();
    let lead = indentation(&site.before);
    let is_inside = is_python && is_string;
    let (place, indent) = if is_inside {
        start_of_body(&all, &old)?
    } else {
        let own = all.iter().position(|line| !line.trim().is_empty())?;
        let head = all.get_mut(own)?;
        // The range may start after the indentation of its line.
        head.insert_str(0, lead);
        (own, indentation(head).to_owned())
    };
    let documentation: Vec<&str> = code.trim_matches(['\n', '\r']).lines().collect();
    let shallowest =
        documentation.iter().filter(|line| !line.trim().is_empty()).map(|line| indentation(line).len()).min()?;
    let fitted = documentation.iter().enumerate().map(|(number, line)| {
        // The first line above the head continues the text before the range.
        let indent = if number == 0 && !is_inside { indent.strip_prefix(lead).unwrap_or(&indent) } else { &indent };
        match line.get(shallowest.min(indentation(line).len())..) {
            Some(text) if !text.trim().is_empty() => [indent, text].concat(),
            _ => String::new(),
        }
    });
    all.splice(place..place, fitted);
    let mut text = all.join(site.eol);
    if site.original.ends_with(['\n', '\r']) {
        text.push_str(site.eol);
    }
    Some(text)
}

/// The start of the first definition's body, and its indentation. Returns `None` if the body already has documentation,
/// because the user decides whether to replace it.
fn start_of_body(all: &[String], old: &Outline<'_>) -> Option<(usize, String)> {
    let head = old.lines.get(old.definitions.first()?.line)?;
    // The head may span lines. The body starts on the first line that is deeper and after the head's colon.
    let start = all.iter().position(|line| line.trim() == head.text)?;
    let end = start + all.iter().skip(start).position(|line| line.trim_end().ends_with(':'))?;
    let body = all.iter().skip(end + 1).find(|line| !line.trim().is_empty())?;
    (!body.trim_start().starts_with(['"', '\''])).then(|| (end + 1, indentation(body).to_owned()))
}

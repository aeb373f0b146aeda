//! Nested reply forms: a fence in a fence, tags around a fence around tags, a patch whose new side is fenced. This
//! module only detects them. The code for the outermost form reads them.

use super::forms::{Form, form};
use super::json::json;
use super::patches::{Patches, patches};
use super::thoughts::without_thoughts;
use super::wrappers::is_wrapper;
use crate::edit::extract::{Original, is_prose};
use crate::edit::fences::fence;
use crate::edit::lines::{Line, enclosures, join, lines, without_blank_ends};
use crate::edit::prose::{LineKind, OriginalLines, line_kinds, shared_words};
use crate::edit::word_list::WordList;
use crate::languages;

/// The largest number of nested forms. No real answer nests deeper.
pub(super) const DEPTH: usize = 6;

/// Whether `text`, the content of a form, is in another form. Prose keeps its content: fences, tags and all. If the
/// text is only a part of the new one (`is_part`), a fence must be around everything.
pub(super) fn is_wrapped(text: &str, original: &Original<'_>, is_part: bool) -> bool {
    if is_prose(original) {
        return false;
    }
    let (old, language_id) = (original.text, original.language_id);
    let all: Vec<Line<'_>> = lines(text).collect();
    let solid = without_blank_ends(&all);
    let (first, last) = (solid.first(), solid.last());
    let opens = first.is_some_and(|line| fence(line.content).is_some());
    let closes = last.is_some_and(|line| fence(line.content).is_some_and(|f| f.info.is_empty() && f.indent == 0));
    let is_fenced = if is_part { opens && closes } else { opens || closes };
    if is_fenced && !lines(old).any(|line| fence(line.content).is_some()) {
        return true;
    }
    // In markup, a tag is usually part of the text.
    let starts = text.trim_start();
    let is_tagged = starts.starts_with('<')
        && (!languages::is_markup(language_id) && matches!(form(text, original), Some(Form::Code { .. }))
            || is_wrapper(text, old)
            || without_thoughts(text, old, language_id).is_none_or(|behind| behind.text != text));
    is_tagged
        || !matches!(patches(text, old, language_id), Patches::None)
        || starts.starts_with(['{', '[', '"']) && matches!(json(text, old, language_id), Ok(Some(_)))
}

/// Languages with indented multi-line text without quotation marks that this module can see.
static WITH_TEXT: WordList = WordList::of(
    "yaml yml cucumber gherkin feature haml pug jade slim clojure lisp commonlisp scheme racket elisp emacs-lisp \
     haskell elm ocaml fsharp sql ruby perl raku lua",
);

/// Whether the line is a fence that code never contains.
pub(super) fn is_left_fence(line: &Line<'_>) -> bool {
    fence(line.content).is_some_and(|f| f.mark == '`' || f.info.is_empty())
}

/// Whether the place of the line allows it to be text in the language.
pub(super) fn stands_bare(line: &Line<'_>, language_id: &str) -> bool {
    !line.indentation().is_empty() && WITH_TEXT.has(&languages::canonical(language_id))
}

/// The code in `new`, which follows `above`, without the remaining fences: those outside of strings and comments, if
/// the original has none. Returns `None` if there are none.
pub(super) fn without_fences(new: &str, above: &str, original: &Original<'_>) -> Option<String> {
    let has_fence = |text: &str| lines(text).any(|line| is_left_fence(&line));
    if !has_fence(new) || is_prose(original) || has_fence(original.text) {
        return None;
    }
    let all: Vec<Line<'_>> = lines(above).chain(lines(new)).collect();
    let first = lines(above).count();
    let kept: Vec<Line<'_>> = all
        .iter()
        .zip(enclosures(&all))
        .skip(first)
        .filter(|(line, is_within)| *is_within || !is_left_fence(line) || stands_bare(line, original.language_id))
        .map(|(line, _)| *line)
        .collect();
    (kept.len() < all.len() - first).then(|| join(&kept))
}

/// The code in `text` without a paragraph of talk before or after it. Talk is whole sentences without indentation and
/// with few words of the original, in a language without such lines. Returns `None` if there is no talk.
pub(super) fn without_talk(text: &str, original: &Original<'_>) -> Option<String> {
    let is_other = languages::is_markup(original.language_id) || languages::is_wordy(original.language_id);
    if is_other || is_prose(original) {
        return None;
    }
    let all: Vec<Line<'_>> = lines(text).collect();
    let kinds = line_kinds(&all, &OriginalLines::of(original));
    let solid = |number: &usize| kinds.get(*number).is_some_and(|look| *look != LineKind::Blank);
    let first = (0..all.len()).find(solid)?;
    let last = (0..all.len()).rfind(solid)?;
    let is_talk = |from: usize, to: usize| {
        let paragraph = all.get(from..to).unwrap_or_default();
        let reads = kinds.get(from..to).unwrap_or_default().iter().all(|look| *look == LineKind::Prose);
        reads
            && paragraph.iter().all(|line| line.indentation().is_empty())
            && shared_words(&join(paragraph), original.text) < 0.3
    };
    let blank_from = |from: usize| (from..all.len()).find(|number| !solid(number));
    let ends_in_colon =
        |number: usize| all.get(number).is_some_and(|line| line.content.trim_end().ends_with([':', '：']));
    let mut start = 0;
    if let Some(end) = blank_from(first).filter(|end| *end < last)
        && is_talk(first, end)
        && ends_in_colon(end - 1)
    {
        start = end + 1;
    }
    let mut end = all.len();
    if let Some(blank) = (first..last).rfind(|number| !solid(number)).filter(|blank| *blank > start)
        && is_talk(blank + 1, last + 1)
    {
        end = blank;
    }
    (start > 0 || end < all.len()).then(|| join(all.get(start..end).unwrap_or_default()))
}

//! Replies for prose: the reply is the text, except for the talk around it. The likeness to the replaced text
//! distinguishes talk from text.

mod talk;
mod words;

use self::talk::{
    has_word_of, introduces_text, is_comment, is_only_talk, is_talk, is_unlike, paragraphs, paragraphs_of,
};
use self::words::DistinctiveWords;
use super::choice::{Candidate, Chosen, choose};
use super::extract::{ExtractedCode, Original, blank_behind, content, is_fenced_itself, is_prose};
use super::fences::{self, Block, fence};
use super::lines::{Line, indentation, join, lines};
use super::prose::{self, LineKind, OriginalLines};
use super::word_list::WordList;
use crate::i18n::{Message, message};
use crate::languages;

/// The text in a reply for a language of prose, or for a range that reads as prose. `tagged` means that it was between
/// tags, so there is no talk around it.
pub(crate) fn from_prose(text: &str, original: &Original<'_>, tagged: bool) -> Result<ExtractedCode, Message> {
    let all: Vec<Line<'_>> = lines(text).collect();
    let old = DistinctiveWords::of(original.text);
    if let Some(inside) = fenced(&all, original, &old)? {
        return Ok(inside);
    }
    if tagged {
        return Ok(join(&all).into());
    }
    let (kept, is_cut) = without_talk(&all, original, &old);
    let kept = without_rules(kept, original, is_cut);
    if kept.iter().all(Line::is_blank) {
        return Err(message!("no-code-only-prose"));
    }
    let text = join(kept);
    if is_only_talk(&text, original, &old) {
        return Err(message!("no-code-only-prose"));
    }
    let (text, is_quotation) = unquoted(&text, original);
    let guess = is_quotation.then_some(message!("guess-quoted"));
    let guess = guess.or_else(|| is_unlike(&text, original, &old).then_some(message!("guess-unlike")));
    Ok(ExtractedCode { guess, ..text.into() })
}

/// The text of the single fence that contains the new text.
fn fenced(all: &[Line<'_>], original: &Original<'_>, old: &DistinctiveWords) -> Result<Option<ExtractedCode>, Message> {
    let in_markdown = languages::is_markdown(original.language_id);
    let is_markdown_block = |block: &Block<'_>| languages::is_markdown(&block.language());
    let blocks = fences::blocks(all, is_markdown_block);
    let Some(first) = blocks.first().filter(|first| !is_fenced_itself(original.text, first)) else { return Ok(None) };
    let has_fences = lines(original.text).any(|line| fence(line.content).is_some());
    let (head, _) = all.split_at(first.open.min(all.len()));
    let tail = all.get(first.end(all.len())..).unwrap_or_default();
    let is_first = head.iter().all(Line::is_blank);
    let is_all = is_first && blank_behind(all, first.end(all.len()).saturating_sub(1));
    let inside = content(all, first);
    // The fence contains the new text if its content is similar to the original, and the text around it is not.
    let is_text = matches!(first.language().as_str(), "" | "text" | "txt" | "plaintext") || is_markdown_block(first);
    let is_like = old.share_in(&inside) > 0.0 && old.share_in(&join(head)) == 0.0 && old.share_in(&join(tail)) == 0.0;
    let is_answer = blocks.len() == 1
        && if in_markdown {
            is_markdown_block(first) && !has_markdown_fence(original.text)
                || is_text && !has_fences && (is_all || is_like)
        } else {
            let is_named = languages::is_called(original.language_id, &first.language());
            !has_fences && (is_first || is_named || is_like || announces(head, original))
        };
    if is_answer {
        return Ok(Some(inside.into()));
    }
    let versions: Vec<String> = versions(all, &blocks, in_markdown);
    let are_versions = blocks.len() > 1
        && !has_fences
        && !versions.is_empty()
        && (in_markdown || is_first || announces(head, original));
    if !are_versions {
        return Ok(None);
    }
    let candidates: Vec<Candidate<'_>> =
        versions.iter().map(|code| Candidate { language: String::new(), code }).collect();
    let count = candidates.len();
    // If the text around the blocks is similar to the original, the blocks are parts of one text.
    let is_whole_text = in_markdown && old.share_in(&join(head)) > 0.0;
    match choose(&candidates, original).filter(|_| !is_whole_text) {
        Some(Chosen { number, is_certain }) => {
            let guess = (!is_certain).then_some(message!("guess-one-of-several", number = number + 1, count = count));
            Ok(versions.get(number).map(|text| ExtractedCode { guess, ..text.clone().into() }))
        }
        None if count == blocks.len() => Err(message!("no-code-several", count = count)),
        None => Ok(None),
    }
}

/// The different texts of the blocks that may be the new text. In Markdown, other blocks are parts of a text.
fn versions(all: &[Line<'_>], blocks: &[Block<'_>], in_markdown: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for block in blocks.iter().filter(|block| !in_markdown || languages::is_markdown(&block.language())) {
        let text = content(all, block);
        if !found.iter().any(|other| other.trim() == text.trim()) {
            found.push(text);
        }
    }
    found
}

fn has_markdown_fence(original: &str) -> bool {
    lines(original).filter_map(|line| fence(line.content)).any(|f| languages::is_markdown(&f.info.to_lowercase()))
}

/// Whether `head` only introduces the next text: a few lines that the original does not have, with a colon at the end.
fn announces(head: &[Line<'_>], original: &Original<'_>) -> bool {
    let known = OriginalLines::of(original);
    let lines: Vec<&Line<'_>> = head.iter().filter(|line| !line.is_blank()).collect();
    let is_short = (1..=3).contains(&lines.len());
    let is_talk = lines.iter().all(|line| !known.has(line.content) && prose::shape(line.content) != LineKind::Code);
    is_short && is_talk && lines.last().is_some_and(|line| ends_with_colon(line.content))
}

/// A line that introduces the next text: it ends with a colon, without regard to emphasis.
fn ends_with_colon(content: &str) -> bool {
    content.trim_end().trim_end_matches(['*', '_', ' ']).ends_with([':', '：'])
}

/// The lines without the paragraphs of talk at both ends, and whether there was talk.
fn without_talk<'l, 'a>(
    all: &'l [Line<'a>],
    original: &Original<'_>,
    old: &DistinctiveWords,
) -> (&'l [Line<'a>], bool) {
    let paragraphs = paragraphs(all);
    let expected = paragraphs_of(original.text);
    let text =
        |number: usize| paragraphs.get(number).and_then(|range| all.get(range.clone())).map(join).unwrap_or_default();
    let (mut from, mut to) = (0, paragraphs.len());
    // For each position, the number of paragraphs before it that share words with the original.
    let alike: Vec<usize> = std::iter::once(0)
        .chain((0..to).scan(0, |count, number| {
            *count += usize::from(old.share_in(&text(number)) > 0.0);
            Some(*count)
        }))
        .collect();
    let others_are_alike = |from: usize, to: usize| alike.get(from) < alike.get(to);
    let leads_in = |number: usize| {
        let all = paragraphs.get(number).and_then(|range| all.get(range.clone())).unwrap_or_default();
        all.len() <= 2 && all.last().is_some_and(|line| ends_with_colon(line.content))
    };
    let original_leads_in = lines(original.text).next().is_some_and(|line| ends_with_colon(line.content));
    let is_head = |number: usize| {
        leads_in(number) && !original_leads_in && old.share_in(&text(number)) < 0.5
            || is_talk(&text(number), paragraphs.len() > expected, original, old)
    };
    while to - from > 1
        && is_head(from)
        && (others_are_alike(from + 1, to) || old.count() == 0 && introduces_text(&text(from), &text(from + 1)))
    {
        from += 1;
    }
    // A heading, a bullet or a rule belongs to the text next to it.
    while to - from > 1 && others_are_alike(from, to - 1) && is_talk(&text(to - 1), to - from > expected, original, old)
    {
        to -= 1;
        while to - from > 1 && is_rule(&text(to - 1)) && !original.text.contains(text(to - 1).trim()) {
            to -= 1;
        }
    }
    // An introduction may be on the line above the text.
    let start = paragraphs.get(from).filter(|_| from > 0).map_or(0, |range| range.start);
    let last = to.checked_sub(1).and_then(|last| paragraphs.get(last));
    let end = last.filter(|_| to < paragraphs.len()).map_or(all.len(), |range| range.end);
    let kept = all.get(start..end).unwrap_or_default();
    let first = kept.iter().position(|line| !line.is_blank()).unwrap_or_default();
    let is_lead = kept.get(first).is_some_and(|line| {
        ends_with_colon(line.content)
            && !original_leads_in
            && prose::shape(line.content) == LineKind::Prose
            && old.share_in(line.content) < 0.2
            && indentation(line.content).is_empty()
    });
    let rest = kept.get(first + 1..).unwrap_or_default();
    if is_lead && old.share_in(&join(rest)) > 0.0 && from == 0 {
        return (rest, true);
    }
    (kept, from > 0 || to < paragraphs.len())
}

/// A Markdown rule, or a similar line of other signs.
fn is_rule(text: &str) -> bool {
    let text = text.trim();
    let first = text.chars().next().filter(|c| matches!(c, '-' | '*' | '_' | '=' | '─' | '━' | '═' | '—' | '~'));
    first.is_some_and(|first| text.chars().count() >= 3 && text.chars().all(|c| c == first || c == ' '))
}

/// The lines without rules at both ends, unless the original has these rules.
fn without_rules<'l, 'a>(all: &'l [Line<'a>], original: &Original<'_>, is_cut: bool) -> &'l [Line<'a>] {
    let is_ours = |line: &Line<'_>| is_rule(line.content) && !original.text.contains(line.content.trim());
    let solid = |line: &&Line<'_>| !line.is_blank();
    let (first, last) = (all.iter().find(solid), all.iter().rfind(solid));
    let both = first.is_some_and(is_ours) && last.is_some_and(is_ours);
    if !both && !is_cut {
        return all;
    }
    let goes = |line: &Line<'_>| line.is_blank() || is_ours(line);
    let head = if first.is_some_and(is_ours) { all.iter().take_while(|line| goes(line)).count() } else { 0 };
    let tail = if last.is_some_and(is_ours) { all.iter().rev().take_while(|line| goes(line)).count() } else { 0 };
    all.get(head..all.len().saturating_sub(tail).max(head)).unwrap_or_default()
}

/// The text without quotation marks around it that the original does not have, and whether it was a Markdown quotation.
fn unquoted(text: &str, original: &Original<'_>) -> (String, bool) {
    let is_markdown = languages::is_markdown(original.language_id);
    let is_quoted = |line: Line<'_>| line.is_blank() || line.content.trim_start().starts_with('>');
    if is_markdown && lines(text).all(is_quoted) && !original.text.contains('>') {
        let bare = |line: Line<'_>| {
            let text = line.content.trim_start().trim_start_matches('>');
            [text.strip_prefix(' ').unwrap_or(text), line.eol].concat()
        };
        return (lines(text).map(bare).collect(), true);
    }
    for (open, close) in [('"', '"'), ('“', '”'), ('«', '»'), ('\'', '\''), ('`', '`')] {
        let inside = text.trim().strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        let is_ours = !original.text.trim_start().starts_with(open);
        if let Some(inside) = inside.filter(|inside| is_ours && !inside.contains([open, close]) && !inside.is_empty()) {
            let indent = indentation(text);
            let eol = lines(text).last().map_or("", |line| line.eol);
            return ([indent, inside, eol].concat(), false);
        }
    }
    (text.to_owned(), false)
}

/// The agent's words that no change is necessary: one short sentence that is not in the range.
pub(crate) fn nothing_to_change(text: &str, original: &Original<'_>) -> Option<String> {
    static NOTHING: WordList = WordList::of("no nothing none not already nenhum nenhuma nada não nao já");
    static CHANGE: WordList = WordList::of(
        "change changes changed fix fixed problem problems issue issues error errors improve improvements correct \
         optimal clean refactor refactoring document documented mudança mudanças mudar alteração alterações alterar \
         corrigir problema problemas erro erros correto melhorar melhorias refatorar",
    );
    static OTHERWISE: WordList = WordList::of(
        "but cannot can't unable sorry need without more mas posso possível preciso sem enough unless except \
         because if",
    );
    let sentence = text.trim().trim_matches(['*', '_', '"', '`']).trim();
    let count = sentence.split_whitespace().count();
    if !(2..=14).contains(&count) || sentence.contains(['\n', '\r', '?', '(', '=', '{', ';']) || is_comment(sentence) {
        return None;
    }
    let lower = sentence.to_lowercase().replace('’', "'");
    let has = |list: &WordList| has_word_of(list, &lower);
    // A document may contain `There is nothing to fix`.
    let is_new =
        !original.text.to_lowercase().contains(&lower) && DistinctiveWords::of(original.text).share_in(sentence) < 0.5;
    let is_sentence = prose::shape(sentence) == LineKind::Prose || sentence.starts_with(char::is_uppercase);
    let is_longer = original.text.split_whitespace().count() > count || !is_prose(original);
    (has(&NOTHING) && has(&CHANGE) && !has(&OTHERWISE) && is_new && is_sentence && is_longer)
        .then(|| sentence.to_owned())
}

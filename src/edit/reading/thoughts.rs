//! Removes thoughts that some models send before the answer: in tags of many names, or in channels.

use std::borrow::Cow;

use super::numbers::number;
use crate::edit::fences::fence;
use crate::edit::word_list::WordList;
use crate::languages::is_markup;

/// The rest of a reply after its thoughts.
pub(super) struct WithoutThoughts<'a> {
    pub(super) text: Cow<'a, str>,
    /// Whether the thoughts are nested or closed more than once. Then their end is a guess.
    pub(super) is_tangled: bool,
}

/// The names of tags around thoughts, in lower case.
static NAMES: WordList = WordList::of(
    "think thinking thought thoughts reasoning reason reflection analysis scratchpad inner_monologue antthinking \
     seed:think",
);

/// Marks of thoughts that are not tags, in lower case: the opening and the closing mark.
const MARKS: &[(&str, &str)] =
    &[("[think]", "[/think]"), ("◁think▷", "◁/think▷"), ("<|start_thinking|>", "<|end_thinking|>")];

const CHANNEL: &str = "<|channel|>";
const MESSAGE: &str = "<|message|>";

/// The marks that end a message of a channel.
static ENDS: WordList = WordList::of("<|end|> <|return|> <|start|> <|call|> <|eot_id|> <|im_end|> <|channel|>");

/// A tag around thoughts.
#[derive(Debug, Clone, Copy)]
struct Tag {
    start: usize,
    end: usize,
    closes: bool,
    /// Whether only blanks precede it on its line.
    starts_line: bool,
    /// Whether only blanks follow it on its line.
    ends_line: bool,
}

/// The reply without thoughts; `None` if nothing else is in it. Marks in the user's text are not thoughts.
pub(super) fn without_thoughts<'a>(reply: &'a str, original: &str, language_id: &str) -> Option<WithoutThoughts<'a>> {
    if has_channels(reply) && !original.contains(MESSAGE) {
        let text = last_message(reply)?;
        let before = reply.split(text).next().unwrap_or_default();
        return Some(WithoutThoughts { text: Cow::Borrowed(without_orphans(text, before)), is_tangled: false });
    }
    let lower = reply.to_ascii_lowercase();
    let original = original.to_ascii_lowercase();
    let tags = tags(&lower, &original);
    let (mut from, mut next, mut is_tangled) = (0, 0, false);
    let behind = |at: usize| reply.get(at..).unwrap_or_default();
    while let Some(first) = tags
        .get(next)
        .filter(|tag| !tag.closes && behind(from).len() - behind(from).trim_start().len() + from == tag.start)
    {
        let mut depth = 0_usize;
        let mut end = None;
        for (number, tag) in tags.iter().enumerate().skip(next) {
            depth = if tag.closes { depth.saturating_sub(1) } else { depth + 1 };
            is_tangled |= depth > 1;
            if depth == 0 {
                end = Some((number + 1, tag.end));
                break;
            }
        }
        // If a tag is opened more often than closed, its last closing tag ends the thoughts.
        let last = || tags.iter().enumerate().rfind(|(_, tag)| tag.closes && tag.start > first.start);
        (next, from) = end.or_else(|| last().map(|(number, tag)| (number + 1, tag.end)))?;
    }
    // Thoughts without an opening tag, because the prompt contained it.
    let rest = tags.get(next..).unwrap_or_default();
    let is_lone = |tag: &&Tag| tag.closes && (tag.starts_line || tag.ends_line);
    if let Some(last) = rest.iter().rfind(is_lone) {
        let opener = rest.iter().find(|tag| !tag.closes);
        match opener {
            None => from = last.end,
            Some(opener) if opener.start < last.start && opener.starts_line && !is_markup(language_id) => {
                let before = reply.get(from..opener.start).unwrap_or_default();
                let text = [before, without_break(behind(last.end))].concat();
                return Some(WithoutThoughts { text: Cow::Owned(text), is_tangled: true })
                    .filter(|it| !it.text.trim().is_empty());
            }
            Some(_) => {}
        }
    } else if let Some(opener) = rest.iter().find(|tag| !tag.closes && tag.starts_line && tag.ends_line)
        && !is_markup(language_id)
    {
        // Thoughts at the end that are never closed.
        let text = reply.get(from..opener.start).unwrap_or_default();
        return Some(WithoutThoughts { text: Cow::Borrowed(text), is_tangled: true })
            .filter(|it| !it.text.trim().is_empty());
    }
    let text = if from == 0 { reply } else { without_break(behind(from)) };
    let text = without_orphans(text, reply.get(..from).unwrap_or_default());
    (from == 0 || !text.trim().is_empty()).then_some(WithoutThoughts { text: Cow::Borrowed(text), is_tangled })
}

/// `text` without closing tags and fences at its end, if `before` (the thoughts) contains their opening.
fn without_orphans<'a>(text: &'a str, before: &str) -> &'a str {
    let opens = |line: &str, name: &str| {
        let rest = line.trim().strip_prefix('<').and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with(['>', ' ']) && rest.ends_with('>'))
    };
    let fences = |text: &str| text.lines().filter(|line| fence(line).is_some()).count();
    let closed = |line: &'a str| line.trim().strip_prefix("</").and_then(|rest| rest.strip_suffix('>'));
    // Text after the closing tag is outside of the tag that was opened before the thoughts.
    let mut text = text;
    if before.contains('<') {
        let (mut at, mut opened): (usize, Vec<&str>) = (0, Vec::new());
        for line in text.split_inclusive('\n') {
            match closed(line) {
                Some(name) if opened.iter().any(|other| opens(other, name)) => {
                    let last = opened.iter().rposition(|other| opens(other, name));
                    opened.truncate(last.unwrap_or_default());
                }
                Some(name) if before.lines().any(|line| opens(line, name)) => {
                    text = text.get(..at).unwrap_or_default();
                    break;
                }
                None if line.trim_start().starts_with('<') => opened.push(line),
                _ => {}
            }
            at += line.len();
        }
    }
    while let Some(last) = text.trim_end().lines().last() {
        let name = closed(last);
        let has = |text: &str, name: &str| text.lines().any(|line| opens(line, name));
        let is_orphan = match name {
            Some(name) => has(before, name) && !has(text, name),
            None => fence(last).is_some_and(|f| f.info.is_empty()) && fences(before) % 2 == 1 && fences(text) % 2 == 1,
        };
        if !is_orphan {
            break;
        }
        text = text.get(..text.trim_end().len() - last.len()).unwrap_or_default();
    }
    text
}

/// The line break after a closing tag is not part of the answer. The indentation of the next line is.
fn without_break(text: &str) -> &str {
    let rest = text.trim_start_matches([' ', '\t']);
    rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or(rest)
}

/// Whether a line with this start is part of a patch or of JSON, or has a number. Then the thoughts are inside of it,
/// not around it.
fn is_signed(start: &str) -> bool {
    let is_json = || ["{\"", "[{", "\""].iter().any(|open| start.trim_start().starts_with(open));
    start.starts_with('+') || is_json() || number(start).is_some()
}

/// Whether the reply itself uses channels, and not a patch or JSON inside of it.
fn has_channels(reply: &str) -> bool {
    let first = [CHANNEL, MESSAGE].iter().filter_map(|mark| reply.find(mark)).min();
    let before =
        first.and_then(|at| reply.get(..at)).map(|before| before.rsplit(['\n', '\r']).next().unwrap_or_default());
    before.is_some_and(|before| !is_signed(before)) && !reply.trim_start().starts_with(['{', '[', '"'])
}

/// The last channel message for the user.
fn last_message(reply: &str) -> Option<&str> {
    // A mark in a patch, in JSON, or after the number of a line, is part of the message's text.
    let is_own = |at: usize| {
        let line = reply.get(..at).unwrap_or_default().rsplit(['\n', '\r']).next().unwrap_or_default();
        !line.split("|>").any(is_signed)
    };
    let last = |mark: &str| reply.rmatch_indices(mark).map(|(at, _)| at).find(|at| is_own(*at));
    let from = match last(&format!("{CHANNEL}final")) {
        Some(at) => at + reply.get(at..)?.find(MESSAGE)? + MESSAGE.len(),
        None if last(CHANNEL).is_some() => return None,
        None => last(MESSAGE)? + MESSAGE.len(),
    };
    let text = reply.get(from..)?;
    let ends = ENDS.iter().filter_map(|end| text.match_indices(end).map(|(at, _)| at).find(|at| is_own(from + at)));
    let end = ends.min().unwrap_or(text.len());
    text.get(..end).filter(|text| !text.trim().is_empty())
}

/// Whether the line starts or ends with a mark of thoughts or of a channel. If any tag may be text (`is_loose`), only
/// the usual spelling of models counts.
pub(super) fn is_mark_of_thoughts(content: &str, is_loose: bool) -> bool {
    let text = content.trim();
    let is_token = |token: &str| {
        let name = token.strip_prefix("<|").and_then(|token| token.strip_suffix("|>"));
        name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let token = |text: &str| text.split_inclusive("|>").next().is_some_and(is_token);
    if token(text) || text.rfind("<|").and_then(|at| text.get(at..)).is_some_and(is_token) {
        return true;
    }
    if is_loose {
        return ["<think>", "</think>", "<thinking>", "</thinking>"].contains(&text);
    }
    let lower = text.to_ascii_lowercase();
    let name = lower.trim_start_matches(['<', '/']);
    let is_plain =
        ["think", "antthinking", "seed:think", "[think", "[/think", "◁"].iter().any(|it| name.starts_with(it));
    tag(&lower, "").is_some_and(|(length, _)| is_plain || length == lower.len())
}

/// The tags around thoughts in `lower`, in order, without names that `original` contains.
fn tags(lower: &str, original: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut line_start = 0;
    for (at, _) in lower.match_indices(['\n', '\r', '<', '[', '◁']) {
        let rest = lower.get(at..).unwrap_or_default();
        if rest.starts_with(['\n', '\r']) {
            line_start = at + 1;
            continue;
        }
        let Some((length, closes)) = tag(rest, original) else { continue };
        if lower.get(line_start..at).is_some_and(is_signed) {
            continue;
        }
        let end = at + length;
        let behind = lower.get(end..).unwrap_or_default().trim_start_matches([' ', '\t']);
        found.push(Tag {
            start: at,
            end,
            closes,
            starts_line: lower.get(line_start..at).is_some_and(|before| before.trim().is_empty()),
            ends_line: behind.is_empty() || behind.starts_with(['\n', '\r']),
        });
    }
    found
}

/// The length of the tag at the start of `text`, and whether it closes.
fn tag(text: &str, original: &str) -> Option<(usize, bool)> {
    for (open, close) in MARKS {
        for (mark, closes) in [(open, false), (close, true)] {
            if text.starts_with(mark) {
                return (!original.contains(mark)).then_some((mark.len(), closes));
            }
        }
    }
    let rest = text.strip_prefix('<')?;
    let closes = rest.starts_with('/');
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name_end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':')))?;
    let (name, attributes) = rest.split_at(name_end);
    if !NAMES.has(name) || original.contains(&format!("<{name}")) || original.contains(&format!("</{name}")) {
        return None;
    }
    let end = attributes.find(['>', '\n', '\r', '<'])?;
    let is_tag = attributes.get(end..)?.starts_with('>') && (end == 0 || attributes.starts_with(' '));
    (is_tag && !attributes.get(..end)?.ends_with('/')).then(|| (text.len() - attributes.len() + end + 1, closes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reply: &str) -> Option<(String, bool)> {
        without_thoughts(reply, "x = 1", "python").map(|behind| (behind.text.into_owned(), behind.is_tangled))
    }

    fn code(text: &str) -> Option<(String, bool)> {
        Some((text.to_owned(), false))
    }

    #[test]
    fn thoughts_of_each_name_are_removed_opened_or_not() {
        for reply in [
            "<think>\nHm. ```x```\n</think>\n  y = 2",
            "<Thinking budget=\"3\">Hm.</THINKING>\n  y = 2",
            "Hm, so.\n</think>\n  y = 2",
            "Hm, so.</reasoning>\n  y = 2",
            "<think>a</think>\n<think>b</think>\n  y = 2",
            "[THINK]Hm.[/THINK]\n  y = 2",
            "◁think▷Hm.◁/think▷\n  y = 2",
            "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>  y = 2",
            "<|channel|>final<|message|>  y = 2<|return|>",
            "  y = 2",
        ] {
            assert_eq!(of(reply), code("  y = 2"), "{reply}");
        }
    }

    #[test]
    fn nested_thoughts_are_a_guess() {
        let reply = "<thinking><thinking>short</thinking>Use sum.</thinking>\ny = 2";
        assert_eq!(of(reply), Some(("y = 2".to_owned(), true)));
        assert_eq!(of("<think>a <think>b</think>\ny = 2"), Some(("y = 2".to_owned(), true)));
    }

    #[test]
    fn thoughts_alone_are_nothing() {
        for reply in ["<think>\nHm.", "<think>Hm.</think>\n", "<|channel|>analysis<|message|>Hm."] {
            assert_eq!(of(reply), None, "{reply}");
        }
    }

    #[test]
    fn thought_tags_of_the_users_text_are_code() {
        let reply = "<think>\na\n</think>\n";
        let behind = without_thoughts(reply, "<think>old</think>", "xml").map(|behind| behind.text.into_owned());
        assert_eq!(behind.as_deref(), Some(reply));
    }
}

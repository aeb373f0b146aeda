//! Replies without fences: only code, or code with talk around it.

use super::lines::{Line, join, lines};
use super::prose::{self, LineKind, OriginalLines};
use crate::i18n::{Message, message};
use crate::languages;

/// The code of a reply that has no fences around it.
pub(crate) fn raw(all: &[Line<'_>], known: &OriginalLines<'_>, tagged: bool) -> Result<String, Message> {
    if tagged {
        return Ok(join(all));
    }
    let all = without_language(all, known);
    let all = between_rulers(all, known)?;
    let all = without_title(all, known);
    let kinds = prose::line_kinds(all, known);
    match (kinds.contains(&LineKind::Code), kinds.contains(&LineKind::Prose)) {
        (true, _) => without_talk(all, &kinds, known),
        (false, true) => Err(message!("no-code-only-prose")),
        (false, false) => unsure(all, known),
    }
}

/// The lines without a first line that names the language: the rest of a lost fence.
fn without_language<'a, 'b>(all: &'b [Line<'a>], known: &OriginalLines<'_>) -> &'b [Line<'a>] {
    let mut content = all.iter().enumerate().filter(|(_, line)| !line.is_blank());
    match (content.next(), content.next()) {
        (Some((at, first)), Some(_))
            if languages::is_called(known.original.language_id, first.content.trim()) && !known.has(first.content) =>
        {
            all.get(at + 1..).unwrap_or_default()
        }
        _ => all,
    }
}

/// The lines between rulers, if only one such part is code. Models without Markdown draw rulers around code.
fn between_rulers<'a, 'b>(all: &'b [Line<'a>], known: &OriginalLines<'_>) -> Result<&'b [Line<'a>], Message> {
    if !all.iter().any(|line| is_ruler(line.content)) || lines(known.original.text).any(|line| is_ruler(line.content)) {
        return Ok(all);
    }
    let parts = all.split(|line| is_ruler(line.content)).filter(|part| part.iter().any(|line| !line.is_blank()));
    let is_code = |part: &&[Line<'_>]| {
        let part = without_title(part, known);
        prose::line_kinds(part, known).contains(&LineKind::Code)
            || prose::shared_words(&join(part), known.original.text) >= 0.3
    };
    let mut code = parts.filter(is_code);
    match (code.next(), code.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(message!("no-code-only-prose")),
        (Some(_), Some(_)) => Err(message!("no-code-unclear")),
    }
}

/// A ruler: signs for lines, or very many equal signs.
pub(super) fn is_ruler(content: &str) -> bool {
    let text = content.trim();
    let Some(first) = text.chars().next() else { return false };
    let least = match first {
        '─' | '━' | '═' | '—' | '▬' | '╌' | '┄' => 3,
        '-' | '=' | '_' | '~' => 16,
        _ => return false,
    };
    text.chars().count() >= least && text.chars().all(|c| c == first)
}

/// The lines without a first line that names a file: `File: src/inc.ts`, `**src/inc.ts**`.
fn without_title<'a, 'b>(all: &'b [Line<'a>], known: &OriginalLines<'_>) -> &'b [Line<'a>] {
    const HEADS: &[&str] = &["file", "filename", "path", "arquivo", "caminho", "ficheiro"];
    let Some(at) = all.iter().position(|line| !line.is_blank()) else { return all };
    let Some(line) = all.get(at).filter(|line| !known.has(line.content)) else { return all };
    let text = line.content.trim().trim_matches(['*', '`', '#', '_']).trim();
    let named = text.split_once(':').filter(|(head, _)| HEADS.contains(&head.trim().to_lowercase().as_str()));
    let path = named.map_or(text, |(_, path)| path).trim().trim_matches(['*', '`']);
    let is_marked = named.is_some() || text.len() < line.content.trim().len() && line.content.starts_with(['*', '`']);
    let is_path = path.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && (1..=10).contains(&ending.len()) && ending.chars().all(char::is_alphanumeric)
    }) && !path.contains(char::is_whitespace);
    if is_marked && is_path { all.get(at + 1..).unwrap_or_default() } else { all }
}

/// A reply without a line that is certainly code or prose: `total`, `SELECT a FROM b`, `No changes needed`.
fn unsure(all: &[Line<'_>], known: &OriginalLines<'_>) -> Result<String, Message> {
    let text = join(all);
    let lone_word = !text.trim().contains(char::is_whitespace);
    let is_alike = prose::shared_words(&text, known.original.text) >= 0.3;
    let is_clause = text.trim().starts_with(char::is_uppercase)
        && !text.split_whitespace().skip(1).any(|word| word.chars().all(char::is_uppercase));
    // If the language does not write statements as bare words, a few bare words that the original lacks are a remark.
    let is_remark = !languages::is_wordy(known.original.language_id) && is_bare_words(&text);
    let could_be_code = !is_clause && !is_remark;
    let is_code = is_alike || if lone_word { lines(known.original.text.trim()).count() <= 1 } else { could_be_code };
    if is_code { Ok(text) } else { Err(message!("no-code-only-prose")) }
}

/// `no code here, sorry`: three or more words, and nothing else.
fn is_bare_words(text: &str) -> bool {
    let is_word = |word: &str| {
        word.trim_end_matches([',', '.', ';', ':', '!', '?']).chars().all(|c| c.is_alphabetic() || "'’-".contains(c))
    };
    text.split_whitespace().count() >= 3 && text.split_whitespace().all(is_word)
}

/// The code without the talk before or after it, which a blank line or a colon separates from the code.
fn without_talk(all: &[Line<'_>], kinds: &[LineKind], known: &OriginalLines<'_>) -> Result<String, Message> {
    let end = label_of_talk(all, kinds, known).unwrap_or(all.len());
    let (all, kinds) = (all.get(..end).unwrap_or_default(), kinds.get(..end).unwrap_or_default());
    let code_from = code_start(all, kinds, known)?;
    let code_to = code_end(all, kinds, known)?;
    let code = all.get(code_from..code_to).unwrap_or_default();
    let inside = kinds.get(code_from..code_to).unwrap_or_default();
    if !languages::is_markup(known.original.language_id) && has_talk_between(code, inside) {
        return Err(message!("no-code-unclear"));
    }
    Ok(join(code))
}

/// The number of the line that starts the talk after the code: a label such as `Explanation:` after a blank line. Only
/// sentences and lists without lines of the original may follow it.
fn label_of_talk(all: &[Line<'_>], kinds: &[LineKind], known: &OriginalLines<'_>) -> Option<usize> {
    let is_label = |content: &str| {
        let text = content.trim_end().trim_matches(['*', '#', '_', ' ']);
        let words = text.strip_suffix(':').unwrap_or(text);
        let is_ended = text.ends_with(':')
            || content.starts_with("**")
            || content.starts_with("## ")
            || content.starts_with("### ");
        is_ended
            && words.starts_with(char::is_uppercase)
            && (1..=4).contains(&words.split_whitespace().count())
            && words.chars().all(|c| c.is_alphabetic() || c == ' ')
    };
    let first_code = kinds.iter().position(|look| *look == LineKind::Code)?;
    let label = (first_code + 1..all.len()).find(|number| {
        kinds.get(number - 1) == Some(&LineKind::Blank)
            && all.get(*number).is_some_and(|line| is_label(line.content) && !known.has(line.content))
    })?;
    let behind = all.get(label + 1..)?;
    let is_talk = |line: &Line<'_>| {
        line.is_blank()
            || prose::shape(line.content) == LineKind::Prose
            || prose::is_title_or_item(line.content.trim_start()) && !known.has(line.content)
    };
    let has_some = behind.iter().any(|line| !line.is_blank());
    let is_new = !behind.iter().any(|line| known.has(line.content)) && !languages::is_prose(known.original.language_id);
    // In YAML, a label above a list is code.
    let reads = !languages::is_wordy(known.original.language_id)
        || behind.iter().any(|line| prose::shape(line.content) == LineKind::Prose);
    (has_some && is_new && reads && behind.iter().all(is_talk)).then_some(label)
}

/// The number of the first line after the paragraphs of talk at the start of the reply.
fn code_start(all: &[Line<'_>], kinds: &[LineKind], known: &OriginalLines<'_>) -> Result<usize, Message> {
    let is_original_prose = lines(known.original.text.trim_start())
        .next()
        .is_some_and(|line| prose::shape(line.content) == LineKind::Prose);
    let mut start = 0;
    loop {
        while kinds.get(start) == Some(&LineKind::Blank) {
            start += 1;
        }
        let paragraph = kinds.iter().skip(start).take_while(|look| **look != LineKind::Blank).count();
        let first_code = kinds.iter().skip(start).take(paragraph).position(|look| *look == LineKind::Code);
        let leads_in =
            |number: usize| all.get(number).is_some_and(|line| line.content.trim_end().ends_with([':', '：']));
        match (kinds.get(start), first_code) {
            (Some(LineKind::Prose), _) if is_original_prose => return Ok(start),
            (Some(LineKind::Prose), None) => start += paragraph,
            (Some(LineKind::Prose), Some(lead)) if leads_in(start + lead - 1) => return Ok(start + lead),
            (Some(LineKind::Prose), Some(_)) => return Err(message!("no-code-unclear")),
            (Some(LineKind::Unsure), None) if kinds.len() > start + paragraph => {
                let lines = all.get(start..start + paragraph).unwrap_or_default();
                match talk(lines, known) {
                    Talk::Surely => start += paragraph,
                    Talk::Perhaps => return Err(message!("no-code-unclear")),
                    Talk::No => return Ok(start),
                }
            }
            _ => return Ok(start),
        }
    }
}

/// The number of the line after the last code. Talk that a blank line separates from the code is excluded.
fn code_end(all: &[Line<'_>], kinds: &[LineKind], known: &OriginalLines<'_>) -> Result<usize, Message> {
    let last_code = kinds.iter().rposition(|look| *look == LineKind::Code).unwrap_or(all.len());
    let paragraph = kinds.iter().skip(last_code + 1).take_while(|look| **look == LineKind::Unsure).count();
    let end = (last_code + 1 + paragraph).min(all.len());
    let is_original_prose =
        lines(known.original.text.trim_end()).last().is_some_and(|line| prose::shape(line.content) == LineKind::Prose);
    if is_original_prose {
        return Ok(all.len());
    }
    if languages::is_markup(known.original.language_id) {
        return Ok(end_of_markup(all, kinds, known));
    }
    let behind: Vec<Line<'_>> = all.iter().skip(end).filter(|line| !line.is_blank()).copied().collect();
    let has_prose = kinds.iter().skip(end).any(|look| *look == LineKind::Prose);
    let found = if has_prose { Talk::Surely } else { talk(&behind, known) };
    match found {
        _ if behind.is_empty() => Ok(all.len()),
        Talk::Surely if kinds.get(end) == Some(&LineKind::Blank) => Ok(end),
        Talk::Surely | Talk::Perhaps => Err(message!("no-code-unclear")),
        Talk::No => Ok(all.len()),
    }
}

/// The same for markup, where prose may be the text. Sentences without indentation after a blank line are talk, if they
/// have no markup and nothing of the original.
fn end_of_markup(all: &[Line<'_>], kinds: &[LineKind], known: &OriginalLines<'_>) -> usize {
    let mut end = all.len();
    loop {
        let last = kinds.get(..end).unwrap_or_default().iter().rposition(|look| *look != LineKind::Blank);
        let Some(last) = last else { return all.len() };
        let start = kinds.get(..last).unwrap_or_default().iter().rposition(|look| *look == LineKind::Blank);
        let Some(start) = start.map(|blank| blank + 1) else { return end };
        let paragraph = all.get(start..=last).unwrap_or_default();
        let is_sentence = kinds.get(start) == Some(&LineKind::Prose);
        let is_plain = paragraph
            .iter()
            .all(|line| line.indentation().is_empty() && !line.content.contains(['<', '{']) || is_item(line.content));
        let is_new = prose::shared_words(&join(paragraph), known.original.text) < 0.2;
        if !(is_sentence && is_plain && is_new) {
            return end;
        }
        end = start;
    }
}

fn is_item(content: &str) -> bool {
    prose::is_title_or_item(content.trim_start()) && !content.contains('<')
}

/// Whether lines that may be code or prose are talk around the code.
#[derive(PartialEq)]
enum Talk {
    Surely,
    Perhaps,
    No,
}

/// Finds titles and lists around the code, if the language has no such lines.
fn talk(lines: &[Line<'_>], known: &OriginalLines<'_>) -> Talk {
    let could_be = |line: &Line<'_>| prose::is_title_or_item(line.content) && !known.has(line.content);
    let is_heading = |line: &Line<'_>| prose::is_heading(line.content);
    if languages::is_wordy(known.original.language_id) || !lines.iter().all(could_be) {
        return Talk::No;
    }
    let has_hash = lines.iter().any(|line| line.content.starts_with('#'));
    match (lines.iter().all(is_heading), has_hash) {
        (true, false) => Talk::Surely,
        (true, true) if languages::has_no_hash_lines(known.original.language_id) => Talk::Surely,
        (_, true) if !languages::has_no_hash_lines(known.original.language_id) => Talk::No,
        _ => Talk::Perhaps,
    }
}

/// Whether there is a paragraph of talk without indentation between pieces of code.
fn has_talk_between(code: &[Line<'_>], kinds: &[LineKind]) -> bool {
    let mut starts_paragraph = true;
    let mut talk = false;
    for (line, look) in code.iter().zip(kinds) {
        match look {
            LineKind::Blank if talk => return true,
            LineKind::Prose if starts_paragraph && line.indentation().is_empty() => talk = true,
            LineKind::Code => talk = false,
            LineKind::Blank | LineKind::Prose | LineKind::Unsure => {}
        }
        starts_paragraph = *look == LineKind::Blank;
    }
    false
}

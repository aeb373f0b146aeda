//! Finds the talk in a reply for prose: it speaks to the user and shares no word with the replaced text.

use super::words::DistinctiveWords;
use crate::edit::extract::{Original, Purpose};
use crate::edit::fences::fence;
use crate::edit::lines::{Line, lines};
use crate::edit::prose::{self, LineKind};
use crate::edit::word_list::WordList;

/// The largest number of words of a remark.
const REMARK: usize = 20;

/// Whether a paragraph at an end is talk. It shares no word with the original, and it speaks to the user or is an
/// additional sentence that was not requested.
pub(super) fn is_talk(text: &str, is_to_spare: bool, original: &Original<'_>, old: &DistinctiveWords) -> bool {
    let starts_block = text.trim_start().starts_with(['#', '|', '`', '~', '<', '\\', '[', '=', '.']);
    if old.count() == 0 {
        return refuses(text);
    }
    if old.share_in(text) > 0.0 || starts_block {
        return false;
    }
    addresses(text)
        || is_to_spare && original.purpose != Purpose::Free && original.purpose != Purpose::Add && is_sentence(text)
}

fn is_sentence(text: &str) -> bool {
    lines(text).any(|line| prose::shape(line.content) == LineKind::Prose)
}

/// Whether a text speaks to the user: it has a question, or an *I* or a *you*, in English or Portuguese.
fn addresses(text: &str) -> bool {
    static WORDS: WordList = WordList::of(
        "i i'm i've i'd i'll me my you you'd you'll you're your we let's here's eu meu minha você voce vocês posso \
         fiz alterei corrigi mudei mantive desculpe sorry sure certainly claro",
    );
    has_word_of(&WORDS, &text.to_lowercase().replace('’', "'")) || text.trim_end().ends_with(['?', '？'])
}

/// Whether a text in lower case contains a word of the list. An apostrophe counts as a letter.
pub(super) fn has_word_of(list: &WordList, lower: &str) -> bool {
    lower.split(|c: char| !(c.is_alphanumeric() || c == '\'')).any(|word| list.has(word))
}

/// Whether a sentence with a colon introduces a text. A sentence before code or a list belongs to the text.
pub(super) fn introduces_text(head: &str, next: &str) -> bool {
    let next = next.trim_start();
    let is_part =
        fence(next.lines().next().unwrap_or_default()).is_some() || next.starts_with(['-', '*', '+', '|', '1']);
    head.split_whitespace().count() >= 4 && !is_part
}

/// Whether the reply contains no text for the range, but a question, a remark or an apology without its words.
pub(super) fn is_only_talk(text: &str, original: &Original<'_>, old: &DistinctiveWords) -> bool {
    let count = text.split_whitespace().count();
    if old.count() == 0 {
        return refuses(text);
    }
    if old.share_in(text) > 0.0 || is_comment(original.text) && is_comment(text) {
        return false;
    }
    let is_short = count <= REMARK && paragraphs_of(text) == 1;
    let is_much_shorter = count * 2 <= original.text.split_whitespace().count();
    let is_remark =
        is_short && is_sentence(text) && (is_much_shorter || original.purpose != Purpose::Free && count <= 6);
    addresses(text) && !addresses(original.text) || is_remark && original.purpose != Purpose::Add
}

/// Whether a text starts like a refusal. For originals without words to compare.
fn refuses(text: &str) -> bool {
    const STARTS: &str = "i'm sorry|i am sorry|sorry, |i cannot|i can't|i'm unable|i am unable|as an ai|unfortunately, i |\
        desculpe|lamento|sinto muito|não posso|infelizmente, não";
    let start: String = text.trim_start().chars().take(24).collect::<String>().to_lowercase().replace('’', "'");
    STARTS.split('|').any(|refusal| start.starts_with(refusal))
}

/// Whether the request is another wording, and the reply says something else.
pub(super) fn is_unlike(text: &str, original: &Original<'_>, old: &DistinctiveWords) -> bool {
    let is_rewording = matches!(original.purpose, Purpose::Refactor | Purpose::Fix | Purpose::Document);
    is_rewording && old.count() >= 4 && old.share_in(text) < 0.05 && old.kept_by(text) < 0.05
}

pub(super) fn is_comment(text: &str) -> bool {
    ["//", "#", "--", "/*", "*", ";", "%"].iter().any(|lead| text.trim_start().starts_with(lead))
}

/// The lines of each paragraph.
pub(super) fn paragraphs(all: &[Line<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for (number, _) in all.iter().enumerate().filter(|(_, line)| !line.is_blank()) {
        match found.last_mut().filter(|last| last.end == number) {
            Some(last) => last.end += 1,
            None => found.push(number..number + 1),
        }
    }
    found
}

pub(super) fn paragraphs_of(text: &str) -> usize {
    paragraphs(&lines(text).collect::<Vec<_>>()).len()
}

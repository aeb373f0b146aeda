//! Finds what the new text lacks: by comparing both texts, not by trusting the answer.

use std::collections::{HashMap, HashSet};

use super::shortened;
use crate::edit::extract::Purpose;
use crate::edit::lexis::{Token, TokenKind, tokens};
use crate::edit::outline::{CodeLine, Definition, DefinitionKind, Outline};
use crate::edit::word_list::WordList;
use crate::i18n::{Message, message};
use crate::languages::{canonical, is_pythonic};

/// If more lines than this must be compared, the likeness is not checked.
const COMPARED: usize = 200;

/// Two lines are versions of each other if this share of their words is the same.
const ALIKE: f64 = 0.6;

/// What would be lost if a smaller answer replaces a larger text.
pub(super) fn loss(old: &Outline<'_>, new: &Outline<'_>, purpose: Purpose, language_id: &str) -> Option<Message> {
    if !old.code().any(CodeLine::is_distinctive) {
        return None;
    }
    only_comments(old, new)
        .or_else(|| lost_definition(old, new, purpose))
        .or_else(|| lost_field(old, new, purpose))
        .or_else(|| lost_attribute(old, new, purpose))
        .or_else(|| changed_code(old, new, purpose, language_id))
        .or_else(|| left_out(old, new))
        .or_else(|| cut_off(old, new, purpose))
        .or_else(|| lost_result(old, new, purpose, language_id))
        .or_else(|| fragment(old, new))
}

/// The last line of several, if neither the new text nor `said` contains most of its names. An agent that counts the
/// lines wrongly removes one line too many.
pub(crate) fn lost_end(old: &str, new: &str, said: &str, language_id: &str) -> Option<Message> {
    let words = |text: &str| -> HashSet<String> {
        let all = tokens(text, language_id).into_iter().filter(|token| token.kind == TokenKind::Word);
        all.map(|token| token.text.to_owned()).filter(|word| word.starts_with(char::is_alphabetic)).collect()
    };
    if new.trim().is_empty() {
        return None;
    }
    let mut solid = old.lines().filter(|line| !line.trim().is_empty());
    let (_, last) = (solid.next()?, solid.next_back()?);
    let (own, kept) = (words(last), words(new));
    let gone = own.iter().filter(|word| !kept.contains(*word) && !said.contains(word.as_str())).count();
    (own.len() > 1 && gone * 2 > own.len()).then(|| message!("withheld-lost", name = shortened(last.trim())))
}

/// `pass`, `...`, `todo!()`: a placeholder for code.
fn is_filler(line: &CodeLine<'_>) -> bool {
    let normal = line.normal();
    let code = normal.trim_end_matches([' ', ';', '}', ')']).trim_start_matches(['{', '(', ' ']);
    matches!(code, "pass" | ". . ." | "…" | "todo ! (" | "unimplemented ! (" | "TODO" | "TODO (")
}

/// A problem if only comments replace the code. Commented-out code is still there.
fn only_comments(old: &Outline<'_>, new: &Outline<'_>) -> Option<Message> {
    let first = new.lines.first()?;
    if new.code().any(|line| !is_filler(line)) {
        return None;
    }
    let (mut kept, mut all) = (0_usize, 0_usize);
    for line in old.code().filter(|line| line.is_distinctive()) {
        all += 1;
        kept += usize::from(new.lines.iter().any(|comment| !comment.is_code() && comment.text.contains(line.text)));
    }
    (kept * 2 < all).then(|| message!("withheld-only-comments", line = shortened(first.text)))
}

/// A definition that the new text lacks. A free request may rename it. A refactoring must not change names that other
/// code uses.
fn lost_definition(old: &Outline<'_>, new: &Outline<'_>, purpose: Purpose) -> Option<Message> {
    let visible = |definition: &&Definition| !definition.is_local;
    let mut there: HashMap<&str, usize> = HashMap::new();
    for definition in &new.definitions {
        *there.entry(&definition.name).or_default() += 1;
    }
    let bound = new.bound_names();
    let mut is_lost = |name: &str| !take(there.get_mut(name)) && !bound.contains(name);
    let mut lost = old.definitions.iter().filter(visible).filter(|definition| is_lost(&definition.name));
    let known: HashSet<&str> = old.definitions.iter().filter(visible).map(|it| it.name.as_str()).collect();
    // The number of new definitions of each kind; each may be an old one with a new name.
    let mut renamed: HashMap<DefinitionKind, usize> = HashMap::new();
    for definition in new.definitions.iter().filter(visible).filter(|it| !known.contains(it.name.as_str())) {
        *renamed.entry(definition.kind).or_default() += usize::from(purpose == Purpose::Free && !definition.is_trivial);
    }
    let missed = lost.find(|definition| !take(renamed.get_mut(&definition.kind)) && !definition.is_trivial);
    missed.map(|definition| message!("withheld-lost", name = shortened(&definition.name)))
}

/// Takes one of those that are left, if any.
fn take(left: Option<&mut usize>) -> bool {
    match left {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    }
}

/// A constant, a field or a property that is not declared any more. A free request may rename it.
fn lost_field(old: &Outline<'_>, new: &Outline<'_>, purpose: Purpose) -> Option<Message> {
    let is_there = |name: &str| {
        new.definitions.iter().any(|definition| definition.name == name)
            || new.fields.iter().any(|it| it == name)
            || new.has_word(name)
    };
    let lost: Vec<&String> = old.fields.iter().filter(|name| !is_there(name)).collect();
    let renamed = match purpose {
        Purpose::Free => new.fields.iter().filter(|name| !old.fields.contains(name)).count(),
        _ => 0,
    };
    lost.get(renamed).map(|name| message!("withheld-lost", name = shortened(name)))
}

fn lost_attribute(old: &Outline<'_>, new: &Outline<'_>, purpose: Purpose) -> Option<Message> {
    if !matches!(purpose, Purpose::Refactor | Purpose::Fix | Purpose::Document) {
        return None;
    }
    let mut there = new.attributes.clone();
    let mut is_lost = |attribute: &&String| {
        there.iter().position(|other| other == *attribute).map(|at| there.swap_remove(at)).is_none()
    };
    old.attributes
        .iter()
        .find(|it| is_lost(it))
        .map(|attribute| message!("withheld-lost-attribute", name = shortened(attribute)))
}

/// The first line of code that documentation must not change.
fn changed_code(old: &Outline<'_>, new: &Outline<'_>, purpose: Purpose, language_id: &str) -> Option<Message> {
    if purpose != Purpose::Document {
        return None;
    }
    let (old, new) = (undocumented(old, language_id), undocumented(new, language_id));
    let same = old.iter().zip(&new).take_while(|(a, b)| a.text == b.text).count();
    if same == old.len() && same == new.len() {
        return None;
    }
    let line = |tokens: &[&Token<'_>]| {
        let number = tokens.get(same).map(|token| token.line)?;
        let words: Vec<&str> = tokens.iter().filter(|token| token.line == number).map(|token| token.text).collect();
        Some(words.join(" "))
    };
    Some(message!("withheld-code-changed", line = shortened(&line(&new).or_else(|| line(&old)).unwrap_or_default())))
}

/// The code without its documentation (if part of the language), and without placeholders of an empty block.
fn undocumented<'t, 'a>(outline: &'t Outline<'a>, language_id: &str) -> Vec<&'t Token<'a>> {
    let language = canonical(language_id);
    let mut tokens = Vec::new();
    let mut skips = false;
    for line in outline.code() {
        match &*language {
            "elixir" => {
                let [at, name, ..] = line.code.as_slice() else {
                    // Skips the further lines of the docstring.
                    if !(skips && line.code.iter().all(|token| token.kind == TokenKind::Text)) {
                        skips = false;
                        tokens.extend(&line.code);
                    }
                    continue;
                };
                skips = at.is_sign("@") && matches!(name.text, "doc" | "moduledoc" | "typedoc" | "shortdoc");
                if skips {
                    continue;
                }
            }
            id if is_filler(line) && is_pythonic(id) => continue,
            "rust" => {
                let is_doc = |at: usize| line.code.get(at).is_some_and(|token| token.text == "doc");
                if line.text.starts_with("#[doc") && is_doc(2) || line.text.starts_with("#![doc") && is_doc(3) {
                    continue;
                }
            }
            _ => {}
        }
        tokens.extend(&line.code);
    }
    tokens
}

/// A line that replaces code with a placeholder. It is new and is not code; a definition lost its body or lines are
/// gone; and no new code came instead.
fn left_out(old: &Outline<'_>, new: &Outline<'_>) -> Option<Message> {
    let known: HashSet<&str> = old.lines.iter().map(|line| line.text).collect();
    let stands_for_code = |line: &&CodeLine<'_>| (!line.is_code() || is_filler(line)) && !known.contains(line.text);
    let filler = new.lines.iter().rfind(stands_for_code)?;
    let kept: HashSet<&str> = new.code().map(|line| line.text).collect();
    if let Some(line) = new.lines.iter().filter(stands_for_code).find(|line| says_so(line.text))
        && let Some(gone) = old.code().find(|line| line.is_distinctive() && !kept.contains(line.text))
    {
        return Some(message!("withheld-left-out", line = shortened(line.text), gone = shortened(gone.text)));
    }
    let by_name: HashMap<&str, &Definition> = new.definitions.iter().rev().map(|it| (it.name.as_str(), it)).collect();
    let emptied = old.definitions.iter().filter(|definition| definition.body >= 2).find(|definition| {
        let now = by_name.get(definition.name.as_str());
        now.is_some_and(|now| now.body == 0 || now.body == 1 && body_is_filler(new, now))
    });
    if let Some(definition) = emptied {
        return Some(message!("withheld-left-out", line = shortened(filler.text), gone = shortened(&definition.name)));
    }
    let (mut lost, novel) = difference(old, new)?;
    // Commented-out code is still there.
    let comments: Vec<&str> = new.lines.iter().filter(|line| !line.is_code()).map(|line| line.text).collect();
    lost.retain(|line| !comments.iter().any(|comment| comment.contains(line.text)));
    let gone = lost.first().map(|line| shortened(line.text))?;
    (lost.len() >= 2 && novel.is_empty())
        .then(|| message!("withheld-left-out", line = shortened(filler.text), gone = gone))
}

/// Whether a comment has the usual words of a placeholder, with dots at one of its ends. Then it is a placeholder even
/// if there are new lines, too.
fn says_so(comment: &str) -> bool {
    const WORDS: &str = "existing|rest of|remaining|unchanged|same as|omitted|previous code|other code|\
        resto d|restante|inalterad|existente|omitid";
    let marks = ['/', '#', '*', '-', ';', '%', ' ', '(', ')', '[', ']', '{', '}', '<', '>', '!'];
    let said = comment.trim_matches(marks);
    let dots = ["...", "…"].iter().any(|dots| said.starts_with(dots) || said.ends_with(dots));
    let lower = said.to_lowercase();
    dots && WORDS.split('|').any(|word| lower.contains(word))
}

fn body_is_filler(outline: &Outline<'_>, definition: &Definition) -> bool {
    outline
        .lines
        .iter()
        .skip(definition.line + 1)
        .find(|line| line.is_distinctive() || is_filler(line))
        .is_some_and(is_filler)
}

/// The lines only in the old text, and the lines only in the new text. Versions of one line are in neither.
fn difference<'o, 'n, 'a, 'b>(
    old: &'o Outline<'a>,
    new: &'n Outline<'b>,
) -> Option<(Vec<&'o CodeLine<'a>>, Vec<&'n CodeLine<'b>>)> {
    let mut count: HashMap<String, usize> = HashMap::new();
    for line in new.code().filter(|line| line.is_distinctive()) {
        *count.entry(line.normal()).or_default() += 1;
    }
    // Heads are compared by their names.
    let is_head = |outline: &Outline<'_>, line: &CodeLine<'_>| outline.definition_at(line).is_some();
    let mut is_left = |line: &CodeLine<'_>| take(count.get_mut(&line.normal()));
    let mut lost: Vec<_> =
        old.code().filter(|line| line.is_distinctive() && !is_left(line) && !is_head(old, line)).collect();
    let mut novel: Vec<_> =
        new.code().filter(|line| line.is_distinctive() && !is_filler(line) && is_left(line)).collect();
    if lost.len() > COMPARED || novel.len() > COMPARED {
        return None;
    }
    novel.retain(|line| !is_head(new, line));
    novel.retain(|line| match lost.iter().position(|other| are_alike(other, line)) {
        Some(at) => {
            lost.remove(at);
            false
        }
        None => true,
    });
    Some((lost, novel))
}

/// The names, numbers and strings of a line.
fn words<'a>(line: &CodeLine<'a>) -> Vec<&'a str> {
    line.code.iter().filter(|token| token.kind != TokenKind::Sign).map(|token| token.text).collect()
}

/// Whether two lines are versions of each other: most of their words are the same.
fn are_alike(a: &CodeLine<'_>, b: &CodeLine<'_>) -> bool {
    let is_tag = a.text.starts_with('<') && b.text.starts_with('<');
    let (a, mut b) = (words(a), words(b));
    // A loop and its replacement share words; a version of a line also begins with the same word.
    if a.is_empty() || a.first() != b.first() {
        return false;
    }
    // `<main class="x">` is a version of `<main>`.
    if is_tag && (a.iter().all(|word| b.contains(word)) || b.iter().all(|word| a.contains(word))) {
        return true;
    }
    let all = a.len() + b.len();
    let shared =
        a.iter().filter(|word| b.iter().position(|other| other == *word).map(|at| b.swap_remove(at)).is_some()).count();
    all > 0 && (2 * shared) as f64 / all as f64 >= ALIKE
}

/// The new text is only the beginning of the old text, and the rest is missing.
fn cut_off(old: &Outline<'_>, new: &Outline<'_>, purpose: Purpose) -> Option<Message> {
    let told = |outline: &Outline<'_>| {
        outline.code().filter(|line| line.is_distinctive()).map(CodeLine::normal).collect::<Vec<_>>()
    };
    let (before, now) = (told(old), told(new));
    if now.len() < 2 || now.len() >= before.len() || !before.starts_with(&now) {
        return None;
    }
    // A request to remove something may mean the last lines, but not the end of a function.
    if purpose == Purpose::Free && !old.starts_with_definition() {
        return None;
    }
    let gone = old.code().filter(|line| line.is_distinctive()).nth(now.len())?;
    Some(message!("withheld-cut-off", line = shortened(gone.text)))
}

/// Languages in which a function returns a value only by `return` (apart from arrow functions).
static RETURNING: WordList =
    WordList::of("c cpp csharp dart go java javascript javascriptreact lua php python typescript typescriptreact");

/// The old text returned a value and the new text does not: the agent forgot the end.
fn lost_result(old: &Outline<'_>, new: &Outline<'_>, purpose: Purpose, language_id: &str) -> Option<Message> {
    if !matches!(purpose, Purpose::Refactor | Purpose::Fix) || !RETURNING.has(&canonical(language_id)) {
        return None;
    }
    let gives = |line: &&CodeLine<'_>| match line.code.as_slice() {
        [first, second, ..] => {
            let nothing = matches!(second.text, ";" | "}" | "None" | "null" | "nil" | "undefined" | "void");
            first.text == "return" && !nothing
        }
        _ => false,
    };
    let is_given = |line: &CodeLine<'_>| {
        line.text.contains("=>") || line.code.iter().any(|token| matches!(token.text, "return" | "yield" | "lambda"))
    };
    let gone = old.code().rfind(gives)?;
    let is_lost = !new.code().any(is_given);
    is_lost.then(|| message!("withheld-cut-off", line = shortened(gone.text)))
}

/// The new text is only a version of one of the many old lines.
fn fragment(old: &Outline<'_>, new: &Outline<'_>) -> Option<Message> {
    let mut lines = new.code().filter(|line| line.is_distinctive());
    let (only, None) = (lines.next()?, lines.next()) else { return None };
    // A definition on one line is complete.
    if new.definition_at(only).is_some() {
        return None;
    }
    let told: Vec<&CodeLine<'_>> = old.code().filter(|line| line.is_distinctive()).collect();
    let there = words(only);
    let is_gone = |line: &&&CodeLine<'_>| {
        let words = words(line);
        let kept = words.iter().filter(|word| there.contains(word)).count();
        kept * 10 < words.len() * 6
    };
    let gone: Vec<&&CodeLine<'_>> = told.iter().filter(is_gone).collect();
    let (count, first) = (told.len(), gone.first()?);
    let is_version = told.iter().any(|line| are_alike(line, only));
    (count >= 3 && gone.len() * 3 >= count * 2 && is_version)
        .then(|| message!("withheld-fragment", count = count, gone = shortened(first.text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_last_line_is_a_loss() {
        let old = "Optional<Owner> found = owners.findById(id);\nOwner owner = found.orElseThrow();\nview.addObject(owner);\n";
        let new = "Owner owner = owners.findById(id).orElseThrow();\n";
        let lost = |said| lost_end(old, new, said, "java");
        assert_eq!(lost("Chain the call."), Some(message!("withheld-lost", name = "view.addObject(owner);")));
        assert_eq!(lost("Chain the call, and drop view.addObject."), None);
        let kept = "Owner owner = owners.findById(id).orElseThrow();\nview.addObject(owner);\n";
        assert_eq!(lost_end(old, kept, "", "java"), None);
        assert_eq!(lost_end(old, "", "Nobody calls this.", "java"), None, "what is deleted as a whole is meant");
        for (language_id, old, new) in [
            ("python", "total = 0\nfor x in xs:\n    total += x\nreturn total\n", "return sum(xs)\n"),
            ("ruby", "out = []\nxs.each do |x|\n  out << x.name\nend\n", "out = xs.map(&:name)\n"),
            ("go", "x := 1\n", "y := 2\n"),
        ] {
            assert_eq!(lost_end(old, new, "Shorter.", language_id), None, "{language_id}");
        }
    }
}

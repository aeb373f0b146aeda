//! Finds out what a reply is, before any check of safety. Each form in which agents put code has its file: `forms` what the
//! prompt requests, `patches` edit blocks and diffs, `json` keys of JSON, `wrappers` artifacts and calls of tools, `thoughts`
//! what precedes an answer, `numbers` line numbers, `nests` forms in forms, and `edit::tags` tags alone, such as `<answer>`.

mod forms;
mod json;
mod marks;
mod matching;
mod nesting;
mod numbers;
mod patches;
mod result;
mod thoughts;
mod wrappers;

use std::ops::Range;

use ropey::Rope;

use self::forms::{Form, form};
use self::json::json;
pub(super) use self::marks::fences_are_text;
use self::marks::{without_ends, without_marks};
use self::matching::{Exchange, resolve, sorted};
use self::nesting::{DEPTH, is_wrapped, without_fences, without_talk};
use self::numbers::{without_entities, without_numbers};
use self::patches::{Patches, patches};
use self::result::EnvelopeContent;
pub use self::result::{Edit, NewText, ParsedReply};
use self::thoughts::without_thoughts;
use self::wrappers::unwrapped;
use super::choice::{Candidate, choose};
use super::diff::{TextChange, apply};
use super::extract::{Original, Purpose, extract, is_prose};
use super::fences::fence;
use super::lines::lines;
use super::prose_reply::nothing_to_change;
use crate::i18n::{Message, message};
use crate::languages;

/// What `reply` is, for the range with the text of `original`.
///
/// # Errors
/// Says why no part of it is an answer in a known form; it is then an answer to read.
pub fn read_reply(reply: &str, original: &Original<'_>) -> Result<ParsedReply, Message> {
    read_amid(reply, original, &Default::default)
}

/// The same. `around` gives the text before and after the range, because the range may be in a string or a comment.
pub(super) fn read_amid(
    reply: &str,
    original: &Original<'_>,
    around: &impl Fn() -> [String; 2],
) -> Result<ParsedReply, Message> {
    let reply = reply.trim_start_matches(['\u{feff}', '\u{200b}', '\u{2060}']);
    let Edit { new, imports, guess } = match read_nested(without_ends(reply, original), original, false, 0)? {
        ParsedReply::Edit(edit) => edit,
        said => return Ok(said),
    };
    let (new, marks) = match new {
        NewText::Whole(text) => match without_marks(&text, around, original)? {
            Some((text, guess)) => (NewText::Whole(text), Some(guess)),
            None => (NewText::Whole(text), None),
        },
        NewText::Parts(parts) => {
            for part in &parts {
                let text = |range: Range<usize>| original.text.get(range).unwrap_or_default();
                let around = || {
                    let [before, after] = around();
                    let own = (text(0..part.range.start), text(part.range.end..original.text.len()));
                    [before + own.0, own.1.to_owned() + &after]
                };
                if without_marks(&part.text, &around, original)?.is_some() {
                    return Err(message!("no-code-patch"));
                }
            }
            (NewText::Parts(parts), None)
        }
    };
    Ok(ParsedReply::Edit(Edit { new, imports, guess: guess.or(marks) }))
}

/// Whether `new`, the new text of `range` (bytes) of `document`, contains a mark of a reply form that is not text.
pub(crate) fn has_mark(document: &Rope, range: Range<usize>, new: &str, language_id: &str) -> bool {
    let Some(text) = document.get_byte_slice(range.clone()).map(|text| text.to_string()) else { return false };
    let original = Original { text: &text, language_id, purpose: Purpose::Free };
    !matches!(without_marks(new, &|| texts_around(document, &range), &original), Ok(None))
}

/// Whether `reply` has the form for new text that a prompt requests.
pub(super) fn is_as_asked(reply: &str, original: &Original<'_>) -> bool {
    let behind = without_thoughts(reply, original.text, original.language_id);
    behind.is_some_and(|behind| matches!(form(&behind.text, original), Some(Form::Code { .. })))
}

/// The text before and after `range` (bytes) in `document`.
pub(super) fn texts_around(document: &Rope, range: &Range<usize>) -> [String; 2] {
    [0..range.start, range.end..document.len_bytes()]
        .map(|bytes| document.get_byte_slice(bytes).map(|text| text.to_string()).unwrap_or_default())
}

/// What `text` is, after all nested forms are removed. `tagged` means that it was inside of a form, `depth` in how
/// many.
fn read_nested(text: &str, original: &Original<'_>, tagged: bool, depth: usize) -> Result<ParsedReply, Message> {
    let Edit { new, mut imports, guess } = match read_layer(text, original, tagged, depth)? {
        ParsedReply::Edit(edit) => edit,
        said => return Ok(said),
    };
    let NewText::Whole(text) = &new else { return Ok(ParsedReply::Edit(Edit { new, imports, guess })) };
    if let Some(because) = remark(text, original).and_then(|remark| nothing_to_change(&remark, original)) {
        return Ok(ParsedReply::Unchanged(Some(because)));
    }
    if depth >= DEPTH || !is_wrapped(text, original, false) {
        return Ok(ParsedReply::Edit(Edit { new, imports, guess }));
    }
    match read_nested(text, original, true, depth + 1)? {
        ParsedReply::Edit(inner) => {
            imports.extend(inner.imports);
            imports.dedup();
            Ok(ParsedReply::Edit(Edit { new: inner.new, imports, guess: guess.or(inner.guess) }))
        }
        said => Ok(said),
    }
}

/// The words of a comment that is the whole `text`, if the request was code.
fn remark(text: &str, original: &Original<'_>) -> Option<String> {
    const LEADS: &[&str] = &["<!--", "///", "//", "/**", "/*", "--", "##", "#", ";;", ";", "%", "\"\"\"", "(*"];
    const ENDS: &[&str] = &["-->", "*/", "*)", "\"\"\""];
    let text = text.trim();
    let lead = LEADS.iter().find(|lead| text.starts_with(**lead))?;
    if is_prose(original)
        || LEADS.iter().any(|lead| original.text.trim_start().starts_with(lead))
        || text.lines().count() > 2
    {
        return None;
    }
    let mut words: Vec<&str> = text.lines().map(|line| line.trim().trim_start_matches(*lead).trim()).collect();
    if let Some(last) = words.last_mut() {
        *last = ENDS.iter().fold(*last, |text, end| text.trim_end_matches(end)).trim_end();
    }
    Some(words.join(" "))
}

/// What `text` is, after the outermost form is removed.
fn read_layer(text: &str, original: &Original<'_>, tagged: bool, depth: usize) -> Result<ParsedReply, Message> {
    // If all lines have numbers, marks of other forms may be among the numbered text.
    if depth < DEPTH
        && !is_prose(original)
        && let Some(plain) = without_numbers(text, original.text)
    {
        return Ok(match read_nested(&plain, original, tagged, depth + 1)? {
            ParsedReply::Edit(edit) => ParsedReply::Edit(Edit { guess: Some(message!("guess-numbered")), ..edit }),
            said => said,
        });
    }
    let Some(behind) = without_thoughts(text, original.text, original.language_id) else {
        return Err(if text.trim().is_empty() { message!("no-code-empty") } else { message!("no-code-only-thoughts") });
    };
    let text = behind.text.as_ref();
    let thoughts = behind.is_tangled.then_some(message!("guess-thoughts"));
    let edit = match form(text, original) {
        Some(Form::Said(said)) => return Ok(said),
        Some(Form::Code { texts, imports, is_closed }) => {
            let (text, guess) = single_text(&texts, original)?;
            // The content of the tags is text, even if it reads as talk.
            let edit = read_edit(text, original, true, depth)?;
            let guess = (!is_closed).then_some(message!("guess-unclosed")).or(guess).or(edit.guess);
            Edit { imports, guess, ..edit }
        }
        None => match nothing_to_change(text, original).filter(|_| !tagged) {
            Some(because) => return Ok(ParsedReply::Unchanged(Some(because))),
            None => read_edit(text, original, tagged, depth)?,
        },
    };
    Ok(ParsedReply::Edit(Edit { guess: edit.guess.or(thoughts), ..edit }))
}

/// The single text of several pairs of tags.
fn single_text<'a>(texts: &[&'a str], original: &Original<'_>) -> Result<(&'a str, Option<Message>), Message> {
    let count = texts.len();
    if let [only] = texts {
        return Ok((only, None));
    }
    let candidates: Vec<Candidate<'_>> = texts.iter().map(|code| Candidate { language: String::new(), code }).collect();
    let chosen = choose(&candidates, original).ok_or(message!("no-code-several", count = count))?;
    let text = texts.get(chosen.number).ok_or(message!("no-code-several", count = count))?;
    Ok((text, Some(message!("guess-one-of-several", number = chosen.number + 1, count = count))))
}

/// The new text in `text`, which is a reply without thoughts, or the content of its tags.
fn read_edit(text: &str, original: &Original<'_>, tagged: bool, depth: usize) -> Result<Edit, Message> {
    let (old, language_id) = (original.text, original.language_id);
    let in_json = if !tagged || depth > 0 { json(text, old, language_id)? } else { None };
    let in_json = in_json.map(|held| (held, message!("guess-from-json")));
    let held = in_json.or_else(|| Some((unwrapped(text, old, language_id)?, message!("guess-from-tags"))));
    let Some((held, guess)) = held else { return patched_or_plain(text, original, tagged, depth) };
    let edit = match held {
        EnvelopeContent::Code(inside) => patched_or_plain(&inside, original, true, depth)?,
        EnvelopeContent::Pairs(pairs) => edit_from_pairs(&pairs, original, depth)?,
    };
    Ok(Edit { guess: Some(guess), ..edit })
}

fn patched_or_plain(text: &str, original: &Original<'_>, tagged: bool, depth: usize) -> Result<Edit, Message> {
    match patches(text, original.text, original.language_id) {
        Patches::None => {}
        Patches::Broken => return without_patches(text, original),
        Patches::Exchanges { exchanges, is_bare } => {
            return match edit_from_exchanges(&exchanges, original, depth) {
                Ok(edit) if is_bare => Ok(Edit { guess: Some(message!("guess-patch-of-text")), ..edit }),
                Ok(edit) => Ok(edit),
                Err(_) => without_patches(text, original),
            };
        }
    }
    let found = extract(text, original, tagged)?;
    if languages::is_prose(original.language_id) && !languages::is_unknown(original.language_id) && tagged {
        return Ok(Edit::of(NewText::Whole(found.text), found.guess));
    }
    let cleaned = without_numbers(&found.text, original.text)
        .map(|text| (text, message!("guess-numbered")))
        .or_else(|| {
            Some((without_entities(&found.text, original.text, original.language_id)?, message!("guess-entities")))
        })
        .or_else(|| Some((without_talk(&found.text, original)?, message!("guess-talk"))));
    Ok(match cleaned {
        Some((text, guess)) => Edit::of(NewText::Whole(text), Some(guess)),
        None => Edit::of(NewText::Whole(found.text), found.guess),
    })
}

/// The code beside a patch that does not apply, if there is code in a separate fence.
fn without_patches(text: &str, original: &Original<'_>) -> Result<Edit, Message> {
    let found = extract(text, original, false).map_err(|_| message!("no-code-patch"))?;
    // Code with a mark of a patch is not such code.
    if !found.is_one_of_several || !matches!(patches(&found.text, original.text, original.language_id), Patches::None) {
        return Err(message!("no-code-patch"));
    }
    Ok(Edit::of(NewText::Whole(found.text), found.guess))
}

fn edit_from_pairs(pairs: &[(String, String)], original: &Original<'_>, depth: usize) -> Result<Edit, Message> {
    let exchanges: Vec<Exchange<'_>> =
        pairs.iter().map(|(old, new)| Exchange { old: old.lines().collect(), new: new.lines().collect() }).collect();
    edit_from_exchanges(&exchanges, original, depth).or_else(|reason| within_line(pairs, original).ok_or(reason))
}

/// Pairs of words inside of lines.
fn within_line(pairs: &[(String, String)], original: &Original<'_>) -> Option<Edit> {
    let mut parts = Vec::new();
    for (old, new) in pairs {
        let mut places = original.text.match_indices(old.as_str());
        let (start, _) = places.next().filter(|_| places.next().is_none() && !old.trim().is_empty())?;
        parts.push(TextChange { range: start..start + old.len(), text: new.clone() });
    }
    Some(Edit::of(NewText::Parts(sorted(parts)?), None))
}

/// The result of edit blocks or hunks for the range.
fn edit_from_exchanges(exchanges: &[Exchange<'_>], original: &Original<'_>, depth: usize) -> Result<Edit, Message> {
    let mut sides =
        exchanges.iter().map(|exchange| new_side_of_patch(exchange, original, depth)).collect::<Result<Vec<_>, _>>()?;
    for (side, exchange) in sides.iter_mut().zip(exchanges) {
        let new = side.as_ref().map_or_else(|| exchange.new.join("\n") + "\n", |(text, _)| text.clone());
        if let Some(text) = without_fences(&new, text_above(exchange, original), original) {
            *side = Some((text, Some(message!("guess-fences"))));
        }
    }
    let inside = sides.iter().flatten().find_map(|(_, guess)| guess.clone());
    let mut exchanges = exchanges.to_vec();
    for (exchange, (text, _)) in exchanges.iter_mut().zip(&sides).filter_map(|(it, side)| Some((it, side.as_ref()?))) {
        exchange.new = text.lines().collect();
    }
    let is_new = |exchange: &Exchange<'_>| exchange.old.iter().all(|line| line.trim().is_empty());
    if original.purpose == Purpose::Add || original.text.trim().is_empty() {
        if !exchanges.iter().all(is_new) {
            return Err(message!("no-code-patch"));
        }
        let added: Vec<&str> = exchanges.iter().flat_map(|exchange| exchange.new.iter().copied()).collect();
        return Ok(Edit::of(NewText::Whole(added.join("\n") + "\n"), inside));
    }
    let resolved = resolve(&exchanges, original.text).ok_or(message!("no-code-patch"))?;
    let is_text = languages::is_markdown(original.language_id) || languages::is_unknown(original.language_id);
    let guess = if resolved.is_loose {
        Some(message!("guess-loosely-found"))
    } else {
        is_text.then_some(message!("guess-patch-of-text"))
    };
    Ok(Edit::of(NewText::Parts(resolved.parts), guess.or(inside)))
}

/// The text above the old side of an exchange, if its first line is in the range.
fn text_above<'a>(exchange: &Exchange<'_>, original: &Original<'a>) -> &'a str {
    let first = exchange.old.iter().find(|line| !line.trim().is_empty()).map(|line| line.trim());
    let place = lines(original.text).find(|line| Some(line.content.trim()) == first);
    place.and_then(|line| original.text.get(..line.start)).unwrap_or_default()
}

/// The new side of an exchange, if it is inside of another form, and why it may be wrong.
fn new_side_of_patch(
    exchange: &Exchange<'_>,
    original: &Original<'_>,
    depth: usize,
) -> Result<Option<(String, Option<Message>)>, Message> {
    if depth >= DEPTH || is_prose(original) || exchange.new.is_empty() {
        return Ok(None);
    }
    let side = |lines: &[&str]| lines.join("\n") + "\n";
    let (old, new) = (side(&exchange.old), side(&exchange.new));
    let replaced = Original { text: &old, ..*original };
    if !is_wrapped(&new, original, true) || is_wrapped(&old, original, true) {
        return Ok(without_talk(&new, &replaced).map(|text| (text, Some(message!("guess-talk")))));
    }
    match read_nested(&new, &replaced, true, depth + 1)? {
        ParsedReply::Edit(Edit { new: NewText::Whole(text), guess, .. }) => {
            // A fence without a language may be part of the text.
            let first = exchange.new.iter().find(|line| !line.trim().is_empty());
            let is_bare = first.and_then(|line| fence(line)).is_some_and(|fence| fence.info.is_empty());
            Ok(Some((text, guess.or(is_bare.then_some(message!("guess-fences"))))))
        }
        ParsedReply::Edit(Edit { new: NewText::Parts(parts), guess, .. }) => Ok(Some((apply(&old, &parts), guess))),
        ParsedReply::Unchanged { .. } | ParsedReply::Cannot { .. } => Err(message!("no-code-patch")),
    }
}

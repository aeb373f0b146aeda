//! From a reply to the changes of a document.

use std::ops::Range;

use ropey::Rope;

use super::check::shortened;
use super::diff::{Granularity, TextChange, apply, smallest_changes};
use super::extract::{Original, Purpose};
use super::fences::embedded_language;
use super::fit_to_range::{FittedText, fit_to_range};
use super::reading::{Edit, NewText, ParsedReply, is_as_asked, read_amid, texts_around};
use super::site::Site;
use crate::i18n::{Message, message};

/// The effect of a reply on a range of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// The reply equals the current text, or says that no change is necessary. One line contains the reason, if any.
    Unchanged(Option<String>),
    /// The agent says that it cannot make the change. One line contains the reason.
    Cannot(String),
    /// The range gets a new text.
    Replace {
        /// The replaced bytes of the document: the range. Or all of its lines, if the range is a part of lines and the
        /// reply changes the text beside it.
        range: Range<usize>,
        /// The whole new text of the range.
        text: String,
        /// The changes to make, in bytes of the document: sorted, without overlap.
        changes: Vec<TextChange>,
        /// The import lines of the reply, for the head of the file. The changes do not contain them.
        imports: Vec<String>,
        /// Why the edit may only be proposed. `None` if the meaning of the reply is certain.
        guess: Option<Message>,
        /// A reason of its place why the edit may only be proposed.
        issue: Option<Message>,
    },
    /// The server cannot apply anything with certainty, for this reason.
    NoCode(Message),
}

/// The effect of `reply` on `range` (bytes) of `document`, whose LSP language is `language_id`.
///
/// The work is linear in the reply and the range, except for a limited diff. The document is read at most once.
pub fn plan(
    document: &Rope,
    range: Range<usize>,
    language_id: &str,
    purpose: Purpose,
    reply: &str,
    granularity: Granularity,
) -> Plan {
    let Some(site) = Site::of(document, range.clone()) else {
        return Plan::NoCode(message!("no-code-out-of-range"));
    };
    let language = embedded_language(document, range.start, language_id);
    let asked =
        PlanRequest { document, language_id: language.as_deref().unwrap_or(language_id), purpose, reply, granularity };
    if !site.is_part_of_lines() {
        return asked.plan(&site, range);
    }
    let lines = range.start - site.before.len()..range.end + site.rest_of_line().len();
    let Some(around) = Site::of(document, lines.clone()) else { return asked.plan(&site, range) };
    let whole = asked.plan(&around, lines);
    if matches!(whole, Plan::Unchanged { .. } | Plan::Cannot { .. }) {
        return whole;
    }
    if let Some(part) = part_of(&whole, &site, &range, &asked) {
        return part;
    }
    let part = asked.plan(&site, range);
    // Another version of the whole lines is not a version of the part.
    match (&whole, &part) {
        (Plan::Replace { text, .. }, Plan::Replace { .. }) if !is_nearer(text, &site.original, &around.original) => {
            part
        }
        (Plan::Replace { .. }, Plan::Replace { .. }) => as_line_edit(whole, &site),
        _ => part,
    }
}

/// The new text of `site`, a part of lines, if `whole` does not change the text beside it.
fn part_of(whole: &Plan, site: &Site, range: &Range<usize>, asked: &PlanRequest<'_>) -> Option<Plan> {
    let Plan::Replace { text, imports, guess, issue, .. } = whole else { return None };
    let text = text.strip_prefix(site.before.as_str())?.strip_suffix(site.rest_of_line())?;
    let changes = smallest_changes(&site.original, text, range.start, asked.granularity);
    // In tags, the prompt asked for whole lines. Without tags it is not certain that the reply is whole lines.
    let original = Original { text: &site.original, language_id: asked.language_id, purpose: asked.purpose };
    let beside = [&site.before, site.rest_of_line()].into_iter().map(str::trim).find(|text| !text.is_empty());
    let cut = beside.filter(|_| !is_as_asked(asked.reply, &original));
    let issue =
        issue.clone().or_else(|| cut.map(|beside| message!("withheld-rest-of-line-cut", line = shortened(beside))));
    let (text, imports) = (text.to_owned(), imports.clone());
    Some(Plan::Replace { range: range.clone(), text, changes, imports, guess: guess.clone(), issue })
}

/// Whether `text` is more similar to all of the lines than to the requested part of them.
fn is_nearer(text: &str, part: &str, lines: &str) -> bool {
    const COMPARED: usize = 2_000;
    if lines.len() > COMPARED || text.len() > COMPARED {
        return false;
    }
    let alike = |other: &str| strsim::normalized_levenshtein(text.trim(), other.trim());
    alike(lines) > alike(part) && alike(lines) >= 0.5
}

/// `whole` as an edit that the user must review, because it changes more than the part.
fn as_line_edit(whole: Plan, site: &Site) -> Plan {
    let Plan::Replace { range, text, changes, imports, guess, .. } = whole else { return whole };
    let beside = if text.starts_with(site.before.as_str()) { site.rest_of_line() } else { &site.before };
    let issue = Some(message!("withheld-beside-changed", text = shortened(beside.trim())));
    Plan::Replace { range, text, changes, imports, guess, issue }
}

/// A reply and its context.
struct PlanRequest<'a> {
    document: &'a Rope,
    language_id: &'a str,
    purpose: Purpose,
    reply: &'a str,
    granularity: Granularity,
}

impl PlanRequest<'_> {
    /// The effect of the reply on `range`, whose site is `site`.
    fn plan(&self, site: &Site, range: Range<usize>) -> Plan {
        let Self { document, language_id, purpose, reply, granularity } = *self;
        let original = Original { text: &site.original, language_id, purpose };
        let Edit { new, imports, guess } = match read_amid(reply, &original, &|| texts_around(document, &range)) {
            Ok(ParsedReply::Edit(edit)) => edit,
            Ok(ParsedReply::Unchanged(because)) => return Plan::Unchanged(because),
            Ok(ParsedReply::Cannot(because)) => return Plan::Cannot(because),
            Err(reason) => return Plan::NoCode(reason),
        };
        let FittedText { text, issue } = match new {
            NewText::Whole(code) => fit_to_range(&code, site, language_id, purpose),
            NewText::Parts(parts) => FittedText { text: apply(&site.original, &parts), issue: None },
        };
        if text == site.original && imports.is_empty() {
            return Plan::Unchanged(None);
        }
        let changes = smallest_changes(&site.original, &text, range.start, granularity);
        Plan::Replace { range, text, changes, imports, guess, issue }
    }
}

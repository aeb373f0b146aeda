//! From a reply to the changes of a document.

use std::ops::Range;

use ropey::Rope;

use super::check::shortened;
use super::diff::{Granularity, TextChange, apply, smallest_changes};
use super::extract::{Original, Purpose};
use super::fences::plain_blocks;
use super::lines::lines;
use super::place::{Placed, place};
use super::reading::{Edit, New, Reading, is_as_asked, read_amid, texts_around};
use super::site::Site;
use crate::i18n::{Message, message};
use crate::languages::is_markdown;

/// What a reply does to a range of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// The reply says what stands there already, or that nothing should change and perhaps why: one line.
    Unchanged(Option<String>),
    /// The agent says that it cannot be done there: one line that says why.
    Cannot(String),
    /// The range gets a new text.
    Replace {
        /// What is replaced, in bytes of the document: the range; or all of its lines, where the range is a part of lines and
        /// the reply changes what stands beside it.
        range: Range<usize>,
        /// The whole new text of the range.
        text: String,
        /// The changes that lead to it, in bytes of the document: sorted, not overlapping.
        changes: Vec<TextChange>,
        /// The lines of imports that the reply brings, for the head of the file; they are in none of the changes.
        imports: Vec<String>,
        /// Why the edit may only be proposed; `None` where it is certain what was meant.
        guess: Option<Message>,
        /// Why it may only be proposed, as far as its place tells.
        issue: Option<Message>,
    },
    /// Nothing can be applied with certainty, for this reason.
    NoCode(Message),
}

/// What `reply` does to `range` (bytes) of `document`, whose LSP language is `language_id`.
///
/// The work is linear in the reply and the range, apart from a diff that is bounded; the document is read once at most.
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
    // The lines themselves in another version are no version of the part.
    match (&whole, &part) {
        (Plan::Replace { text, .. }, Plan::Replace { .. }) if !is_nearer(text, &site.original, &around.original) => {
            part
        }
        (Plan::Replace { .. }, Plan::Replace { .. }) => beside_changed(whole, &site),
        _ => part,
    }
}

/// The new text of `site`, which is a part of lines, where `whole` leaves all that stands beside it as it is.
fn part_of(whole: &Plan, site: &Site, range: &Range<usize>, asked: &PlanRequest<'_>) -> Option<Plan> {
    let Plan::Replace { text, imports, guess, issue, .. } = whole else { return None };
    let text = text.strip_prefix(site.before.as_str())?.strip_suffix(site.rest_of_line())?;
    let changes = smallest_changes(&site.original, text, range.start, asked.granularity);
    // Whole lines were asked for in tags. Without them it is not certain that whole lines are meant.
    let original = Original { text: &site.original, language_id: asked.language_id, purpose: asked.purpose };
    let beside = [&site.before, site.rest_of_line()].into_iter().map(str::trim).find(|text| !text.is_empty());
    let cut = beside.filter(|_| !is_as_asked(asked.reply, &original));
    let issue =
        issue.clone().or_else(|| cut.map(|beside| message!("withheld-rest-of-line-cut", line = shortened(beside))));
    let (text, imports) = (text.to_owned(), imports.clone());
    Some(Plan::Replace { range: range.clone(), text, changes, imports, guess: guess.clone(), issue })
}

/// Whether `text` is more like all of the lines than like the part of them that was asked about.
fn is_nearer(text: &str, part: &str, lines: &str) -> bool {
    const COMPARED: usize = 2_000;
    if lines.len() > COMPARED || text.len() > COMPARED {
        return false;
    }
    let alike = |other: &str| strsim::normalized_levenshtein(text.trim(), other.trim());
    alike(lines) > alike(part) && alike(lines) >= 0.5
}

/// `whole` as an edit that the user has to look at, since it changes more than the part.
fn beside_changed(whole: Plan, site: &Site) -> Plan {
    let Plan::Replace { range, text, changes, imports, guess, .. } = whole else { return whole };
    let beside = if text.starts_with(site.before.as_str()) { site.rest_of_line() } else { &site.before };
    let issue = Some(message!("withheld-beside-changed", text = shortened(beside.trim())));
    Plan::Replace { range, text, changes, imports, guess, issue }
}

/// A reply, and what it is an answer to.
struct PlanRequest<'a> {
    document: &'a Rope,
    language_id: &'a str,
    purpose: Purpose,
    reply: &'a str,
    granularity: Granularity,
}

impl PlanRequest<'_> {
    /// What the reply does to `range`, whose site this is.
    fn plan(&self, site: &Site, range: Range<usize>) -> Plan {
        let Self { document, language_id, purpose, reply, granularity } = *self;
        let original = Original { text: &site.original, language_id, purpose };
        let Edit { new, imports, guess } = match read_amid(reply, &original, &|| texts_around(document, &range)) {
            Ok(Reading::Edit(edit)) => edit,
            Ok(Reading::Unchanged(because)) => return Plan::Unchanged(because),
            Ok(Reading::Cannot(because)) => return Plan::Cannot(because),
            Err(reason) => return Plan::NoCode(reason),
        };
        let Placed { text, issue } = match new {
            New::Whole(code) => place(&code, site, language_id, purpose),
            New::Parts(parts) => Placed { text: apply(&site.original, &parts), issue: None },
        };
        if text == site.original && imports.is_empty() {
            return Plan::Unchanged(None);
        }
        let changes = smallest_changes(&site.original, &text, range.start, granularity);
        Plan::Replace { range, text, changes, imports, guess, issue }
    }
}

/// The language of the fenced block of a Markdown document that `offset` is in.
pub(crate) fn embedded_language(document: &Rope, offset: usize, language_id: &str) -> Option<String> {
    if !is_markdown(language_id) {
        return None;
    }
    let before = document.get_byte_slice(..offset)?.to_string();
    // The line that the range starts in counts only when it is complete, which a line with a break is.
    let whole = lines(&before).filter(|line| !line.eol.is_empty()).map(|line| line.content);
    let last = plain_blocks(whole).pop().filter(|block| block.close.is_none())?;
    let language = last.fence.info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase();
    Some(language).filter(|language| !language.is_empty())
}

//! From a reply to the changes of a document.

use std::ops::Range;

use ropey::Rope;

use super::diff::{Granularity, TextChange, smallest_changes};
use super::extract::{NoCode, Original, extract};
use super::fences::fence;
use super::indent::fit;
use super::languages::is_markdown;
use super::lines::lines;
use super::site::Site;

/// What a reply does to a range of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// The reply says what stands there already.
    Unchanged,
    /// The range gets a new text.
    Replace {
        /// The whole new text of the range.
        text: String,
        /// The changes that lead to it, in bytes of the document: sorted, not overlapping.
        changes: Vec<TextChange>,
    },
    /// Nothing can be applied with certainty.
    NoCode {
        /// Why, as a sentence for the user once displayed.
        reason: NoCode,
    },
}

/// What `reply` does to `range` (bytes) of `document`, whose LSP language is `language_id`.
///
/// The work is linear in the reply and the range, apart from a diff that is bounded; the document is read once at most.
pub fn plan(document: &Rope, range: Range<usize>, language_id: &str, reply: &str, granularity: Granularity) -> Plan {
    let Some(site) = Site::of(document, range.clone()) else { return Plan::NoCode { reason: NoCode::OutOfRange } };
    let language = embedded_language(document, range.start, language_id);
    let original = Original { text: &site.original, language_id: language.as_deref().unwrap_or(language_id) };
    let code = match extract(reply, &original) {
        Ok(code) => code,
        Err(reason) => return Plan::NoCode { reason },
    };
    let text = fit(&code, &site);
    if text == site.original {
        return Plan::Unchanged;
    }
    let changes = smallest_changes(&site.original, &text, range.start, granularity);
    Plan::Replace { text, changes }
}

/// The language of the fenced block of a Markdown document that `offset` is in.
fn embedded_language(document: &Rope, offset: usize, language_id: &str) -> Option<String> {
    if !is_markdown(language_id) {
        return None;
    }
    let before = document.get_byte_slice(..offset)?.to_string();
    let mut open: Option<(char, usize, String)> = None;
    // The line that the range starts in counts only when it is complete, which a line with a break is.
    for f in lines(&before).filter(|line| !line.eol.is_empty()).filter_map(|line| fence(line.content)) {
        open = match open.take() {
            None => Some((f.mark, f.length, f.info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase())),
            Some((mark, length, _)) if mark == f.mark && f.length >= length && f.info.is_empty() => None,
            inside => inside,
        };
    }
    open.map(|(.., language)| language).filter(|language| !language.is_empty())
}

//! The new text of a remark as an edit of its lines. It passes the same checks as every edit.

use std::ops::Range;

use crate::actions::line_end;
use crate::edit::{self, FittedText, Granularity, Purpose, Site, TextChange};
use crate::i18n::Message;
use crate::job::Target;
use crate::job::landing::find_objection;
use crate::job::{DestinationState, Replacement};

/// The result of the checks of a new text.
pub(super) enum Fix {
    None,
    /// The lines already have this text.
    Same,
    /// The user should review the edit first; the sentence says why.
    Doubted(Replacement, Message),
    /// The edit can be applied.
    Certain(Replacement),
}

/// The edit that makes `new_text` of `lines`, counted from zero, of the sent text. `said` is the text of the remark.
pub(super) async fn fix(
    target: &Target,
    lines: &Range<usize>,
    (new_text, said): (&str, &str),
    purpose: Purpose,
    granularity: Granularity,
) -> Fix {
    let snapshot = &target.snapshot;
    let text = &snapshot.text;
    let whole = text.line_to_byte(lines.start)..line_end(text, lines.end - 1);
    let (bytes, new, changes, issue) = if new_text.trim().is_empty() {
        let bytes = with_line_break(text, lines, whole);
        let changes = vec![TextChange { range: bytes.clone(), text: String::new() }];
        (bytes, String::new(), changes, None)
    } else {
        if edit::has_mark(text, whole.clone(), new_text, &snapshot.language_id) {
            return Fix::None;
        }
        let Some(site) = Site::of(text, whole.clone()) else { return Fix::None };
        let FittedText { text: new, issue } = edit::fit_to_range(new_text, &site, &snapshot.language_id, purpose);
        let changes = edit::smallest_changes(&site.original, &new, whole.start, granularity);
        (whole, new, changes, issue)
    };
    if changes.is_empty() || snapshot.slice(bytes.clone()) == new {
        return Fix::Same;
    }
    let replacement = Replacement {
        snapshot: snapshot.clone(),
        destination_state: DestinationState::Open,
        bytes,
        text: new,
        changes,
        imports: None,
    };
    if let Some(issue) = issue {
        return Fix::Doubted(replacement, issue);
    }
    let lost = || edit::lost_end(&replacement.old(), &replacement.text, said, &snapshot.language_id);
    match find_objection(&replacement, target.syntax, purpose).await.or_else(lost) {
        Some(reason) => Fix::Doubted(replacement, reason),
        None => Fix::Certain(replacement),
    }
}

/// Deleted lines include a line break: their own or, at the end of the text, the one before them.
fn with_line_break(text: &ropey::Rope, lines: &Range<usize>, whole: Range<usize>) -> Range<usize> {
    if whole.end < text.len_bytes() {
        return whole.start..text.try_line_to_byte(lines.end).unwrap_or(whole.end);
    }
    let start = lines.start.checked_sub(1).map_or(whole.start, |before| line_end(text, before));
    start..whole.end
}

//! `textDocument/codeLens`: the actions for waiting edits, above their lines. A document without a waiting edit has no
//! lens.

use serde_json::{Value, json};

use crate::documents::{DocumentUri, Snapshot};
use crate::i18n::message;
use crate::job::{Job, Part};
use crate::server::jobs::proposals::apply_choices;
use crate::server::remarks;
use crate::server::session::Session;
use crate::server::wire::{Command, DocumentParams, lens};

/// The lenses of a document.
pub(crate) fn list(session: &Session, params: &DocumentParams) -> Vec<Value> {
    let document = DocumentUri::parse(&params.text_document.uri);
    let Ok(today) = session.documents.snapshot(&params.text_document.uri) else { return Vec::new() };
    let waiting = session.jobs.proposed().into_iter().filter(|job| job.edit_document() == document);
    let of_edits = waiting.flat_map(|job| of_job(session, &job, &today));
    of_edits.chain(remarks::lenses(session, &document)).collect()
}

fn of_job(session: &Session, job: &Job, today: &Snapshot) -> Vec<Value> {
    let at = |line: usize| {
        let start = today.text.line_to_byte(line);
        today.range(start..start)
    };
    let (proposal, id) = (job.proposal(), json!({ "jobId": job.id }));
    let line = proposal.as_ref().and_then(|proposal| proposal.first_line()).unwrap_or_else(|| job.first_line());
    let range = at(line.min(today.text.len_lines().saturating_sub(1)));
    let ways = apply_choices(job);
    // A narrow window shows only the first lens. It is the preview if the user typed: it shows what happens to that.
    let was_typed_in = ways.iter().any(|way| !way.keeps_what_was_typed);
    let preview = if was_typed_in { message!("lens-preview-first") } else { message!("lens-preview") };
    let preview = (preview, Command::ShowEdit, id.clone());
    let mut all: Vec<_> = ways.into_iter().map(|way| (way.short_title, Command::Apply, way.argument)).collect();
    all.insert(if was_typed_in { 0 } else { all.len() }, preview);
    all.push((message!("lens-discard"), Command::Discard, id));
    let whole =
        all.into_iter().map(|(title, command, argument)| lens(range, session.title(&title), command, &argument));
    let of_part = |part: Part| {
        let (range, argument) = (at(part.lines().start), json!({ "jobId": job.id, "part": part.number }));
        [(message!("lens-apply-part"), Command::Apply), (message!("lens-discard-part"), Command::Discard)]
            .map(|(title, command)| lens(range, session.title(&title), command, &argument))
    };
    let parts = proposal.map(|proposal| proposal.parts()).unwrap_or_default();
    whole.chain(parts.into_iter().flat_map(of_part)).collect()
}

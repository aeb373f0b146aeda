//! `textDocument/codeLens`: what can be done with the edits that wait, above the lines that they are for. A document in which
//! none waits has no lens.

use serde_json::{Value, json};

use crate::documents::{DocumentUri, Snapshot};
use crate::i18n::message;
use crate::job::{Job, Part};
use crate::server::jobs::proposals::apply_choices;
use crate::server::remarks;
use crate::server::session::Session;
use crate::server::wire::command::Command;
use crate::server::wire::params::DocumentParams;
use crate::server::wire::positions::wire_range;

/// The lenses of a document.
pub(crate) fn list(session: &Session, params: &DocumentParams) -> Vec<Value> {
    let document = DocumentUri::parse(&params.text_document.uri);
    let Ok(today) = session.documents.snapshot(&params.text_document.uri) else { return Vec::new() };
    let waiting = session.jobs.proposed().into_iter().filter(|job| job.waits_in() == document);
    let of_edits = waiting.flat_map(|job| of_job(session, &job, &today));
    of_edits.chain(remarks::lenses(session, &document)).collect()
}

fn of_job(session: &Session, job: &Job, today: &Snapshot) -> Vec<Value> {
    let line = job.proposal().and_then(|proposal| proposal.first_line()).unwrap_or_else(|| job.first_line());
    let start = today.text.line_to_byte(line.min(today.text.len_lines().saturating_sub(1)));
    let range = wire_range(today.range(start..start));
    let id = json!({ "jobId": job.id });
    let ways = apply_choices(job);
    // A narrow window shows the first alone: where the user typed in the lines, it shows them what would become of that.
    let was_typed_in = ways.iter().any(|way| !way.keeps_what_was_typed);
    let preview = if was_typed_in { message!("lens-preview-first") } else { message!("lens-preview") };
    let preview = (preview, Command::ShowEdit, id.clone());
    let mut all: Vec<_> = ways.into_iter().map(|way| (way.short_title, Command::Apply, way.argument)).collect();
    all.insert(if was_typed_in { 0 } else { all.len() }, preview);
    all.push((message!("lens-discard"), Command::Discard, id));
    let lens = |(title, command, argument): (crate::i18n::Message, Command, Value)| {
        let title = session.title(&title);
        json!({ "range": range, "command": { "title": title, "command": command.id(), "arguments": [argument] } })
    };
    let whole: Vec<Value> = all.into_iter().map(lens).collect();
    let parts = job.proposal().map(|proposal| proposal.parts()).unwrap_or_default();
    let of_part = |part: Part| {
        let start = today.text.line_to_byte(part.lines().start);
        let range = wire_range(today.range(start..start));
        let argument = json!({ "jobId": job.id, "part": part.number });
        [(message!("lens-apply-part"), Command::Apply), (message!("lens-discard-part"), Command::Discard)].map(
            |(title, command)| {
                let title = session.title(&title);
                json!({ "range": range, "command": { "title": title, "command": command.id(), "arguments": [argument] } })
            },
        )
    };
    whole.into_iter().chain(parts.into_iter().flat_map(of_part)).collect()
}

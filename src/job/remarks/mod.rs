//! The remarks of an answer: read from the stream, placed at their lines, and checked like any edit.

mod apply;
mod fix;
#[cfg(test)]
mod laws;
mod remark_place;

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

pub(crate) use self::apply::{apply_remark, apply_remarks, as_waiting_edit};
use self::fix::{Fix, fix};
pub(crate) use self::remark_place::{JobRemark, RemarkPlace};
use super::changed_lines::touches;
use super::order::{Ask, Target};
use super::run::{Host, JobEvent, receive, unless_cancelled};
use super::{Job, JobError};
use crate::actions::context::Diagnostic;
use crate::actions::{SUGGEST, line_end};
use crate::agents_api::{AgentsApi, ApiError, ChatEnd, ChatEvent, ChatRequest};
use crate::edit::Purpose;
use crate::remarks::{Remark, RemarkLines, RemarkReader, locate_remark, other_forms};

/// The request for remarks.
#[derive(Debug, Clone)]
pub struct RemarkOrder {
    /// The pieces that are asked about, in sequence. The question of the first one is that of the order.
    pub pieces: Vec<RemarkPiece>,
    /// How many remarks are kept. Further ones are dropped.
    pub most: usize,
    /// The diagnostics of the editor itself. Remarks must not repeat them.
    pub reported: Vec<Diagnostic>,
    /// The lines that a remark must touch, counted from zero, if only some lines matter.
    pub only: Option<Vec<Range<usize>>>,
}

/// A part of the text; one request asks about it.
#[derive(Debug, Clone)]
pub struct RemarkPiece {
    pub prompt: String,
    /// Its lines, counted from zero, without the end.
    pub lines: Range<usize>,
}

/// The lines of the question, and a remark as it was read.
type UnplacedRemark = (Range<usize>, Remark);

/// The purpose of the remarks of an action.
fn purpose(job: &Job) -> Purpose {
    if job.action.id == SUGGEST { Purpose::Refactor } else { Purpose::Free }
}

/// Asks about each piece in sequence. `on_event` gets the events as those of one answer. Each remark goes to `events`
/// when it is complete and has its place. Remarks that were read before a failure stay.
pub(super) async fn ask(
    job: &Job,
    (ask, target): (&Ask, &Target),
    wanted: &RemarkOrder,
    api: &Arc<AgentsApi>,
    host: &impl Host,
    events: &UnboundedSender<JobEvent>,
    on_event: &mut impl FnMut(ChatEvent) -> ControlFlow<()>,
) -> Result<Result<ChatEnd, ApiError>, JobError> {
    let (found, taken) = mpsc::unbounded_channel();
    let reading = read_remarks(job, ask, wanted, api, found, on_event);
    tokio::join!(reading, place_remarks(job, target, wanted, host, taken, events)).0
}

async fn read_remarks(
    job: &Job,
    ask: &Ask,
    wanted: &RemarkOrder,
    api: &Arc<AgentsApi>,
    found: UnboundedSender<UnplacedRemark>,
    on_event: &mut impl FnMut(ChatEvent) -> ControlFlow<()>,
) -> Result<Result<ChatEnd, ApiError>, JobError> {
    let mut end: Option<ChatEnd> = None;
    for (number, RemarkPiece { prompt, lines }) in wanted.pieces.iter().enumerate() {
        let mut request = ask.request.clone();
        if number > 0 {
            request = ChatRequest { prompt: prompt.clone(), conversation_id: None, ..request };
            let _ = on_event(ChatEvent::Text("\n\n".to_owned()));
        }
        let said_before = job.text_len();
        let (mut reader, mut count) = (RemarkReader::default(), 0);
        let mut keep = |remark| {
            count += 1;
            // The receiver lives until the last one was sent.
            let _ = found.send((lines.clone(), remark));
        };
        let chat = api.chat(request, ask.limits);
        let heard = |event: ChatEvent| {
            if let ChatEvent::Text(text) = &event {
                reader.push(text).into_iter().for_each(&mut keep);
            }
            on_event(event)
        };
        let piece = match unless_cancelled(&job.cancel, receive(chat, heard)).await? {
            Ok(piece) => piece,
            Err(error) => return Ok(Err(error)),
        };
        if reader.has_no_remarks() {
            job.set_no_remarks();
        } else if count == 0 {
            // An agent with its own system prompt may answer in another format.
            for remark in other_forms(&job.text_after(said_before)) {
                let _ = found.send((lines.clone(), remark));
            }
        }
        end = Some(match end {
            Some(before) => joined(before, piece),
            None => piece,
        });
    }
    Ok(Ok(end.unwrap_or_default()))
}

/// Joins the ends of two answers.
fn joined(before: ChatEnd, last: ChatEnd) -> ChatEnd {
    let sum = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
    let mut end = ChatEnd { shortfall: before.shortfall.or(last.shortfall), first_text: before.first_text, ..last };
    end.tokens.input = sum(before.tokens.input, end.tokens.input);
    end.tokens.output = sum(before.tokens.output, end.tokens.output);
    end.total += before.total;
    for source in before.sources {
        if !end.sources.contains(&source) {
            end.sources.push(source);
        }
    }
    end
}

/// Places each remark at its lines as it arrives.
async fn place_remarks(
    job: &Job,
    target: &Target,
    wanted: &RemarkOrder,
    host: &impl Host,
    mut found: UnboundedReceiver<UnplacedRemark>,
    events: &UnboundedSender<JobEvent>,
) {
    let text = target.snapshot.text.to_string();
    while let Some(found) = found.recv().await {
        if job.remarks().len() >= wanted.most {
            continue;
        }
        if let Some(remark) = place_remark(job, target, wanted, &text, found, host).await {
            let remark = Arc::new(remark);
            job.keep_remark(Arc::clone(&remark));
            let _ = events.send(JobEvent::Remark(remark));
        }
    }
}

/// The remark at its lines; `None` if its place is unknown, or if it is not useful.
async fn place_remark(
    job: &Job,
    target: &Target,
    wanted: &RemarkOrder,
    text: &str,
    (lines, remark): UnplacedRemark,
    host: &impl Host,
) -> Option<JobRemark> {
    // A suggestion without new text is not a refactoring.
    if job.action.id == SUGGEST && remark.new_text.is_none() {
        return None;
    }
    let RemarkLines { lines, is_certain } = locate_remark(text, lines, &remark)?;
    if wanted.only.as_ref().is_some_and(|only| !touches(only, &lines)) {
        return None;
    }
    if wanted.reported.iter().any(|it| says_the_same(it, lines.start + 1, &remark.message)) {
        return None;
    }
    let rope = &target.snapshot.text;
    let bytes = rope.line_to_byte(lines.start)..line_end(rope, lines.end - 1);
    let known = job.remarks();
    if known.iter().any(|it| it.message == remark.message && it.sent == bytes) {
        return None;
    }
    let remark = Remark { new_text: remark.new_text.filter(|_| is_certain), ..remark };
    let granularity = host.capabilities().granularity;
    let fix = match &remark.new_text {
        Some(new_text) => fix(target, &lines, (new_text, &remark.message), purpose(job), granularity).await,
        None => Fix::None,
    };
    let (mut replacement, doubtful_fix) = match fix {
        // The text already is as the remark wants it.
        Fix::Same => return None,
        Fix::None => (None, None),
        Fix::Doubted(replacement, reason) => (None, Some((replacement, reason))),
        Fix::Certain(replacement) => (Some(replacement), None),
    };
    if let Some(own) = &replacement {
        // If two fixes change the same lines, the one of the more severe remark stays.
        let overlapping: Vec<_> = known.iter().filter(|other| other.changes(&own.bytes)).collect();
        if overlapping.iter().any(|other| other.severity <= remark.severity) {
            replacement = None;
        } else {
            overlapping.iter().for_each(|other| other.clear_fix());
        }
    }
    let id = known.iter().map(|it| it.id).max().unwrap_or(0) + 1;
    let (documents, remark) = (target.anchor.documents(), (id, is_certain, remark));
    JobRemark::at(documents, &target.snapshot, bytes, remark, (replacement, doubtful_fix), granularity)
}

/// Whether the editor's own diagnostic on line `line`, counted from one, repeats a remark.
fn says_the_same(problem: &Diagnostic, line: usize, message: &str) -> bool {
    const ALIKE: f64 = 0.85;
    let plain = |text: &str| text.trim().trim_end_matches('.').to_lowercase();
    let (theirs, ours) = (plain(&problem.message), plain(message));
    problem.line == Some(line)
        && !theirs.is_empty()
        && (ours.contains(&theirs) || strsim::normalized_levenshtein(&theirs, &ours) >= ALIKE)
}

//! The audit file that the user asked for. Each job adds a line: time, action, agent, outcome and sizes. The file
//! contains no text of a user or agent, only digests that identify a text.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use super::{Failed, Finished, Job, without_nulls};
use crate::agents_api::ChatRequest;
use crate::files;
use crate::i18n::{Message, message};

/// How many lines may wait for a slow disk.
const WAITING: usize = 1024;

/// How long the process waits at its end until the lines are written.
const PATIENCE: Duration = Duration::from_secs(2);

/// The file, and the thread that writes it. No job waits for it.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    queue: OnceLock<Option<SyncSender<Work>>>,
    /// Why lines are missing.
    problem: Arc<OnceLock<String>>,
    is_told: AtomicBool,
}

enum Work {
    Line(String),
    Done(oneshot::Sender<()>),
}

/// Keeps the first reason only.
fn keep_first_problem(problem: &OnceLock<String>, reason: String) {
    tracing::warn!("the audit file is not written: {reason}");
    problem.get_or_init(|| reason);
}

impl Audit {
    /// Stores the path. The first line opens the file.
    pub fn new(path: PathBuf) -> Self {
        Self { path, queue: OnceLock::new(), problem: Arc::default(), is_told: AtomicBool::new(false) }
    }

    pub(super) fn write(&self, job: &Job, asked: Option<&AuditedRequest>, ending: &Result<Finished, Failed>) {
        let queue = self.queue.get_or_init(|| {
            let (queue, work) = sync_channel(WAITING);
            let (path, problem) = (self.path.clone(), Arc::clone(&self.problem));
            let writing =
                std::thread::Builder::new().name("audit".to_owned()).spawn(move || write(&path, &work, &problem));
            writing.map_err(|error| keep_first_problem(&self.problem, error.to_string())).ok().map(|_| queue)
        });
        let line = format!("{}\n", line(job, asked, ending));
        if let Some(Err(TrySendError::Full(_))) = queue.as_ref().map(|queue| queue.try_send(Work::Line(line))) {
            keep_first_problem(&self.problem, "it takes no more lines".to_owned());
        }
    }

    /// Waits for a limited time until all lines are written. Returns once why lines are missing.
    pub(crate) async fn settled(&self) -> Option<Message> {
        let (done, is_done) = oneshot::channel();
        let queue = self.queue.get().and_then(Option::as_ref);
        if queue.is_some_and(|queue| queue.try_send(Work::Done(done)).is_ok())
            && tokio::time::timeout(PATIENCE, is_done).await.is_err()
        {
            keep_first_problem(&self.problem, "it does not answer".to_owned());
        }
        let reason = self.problem.get()?.clone();
        let is_first = !self.is_told.swap(true, Ordering::Relaxed);
        let path = self.path.display().to_string();
        is_first.then(|| message!("audit-not-written", path = path, error = reason))
    }
}

/// Writes each line with one call. Therefore lines of several processes do not mix.
fn write(path: &Path, work: &Receiver<Work>, problem: &OnceLock<String>) {
    let mut is_broken = false;
    for work in work {
        match work {
            Work::Line(line) => {
                // The file may end with half a line. A line break separates the next one from it.
                let line = if is_broken { format!("\n{line}") } else { line };
                let written = append(path, line.as_bytes());
                is_broken = written.is_err();
                if let Err(error) = written {
                    keep_first_problem(problem, error.to_string());
                }
            }
            // The receiver may have stopped waiting.
            Work::Done(done) => drop(done.send(())),
        }
    }
}

fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    // The file is opened for each line, because another program may move it meanwhile.
    let mut file = files::open_with(files::private().append(true).create(true), path)?;
    files::make_private(&file)?;
    file.write_all(line)
}

#[derive(Debug)]
pub(super) struct AuditedRequest {
    agent: String,
    version: Option<u64>,
    model: Option<Value>,
    conversation_id: Option<String>,
    prompt: Value,
    uploads: usize,
}

impl AuditedRequest {
    pub(super) fn of(request: &ChatRequest) -> Self {
        Self {
            agent: request.agent_id.clone(),
            version: request.agent_version_number,
            model: request.extra_body.get("selected_model").filter(|model| model.is_string()).cloned(),
            conversation_id: request.conversation_id.clone(),
            prompt: size_and_digest(&request.prompt),
            uploads: request.upload_ids.len(),
        }
    }
}

/// The size of a text, in bytes of UTF-8, and its digest.
fn size_and_digest(text: &str) -> Value {
    let digest = Sha256::digest(text.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "bytes": text.len(), "sha256": digest })
}

fn line(job: &Job, asked: Option<&AuditedRequest>, ending: &Result<Finished, Failed>) -> Value {
    let (outcome, failed, answer) = match ending {
        Ok(finished) => (finished.outcome.name(), None, Some(&finished.answer)),
        Err(failed) if failed.error.kind().is_none() => ("cancelled", None, failed.partial.as_ref()),
        Err(failed) => ("failed", Some(&failed.error), failed.partial.as_ref()),
    };
    let end = answer.and_then(|answer| answer.end.clone()).unwrap_or_default();
    let conversation_id = end.conversation_id.or_else(|| asked.and_then(|asked| asked.conversation_id.clone()));
    let mut time = String::new();
    // If the time cannot be formatted, it is left out.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    without_nulls(json!({
        "time": Some(time).filter(|time| !time.is_empty()),
        "program": concat!("stackspot-lsp ", env!("CARGO_PKG_VERSION")),
        "process": std::process::id(),
        "job": job.id,
        "action": job.action.id,
        "agent": asked.map(|asked| asked.agent.as_str()),
        "agentVersion": asked.and_then(|asked| asked.version),
        "model": asked.and_then(|asked| asked.model.clone()),
        "outcome": outcome,
        "whole": answer.map(|answer| answer.is_complete()),
        "stopReason": end.stop_reason,
        "kind": failed.and_then(super::JobError::kind),
        "status": failed.and_then(super::JobError::status),
        "conversationId": conversation_id,
        "messageId": end.message_id,
        "tokens": without_nulls(json!({ "input": end.tokens.input, "output": end.tokens.output })),
        "prompt": asked.map(|asked| asked.prompt.clone()),
        "answer": answer.map(|answer| size_and_digest(&answer.text)),
        "uploads": asked.map(|asked| asked.uploads),
        "milliseconds": u64::try_from(job.timings().total().as_millis()).ok(),
    }))
}

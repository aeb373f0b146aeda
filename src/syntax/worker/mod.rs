//! Isolation of the grammars: texts are parsed in a separate process.
//!
//! The scanners of grammars are external C code. On unfinished texts, while the user types, some never end, some crash
//! the process, and some use gigabytes. Therefore the server process never parses a text. `ask` sends a question to a
//! worker: the same program in another role. If the worker takes too long, `ask` kills it. If the worker dies, the
//! answer is the same as for a language without a grammar. Such a text is not tried again.

mod child;
mod failed_texts;
mod frame;
mod process;
mod questions;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ropey::Rope;
use serde::de::DeserializeOwned;

use self::failed_texts::FailedTexts;
use self::process::{Process, Progress};
use self::questions::Question;
use super::Syntax;
use crate::tasks::lock;

pub use self::child::questions_in;
pub(crate) use self::child::{COMMAND, run};
pub(in crate::syntax) use self::questions::{are_comments, check_replaced, parsed_excerpt};
pub(crate) use self::questions::{duplicates, import_place, imports, vicinity, with_attached};
pub use self::questions::{enclosing_definition, syntax_errors, test_block};

/// The time limit for an answer, in real time. No caller waits longer, whatever the machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// A menu is open. It is shown without the answer.
    Menu,
    /// A job waits, which takes seconds anyway. The time starts when the worker has the text.
    Job(Duration),
}

impl Limit {
    const fn time(self) -> Duration {
        match self {
            Self::Menu => Duration::from_millis(20),
            Self::Job(time) => time,
        }
    }
}

const JOB: Limit = Limit::Job(Duration::from_secs(2));

/// The time limit for the start of the worker on a busy machine. A menu does not wait for it.
const START: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoAnswer {
    /// The worker was killed because it took too long.
    GivenUp,
    /// The worker died while it parsed: a crash, or too little memory.
    Crashed,
    /// One of these happened with this text before.
    FailedBefore,
    /// The worker has not started, or is busy.
    Busy,
    /// The worker could not start, or did not understand the question.
    Unavailable,
}

thread_local! {
    static LIMIT: Cell<Limit> = const { Cell::new(JOB) };
}

/// Questions inside `work` have the time limit of a menu, about 20 ms each. After it, a question has no answer.
pub fn with_menu_limit<T>(work: impl FnOnce() -> T) -> T {
    limited(Limit::Menu, work)
}

/// Questions inside `work` have this time limit, from the start of the worker's work, instead of a job's two seconds.
pub fn with_limit<T>(time: Duration, work: impl FnOnce() -> T) -> T {
    limited(Limit::Job(time), work)
}

fn limited<T>(limit: Limit, work: impl FnOnce() -> T) -> T {
    let before = LIMIT.replace(limit);
    let done = work();
    LIMIT.set(before);
    done
}

/// Sets the program to start as the worker, if it is not this one: tests are separate programs. Call it once, before
/// the first question.
pub fn parse_with(program: &Path) {
    let _ = PROGRAM.set(program.to_owned());
}

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// The only worker of this process, and whether it is taken.
static PARSER: Parser = Parser { slot: Mutex::new(Slot { is_taken: false, process: None }), is_free: Condvar::new() };

static FAILED_TEXTS: LazyLock<Mutex<FailedTexts>> = LazyLock::new(Mutex::default);

struct Parser {
    slot: Mutex<Slot>,
    is_free: Condvar,
}

struct Slot {
    is_taken: bool,
    process: Option<Process>,
}

/// Asks the worker. Blocks until the answer arrives or is impossible.
fn ask<A: DeserializeOwned>(text: &Rope, syntax: Syntax, question: Question) -> Option<A> {
    if text.len_bytes() > super::parse::MOST_BYTES {
        return None;
    }
    #[cfg(test)]
    if PROGRAM.get().is_none() {
        // The tests of this crate's own functions are not a program that can start as a worker.
        return serde_json::from_slice(&question.answer(text, syntax).ok()?).map(|(found, _): (A, bool)| found).ok();
    }
    let (language, bytes) = (syntax.name(), text.len_bytes());
    match PARSER.ask(text, syntax, &question, LIMIT.get()) {
        Ok(answer) => {
            let (found, was_given_up) = serde_json::from_slice(&answer).ok()?;
            if was_given_up {
                tracing::debug!(
                    language,
                    bytes,
                    "a parse was stopped, because it takes too long: the question has no answer"
                );
            }
            Some(found)
        }
        Err(reason) => {
            if matches!(reason, NoAnswer::GivenUp | NoAnswer::Crashed) {
                tracing::warn!(language, bytes, ?reason, "a text could not be parsed, and is not tried again");
            } else {
                tracing::debug!(language, bytes, ?reason, "a text is not parsed");
            }
            None
        }
    }
}

impl Parser {
    fn ask(&self, text: &Rope, syntax: Syntax, question: &Question, limit: Limit) -> Result<Vec<u8>, NoAnswer> {
        let hopeless = Instant::now() + limit.time();
        let asked = serde_json::to_vec(&(syntax, question)).map_err(|_| NoAnswer::Unavailable)?;
        let digest = lock_failed_texts().digest(syntax, text, question.edit());
        if lock_failed_texts().has_failed(digest, limit.time()) {
            return Err(NoAnswer::FailedBefore);
        }
        let mut worker = self.acquire((limit == Limit::Menu).then_some(hopeless)).ok_or(NoAnswer::Busy)?;
        let wait = |limit: Limit| match limit {
            Limit::Menu => hopeless.saturating_duration_since(Instant::now()),
            Limit::Job(_) => START,
        };
        // An idle worker ends, perhaps at this moment. A new worker has only just begun to wait.
        for _ in 0..2 {
            let process = worker.process.take().map_or_else(|| Process::start(program()), Ok);
            let process = process.map_err(|_| NoAnswer::Unavailable)?;
            let Some(events) = process.put(asked.clone(), text.clone()) else { continue };
            match events.recv_timeout(wait(limit)) {
                Ok(Progress::Begun) => {}
                Err(RecvTimeoutError::Disconnected) => continue,
                Ok(Progress::Answer(_) | Progress::Failed) => return Err(NoAnswer::Unavailable),
                Err(RecvTimeoutError::Timeout) => {
                    // The worker is still starting. The next question uses it.
                    if limit == Limit::Menu {
                        worker.process = Some(process);
                        return Err(NoAnswer::Busy);
                    }
                    process.kill();
                    return Err(NoAnswer::Unavailable);
                }
            }
            let allowed = match limit {
                Limit::Menu => wait(limit),
                Limit::Job(time) => time,
            };
            let reason = match events.recv_timeout(allowed) {
                Ok(Progress::Answer(answer)) => {
                    worker.process = Some(process);
                    return Ok(answer);
                }
                Err(RecvTimeoutError::Timeout) => NoAnswer::GivenUp,
                Ok(Progress::Begun | Progress::Failed) | Err(RecvTimeoutError::Disconnected) => NoAnswer::Crashed,
            };
            process.kill();
            let refused_for = if reason == NoAnswer::Crashed { Duration::MAX } else { allowed };
            lock_failed_texts().add(digest, refused_for);
            return Err(reason);
        }
        Err(NoAnswer::Unavailable)
    }

    /// Waits until the worker is free. Returns `None` if this takes until `deadline`.
    fn acquire(&self, deadline: Option<Instant>) -> Option<WorkerGuard<'_>> {
        let mut slot = self.slot();
        while slot.is_taken {
            slot = match deadline {
                None => self.is_free.wait(slot).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.checked_duration_since(Instant::now())?;
                    self.is_free.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        slot.is_taken = true;
        Some(WorkerGuard { process: slot.process.take(), parser: self })
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        lock(&self.slot)
    }
}

fn lock_failed_texts() -> MutexGuard<'static, FailedTexts> {
    lock(&FAILED_TEXTS)
}

/// The exclusive use of the worker. When it is dropped, the next caller gets its process.
struct WorkerGuard<'a> {
    process: Option<Process>,
    parser: &'a Parser,
}

impl Drop for WorkerGuard<'_> {
    fn drop(&mut self) {
        let mut slot = self.parser.slot();
        slot.process = self.process.take();
        slot.is_taken = false;
        drop(slot);
        self.parser.is_free.notify_one();
    }
}

/// The program to start: the running one, even if an update replaced its file.
fn program() -> PathBuf {
    let own = || {
        let by_kernel = Path::new("/proc/self/exe");
        if cfg!(target_os = "linux") && by_kernel.exists() {
            return by_kernel.to_owned();
        }
        std::env::current_exe().unwrap_or_default()
    };
    PROGRAM.get().cloned().unwrap_or_else(own)
}

//! The worker itself: it reads questions, parses, and answers, until its parent exits.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{atomic::Ordering, mpsc};
use std::thread;

use ropey::Rope;

use super::{frame, questions::Question};
use crate::syntax::{Syntax, parse::IS_WORKER};

/// The argument that starts the program as a worker. It is not for users. Therefore the help does not list it.
pub(crate) const COMMAND: &str = "parse-worker";

/// Serves the parent process on stdin and stdout.
pub(crate) fn run() -> ExitCode {
    IS_WORKER.store(true, Ordering::Relaxed);
    let (put, questions) = mpsc::sync_channel(1);
    // The worker must notice the parent's exit even during a parse, which may never end.
    let reading = thread::Builder::new().stack_size(256 << 10).spawn(move || {
        let mut from = io::stdin().lock();
        while let Ok(Some(request)) = read_request(&mut from) {
            if put.send(request).is_err() {
                break;
            }
        }
        std::process::exit(0);
    });
    confine::apply();
    let mut to = io::stdout().lock();
    let hello = frame::HELLO.as_bytes();
    if reading.is_err() || frame::write(&mut to, hello.len(), [hello].into_iter()).is_err() {
        return ExitCode::FAILURE;
    }
    while let Ok((asked, text)) = questions.recv() {
        confine::limit_time();
        let Some(answer) = answer(&asked, text) else { return ExitCode::FAILURE };
        if frame::write(&mut to, answer.len(), [&*answer].into_iter()).is_err() {
            break;
        }
    }
    let _ = to.flush();
    ExitCode::SUCCESS
}

type Frames = (Vec<u8>, Vec<u8>);

fn read_request(from: &mut impl io::Read) -> io::Result<Option<Frames>> {
    let Some(asked) = frame::read_frame(from)? else { return Ok(None) };
    let text = frame::read_frame(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Some((asked, text)))
}

/// Returns the number of questions in the bytes for a worker, up to the first unreadable one. For the fuzz target.
#[doc(hidden)]
pub fn questions_in(mut sent: &[u8]) -> usize {
    let understood = |asked: &[u8], text: Vec<u8>| {
        serde_json::from_slice::<(Syntax, Question)>(asked).is_ok() && String::from_utf8(text).is_ok()
    };
    let mut count = 0;
    while let Ok(Some((asked, text))) = read_request(&mut sent) {
        if !understood(&asked, text) {
            break;
        }
        count += 1;
    }
    count
}

/// The answer to a question, as JSON. Returns `None` if the question is invalid.
pub(super) fn answer(asked: &[u8], text: Vec<u8>) -> Option<Vec<u8>> {
    let (syntax, question): (Syntax, Question) = serde_json::from_slice(asked).ok()?;
    let text = Rope::from_str(&String::from_utf8(text).ok()?);
    question.answer(&text, syntax).ok()
}

/// The limits that the worker sets for itself before it reads a text.
#[cfg(unix)]
mod confine {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use rustix::time::{ClockId, clock_gettime};

    /// The maximum address space, in bytes: about a hundred times the need of a text of several megabytes.
    const MEMORY: u64 = 1 << 30;

    /// CPU seconds for one question. The parent's timeout is shorter; this limit is for a stopped parent.
    const SECONDS: u64 = 10;

    /// From now on, no new file, socket or process, and little memory. Limits that the system refuses are skipped.
    pub(super) fn apply() {
        let limit = |value| Rlimit { current: Some(value), maximum: Some(value) };
        for (resource, value) in [
            (Resource::Core, 0),
            (Resource::As, MEMORY),
            (Resource::Fsize, 0),
            (Resource::Nproc, 0),
            (Resource::Nofile, 0),
        ] {
            let _ = setrlimit(resource, limit(value));
        }
    }

    /// Each question has its own time limit.
    pub(super) fn limit_time() {
        let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
        let maximum = getrlimit(Resource::Cpu).maximum;
        let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(used + SECONDS), maximum });
    }
}

#[cfg(not(unix))]
mod confine {
    pub(super) fn apply() {}

    pub(super) fn limit_time() {}
}

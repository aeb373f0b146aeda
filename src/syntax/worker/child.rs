//! The worker itself: it reads questions, parses, and answers, until its parent is gone.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{atomic::Ordering, mpsc};
use std::thread;

use ropey::Rope;

use super::{IS_WORKER, frame, questions::Question};
use crate::syntax::Syntax;

/// What the program is called with to be a worker. People have no use for it, so no help speaks of it.
pub(crate) const COMMAND: &str = "parse-worker";

/// Serves the process that started this one, on stdin and stdout.
pub(crate) fn run() -> ExitCode {
    IS_WORKER.store(true, Ordering::Relaxed);
    let (put, questions) = mpsc::sync_channel(1);
    // The parent's end is noticed also while a text is parsed, which may never end.
    let reading = thread::Builder::new().stack_size(256 << 10).spawn(move || {
        let mut from = io::stdin().lock();
        while let Ok(Some(request)) = read(&mut from) {
            if put.send(request).is_err() {
                break;
            }
        }
        std::process::exit(0);
    });
    confine::all();
    let mut to = io::stdout().lock();
    let hello = frame::HELLO.as_bytes();
    if reading.is_err() || frame::write(&mut to, hello.len(), [hello].into_iter()).is_err() {
        return ExitCode::FAILURE;
    }
    while let Ok((asked, text)) = questions.recv() {
        confine::time();
        let Some(answer) = answer(&asked, text) else { return ExitCode::FAILURE };
        if frame::write(&mut to, answer.len(), [&*answer].into_iter()).is_err() {
            break;
        }
    }
    let _ = to.flush();
    ExitCode::SUCCESS
}

type Frames = (Vec<u8>, Vec<u8>);

fn read(from: &mut impl io::Read) -> io::Result<Option<Frames>> {
    let Some(asked) = frame::read(from)? else { return Ok(None) };
    let text = frame::read(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Some((asked, text)))
}

/// How many questions there are in what was sent to a worker, up to the first that none can read. For the fuzz target.
#[doc(hidden)]
pub fn questions_in(mut sent: &[u8]) -> usize {
    let understood = |asked: &[u8], text: Vec<u8>| {
        serde_json::from_slice::<(Syntax, Question)>(asked).is_ok() && String::from_utf8(text).is_ok()
    };
    let mut count = 0;
    while let Ok(Some((asked, text))) = read(&mut sent) {
        if !understood(&asked, text) {
            break;
        }
        count += 1;
    }
    count
}

/// The answer to what was asked, as JSON; `None` where it is not understood.
pub(super) fn answer(asked: &[u8], text: Vec<u8>) -> Option<Vec<u8>> {
    let (syntax, question): (Syntax, Question) = serde_json::from_slice(asked).ok()?;
    let text = Rope::from_str(&String::from_utf8(text).ok()?);
    question.answer(&text, syntax).ok()
}

/// What the worker takes from itself before it reads a text.
#[cfg(unix)]
mod confine {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use rustix::time::{ClockId, clock_gettime};

    /// Its address space, in bytes: some hundred times what a text of some megabytes needs.
    const MEMORY: u64 = 1 << 30;

    /// Seconds of computing for one question. The parent's clock ends it earlier; this is for a parent that is stopped.
    const SECONDS: u64 = 10;

    /// No file, socket or process can be had from now on, and not much memory. What the system refuses is left as it is.
    pub(super) fn all() {
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

    /// The next question has its own time.
    pub(super) fn time() {
        let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
        let maximum = getrlimit(Resource::Cpu).maximum;
        let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(used + SECONDS), maximum });
    }
}

#[cfg(not(unix))]
mod confine {
    pub(super) fn all() {}

    pub(super) fn time() {}
}

//! A worker as its parent has it: the process, and the thread that talks to it.

use std::io::{self, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ropey::Rope;

use super::{child::COMMAND, frame};

/// How long a worker that has nothing to do is kept.
const IDLE: Duration = Duration::from_secs(30);

/// So many bytes of texts, and it has to go, with all memory that it has taken: scanners leak.
const WORN_OUT_BYTES: usize = 64 << 20;

/// A process that answers questions one after the other. It ends when this is dropped, and when nothing is asked for a while.
pub(super) struct Process {
    requests: Sender<Request>,
    child: Arc<Mutex<Option<Child>>>,
}

/// A question for the worker, and where it is told what happens to it.
struct Request {
    asked: Vec<u8>,
    text: Rope,
    tell: SyncSender<Told>,
}

/// What happens to a question.
pub(super) enum Told {
    /// The worker has it from now on.
    Begun,
    /// This is its answer.
    Answer(Vec<u8>),
    /// The worker could not be started, or died.
    Failed,
}

impl Process {
    /// Starts a worker; it answers as soon as it has started.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub(super) fn start(program: PathBuf) -> io::Result<Self> {
        let (requests, questions) = mpsc::channel();
        let child = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&child);
        thread::Builder::new().name("parser".into()).stack_size(256 << 10).spawn(move || {
            match start(&program, &kept) {
                Ok(pipes) => attend(pipes, &questions),
                Err(error) => {
                    tracing::warn!(%error, "no process could be started to parse texts in, so they are not parsed");
                    while let Ok(request) = questions.try_recv() {
                        let _ = request.tell.send(Told::Failed);
                    }
                }
            }
            if let Some(mut child) = kept.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = child.kill();
                let _ = child.wait();
            }
        })?;
        Ok(Self { requests, child })
    }

    /// Puts a question, and says where it is told what happens to it; `None` where the worker has ended.
    pub(super) fn put(&self, asked: Vec<u8>, text: Rope) -> Option<Receiver<Told>> {
        // Nothing is said that nobody hears: a question that was given up by then does not begin.
        let (tell, told) = mpsc::sync_channel(0);
        self.requests.send(Request { asked, text, tell }).ok()?;
        Some(told)
    }

    /// Ends it at once, whatever it does.
    pub(super) fn kill(&self) {
        if let Some(child) = &mut *self.child.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = child.kill();
        }
    }
}

struct Pipes {
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// Starts the program, and waits until it says what it is.
fn start(program: &PathBuf, kept: &Mutex<Option<Child>>) -> io::Result<Pipes> {
    let mut command = Command::new(program);
    command.arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // It has no use for the user's secrets. Windows starts nothing without the place of its system.
    let system = std::env::var_os("SystemRoot");
    command.env_clear().envs(system.map(|system| ("SystemRoot", system)));
    #[cfg(unix)]
    command.current_dir("/");
    let mut child = command.spawn()?;
    let pipes = child.stdin.take().zip(child.stdout.take());
    *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
    let (to, from) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
    let mut pipes = Pipes { to: BufWriter::with_capacity(64 << 10, to), from: BufReader::new(from) };
    match frame::read(&mut pipes.from)? {
        Some(said) if said == frame::HELLO.as_bytes() => Ok(pipes),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it is not this program")),
    }
}

/// Takes questions to the worker, one after the other, until nothing is asked for a while or nobody is there to ask.
fn attend(mut pipes: Pipes, questions: &Receiver<Request>) {
    let mut parsed_bytes = 0;
    while let Ok(request) = questions.recv_timeout(IDLE) {
        if request.tell.send(Told::Begun).is_err() {
            continue;
        }
        let Ok(answer) = exchange(&mut pipes, &request) else {
            let _ = request.tell.send(Told::Failed);
            return;
        };
        let _ = request.tell.send(Told::Answer(answer));
        parsed_bytes += request.text.len_bytes();
        if parsed_bytes > WORN_OUT_BYTES {
            return;
        }
    }
}

fn exchange(pipes: &mut Pipes, request: &Request) -> io::Result<Vec<u8>> {
    frame::write(&mut pipes.to, request.asked.len(), [&*request.asked].into_iter())?;
    frame::write(&mut pipes.to, request.text.len_bytes(), request.text.chunks().map(str::as_bytes))?;
    pipes.to.flush()?;
    frame::read(&mut pipes.from)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

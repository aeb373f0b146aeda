//! A worker from the parent's side: the process, and the thread that talks to it.

use std::io::{self, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ropey::Rope;

use super::{child::COMMAND, frame};
use crate::tasks::lock;

/// How long an idle worker is kept.
const IDLE: Duration = Duration::from_secs(30);

/// After this number of text bytes, the worker is replaced to free its memory, because scanners leak.
const WORN_OUT_BYTES: usize = 64 << 20;

/// A process that answers questions one after the other. It ends when this is dropped or no question comes for a while.
pub(super) struct Process {
    requests: Sender<Request>,
    child: Arc<Mutex<Option<Child>>>,
}

/// A question for the worker, and the channel for its events.
struct Request {
    asked: Vec<u8>,
    text: Rope,
    sender: SyncSender<Progress>,
}

/// The events of a question.
pub(super) enum Progress {
    /// The worker has received the question.
    Begun,
    /// This is its answer.
    Answer(Vec<u8>),
    /// The worker could not be started, or died.
    Failed,
}

impl Process {
    /// Starts a worker. It answers when it has started.
    ///
    /// # Errors
    /// Returns an error if the system cannot create a thread.
    pub(super) fn start(program: PathBuf) -> io::Result<Self> {
        let (requests, questions) = mpsc::channel();
        let child = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&child);
        thread::Builder::new().name("parser".into()).stack_size(256 << 10).spawn(move || {
            match start(&program, &kept) {
                Ok(pipes) => serve_questions(pipes, &questions),
                Err(error) => {
                    tracing::warn!(%error, "no process could be started to parse texts in, so they are not parsed");
                    while let Ok(request) = questions.try_recv() {
                        let _ = request.sender.send(Progress::Failed);
                    }
                }
            }
            if let Some(mut child) = lock(&kept).take() {
                let _ = child.kill();
                let _ = child.wait();
            }
        })?;
        Ok(Self { requests, child })
    }

    /// Sends a question. Returns the channel for its events, or `None` if the worker has ended.
    pub(super) fn put(&self, asked: Vec<u8>, text: Rope) -> Option<Receiver<Progress>> {
        // The channel has no buffer. Therefore a question whose caller has given up does not begin.
        let (sender, events) = mpsc::sync_channel(0);
        self.requests.send(Request { asked, text, sender }).ok()?;
        Some(events)
    }

    /// Kills the process at once, whatever it does.
    pub(super) fn kill(&self) {
        if let Some(child) = &mut *lock(&self.child) {
            let _ = child.kill();
        }
    }
}

struct Pipes {
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// Starts the program, and waits for its first frame.
fn start(program: &PathBuf, kept: &Mutex<Option<Child>>) -> io::Result<Pipes> {
    let mut command = Command::new(program);
    command.arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // The worker does not need the user's secrets. Windows cannot start a program without `SystemRoot`.
    let system = std::env::var_os("SystemRoot");
    command.env_clear().envs(system.map(|system| ("SystemRoot", system)));
    #[cfg(unix)]
    command.current_dir("/");
    let mut child = command.spawn()?;
    let pipes = child.stdin.take().zip(child.stdout.take());
    *lock(kept) = Some(child);
    let (to, from) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
    let mut pipes = Pipes { to: BufWriter::with_capacity(64 << 10, to), from: BufReader::new(from) };
    match frame::read_frame(&mut pipes.from)? {
        Some(said) if said == frame::HELLO.as_bytes() => Ok(pipes),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it is not this program")),
    }
}

/// Sends questions to the worker, one after the other, until none comes for a while or no caller is left.
fn serve_questions(mut pipes: Pipes, questions: &Receiver<Request>) {
    let mut parsed_bytes = 0;
    while let Ok(request) = questions.recv_timeout(IDLE) {
        if request.sender.send(Progress::Begun).is_err() {
            continue;
        }
        let Ok(answer) = exchange(&mut pipes, &request) else {
            let _ = request.sender.send(Progress::Failed);
            return;
        };
        let _ = request.sender.send(Progress::Answer(answer));
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
    frame::read_frame(&mut pipes.from)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

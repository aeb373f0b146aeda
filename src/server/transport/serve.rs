//! The session: reads messages, passes them to the service in their order, and ends the session.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, Stream, StreamExt, poll};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;
use tower::{Service, ServiceExt};
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::{ClientSocket, LanguageServer, LspService};
use tracing::Instrument;

use super::frame::{Decoder, Frame, FrameError, MAX_BODY_BYTES};
use super::message::{self, Message};
use super::{Outbox, Outgoing, parent};
use crate::tasks::{self, Panicked};

/// At the end of a session: how long cancelled jobs, the answers to cancelled requests, and then the writer, may take.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// `RequestFailed` of LSP: the request was valid, but it failed.
pub(crate) const REQUEST_FAILED: i64 = -32803;

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// With `exit` after `shutdown`.
    Clean,
    /// In any other way: `exit` alone, end of input, a client that has exited.
    Unclean,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Clean => Self::SUCCESS,
            ExitStatus::Unclean => Self::FAILURE,
        }
    }
}

/// Options of a session, beside its streams.
pub struct Options {
    /// The longest body that is read, in bytes. Longer ones are skipped and refused.
    pub max_body: usize,
    /// If this process ends, the session ends, as with the `processId` of `initialize`.
    pub client_process_id: Option<u32>,
    /// Resolves if the process is asked to end.
    pub stop: BoxFuture<'static, ()>,
    /// The methods whose string result is JSON text. The text is sent unchanged.
    pub json_text: &'static [&'static str],
    /// Gets the raw params of `initialize`, because the typed ones drop unknown members. It may also remove what the
    /// types would refuse. Called for each attempt until one succeeds, before the service gets the request.
    pub on_initialize: Box<dyn FnMut(&mut Value) + Send>,
    /// Ends what the session started beside its handlers, in every case. Its messages are still written.
    pub on_end: Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_body: MAX_BODY_BYTES,
            client_process_id: None,
            stop: Box::pin(std::future::pending()),
            json_text: &[],
            on_initialize: Box::new(|_| {}),
            on_end: Box::new(|| Box::pin(std::future::ready(()))),
        }
    }
}

/// Runs a session until `exit`, the end of input, or the end of the client's process.
///
/// Each handler is polled once in the order of the wire. If it is not done, it continues as a separate task. The code
/// before its first `.await` runs in order, and the rest never delays the next message. Every request gets exactly one
/// response, through the outbox. A handler that panics fails only its own request.
///
/// The client's socket of `tower-lsp` is only kept and drained: use the [`Outbox`].
pub async fn serve<S: LanguageServer>(
    (service, socket): (LspService<S>, ClientSocket),
    outgoing: Outgoing,
    input: impl AsyncRead + Send + Unpin,
    output: impl AsyncWrite + Send + Unpin + 'static,
    options: Options,
) -> ExitStatus {
    let mut frames = pin!(frames(input, options.max_body));
    let mut socket = socket.fuse();
    let mut message_loop = MessageLoop {
        service,
        outbox: outgoing.outbox().clone(),
        tasks: JoinSet::new(),
        parents: options.client_process_id.and_then(parent::ended).into_iter().chain([options.stop]).collect(),
        initialized: Arc::default(),
        shutdown_asked: false,
        json_text: options.json_text,
        on_initialize: options.on_initialize,
        on_end: options.on_end,
    };
    let mut writer = AbortOnDropHandle::new(tasks::spawn("writing to the client", outgoing.write_to(output)));
    let mut client_reads = true;

    let status = loop {
        tokio::select! {
            frame = frames.next() => match frame {
                Some(Ok(frame)) => {
                    if let Some(status) = message_loop.receive(frame).await {
                        break status;
                    }
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "the input broke");
                    break ExitStatus::Unclean;
                }
                None => {
                    tracing::info!("end of input without `exit`");
                    break ExitStatus::Unclean;
                }
            },
            Some(done) = message_loop.tasks.join_next() => {
                if let Ok(Some(id)) = done {
                    message_loop.forget(&id);
                }
            }
            Some(()) = message_loop.parents.next() => {
                tracing::info!("the client's process ended, or this one is asked to");
                break ExitStatus::Unclean;
            }
            result = &mut writer => {
                tracing::warn!(?result, "the client can no longer be written to");
                client_reads = false;
                break ExitStatus::Unclean;
            }
            Some(message) = socket.next() => {
                tracing::error!(method = message.method(), "dropped a message sent past the outbox");
            }
        }
    };
    message_loop.end(client_reads.then_some(writer)).await;
    status
}

/// The frames of a stream up to its end. If `next` is dropped, a partly read frame stays in the stream.
fn frames(input: impl AsyncRead + Unpin, max_body: usize) -> impl Stream<Item = io::Result<Frame>> {
    let state = (BufReader::with_capacity(64 << 10, input), Decoder::new(max_body));
    futures::stream::try_unfold(state, async |(mut input, mut decoder)| {
        loop {
            let mut bytes = input.fill_buf().await?;
            let available = bytes.len();
            if available == 0 {
                return Ok(None);
            }
            let frame = decoder.decode(&mut bytes);
            let consumed = available - bytes.len();
            input.consume(consumed);
            if let Some(frame) = frame {
                return Ok(Some((frame, (input, decoder))));
            }
        }
    })
}

struct MessageLoop<S> {
    service: LspService<S>,
    outbox: Outbox,
    /// Handlers that did not end at once. After a panic each yields the id of its request.
    tasks: JoinSet<Option<Id>>,
    /// The futures that end the session: a process ends, or the process is asked to end.
    parents: FuturesUnordered<BoxFuture<'static, ()>>,
    initialized: Arc<AtomicBool>,
    shutdown_asked: bool,
    json_text: &'static [&'static str],
    on_initialize: Box<dyn FnMut(&mut Value) + Send>,
    on_end: Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>,
}

impl<S: LanguageServer> MessageLoop<S> {
    /// Handles one frame. Returns the status of the session, if this frame ends it.
    async fn receive(&mut self, frame: Frame) -> Option<ExitStatus> {
        let message = match frame {
            Ok(body) => {
                tracing::trace!(body = %String::from_utf8_lossy(&body), "receive");
                message::parse(body)
            }
            Err(error) => Err((Id::Null, frame_error(&error))),
        };
        match message {
            Err((id, error)) => self.refuse(id, error),
            Ok(Message::Reply { id, answer }) => {
                if !self.outbox.route_reply(&id, answer) {
                    tracing::debug!(%id, "ignored a reply that nobody waits for");
                }
            }
            Ok(Message::EmptyReply { id }) => {
                if !self.outbox.route_reply(&id, Ok(Value::Null)) {
                    let error = message::invalid_request("a message has a method, a result or an error");
                    self.refuse(id, error);
                }
            }
            Ok(Message::Call(request)) => {
                let is_exit = request.method() == "exit";
                let request = if request.method() == "initialize" { self.initialize(request) } else { request };
                self.shutdown_asked |= request.method() == "shutdown";
                self.call(request).await;
                if is_exit {
                    return Some(if self.shutdown_asked { ExitStatus::Clean } else { ExitStatus::Unclean });
                }
            }
        }
        None
    }

    fn refuse(&self, id: Id, error: Error) {
        tracing::warn!(%id, error = %error.message, "received an invalid message");
        self.outbox.respond(&Response::from_error(id, error));
    }

    /// Shows the raw params to the server, and watches the process that they name.
    fn initialize(&mut self, request: Request) -> Request {
        if self.initialized.load(Ordering::Relaxed) {
            return request;
        }
        let (method, id, params) = request.into_parts();
        let mut params = params.unwrap_or_default();
        let process_id = params.get("processId").and_then(Value::as_u64);
        if let Some(watch) = process_id.and_then(|id| u32::try_from(id).ok()).and_then(parent::ended) {
            self.parents.push(watch);
        }
        (self.on_initialize)(&mut params);
        let request = Request::build(method).params(params);
        if let Some(id) = id { request.id(id) } else { request }.finish()
    }

    async fn call(&mut self, request: Request) {
        let responder = Responder {
            id: request.id().cloned(),
            method: request.method().to_owned(),
            is_json_text: self.json_text.contains(&request.method()),
            outbox: self.outbox.clone(),
            initialized: self.initialized.clone(),
        };
        if responder.id.is_some() && !self.outbox.has_room() && request.method() != "shutdown" {
            return responder.refuse_for_backlog();
        }
        let span =
            tracing::debug_span!("call", method = request.method(), id = request.id().map(tracing::field::display));
        // After `exit` no method is called. Therefore the service is always ready here.
        if self.service.ready().await.is_err() {
            responder.give(Ok(None));
            return;
        }
        // `call` also parses the params into their types. Therefore a panic there is caught, too.
        let called = catch_unwind(AssertUnwindSafe(|| self.service.call(request)));
        let panicked = match called {
            Err(panic) => responder.give(Err(panic)),
            Ok(handler) => {
                let handler = handler.map(|outcome| outcome.unwrap_or(None)).instrument(span);
                let mut handler = AssertUnwindSafe(handler).catch_unwind().boxed();
                match poll!(&mut handler) {
                    Poll::Ready(outcome) => responder.give(outcome),
                    Poll::Pending => {
                        self.tasks.spawn(async move { responder.give(handler.await) });
                        None
                    }
                }
            }
        };
        if let Some(id) = panicked {
            self.forget(&id);
        }
    }

    /// After a panic of a handler the service keeps the id of the request, and would refuse this id later. If the
    /// request is cancelled, the service forgets the id.
    fn forget(&mut self, id: &Id) {
        let cancel = Request::build("$/cancelRequest").params(json!({ "id": id })).finish();
        let _ = self.service.call(cancel).now_or_never();
    }

    /// Lets the service cancel pending requests, lets the answers be written, and ends the rest.
    async fn end(mut self, writer: Option<AbortOnDropHandle<Result<io::Result<()>, Panicked>>>) {
        // After the client's own `exit` this does nothing.
        let _ = self.service.call(Request::build("exit").finish()).now_or_never();
        let handlers = async { while self.tasks.join_next().await.is_some() {} };
        let all_ended = futures::future::join(handlers, (self.on_end)());
        if tokio::time::timeout(SHUTDOWN_GRACE, all_ended).await.is_err() {
            self.tasks.abort_all();
        }
        self.outbox.close();
        let Some(mut writer) = writer else { return };
        match tokio::time::timeout(SHUTDOWN_GRACE, &mut writer).await {
            Ok(Ok(Ok(Ok(())))) => {}
            Ok(result) => tracing::debug!(?result, "the last messages could not be written"),
            Err(_) => tracing::debug!("the client did not read the last messages in time"),
        }
    }
}

/// The result of a handler: a panic or a response. A service that has exited gives no response.
type Outcome = Result<Option<Response>, Box<dyn Any + Send>>;

/// The only place where a request is answered.
struct Responder {
    id: Option<Id>,
    method: String,
    is_json_text: bool,
    outbox: Outbox,
    initialized: Arc<AtomicBool>,
}

impl Responder {
    /// Sends the response if the message was a request. Returns the request's id after a panic.
    fn give(self, outcome: Outcome) -> Option<Id> {
        let panicked = outcome.is_err();
        let response = match outcome {
            Ok(response) => response,
            Err(panic) => {
                tracing::error!(method = self.method, panic = panic_message(panic.as_ref()), "a handler panicked");
                let message = format!("{} failed by a bug in stackspot-lsp; its log says more", self.method);
                let error = Error { code: ErrorCode::InternalError, message: message.into(), data: None };
                self.id.clone().map(|id| Response::from_error(id, error))
            }
        };
        let id = self.id?;
        let response = response.unwrap_or_else(|| {
            // The service does not answer unknown `$/` requests. LSP requires this error.
            let code =
                if self.method.starts_with("$/") { ErrorCode::MethodNotFound } else { ErrorCode::InvalidRequest };
            Response::from_error(id.clone(), Error::new(code))
        });
        if self.method == "initialize" && response.is_ok() {
            self.initialized.store(true, Ordering::Relaxed);
        }
        match response.result() {
            Some(Value::String(text)) if self.is_json_text => self.outbox.respond_with_text(&id, text),
            _ => self.outbox.respond(&response),
        }
        panicked.then_some(id)
    }

    /// Sends a small error instead of a response that may be large, because the client does not read.
    fn refuse_for_backlog(self) {
        let Some(id) = self.id else { return };
        let message =
            format!("{} was not run: the editor has not read {} bytes yet", self.method, self.outbox.backlog());
        let error = Error { code: ErrorCode::ServerError(REQUEST_FAILED), message: message.into(), data: None };
        self.outbox.respond(&Response::from_error(id, error));
    }
}

fn frame_error(error: &FrameError) -> Error {
    let code = match error {
        FrameError::LongBody { .. } => ErrorCode::InvalidRequest,
        FrameError::MissingLength | FrameError::BadLength | FrameError::LongHead => ErrorCode::ParseError,
    };
    Error { code, message: error.to_string().into(), data: None }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

//! The peer's actions for a request, step by step.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// A point in a script that waits for the test.
#[derive(Clone, Default)]
pub struct Gate(CancellationToken);

impl Gate {
    /// Lets the script continue, now and at every later pass.
    pub fn open(&self) {
        self.0.cancel();
    }

    pub(super) async fn opened(&self) {
        self.0.cancelled().await;
    }
}

/// The actions of a peer for one request, step by step.
#[derive(Clone)]
pub struct Script {
    /// Status line and headers. `None` sends only the steps.
    pub(super) head: Option<(u16, Vec<(String, String)>)>,
    pub(super) chunked: bool,
    /// A gate before the status line.
    pub(super) held: Option<Gate>,
    pub(super) steps: Vec<Step>,
    pub(super) piece: Option<usize>,
}

#[derive(Clone)]
pub(super) enum Step {
    Send(Vec<u8>),
    Gate(Gate),
    Repeat(Vec<u8>),
    Stall,
    Close,
    Reset,
}

impl Script {
    /// `200`, `text/event-stream`, chunked. Without [`Script::end`] the answer has no last frame.
    pub fn stream() -> Self {
        Self { chunked: true, ..Self::status(200) }.header("content-type", "text/event-stream")
    }

    /// A whole REST reply of status 200.
    pub fn reply(body: &Value) -> Self {
        Self::status(200).header("content-type", "application/json").bytes(body.to_string())
    }

    /// An error of the service, `{type, code, details}`.
    pub fn error(status: u16, code: &str, details: &str) -> Self {
        let body = json!({"type": "error", "code": code, "details": details});
        Self::status(status).header("content-type", "application/json").bytes(body.to_string())
    }

    /// A status with the body from the steps, and its content length.
    pub fn status(status: u16) -> Self {
        Self { head: Some((status, Vec::new())), chunked: false, held: None, steps: Vec::new(), piece: None }
    }

    /// A token with a lifetime in seconds.
    pub fn token(access_token: &str, expires_in: u64) -> Self {
        Self::reply(&json!({"access_token": access_token, "token_type": "bearer", "expires_in": expires_in}))
    }

    /// Only the steps: the peer can send any invalid response.
    pub fn raw() -> Self {
        Self { head: None, chunked: false, held: None, steps: Vec::new(), piece: None }
    }

    /// Adds a header. A `content-length` from the test is not changed.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Some((_, headers)) = &mut self.head {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Delays the response, with its status line, until the test opens the gate. [`Script::gate`] delays a later part.
    pub fn held_by(mut self, gate: &Gate) -> Self {
        self.held = Some(gate.clone());
        self
    }

    /// Splits all sent data into pieces of this size, each in its own chunk.
    pub fn in_pieces_of(mut self, bytes: usize) -> Self {
        self.piece = Some(bytes);
        self
    }

    /// A thin frame with a part of the answer.
    pub fn text(self, text: &str) -> Self {
        self.bytes(sse_text(text))
    }

    /// A frame of any shape.
    pub fn frame(self, frame: &Value) -> Self {
        self.bytes(sse_frame(frame))
    }

    /// A `data:` line of any text.
    pub fn data(self, data: &str) -> Self {
        self.bytes(format!("data: {data}\n\n"))
    }

    /// Any bytes, in one write.
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Send(bytes.into()));
        self
    }

    /// The last frame: `stop`, 7 input tokens, 3 output tokens.
    pub fn end(self) -> Self {
        self.bytes(sse_end("stop", 7, 3))
    }

    /// Waits until the test opens the gate.
    pub fn gate(mut self, gate: &Gate) -> Self {
        self.steps.push(Step::Gate(gate.clone()));
        self
    }

    /// Sends the bytes repeatedly until the client disconnects.
    pub fn for_ever(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Repeat(bytes.into()));
        self
    }

    /// Keeps the connection open without sending more.
    pub fn stall(mut self) -> Self {
        self.steps.push(Step::Stall);
        self
    }

    /// Closes the connection here, in the middle of the reply.
    pub fn cut(mut self) -> Self {
        self.steps.push(Step::Close);
        self
    }

    /// Resets the connection here (RST).
    pub fn reset(mut self) -> Self {
        self.steps.push(Step::Reset);
        self
    }
}

/// A thin frame, as on the wire.
pub fn sse_text(text: &str) -> String {
    sse_frame(&json!({"message": text}))
}

/// A fat frame, as on the wire.
pub fn sse_fat_text(text: &str) -> String {
    let frame = json!({"upload_ids": {}, "knowledge_source_id": [], "source": [], "cross_account_source": [],
                       "tools_id": [], "agent_info": [], "message": text});
    sse_frame(&frame)
}

/// The last frame, as on the wire.
pub fn sse_end(stop_reason: &str, input: u64, output: u64) -> String {
    sse_frame(&json!({"message": "", "stop_reason": stop_reason, "tokens": {"input": input, "output": output},
                      "message_id": "01TESTMESSAGE"}))
}

/// Any frame, as on the wire.
pub fn sse_frame(frame: &Value) -> String {
    format!("data: {frame}\n\n")
}

//! The pipes between an editor and its server: one frame for each message, without other bytes.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::{Notify, mpsc};

use super::editor_state::State;

/// Writes the editor's messages until the server stops reading.
pub async fn write_all(mut queue: mpsc::UnboundedReceiver<Value>, mut to_server: DuplexStream) {
    while let Some(message) = queue.recv().await {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        if to_server.write_all(frame.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Passes the server's messages to the state until the end of its output.
pub async fn read_all(from_server: DuplexStream, state: Arc<Mutex<State>>, changed: Arc<Notify>) {
    let mut from_server = BufReader::new(from_server);
    loop {
        let message = read(&mut from_server).await;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_end = !matches!(message, Ok(Some(_)));
        match message {
            Ok(Some(message)) => state.receive(message),
            Ok(None) => state.closed = true,
            Err(reason) => {
                state.violations.push(reason);
                state.closed = true;
            }
        }
        drop(state);
        changed.notify_waiters();
        if is_end {
            return;
        }
    }
}

/// Reads one message. Returns `None` at the end of the stream, and a sentence if the frame is invalid.
async fn read(input: &mut BufReader<DuplexStream>) -> Result<Option<Value>, String> {
    let mut length = None;
    loop {
        let mut line = String::new();
        let count = input.read_line(&mut line).await.map_err(|error| format!("a header is no text: {error}"))?;
        match (count, line.as_str()) {
            (0, _) if length.is_none() => return Ok(None),
            (0, _) => return Err("the stream ended within a header".to_owned()),
            (_, "\r\n") => break,
            (_, line) => {
                let value = line.strip_prefix("Content-Length: ").and_then(|rest| rest.strip_suffix("\r\n"));
                let value = value.and_then(|value| value.parse().ok());
                length = Some(value.ok_or_else(|| format!("this stood between frames: {line:?}"))?);
            }
        }
    }
    let mut body = vec![0; length.ok_or("a frame without a length")?];
    input.read_exact(&mut body).await.map_err(|error| format!("the stream ended within a body: {error}"))?;
    serde_json::from_slice(&body).map(Some).map_err(|error| format!("a body is not JSON: {error}"))
}

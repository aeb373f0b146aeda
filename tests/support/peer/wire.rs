//! HTTP/1.1 by hand: reads requests, runs scripts.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::script::{Script, Step};
use super::{Exchange, Request, Shared};

pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // The end of this task aborts all of its connections.
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            shared.connections.send_modify(|open| *open += 1);
            serve(socket, &shared).await;
            shared.connections.send_modify(|open| *open -= 1);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut socket: TcpStream, shared: &Shared) {
    socket.set_nodelay(true).ok();
    let mut received = Vec::new();
    let mut last: Option<Exchange> = None;
    while let Some(request) = read_request(&mut socket, &mut received).await {
        let (script, exchange) = choose(shared, &request);
        exchange.progress.send_modify(|progress| progress.request = Some(request.clone()));
        {
            let mut state = shared.state.lock().expect("no test panics with the state");
            if state.agent.is_none() || !request.is_chat() {
                state.requests.push(request);
            }
        }
        shared.arrivals.send_modify(|count| *count += 1);
        let outcome = perform(&mut socket, &mut received, script).await;
        match outcome {
            Outcome::Sent => exchange.progress.send_modify(|progress| progress.sent = true),
            Outcome::Ended => return exchange.progress.send_modify(|progress| progress.sent = true),
            Outcome::ClientGone => return exchange.progress.send_modify(|progress| progress.closed = true),
        }
        last = Some(exchange);
    }
    if let Some(exchange) = last {
        exchange.progress.send_modify(|progress| progress.closed = true);
    }
}

fn choose(shared: &Shared, request: &Request) -> (Script, Exchange) {
    let mut state = shared.state.lock().expect("no test panics with the state");
    if let Some(place) = state.others.iter().position(|(prefix, ..)| fits(&request.path, prefix)) {
        let (_, script, exchange) = state.others.remove(place);
        return (script, exchange);
    }
    if request.is_token() {
        return state.tokens.pop_front().unwrap_or_else(|| {
            state.tokens_issued += 1;
            (Script::token(&format!("token-{}", state.tokens_issued), 1200), Exchange::new("token request"))
        });
    }
    if request.is_chat() {
        return state.chats.pop_front().unwrap_or_else(|| {
            let script = state.agent.as_ref().map_or_else(|| state.default_chat.clone(), |agent| agent(request));
            (script, Exchange::new("chat"))
        });
    }
    (Script::status(404), Exchange::new("unknown request"))
}

/// The root matches only itself, because it is a prefix of every path.
fn fits(path: &str, prefix: &str) -> bool {
    if prefix == "/" { path == "/" } else { path.starts_with(prefix) }
}

enum Outcome {
    /// The connection is ready for another request.
    Sent,
    /// The script ended the connection.
    Ended,
    /// The client ended the connection.
    ClientGone,
}

async fn perform(socket: &mut TcpStream, received: &mut Vec<u8>, script: Script) -> Outcome {
    let Script { head, chunked, held, steps, piece } = script;
    if let Some(gate) = held {
        tokio::select! {
            biased;
            () = gate.opened() => {}
            () = client_gone(socket, received) => return Outcome::ClientGone,
        }
    }
    let framed = head.is_some() && chunked;
    if let Some((status, headers)) = head {
        let mut text = format!("HTTP/1.1 {status} Scripted\r\n");
        if chunked {
            text.push_str("transfer-encoding: chunked\r\n");
        } else if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
            let length: usize =
                steps.iter().map(|step| if let Step::Send(bytes) = step { bytes.len() } else { 0 }).sum();
            text.push_str(&format!("content-length: {length}\r\n"));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        if socket.write_all(text.as_bytes()).await.is_err() {
            return Outcome::ClientGone;
        }
    }
    for step in steps {
        match step {
            Step::Send(bytes) => {
                for piece in bytes.chunks(piece.unwrap_or(usize::MAX)) {
                    let framed = if framed { frame_chunk(piece) } else { piece.to_vec() };
                    if socket.write_all(&framed).await.is_err() {
                        return Outcome::ClientGone;
                    }
                    if piece.len() < bytes.len() {
                        // Lets the client read this piece before the next one is sent.
                        tokio::task::yield_now().await;
                    }
                }
            }
            Step::Gate(gate) => tokio::select! {
                biased;
                () = gate.opened() => {}
                () = client_gone(socket, received) => return Outcome::ClientGone,
            },
            Step::Repeat(bytes) => loop {
                let framed = if framed { frame_chunk(&bytes) } else { bytes.clone() };
                if socket.write_all(&framed).await.is_err() {
                    return Outcome::ClientGone;
                }
                tokio::task::yield_now().await;
            },
            Step::Stall => {
                client_gone(socket, received).await;
                return Outcome::ClientGone;
            }
            Step::Close => {
                socket.shutdown().await.ok();
                return Outcome::Ended;
            }
            Step::Reset => {
                socket.set_zero_linger().ok();
                return Outcome::Ended;
            }
        }
    }
    if framed && socket.write_all(b"0\r\n\r\n").await.is_err() {
        return Outcome::ClientGone;
    }
    Outcome::Sent
}

fn frame_chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// Returns when the client has closed or reset the connection.
async fn client_gone(socket: &mut TcpStream, received: &mut Vec<u8>) {
    while matches!(socket.read_buf(received).await, Ok(1..)) {}
}

const TLS_HANDSHAKE: u8 = 0x16;

async fn read_request(socket: &mut TcpStream, received: &mut Vec<u8>) -> Option<Request> {
    let head_end = loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if !matches!(socket.read_buf(received).await, Ok(1..)) {
            return None;
        }
        if received.first() == Some(&TLS_HANDSHAKE) {
            // Like web servers: the client sees that this is not TLS.
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await.ok();
            // An immediate close would reset the client's data. On Windows, this response would be lost.
            socket.shutdown().await.ok();
            client_gone(socket, received).await;
            return None;
        }
    };
    let head = String::from_utf8_lossy(&received[..head_end]).into_owned();
    received.drain(..head_end + 4);
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    let mut request = Request { method, path, headers: headers.collect(), body: Vec::new() };
    let chunked = request.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    let mut length = request.header("content-length").map_or(0, |length| length.parse().expect("a content length"));
    if !chunked {
        take_body(socket, received, length, &mut request.body).await?;
        return Some(request);
    }
    loop {
        let line_end = loop {
            if let Some(end) = received.windows(2).position(|window| window == b"\r\n") {
                break end;
            }
            if !matches!(socket.read_buf(received).await, Ok(1..)) {
                return None;
            }
        };
        let size = String::from_utf8_lossy(&received[..line_end]).into_owned();
        length = usize::from_str_radix(size.trim(), 16).expect("a chunk size");
        received.drain(..line_end + 2);
        take_body(socket, received, length, &mut request.body).await?;
        take_body(socket, received, 2, &mut Vec::new()).await?;
        if length == 0 {
            return Some(request);
        }
    }
}

async fn take_body(socket: &mut TcpStream, received: &mut Vec<u8>, length: usize, body: &mut Vec<u8>) -> Option<()> {
    while received.len() < length {
        if !matches!(socket.read_buf(received).await, Ok(1..)) {
            return None;
        }
    }
    body.extend(received.drain(..length));
    Some(())
}

//! Compares the SSE path with only reading the same bytes: `cargo bench --bench sse`.
//!
//! Both readers fetch the same body from the same loopback server with the same `reqwest`. They take turns in one run.
//! Therefore the ratio is valid on any machine. (a) is a whole chat, (a') is its first half, up to the events, and (b)
//! only splits lines.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use futures::StreamExt;
use stackspot_lsp::testing::agents_api::sse;
use stackspot_lsp::testing::agents_api::{
    AgentsApi, ChatEvent, ChatRequest, Connection, Credential, Endpoints, Limits, ProxySettings,
};

const ROUNDS: usize = 7;

fn main() {
    // `cargo test --benches` and `--list` also run this program. Then it measures nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let small: String =
        (0..100_000).map(|i| format!("data: {{\"message\":\"token {i:06} of an answer\"}}\n\n")).collect();
    let end = "data: {\"stop_reason\":\"stop\"}\n\n";
    let large = format!("data: {{\"message\":\"{}\"}}\n\n", "x".repeat(16 << 20));
    for (name, body) in [("100,000 small frames", small + end), ("one frame of 16 MiB", large + end)] {
        let bytes = body.len();
        let url = serve(body);
        let [mut chats, mut events, mut lines] = std::array::from_fn(|_| Vec::new());
        for _ in 0..ROUNDS {
            chats.push(runtime.block_on(timed(chat(&url))));
            events.push(runtime.block_on(timed(bare_events(&url))));
            lines.push(runtime.block_on(timed(split_lines(&url))));
        }
        let [chats, events, lines] = [chats, events, lines].map(median);
        println!("{name} ({:.1} MB), median of {ROUNDS}:", bytes as f64 / 1e6);
        println!("  (a)  a whole chat  {chats:>9.2?}   {:.2} times (b)", ratio(chats, lines));
        println!("  (a') events alone  {events:>9.2?}   {:.2} times (b)", ratio(events, lines));
        println!("  (b)  lines alone   {lines:>9.2?}");
    }
}

/// A chat from its request to its end.
async fn chat(url: &str) -> usize {
    let connection = Connection {
        endpoints: Endpoints::all_at(url.parse().expect("a loopback address")),
        credential: Credential::Token("token".to_owned().into()),
        account_id: None,
        ca_bundle: None,
        proxy: ProxySettings::default(),
        state_dir: None,
    };
    let request =
        ChatRequest { agent_id: "01AGENT".into(), prompt: "Hi".into(), streaming: true, ..Default::default() };
    let mut chat = AgentsApi::new(connection).chat(request, Limits::default());
    let mut text = 0;
    while let Some(event) = chat.next().await {
        if let ChatEvent::Text(piece) = event.expect("an event") {
            text += piece.len();
        }
    }
    text
}

/// The first half of a chat: from the request to the events.
async fn bare_events(url: &str) -> usize {
    let mut events = sse::events(get(url).await.bytes_stream());
    let mut data = 0;
    while let Some(event) = events.next().await {
        data += event.expect("an event").data.len();
    }
    data
}

async fn split_lines(url: &str) -> usize {
    let mut chunks = get(url).await.bytes_stream();
    let mut begun = Vec::new();
    let mut data = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.expect("a chunk");
        let mut pieces = chunk.split(|byte| *byte == b'\n');
        begun.extend_from_slice(pieces.next().unwrap_or_default());
        for piece in pieces {
            data += String::from_utf8_lossy(&begun).len();
            begun.clear();
            begun.extend_from_slice(piece);
        }
    }
    data
}

async fn get(url: &str) -> reqwest::Response {
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap().get(url).send().await.unwrap()
}

async fn timed(reading: impl Future<Output = usize>) -> Duration {
    let start = Instant::now();
    assert!(reading.await > 1_000_000, "all of it was read");
    start.elapsed()
}

/// Answers every connection with this body.
fn serve(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.expect("a connection");
            let _ = socket.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = socket.write_all(head.as_bytes()).and_then(|()| socket.write_all(body.as_bytes()));
        }
    });
    url
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}

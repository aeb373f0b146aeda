//! Measures the time from the choice in the menu to the sent request. A round trip to the service takes 80 ms. Three
//! cases: cold, a connection that the menu opened, and a connection from an earlier answer.
//!
//! `cargo bench --bench warm` prints the elapsed time, and the server's part of it: without the round trips.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use stackspot_lsp::testing::config::Environment;
use stackspot_lsp::testing::server::{ServeOptions, serve};
use stackspot_lsp::testing::syntax::worker;
use support::editor::Editor;
use support::peer::{Peer, Script};
use support::profiles;
use support::tls::{Authority, TlsFront};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::sleep_until;

const URI: &str = "file:///home/ana/shop/cart.py";
const SOURCE: &str = "def total(items):\n    return sum(item.price for item in items)\n";

/// A round trip.
const ROUND_TRIP: Duration = Duration::from_millis(80);

/// The number of measurements of each case.
const ROUNDS: usize = 15;

/// A long cable: data arrives half a round trip after it was sent.
struct Cable {
    address: SocketAddr,
    /// The times when the client sent data.
    seen: Arc<Mutex<Vec<Instant>>>,
}

impl Cable {
    async fn to(service: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sees = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let sees = Arc::clone(&sees);
                tokio::spawn(async move {
                    client.set_nodelay(true).unwrap();
                    // The TCP handshake also takes a round trip.
                    tokio::time::sleep(ROUND_TRIP).await;
                    let service = TcpStream::connect(service).await.unwrap();
                    service.set_nodelay(true).unwrap();
                    let ((from_client, to_client), (from_service, to_service)) =
                        (client.into_split(), service.into_split());
                    tokio::join!(
                        carry(from_client, to_service, move || sees.lock().unwrap().push(Instant::now())),
                        carry(from_service, to_client, || {}),
                    );
                });
            }
        });
        Self { address, seen }
    }

    /// The time when the client sent the last piece that has arrived.
    fn sent(&self) -> Instant {
        let out = Instant::now() - ROUND_TRIP / 2;
        *self.seen.lock().unwrap().iter().rev().find(|at| **at <= out).unwrap()
    }
}

async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin + Send + 'static,
    sees: impl Fn(),
) {
    let (queue, mut carried) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((at, bytes)) = carried.recv().await {
            sleep_until((at + ROUND_TRIP / 2).into()).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        to.shutdown().await.ok();
    });
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        sees();
        if queue.send((Instant::now(), bytes[..count].to_vec())).is_err() {
            return;
        }
    }
}

/// An editor with a document, and a service at the other end of a cable.
struct Desk {
    peer: Peer,
    /// The cable to the agents. The sign-in service is another server, as in reality.
    cable: Cable,
    editor: Editor,
    _front: TlsFront,
    _home: (TempDir, tempfile::NamedTempFile),
}

impl Desk {
    async fn new() -> Self {
        let (peer, company) = (Peer::start().await, Authority::new());
        let front = TlsFront::start(&company, &["127.0.0.1"], peer.address()).await;
        let (cable, sign_in) = (Cable::to(front.address).await, Cable::to(front.address).await);
        let (home, bundle) = (TempDir::new().unwrap(), company.bundle());
        let mut variables = peer.environment();
        for (name, value) in &mut variables {
            match *name {
                "STACKSPOT_IDM_URL" => *value = format!("https://{}", sign_in.address),
                _ if name.ends_with("_URL") => *value = format!("https://{}", cable.address),
                _ => {}
            }
        }
        let folder = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        variables.extend([
            ("XDG_STATE_HOME", folder("state")),
            ("XDG_CONFIG_HOME", folder("config")),
            ("STACKSPOT_CA_BUNDLE", bundle.path().to_str().unwrap().to_owned()),
        ]);
        let options = ServeOptions::for_environment(Environment::from_pairs(variables));
        let start = |input, output| async move { serve(input, output, options).await };
        let editor = Editor::start(profiles::vscode(), start).await;
        editor.open(URI, "python", SOURCE);
        Self { peer, cable, editor, _front: front, _home: (home, bundle) }
    }

    /// The user opens the menu and waits until the connection is ready.
    async fn look_at_the_menu(&self) {
        let head = self.peer.expect("/", Script::status(404));
        let range = self.editor.range_of(URI, "total");
        self.editor.code_actions(URI, &range).await;
        head.sent().await;
        tokio::time::sleep(3 * ROUND_TRIP).await;
    }

    /// Chooses *Explain*, and returns the time until its request is sent.
    async fn choose(&self) -> Duration {
        let chat = self.peer.expect_chat(Script::stream().text("So it is.").end());
        let range = self.editor.range_of(URI, "total");
        let params = json!({ "action": "explain", "textDocument": { "uri": URI, "version": 1 }, "range": range });
        let chosen = Instant::now();
        let request = self.editor.start_request("stackspot-lsp/run", params);
        chat.arrived().await;
        let time = self.cable.sent().saturating_duration_since(chosen);
        self.editor.response(request).await.unwrap();
        time
    }
}

fn tell(what: &str, round_trips: u32, mut times: Vec<Duration>) {
    times.sort_unstable();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    let own = |time: Duration| milliseconds(time.saturating_sub(ROUND_TRIP * round_trips));
    println!(
        "{what:<32} {:>8.2} ms, {round_trips} round trips of it; our own {:.2} ms, slowest of {ROUNDS}: {:.2} ms",
        milliseconds(median),
        own(median),
        own(worst)
    );
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    worker::parse_with(Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")));
    let (mut cold, mut warmed, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let desk = Desk::new().await;
        cold.push(desk.choose().await);
        desk.editor.finish().await;
        let desk = Desk::new().await;
        desk.look_at_the_menu().await;
        warmed.push(desk.choose().await);
        kept.push(desk.choose().await);
        desk.editor.finish().await;
    }
    // TCP, TLS and the reply for the token, then TCP and TLS for the question.
    tell("cold", 5, cold);
    tell("warmed by the menu", 0, warmed);
    tell("kept from the last answer", 0, kept);
}

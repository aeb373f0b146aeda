//! Proxies that connect every target to one address: HTTP with `CONNECT`, and SOCKS5.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use stackspot_lsp::testing::agents_api::{ProxyAddress, ProxySettings};
use stackspot_lsp::testing::i18n::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The settings of a connection through this proxy.
pub fn through(url: impl Into<String>) -> ProxySettings {
    let setting = Message::verbatim("HTTPS_PROXY");
    ProxySettings { proxy: Some(ProxyAddress { setting, url: url.into().into() }), no_proxy: String::new() }
}

/// The user and password that a proxy requires, in the form of its URL and of HTTP.
pub const CREDENTIALS: &str = "user:p4ssword";
const BASIC: &str = "Basic dXNlcjpwNHNzd29yZA==";

/// A proxy. Dropping it closes everything.
pub struct Proxy {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

#[derive(Clone, Copy)]
pub enum Kind {
    Http,
    Socks5,
}

impl Proxy {
    /// A proxy that requires [`CREDENTIALS`] and connects to `to` for every target.
    pub async fn start(kind: Kind, to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let targets = Arc::clone(&seen);
        let accepting = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let targets = Arc::clone(&targets);
                tokio::spawn(async move {
                    let target = match kind {
                        Kind::Http => connect(&mut socket).await,
                        Kind::Socks5 => socks5(&mut socket).await,
                    };
                    let Some(target) = target else { return };
                    targets.lock().unwrap().push(target);
                    let mut service = TcpStream::connect(to).await.unwrap();
                    tokio::io::copy_bidirectional(&mut socket, &mut service).await.ok();
                });
            }
        });
        Self { address, seen, accepting }
    }

    /// The requested targets, in order.
    pub fn targets(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connect(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    let is_allowed = head.lines().any(|line| {
        line.split_once(": ")
            .is_some_and(|(name, value)| name.eq_ignore_ascii_case("proxy-authorization") && value == BASIC)
    });
    if !is_allowed {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(refusal.as_bytes()).await.ok()?;
        return None;
    }
    socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
    Some(target)
}

/// RFC 1928, with the user name and password of RFC 1929.
async fn socks5(socket: &mut TcpStream) -> Option<String> {
    assert_eq!(socket.read_u8().await.ok()?, 5, "the version");
    let methods = text(socket).await?;
    if !methods.as_bytes().contains(&2) {
        socket.write_all(&[5, 0xff]).await.ok()?;
        return None;
    }
    socket.write_all(&[5, 2]).await.ok()?;
    assert_eq!(socket.read_u8().await.ok()?, 1, "the version of the sign-in");
    let credentials = format!("{}:{}", text(socket).await?, text(socket).await?);
    socket.write_all(&[1, u8::from(credentials != CREDENTIALS)]).await.ok()?;
    let mut request = [0; 4];
    socket.read_exact(&mut request).await.ok()?;
    assert_eq!(request, [5, 1, 0, 3], "to connect to a name, which the proxy resolves");
    let name = text(socket).await?;
    let port = socket.read_u16().await.ok()?;
    socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    Some(format!("{name}:{port}"))
}

/// Reads a length, then that number of bytes.
async fn text(socket: &mut TcpStream) -> Option<String> {
    let length = socket.read_u8().await.ok()?;
    let mut bytes = vec![0; usize::from(length)];
    socket.read_exact(&mut bytes).await.ok()?;
    String::from_utf8(bytes).ok()
}

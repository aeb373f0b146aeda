//! A TLS server with an untrusted certificate.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::tls::Authority;

/// The server signed its own certificate. It listens until the test ends. Returns the port.
pub async fn self_signed() -> u16 {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    listen(TlsAcceptor::from(Arc::new(config.unwrap()))).await
}

/// An unknown authority signed the certificate. The server listens until the test ends. Returns the port.
pub async fn unknown() -> u16 {
    listen(Authority::new().server(&["localhost"], &["http/1.1"])).await
}

async fn listen(acceptor: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the certificate closes the connection during the handshake.
            let _ = acceptor.accept(stream).await;
        }
    });
    port
}

//! TLS in front of a plain service. No system trusts its certificate authority.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A company that signs its own certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its root certificate, in PEM.
    pub pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its root certificate in a file, as `STACKSPOT_CA_BUNDLE` requires.
    pub fn bundle(&self) -> NamedTempFile {
        file(&self.pem)
    }

    /// The TLS acceptor for a server with these names.
    pub fn server(&self, names: &[&str], protocols: &[&str]) -> TlsAcceptor {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        self.acceptor(CertificateParams::new(names).unwrap(), protocols)
    }

    /// The same with any certificate.
    pub fn sign(&self, params: CertificateParams) -> TlsAcceptor {
        self.acceptor(params, &["http/1.1"])
    }

    fn acceptor(&self, params: CertificateParams, protocols: &[&str]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

pub fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Removes TLS and forwards to a plain service. Dropping it closes everything.
pub struct TlsFront {
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl TlsFront {
    pub async fn start(authority: &Authority, names: &[&str], behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = authority.server(names, &["http/1.1"]);
        let accepting = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust the certificate disconnects here.
                    let Ok(mut client) = acceptor.accept(socket).await else { return };
                    let mut service = TcpStream::connect(behind).await.unwrap();
                    tokio::io::copy_bidirectional(&mut client, &mut service).await.ok();
                });
            }
        });
        Self { address, accepting }
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

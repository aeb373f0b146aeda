//! Verifies the service: its certificate must come from a root of the system or one that the user added.

use std::error::Error;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

/// TLS with the system's roots and these. All systems use the same verifier. The verifiers of Windows and macOS do not
/// accept additional roots of the user, and give the same message for different reasons.
///
/// # Errors
/// The machine has no roots, and none were added.
pub(super) fn tls(
    added: Vec<CertificateDer<'static>>,
    http1_only: bool,
) -> Result<ClientConfig, Box<dyn Error + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(added);
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!("the system's roots: {error}");
    }
    roots.add_parsable_certificates(system.certs);
    // Windows installs a public root when its own verifier first needs it. Before that, others do not find it.
    #[cfg(windows)]
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new(roots, Arc::clone(&provider))?;
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    tls.alpn_protocols =
        if http1_only { vec![b"http/1.1".to_vec()] } else { vec![b"h2".to_vec(), b"http/1.1".to_vec()] };
    Ok(tls)
}

/// A self-signed certificate of a server. The usual verifier reports an unknown issuer.
#[derive(Debug, thiserror::Error)]
#[error("self-signed")]
pub(super) struct SelfSigned;

/// The usual verifier, but it distinguishes a self-signed certificate from one of an unknown issuer. It accepts no
/// certificate that the usual one rejects.
#[derive(Debug)]
struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(roots: RootCertStore, provider: Arc<CryptoProvider>) -> Result<Self, VerifierBuilderError> {
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()?;
        Ok(Self { usual, provider })
    }

    /// Whether a certificate would be valid, except for its names, if it were itself a root.
    fn is_self_signed(&self, certificate: &CertificateDer<'_>, server_name: &ServerName<'_>, now: UnixTime) -> bool {
        let mut itself = RootCertStore::empty();
        let Ok(()) = itself.add(certificate.clone().into_owned()) else { return false };
        let Ok(verifier) = Self::new(itself, Arc::clone(&self.provider)) else { return false };
        match verifier.usual.verify_server_cert(certificate, &[], server_name, &[], now) {
            Ok(_) => true,
            Err(rustls::Error::InvalidCertificate(error)) => {
                matches!(error, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
            }
            Err(_) => false,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))
                if self.is_self_signed(end_entity, server_name, now) =>
            {
                let self_signed = OtherError(Arc::new(SelfSigned));
                Err(rustls::Error::InvalidCertificate(CertificateError::Other(self_signed)))
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

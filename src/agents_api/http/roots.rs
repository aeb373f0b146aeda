//! Additional root certificates of the user.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::files;
use crate::i18n::{Message, message};

/// The largest bundle, in bytes.
const LARGEST: u64 = 64 << 20;

/// The usable certificates of a bundle, and the problems of the others.
pub(super) fn read_roots(path: &Path) -> (Vec<CertificateDer<'static>>, Option<Message>) {
    let shown = || path.display().to_string();
    let unusable = |problem: Message| message!("bundle-unusable", path = shown(), problem = problem);
    let bytes = match files::read_whole(path, LARGEST) {
        Ok(bytes) => bytes,
        Err(error) => return (Vec::new(), Some(unusable(Message::verbatim(error.to_string())))),
    };
    let blocks = blocks(&String::from_utf8_lossy(&bytes));
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        match certificate(&block.pem) {
            Ok(certificate) => good.push(certificate),
            Err(problem) => {
                bad.push(message!("bundle-bad", place = place + 1, line = block.line, problem = problem));
            }
        }
    }
    let warning = match (good.is_empty(), bad.is_empty()) {
        (true, true) => Some(unusable(message!("bundle-empty"))),
        (true, false) => Some(unusable(Message::joined(bad, "; "))),
        (false, true) => None,
        (false, false) => {
            let bad = Message::joined(bad, "; ");
            Some(message!("bundle-partly-used", path = shown(), bad = bad, good = good.len()))
        }
    };
    (good, warning)
}

struct Block {
    /// Its first line, counted from 1.
    line: usize,
    pem: String,
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a PEM text. A certificate without an end extends to the start of the next one.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (line, content) in text.lines().enumerate() {
        let content = content.trim();
        if content == BEGIN {
            inside = true;
            blocks.push(Block { line: line + 1, pem: String::new() });
        }
        if let Some(block) = blocks.last_mut().filter(|_| inside) {
            block.pem.push_str(content);
            block.pem.push('\n');
            inside = content != END;
        }
    }
    blocks
}

/// A certificate that TLS accepts as a root.
fn certificate(pem: &str) -> Result<CertificateDer<'static>, Message> {
    if !pem.trim_end().ends_with(END) {
        return Err(message!("bundle-no-end"));
    }
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => message!("bundle-no-content"),
        error => Message::verbatim(error.to_string()),
    })?;
    match RootCertStore::empty().add(certificate.clone()) {
        Ok(()) => Ok(certificate),
        Err(error) => Err(Message::verbatim(error.to_string())),
    }
}

//! The roots that the user adds to the system's.

use std::path::Path;

use reqwest::{Certificate, Client};

use super::trouble::root_cause;

/// The certificates of a bundle that can be used, and what is wrong with the others.
pub(super) fn read(path: &Path) -> (Vec<Certificate>, Option<String>) {
    let unusable = |problem: &str| {
        format!(
            "The CA bundle {} cannot be used ({problem}); going on with the system's roots alone. Check \
             STACKSPOT_CA_BUNDLE: it must be a file of PEM certificates.",
            path.display()
        )
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return (Vec::new(), Some(unusable(&error.to_string()))),
    };
    let blocks = blocks(&String::from_utf8_lossy(&bytes));
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        match certificate(&block.pem) {
            Ok(certificate) => good.push(certificate),
            Err(problem) => bad.push(format!("certificate {}, at line {} ({problem})", place + 1, block.line)),
        }
    }
    let warning = match (good.is_empty(), bad.is_empty()) {
        (true, true) => Some(unusable("it holds no certificate")),
        (true, false) => Some(unusable(&bad.join("; "))),
        (false, true) => None,
        (false, false) => Some(format!(
            "The CA bundle {} is used but for {}; the other {} are used. Check STACKSPOT_CA_BUNDLE.",
            path.display(),
            bad.join("; "),
            good.len()
        )),
    };
    (good, warning)
}

struct Block {
    /// The line it begins at, from 1.
    line: usize,
    pem: String,
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a PEM text; one that does not end goes up to where the next begins.
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

/// A certificate that TLS takes as a root.
fn certificate(pem: &str) -> Result<Certificate, String> {
    if !pem.trim_end().ends_with(END) {
        return Err("its end is missing".to_owned());
    }
    let mut certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| root_cause(&error))?;
    let certificate = certificates.pop().ok_or("it is empty")?;
    // Whether it is a certificate shows where a client is made with it, without the system's roots, which take longer.
    match Client::builder().no_proxy().tls_certs_only([certificate.clone()]).build() {
        Ok(_) => Ok(certificate),
        Err(error) => Err(root_cause(&error)),
    }
}

//! Files with a block whose entries are secrets: Kubernetes manifests, cloud-init's list of logins, logins inside a VPN
//! profile.

use super::SecretKind;
use super::matches::Matches;
use super::randomness::{is_base64, is_placeholder, is_typed_password, looks_random};
use super::tokens::base64;

/// A line without any of these, in upper or lower case, begins no such block.
pub(super) const SIGNS: &str =
    "kind: secret|data:|chpasswd:|<auth-user-pass>|dockerconfigjson|key-data:|tls.key:|kind: \"secret";

/// Keys of a Secret whose values are public.
const OPEN: &str = "user username host port database dbname ca.crt tls.crt namespace type url endpoint";

/// An entry that is a secret if the document is later found to be a Secret.
type PendingEntry = (usize, String, SecretKind);

/// The block that the scanner is reading.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    is_secret: bool,
    block: Option<(usize, Block)>,
    pending: Vec<PendingEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    /// Values in Base64.
    Data,
    StringData,
    /// `user:password`, one a line.
    Logins,
    /// The second line is the password.
    Vpn,
}

impl Manifests {
    /// Reads line number `number`. `has_sign` says whether it may begin a block. Returns the entries of earlier lines
    /// that this line shows to be secrets.
    pub(super) fn scan(
        &mut self,
        line: &str,
        number: usize,
        has_sign: bool,
        matches: &mut Matches,
    ) -> Vec<PendingEntry> {
        if !has_sign && self.block.is_none() {
            if (self.is_secret || !self.pending.is_empty()) && line.starts_with("---") {
                *self = Self::default();
            }
            return Vec::new();
        }
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if self.block.is_some_and(|(of, block)| ends(block, of, indent, text)) {
            self.block = None;
        }
        if let Some((_, block)) = self.block {
            self.entry(line, text, block, number, matches);
        }
        if !has_sign {
            return Vec::new();
        }
        let lowered = text.to_ascii_lowercase();
        match &*lowered {
            "data:" => self.block = Some((indent, Block::Data)),
            "stringdata:" => self.block = Some((indent, Block::StringData)),
            "chpasswd:" => self.block = Some((indent, Block::Logins)),
            "<auth-user-pass>" => self.block = Some((0, Block::Vpn)),
            "kind: secret" | "kind: \"secret\"" => {
                self.is_secret = true;
                return std::mem::take(&mut self.pending);
            }
            _ => key_data(line, matches),
        }
        Vec::new()
    }

    fn entry(&mut self, line: &str, text: &str, block: Block, number: usize, matches: &mut Matches) {
        let (name, value) = text.split_once(':').unwrap_or(("", text));
        let value = value.trim().trim_matches(['"', '\'']);
        let name = name.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
        let is_open = OPEN.split(' ').any(|open| open == name) || name.ends_with(".crt");
        let is_one = !is_open
            && match block {
                Block::Data => is_encoded(value),
                Block::StringData => is_typed_password(value) || looks_random(value, 12) && !is_placeholder(value),
                Block::Logins | Block::Vpn => is_typed_password(value),
            };
        let Some(start) = line.rfind(value).filter(|_| is_one && !value.is_empty()) else { return };
        let kind = SecretKind::Assigned(if name.is_empty() { "secret".to_owned() } else { name });
        if self.is_secret || matches!(block, Block::Logins | Block::Vpn) {
            matches.add(start..start + value.len(), kind);
        } else if self.pending.len() < 100 {
            self.pending.push((number, value.to_owned(), kind));
        }
    }
}

fn ends(block: Block, of: usize, indent: usize, text: &str) -> bool {
    match block {
        Block::Vpn => text.starts_with("</"),
        _ => !text.is_empty() && indent <= of && !text.starts_with('#'),
    }
}

/// Whether `value` is Base64 of data that is not a word.
fn is_encoded(value: &str) -> bool {
    if value.len() < 8 || !value.bytes().all(is_base64) {
        return false;
    }
    match base64(value.as_bytes()).map(String::from_utf8) {
        Some(Ok(text)) => {
            let text = text.trim();
            is_typed_password(text)
                || text.len() >= 20 && !is_placeholder(text) && looks_random(value.get(..64).unwrap_or(value), 20)
        }
        Some(Err(_)) => value.len() >= 16,
        None => false,
    }
}

/// A key or a list of logins under a name that only Kubernetes uses.
fn key_data(line: &str, matches: &mut Matches) {
    for name in ["dockerconfigjson:", ".dockercfg:", "client-key-data:", "tls.key:"] {
        let Some(at) = line.find(name) else { continue };
        let value = line.get(at + name.len()..).unwrap_or_default().trim().trim_matches(['"', '\'']);
        if value.len() >= 40 && value.bytes().all(is_base64) {
            let start = line.len() - line.trim_end().trim_end_matches(['"', '\'']).len();
            let start = (line.len() - start).saturating_sub(value.len());
            matches.add(start..start + value.len(), SecretKind::PrivateKey);
        }
    }
}

//! What authorization headers and command lines carry: `Bearer <token>` and `Basic <user:password>`.

use super::randomness::{is_placeholder, looks_random, run};
use super::secrets::Hits;
use super::tokens::base64;

/// No token is measured further, in bytes.
const LONGEST: usize = 512;

pub(super) fn scan(line: &str, hits: &mut Hits) {
    let bytes = line.as_bytes();
    for (scheme, what) in [("Bearer ", "a bearer token"), ("Basic ", "a login in Base64")] {
        for at in memchr::memmem::find_iter(bytes, scheme) {
            let start = at + scheme.len();
            let length = run(bytes, start, LONGEST, |byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte));
            let Some(value) = line.get(start..start + length) else { continue };
            let secret = match scheme {
                "Basic " => is_login(value),
                _ => looks_random(value, 20) && !is_placeholder(value),
            };
            if secret {
                hits.add(start..start + length, what);
            }
        }
    }
}

/// Whether `value` decodes to printable `user:password`.
fn is_login(value: &str) -> bool {
    let decoded = base64(value.as_bytes()).and_then(|decoded| String::from_utf8(decoded).ok());
    let Some((user, password)) = decoded.as_deref().and_then(|decoded| decoded.split_once(':')) else { return false };
    let printable = |text: &str| text.chars().all(|char| !char.is_control());
    value.len() >= 12 && printable(user) && printable(password) && password.len() > 3 && !is_placeholder(password)
}

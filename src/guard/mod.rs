//! What must not leave the machine unasked: files whose names say that they hold secrets, files that git or the user
//! ignores, and texts that hold what looks like a secret.
//!
//! [`examine`] puts the three together, for a file under every name that it has. The guard only describes; whether to ask, refuse or look away is the caller's.
//! No finding, reason, question or mark holds the secret itself, so each may be shown and logged.
//!
//! The scanners are written by hand rather than with regular expressions: each looks at a byte a bounded number of
//! times, needs nothing at start-up, and the rules against false alarms read as code.

mod ahead;
mod apart;
mod assignments;
mod calls;
mod columns;
mod commands;
mod findings;
mod headers;
mod ignored;
mod key_names;
mod kinds;
mod loose;
mod manifests;
mod names;
mod pem;
mod randomness;
mod rules;
mod secrets;
mod sentences;
mod tokens;
mod urls;
mod values;

pub use findings::{Consents, Excerpt, Material, about_file, assess, examine};
pub(crate) use findings::{Findings, Reason};
pub use ignored::{IgnoredBy, ignored};
pub(crate) use kinds::Kind;
pub use names::guarded_name;
pub(crate) use secrets::Finding;
pub use secrets::{MAX_FINDINGS, find_secrets};

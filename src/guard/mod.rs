//! Data that must not leave the machine without consent: files with the names of secrets, files that git or the user
//! ignores, and texts that contain something like a secret.
//!
//! [`examine`] combines the three checks, for every path of a file. The guard only describes; the caller decides.
//! Findings, reasons, questions and marks never contain the secret. Therefore they can be shown and logged.
//!
//! The scanners use hand-written code, not regular expressions. Each reads a byte a bounded number of times and
//! prepares nothing at start-up. The rules against false alarms are readable code.

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
mod matches;
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

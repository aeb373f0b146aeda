//! Data that must not leave the machine without consent: files with the names of secrets, files that git or the user
//! ignores, and texts that contain something like a secret.
//!
//! [`examine`] combines the three checks, for every path of a file. The guard only describes; the caller decides.
//! Findings, reasons, questions and marks never contain the secret. Therefore they can be shown and logged.
//!
//! The scanners use hand-written code, not regular expressions. Each reads a byte a bounded number of times and
//! prepares nothing at start-up. The rules against false alarms are readable code.

mod assignments;
mod calls;
mod columns;
mod commands;
mod findings;
mod headers;
mod ignored;
mod key_names;
mod kinds;
mod line_filter;
mod manifests;
mod matches;
mod names;
mod passwords;
mod pem;
mod randomness;
mod rules;
mod secrets;
mod sentences;
mod split_values;
mod tokens;
mod urls;
mod values;

pub use findings::{Consents, Excerpt, OutgoingText, about_file, assess, examine};
pub(crate) use findings::{Findings, Reason};
pub use ignored::{IgnoredBy, ignored};
pub(crate) use kinds::SecretKind;
pub use names::guarded_name;
pub(crate) use secrets::Finding;
pub use secrets::{MAX_FINDINGS, find_secrets};

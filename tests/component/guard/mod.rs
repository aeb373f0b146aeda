//! What the guard asks about, and what it leaves alone.
//!
//! Every token below is made at run time from halves, so that nothing that looks like a secret stands in the source.

mod corpus;
mod drawn;
mod drawn_secrets;
mod examined;
mod files;
mod findings;
mod laws;
mod ordinary;
mod secrets;

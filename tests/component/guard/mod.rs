//! What the guard asks about, and what it ignores.
//!
//! The tests join every token from halves at run time. Therefore nothing in the source looks like a secret.

mod corpus;
mod drawn;
mod drawn_secrets;
mod examined;
mod files;
mod findings;
mod laws;
mod ordinary;
mod secrets;

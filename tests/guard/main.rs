//! What the guard asks about, and what it leaves alone.
//!
//! Every token below is made at run time from halves, so that nothing that looks like a secret stands in the source.

mod files;
mod laws;
mod ordinary;
mod secrets;
mod suspicion;

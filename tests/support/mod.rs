//! What several test programs share.
// Each test program uses its own part of this.
#![allow(dead_code, unreachable_pub)]

pub mod peer;

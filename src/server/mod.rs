//! Everything that knows LSP on the wire.

pub mod transport;

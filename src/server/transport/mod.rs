//! Frames in, frames out: the loop that drives the LSP service.

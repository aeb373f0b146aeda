//! The life of one run: queue, stream, cancel, answer, outcome.

//! Texts that the worker could not cope with.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    ops::Range,
    time::Duration,
};

use ropey::Rope;

use crate::syntax::Syntax;

/// How many are remembered.
const KEPT: usize = 64;

/// What was tried in vain, by its digest, with the time that it was given.
#[derive(Default)]
pub(super) struct Refused {
    keys: RandomState,
    texts: VecDeque<(u64, Duration)>,
}

impl Refused {
    /// What stands for a text. With an edit that is checked in it, it is a text of its own.
    pub(super) fn digest(&self, syntax: Syntax, text: &Rope, edit: Option<(&Range<usize>, &str)>) -> u64 {
        let mut hasher = self.keys.build_hasher();
        syntax.hash(&mut hasher);
        edit.hash(&mut hasher);
        // The seams of a rope's chunks are not those of another with the same text.
        let mut rest = text.bytes();
        let mut buffer = [0; 1024];
        loop {
            let mut filled = 0;
            for (slot, byte) in buffer.iter_mut().zip(rest.by_ref()) {
                *slot = byte;
                filled += 1;
            }
            hasher.write(buffer.get(..filled).unwrap_or_default());
            if filled < buffer.len() {
                return hasher.finish();
            }
        }
    }

    /// Whether it failed before with as much time.
    pub(super) fn is_refused(&self, digest: u64, time: Duration) -> bool {
        self.texts.iter().any(|(known, tried)| *known == digest && time <= *tried)
    }

    pub(super) fn refuse(&mut self, digest: u64, time: Duration) {
        self.texts.retain(|(known, _)| *known != digest);
        self.texts.push_back((digest, time));
        let surplus = self.texts.len().saturating_sub(KEPT);
        self.texts.drain(..surplus);
    }
}

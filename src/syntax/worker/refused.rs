//! Texts that the worker could not cope with.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    ops::Range,
    time::Duration,
};

use ropey::Rope;

use crate::syntax::Syntax;

/// A text is read in pieces of so many bytes.
const PIECE_BYTES: usize = 1024;

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
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        for chunk in text.chunks() {
            let mut rest = chunk.as_bytes();
            while !rest.is_empty() {
                let room = PIECE_BYTES - piece.len();
                let (fits, behind) = rest.split_at_checked(room).unwrap_or((rest, &[]));
                piece.extend_from_slice(fits);
                rest = behind;
                if piece.len() == PIECE_BYTES {
                    hasher.write(&piece);
                    piece.clear();
                }
            }
        }
        hasher.write(&piece);
        hasher.finish()
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

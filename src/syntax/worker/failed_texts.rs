//! Texts that the worker could not parse.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::time::Duration;

use ropey::Rope;

use crate::syntax::Syntax;

const KEPT: usize = 64;

/// Failed texts by their digest, with the time limit of the attempt.
#[derive(Default)]
pub(super) struct FailedTexts {
    keys: RandomState,
    texts: VecDeque<(u64, Duration)>,
}

impl FailedTexts {
    /// The digest of a text. A text with an edit to check counts as another text.
    pub(super) fn digest(&self, syntax: Syntax, text: &Rope, edit: Option<(&Range<usize>, &str)>) -> u64 {
        self.keys.hash_one((syntax, text, edit))
    }

    /// Whether the text failed before with at least this time limit.
    pub(super) fn has_failed(&self, digest: u64, time: Duration) -> bool {
        self.texts.iter().any(|(known, tried)| *known == digest && time <= *tried)
    }

    pub(super) fn add(&mut self, digest: u64, time: Duration) {
        self.texts.retain(|(known, _)| *known != digest);
        self.texts.push_back((digest, time));
        let surplus = self.texts.len().saturating_sub(KEPT);
        self.texts.drain(..surplus);
    }
}

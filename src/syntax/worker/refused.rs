//! Texts that the worker could not cope with.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::time::Duration;

use ropey::Rope;

use crate::syntax::Syntax;

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
        self.keys.hash_one((syntax, text, edit))
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

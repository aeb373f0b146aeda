//! What the next question carries by the user's hand. A question that goes out takes it along; one that came to nothing gives it
//! back.

use std::sync::{Mutex, PoisonError};

use crate::job::{Added, Addition, Failed};

/// The parts, in the order in which they were added.
#[derive(Default)]
pub(crate) struct AddedShelf(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    latest: u64,
    parts: Vec<Added>,
}

impl AddedShelf {
    fn with<T>(&self, step: impl FnOnce(&mut Shelf) -> T) -> T {
        step(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Added> {
        self.with(|shelf| shelf.parts.clone())
    }

    /// Puts one behind the others, and tells its number; what is there already is not there twice.
    pub(crate) fn add(&self, what: Addition) -> u64 {
        self.with(|shelf| {
            shelf.parts.retain(|it| it.what != what);
            shelf.latest += 1;
            shelf.parts.push(Added { id: shelf.latest, what });
            shelf.latest
        })
    }

    /// Takes one off; whether it was there.
    pub(crate) fn remove(&self, id: u64) -> bool {
        self.with(|shelf| {
            let before = shelf.parts.len();
            shelf.parts.retain(|it| it.id != id);
            shelf.parts.len() < before
        })
    }

    /// A question goes out that carries these.
    pub(crate) fn spend(&self, carried: &[Added]) {
        self.with(|shelf| shelf.parts.retain(|it| !carried.iter().any(|other| other.id == it.id)));
    }

    /// A question goes out that carries all of them.
    pub(crate) fn spend_all(&self) -> Vec<Added> {
        self.with(|shelf| std::mem::take(&mut shelf.parts))
    }

    /// The question that carried these failed. Where no word of an answer came, they are for the next one.
    pub(crate) fn give_back(&self, carried: &[Added], failed: &Failed) {
        if failed.partial.as_ref().is_some_and(|partial| !partial.text.is_empty()) {
            return;
        }
        self.with(|shelf| {
            let missing = carried.iter().filter(|it| !shelf.parts.iter().any(|other| other.what == it.what));
            let mut parts: Vec<Added> = missing.cloned().collect();
            parts.append(&mut shelf.parts);
            shelf.parts = parts;
        });
    }
}

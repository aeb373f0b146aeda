//! How often a virtual document is said to have changed. The client fetches the whole text each time, so the pace decides
//! what an answer costs.

use std::time::Duration;

use crate::server::client::growing_document;

/// The shortest time between two refreshes.
pub(crate) const INTERVAL: Duration = growing_document::INTERVAL;

/// Up to so many bytes, a text may be refreshed whatever is new in it.
const SMALL_BYTES: usize = 64 << 10;

/// Beyond them, it has to have grown by this part of what was last sent.
const GROWTH_PART: usize = 4;

/// All that is fetched while an answer comes in: this many bytes, and so many times its length so far.
const ALLOWANCE_BYTES: usize = 1_792 << 10;
const ALLOWANCE_TIMES: usize = 2;

/// What a document has cost so far, in bytes of text.
#[derive(Debug, Default)]
pub(crate) struct RefreshBudget {
    fetched: usize,
    last: usize,
}

impl RefreshBudget {
    /// The client fetched this much.
    pub(crate) fn fetched(&mut self, bytes: usize) {
        self.fetched += bytes;
        self.last = bytes;
    }

    /// Whether a text that is so long by now may be fetched once more.
    pub(crate) fn allows(&self, bytes: usize) -> bool {
        let grew_enough = bytes <= SMALL_BYTES || bytes >= self.last + self.last / GROWTH_PART;
        bytes > self.last && grew_enough && self.fetched + bytes <= ALLOWANCE_BYTES + ALLOWANCE_TIMES * bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is fetched of a text that grows by `step` bytes a quarter of a second, the whole of it at the end.
    fn cost(length: usize, step: usize) -> (usize, usize) {
        let (mut cost, mut refreshes) = (RefreshBudget::default(), 0);
        for bytes in (0..length).step_by(step) {
            if cost.allows(bytes) {
                cost.fetched(bytes);
                refreshes += 1;
            }
        }
        (cost.fetched + length, refreshes)
    }

    #[test]
    fn the_cost_of_a_large_answer_is_linear_however_slowly_it_comes() {
        for step in [1, 100, 1_000, 100_000] {
            for megabytes in [1, 4] {
                let length = megabytes << 20;
                let (bytes, _) = cost(length, step);
                assert!(bytes <= 19 * length / 4, "{bytes} bytes for {length} in steps of {step}");
            }
        }
    }

    #[test]
    fn an_answer_of_usual_length_is_never_held_back() {
        let (_, refreshes) = cost(16 << 10, 100);
        assert_eq!(refreshes, (16 << 10) / 100, "each step is shown but the empty one");
    }
}

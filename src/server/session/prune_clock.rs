//! When old files of the state directory were looked for last.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How often a session looks.
const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// When a session last looked.
#[derive(Default)]
pub(crate) struct PruneClock(Mutex<Option<SystemTime>>);

impl PruneClock {
    pub(crate) fn is_due(&self, now: SystemTime) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.duration_since(last).unwrap_or_default() >= INTERVAL);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn a_session_looks_once_a_day() {
        let (clock, now) = (PruneClock::default(), SystemTime::now());
        assert!(clock.is_due(now) && !clock.is_due(now + DAY / 2) && clock.is_due(now + DAY));
    }
}

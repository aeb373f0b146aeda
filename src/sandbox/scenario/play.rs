//! A running scenario: chooses the rule for a request, and counts the requests.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::{RateLimit, Rule, Scenario, TokenRule, UploadRule, UploadStep};
use crate::tasks::lock;

const MINUTE: Duration = Duration::from_secs(60);

/// A scenario and its counters.
#[derive(Debug)]
pub(in crate::sandbox) struct Play {
    pub(in crate::sandbox) scenario: Arc<Scenario>,
    rules: Box<[AtomicU64]>,
    tokens: Box<[AtomicU64]>,
    uploads: Box<[AtomicU64]>,
    /// The times of the chats in the last minute.
    recent: Mutex<VecDeque<Instant>>,
}

impl Play {
    pub(in crate::sandbox) fn new(scenario: Arc<Scenario>) -> Self {
        let counts = |rules: usize| std::iter::repeat_with(AtomicU64::default).take(rules).collect();
        let (rules, tokens) = (counts(scenario.rules.len()), counts(scenario.tokens.len()));
        let uploads = counts(scenario.uploads.len());
        Self { scenario, rules, tokens, uploads, recent: Mutex::default() }
    }

    /// The rule for a chat. `agent` is its id. `action` is the value of the prompt's `Action:` line.
    pub(in crate::sandbox) fn rule(&self, agent: &str, action: &str, prompt: &str) -> Option<&Rule> {
        let listed = self.scenario.agents.iter().find(|listed| listed.id == agent);
        let is_agent = |wanted: &String| {
            let also = listed.is_some_and(|it| it.name == *wanted || it.slug.as_deref() == Some(wanted));
            wanted == agent || also
        };
        let rules = self.scenario.rules.iter().map(toml::Spanned::get_ref);
        first(rules, &self.rules, |rule| {
            let fits = (rule.agent.is_empty() || rule.agent.iter().any(is_agent))
                && (rule.action.is_empty() || rule.action.iter().any(|it| it.eq_ignore_ascii_case(action)))
                && rule.contains.iter().all(|text| prompt.contains(text.as_str()));
            fits.then_some(&rule.nth)
        })
    }

    pub(in crate::sandbox) fn token(&self, realm: &str, client_id: &str) -> Option<&TokenRule> {
        let is = |wanted: &[String], found: &str| wanted.is_empty() || wanted.iter().any(|it| it == found);
        first(self.scenario.tokens.iter(), &self.tokens, |rule| {
            (is(&rule.realm, realm) && is(&rule.client_id, client_id)).then_some(&rule.nth)
        })
    }

    pub(in crate::sandbox) fn upload(&self, step: UploadStep, file_name: &str) -> Option<&UploadRule> {
        first(self.scenario.uploads.iter(), &self.uploads, |rule| {
            let fits = rule.step == step && rule.contains.iter().all(|text| file_name.contains(text.as_str()));
            fits.then_some(&rule.nth)
        })
    }

    /// Accepts a chat. Otherwise returns the limit, and the time to wait if the reply must contain it.
    pub(in crate::sandbox) fn let_through(&self) -> Result<(), (usize, Option<Duration>)> {
        let Some(RateLimit { requests_per_minute, retry_after }) = self.scenario.rate_limit else { return Ok(()) };
        let now = Instant::now();
        let mut recent = lock(&self.recent);
        while recent.front().is_some_and(|then| now.duration_since(*then) >= MINUTE) {
            recent.pop_front();
        }
        match recent.front() {
            Some(oldest) if recent.len() >= requests_per_minute.get() => {
                let wait = MINUTE.saturating_sub(now.duration_since(*oldest));
                Err((requests_per_minute.get(), retry_after.then_some(wait)))
            }
            _ => {
                recent.push_back(now);
                Ok(())
            }
        }
    }
}

/// The first matching rule whose turn it is. For a match, `fits` returns the rule's `nth`. Each match is counted.
fn first<'a, R>(
    rules: impl Iterator<Item = &'a R>,
    counts: &[AtomicU64],
    fits: impl Fn(&'a R) -> Option<&'a Vec<NonZeroU64>>,
) -> Option<&'a R> {
    rules.zip(counts).find_map(|(rule, count)| {
        let nth = fits(rule)?;
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        (nth.is_empty() || nth.iter().any(|it| it.get() == number)).then_some(rule)
    })
}

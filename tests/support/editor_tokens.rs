//! Tokens for progress and partial results, and the values for each.

use serde_json::Value;

use super::editor_state::State;
use super::protocol::{self, Verdict};

/// A token and its values.
pub struct Token {
    pub value: Value,
    /// The editor's request that contains the token. `None` if the server created the token.
    pub request: Option<i64>,
    pub is_partial: bool,
    pub events: Vec<Value>,
}

/// The values of one token: its `begin`, `report` and `end`.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    pub token: Value,
    pub events: Vec<Value>,
}

impl Progress {
    pub fn title(&self) -> &str {
        self.events[0]["title"].as_str().unwrap()
    }

    /// The message of the `end`, if it has arrived. It is empty if the end has no message.
    pub fn end(&self) -> Option<&str> {
        let last = self.events.last().filter(|event| event["kind"] == "end")?;
        Some(last["message"].as_str().unwrap_or_default())
    }
}

impl State {
    /// Registers the tokens in a request of the editor.
    pub(super) fn bring_tokens(&mut self, id: i64, params: &Value) {
        // A command's tokens are valid after its response, because the response comes at once.
        for (holder, request) in [(Some(params), Some(id)), (params.pointer("/arguments/0"), None)] {
            for (member, is_partial) in [("workDoneToken", false), ("partialResultToken", true)] {
                if let Some(token) = holder.and_then(|holder| holder.get(member)) {
                    self.tokens.push(Token { value: token.clone(), request, is_partial, events: Vec::new() });
                }
            }
        }
    }

    pub(super) fn progressed(&mut self, token: &Value, value: &Value) -> Verdict {
        let token = self.tokens.iter_mut().rev().find(|known| known.value == *token);
        let token = token.ok_or("progress for a token that nobody made known")?;
        if token.request.is_some_and(|request| self.own[&request].response.is_some()) {
            return Err("progress after the response to the request that brought the token".into());
        }
        let begun = token.events.last().is_some_and(|last| last["kind"] != "end");
        let verdict = if token.is_partial { Ok(()) } else { protocol::work_done(value, begun) };
        if verdict.is_ok() && !begun && !token.events.is_empty() && !token.is_partial {
            return Err("a token begins once".into());
        }
        token.events.push(value.clone());
        verdict
    }

    pub fn progress(&self) -> Vec<Progress> {
        let begun = self.tokens.iter().filter(|token| !token.is_partial && !token.events.is_empty());
        begun.map(|token| Progress { token: token.value.clone(), events: token.events.clone() }).collect()
    }

    pub(super) fn ended_progresses(&self) -> usize {
        let has_ended = |token: &&Token| token.events.last().is_some_and(|last| last["kind"] == "end");
        self.tokens.iter().filter(|token| !token.is_partial).filter(has_ended).count()
    }

    pub fn partial_results(&self, token: &Value) -> Vec<Value> {
        let tokens = self.tokens.iter().filter(|known| known.is_partial && known.value == *token);
        tokens.flat_map(|token| token.events.clone()).collect()
    }
}

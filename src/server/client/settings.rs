//! The client's settings, followed live.
//!
//! `initializationOptions` come first. If the client offers `workspace/configuration`, its answer overrides them. An
//! answer of `null` changes nothing: Helix and Neovim send it if they have no settings. If the client does not offer
//! it, the settings of `workspace/didChangeConfiguration` override them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::requests::{CLIENT_TIMEOUT, register};
use crate::config::holds_a_setting;
use crate::server::session::Session;

/// Registers for changes if the client offers that, and asks for the settings.
pub(crate) async fn follow(session: Arc<Session>) {
    if session.profile.registers_configuration_changes {
        let (id, method) = ("stackspot-lsp/configuration", "workspace/didChangeConfiguration");
        // A client that refuses sends no changes. Its last settings stay in force.
        drop(register(&session, id, method, json!({ "section": SECTION })));
    }
    pull(&session, Value::Null).await;
}

const SECTION: &str = "stackspot-lsp";

/// The settings changed, perhaps to what the client `pushed`. If the client can be asked for them, the server asks.
pub(crate) async fn pull(session: &Session, pushed: Value) {
    let mut settings = session.profile.initialization_options.clone();
    // eglot pushes the sections of all servers, even if none is for this server. A client that can be asked may do so.
    // If a client cannot be asked, an unknown key is a typing error.
    if !session.profile.configuration || holds_a_setting(&pushed) {
        overlay(&mut settings, pushed);
    }
    if session.profile.configuration {
        let params = json!({ "items": [{ "section": SECTION }] });
        match session.outbox.request("workspace/configuration", params, CLIENT_TIMEOUT).await {
            Ok(Value::Array(answers)) => overlay(&mut settings, answers.into_iter().next().unwrap_or(Value::Null)),
            Ok(other) => tracing::warn!(answer = %other, "workspace/configuration was not answered with a list"),
            Err(error) => tracing::warn!(%error, "workspace/configuration was not answered"),
        }
    }
    let problems = session.take_settings(&settings);
    session.publish(session.new_settings_problems(problems));
}

/// Puts `over` on top of `settings`, key by key. `null` keeps the old value.
fn overlay(settings: &mut Value, over: Value) {
    let over = bare(over);
    if over.is_null() {
        return;
    }
    let under = bare(settings.take());
    *settings = merged(under, over);
}

fn merged(under: Value, over: Value) -> Value {
    match (under, over) {
        (Value::Object(mut under), Value::Object(over)) => {
            for (key, value) in over {
                let below = under.remove(&key).unwrap_or(Value::Null);
                under.insert(key, if value.is_null() { below } else { merged(below, value) });
            }
            Value::Object(under)
        }
        (_, over) => over,
    }
}

/// Settings may arrive under their section's name.
fn bare(mut settings: Value) -> Value {
    match settings.get_mut(SECTION) {
        Some(inner) => inner.take(),
        None => settings,
    }
}

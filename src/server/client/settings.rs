//! The client's settings, followed live.
//!
//! `initializationOptions` come first. Where the client offers `workspace/configuration` its answer goes over them, except
//! `null`, which is what Helix and Neovim answer when they have nothing to say. Where it does not, the settings that
//! `workspace/didChangeConfiguration` pushes do.

use std::sync::Arc;

use serde_json::{Value, json};

use super::requests::{CLIENT_TIMEOUT, register};
use crate::config::holds_a_setting;
use crate::server::session::Session;

/// Registers for changes where the client offers it, and asks for the settings.
pub(crate) async fn follow(session: Arc<Session>) {
    if session.profile.registers_configuration_changes {
        let (id, method) = ("stackspot-lsp/configuration", "workspace/didChangeConfiguration");
        // A client that refuses sends no changes; the settings it has given stay in force.
        drop(register(&session, id, method, json!({ "section": SECTION })));
    }
    pull(&session, Value::Null).await;
}

const SECTION: &str = "stackspot-lsp";

/// The settings changed, perhaps to what the client `pushed`: it is asked for them, where it can be.
pub(crate) async fn pull(session: &Session, pushed: Value) {
    let mut settings = session.profile.initialization_options.clone();
    // eglot pushes the sections of all servers, also where none of them is this one's. A client that can be asked for the
    // section may do so; of one that cannot, a key that nobody knows is a slip of the keyboard.
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

/// Puts `over` on top of `settings`, key by key; `null` leaves what is there.
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

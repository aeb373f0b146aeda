//! The client's settings, followed live.
//!
//! `initializationOptions` come first. If the client offers `workspace/configuration`, its answer overrides them. An
//! answer of `null` changes nothing: Helix and Neovim send it if they have no settings. If the client does not offer
//! it, the settings of `workspace/didChangeConfiguration` override them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::requests::{CLIENT_TIMEOUT, register};
use crate::config::holds_a_setting;
use crate::server::session::{Feedback, Session};

/// Registers for changes if the client offers that, and asks for the settings.
pub(crate) async fn follow(session: Arc<Session>) -> Feedback {
    if session.profile.registers_configuration_changes {
        let (id, method) = ("stackspot-lsp/configuration", "workspace/didChangeConfiguration");
        // A client that refuses sends no changes. Its last settings stay in force.
        drop(register(&session, id, method, json!({ "section": SECTION })));
    }
    pull(&session, Value::Null).await
}

const SECTION: &str = "stackspot-lsp";

/// The settings changed, perhaps to what the client `pushed`. If the client can be asked for them, the server asks.
pub(crate) async fn pull(session: &Session, pushed: Value) -> Feedback {
    let mut sent = vec![session.profile.initialization_options.clone()];
    // eglot pushes the sections of all servers, even if none is for this server. A client that can be asked may do so.
    // If a client cannot be asked, an unknown key is a typing error.
    if !session.profile.configuration || holds_a_setting(&pushed) {
        sent.push(pushed);
    }
    if session.profile.configuration {
        let params = json!({ "items": [{ "section": SECTION }] });
        match session.outbox.request("workspace/configuration", params, CLIENT_TIMEOUT).await {
            Ok(Value::Array(answers)) => sent.extend(answers.into_iter().next()),
            Ok(other) => tracing::warn!(answer = %other, "workspace/configuration was not answered with a list"),
            Err(error) => tracing::warn!(%error, "workspace/configuration was not answered"),
        }
    }
    let problems = session.take_settings(&sent);
    session.take_new_settings_problems(problems)
}

//! The entries of a menu of code actions, and their form for the client.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};

use super::command::Command;
use super::params::VersionedDocument;
use super::profile::{ClientProfile, MenuOrder};
use crate::actions::QUICK_FIX;
use crate::documents::Range;

/// An entry of the menu.
pub(crate) struct Item {
    pub(crate) title: String,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) command: Command,
    pub(crate) argument: Argument,
    /// The problems of the action, as the client sent them.
    pub(crate) problems: Vec<Value>,
    /// A language model takes part in it.
    pub(crate) by_agent: bool,
    /// `isPreferred`: never for an entry that asks an agent.
    pub(crate) preferred: bool,
    /// It decides about a running job or a waiting edit.
    pub(crate) decides: bool,
}

/// The argument of an entry's command.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Argument {
    Run(RunArgument),
    Other(Value),
}

/// The argument of `stackspot-lsp.run`. A menu may have hundreds: a [`Value`] needs many allocations.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunArgument {
    pub(crate) action: Cow<'static, str>,
    pub(crate) text_document: VersionedDocument,
    /// As the client sent it.
    pub(crate) range: Range,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instruction: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) diagnostics: Vec<Value>,
    /// Only the changes since this revision of git.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changed_since: Option<&'static str>,
    /// One job for each of the diagnostics.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) each: bool,
    /// The job whose fix did not help, and its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tried_job_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conversation_id: Option<String>,
}

impl RunArgument {
    /// Only an action and a place.
    pub(crate) fn new(action: Cow<'static, str>, uri: &str, version: i32, range: Range) -> Self {
        let text_document = VersionedDocument { uri: uri.to_owned(), version: Some(version) };
        Self { action, text_document, range, ..Self::default() }
    }
}

impl Item {
    /// An entry that asks an agent, has no problem, and is not preferred.
    pub(crate) fn new(title: String, kind: Cow<'static, str>, command: Command, argument: Argument) -> Self {
        let (problems, by_agent, preferred, decides) = (Vec::new(), true, false, false);
        Self { title, kind, command, argument, problems, by_agent, preferred, decides }
    }

    /// An entry of one of the server's own [kinds](kind).
    pub(crate) fn about_jobs(title: String, kind: &'static str, command: Command, argument: Value) -> Self {
        let by_agent = matches!(command, Command::Apply | Command::Retry | Command::ShowPrompt);
        let decides = kind::DECISIONS.contains(&kind);
        Self { by_agent, decides, ..Self::new(title, kind.into(), command, Argument::Other(argument)) }
    }
}

/// The server's own kinds of entries that are not about an action.
pub(crate) mod kind {
    pub(crate) const APPLY: &str = "stackspot-lsp.apply";
    pub(crate) const ASK: &str = "stackspot-lsp.ask";
    pub(crate) const CANCEL: &str = "stackspot-lsp.cancel";
    pub(crate) const CONTEXT: &str = "stackspot-lsp.context";
    pub(crate) const DISCARD: &str = "stackspot-lsp.discard";
    pub(crate) const INSERT: &str = "stackspot-lsp.insert";
    pub(crate) const PREVIEW_EDIT: &str = "stackspot-lsp.preview-edit";
    pub(crate) const RETRY: &str = "stackspot-lsp.retry";
    pub(crate) const SEND: &str = "stackspot-lsp.send";
    pub(crate) const SHOW_PROMPT: &str = "stackspot-lsp.show-prompt";

    /// They decide about a running job or a waiting edit.
    pub(super) const DECISIONS: [&str; 4] = [CANCEL, APPLY, PREVIEW_EDIT, DISCARD];
}

/// `CodeLens` of LSP.
pub(crate) fn lens(range: Range, title: String, command: Command, argument: &Value) -> Value {
    json!({ "range": range, "command": { "title": title, "command": command.id(), "arguments": [argument] } })
}

/// Entries that decide about a running job or a waiting edit come first in a whole menu, in every client. If a client
/// asks for certain kinds, the entries keep their own kind. Therefore a key that runs the only quick fix, or all of
/// them, decides nothing.
pub(crate) fn decisions_first(items: &mut [Item], profile: &ClientProfile, problems: &[Value]) {
    let order = profile.menu_order;
    for (place, item) in items.iter_mut().filter(|item| item.decides).enumerate() {
        item.preferred = place == 0 && profile.preferred_code_actions && order != MenuOrder::AsGiven;
        if order == MenuOrder::ByKind {
            item.kind = QUICK_FIX.into();
            item.problems = problems.to_vec();
        }
    }
}

/// The menu in the form of this client: literals, or bare commands. Errors: an internal one, if it cannot become JSON.
pub(crate) fn to_json(items: &[Item], profile: &ClientProfile) -> Result<String> {
    let entries: Vec<_> = items.iter().map(|item| Entry::of(item, profile)).collect();
    serde_json::to_string(&entries).map_err(|error| {
        tracing::error!(%error, "a menu could not be written as JSON");
        Error::internal_error()
    })
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Entry<'a> {
    Command(BareCommand<'a>),
    /// `CodeAction` of LSP.
    Literal {
        title: &'a str,
        kind: &'a str,
        command: BareCommand<'a>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        diagnostics: &'a [Value],
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_preferred: bool,
        /// `CodeActionTag`s.
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        tags: &'static [u8],
    },
}

/// `Command` of LSP.
#[derive(Serialize)]
struct BareCommand<'a> {
    title: &'a str,
    command: &'static str,
    arguments: [&'a Argument; 1],
}

/// `CodeActionTag.LLMGenerated` of LSP.
const BY_LANGUAGE_MODEL: &[u8] = &[1];

impl<'a> Entry<'a> {
    fn of(item: &'a Item, profile: &ClientProfile) -> Self {
        let command = BareCommand { title: &item.title, command: item.command.id(), arguments: [&item.argument] };
        if !profile.code_action_literals {
            return Self::Command(command);
        }
        let tags = if profile.code_action_tags && item.by_agent { BY_LANGUAGE_MODEL } else { &[] };
        let (diagnostics, is_preferred) = (&*item.problems, item.preferred);
        Self::Literal { title: &item.title, kind: &item.kind, command, diagnostics, is_preferred, tags }
    }
}

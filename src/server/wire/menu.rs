//! The entries of a menu of code actions, and their form for the client.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};

use super::capabilities::KIND_PREFIX;
use super::command::Command;
use super::params::VersionedDocument;
use super::profile::{ClientProfile, MenuOrder};
use crate::documents::Range;

/// The id of the fix action.
pub(crate) const FIX: &str = "fix";

/// `CodeActionKind.QuickFix` of LSP.
pub(crate) const QUICK_FIX: &str = "quickfix";

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
}

/// The argument of an entry's command.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Argument {
    Run(RunArgument),
    Other(Value),
}

/// The argument of `stackspot-lsp.run`. A menu may have hundreds: a [`Value`] needs many allocations.
#[derive(Clone, Serialize)]
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
}

impl RunArgument {
    /// Only an action and a place.
    pub(crate) fn new(action: Cow<'static, str>, uri: &str, version: i32, range: Range) -> Self {
        let text_document = VersionedDocument { uri: uri.to_owned(), version: Some(version) };
        let (instruction, diagnostics, changed_since) = (None, Vec::new(), None);
        Self { action, text_document, range, instruction, diagnostics, changed_since, each: false }
    }
}

impl Item {
    /// An entry that asks an agent, has no problem, and is not preferred.
    pub(crate) fn new(title: String, kind: Cow<'static, str>, command: Command, argument: Argument) -> Self {
        Self { title, kind, command, argument, problems: Vec::new(), by_agent: true, preferred: false }
    }

    /// An entry about a running job or a waiting edit, of the server's own kind `name`.
    pub(crate) fn about_jobs(title: String, name: &str, command: Command, argument: Value) -> Self {
        let by_agent = matches!(command, Command::Apply | Command::Retry | Command::ShowPrompt);
        let kind = format!("{KIND_PREFIX}.{name}").into();
        Self { by_agent, ..Self::new(title, kind, command, Argument::Other(argument)) }
    }

    /// Whether the entry decides about a running job or a waiting edit.
    fn is_decision(&self) -> bool {
        let name = self.kind.strip_prefix(KIND_PREFIX).and_then(|rest| rest.strip_prefix('.'));
        name.is_some_and(|name| DECISIONS.contains(&name))
    }
}

/// `CodeLens` of LSP.
pub(crate) fn lens(range: Range, title: String, command: Command, argument: &Value) -> Value {
    json!({ "range": range, "command": { "title": title, "command": command.id(), "arguments": [argument] } })
}

/// The names of the kinds that decide about a running job or a waiting edit.
const DECISIONS: [&str; 4] = ["cancel", "apply", "preview-edit", "discard"];

/// Entries that decide about a running job or a waiting edit come first in a whole menu, in every client. If a client
/// asks for certain kinds, the entries keep their own kind. Therefore a key that runs the only quick fix, or all of
/// them, decides nothing.
pub(crate) fn decisions_first(items: &mut [Item], profile: &ClientProfile, problems: &[Value]) {
    let order = profile.menu_order;
    for (place, item) in items.iter_mut().filter(|item| item.is_decision()).enumerate() {
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

//! The settings table: one row a key, with what may stand there. Checking, suggestions and the JSON Schema all read it,
//! and a test holds it against the fields and defaults of `Settings`.

use super::table::Kind::{Bool, Object, OneOf, Text, Texts, Whole};

/// What may stand at a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `true` or `false`.
    Bool,
    /// Any text; an empty one is unset.
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of texts; blank ones count as none.
    Texts,
    /// A whole number of `unit`, from `min` to `max`.
    Whole { unit: &'static str, min: u64, max: u64 },
    /// An object whose content belongs to someone else.
    Object,
}

/// One setting.
#[derive(Debug)]
pub(super) struct Row {
    /// The dotted key, where `*` stands for any name.
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// One sentence for the schema.
    pub(super) about: &'static str,
}

const fn row(key: &'static str, kind: Kind, about: &'static str) -> Row {
    Row { key, kind, about }
}

const fn whole(unit: &'static str, min: u64, max: u64) -> Kind {
    Whole { unit, min, max }
}

/// A day, in milliseconds: beyond it a timeout is a slip of the keyboard.
const DAY_MS: u64 = 86_400_000;

/// Every setting, in the order of the documentation.
pub(super) const ROWS: &[Row] = &[
    row("agent", Text, "Default agent: an id, or a name from `agents`; over STACKSPOT_AGENT_ID."),
    row("agents.*.id", Text, "The agent's id."),
    row("agents.*.versionNumber", whole("", 0, u64::MAX), "The version of the agent to ask; else the published one."),
    row("agents.*.knowledge", Bool, "Knowledge sources for this agent: on, off, or what differs from `knowledge`."),
    row("agents.*.knowledge.enabled", Bool, "Over `knowledge.enabled`."),
    row("agents.*.knowledge.returnSources", Bool, "Over `knowledge.returnSources`."),
    row("agents.*.knowledge.deepSearch", Bool, "Over `knowledge.deepSearch`."),
    row(
        "agents.*.knowledgeSources",
        Texts,
        "Ids of further knowledge sources for this agent, instead of those of `knowledge.sources`.",
    ),
    row("agents.*.extraBody", Object, "Merged into the chat body for this agent, over `extraBody`."),
    row("actions.*.enabled", Bool, "false takes the action out of every menu."),
    row("actions.*.agent", Text, "The agent this action asks: an id, or a name from `agents`."),
    row("actions.*.prompt", Text, "The prompt, instead of the built-in one."),
    row("actions.*.title", Text, "The title in menus."),
    row(
        "actions.*.knowledge",
        Bool,
        "Knowledge sources for this action, over those of its agent: on, off, or what differs.",
    ),
    row("actions.*.knowledge.enabled", Bool, "Over `knowledge.enabled` and the agent's."),
    row("actions.*.knowledge.returnSources", Bool, "Over `knowledge.returnSources` and the agent's."),
    row("actions.*.knowledge.deepSearch", Bool, "Over `knowledge.deepSearch` and the agent's."),
    row(
        "actions.*.knowledgeSources",
        Texts,
        "Ids of further knowledge sources for this action, instead of those of its agent.",
    ),
    row(
        "language",
        OneOf(&["auto", "en", "pt-BR"]),
        "Language of titles, messages and answers; auto follows the client's locale, else LANG, else en.",
    ),
    row("streaming", Bool, "false uses the plain REST reply."),
    row("knowledge.enabled", Bool, "Let agents use their knowledge sources (stackspot_knowledge)."),
    row("knowledge.returnSources", Bool, "Ask for the sources that were used (return_ks_in_response)."),
    row("knowledge.deepSearch", Bool, "Search knowledge sources deeply (deep_search_ks)."),
    row(
        "knowledge.sources",
        Texts,
        "Ids of knowledge sources to search beside the agent's own (knowledge_source_ids).",
    ),
    row(
        "connection.warm",
        Bool,
        "When you open a menu, fetch the token and make the connection; nothing of your text goes out.",
    ),
    row("conversation.enabled", Bool, "Follow-ups continue the conversation (use_conversation)."),
    row(
        "edit.apply",
        OneOf(&["auto", "review"]),
        "auto applies what is safe and proposes the rest; review always proposes.",
    ),
    row("answer.surface", OneOf(&["auto", "virtual", "file", "message"]), "Where answers are shown."),
    row("remarks.max", whole("remarks", 1, 100), "How many remarks one review may have."),
    row(
        "remarks.surface",
        OneOf(&["auto", "inline", "document", "both"]),
        "Where remarks are shown: at their lines, in a document, or both.",
    ),
    row("context.maxChars", whole("characters", 1, 4_000_000), "Budget for the whole prompt, in characters."),
    row("context.surroundingLines", whole("lines", 0, 100_000), "Lines sent before and after the selection."),
    row("context.openDocuments", Bool, "Add other open documents while the budget lasts."),
    row("secrets.guard", OneOf(&["ask", "refuse", "off"]), "What happens when a prompt seems to hold a secret."),
    row("timeouts.connectMs", whole("milliseconds", 1, DAY_MS), "Until connected, in milliseconds."),
    row("timeouts.firstTokenMs", whole("milliseconds", 1, DAY_MS), "Until the first text, in milliseconds."),
    row("timeouts.idleMs", whole("milliseconds", 1, DAY_MS), "Between texts, in milliseconds."),
    row("retry.maxAttempts", whole("attempts", 1, 100), "How often a request is tried, before its first text only."),
    row(
        "limits.requestsPerMinute",
        whole("requests", 1, 1_000_000),
        "Shared by all jobs, and by all processes of the user with the same credential.",
    ),
    row("limits.concurrentJobs", whole("jobs", 1, 1_000), "One more is queued."),
    row("extraBody", Object, "Merged into the chat body, for fields that have no setting."),
];

/// The row of this pattern.
pub(super) fn row_of(pattern: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.key == pattern)
}

/// The names that may stand below this pattern (`""` is the top), each once. `*` where any name may.
pub(super) fn names_below(pattern: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for row in ROWS {
        let below = if pattern.is_empty() {
            Some(row.key)
        } else {
            row.key.strip_prefix(pattern).and_then(|rest| rest.strip_prefix('.'))
        };
        if let Some(name) = below.and_then(|rest| rest.split('.').next())
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// A key below a prefix; `""` is the top.
pub(super) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

//! The settings table: one row per key with its allowed values. Checks, suggestions and the JSON Schema read it. A test
//! compares it with the fields and defaults of `Settings`.

use super::table::ValueType::{Bool, Object, OneOf, Text, Texts, Whole};

/// The allowed values of a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValueType {
    /// `true` or `false`.
    Bool,
    /// Any text; an empty one is unset.
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of texts; blank ones are ignored.
    Texts,
    /// A whole number of `unit`, from `min` to `max`.
    Whole { unit: Unit, min: u64, max: u64 },
    /// An object whose content this program does not define.
    Object,
}

/// What a whole number counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    Attempts,
    Characters,
    Jobs,
    Lines,
    Milliseconds,
    Remarks,
    Requests,
    Version,
}

/// One setting.
#[derive(Debug)]
pub(super) struct Row {
    /// The dotted key, where `*` stands for any name.
    pub(super) key: &'static str,
    pub(super) kind: ValueType,
    /// Its meaning, in Markdown. The schema, docs/settings.md and the settings page of VS Code show this text.
    pub(super) about: &'static str,
}

const fn row(key: &'static str, kind: ValueType, about: &'static str) -> Row {
    Row { key, kind, about }
}

const fn whole_number(unit: Unit, min: u64, max: u64) -> ValueType {
    Whole { unit, min, max }
}

/// A timeout of at most a day; a larger value is probably a typing error.
const TIMEOUT: ValueType = whole_number(Unit::Milliseconds, 1, 86_400_000);

/// Every setting, in the order of the documentation.
pub(super) const ROWS: &[Row] = &[
    row("agent", Text, "The agent that answers: an id, or a name from `agents`. It overrides `STACKSPOT_AGENT_ID`."),
    row("agents.*.id", Text, "The agent's id. It is required."),
    row(
        "agents.*.versionNumber",
        whole_number(Unit::Version, 0, u64::MAX),
        "The version of the agent to ask. Without it the published version answers.",
    ),
    row(
        "agents.*.knowledge",
        Bool,
        "Knowledge sources of this agent: on, off, or an object with what differs from `knowledge`.",
    ),
    row("agents.*.knowledge.enabled", Bool, "Overrides `knowledge.enabled` for this agent."),
    row("agents.*.knowledge.returnSources", Bool, "Overrides `knowledge.returnSources` for this agent."),
    row("agents.*.knowledge.deepSearch", Bool, "Overrides `knowledge.deepSearch` for this agent."),
    row(
        "agents.*.knowledgeSources",
        Texts,
        "Ids of further knowledge sources for this agent. They replace those of `knowledge.sources`.",
    ),
    row(
        "agents.*.extraBody",
        Object,
        "Fields that are merged into the chat body for this agent. They override those of `extraBody`.",
    ),
    row("actions.*.enabled", Bool, "`false` removes the action from every menu."),
    row("actions.*.agent", Text, "The agent that this action asks: an id, or a name from `agents`."),
    row("actions.*.prompt", Text, "The task that the agent gets. It replaces the built-in one."),
    row("actions.*.title", Text, "The title in menus."),
    row(
        "actions.*.knowledge",
        Bool,
        "Knowledge sources of this action: on, off, or an object with what differs from its agent's.",
    ),
    row("actions.*.knowledge.enabled", Bool, "Overrides `knowledge.enabled` and the agent's value for this action."),
    row(
        "actions.*.knowledge.returnSources",
        Bool,
        "Overrides `knowledge.returnSources` and the agent's value for this action.",
    ),
    row(
        "actions.*.knowledge.deepSearch",
        Bool,
        "Overrides `knowledge.deepSearch` and the agent's value for this action.",
    ),
    row(
        "actions.*.knowledgeSources",
        Texts,
        "Ids of further knowledge sources for this action. They replace those of its agent or of its prompt file. An empty list sends none.",
    ),
    row(
        "language",
        OneOf(&["auto", "en", "pt-BR"]),
        "The language of titles, messages and answers. `auto` uses the editor's locale, then `LANG`, then `en`.",
    ),
    row(
        "streaming",
        Bool,
        "Show the answer while the agent writes it. `false` asks for the whole answer in one response.",
    ),
    row("knowledge.enabled", Bool, "Agents use their knowledge sources (`stackspot_knowledge`)."),
    row("knowledge.returnSources", Bool, "Ask for the sources that were used (`return_ks_in_response`)."),
    row("knowledge.deepSearch", Bool, "Search the knowledge sources deeply (`deep_search_ks`)."),
    row(
        "knowledge.sources",
        Texts,
        "Ids of knowledge sources that are searched in addition to the agent's own (`knowledge_source_ids`).",
    ),
    row(
        "connection.warm",
        Bool,
        "When you open a menu, fetch the token and open the connection. Nothing of your text is sent.",
    ),
    row("conversation.enabled", Bool, "Follow-ups continue the conversation (`use_conversation`)."),
    row(
        "edit.apply",
        OneOf(&["auto", "review"]),
        "What happens with an edit. `auto` applies what is safe and proposes the rest, `review` always proposes.",
    ),
    row("answer.surface", OneOf(&["auto", "virtual", "file", "message"]), "Where answers are shown."),
    row("remarks.max", whole_number(Unit::Remarks, 1, 100), "How many remarks one review may have."),
    row(
        "remarks.surface",
        OneOf(&["auto", "inline", "document", "both"]),
        "Where remarks are shown: at their lines, in a document, or both.",
    ),
    row(
        "context.maxChars",
        whole_number(Unit::Characters, 1, 4_000_000),
        "How long a whole prompt may be, in characters. If it is too long, the surroundings are left out first.",
    ),
    row(
        "context.surroundingLines",
        whole_number(Unit::Lines, 0, 100_000),
        "How many lines before the selection are sent, and as many after it.",
    ),
    row("context.openDocuments", Bool, "Send other open documents too, while there is room in the prompt."),
    row(
        "secrets.guard",
        OneOf(&["ask", "refuse", "off"]),
        "What happens when a prompt seems to contain a secret: ask you, refuse, or do not look (`off`).",
    ),
    row("timeouts.connectMs", TIMEOUT, "How long connecting may take, in milliseconds."),
    row("timeouts.firstTokenMs", TIMEOUT, "How long the first text of an answer may take, in milliseconds."),
    row("timeouts.idleMs", TIMEOUT, "How long a stream may be silent after its first text, in milliseconds."),
    row(
        "retry.maxAttempts",
        whole_number(Unit::Attempts, 1, 100),
        "How many times a request is tried in total. After the first text of the answer there is no retry.",
    ),
    row(
        "limits.requestsPerMinute",
        whole_number(Unit::Requests, 1, 1_000_000),
        "How many requests may be made in a minute, by all your editors and shells with the same credential together.",
    ),
    row(
        "limits.concurrentJobs",
        whole_number(Unit::Jobs, 1, 1_000),
        "How many jobs run at the same time. Further jobs wait.",
    ),
    row("extraBody", Object, "Fields that are merged into the chat body. They are for what has no setting."),
];

/// The row of this pattern.
pub(super) fn row_of(pattern: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.key == pattern)
}

/// The names that may follow this pattern (`""` is the top), each once. `*` if any name is allowed.
pub(super) fn names_below(pattern: &str) -> Vec<&'static str> {
    let prefix = join(pattern, "");
    let mut names: Vec<&'static str> = Vec::new();
    for name in ROWS.iter().filter_map(|row| row.key.strip_prefix(&prefix)?.split('.').next()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A key below a prefix; `""` is the top.
pub(super) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

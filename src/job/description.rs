//! What would be sent, for somebody to see before it goes.

use std::fmt::{self, Write as _};

use super::Order;
use crate::actions::Action;
use crate::actions::context::{Fate, Part, PartKind};
use crate::i18n::Language;

/// An order in the words of a person, as a Markdown document. Nothing is sent for it, and the guard against secrets is
/// not in it: see [`Order`].
#[derive(Debug, Clone, Copy)]
pub struct Description<'a> {
    /// What would be sent.
    pub order: &'a Order,
    /// What is asked.
    pub action: &'a Action,
    /// Where it would go, such as a host name.
    pub destination: &'a str,
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, action, destination } = self;
        let request = &order.request;
        writeln!(out, "# What would be sent to StackSpot AI\n\nNothing was sent.\n")?;
        writeln!(out, "- action: {} (`{}`)", action.title.text(Language::En), action.id)?;
        writeln!(out, "- to: {destination}")?;
        let version = request.agent_version_number.map(|version| format!(", version {version}")).unwrap_or_default();
        writeln!(out, "- agent: `{}`{version}", request.agent_id)?;
        writeln!(out, "- knowledge sources of the agent: {}", knowledge(order))?;
        writeln!(out, "- conversation: {}", conversation(order))?;
        if !request.extra_body.is_empty() {
            let names: Vec<String> = request.extra_body.keys().map(|name| format!("`{name}`")).collect();
            writeln!(out, "- further fields, from `extraBody`: {}", names.join(", "))?;
        }
        for file in &order.uploads {
            writeln!(out, "- file to upload: `{}`", file.shown.replace(['`', '\n'], "_"))?;
        }
        let makeup = &order.makeup;
        writeln!(out, "- size of the prompt: {} of {} characters (`context.maxChars`)", makeup.chars, makeup.budget)?;
        writeln!(out, "\n## Its parts\n\n| part | characters | |\n| --- | ---: | --- |")?;
        for part in &makeup.parts {
            writeln!(out, "| {} | {} | {} |", name(part), part.chars, fate(part.fate))?;
        }
        let fence = fence_around(&request.prompt);
        let line_break = if request.prompt.ends_with('\n') { "" } else { "\n" };
        writeln!(out, "\n## The prompt\n\n{fence}text\n{}{line_break}{fence}", request.prompt)
    }
}

fn knowledge(order: &Order) -> String {
    let knowledge = order.request.knowledge;
    let mut words = String::from(if knowledge.enabled { "used" } else { "not used" });
    if knowledge.enabled && knowledge.deep_search {
        words.push_str(", searched deeply");
    }
    words
}

fn conversation(order: &Order) -> String {
    match (&order.request.conversation_id, order.request.use_conversation) {
        (_, false) => "none".to_owned(),
        (None, true) => "a new one".to_owned(),
        (Some(id), true) => format!("goes on with `{id}`"),
    }
}

fn name(part: &Part) -> String {
    let what = match part.kind {
        PartKind::Task => "task",
        PartKind::Instruction => "instruction",
        PartKind::Selection => "selection",
        PartKind::Diagnostics => "problems that the editor reports",
        PartKind::Rules => "rules",
        PartKind::Imports => "imports",
        PartKind::Surroundings => "lines around the selection",
        PartKind::OpenDocument => "open document",
        PartKind::Conversation => "what was said before",
    };
    let mut name = what.to_owned();
    if let Some(file) = &part.file {
        let file = file.replace(['`', '|'], "_");
        let _ = write!(name, " `{file}`");
    }
    name
}

fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Whole => "",
        Fate::Cut => "cut: the budget is spent",
        Fate::OverBudget => "left out: the budget is spent",
        Fate::HeldBack => "left out: it may hold a secret, or is not meant for agents",
    }
}

/// A fence that no fence in `text` closes.
fn fence_around(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

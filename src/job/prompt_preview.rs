//! A preview of what would be sent, for the user to check.

use super::Order;
use crate::actions::Action;
use crate::actions::context::{Part, PartKind, PartStatus};
use crate::display::fence_around;
use crate::i18n::{Language, Message, message};

/// An order as a readable Markdown document. It shows the exact prompts. They would go to the address `destination`, or
/// to the sandbox in the process. `findings` are those of the guard against secrets.
pub(crate) fn prompt_preview(
    order: &Order,
    action: &Action,
    destination: Option<&str>,
    findings: Option<Message>,
    language: Language,
) -> String {
    let (request, prompt_parts) = (&order.ask.request, &order.ask.prompt_parts);
    let to = destination.map_or(message!("description-to-sandbox"), |to| Message::verbatim(to.to_owned()));
    let chars = message!("description-size", chars = prompt_parts.chars, budget = prompt_parts.budget);
    let mut points = vec![
        message!("description-action", title = &action.title, id = action.id.to_string()),
        message!("description-to", to = to),
        match request.agent_version_number {
            None => message!("description-agent", agent = &request.agent_id),
            Some(version) => {
                message!("description-agent-version", agent = &request.agent_id, version = version.to_string())
            }
        },
        match (request.knowledge.enabled, request.knowledge.deep_search) {
            (false, _) => message!("description-no-knowledge"),
            (true, false) => message!("description-knowledge"),
            (true, true) => message!("description-deep-knowledge"),
        },
        match request.knowledge_source_ids.as_slice() {
            [] => message!("description-no-sources"),
            ids => message!("description-sources", ids = ids.join(", ")),
        },
        match (&request.conversation_id, request.use_conversation) {
            (_, false) => message!("description-no-conversation"),
            (None, true) => message!("description-new-conversation"),
            (Some(id), true) => message!("description-conversation", id = id),
        },
    ];
    if !request.extra_body.is_empty() {
        let names: Vec<String> = request.extra_body.keys().map(|name| format!("`{name}`")).collect();
        points.push(message!("description-further-fields", names = names.join(", ")));
    }
    let file = |shown: &str| message!("description-upload", file = shown.replace(['`', '\n'], "_"));
    points.extend(order.ask.uploads.iter().map(|upload| file(&upload.shown)));
    points.push(chars);
    points.extend(findings.as_ref().map(|reasons| message!("description-suspicion", reasons = reasons)));

    let say = |message: Message| message.text(language);
    let mut text = format!(
        "# {}\n\n{} {}\n\n",
        say(message!("description-title")),
        say(message!("description-not-sent")),
        say(message!("description-others"))
    );
    points.into_iter().for_each(|point| text.push_str(&format!("- {}\n", say(point))));
    text.push_str(&format!("\n## {}\n\n", say(message!("description-parts"))));
    let (part, chars) = (say(message!("description-part")), say(message!("description-characters")));
    text.push_str(&format!("| {part} | {chars} | |\n| --- | ---: | --- |\n"));
    for part in &prompt_parts.parts {
        let status = status(part.status).map(say).unwrap_or_default();
        text.push_str(&format!("| {} | {} | {status} |\n", name(part, language), part.chars));
    }
    let (heading, total) = (say(message!("description-prompt")), order.prompts().count());
    for (index, prompt) in order.prompts().enumerate() {
        let number = if total == 1 { String::new() } else { format!(" ({}/{total})", index + 1) };
        let fence = fence_around(prompt);
        let line_break = if prompt.ends_with('\n') { "" } else { "\n" };
        text.push_str(&format!("\n## {heading}{number}\n\n{fence}text\n{prompt}{line_break}{fence}\n"));
    }
    text
}

fn name(part: &Part, language: Language) -> String {
    let what = match part.kind {
        PartKind::Task => message!("part-task"),
        PartKind::Instruction => message!("part-instruction"),
        PartKind::Selection => message!("part-selection"),
        PartKind::Diagnostics => message!("part-diagnostics"),
        PartKind::Rules => message!("part-rules"),
        PartKind::Imports => message!("part-imports"),
        PartKind::Inside => message!("part-inside"),
        PartKind::Declarations => message!("part-declarations"),
        PartKind::Added => message!("part-added"),
        PartKind::Surroundings => message!("part-surroundings"),
        PartKind::OpenDocument => message!("part-open-document"),
        PartKind::Conversation => message!("part-conversation"),
    };
    let what = what.text(language);
    match &part.file {
        Some(file) => format!("{what} `{}`", file.replace(['`', '|'], "_")),
        None => what,
    }
}

fn status(status: PartStatus) -> Option<Message> {
    match status {
        PartStatus::Whole => None,
        PartStatus::Cut => Some(message!("fate-cut")),
        PartStatus::OverBudget => Some(message!("fate-over-budget")),
        PartStatus::HeldBack => Some(message!("fate-held-back")),
    }
}

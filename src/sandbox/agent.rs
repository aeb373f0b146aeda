//! The scripted agent. It understands nothing, says so, and is useful all the same: it answers with what it can see in
//! the code, and its edits are visible, correct and harmless.

mod answers;
mod change;
mod facts;
mod language;
mod prompt;
mod remarks;
mod skeleton;

use std::borrow::Cow;

use facts::Facts;
use prompt::Prompt;

use super::state::Upload;

/// Where in its conversation a prompt stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AgentTurn {
    /// From 1.
    pub(super) number: usize,
    /// What the turn before was about, in a few words.
    pub(super) previous: Option<String>,
    /// The editor that asks, as its `clientInfo` names it.
    pub(super) client: Option<String>,
}

/// What the agent says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) text: String,
    /// What this turn was about, in a few words, for the next turn to recall.
    pub(super) topic: String,
}

/// What a prompt's `Action:` line says, in lower case; empty where it has none.
pub(super) fn action(prompt: &str) -> String {
    Prompt::parse(prompt).action
}

/// Answers a prompt that came with these files. With `is_fenced`, code comes in prose and a fence, as many models send
/// it; else between the tags that the prompt asks for, or raw where it asks for none.
pub(super) fn answer(prompt: &str, turn: &AgentTurn, files: &[Upload], is_fenced: bool) -> Reply {
    let prompt = Prompt::parse(prompt);
    if let Some((tag, first)) = &prompt.remarks {
        return Reply { text: remarks::remarks(&prompt, tag, *first), topic: topic(&prompt) };
    }
    let code = prompt.selection.as_deref();
    let facts = Facts::of(code.unwrap_or_default(), &prompt.language);
    // A prompt file that asks for code is an edit of its own.
    let is_edit = matches!(prompt.result.as_str(), "replace" | "insert" | "file");
    let verbs = change::verbs(&prompt.action).or_else(|| change::verbs("refactor").filter(|_| is_edit));
    let topic = topic(&prompt);
    let written = match (verbs, code) {
        (Some((english, portuguese)), Some(code)) => {
            let verb = prompt.say(english, portuguese);
            Some(change::with_comment(code, &prompt.language, verb, prompt.in_portuguese))
        }
        _ if prompt.action == "test" => Some(skeleton::tests_for(&prompt, &facts)),
        _ => None,
    };
    let text = match written {
        Some(code) if is_fenced => fenced(&code, &prompt),
        Some(code) => tagged(code, prompt.code_tag.as_deref()),
        None => answers::answer(&prompt, &facts, turn, files),
    };
    Reply { text, topic }
}

fn topic(prompt: &Prompt) -> String {
    let what = if prompt.instruction.is_empty() { &prompt.action } else { &prompt.instruction };
    answers::shortened(what, 60)
}

fn tagged(code: String, tag: Option<&str>) -> String {
    let Some(tag) = tag else { return code };
    format!("<{tag}>\n{}</{tag}>\n", whole_lines(&code))
}

fn fenced(code: &str, prompt: &Prompt) -> String {
    // A fence longer than any in the code, so that it closes where the code ends.
    let longest =
        code.lines().map(|line| line.trim_start().chars().take_while(|c| *c == '`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let before = prompt.say("Here is the code, from the sandbox agent:", "Aqui está o código, do agente do sandbox:");
    let after = prompt.say("Nothing else changed.", "Nada mais mudou.");
    format!("{before}\n\n{fence}{}\n{}{fence}\n\n{after}\n", prompt.language, whole_lines(code))
}

fn whole_lines(code: &str) -> Cow<'_, str> {
    if code.ends_with('\n') { code.into() } else { format!("{code}\n").into() }
}

#[cfg(test)]
mod tests;

//! The scripted agent. It does not understand the code and says so. It answers with facts that it can see in the code.
//! Its edits are visible, correct and harmless.

mod answers;
mod change;
mod facts;
mod language;
mod prompt;
mod remarks;
mod skeleton;

use std::borrow::Cow;

pub(super) use answers::AgentTurn;
use facts::Facts;
use prompt::Prompt;

use super::state::Upload;

/// The reply of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) text: String,
    /// The topic of this turn, in a few words, for the next turn.
    pub(super) topic: String,
}

/// The value of a prompt's `Action:` line in lower case. It is empty if the prompt has no such line.
pub(super) fn action(prompt: &str) -> String {
    Prompt::parse(prompt).action
}

/// Answers a prompt with these files. If `is_fenced` is true, code is in prose and a fence, as many models send it.
/// Otherwise it is between the tags that the prompt requests, or raw if it requests none.
pub(super) fn answer(prompt: &str, turn: &AgentTurn, files: &[Upload], is_fenced: bool) -> Reply {
    let prompt = Prompt::parse(prompt);
    if let Some((tag, first)) = &prompt.remarks {
        return Reply { text: remarks::remarks(&prompt, tag, *first), topic: topic(&prompt) };
    }
    let code = prompt.selection.as_deref();
    let facts = Facts::of(code.unwrap_or_default(), &prompt.language);
    // A prompt file that requests code is an edit of its own.
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
    // The fence is longer than any in the code. Therefore the code cannot close it.
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

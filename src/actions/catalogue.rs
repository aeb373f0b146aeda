//! The built-in actions, in the order in which menus show them, and what the settings make of them.

use std::borrow::Cow;

use crate::config::Settings;

/// One thing that can be asked of an agent about a part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Stable name, as in `RunParams.action`.
    pub id: &'static str,
    /// LSP code action kind.
    pub kind: &'static str,
    /// What becomes of the answer.
    pub result: ActionResult,
    /// When menus show it.
    pub offered: Offered,
    /// Menu title.
    pub title: Cow<'static, str>,
    /// The task, in the words that the agent gets.
    pub prompt: Cow<'static, str>,
    /// Agent of this action alone: an id, or a name from the settings' `agents`.
    pub agent: Option<String>,
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionResult {
    /// It is shown.
    Answer,
    /// The code in it replaces the range.
    Replace,
}

/// When menus show an action; a plug-in may run it at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// Whatever is selected.
    Always,
    /// Where the editor reports problems, and wherever the user asked: some editors keep the problems of other servers to
    /// themselves.
    ForProblems,
    /// Only together with an instruction, which a menu cannot ask for.
    WithInstruction,
}

/// The built-in actions as they are without any settings.
pub const BUILT_INS: &[Action] = &[
    Action {
        id: "explain",
        kind: "stackspot-lsp.explain",
        result: ActionResult::Answer,
        offered: Offered::Always,
        title: Cow::Borrowed("Explain with StackSpot AI"),
        prompt: Cow::Borrowed(
            "Explain the code in <selection> to a colleague who knows the language but has not seen this code. Start \
             with one sentence that says what it is for. Then go through how it works in the order in which a reader \
             needs it, naming the identifiers. End with whatever would surprise a reader: side effects, error cases, \
             edge cases, cost. Be brief. Answer in Markdown.",
        ),
        agent: None,
    },
    Action {
        id: "refactor",
        kind: "refactor.rewrite",
        result: ActionResult::Replace,
        offered: Offered::Always,
        title: Cow::Borrowed("Refactor with StackSpot AI"),
        prompt: Cow::Borrowed(
            "Refactor the code in <selection> so that it is easier to read and to change: clearer names inside it, \
             less nesting, no repetition, the idioms of its language. Keep its behaviour, its public names and \
             signatures, its comments that still hold, and its style of formatting. If nothing is worth changing, \
             return it as it is.",
        ),
        agent: None,
    },
    Action {
        id: "fix",
        kind: "quickfix",
        result: ActionResult::Replace,
        offered: Offered::ForProblems,
        title: Cow::Borrowed("Fix with StackSpot AI"),
        prompt: Cow::Borrowed(
            "Fix the problems in <selection>: those in <diagnostics> where there are any, else the ones that you are \
             sure of. Change as little as you can: no renaming, no reformatting, no other improvement. If a problem \
             cannot be fixed inside the selection, leave that part as it is. If there is nothing to fix, return it as \
             it is.",
        ),
        agent: None,
    },
    Action {
        id: "document",
        kind: "refactor.rewrite",
        result: ActionResult::Replace,
        offered: Offered::Always,
        title: Cow::Borrowed("Document with StackSpot AI"),
        prompt: Cow::Borrowed(
            "Add documentation comments to the code in <selection>, in the form that its language and this file use: \
             what each public item is for, its parameters, results and errors, and a comment inside only where the \
             code cannot say why. Do not change the code itself. Keep comments that still hold, and mend those that \
             do not.",
        ),
        agent: None,
    },
    Action {
        id: "review",
        kind: "stackspot-lsp.review",
        result: ActionResult::Answer,
        offered: Offered::Always,
        title: Cow::Borrowed("Review with StackSpot AI"),
        prompt: Cow::Borrowed(
            "Review the code in <selection> as a careful colleague would before it is merged. List what matters, the \
             worst first: mistakes, security, error cases that are not handled, races, cost, then what makes it hard \
             to read. For each: the line or the identifier, what happens, and what to do, with a short example where \
             it helps. Say so if you find nothing. No praise, no summary. Answer in Markdown.",
        ),
        agent: None,
    },
    Action {
        id: "edit",
        kind: "refactor.rewrite",
        result: ActionResult::Replace,
        offered: Offered::WithInstruction,
        title: Cow::Borrowed("Edit with StackSpot AI"),
        prompt: Cow::Borrowed(
            "Change the code in <selection> as the developer's instruction says, and nothing else. Keep its style of \
             formatting.",
        ),
        agent: None,
    },
];

/// Title of `fix` where the editor reports no problems.
pub const FIX_WITHOUT_PROBLEMS: &str = "Fix problems here with StackSpot AI";

/// The action with this id under these settings; `None` where there is none or the settings disable it.
pub fn find(id: &str, settings: &Settings) -> Option<Action> {
    BUILT_INS.iter().find(|action| action.id == id).and_then(|action| with_settings(action, settings))
}

/// All actions that these settings leave enabled, in menu order.
pub fn enabled(settings: &Settings) -> impl Iterator<Item = Action> + '_ {
    BUILT_INS.iter().filter_map(|action| with_settings(action, settings))
}

fn with_settings(action: &Action, settings: &Settings) -> Option<Action> {
    let mut action = action.clone();
    let Some(overrides) = settings.actions.get(action.id) else { return Some(action) };
    if overrides.enabled == Some(false) {
        return None;
    }
    if let Some(title) = &overrides.title {
        action.title = Cow::Owned(title.clone());
    }
    if let Some(prompt) = &overrides.prompt {
        action.prompt = Cow::Owned(prompt.clone());
    }
    action.agent.clone_from(&overrides.agent);
    Some(action)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(actions: serde_json::Value) -> Settings {
        Settings::from_layers(&json!({}), &json!({ "actions": actions })).unwrap().0
    }

    #[test]
    fn settings_override_a_built_in_and_can_switch_it_off() {
        let settings = settings(json!({
            "explain": { "title": "Explica aí", "prompt": "Explain like a pirate.", "agent": "pirate" },
            "refactor": { "enabled": false },
        }));
        let explain = find("explain", &settings).unwrap();
        assert_eq!((&*explain.title, &*explain.prompt), ("Explica aí", "Explain like a pirate."));
        assert_eq!(explain.agent.as_deref(), Some("pirate"));
        assert_eq!(find("refactor", &settings), None);
        assert!(enabled(&settings).all(|action| action.id != "refactor"));
        assert_eq!(enabled(&settings).next().unwrap().title, "Explica aí");
    }

    #[test]
    fn an_unknown_action_is_none() {
        assert_eq!(find("dance", &Settings::default()), None);
    }
}

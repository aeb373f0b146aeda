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

/// The built-in actions as they are without any settings.
pub const BUILT_INS: &[Action] = &[
    Action {
        id: "explain",
        kind: "stackspot-lsp.explain",
        result: ActionResult::Answer,
        title: Cow::Borrowed("Explain with StackSpot AI"),
        prompt: Cow::Borrowed(
            "Explain the code in <selection> to a colleague who knows the language but has not seen this code. Start with \
             one sentence that says what it is for. Then go through how it works in the order in which a reader needs it, \
             naming the identifiers. End with whatever would surprise a reader: side effects, error cases, edge cases, \
             cost. Be brief. Answer in Markdown.",
        ),
        agent: None,
    },
    Action {
        id: "refactor",
        kind: "refactor.rewrite",
        result: ActionResult::Replace,
        title: Cow::Borrowed("Refactor with StackSpot AI"),
        prompt: Cow::Borrowed(
            "Refactor the code in <selection> so that it is easier to read and to change: clearer names inside it, less \
             nesting, no repetition, the idioms of its language. Keep its behaviour, its public names and signatures, its \
             comments that still hold, and its style of formatting. If nothing is worth changing, return it as it is.",
        ),
        agent: None,
    },
];

/// The action with this id under these settings; `None` where there is none or the settings disable it.
pub fn find(id: &str, settings: &Settings) -> Option<Action> {
    BUILT_INS.iter().find(|action| action.id == id).and_then(|action| with_settings(action, settings))
}

/// All actions that these settings leave enabled, in menu order.
pub fn offered(settings: &Settings) -> impl Iterator<Item = Action> + '_ {
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
        assert_eq!(offered(&settings).map(|action| action.id).collect::<Vec<_>>(), ["explain"]);
    }

    #[test]
    fn an_unknown_action_is_none() {
        assert_eq!(find("dance", &Settings::default()), None);
    }
}

//! The built-in actions in the order of the menus, and the effect of the settings on them.

use std::borrow::Cow;
use std::sync::Arc;

use self::ActionResult::{Answer, File, Remarks, Replace};
use self::MenuRule::{Always, NeedsInstruction, WithDiagnostics};
use super::prompt_files::{Instruction, PromptFile, PromptFiles};
use crate::config::Settings;
use crate::edit::Purpose;
use crate::i18n::{Message, message};

/// A task for an agent about a part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Stable name, as in `RunParams.action`.
    pub id: Cow<'static, str>,
    /// LSP code action kind.
    pub kind: Cow<'static, str>,
    /// The use of the answer.
    pub result: ActionResult,
    /// The purpose of code that replaces the range. It decides how similar to the original the code must be.
    pub purpose: Purpose,
    /// The condition for menus to show it.
    pub offered: MenuRule,
    /// Menu title.
    pub title: Message,
    /// The task, in the words of the prompt.
    pub prompt: Cow<'static, str>,
    /// The agent for this action only: an id, or a name from the settings' `agents`.
    pub agent: Option<String>,
    /// The prompt file of the action; `None` for a built-in action.
    pub file: Option<Arc<PromptFile>>,
}

/// The use of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionResult {
    /// The editor shows it.
    Answer,
    /// Its code replaces the range.
    Replace,
    /// Its code is inserted below the range.
    Insert,
    /// Its code goes into another file. The server creates the file if necessary.
    File,
    /// It is read as remarks, and each remark is shown at its lines.
    Remarks,
}

impl ActionResult {
    /// Whether it changes the document of the request.
    pub fn edits_the_document(self) -> bool {
        matches!(self, Self::Replace | Self::Insert)
    }

    /// Its name in prompt files and in the state directory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Replace => "replace",
            Self::Insert => "insert",
            Self::File => "file",
            Self::Remarks => "remarks",
        }
    }

    /// The result with this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Answer, Self::Replace, Self::Insert, Self::File, Self::Remarks];
        all.into_iter().find(|result| result.name() == name)
    }
}

/// The condition for menus to show an action. A plug-in may run it at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuRule {
    /// For any selection.
    Always,
    /// If the editor reports problems, or if the user opened the menu. Some editors do not send the problems of other
    /// servers.
    WithDiagnostics,
    /// Only together with an instruction. A menu cannot ask for one.
    NeedsInstruction,
}

// The ids of built-in actions that other modules name.
pub(crate) const ASK: &str = "ask";
pub(crate) const DOCUMENT: &str = "document";
pub(crate) const EDIT: &str = "edit";
pub(crate) const FIX: &str = "fix";
pub(crate) const REVIEW: &str = "review";
pub(crate) const SUGGEST: &str = "suggest";

/// `CodeActionKind.QuickFix` of LSP.
pub(crate) const QUICK_FIX: &str = "quickfix";

/// `CodeActionKind.RefactorRewrite` of LSP.
pub(crate) const REWRITE: &str = "refactor.rewrite";

/// The action [`ASK`] without any settings.
pub(crate) const QUESTION: Action =
    built_in(ASK, "stackspot-lsp.ask", Answer, Always, message!("action-ask"), ASK_PROMPT);

/// The built-in actions without any settings.
pub const BUILT_INS: &[Action] = &[
    built_in("explain", "stackspot-lsp.explain", Answer, Always, message!("action-explain"), EXPLAIN_PROMPT),
    QUESTION,
    built_in("refactor", REWRITE, Replace, Always, message!("action-refactor"), REFACTOR_PROMPT)
        .with(Purpose::Refactor),
    built_in(FIX, QUICK_FIX, Replace, WithDiagnostics, message!("action-fix"), FIX_PROMPT).with(Purpose::Fix),
    built_in(DOCUMENT, REWRITE, Replace, Always, message!("action-document"), DOCUMENT_PROMPT).with(Purpose::Document),
    built_in("test", "stackspot-lsp.test", File, Always, message!("action-test"), TEST_PROMPT),
    built_in(REVIEW, "stackspot-lsp.review", Remarks, Always, message!("action-review"), REVIEW_PROMPT),
    built_in(SUGGEST, "stackspot-lsp.suggest", Remarks, Always, message!("action-suggest"), SUGGEST_PROMPT),
    built_in(EDIT, REWRITE, Replace, NeedsInstruction, message!("action-edit"), EDIT_PROMPT),
];

const fn built_in(
    id: &'static str,
    kind: &'static str,
    result: ActionResult,
    offered: MenuRule,
    title: Message,
    prompt: &'static str,
) -> Action {
    Action {
        id: Cow::Borrowed(id),
        kind: Cow::Borrowed(kind),
        result,
        purpose: Purpose::Free,
        offered,
        title,
        prompt: Cow::Borrowed(prompt),
        agent: None,
        file: None,
    }
}

const EXPLAIN_PROMPT: &str = "Explain the code in <selection> to a colleague who knows the language but has not seen this code. Start \
     with one sentence that says what it is for. Then go through how it works in the order in which a reader \
     needs it, naming the identifiers. End with whatever would surprise a reader: side effects, error cases, \
     edge cases, cost. Be brief: no more lines than the code has, and at most 15. Answer in Markdown.";

const ASK_PROMPT: &str = "Answer what the developer asks about the code in <selection>. Start with the answer itself. Name the \
     identifiers and lines that it rests on, and say so where you are not sure. Be brief. Answer in Markdown.";

const REFACTOR_PROMPT: &str = "Refactor the code in <selection> so that it is easier to read and to change. Change it only where a reviewer \
     would thank you for it. Keep its behaviour, every name that other code can see, its signatures, its \
     attributes, its comments that still hold, and its style of formatting.";

const FIX_PROMPT: &str = "Fix the problems in <selection>: those in <diagnostics> where there are any, else the ones that you are \
     sure of. Change as little as you can: no renaming, no reformatting, no other improvement. If a problem \
     cannot be fixed inside the selection, leave that part as it is. If you are certain of none, nothing should \
     change.";

const DOCUMENT_PROMPT: &str = "Add or mend the documentation comment of each item in <selection>, in the form that this file uses for its \
     others: what it is for, its parameters, results and errors; one line for a function of one line. The code \
     itself stays as it is, character by character, and so do comments that still hold. Inside of bodies comment \
     only what the code cannot say. If what is there says enough, nothing should change.";

const TEST_PROMPT: &str = "Write tests for the code in <selection>, in the framework that the project uses, else in the one that is usual \
     for the language. Test what it does for whoever calls it: the ordinary case first, then the borders, then the \
     errors; each test checks one thing, and its name says which. Use only what you see or know to exist, no \
     network, no clock, no files outside of a temporary folder. Keep to the style of the tests that are there.";

const REVIEW_PROMPT: &str = "Review the code in <selection> as a careful colleague would before it is merged: mistakes, security, error \
     cases that are not handled, races, cost, then what makes it hard to read. The worst first; only what you \
     would say aloud. No praise, no summary.";

const SUGGEST_PROMPT: &str = "Suggest refactorings of the code in <selection> that a reviewer would thank you for, each as small as it can \
     be. Behaviour, public names and signatures stay. Each remark needs its <new>; leave out what cannot be done \
     by replacing the lines that it names.";

const EDIT_PROMPT: &str = "Change the code in <selection> as the developer's instruction says, and nothing else. Keep its style of \
     formatting.";

/// Title of `fix` if the editor reports no problems.
pub(crate) static FIX_WITHOUT_PROBLEMS: Message = message!("action-fix-without-problems");

/// The actions that are available now.
#[derive(Debug, Clone)]
pub struct Catalogue {
    settings: Arc<Settings>,
    files: Arc<PromptFiles>,
}

impl Action {
    /// The same action for another purpose.
    const fn with(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// The instruction of the action, which is used if the user gives none.
    pub fn own_instruction(&self) -> Option<&str> {
        match self.file.as_ref().map(|file| &file.instruction) {
            Some(Instruction::Default(words)) => Some(words),
            _ => None,
        }
    }

    /// Whether menus show it for documents of this language; prompt files may list their languages.
    pub fn is_for(&self, language_id: &str) -> bool {
        self.file.as_ref().is_none_or(|file| file.is_for(language_id))
    }
}

impl Catalogue {
    /// The built-in actions with these settings.
    pub fn new(settings: Arc<Settings>) -> Self {
        Self { settings, files: Arc::default() }
    }

    /// The same, followed by the actions of prompt files.
    #[must_use]
    pub fn with_files(self, files: Arc<PromptFiles>) -> Self {
        Self { files, ..self }
    }

    /// The action with this id. Returns `None` if it does not exist or the settings disable it.
    pub fn find(&self, id: &str) -> Option<Action> {
        let built_in = BUILT_INS.iter().find(|action| action.id == id);
        let action = built_in.or_else(|| self.files.get(id))?;
        with_settings(action, &self.settings).map(Cow::into_owned)
    }

    /// All enabled actions, in menu order. It copies only actions that the settings change, because menus call it at
    /// each cursor movement.
    pub fn enabled(&self) -> impl Iterator<Item = Cow<'_, Action>> {
        BUILT_INS.iter().chain(self.files.values()).filter_map(|action| with_settings(action, &self.settings))
    }

    /// The enabled actions, for a message about the unknown action `wanted`.
    pub(crate) fn names_like(&self, wanted: &str) -> String {
        named(self.enabled().map(|action| action.id.to_string()).collect(), wanted)
    }
}

/// Up to this number, the message lists all actions.
const MOST_NAMED: usize = 20;

/// Above it, the message lists this number of similar actions.
const NEAREST: usize = 3;

/// The known actions for a message in any language. If there are many, only those most similar to `wanted` and the
/// number of all.
fn named(mut known: Vec<String>, wanted: &str) -> String {
    let count = known.len();
    if count <= MOST_NAMED {
        return known.join(", ");
    }
    known.sort_by(|one, other| {
        strsim::jaro_winkler(other, wanted).total_cmp(&strsim::jaro_winkler(one, wanted)).then_with(|| one.cmp(other))
    });
    known.truncate(NEAREST);
    format!("{}, … ({count})", known.join(", "))
}

fn with_settings<'a>(action: &'a Action, settings: &Settings) -> Option<Cow<'a, Action>> {
    let Some(overrides) = settings.actions.get(&*action.id) else { return Some(Cow::Borrowed(action)) };
    if overrides.enabled == Some(false) {
        return None;
    }
    let mut action = action.clone();
    if let Some(title) = &overrides.title {
        // A title of a workspace's prompt file always contains the name of the file.
        action.title = Message::verbatim(match action.file.as_deref() {
            Some(file) => file.titled(&action.id, title),
            None => crate::i18n::one_line(title),
        });
    }
    if let Some(prompt) = &overrides.prompt {
        action.prompt = Cow::Owned(prompt.clone());
    }
    if let Some(agent) = &overrides.agent {
        action.agent = Some(agent.clone());
    }
    Some(Cow::Owned(action))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_thousand_actions_the_most_alike_are_named() {
        let known = |count: usize| (0..count).map(|number| format!("check-{number:04}")).collect::<Vec<_>>();
        assert_eq!(named(known(2), "chekc-0001"), "check-0000, check-0001");
        assert_eq!(named(known(20), "chekc-0001"), known(20).join(", "), "all of twenty");
        for count in [21, 1_000] {
            let message = named(known(count), "chekc-0017");
            let nearest = message.strip_suffix(&format!(", … ({count})")).unwrap();
            assert!(nearest.starts_with("check-0017, ") && nearest.split(", ").count() == 3, "{message}");
        }
    }

    #[test]
    fn settings_override_a_built_in_and_can_switch_it_off() {
        let actions = json!({ "actions": {
            "explain": { "title": "Explica aí", "prompt": "Explain like a pirate.", "agent": "pirate" },
            "refactor": { "enabled": false },
        } });
        let (settings, _) = Settings::from_layers(&json!({}), &[actions]).unwrap();
        let catalogue = Catalogue::new(Arc::new(settings));
        let explain = catalogue.find("explain").unwrap();
        assert_eq!(explain.title, Message::verbatim("Explica aí"));
        assert_eq!((&*explain.prompt, explain.agent.as_deref()), ("Explain like a pirate.", Some("pirate")));
        assert_eq!(catalogue.enabled().next().as_deref(), Some(&explain));
        assert!(catalogue.enabled().all(|action| action.id != "refactor"));
        assert_eq!((catalogue.find("refactor"), catalogue.find("dance")), (None, None));
    }
}

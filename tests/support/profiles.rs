//! Editors as data: the capabilities of each in `initialize`, and how it handles an edit.

use serde::Deserialize;
use serde_json::{Value, json};

macro_rules! profiles {
    ($($function:ident = $file:literal: $about:literal;)*) => {
        $(
            #[doc = $about]
            pub fn $function() -> Profile {
                Profile::read($file, include_str!(concat!("profiles/", $file, ".json")))
            }
        )*

        /// Every profile, for stories that must pass in each editor.
        pub fn all() -> Vec<Profile> {
            vec![$($function()),*]
        }
    };
}

profiles! {
    vscode = "vscode-1.139": "VS Code 1.139: has everything, UTF-16 only.";
    neovim = "neovim-0.12": "Neovim 0.12: no `documentChanges`, says `applied: true` of what it dropped.";
    neovim_0_11 = "neovim-0.11": "Neovim 0.11.";
    neovim_0_10 = "neovim-0.10": "Neovim 0.10.";
    neovim_0_7 = "neovim-0.7": "Neovim 0.7: no `showDocument`, no position encodings.";
    helix = "helix-25.07": "Helix 25.07.";
    eglot = "eglot-1.17": "Emacs 30 with eglot 1.17: no resource operations, refuses with an error.";
    lsp_mode = "lsp-mode-9.0": "Emacs 30 with lsp-mode 9.0: UTF-32 or UTF-16.";
    neovim_nightly = "neovim-nightly": "Neovim of the master branch: virtual documents, waited for one second.";
    zed = "zed": "Zed: moves an edit of an older version over what was typed, and says `applied: true` always.";
    kakoune = "kak-lsp": "Kakoune with kak-lsp: no `showDocument`, ranges that end one character short.";
    minimal = "minimal": "A client that declares nothing at all.";
}

/// How the client handles `workspace/applyEdit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Apply {
    /// Applies it, answers, and then sends the change.
    ReplyThenChange,
    /// Applies it, sends the change, and then answers.
    ChangeThenReply,
    /// Answers `applied: false`.
    Refuse,
    /// Answers `applied: true` and does nothing.
    ClaimApplied,
    /// Answers with a JSON-RPC error.
    Error,
    /// Moves an edit of an older version to account for the text typed since then.
    Rebase,
    /// Applies it to the current text at its positions, for any version, and answers `applied: true`.
    Blind,
    /// Does not answer.
    Ignore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ShowsSchemes {
    Any,
    File,
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Behaviour {
    /// How the client handles an edit of the current version, or without a version.
    pub apply: Apply,
    /// How the client handles an edit of another version.
    pub stale: Apply,
    /// The client changes the line endings of inserted text to those of the document.
    pub normalizes_line_endings: bool,
    /// Whether the user can cancel a progress.
    pub sends_progress_cancel: bool,
    /// Whether the user sees the end of an edit without a server message: in the progress text, or by the label of the
    /// edit, which Neovim prints.
    #[serde(default = "yes")]
    pub tells_the_end: bool,
    /// The range of a code action ends before the last character of the selection.
    #[serde(default)]
    pub ends_one_short: bool,
    /// Each text ends with a line break. The editor adds a missing one when it opens the text. If an edit leaves a part
    /// of the last line, the editor adds the break before it inserts anything there.
    #[serde(default)]
    pub keeps_last_line_break: bool,
    pub shows_schemes: ShowsSchemes,
}

fn yes() -> bool {
    true
}

/// The description of an editor.
#[derive(Debug, Clone)]
pub struct Profile {
    pub name: &'static str,
    /// The params of `initialize`.
    pub initialize: Value,
    pub behaviour: Behaviour,
    /// The answer to `workspace/configuration` for the section `stackspot-lsp`.
    pub settings: Value,
    /// Server requests that the client never answers, by method.
    pub silent: Vec<&'static str>,
    /// Server requests that the client answers with an error, by method.
    pub refused: Vec<&'static str>,
}

impl Behaviour {
    /// A text in the form that the editor stores.
    pub fn held(&self, text: &str) -> String {
        let lacks = self.keeps_last_line_break && !text.is_empty() && !text.ends_with('\n');
        format!("{text}{}", if lacks { "\n" } else { "" })
    }
}

impl Profile {
    /// Whether the client sends an empty range if nothing is selected. Then a word that it sends is a real selection.
    pub fn sends_cursors_as_empty_ranges(&self) -> bool {
        ["vscode", "neovim", "zed"].iter().any(|stem| self.name.starts_with(stem))
    }

    fn read(name: &'static str, text: &str) -> Self {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            /// The source of the params. Without it, they were recorded from the editor itself.
            #[serde(default, rename = "source")]
            _source: Option<String>,
            initialize: Value,
            behaviour: Behaviour,
        }
        let file: File = serde_json::from_str(text).unwrap_or_else(|error| panic!("profile {name}: {error}"));
        let mut initialize = file.initialize;
        initialize["processId"] = Value::Null;
        initialize["rootUri"] = Value::Null;
        Self {
            name,
            initialize,
            behaviour: file.behaviour,
            settings: Value::Null,
            silent: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// With `initializationOptions`.
    pub fn options(mut self, options: Value) -> Self {
        self.initialize["initializationOptions"] = options;
        self
    }

    /// With an answer to `workspace/configuration`.
    pub fn settings(mut self, settings: Value) -> Self {
        self.settings = settings;
        self
    }

    /// With one more workspace folder, by its URI.
    pub fn folder(mut self, uri: &str) -> Self {
        if self.initialize["rootUri"].is_null() {
            self.initialize["rootUri"] = json!(uri);
        }
        if !self.initialize["workspaceFolders"].is_array() {
            self.initialize["workspaceFolders"] = json!([]);
        }
        let folders = self.initialize["workspaceFolders"].as_array_mut().unwrap();
        folders.push(json!({ "uri": uri, "name": uri.rsplit('/').next() }));
        self
    }

    /// With another behavior for edits of the current version.
    pub fn applies(mut self, apply: Apply) -> Self {
        self.behaviour.apply = apply;
        self
    }

    /// With another behavior for edits of an older version.
    pub fn treats_stale(mut self, stale: Apply) -> Self {
        self.behaviour.stale = stale;
        self
    }

    /// Never answers requests of this method.
    pub fn never_answers(mut self, method: &'static str) -> Self {
        self.silent.push(method);
        self
    }

    /// Answers requests of this method with an error.
    pub fn refuses(mut self, method: &'static str) -> Self {
        self.refused.push(method);
        self
    }

    /// Whether the client declared a capability, by JSON pointer.
    pub fn declares(&self, pointer: &str) -> bool {
        let capability = self.initialize["capabilities"].pointer(pointer);
        capability.is_some_and(|value| *value == json!(true) || value.is_object())
    }

    /// With a new value for the member of `initialize` at a JSON pointer. The value `null` removes it.
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a JSON pointer");
        let parent = self.initialize.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
        let parent = parent.as_object_mut().expect("an object");
        if value.is_null() {
            parent.remove(name);
        } else {
            parent.insert(name.to_owned(), value);
        }
        self
    }
}

//! Prompt files: actions that a workspace or its user brings along.
//!
//! A file `NAME.md` is the action `NAME`: front matter that says what becomes of the answer, and a template of the prompt.
//! Files of a workspace are not trusted: they decide neither who is asked without the user's consent, nor what is read.

mod branch;
mod files;
mod front_matter;
mod load;
mod prompt;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use branch::branch;
pub(crate) use files::{FilePattern, FileToUpload, files_to_upload};
pub(crate) use front_matter::Instruction;
pub(crate) use load::{Loaded, Report, load};
pub(crate) use prompt::{PromptFileError, prompt};

use super::Action;
use super::template::Template;

/// The folder of prompt files in a workspace folder.
pub(crate) const WORKSPACE_FOLDER: &str = ".stackspot/actions";

/// The folder of prompt files in the folder of the user's configuration.
pub(crate) const PERSONAL_FOLDER: &str = "actions";

/// The largest prompt file, in bytes.
const LARGEST_FILE: u64 = 256 << 10;

/// So many prompt files are read in one folder.
const MOST_FILES: usize = 1_000;

/// The longest name of an action.
const LONGEST_NAME_CHARS: usize = 64;

/// What a prompt file says beside what is in its [`Action`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptFile {
    /// The file as it is shown: relative to its workspace folder.
    pub shown: String,
    /// Whose file it is.
    pub origin: Origin,
    /// LSP language ids of the documents it is for; empty for all.
    pub languages: Vec<String>,
    /// Whether it takes the user's own words.
    pub instruction: Instruction,
    /// Whether the agent uses its knowledge sources; `None` leaves that to the settings.
    pub knowledge: Option<bool>,
    /// Ids of the knowledge sources to search beside the agent's own; `None` leaves that to the settings.
    pub knowledge_sources: Option<Vec<String>>,
    /// What is uploaded for the agent to read.
    pub files: Vec<FilePattern>,
    /// The prompt.
    pub template: Template,
}

/// Whose a prompt file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It came with the workspace folder at this path, and is not trusted.
    Workspace(PathBuf),
    /// It is the user's own.
    Personal,
}

impl PromptFile {
    /// Whether menus show it for documents of this language.
    pub fn is_for(&self, language_id: &str) -> bool {
        self.languages.is_empty() || self.languages.iter().any(|language| language == language_id)
    }

    /// A title for it in one line. That of a workspace's file says whose it is, so that it cannot pass for one of this
    /// program's.
    pub(crate) fn titled(&self, name: &str, title: &str) -> String {
        let title = crate::i18n::one_line(title);
        match self.origin {
            Origin::Workspace(_) => format!("{title} ({name}.md)"),
            Origin::Personal => title,
        }
    }
}

/// A folder in which prompt files may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PromptFolder {
    /// The folder with the files.
    pub folder: PathBuf,
    /// The workspace folder that it belongs to; `None` for the user's own.
    pub workspace: Option<PathBuf>,
}

impl PromptFolder {
    /// The place of a workspace folder.
    pub(crate) fn of_workspace(folder: &Path) -> Self {
        Self { folder: folder.join(WORKSPACE_FOLDER), workspace: Some(folder.to_owned()) }
    }

    /// The user's own place, in the folder of their configuration.
    pub(crate) fn personal(config_dir: &Path) -> Self {
        Self { folder: config_dir.join(PERSONAL_FOLDER), workspace: None }
    }

    /// Whether a file of this path would be looked at.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.parent() == Some(&self.folder) && path.extension().is_some_and(|extension| extension == "md")
    }
}

/// All actions that come from prompt files, by id; in this order menus show them.
pub(crate) type PromptFiles = BTreeMap<String, Action>;

#[cfg(test)]
impl PromptFile {
    /// A prompt file for all documents, with this template.
    fn of_template(shown: &str, origin: Origin, template: &str) -> Self {
        Self {
            shown: shown.to_owned(),
            origin,
            languages: vec![],
            instruction: Instruction::Optional,
            knowledge: None,
            knowledge_sources: None,
            files: vec![],
            template: Template::parse(template, 1).unwrap(),
        }
    }
}

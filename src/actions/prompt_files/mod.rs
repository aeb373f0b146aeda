//! Prompt files: actions that a workspace or its user adds.
//!
//! A file `NAME.md` is the action `NAME`: its front matter decides the use of the answer, its body is the prompt's
//! template. Workspace files are not trusted: they can choose neither files to read nor, without consent, the agent.

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

/// The largest number of prompt files to read in one folder.
const MOST_FILES: usize = 1_000;

/// The longest name of an action.
const LONGEST_NAME_CHARS: usize = 64;

/// The content of a prompt file that is not in its [`Action`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptFile {
    /// The name of the file for users: relative to its workspace folder.
    pub shown: String,
    /// The owner of the file.
    pub owner: PromptFileOwner,
    /// LSP language ids of the documents for which menus show it. Empty for all.
    pub languages: Vec<String>,
    /// Whether it uses the user's own words.
    pub instruction: Instruction,
    /// Whether the agent uses its knowledge sources. With `None`, the settings decide.
    pub knowledge: Option<bool>,
    /// Ids of the knowledge sources to search in addition to the agent's own. With `None`, the settings decide.
    pub knowledge_sources: Option<Vec<String>>,
    /// The files to upload for the agent.
    pub files: Vec<FilePattern>,
    /// The prompt.
    pub template: Template,
}

/// The owner of a prompt file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptFileOwner {
    /// It came with the workspace folder at this path, and is not trusted.
    Workspace(PathBuf),
    /// It belongs to the user.
    Personal,
}

impl PromptFile {
    /// Whether menus show it for documents of this language.
    pub fn is_for(&self, language_id: &str) -> bool {
        self.languages.is_empty() || self.languages.iter().any(|language| language == language_id)
    }

    /// Its title on one line. The title of a workspace's file contains the name of the file, so that it cannot imitate
    /// a title of this program.
    pub(crate) fn titled(&self, name: &str, title: &str) -> String {
        let title = crate::i18n::one_line(title);
        match self.owner {
            PromptFileOwner::Workspace(_) => format!("{title} ({name}.md)"),
            PromptFileOwner::Personal => title,
        }
    }
}

/// A folder that may contain prompt files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PromptFolder {
    /// The folder with the files.
    pub folder: PathBuf,
    /// Its workspace folder. `None` for the user's own folder.
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

    /// Whether the server would read a file with this path.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.parent() == Some(&self.folder) && path.extension().is_some_and(|extension| extension == "md")
    }
}

/// All actions of prompt files, by id. Menus show them in this order.
pub(crate) type PromptFiles = BTreeMap<String, Action>;

#[cfg(test)]
impl PromptFile {
    /// A prompt file for all documents, with this template.
    fn of_template(shown: &str, owner: PromptFileOwner, template: &str) -> Self {
        Self {
            shown: shown.to_owned(),
            owner,
            languages: vec![],
            instruction: Instruction::Optional,
            knowledge: None,
            knowledge_sources: None,
            files: vec![],
            template: Template::parse(template, 1).unwrap(),
        }
    }
}

//! The context of a document that may go into a prompt: rules, and the other open documents.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::actions::context::{OpenDocument, RulesFile};
use crate::documents::Snapshot;
use crate::{encoding, files, guard};

/// The rules files of each folder, from the workspace down to the document's folder. The most specific comes last.
const RULES: [&str; 2] = ["AGENTS.md", ".stackspot/rules.md"];

/// The longest rules file that is read, in bytes. Rules may use only a quarter of the prompt's budget.
const LONGEST_RULES: u64 = 256 << 10;

/// How many folders between the workspace and the document are searched.
const MOST_FOLDERS: usize = 64;

/// The name of the user's own file of rules, beside `config.toml`.
pub(crate) const USER_RULES: &str = "rules.md";

/// The context of a document at the moment of asking.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace {
    pub folders: Vec<PathBuf>,
    /// The path of the user's own rules file; it may not exist.
    pub user_rules: Option<PathBuf>,
    /// The open documents if the prompt uses them; else empty.
    pub open_documents: Vec<Snapshot>,
}

impl Workspace {
    /// The rules for the document at `path`, the most general first: those of the user, of the workspace folder, then
    /// of each folder down to the document. It excludes files behind links, and files that git or `.stackspotignore`
    /// ignores. It reads files: call it where blocking is allowed.
    pub(super) fn rules(&self, path: Option<&Path>) -> Vec<RulesFile> {
        let of_user = self.user_rules.as_deref().and_then(|path| rules_file(path, USER_RULES.to_owned()));
        let mut found: Vec<RulesFile> = of_user.into_iter().collect();
        let Some(path) = path else { return found };
        let Some(root) = self.folders_of(path).min_by_key(|folder| folder.as_os_str().len()) else { return found };
        let Ok(real_root) = root.canonicalize() else { return found };
        let mut folders: Vec<&Path> = path.ancestors().skip(1).take_while(|folder| folder.starts_with(root)).collect();
        folders.reverse();
        for folder in folders.into_iter().take(MOST_FOLDERS) {
            for name in RULES {
                let file = folder.join(name);
                // A repository may contain links with an attacker's targets. No part of the path may be a link.
                let inside = file.strip_prefix(root).unwrap_or(&file);
                let is_itself = file.canonicalize().is_ok_and(|real| real == real_root.join(inside));
                if !is_itself || !guard::about_file(&file, &self.folders).is_empty() {
                    continue;
                }
                found.extend(rules_file(&file, shown_in(&file, &self.folders)));
            }
        }
        found
    }

    /// The other open documents, the most important first: those with the language of `document`, then the latest
    /// changed. Documents that may hold a secret, or are excluded from agents, come without their text. It reads ignore
    /// rules: call it where blocking is allowed.
    pub(super) fn other_open_documents(&self, document: &Snapshot, max_chars: usize) -> Vec<OpenDocument> {
        let mut others: Vec<&Snapshot> = self.open_documents.iter().filter(|other| other.uri != document.uri).collect();
        others.sort_by_key(|other| (other.language_id != document.language_id, std::cmp::Reverse(other.revision)));
        others.into_iter().filter_map(|other| self.open_document(other, max_chars)).collect()
    }

    fn open_document(&self, other: &Snapshot, max_chars: usize) -> Option<OpenDocument> {
        // A document without a file is not code: an output, a diff, or an answer of this server.
        let path = other.uri.to_file_path()?;
        let is_guarded = || {
            !guard::about_file(&path, &self.folders).is_empty()
                // A text that is too long is not searched.
                || other.text.len_chars() <= max_chars && !guard::find_secrets(&other.text.to_string()).is_empty()
        };
        let text = (!is_guarded()).then(|| other.text.clone());
        Some(OpenDocument {
            name: shown_in(&path, &self.folders).into(),
            language_id: Arc::clone(&other.language_id),
            text,
        })
    }

    /// The workspace folders that contain a file. They may be nested.
    fn folders_of(&self, path: &Path) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path).filter(move |folder| path.starts_with(folder))
    }
}

/// The name of a file for agents, titles and messages: inside the nearest of the folders, else its last part. Therefore
/// it never contains a home directory.
pub(crate) fn shown_in(path: &Path, folders: &[impl AsRef<Path>]) -> String {
    let inside = folders.iter().filter_map(|folder| path.strip_prefix(folder).ok());
    let inside = inside.min_by_key(|inside| inside.as_os_str().len()).map(Path::as_os_str);
    inside.or_else(|| path.file_name()).unwrap_or_default().to_string_lossy().replace('\\', "/")
}

/// A rules file; `None` if it does not exist, is blank, or is not text.
fn rules_file(path: &Path, name: String) -> Option<RulesFile> {
    let bytes = match files::read_first_bytes(path, LONGEST_RULES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(file = %path.display(), %error, "the rules cannot be read");
            return None;
        }
    };
    let text = encoding::decode(&bytes)?;
    (!text.trim().is_empty()).then(|| RulesFile { name: name.into(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(files: &[(&str, &str)]) -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = folder.path().join("shop");
        std::fs::create_dir_all(&root).unwrap();
        let user_rules = Some(folder.path().join("rules.md"));
        (folder, Workspace { folders: vec![root], user_rules, ..Workspace::default() })
    }

    fn names(workspace: &Workspace, path: &Path) -> Vec<String> {
        workspace.rules(Some(path)).iter().map(|file| file.name.to_string()).collect()
    }

    #[test]
    fn rules_are_ordered_from_user_file_to_document_folder() {
        let (folder, workspace) = workspace(&[
            ("rules.md", "mine"),
            ("AGENTS.md", "above the workspace"),
            ("shop/AGENTS.md", "\u{feff}of the project"),
            ("shop/.stackspot/rules.md", "more of it"),
            ("shop/src/AGENTS.md", "of a folder"),
            ("shop/src/empty/AGENTS.md", " \n"),
            ("shop/docs/AGENTS.md", "of another one"),
        ]);
        let document = folder.path().join("shop/src/empty/cart.py");
        let expected = ["rules.md", "AGENTS.md", ".stackspot/rules.md", "src/AGENTS.md"];
        assert_eq!(names(&workspace, &document), expected);
        assert_eq!(workspace.rules(Some(&document))[1].text, "of the project");
        assert_eq!(names(&workspace, &folder.path().join("other/cart.py")), ["rules.md"], "outside of the workspace");
    }

    #[test]
    fn no_link_and_no_ignored_file_gives_rules() {
        let (folder, workspace) = workspace(&[
            ("secret.md", "elsewhere"),
            ("shop/.stackspotignore", "/src/AGENTS.md\n"),
            ("shop/src/AGENTS.md", "not for agents"),
        ]);
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("secret.md"), folder.path().join("shop/AGENTS.md")).unwrap();
        assert_eq!(names(&workspace, &folder.path().join("shop/src/cart.py")), Vec::<String>::new());
    }

    #[test]
    fn file_is_named_inside_the_nearest_folder_or_by_its_last_part() {
        let folders = ["/home/ana/shop", "/home/ana/shop/web"];
        let named = |path| shown_in(Path::new(path), &folders);
        assert_eq!(named("/home/ana/shop/src/cart.py"), "src/cart.py");
        assert_eq!(named("/home/ana/shop/web/index.ts"), "index.ts");
        assert_eq!(named("/home/ana/notes.md"), "notes.md");
    }

    #[test]
    fn open_documents_of_same_language_come_first_without_secrets() {
        let (folder, mut workspace) = workspace(&[("shop/.gitignore", "build/\n"), ("shop/.git/HEAD", "")]);
        let store = crate::documents::DocumentStore::new(crate::documents::PositionEncoding::Utf8);
        let token = format!("{}{}", "ghp_", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789");
        let texts = [
            ("cart.py", "python", "mine"),
            ("a.js", "javascript", "js"),
            ("old.py", "python", "old"),
            ("new.py", "python", "new"),
            (".env", "dotenv", "A=1"),
            ("build/out.js", "javascript", "made"),
            ("token.js", "javascript", token.as_str()),
        ];
        let uri = |name: &str| crate::documents::DocumentUri::from_file_path(&folder.path().join("shop").join(name));
        for (name, language, text) in texts {
            store.open(uri(name).as_str(), language, 1, text);
        }
        store.open("untitled:1", "python", 1, "nowhere");
        workspace.open_documents =
            store.open_documents().iter().filter_map(|uri| store.snapshot(uri.as_str()).ok()).collect();
        let document = store.snapshot(uri("cart.py").as_str()).unwrap();
        let beside = workspace.other_open_documents(&document, 1_000);
        let shown: Vec<(&str, bool)> = beside.iter().map(|it| (&*it.name, it.text.is_some())).collect();
        let expected = [
            ("new.py", true),
            ("old.py", true),
            ("token.js", false),
            ("build/out.js", false),
            (".env", false),
            ("a.js", true),
        ];
        assert_eq!(shown, expected);
    }
}

//! Finds the files to upload for a prompt file: paths inside of the workspace, or patterns.
//!
//! A workspace is not trusted, and its prompt files decide what is uploaded. Therefore a file must be in the workspace
//! after all links, and the number of files is limited. Another module checks the files for secrets before the upload.

use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use ignore::WalkBuilder;

use super::{PromptFile, PromptFileOwner};
use crate::guard;
use crate::i18n::{Message, message};

/// The largest number of files to upload for one question. More files are probably an error of the pattern.
const MOST_FILES: usize = 20;

/// The largest number of files and folders to search for one pattern.
const MOST_LOOKED_AT: usize = 100_000;

/// A path inside the workspace, or a pattern: `*` and `?` within a folder, `**` across folders, `{a,b}`, `[ab]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePattern(String);

/// A file that is uploaded with a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileToUpload {
    /// The file itself, after all links.
    pub path: PathBuf,
    /// Its name in the request: inside the workspace, or as on the command line.
    pub shown: String,
}

impl FileToUpload {
    /// Its name for the agent, without folders.
    pub fn name(&self) -> String {
        let named = Path::new(&self.shown).file_name().or_else(|| self.path.file_name());
        named.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

impl FilePattern {
    /// Reads a value of the front matter.
    pub(super) fn parse(text: String) -> Result<Self, Message> {
        let mut parts = Path::new(&text).components();
        let is_inside = parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_inside || text.contains('\\') {
            return Err(message!("prompt-problem-file-outside", file = text));
        }
        match matcher(&text) {
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(message!("prompt-problem-no-pattern", pattern = text, reason = error.kind().to_string())),
        }
    }

    fn is_plain(&self) -> bool {
        !self.0.contains(['*', '?', '[', '{'])
    }

    /// The folder that contains all matching files.
    fn base(&self) -> PathBuf {
        let names = Path::new(&self.0).components().map(|part| part.as_os_str().to_string_lossy());
        let mut plain: Vec<_> =
            names.take_while(|name| !name.contains(['*', '?', '[', '{'])).map(String::from).collect();
        if self.is_plain() {
            plain.pop();
        }
        plain.into_iter().collect()
    }
}

fn matcher(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let pattern = pattern.trim_start_matches("./");
    Ok(GlobBuilder::new(pattern).literal_separator(true).build()?.compile_matcher())
}

/// The files that a prompt file requests. **This reads folders**: call it where blocking is allowed. The search uses
/// the workspace folder of the prompt file. For the user's own prompt file, it uses the document's workspace folder.
///
/// # Errors
/// A sentence about files that do not exist, or that must not be sent.
pub(crate) fn files_to_upload(
    file: &PromptFile,
    document: Option<&Path>,
    folders: &[PathBuf],
) -> Result<Vec<FileToUpload>, Message> {
    if file.files.is_empty() {
        return Ok(Vec::new());
    }
    let around = |document: &Path| folders.iter().filter(|folder| document.starts_with(folder)).max();
    let root = match &file.owner {
        PromptFileOwner::Workspace(folder) => Some(folder),
        PromptFileOwner::Personal => document.and_then(around),
    };
    let root = root.ok_or_else(|| message!("upload-no-workspace", file = &file.shown))?;
    let real_root = fs::canonicalize(root).map_err(|error| unreadable(file, &root.to_string_lossy(), &error))?;
    let mut found: Vec<FileToUpload> = Vec::new();
    for pattern in &file.files {
        let named = if pattern.is_plain() { vec![PathBuf::from(&pattern.0)] } else { matching(pattern, root) };
        if named.is_empty() {
            return Err(message!("upload-no-match", pattern = &pattern.0, file = &file.shown));
        }
        for inside in named {
            let asked = inside_of(&real_root, root, &inside, file)?;
            if !found.iter().any(|it| it.path == asked.path) {
                found.push(asked);
            }
            if found.len() > MOST_FILES {
                return Err(message!("upload-too-many", file = &file.shown, most = MOST_FILES));
            }
        }
    }
    Ok(found)
}

fn inside_of(real_root: &Path, root: &Path, inside: &Path, file: &PromptFile) -> Result<FileToUpload, Message> {
    let shown = inside.to_string_lossy().replace('\\', "/");
    let shown = shown.trim_start_matches("./").to_owned();
    let path = fs::canonicalize(root.join(inside)).map_err(|error| unreadable(file, &shown, &error))?;
    // The `.git` folder contains credentials: of remotes, of a pipeline's checkout.
    let is_gits = |path: &Path| path.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"));
    if is_gits(inside) || is_gits(path.strip_prefix(real_root).unwrap_or(&path)) {
        return Err(message!("upload-of-git", name = shown, file = &file.shown));
    }
    if !path.starts_with(real_root) {
        return Err(message!("upload-outside", name = shown, file = &file.shown));
    }
    Ok(FileToUpload { path, shown })
}

fn unreadable(file: &PromptFile, name: &str, error: &std::io::Error) -> Message {
    message!("upload-unreadable", name = name.to_owned(), file = &file.shown, cause = error.to_string())
}

/// The workspace files that match a pattern, sorted. Files that are hidden, or ignored by git or `.stackspotignore`,
/// are not included, unless a plain path names them. Links to folders are not followed.
fn matching(pattern: &FilePattern, root: &Path) -> Vec<PathBuf> {
    let Ok(matcher) = matcher(&pattern.0) else { return Vec::new() };
    let mut walk = WalkBuilder::new(root.join(pattern.base()));
    // The walk itself reads only the user's own rules: rules files of a workspace may be pipes, which never end.
    walk.standard_filters(false).require_git(false).hidden(true).git_global(true);
    let (top, fits) = (root.to_owned(), matcher.clone());
    walk.filter_entry(move |entry| {
        let inside = entry.path().strip_prefix(&top).unwrap_or(entry.path());
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        (is_folder || fits.is_match(inside)) && guard::ignored(entry.path(), std::slice::from_ref(&top)).is_none()
    });
    let entries = walk.build().take(MOST_LOOKED_AT).filter_map(Result::ok);
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_some_and(|kind| !kind.is_dir()))
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_owned()))
        .filter(|inside| matcher.is_match(inside))
        .take(MOST_FILES + 1)
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::i18n::Language;

    fn file(owner: PromptFileOwner, patterns: &[&str]) -> PromptFile {
        let files = patterns.iter().map(|it| FilePattern::parse((*it).to_owned()).unwrap()).collect();
        PromptFile { files, ..PromptFile::of_template(".stackspot/actions/check.md", owner, "Check.") }
    }

    fn workspace(files: &[&str]) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        for name in files {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), "text").unwrap();
        }
        (folder, root)
    }

    fn found(root: &Path, patterns: &[&str]) -> Result<Vec<String>, String> {
        let files = files_to_upload(&file(PromptFileOwner::Workspace(root.to_owned()), patterns), None, &[]);
        files.map(|files| files.into_iter().map(|it| it.shown).collect()).map_err(|it| it.text(Language::En))
    }

    #[test]
    fn files_are_named_by_path_or_by_pattern_each_once() {
        let names = ["README.md", "docs/a.md", "docs/b.md", "docs/deep/c.md", "src/lib.rs"];
        let (_folder, root) = workspace(&names);
        assert_eq!(found(&root, &["./docs/b.md", "docs/*.md"]).unwrap(), ["docs/b.md", "docs/a.md"]);
        assert_eq!(found(&root, &["**/*.md"]).unwrap(), names.map(String::from)[..4]);
        assert_eq!(found(&root, &["docs/{deep/c,a}.md"]).unwrap(), ["docs/a.md", "docs/deep/c.md"]);
    }

    #[test]
    fn pattern_skips_ignored_and_hidden_files() {
        let (_folder, root) = workspace(&["a.md", "out/b.md", "private/c.md", ".hidden/d.md"]);
        fs::write(root.join(".gitignore"), "out/\n").unwrap();
        fs::write(root.join(".stackspotignore"), "private/\n").unwrap();
        assert_eq!(found(&root, &["**/*.md"]).unwrap(), ["a.md"]);
    }

    #[test]
    fn missing_files_and_too_many_files_are_errors() {
        let many: Vec<String> = (0..=MOST_FILES).map(|it| format!("{it}.md")).collect();
        let (_folder, root) = workspace(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(found(&root, &["*.md"]).unwrap_err().contains("more than 20 files"));
        assert!(found(&root, &["*.txt"]).unwrap_err().contains("“*.txt”"));
        assert!(found(&root, &["none.md"]).unwrap_err().contains("none.md"));
    }

    #[test]
    fn no_name_leads_out_of_the_workspace() {
        for outside in ["../notes.md", "/etc/passwd", "a/../../b", "..", "a\\..\\..\\b"] {
            let refused = FilePattern::parse(outside.to_owned());
            assert_eq!(refused, Err(message!("prompt-problem-file-outside", file = outside)));
        }
        let odd = FilePattern::parse("a[".to_owned()).unwrap_err().text(Language::En);
        assert!(odd.contains("a["), "{odd}");
    }

    #[cfg(unix)] // symlink
    #[test]
    fn no_link_leads_an_upload_out_of_the_workspace() {
        let (folder, root) = workspace(&["a.md"]);
        fs::write(folder.path().join("private.md"), "mine").unwrap();
        std::os::unix::fs::symlink("../private.md", root.join("notes.md")).unwrap();
        std::os::unix::fs::symlink("..", root.join("up")).unwrap();
        for pattern in ["notes.md", "up/private.md", "*.md"] {
            assert!(found(&root, &[pattern]).unwrap_err().contains("outside of the workspace"), "{pattern}");
        }
        assert_eq!(found(&root, &["**/a.md"]).unwrap(), ["a.md"]);
    }

    #[test]
    fn personal_prompt_finds_files_only_in_the_document_workspace() {
        let (_folder, root) = workspace(&["a.md", "src/lib.rs"]);
        let own = file(PromptFileOwner::Personal, &["a.md"]);
        let folders = [root.clone()];
        let around = |document: Option<&Path>| files_to_upload(&own, document, &folders);
        assert_eq!(around(Some(&root.join("src/lib.rs"))).unwrap().len(), 1);
        assert!(around(Some(Path::new("/elsewhere.rs"))).is_err());
        assert!(around(None).is_err());
    }
}

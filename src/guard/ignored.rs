//! Finds the files that git or a `.stackspotignore` ignores. Only this part of the guard reads files.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use std::sync::{Arc, LazyLock, Mutex};
use std::time::SystemTime;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::encoding::decode;
use crate::files;
use crate::tasks::lock;

/// The rule file that ignores a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IgnoredBy {
    /// A `.gitignore`, or `info/exclude` of the repository.
    GitIgnore,
    /// A `.stackspotignore`: the user excluded this file from agents.
    StackspotIgnore,
}

/// The maximum size of a rule file that is read, in bytes. The rest of a longer file is not used.
const LONGEST_RULES: u64 = 256 << 10;

/// The maximum number of rules, because building rules costs far more than reading them. If the folders above have this
/// many rules, the rules of a folder are not read.
const MOST_RULES: usize = 5_000;

/// What ignores the file at `path` (absolute), in a workspace with the folders `roots`. Rules apply from the top of the
/// repository and workspace down to the file's folder. Nearer rules override farther ones; negation works as in git.
///
/// **This reads files** (the rules, and the target of `.git`), at most two a folder, 256 KiB each. Call it only where a
/// thread may block. Missing or unreadable rules ignore nothing; unreadable rules are logged.
///
/// The git index is not read. Therefore a committed file counts as ignored if a rule matches it. The user's rules for
/// all repositories (`core.excludesFile`) are not read either.
pub fn ignored(path: &Path, roots: &[PathBuf]) -> Option<IgnoredBy> {
    let folder = path.parent()?;
    if path.components().any(|part| part == Component::ParentDir) {
        return ignored(&without_parents(path), roots);
    }
    let repository = folder.ancestors().find(|folder| folder.join(".git").exists());
    let workspace = roots.iter().filter(|root| path.starts_with(root)).min_by_key(|root| root.components().count());
    let git_top = repository.or(workspace.map(PathBuf::as_path)).unwrap_or(folder);
    // If the user opens a part of a repository, or a folder with several, all rules between apply.
    let own_top = workspace.map(PathBuf::as_path).filter(|root| git_top.starts_with(root)).unwrap_or(git_top);

    if is_ignored(path, own_top, ".stackspotignore", None) {
        return Some(IgnoredBy::StackspotIgnore);
    }
    let exclude = repository.and_then(common_git_folder).map(|git| git.join("info").join("exclude"));
    is_ignored(path, git_top, ".gitignore", exclude.as_deref()).then_some(IgnoredBy::GitIgnore)
}

/// Whether the files named `rules`, from `top` down, ignore `path` or one of its folders. As in git, a rule cannot
/// un-ignore a file in an ignored folder. `last` is one more rule file; it counts after those at `top`.
fn is_ignored(path: &Path, top: &Path, rules: &str, last: Option<&Path>) -> bool {
    let mut matchers: Vec<Arc<Gitignore>> = last.and_then(|last| read_rules(top, last)).into_iter().collect();
    let mut levels: Vec<&Path> = path.ancestors().take_while(|level| *level != top).collect();
    levels.reverse();
    let mut folder = top;
    for level in levels {
        let so_far: usize = matchers.iter().map(|matcher| matcher.len()).sum();
        if so_far < MOST_RULES {
            matchers.extend(read_rules(folder, &folder.join(rules)));
        } else {
            tracing::warn!(folder = %folder.display(), "there are too many ignore rules above this folder: its own are not read");
        }
        // The deepest rule that matches this level decides.
        let verdict =
            matchers.iter().rev().map(|matcher| matcher.matched(level, level != path)).find(|it| !it.is_none());
        if matches!(verdict, Some(Match::Ignore(_))) {
            return true;
        }
        folder = level;
    }
    false
}

/// The rules in `file`, which apply from `folder` down. They are built again only if the file changes.
fn read_rules(folder: &Path, file: &Path) -> Option<Arc<Gitignore>> {
    let facts = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    let stamp = (facts.modified().ok(), facts.len());
    let key = (folder.to_owned(), file.to_owned());
    let kept = || lock(&KEPT);
    if let Some((_, rules)) = kept().get(&key).filter(|(of, _)| *of == stamp) {
        return rules.clone();
    }
    let rules = build_rules(folder, file).map(Arc::new);
    let mut kept = kept();
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(key, (stamp, rules.clone()));
    rules
}

type Stamp = (Option<SystemTime>, u64);

/// The rules of the last read, by folder and file. Each use checks whether the file changed.
static KEPT: LazyLock<Mutex<KeptRules>> = LazyLock::new(Mutex::default);

type KeptRules = HashMap<(PathBuf, PathBuf), (Stamp, Option<Arc<Gitignore>>)>;

/// The maximum number of rule files in the cache. A full cache is cleared.
const MOST_KEPT: usize = 256;

fn build_rules(folder: &Path, file: &Path) -> Option<Gitignore> {
    let bytes = match files::read_first_bytes(file, LONGEST_RULES) {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "the ignore rules cannot be read, so they ignore nothing");
            return None;
        }
    };
    let Some(text) = decode(&bytes) else {
        tracing::warn!(file = %file.display(), "the file of ignore rules is not text, so it ignores nothing");
        return None;
    };
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.lines().take(MOST_RULES) {
        // Git also skips a rule that it cannot read.
        if builder.add_line(None, line).is_err() {
            tracing::debug!(file = %file.display(), "an ignore rule was skipped");
        }
    }
    builder.build().ok().filter(|rules| !rules.is_empty())
}

/// The folder with the git data that all work trees of the repository at `top` share.
fn common_git_folder(top: &Path) -> Option<PathBuf> {
    let dot_git = top.join(".git");
    if dot_git.is_dir() {
        return Some(dot_git);
    }
    let pointer = |file: &Path| Some(decode(&files::read_first_bytes(file, 4096).ok()?)?.trim().to_owned());
    let git = top.join(pointer(&dot_git)?.strip_prefix("gitdir:")?.trim());
    let common = pointer(&git.join("commondir"));
    Some(common.map_or_else(|| git.clone(), |common| git.join(common)))
}

/// The path without `a/..`. Only the text of the path is used.
fn without_parents(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = clean.pop(),
            part => clean.push(part),
        }
    }
    clean
}

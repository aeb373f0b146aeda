//! Which files git, or the user for this purpose, ignores. The only part of the guard that reads files.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::encoding::decode;
use crate::files;

/// What ignores a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IgnoredBy {
    /// A `.gitignore`, or `info/exclude` of the repository.
    GitIgnore,
    /// A `.stackspotignore`: the user said that this file is not for agents.
    StackspotIgnore,
}

/// No file of rules is read further, in bytes; rules beyond are not followed.
const LONGEST_RULES: u64 = 256 << 10;

/// No more lines of a file are followed: to build rules costs far more than to read them. Where so many rules stand above a
/// folder, those of that folder are not read any more.
const MOST_RULES: usize = 5_000;

/// What ignores the file at `path` (absolute), in a workspace of the folders `roots`: rules from the top of its repository
/// and of its workspace down to its own folder, the nearer before the farther, with negation, as git reads them.
///
/// **This reads files** (the rules, and where `.git` points to), at most two a folder, a quarter of a megabyte each: call it where
/// blocking is allowed. Rules that are missing or cannot be read do not ignore anything; the latter is logged.
///
/// The index of git is not read: a file that was committed although a rule matches it counts as ignored, too. Nor are the
/// rules for all repositories of the user (`core.excludesFile`).
pub fn ignored(path: &Path, roots: &[PathBuf]) -> Option<IgnoredBy> {
    let folder = path.parent()?;
    if path.components().any(|part| part == Component::ParentDir) {
        return ignored(&without_parents(path), roots);
    }
    let repository = folder.ancestors().find(|folder| folder.join(".git").exists());
    let workspace = roots.iter().filter(|root| path.starts_with(root)).min_by_key(|root| root.components().count());
    let git_top = repository.or(workspace.map(PathBuf::as_path)).unwrap_or(folder);
    // Someone who opens a part of a repository, or a folder of several, means all of the rules between.
    let own_top = workspace.map(PathBuf::as_path).filter(|root| git_top.starts_with(root)).unwrap_or(git_top);

    if is_ignored(path, own_top, ".stackspotignore", None) {
        return Some(IgnoredBy::StackspotIgnore);
    }
    let exclude = repository.and_then(common_git_folder).map(|git| git.join("info").join("exclude"));
    is_ignored(path, git_top, ".gitignore", exclude.as_deref()).then_some(IgnoredBy::GitIgnore)
}

/// Whether the files called `rules`, from `top` down, ignore `path` or a folder it is in. What is in an ignored folder
/// cannot be un-ignored, as in git. `last` is a further file of rules that counts after those at `top`.
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
            tracing::warn!(folder = %folder.display(), "too many ignore rules stand above this folder: its own are not read");
        }
        // The deepest rule that says something about this level decides.
        let verdict =
            matchers.iter().rev().map(|matcher| matcher.matched(level, level != path)).find(|it| !it.is_none());
        if matches!(verdict, Some(Match::Ignore(_))) {
            return true;
        }
        folder = level;
    }
    false
}

/// The rules in `file`, which count from `folder` down. They are built once for each state of the file.
fn read_rules(folder: &Path, file: &Path) -> Option<Arc<Gitignore>> {
    let facts = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    let stamp = (facts.modified().ok(), facts.len());
    let key = (folder.to_owned(), file.to_owned());
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
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

/// The rules of files as they were read last, by the folder they count from and the file. Each use asks whether it changed.
static KEPT: LazyLock<Mutex<KeptRules>> = LazyLock::new(Mutex::default);

type KeptRules = HashMap<(PathBuf, PathBuf), (Stamp, Option<Arc<Gitignore>>)>;

/// So many files of rules are kept; then it begins anew.
const MOST_KEPT: usize = 256;

fn build_rules(folder: &Path, file: &Path) -> Option<Gitignore> {
    let bytes = match files::read(file, LONGEST_RULES) {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "the ignore rules cannot be read, so they ignore nothing");
            return None;
        }
    };
    let Some(text) = decode(&bytes) else {
        tracing::warn!(file = %file.display(), "the ignore rules are no text, so they ignore nothing");
        return None;
    };
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.lines().take(MOST_RULES) {
        // Git skips a rule it cannot read, too.
        if builder.add_line(None, line).is_err() {
            tracing::debug!(file = %file.display(), "an ignore rule was skipped");
        }
    }
    builder.build().ok().filter(|rules| !rules.is_empty())
}

/// Where the repository whose work tree begins at `top` keeps what all its work trees share.
fn common_git_folder(top: &Path) -> Option<PathBuf> {
    let dot_git = top.join(".git");
    if dot_git.is_dir() {
        return Some(dot_git);
    }
    let pointer = |file: &Path| Some(decode(&files::read(file, 4096).ok()?)?.trim().to_owned());
    let git = top.join(pointer(&dot_git)?.strip_prefix("gitdir:")?.trim());
    let common = pointer(&git.join("commondir"));
    Some(common.map_or_else(|| git.clone(), |common| git.join(common)))
}

/// The path with `a/..` taken out, by its letters alone.
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

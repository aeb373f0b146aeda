//! The lines that changed since a revision, as `git` reports them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use ropey::Rope;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use tokio::process::Command;

use crate::i18n::{Message, message};

/// The changes in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) path: PathBuf,
    /// The changed lines of the working tree, counted from zero, without the ends, in order. If lines were deleted,
    /// these are the lines around that place.
    pub(crate) lines: Vec<Range<usize>>,
}

/// The files of the repository around `folder` that changed since `revision`; with `file`, only that file. Deleted
/// files and links are excluded, because git knows only the target of a link, and a link may lead anywhere. The error
/// is a sentence: `git`, the repository or the revision does not exist.
pub(crate) async fn changed(folder: &Path, revision: &str, file: Option<&Path>) -> Result<Vec<Changed>, Message> {
    check_revision(revision)?;
    changed_in(&top_of(folder).await?, revision, file).await
}

async fn changed_in(top: &Path, revision: &str, file: Option<&Path>) -> Result<Vec<Changed>, Message> {
    let file = file.map(|file| file.to_string_lossy().into_owned());
    let mut arguments = vec!["--unified=0", "--src-prefix=a/", "--dst-prefix=b/", revision, "--"];
    arguments.extend(file.as_deref());
    let found =
        hunks(&git_diff(top, &arguments).await?).into_iter().map(|it| Changed { path: top.join(it.path), ..it });
    let is_file = |it: &Changed| std::fs::symlink_metadata(&it.path).is_ok_and(|found| found.is_file());
    Ok(found.filter(is_file).collect())
}

async fn top_of(folder: &Path) -> Result<PathBuf, Message> {
    let top = git(folder, &["rev-parse", "--show-toplevel"]).await?;
    Ok(PathBuf::from(top.trim_end_matches(['\r', '\n'])))
}

/// The lines of `text`, the current text of the file at `path`, that differ from `revision`; as in [`Changed`]. All
/// lines if the revision lacks the file, or nothing was committed yet. The errors are those of [`changed`].
pub(crate) async fn changed_since(path: &Path, revision: &str, text: &Rope) -> Result<Vec<Range<usize>>, Message> {
    check_revision(revision)?;
    // Git knows the target of a link, not its name.
    let path = tokio::fs::canonicalize(path).await.unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(&path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    git(folder, IS_WORK_TREE).await?;
    let commit = format!("{revision}^{{commit}}");
    let commit = git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).await;
    let before = match commit {
        Ok(commit) => git(folder, &["cat-file", "blob", &format!("{}:./{name}", commit.trim_end())]).await.ok(),
        Err(_) if revision == HEAD => None,
        Err(_) => return Err(message!("git-no-revision", revision = revision.to_owned())),
    };
    let text = text.clone();
    let compared = tokio::task::spawn_blocking(move || match before {
        Some(before) => differing(&before, &text.to_string()),
        None => std::iter::once(0..text.len_lines()).collect(),
    });
    compared.await.map_err(|_| message!("draft-failed"))
}

/// The output of `git diff` for the repository around `folder` since the last commit, and the files in it. Deleted
/// files are excluded. The errors are those of [`changed`].
pub(crate) async fn diff(folder: &Path) -> Result<(String, Vec<PathBuf>), Message> {
    let top = top_of(folder).await?;
    let files = changed_in(&top, HEAD, None).await?.into_iter().map(|it| it.path).collect();
    Ok((git_diff(&top, &[HEAD, "--"]).await?, files))
}

/// The revision that is checked out.
pub(crate) const HEAD: &str = "HEAD";

/// Succeeds only in a work tree.
const IS_WORK_TREE: &[&str] = &["rev-parse", "--is-inside-work-tree"];

/// Whether the file at `path` is in a work tree, and `git` is available.
pub(crate) async fn is_in_work_tree(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    git(folder, IS_WORK_TREE).await.is_ok_and(|said| said.trim_end() == "true")
}

/// Refuses a revision that git would read as a flag.
fn check_revision(revision: &str) -> Result<(), Message> {
    if revision.starts_with('-') || revision.trim().is_empty() {
        return Err(message!("git-no-revision", revision = revision.to_owned()));
    }
    Ok(())
}

/// If the distance between changes is at most this many lines, one question covers them.
const TOGETHER: usize = 40;

/// Joins changes that are close to each other.
pub(crate) fn grouped(lines: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for range in lines {
        match groups.last_mut() {
            Some(group) if range.start <= group.end + TOGETHER => group.end = group.end.max(range.end),
            _ => groups.push(range.clone()),
        }
    }
    groups
}

/// Whether some of these lines are among `lines`.
pub(crate) fn touches(changed: &[Range<usize>], lines: &Range<usize>) -> bool {
    changed.iter().any(|it| it.start < lines.end && lines.start < it.end)
}

/// How long two texts are compared. After that, the rest counts as changed.
const COMPARING: Duration = Duration::from_secs(2);

/// The lines of `now` that differ from `before`. Line breaks are ignored, because git may convert them.
fn differing(before: &str, now: &str) -> Vec<Range<usize>> {
    let (before, now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let deadline = Some(Instant::now() + COMPARING);
    let operations = capture_diff_slices_deadline(Algorithm::Myers, &before, &now, deadline);
    let changed = operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
    let lines = changed.map(|operation| touched(operation.new_range().start, operation.new_range().len()));
    lines.map(|lines| lines.start..lines.end.min(now.len())).filter(|lines| !lines.is_empty()).collect()
}

/// `count` lines from `start`, counted from zero. If lines were deleted, the lines around that place.
fn touched(start: usize, count: usize) -> Range<usize> {
    if count == 0 { start.saturating_sub(1)..start + 1 } else { start..start + count }
}

async fn git(folder: &Path, arguments: &[&str]) -> Result<String, Message> {
    output_of(&mut command(folder, arguments)).await
}

/// The arguments of every diff. The user's configuration does not change the format, and deleted files are excluded.
const DIFF: [&str; 6] =
    ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "--diff-filter=d"];

/// A diff with these further arguments. Git would run the filters that file attributes name. Filters of the user's own
/// configuration may run; those configured inside the repository may come from an attacker.
async fn git_diff(top: &Path, arguments: &[&str]) -> Result<String, Message> {
    let filters = ["config", "--show-scope", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process)$"];
    let listed = git(top, &filters).await.unwrap_or_default();
    let foreign = listed
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(scope, _)| matches!(*scope, "local" | "worktree"));
    let mut command = command(top, &[&DIFF, arguments].concat());
    // Names of filters may contain any character, so they do not go on the command line.
    let mut count: usize = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|it| it.parse().ok()).unwrap_or_default();
    for (_, name) in foreign {
        let filter = name.rsplit_once('.').map_or(name, |(filter, _)| filter);
        for (key, value) in [(name.to_owned(), ""), (format!("{filter}.required"), "false")] {
            command.env(format!("GIT_CONFIG_KEY_{count}"), key).env(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
        }
    }
    output_of(command.env("GIT_CONFIG_COUNT", count.to_string()).env("GIT_OPTIONAL_LOCKS", "0")).await
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    // Disables the hook of a file watcher, and keeps names unquoted.
    command.args(["-c", "core.fsmonitor=false", "-c", "core.quotepath=off"]).args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn output_of(command: &mut Command) -> Result<String, Message> {
    let output = command.output().await;
    let output = output.map_err(|error| message!("git-missing", error = error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(message!("git-failed", error = first.trim_start_matches("fatal: ").trim_end_matches('.').to_owned()))
}

/// The hunks of a diff without context.
fn hunks(diff: &str) -> Vec<Changed> {
    let mut files: Vec<Changed> = Vec::new();
    // Lines of the files may look like headers. Each hunk says how many lines follow it.
    let mut follow = 0_usize;
    for line in diff.lines() {
        if follow > 0 {
            // Git reports a missing line break in an extra line.
            follow -= usize::from(!line.starts_with('\\'));
        } else if let Some(path) = line.strip_prefix("+++ b/") {
            // A name with spaces ends with a tab.
            let path = PathBuf::from(path.trim_end_matches('\t'));
            files.push(Changed { path, lines: Vec::new() });
        } else if let Some((old, new)) = line.strip_prefix("@@ -").and_then(|rest| rest.split_once(" +")) {
            let (_, gone) = start_and_count(old);
            let (start, count) = start_and_count(new.split(" @@").next().unwrap_or_default());
            follow = gone + count;
            // If a hunk has no lines, its number is that of the line before.
            let lines = touched(if count == 0 { start } else { start.saturating_sub(1) }, count);
            if let Some(file) = files.last_mut() {
                file.lines.push(lines);
            }
        }
    }
    files.retain(|file| !file.lines.is_empty());
    files
}

/// `12,3` or `12`.
fn start_and_count(text: &str) -> (usize, usize) {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    (start.parse().unwrap_or(0), count.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_saved_is_compared_line_by_line() {
        let before = "a\nb\nc\nd\ne\n";
        let told = |now: &str| differing(before, now).into_iter().map(|it| (it.start, it.end)).collect::<Vec<_>>();
        assert_eq!(told("a\r\nb\r\nc\r\nd\r\ne"), [], "line breaks are converted by git");
        assert_eq!(told("a\nB\nc\nd\nx\ne\n"), [(1, 2), (4, 5)]);
        assert_eq!(told("a\nd\ne\n"), [(0, 2)], "around what went");
        assert_eq!(told("a\nb\nc\n"), [(2, 3)]);
        assert_eq!(told(""), []);
        assert!(touches(&differing(before, "A\nb\nc\nd\ne\n"), &(0..3)));
        assert!(!touches(&differing(before, "A\nb\nc\nd\ne\n"), &(1..5)));
    }

    #[test]
    fn hunks_are_lines_of_the_new_text() {
        let diff = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -3 +3,2 @@ def a():\n-+++ b/odd\n+x\n+y\n\
            @@ -9,2 +10,0 @@\n-p\n-q\ndiff --git a/the b.py b/the b.py\nnew file mode 100644\n--- /dev/null\n+++ b/the b.py\t\n@@ -0,0 +1 @@\n+z\n\
            \\ No newline at end of file\ndiff --git a/pic.png b/pic.png\nBinary files differ\n";
        let told: Vec<_> = hunks(diff).into_iter().map(|it| (it.path, it.lines)).collect();
        let one = std::iter::once(0..1).collect();
        assert_eq!(told, [(PathBuf::from("a.py"), vec![2..4, 9..11]), (PathBuf::from("the b.py"), one)]);
    }
}

//! The lines that changed since a revision, as `git` tells them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::i18n::{Message, message};

/// What changed in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// The file.
    pub(crate) path: PathBuf,
    /// The changed lines of the working tree, counted from zero, the ends not included; in order. Where lines went, those
    /// around the place.
    pub(crate) lines: Vec<Range<usize>>,
}

/// The files of the repository around `folder` that changed since `revision`, or, with `file`, that one alone. What is gone
/// is left out.
///
/// # Errors
/// A sentence: there is no `git`, no repository, or no such revision.
pub(crate) async fn changed(folder: &Path, revision: &str, file: Option<&Path>) -> Result<Vec<Changed>, Message> {
    // A revision that looks like a flag would be one.
    if revision.starts_with('-') || revision.trim().is_empty() {
        return Err(message!("git-no-revision", revision = revision.to_owned()));
    }
    let top = git(folder, &["rev-parse", "--show-toplevel"]).await?;
    let top = PathBuf::from(top.trim_end_matches(['\r', '\n']));
    let mut arguments = vec![
        "diff",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--unified=0",
        "--diff-filter=d",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        revision,
        "--",
    ];
    let file = file.map(|file| file.to_string_lossy().into_owned());
    arguments.extend(file.as_deref());
    Ok(hunks(&git(&top, &arguments).await?).into_iter().map(|it| Changed { path: top.join(it.path), ..it }).collect())
}

async fn git(folder: &Path, arguments: &[&str]) -> Result<String, Message> {
    let mut command = Command::new("git");
    // No hook of a watcher runs for this, and names are told as they are.
    command.args(["-c", "core.fsmonitor=false", "-c", "core.quotepath=off"]).args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(|error| message!("git-missing", error = error.to_string()))?;
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
    // Lines of the files themselves may look like heads: a hunk says how many of them follow.
    let mut follow = 0_usize;
    for line in diff.lines() {
        if follow > 0 {
            // That a line break is missing is said beside the lines.
            follow -= usize::from(!line.starts_with('\\'));
        } else if let Some(path) = line.strip_prefix("+++ b/") {
            // A name with blanks ends with a tab.
            let path = PathBuf::from(path.trim_end_matches('\t'));
            files.push(Changed { path, lines: Vec::new() });
        } else if let Some((old, new)) = line.strip_prefix("@@ -").and_then(|rest| rest.split_once(" +")) {
            let (_, gone) = start_and_count(old);
            let (start, count) = start_and_count(new.split(" @@").next().unwrap_or_default());
            follow = gone + count;
            let lines = match count {
                0 => start.saturating_sub(1)..start + 1,
                count => start.saturating_sub(1)..start.saturating_sub(1) + count,
            };
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
    fn hunks_are_lines_of_the_new_text() {
        let diff = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -3 +3,2 @@ def a():\n-+++ b/odd\n+x\n+y\n\
            @@ -9,2 +10,0 @@\n-p\n-q\ndiff --git a/the b.py b/the b.py\nnew file mode 100644\n--- /dev/null\n+++ b/the b.py\t\n@@ -0,0 +1 @@\n+z\n\
            \\ No newline at end of file\ndiff --git a/pic.png b/pic.png\nBinary files differ\n";
        let told: Vec<_> = hunks(diff).into_iter().map(|it| (it.path, it.lines)).collect();
        let one = std::iter::once(0..1).collect();
        assert_eq!(told, [(PathBuf::from("a.py"), vec![2..4, 9..11]), (PathBuf::from("the b.py"), one)]);
    }
}

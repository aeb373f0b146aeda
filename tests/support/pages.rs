//! The documentation pages, and the code blocks in them.
//!
//! A comment directly above a block, which the rendered page does not show, marks a special block:
//!
//! | comment | |
//! | --- | --- |
//! | `<!-- not run: WHY -->` | a shell block that cannot be run here: it needs an account, an editor, minutes |
//! | `<!-- run: in the background -->` | the block runs until the page is finished |
//! | `<!-- file: NAME -->` | the block is a file of that name for the shell blocks below it |
//! | `<!-- ci: STAGE -->` | `.ci/run` takes the command from here |

use std::fs;
use std::path::{Path, PathBuf};

/// A fenced block of a page.
#[derive(Debug, Clone)]
pub struct Block {
    /// The page's path below the root, with the line of the fence.
    pub place: String,
    /// The text after the opening fence.
    pub language: String,
    /// The lines, without the indentation of the fence.
    pub text: String,
    /// The comment directly above it, if one exists.
    pub note: Option<String>,
}

impl Block {
    /// The text of a comment `<!-- KIND: … -->` directly above the block.
    pub fn note(&self, kind: &str) -> Option<&str> {
        self.note.as_deref()?.strip_prefix(kind)?.strip_prefix(": ")
    }

    /// Whether it is for a shell.
    pub fn is_shell(&self) -> bool {
        ["sh", "bash", "shell", "console", "zsh", "fish", "powershell", "ps1", "bat"].contains(&self.language.as_str())
    }
}

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file below the root.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder whose names end with `ending`. Skips files that tools install there.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let own = entries.into_iter().filter(|path| !path.ends_with("node_modules"));
    let below = own.flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] });
    below.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// All documentation pages.
pub fn pages() -> Vec<PathBuf> {
    let folders = ["docs", "editors", "packaging", "benches"].map(|folder| root().join(folder));
    let top = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let mut top: Vec<PathBuf> = top.filter(|path| path.extension().is_some_and(|it| it == "md")).collect();
    top.sort();
    top.into_iter().chain(folders.iter().flat_map(|folder| files(folder, ".md"))).collect()
}

/// A page's path below the root.
pub fn name(page: &Path) -> String {
    page.strip_prefix(root()).unwrap_or(page).display().to_string().replace(std::path::MAIN_SEPARATOR, "/")
}

/// The fenced blocks of a page.
pub fn blocks(page: &Path) -> Vec<Block> {
    let text = read(page);
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = Vec::new();
    let mut next = 0;
    while let Some(line) = lines.get(next) {
        let content = line.trim_start();
        let fence: String = content.chars().take_while(|c| *c == '`').collect();
        if fence.len() < 3 {
            next += 1;
            continue;
        }
        let indent = line.len() - content.len();
        let inside: Vec<&str> = lines[next + 1..].iter().take_while(|line| line.trim() != fence).copied().collect();
        let text = inside.iter().map(|line| line.get(indent..).unwrap_or(line.trim_start())).collect::<Vec<_>>();
        let note =
            next.checked_sub(1).and_then(|above| lines[above].trim().strip_prefix("<!-- ")?.strip_suffix(" -->"));
        blocks.push(Block {
            place: format!("{}:{}", name(page), next + 1),
            language: content.trim_start_matches('`').trim().to_owned(),
            text: text.join("\n"),
            note: note.map(str::to_owned),
        });
        next += inside.len() + 2;
    }
    blocks
}

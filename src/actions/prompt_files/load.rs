//! Reads prompt files from the disk.

use std::borrow::Cow;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::front_matter::{self, FrontMatter, Instruction};
use super::{LARGEST_FILE, LONGEST_NAME_CHARS, MOST_FILES, PromptFile, PromptFileOwner, PromptFiles, PromptFolder};
use crate::actions::problem::Problem;
use crate::actions::template::Template;
use crate::actions::{Action, ActionResult, BUILT_INS, MenuRule, QUICK_FIX, REWRITE};
use crate::edit::Purpose;
use crate::i18n::{Message, message};
use crate::{files, guard};

/// The content of a set of places.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The actions.
    pub files: PromptFiles,
    /// The problems of each file.
    pub reports: Vec<Report>,
    /// A hash of the folders' metadata. It changes if a file is added, removed or written.
    pub fingerprint: u64,
}

/// A problem of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// The file.
    pub path: PathBuf,
    /// The name of the file for users: relative to its workspace folder.
    pub shown: String,
    /// The problem.
    pub problem: Problem,
    /// Whether the action works in spite of the problem.
    pub is_usable: bool,
    /// A hash that changes with the file.
    pub content: u64,
}

/// Reads all prompt files of these places. **This reads files**: call it where blocking is allowed. Returns `None` if
/// the fingerprint of the places is `known`.
///
/// An earlier place has priority over a later one, and every workspace over the user's own files. A file hides later
/// files with the same name.
pub(crate) fn load(places: &[PromptFolder], known: Option<u64>) -> Option<Loaded> {
    let mut listed: Vec<(&PromptFolder, Vec<Entry>)> = places.iter().map(|place| (place, list(place))).collect();
    let fingerprint = hash(&listed);
    if known == Some(fingerprint) {
        return None;
    }
    // The user's own files come last, at any position in the list.
    listed.sort_by_key(|(place, _)| place.workspace.is_none());
    let mut loaded = Loaded { fingerprint, ..Loaded::default() };
    for (place, entries) in listed {
        let root = place.workspace.as_deref().and_then(|root| fs::canonicalize(root).ok());
        for (index, entry) in entries.iter().enumerate().take(MOST_FILES + 1) {
            let inside = place.workspace.as_deref().and_then(|root| entry.path.strip_prefix(root).ok());
            let shown = inside.unwrap_or(&entry.path).to_string_lossy().replace('\\', "/");
            // Before a file is read, its metadata identify it.
            let mut content = hash(&(entry.modified, entry.bytes));
            let mut warnings = Vec::new();
            let action = if index < MOST_FILES {
                read_prompt_file(&entry.path, place, root.as_deref(), &shown, &mut content, &mut warnings)
            } else {
                Err(Problem::of_file(message!("prompt-problem-too-many", most = MOST_FILES)))
            };
            let is_usable = action.is_ok();
            let problems = match action {
                Ok(action) => {
                    loaded.files.entry(action.id.to_string()).or_insert(action);
                    warnings
                }
                Err(problem) => vec![problem],
            };
            let path = &entry.path;
            let report = |problem| Report { path: path.clone(), shown: shown.clone(), problem, is_usable, content };
            loaded.reports.extend(problems.into_iter().map(report));
        }
    }
    Some(loaded)
}

/// A file that should be an action.
#[derive(Hash)]
struct Entry {
    path: PathBuf,
    modified: Option<SystemTime>,
    bytes: u64,
}

/// The possible prompt files of a folder, by name. If the folder does not exist, there are none.
fn list(place: &PromptFolder) -> Vec<Entry> {
    let Ok(entries) = fs::read_dir(&place.folder) else { return Vec::new() };
    let entry = |entry: io::Result<fs::DirEntry>| {
        let path = entry.ok()?.path();
        let is_prompt = path.extension().is_some_and(|extension| extension == "md");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Files with a dot at the start belong to editors, and a README is for people.
        if !is_prompt || name.starts_with('.') || name.eq_ignore_ascii_case("readme.md") {
            return None;
        }
        // The metadata are those of a link's target. A broken link is reported when it is read.
        let facts = fs::metadata(&path).ok();
        let modified = facts.as_ref().and_then(|facts| facts.modified().ok());
        let bytes = facts.map_or(0, |facts| facts.len());
        Some(Entry { path, modified, bytes })
    };
    let mut found: Vec<Entry> = entries.filter_map(entry).collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The action of a file. `content` becomes a hash of its text; unusual but harmless values go to `warnings`.
fn read_prompt_file(
    path: &Path,
    place: &PromptFolder,
    root: Option<&Path>,
    shown: &str,
    content: &mut u64,
    warnings: &mut Vec<Problem>,
) -> Result<Action, Problem> {
    let name = name_of(path)?;
    let bytes = read_bytes(path, place, root)?;
    *content = hash(&bytes);
    let text = files::text_of(&bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        Problem::at(line, message!("prompt-problem-not-utf8"))
    })?;
    let parts = front_matter::split(&text)?;
    let front_matter = match parts.front_matter {
        Some((yaml, line)) => front_matter::parse_front_matter(yaml, line, warnings)?,
        None => FrontMatter::default(),
    };
    if parts.body.trim().is_empty() {
        return Err(Problem::of_file(message!("prompt-problem-empty")));
    }
    let template = Template::parse(parts.body, parts.body_line)?;
    if BUILT_INS.iter().any(|action| action.id == name) {
        return Err(Problem::of_file(message!("prompt-problem-built-in")));
    }
    let owner = place.workspace.clone().map_or(PromptFileOwner::Personal, PromptFileOwner::Workspace);
    Ok(action(name, front_matter, template, shown.to_owned(), owner))
}

fn action(name: &str, front_matter: FrontMatter, template: Template, shown: String, owner: PromptFileOwner) -> Action {
    let FrontMatter { title, kind, languages, agent, result, instruction, knowledge, knowledge_sources, files } =
        front_matter;
    let result = result.unwrap_or(ActionResult::Answer);
    let kind = kind.unwrap_or_else(|| match result {
        ActionResult::Replace | ActionResult::Insert => REWRITE.to_owned(),
        ActionResult::Answer | ActionResult::File | ActionResult::Remarks => format!("stackspot-lsp.{name}"),
    });
    let offered = match (&instruction, &*kind) {
        (Instruction::Required, _) => MenuRule::NeedsInstruction,
        (_, QUICK_FIX) => MenuRule::WithDiagnostics,
        _ => MenuRule::Always,
    };
    let file = PromptFile { shown, owner, languages, instruction, knowledge, knowledge_sources, files, template };
    Action {
        id: Cow::Owned(name.to_owned()),
        kind: Cow::Owned(kind),
        result,
        purpose: Purpose::Free,
        offered,
        title: Message::verbatim(file.titled(name, &title.unwrap_or_else(|| in_words(name)))),
        prompt: Cow::Borrowed(""),
        agent,
        file: Some(Arc::new(file)),
    }
}

fn name_of(path: &Path) -> Result<&str, Problem> {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let is_fine = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let is_valid = !name.is_empty() && name.chars().all(is_fine) && name.chars().count() <= LONGEST_NAME_CHARS;
    if is_valid {
        Ok(name)
    } else {
        Err(Problem::of_file(message!("prompt-problem-name", longest = LONGEST_NAME_CHARS)))
    }
}

/// The content of a file. A file of a workspace must be in the workspace after all links.
fn read_bytes(path: &Path, place: &PromptFolder, root: Option<&Path>) -> Result<Vec<u8>, Problem> {
    let unreadable =
        |error: io::Error| Problem::of_file(message!("prompt-problem-unreadable", reason = error.to_string()));
    let real = fs::canonicalize(path).map_err(unreadable)?;
    if place.workspace.is_some() && !root.is_some_and(|root| real.starts_with(root)) {
        return Err(Problem::of_file(message!("prompt-problem-outside")));
    }
    // The guard checks the target of a link, because its text would be the prompt.
    let inside = path.strip_prefix(place.workspace.as_deref().unwrap_or(Path::new(""))).ok();
    if let Some(root) = root
        && inside.is_none_or(|inside| root.join(inside) != real)
        && !guard::about_file(&real, &[root.to_owned()]).is_empty()
    {
        return Err(Problem::of_file(message!("prompt-problem-guarded")));
    }
    if !fs::metadata(&real).map_err(unreadable)?.is_file() {
        return Err(Problem::of_file(message!("prompt-problem-no-file")));
    }
    let bytes = files::read_first_bytes(&real, LARGEST_FILE + 1).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Problem::of_file(message!("prompt-problem-too-large", kib = LARGEST_FILE >> 10)));
    }
    Ok(bytes)
}

/// `review-security` as a title: `Review security`.
fn in_words(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn hash(content: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;

//! Reads prompt files from the disk.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::front_matter::{self, FrontMatter, Instruction};
use super::problem::{Problem, PromptFileFault};
use super::{LARGEST_FILE, LONGEST_NAME_CHARS, MOST_FILES, Origin, PromptFile, PromptFiles, PromptFolder};
use crate::actions::template::Template;
use crate::actions::{Action, ActionResult, BUILT_INS, MenuRule};
use crate::i18n::Message;
use crate::{files, guard};

/// What a set of places holds.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The actions.
    pub files: PromptFiles,
    /// What is wrong, by file.
    pub reports: Vec<Report>,
    /// By which a change is noticed.
    pub fingerprint: Fingerprint,
}

/// What is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// The file.
    pub path: PathBuf,
    /// The file as it is shown: relative to its workspace folder.
    pub shown: String,
    /// What is wrong.
    pub problem: Problem,
    /// Whether the action works in spite of it.
    pub is_usable: bool,
    /// Differs where the file differs.
    pub content: u64,
}

/// What the folders look like from outside: another one where a file came, went, or was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<(PathBuf, OsString, Option<SystemTime>, u64)>);

/// Reads all prompt files of these places. **This reads files**: call it where blocking is allowed. `None` where the
/// places look as in `known`.
///
/// An earlier place comes before a later one, and any of a workspace before the user's own: its files of the same name
/// hide the others.
pub(crate) fn load(places: &[PromptFolder], known: Option<&Fingerprint>) -> Option<Loaded> {
    let mut listed: Vec<(&PromptFolder, Vec<Entry>)> = places.iter().map(|place| (place, list(place))).collect();
    let fingerprint = fingerprint(&listed);
    if known == Some(&fingerprint) {
        return None;
    }
    // The user's own come last, wherever they stand in the list.
    listed.sort_by_key(|(place, _)| place.workspace.is_none());
    let mut actions: BTreeMap<String, Action> = BTreeMap::new();
    let mut reports = Vec::new();
    for (place, entries) in listed {
        let root = place.workspace.as_deref().and_then(|root| fs::canonicalize(root).ok());
        for (index, entry) in entries.into_iter().enumerate() {
            let mut report = Reporter::new(place, &entry, &mut reports);
            if index >= MOST_FILES {
                report.fails(Problem::of_file(PromptFileFault::TooMany));
                break;
            }
            match read(&entry, place, root.as_deref(), &mut report) {
                Ok(action) => {
                    actions.entry(action.id.to_string()).or_insert(action);
                }
                Err(problem) => report.fails(problem),
            }
        }
    }
    // Strings are sorted in a map as they are compared in a search.
    let files = PromptFiles { actions: actions.into_values().collect() };
    Some(Loaded { files, reports, fingerprint })
}

/// A file that is meant as an action.
struct Entry {
    path: PathBuf,
    file_name: OsString,
    modified: Option<SystemTime>,
    bytes: u64,
}

/// The files of a folder that may be prompt files, by name. A folder that is not there has none.
fn list(place: &PromptFolder) -> Vec<Entry> {
    let Ok(entries) = fs::read_dir(&place.folder) else { return Vec::new() };
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        let (path, file_name) = (entry.path(), entry.file_name());
        let is_prompt = path.extension().is_some_and(|extension| extension == "md");
        let name = file_name.to_string_lossy();
        // What begins with a dot are the editors' own files, and a README is for people.
        if !is_prompt || name.starts_with('.') || name.eq_ignore_ascii_case("readme.md") {
            return None;
        }
        // A link counts as what it leads to; one that leads nowhere is reported when it is read.
        let facts = fs::metadata(&path).ok();
        let modified = facts.as_ref().and_then(|facts| facts.modified().ok());
        let bytes = facts.map_or(0, |facts| facts.len());
        Some(Entry { path, file_name, modified, bytes })
    };
    let mut found: Vec<Entry> = entries.filter_map(entry).collect();
    found.sort_by(|a, b| a.file_name.cmp(&b.file_name));
    found
}

fn fingerprint(listed: &[(&PromptFolder, Vec<Entry>)]) -> Fingerprint {
    let of_place = |(place, entries): &(&PromptFolder, Vec<Entry>)| {
        let folder = (place.folder.clone(), OsString::new(), None, 0);
        let files: Vec<_> =
            entries.iter().map(|it| (PathBuf::new(), it.file_name.clone(), it.modified, it.bytes)).collect();
        std::iter::once(folder).chain(files)
    };
    Fingerprint(listed.iter().flat_map(of_place).collect())
}

/// Collects what is wrong with one file.
struct Reporter<'a> {
    path: PathBuf,
    shown: String,
    content: u64,
    reports: &'a mut Vec<Report>,
}

impl<'a> Reporter<'a> {
    fn new(place: &PromptFolder, entry: &Entry, reports: &'a mut Vec<Report>) -> Self {
        let inside = place.workspace.as_deref().and_then(|root| entry.path.strip_prefix(root).ok());
        let shown = inside.unwrap_or(&entry.path).to_string_lossy().replace('\\', "/");
        // Until it is read, a file is known by its outside.
        let content = hash(&(entry.modified, entry.bytes));
        Self { path: entry.path.clone(), shown, content, reports }
    }

    fn fails(&mut self, problem: Problem) {
        self.push(problem, false);
    }

    fn push(&mut self, problem: Problem, is_usable: bool) {
        let (path, shown) = (self.path.clone(), self.shown.clone());
        self.reports.push(Report { path, shown, problem, is_usable, content: self.content });
    }
}

fn read(
    entry: &Entry,
    place: &PromptFolder,
    root: Option<&Path>,
    report: &mut Reporter<'_>,
) -> Result<Action, Problem> {
    let name = name_of(&entry.path)?;
    let bytes = read_bytes(entry, place, root)?;
    report.content = hash(&bytes);
    let text = files::text_of(&bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        Problem::at(valid.iter().filter(|byte| **byte == b'\n').count() + 1, PromptFileFault::NotUtf8)
    })?;
    let parts = front_matter::split(&text)?;
    let mut warnings = Vec::new();
    let front_matter = match parts.front_matter {
        Some((yaml, line)) => front_matter::read(yaml, line, &mut warnings)?,
        None => FrontMatter::default(),
    };
    if parts.body.trim().is_empty() {
        return Err(Problem::of_file(PromptFileFault::Empty));
    }
    let template = Template::parse(parts.body, parts.body_line)?;
    if BUILT_INS.iter().any(|action| action.id == name) {
        return Err(Problem::of_file(PromptFileFault::BuiltIn));
    }
    warnings.into_iter().for_each(|warning| report.push(warning, true));
    let origin = place.workspace.clone().map_or(Origin::Personal, Origin::Workspace);
    Ok(action(name, front_matter, template, report.shown.clone(), origin))
}

fn action(name: &str, front_matter: FrontMatter, template: Template, shown: String, origin: Origin) -> Action {
    let FrontMatter { title, kind, languages, agent, result, instruction, knowledge, knowledge_sources, files } =
        front_matter;
    let result = result.unwrap_or(ActionResult::Answer);
    let kind = kind.unwrap_or_else(|| match result {
        ActionResult::Replace | ActionResult::Insert => "refactor.rewrite".to_owned(),
        ActionResult::Answer | ActionResult::File | ActionResult::Remarks => format!("stackspot-lsp.{name}"),
    });
    let offered = match (&instruction, &*kind) {
        (Instruction::Required, _) => MenuRule::NeedsInstruction,
        (_, "quickfix") => MenuRule::WithDiagnostics,
        _ => MenuRule::Always,
    };
    let file = PromptFile { shown, origin, languages, instruction, knowledge, knowledge_sources, files, template };
    Action {
        id: Cow::Owned(name.to_owned()),
        kind: Cow::Owned(kind),
        result,
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
    if is_valid { Ok(name) } else { Err(Problem::of_file(PromptFileFault::Name)) }
}

/// The content of a file. A file of a workspace must lie in it, wherever links lead.
fn read_bytes(entry: &Entry, place: &PromptFolder, root: Option<&Path>) -> Result<Vec<u8>, Problem> {
    let unreadable = |error: io::Error| Problem::of_file(PromptFileFault::Unreadable(error.to_string()));
    let real = fs::canonicalize(&entry.path).map_err(unreadable)?;
    if place.workspace.is_some() && !root.is_some_and(|root| real.starts_with(root)) {
        return Err(Problem::of_file(PromptFileFault::OutsideOfWorkspace));
    }
    // What a link leads to is judged as the file that it is: its text would be the prompt.
    let inside = entry.path.strip_prefix(place.workspace.as_deref().unwrap_or(Path::new(""))).ok();
    if let Some(root) = root
        && inside.is_none_or(|inside| root.join(inside) != real)
        && !guard::about_file(&real, &[root.to_owned()]).is_empty()
    {
        return Err(Problem::of_file(PromptFileFault::Guarded));
    }
    if !fs::metadata(&real).map_err(unreadable)?.is_file() {
        return Err(Problem::of_file(PromptFileFault::NoFile));
    }
    let bytes = files::read(&real, LARGEST_FILE + 1).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Problem::of_file(PromptFileFault::TooLarge));
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

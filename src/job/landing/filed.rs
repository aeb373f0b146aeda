//! Code that goes into another file, or below what is there already.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::expectation::with_lf;
use super::joining::joining;
use super::replacement::changed;
use super::{Landing, NotApplied, Proposal, Replacement, apply, judge, said, unchanged};
use crate::documents::{Anchor, AnchorState, DocumentStore};
use crate::edit::{self, Edit, Guess, New, NoCode, Original, Purpose, Reading};
use crate::i18n::{Message, message};
use crate::job::destination::{self, Destination, DestinationRecord, NoDestination, Origin};
use crate::job::run::{Applied, Host};
use crate::job::{Answer, Job, Jobs, Order, syntax_of};

/// How long a file may take to show the code after the client said that it was done.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often it is looked at meanwhile. No file tells by itself that it changed.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Code that waits to go into a file.
#[derive(Debug)]
pub struct FileEdit {
    home: Destination,
    code: String,
    documents: DocumentStore,
    /// Follows the place where the file is open.
    anchor: Option<Anchor>,
}

/// What outlives the session of code that waits to go into a file.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct FileEditRecord {
    home: DestinationRecord,
    code: String,
}

impl FileEditRecord {
    /// The code and its file as that is now.
    pub(super) async fn restored(self, documents: &DocumentStore) -> Option<(Replacement, FileEdit)> {
        let home = Destination::from(self.home);
        let planned = plan(&home, &self.code, documents).await.ok()?;
        let anchor = planned.anchor(documents);
        Some((planned, FileEdit { home, code: self.code, documents: documents.clone(), anchor }))
    }
}

impl FileEdit {
    /// What outlives the session.
    pub(super) fn record(&self) -> FileEditRecord {
        FileEditRecord { home: self.home.record(), code: self.code.clone() }
    }

    /// Where the code goes.
    pub fn home(&self) -> &Destination {
        &self.home
    }

    /// The place in today's text; closed where the file was not open.
    pub(super) fn state(&self) -> AnchorState {
        self.anchor.as_ref().map_or(AnchorState::Closed, Anchor::state)
    }
}

/// What is to be done about an answer that goes into a file.
pub(super) enum FileLanding {
    /// It waits for the user.
    Waits(Arc<Proposal>),
    /// There is no code in it, or no place for it.
    Stays(Message),
}

/// Makes a proposal of an answer that goes into a file.
pub(super) async fn file(
    order: &Order,
    home: &Result<Destination, NoDestination>,
    answer: &Answer,
    host: &impl Host,
) -> FileLanding {
    let (code, guess) = match beside(order, &answer.text) {
        // Whoever makes a file has its imports in it.
        Ok(Beside { code, imports, guess }) => (with_imports(&imports, code), guess),
        Err(Landing::NoCode { reason } | Landing::Unchanged { because: Some(reason) }) => {
            return FileLanding::Stays(reason);
        }
        Err(_) => return FileLanding::Stays(NoCode::Empty.message()),
    };
    let guess = guess.map(|guess| guess.message());
    let home = match home {
        Ok(home) => home.clone(),
        Err(homeless) => return FileLanding::Stays(homeless.message()),
    };
    let documents = order.anchor.documents().clone();
    let planned = match plan(&home, &code, &documents).await {
        Ok(planned) => planned,
        Err(homeless) => return FileLanding::Stays(homeless.message()),
    };
    let shown = home.shown();
    if planned.origin == Origin::Absent && !host.abilities().creates_files {
        return FileLanding::Stays(message!("home-not-created", path = shown));
    }
    let anchor = planned.anchor(&documents);
    let does = match planned.origin {
        Origin::Absent => message!("proposed-new-file", path = shown),
        Origin::Open | Origin::OnDisk => message!("proposed-addition", path = shown),
    };
    let judged = judge(&planned, syntax_of(&planned.snapshot), Purpose::Beside).await;
    let reason =
        Message::joined([does].into_iter().chain(answer.shortfall()).chain(guess).chain(judged).collect(), " ");
    let filed = FileEdit { home, code, documents, anchor };
    FileLanding::Waits(Arc::new(Proposal::into_file(planned, filed, reason, host.abilities().granularity)))
}

/// Applies an answer that goes into a file, as that file is by now: whatever it was when the answer came, nothing of it is
/// overwritten.
///
/// # Errors
/// Why it is not there.
pub(super) async fn apply_filed(job: &Job, filed: &FileEdit, jobs: &Jobs, host: &impl Host) -> Result<(), NotApplied> {
    let planned = plan(&filed.home, &filed.code, &filed.documents).await.map_err(|homeless| homeless.message())?;
    if planned.origin == Origin::Open {
        let anchor = planned.anchor(&filed.documents);
        let anchor = anchor.ok_or_else(|| message!("withheld-closed"))?;
        return apply(job, &CancellationToken::new(), &planned, &anchor, jobs, host).await;
    }
    // Who adds to the file at the same time would make it another one.
    let _turn = jobs.lock_for_edit(&planned.snapshot.uri).await;
    let shown = || filed.home.shown();
    let asked = host.edit_file(job, &planned);
    tokio::pin!(asked);
    let mut answer = None;
    let mut deadline = Instant::now() + VERIFY_TIMEOUT;
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() <= deadline {
        tokio::select! {
            biased;
            said = &mut asked, if answer.is_none() => {
                match &said {
                    Applied::Claimed | Applied::Unanswered => deadline = Instant::now() + VERIFY_TIMEOUT,
                    Applied::Refused(Some(reason)) => {
                        return Err(message!("withheld-file-refused-because", path = shown(), reason = reason).into());
                    }
                    Applied::Refused(None) => return Err(message!("withheld-file-refused", path = shown()).into()),
                    Applied::Unsupported if planned.origin == Origin::Absent => {
                        return Err(message!("home-not-created", path = shown()).into());
                    }
                    Applied::Unsupported => return Err(message!("withheld-no-edits").into()),
                }
                answer = Some(said);
            }
            _ = looks.tick() => {
                if shows(&planned, &filed.documents, answer == Some(Applied::Claimed)).await {
                    return Ok(());
                }
            }
        }
    }
    Err(message!("withheld-file-not-shown", path = shown()).into())
}

/// Whether the code is there: in the open document, or in the file. An editor may keep the text of a file that it has
/// just created to itself until the user saves it; that the file is there now is enough then.
async fn shows(planned: &Replacement, documents: &DocumentStore, is_claimed: bool) -> bool {
    let before = planned.snapshot.text.to_string();
    let added: Vec<(String, usize)> = planned
        .changes
        .iter()
        .map(|change| with_lf(change.text.trim()))
        .map(|added| (added.clone(), count(&before, &added)))
        .collect();
    let has_all = move |text: &str| added.iter().all(|(added, before)| count(text, added) > *before);
    if let Ok(open) = documents.snapshot(planned.snapshot.uri.as_str()) {
        return has_all(&open.text.to_string());
    }
    let (Some(path), was_absent) = (planned.snapshot.uri.to_file_path(), planned.origin == Origin::Absent) else {
        return false;
    };
    let looked = tokio::task::spawn_blocking(move || match destination::read(&path) {
        Ok(text) => was_absent && is_claimed || has_all(&text),
        Err(_) => false,
    });
    looked.await.unwrap_or(false)
}

fn count(text: &str, part: &str) -> usize {
    with_lf(text).matches(part).count()
}

/// What the file becomes, as it is now. Reading and parsing take a while, so they get a thread of their own.
async fn plan(home: &Destination, code: &str, documents: &DocumentStore) -> Result<Replacement, NoDestination> {
    let (home, code, documents) = (home.clone(), code.to_owned(), documents.clone());
    let shown = home.shown();
    let planned = tokio::task::spawn_blocking(move || {
        let (snapshot, origin) = home.look(&documents)?;
        let (changes, twins) = joining(&snapshot.text, &code, syntax_of(&snapshot));
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return Err(NoDestination::AllThere { names: twins.join(", ") });
        };
        let bytes = first.range.start..last.range.end;
        let grown = changed(&snapshot.text, &changes).len_bytes() - (snapshot.text.len_bytes() - bytes.len());
        let text = changed(&snapshot.text, &changes).byte_slice(bytes.start..bytes.start + grown).to_string();
        Ok(Replacement { snapshot, origin, bytes, text, changes, imports: None })
    });
    planned.await.unwrap_or_else(|panic| Err(NoDestination::Unreadable { path: shown, cause: panic.to_string() }))
}

impl Replacement {
    fn anchor(&self, documents: &DocumentStore) -> Option<Anchor> {
        let is_open = self.origin == Origin::Open;
        is_open.then(|| documents.anchor(&self.snapshot, self.bytes.clone()).ok()).flatten()
    }
}

/// Code that goes in below the selection.
///
/// # Errors
/// What becomes of a reply without code.
pub(super) fn below(order: &Order, reply: &str) -> Result<(Replacement, Vec<String>, Option<Guess>), Landing> {
    let snapshot = order.snapshot.clone();
    let Beside { code, imports, guess } = beside(order, reply)?;
    let change = edit::added_below(&snapshot.text, order.bytes.clone(), &code);
    let (bytes, text) = (change.range.clone(), change.text.clone());
    let replacement = Replacement { snapshot, origin: Origin::Open, bytes, text, changes: vec![change], imports: None };
    Ok((replacement, imports, guess))
}

/// Code that replaces nothing.
struct Beside {
    code: String,
    imports: Vec<String>,
    guess: Option<Guess>,
}

/// The code in a reply that goes below the selection or into a file.
fn beside(order: &Order, reply: &str) -> Result<Beside, Landing> {
    let selected = order.snapshot.slice(order.bytes.clone());
    let language_id = &order.snapshot.language_id;
    let no_code = |reason: NoCode| Landing::NoCode { reason: reason.message() };
    let Edit { new, imports, guess } =
        match edit::read(reply, &Original { text: &selected, language_id, purpose: Purpose::Beside }) {
            Ok(Reading::Edit(edit)) => edit,
            Ok(Reading::Unchanged { because }) => return Err(unchanged(because)),
            Ok(Reading::Cannot { because }) => return Err(Landing::NoCode { reason: said(because) }),
            Err(reason) => return Err(no_code(reason)),
        };
    match new {
        New::Whole(code) if !code.trim().is_empty() => Ok(Beside { code, imports, guess }),
        // What replaces parts of the selection has no place beside it.
        New::Whole(_) => Err(no_code(NoCode::Empty)),
        New::Parts(_) => Err(no_code(NoCode::Patch)),
    }
}

fn with_imports(imports: &[String], code: String) -> String {
    if imports.is_empty() { code } else { [imports.join("\n"), code].join("\n\n") }
}

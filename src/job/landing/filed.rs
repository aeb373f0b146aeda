//! Code that goes into another file, or below what is there already.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::expectation::with_lf;
use super::joining::joining;
use super::replacement::changed;
use super::verified::{Look, Unverified, verified};
use super::{Landing, NotApplied, Proposal, Replacement, apply, judge, said, unchanged};
use crate::documents::{Anchor, AnchorState, DocumentStore};
use crate::edit::{self, Edit, Guess, New, NoCode, Original, Purpose, Reading};
use crate::i18n::{Message, message};
use crate::job::destination::{self, Destination, DestinationRecord, NoDestination, Origin};
use crate::job::run::{ApplyEditReply, Host};
use crate::job::{Answer, Job, Jobs, Target, syntax_of};

/// How often a file is looked at until it shows the code.
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
    target: &Target,
    home: &Result<Destination, NoDestination>,
    answer: &Answer,
    host: &impl Host,
) -> FileLanding {
    let (code, guess) = match beside(target, &answer.text) {
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
    let documents = target.anchor.documents().clone();
    let planned = match plan(&home, &code, &documents).await {
        Ok(planned) => planned,
        Err(homeless) => return FileLanding::Stays(homeless.message()),
    };
    let shown = home.shown();
    if planned.origin == Origin::Absent && !host.capabilities().creates_files {
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
    FileLanding::Waits(Arc::new(Proposal::into_file(planned, filed, reason, host.capabilities().granularity)))
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
    let not_made = match verified(
        host.edit_file(job, &planned),
        &mut Looking::new(&planned, &filed.documents),
        &CancellationToken::new(),
    )
    .await
    {
        Ok(()) => return Ok(()),
        Err(Unverified::NotMade(applied)) => applied,
        Err(Unverified::NotShown | Unverified::Cancelled) => {
            return Err(message!("withheld-file-not-shown", path = shown()).into());
        }
    };
    Err(match not_made {
        ApplyEditReply::Refused(Some(reason)) => {
            message!("withheld-file-refused-because", path = shown(), reason = reason)
        }
        ApplyEditReply::Refused(None) => message!("withheld-file-refused", path = shown()),
        _ if planned.origin == Origin::Absent => message!("home-not-created", path = shown()),
        _ => message!("withheld-no-edits"),
    }
    .into())
}

/// Looks whether the code is there: in the open document, or in the file.
struct Looking<'a> {
    planned: &'a Replacement,
    documents: &'a DocumentStore,
    /// What goes in, and how often it was there before.
    added: Arc<[(String, usize)]>,
    /// No file tells by itself that it changed.
    times: Interval,
}

impl<'a> Looking<'a> {
    fn new(planned: &'a Replacement, documents: &'a DocumentStore) -> Self {
        let before = planned.snapshot.text.to_string();
        let added = planned.changes.iter().map(|change| with_lf(change.text.trim()));
        let added = added.map(|added| (added.clone(), count(&before, &added))).collect();
        let mut times = interval(LOOK_INTERVAL);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { planned, documents, added, times }
    }
}

impl Look for Looking<'_> {
    type Verdict = ();

    async fn next(&mut self) -> bool {
        self.times.tick().await;
        true
    }

    /// An editor may keep the text of a file that it has just created to itself until the user saves it; that the file is
    /// there now is enough then.
    async fn look(&mut self, answer: Option<&ApplyEditReply>) -> Option<()> {
        let added = Arc::clone(&self.added);
        let has_all = move |text: &str| added.iter().all(|(added, before)| count(text, added) > *before);
        let Replacement { snapshot, origin, .. } = self.planned;
        if let Ok(open) = self.documents.snapshot(snapshot.uri.as_str()) {
            return has_all(&open.text.to_string()).then_some(());
        }
        let path = snapshot.uri.to_file_path()?;
        let is_enough = *origin == Origin::Absent && answer == Some(&ApplyEditReply::Claimed);
        let looked =
            tokio::task::spawn_blocking(move || destination::read(&path).is_ok_and(|text| is_enough || has_all(&text)));
        looked.await.unwrap_or(false).then_some(())
    }
}

fn count(text: &str, part: &str) -> usize {
    with_lf(text).matches(part).count()
}

/// What the file becomes, as it is now. Reading and parsing take a while, so they get a thread of their own.
async fn plan(home: &Destination, code: &str, documents: &DocumentStore) -> Result<Replacement, NoDestination> {
    let (home, code, documents) = (home.clone(), code.to_owned(), documents.clone());
    let shown = home.shown();
    let planned = tokio::task::spawn_blocking(move || {
        let (snapshot, origin) = home.read_current(&documents)?;
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
pub(super) fn below(target: &Target, reply: &str) -> Result<(Replacement, Vec<String>, Option<Guess>), Landing> {
    let snapshot = target.snapshot.clone();
    let Beside { code, imports, guess } = beside(target, reply)?;
    let change = edit::added_below(&snapshot.text, target.bytes.clone(), &code);
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
fn beside(target: &Target, reply: &str) -> Result<Beside, Landing> {
    let selected = target.snapshot.slice(target.bytes.clone());
    let language_id = &target.snapshot.language_id;
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

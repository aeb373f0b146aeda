//! Code that goes into another file, or below existing code.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::joining::joining;
use super::proposal::{Proposal, ProposalTarget};
use super::replacement::changed;
use super::verified::{EditObserver, Unverified, verified};
use super::{Replacement, answered, apply_after_the_end, as_message, find_objection, unchanged};
use crate::display::with_lf;
use crate::documents::{Anchor, AnchorState, DocumentStore};
use crate::edit::{self, Edit, NewText, Original, ParsedReply, Purpose};
use crate::i18n::{Message, message};
use crate::job::destination::{self, Destination, DestinationState};
use crate::job::run::{ApplyEditReply, Host, Outcome};
use crate::job::{Answer, Job, Target, syntax_of};

/// How often the server checks whether a file shows the code.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Code that waits for insertion into a file.
#[derive(Debug)]
pub struct FileEdit {
    destination: Destination,
    code: String,
    documents: DocumentStore,
    /// Follows the place if the file is open.
    anchor: Option<Anchor>,
}

/// The stored form of code that waits for insertion into a file; it survives the session.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct FileEditRecord {
    #[serde(rename = "home")]
    destination: Destination,
    code: String,
}

impl FileEditRecord {
    /// The code, and its file as it is now.
    pub(super) async fn restored(self, documents: &DocumentStore) -> Option<(Replacement, FileEdit)> {
        let Self { destination, code } = self;
        let planned = plan(&destination, &code, documents).await.ok()?;
        let anchor = planned.anchor(documents);
        Some((planned, FileEdit { destination, code, documents: documents.clone(), anchor }))
    }
}

impl FileEdit {
    pub(super) fn record(&self) -> FileEditRecord {
        FileEditRecord { destination: self.destination.clone(), code: self.code.clone() }
    }

    /// The destination of the code.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// The place in the current text; closed if the file was not open.
    pub(super) fn state(&self) -> AnchorState {
        self.anchor.as_ref().map_or(AnchorState::Closed, Anchor::state)
    }
}

/// Makes a proposal of an answer for a file. The error is a sentence: there is no code, or no destination.
pub(super) async fn propose_file_edit(
    target: &Target,
    destination: &Result<Destination, Message>,
    answer: &Answer,
    host: &impl Host,
) -> Result<Proposal, Message> {
    let AddedCode { code, imports, guess } =
        read_added_code(target, &answer.text).map_err(|outcome| match outcome {
            Outcome::Answered { reason: Some(reason) } | Outcome::Unchanged { because: Some(reason) } => reason,
            _ => message!("no-code-empty"),
        })?;
    // A new file contains its imports.
    let code = if imports.is_empty() { code } else { [imports.join("\n"), code].join("\n\n") };
    let destination = destination.clone()?;
    let documents = target.anchor.documents().clone();
    let planned = plan(&destination, &code, &documents).await?;
    let shown = destination.display_path();
    if planned.destination_state == DestinationState::Absent && !host.capabilities().creates_files {
        return Err(message!("home-not-created", path = shown));
    }
    let anchor = planned.anchor(&documents);
    let does = match planned.destination_state {
        DestinationState::Absent => message!("proposed-new-file", path = shown),
        DestinationState::Open | DestinationState::OnDisk => message!("proposed-addition", path = shown),
    };
    let judged = find_objection(&planned, syntax_of(&planned.snapshot), Purpose::Add).await;
    let reason =
        Message::joined([does].into_iter().chain(answer.shortfall()).chain(guess).chain(judged).collect(), " ");
    let file_edit = ProposalTarget::File(FileEdit { destination, code, documents, anchor });
    Ok(Proposal::on(file_edit, planned, reason, host.capabilities().granularity))
}

/// Applies the answer to the current file. The file may have changed since the answer came; nothing in it is
/// overwritten. The error is a sentence that says why the code is not in the file.
pub(super) async fn apply_file_edit(job: &Job, file_edit: &FileEdit, host: &impl Host) -> Result<(), Message> {
    let planned = plan(&file_edit.destination, &file_edit.code, &file_edit.documents).await?;
    if planned.destination_state == DestinationState::Open {
        let anchor = planned.anchor(&file_edit.documents).ok_or_else(|| message!("withheld-closed"))?;
        return apply_after_the_end(job, &planned, &anchor, host).await;
    }
    // A concurrent edit would change the file.
    let _turn = host.jobs().lock_for_edit(&planned.snapshot.uri).await;
    let mut observer = FileObserver::new(&planned, &file_edit.documents);
    let made = verified(host.edit_file(job, &planned), &mut observer, &CancellationToken::new()).await;
    let path = file_edit.destination.display_path();
    made.map_err(|not_made| match not_made {
        Unverified::NotMade(ApplyEditReply::Refused(Some(reason))) => {
            message!("withheld-file-refused-because", path = path, reason = reason)
        }
        Unverified::NotMade(ApplyEditReply::Refused(None)) => message!("withheld-file-refused", path = path),
        Unverified::NotMade(_) if planned.destination_state == DestinationState::Absent => {
            message!("home-not-created", path = path)
        }
        Unverified::NotMade(_) => message!("withheld-no-edits"),
        Unverified::NotShown | Unverified::Cancelled => message!("withheld-file-not-shown", path = path),
    })
}

/// Checks whether the code is in the open document or in the file.
struct FileObserver<'a> {
    planned: &'a Replacement,
    documents: &'a DocumentStore,
    /// The inserted texts, and how often each occurred before.
    added: Arc<[(String, usize)]>,
    /// A file does not report its changes, so the server polls it.
    times: Interval,
}

impl<'a> FileObserver<'a> {
    fn new(planned: &'a Replacement, documents: &'a DocumentStore) -> Self {
        let before = planned.snapshot.text.to_string();
        let added = planned.changes.iter().map(|change| with_lf(change.text.trim()));
        let added = added.map(|added| (added.clone(), count(&before, &added))).collect();
        let mut times = interval(LOOK_INTERVAL);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { planned, documents, added, times }
    }
}

impl EditObserver for FileObserver<'_> {
    type Verdict = ();

    async fn next(&mut self) -> bool {
        self.times.tick().await;
        true
    }

    /// After an editor creates a file, it may not write the text before the user saves. In that case, an existing file
    /// is enough.
    async fn observe(&mut self, answer: Option<&ApplyEditReply>) -> Option<()> {
        let added = Arc::clone(&self.added);
        let has_all = move |text: &str| added.iter().all(|(added, before)| count(text, added) > *before);
        let Replacement { snapshot, destination_state, .. } = self.planned;
        if let Ok(open) = self.documents.snapshot(snapshot.uri.as_str()) {
            return has_all(&open.text.to_string()).then_some(());
        }
        let path = snapshot.uri.to_file_path()?;
        let is_enough = *destination_state == DestinationState::Absent && answer == Some(&ApplyEditReply::Claimed);
        let looked = tokio::task::spawn_blocking(move || {
            destination::read_destination(&path).is_ok_and(|text| is_enough || has_all(&text))
        });
        looked.await.unwrap_or(false).then_some(())
    }
}

fn count(text: &str, part: &str) -> usize {
    with_lf(text).matches(part).count()
}

/// The replacement for the current file. Reading and parsing are slow, so they run on their own thread.
async fn plan(destination: &Destination, code: &str, documents: &DocumentStore) -> Result<Replacement, Message> {
    let (destination, code, documents) = (destination.clone(), code.to_owned(), documents.clone());
    let shown = destination.display_path();
    let planned = tokio::task::spawn_blocking(move || {
        let (snapshot, destination_state) = destination.read_current(&documents)?;
        let (changes, duplicates) = joining(&snapshot.text, &code, syntax_of(&snapshot));
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return Err(message!("home-all-there", names = duplicates.join(", ")));
        };
        let bytes = first.range.start..last.range.end;
        let after = changed(&snapshot.text, &changes);
        let grown = after.len_bytes() - (snapshot.text.len_bytes() - bytes.len());
        let text = after.byte_slice(bytes.start..bytes.start + grown).to_string();
        Ok(Replacement { snapshot, destination_state, bytes, text, changes, imports: None })
    });
    planned.await.unwrap_or_else(|panic| Err(message!("home-unreadable", path = shown, cause = panic.to_string())))
}

impl Replacement {
    fn anchor(&self, documents: &DocumentStore) -> Option<Anchor> {
        let is_open = self.destination_state == DestinationState::Open;
        is_open.then(|| documents.anchor(&self.snapshot, self.bytes.clone()).ok()).flatten()
    }
}

/// Code that replaces nothing.
pub(super) struct AddedCode {
    pub(super) code: String,
    pub(super) imports: Vec<String>,
    pub(super) guess: Option<Message>,
}

/// The code of a reply that goes below the selection or into a file. The error is the outcome of a reply without code.
pub(super) fn read_added_code(target: &Target, reply: &str) -> Result<AddedCode, Outcome> {
    let selected = target.snapshot.slice(target.bytes.clone());
    let language_id = &target.snapshot.language_id;
    let Edit { new, imports, guess } =
        match edit::read_reply(reply, &Original { text: &selected, language_id, purpose: Purpose::Add }) {
            Ok(ParsedReply::Edit(edit)) => edit,
            Ok(ParsedReply::Unchanged(because)) => return Err(unchanged(because)),
            Ok(ParsedReply::Cannot(because)) => return Err(answered(as_message(because))),
            Err(reason) => return Err(answered(reason)),
        };
    match new {
        NewText::Whole(code) if !code.trim().is_empty() => Ok(AddedCode { code, imports, guess }),
        // A reply that replaces parts of the selection cannot go below it or into a file.
        NewText::Whole(_) => Err(answered(message!("no-code-empty"))),
        NewText::Parts(_) => Err(answered(message!("no-code-patch"))),
    }
}

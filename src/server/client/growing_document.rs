//! An answer that grows in a document of the client. Only edits of that document add to it.
//!
//! Each edit inserts the text that came since the last edit, directly after it. The next edit follows once the document
//! contains this one. If the editor refuses an edit, its text is sent later, together with the newer text.

use std::ops::Range;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::edits;
use crate::display::{LineLinks, Sanitizer};
use crate::documents::{Anchor, AnchorState, Snapshot};
use crate::edit::TextChange;
use crate::job::{ApplyEditReply, EditObserver, Job, Unverified, verified};
use crate::server::session::Session;

/// At most four edits a second.
pub(crate) const INTERVAL: Duration = Duration::from_millis(250);

/// Up to this number of bytes, each edit contains all text that has come.
const SMALL_BYTES: usize = 64 << 10;

/// For longer answers, an edit contains at least one part in this number of the text so far. Therefore the JSON around
/// the edits costs little, even if the agent writes slowly.
const MIN_PART: usize = 64;

/// The longest wait after a refused edit.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// How often the server tries to insert the end of an answer before it shows the answer elsewhere.
const LAST_TRIES: u32 = 5;

/// Where an answer goes.
pub(crate) struct InsertionPoint {
    /// The answer goes directly after this text.
    pub(crate) tail: Anchor,
    /// The text that the answer replaces, unless the user changes it meanwhile.
    pub(crate) replaced: Option<Anchor>,
    /// The text before the answer.
    pub(crate) prefix: String,
    /// How much of the answer the document already contains.
    pub(crate) cursor: AnswerCursor,
}

/// How much of a job's answer was read, in the form that may be shown.
pub(crate) struct AnswerCursor {
    /// In bytes of the agent's text.
    consumed: usize,
    sanitizer: Sanitizer,
}

impl AnswerCursor {
    /// Starts with nothing read. The answer may name lines.
    pub(crate) fn with_links(links: Option<LineLinks>) -> Self {
        Self { consumed: 0, sanitizer: Sanitizer::with_links(links) }
    }

    /// The new text of the agent since the last call, in the form that may be shown.
    pub(crate) fn next(&mut self, job: &Job) -> String {
        let text = job.text_after(self.consumed);
        self.consumed += text.len();
        self.sanitizer.next(&text)
    }

    /// The same once the answer has ended. It closes what the answer left open.
    fn end(&mut self, job: &Job) -> String {
        self.next(job) + &self.sanitizer.end()
    }
}

/// How an answer ended.
pub(crate) struct End {
    /// The text after the answer.
    pub(crate) closing: String,
    /// The new first line of the document, if it changes.
    pub(crate) first_line: Option<String>,
}

/// Lets an answer grow until it ends. Returns whether the document contains all of it.
pub(crate) async fn append_until_end(
    session: &Session,
    job: &Job,
    place: InsertionPoint,
    ended: impl Future<Output = Option<End>>,
) -> bool {
    let InsertionPoint { tail, replaced, prefix, mut cursor } = place;
    let mut appender = Appender { session, tail, replaced, waiting: prefix, sent: None };
    let mut wait = INTERVAL;
    tokio::pin!(ended);
    let end = loop {
        appender.waiting.push_str(&cursor.next(job));
        let min_bytes = if cursor.consumed <= SMALL_BYTES { 1 } else { cursor.consumed / MIN_PART };
        // Blank lines are sent together with the text after them.
        if appender.waiting.len() >= min_bytes && !appender.waiting.trim_start().is_empty() {
            wait = match appender.append(None).await {
                Ok(()) => INTERVAL,
                Err(NotInDocument) if appender.is_gone() => break ended.await,
                Err(NotInDocument) => (wait * 2).min(LONGEST_WAIT),
            };
        }
        tokio::select! {
            end = &mut ended => break end,
            () = sleep(wait) => {}
        }
    };
    let Some(end) = end else { return false };
    appender.waiting.push_str(&cursor.end(job));
    appender.waiting.push_str(&end.closing);
    let mut wait = INTERVAL;
    for _ in 0..LAST_TRIES {
        if appender.append(end.first_line.as_deref()).await.is_ok() {
            return true;
        }
        if appender.is_gone() {
            return false;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    false
}

struct Appender<'a> {
    session: &'a Session,
    tail: Anchor,
    replaced: Option<Anchor>,
    /// The text that is not in the document yet.
    waiting: String,
    /// The start of `waiting` that was sent in an edit, but that the document does not contain yet.
    sent: Option<Sent>,
}

/// An edit that was sent.
struct Sent {
    text: String,
    /// Its place, one character wider on each side, so that the inserted text is inside.
    region: Anchor,
    /// The bytes of those characters, before and after.
    beside: [usize; 2],
    /// There was no text after its place.
    at_end: bool,
    /// The old text of its place contains the same words, so that a search may find them without the edit.
    is_ambiguous: bool,
}

impl Sent {
    fn new(tail: &Anchor, snapshot: &Snapshot, place: &Range<usize>, text: &str) -> Option<Self> {
        let rope = &snapshot.text;
        let start = rope.char_to_byte(rope.byte_to_char(place.start).saturating_sub(1));
        let at_end = place.end >= rope.len_bytes();
        let end = if at_end { place.end } else { rope.char_to_byte(rope.byte_to_char(place.end) + 1) };
        let region = tail.anchor_at(snapshot, start..end).ok()?;
        Some(Self {
            text: text.to_owned(),
            region,
            beside: [place.start - start, end - place.end],
            at_end,
            is_ambiguous: snapshot.slice(place.clone()).contains(text),
        })
    }

    /// Where the text is now, even if the user typed in the same place, or if the editor added a line break after it.
    /// (In Kakoune, each text ends with one.) Text that the document contains is never sent again.
    fn own_range(&self) -> Option<(Snapshot, Range<usize>)> {
        let AnchorState::Live { snapshot, mut bytes, .. } = self.region.state() else { return None };
        if self.at_end {
            bytes.end = snapshot.text.len_bytes();
        }
        let [before, behind] = self.beside;
        let inner = bytes.start + before..bytes.end.checked_sub(behind)?;
        let there = snapshot.slice(inner.clone());
        // An editor may use the line breaks of its own files.
        let crlf = self.text.replace('\n', "\r\n");
        let (at, length) = [&self.text, &crlf].into_iter().find_map(|text| Some((there.find(text)?, text.len())))?;
        if self.is_ambiguous && length < there.len() {
            return None;
        }
        let start = inner.start + at;
        Some((snapshot, start..start + length))
    }
}

/// An edit is not in the text.
struct NotInDocument;

impl Appender<'_> {
    /// Whether the document is closed or its text unknown. Then nothing more is inserted.
    fn is_gone(&self) -> bool {
        !matches!(self.tail.state(), AnchorState::Live { .. })
    }

    /// Inserts the waiting text, and waits until the document contains it. The edit may also change the first line.
    async fn append(&mut self, new_first_line: Option<&str>) -> Result<(), NotInDocument> {
        self.confirm_sent();
        if self.waiting.is_empty() {
            return Ok(());
        }
        let AnchorState::Live { snapshot, bytes, .. } = self.tail.state() else { return Err(NotInDocument) };
        let replaced = self.replaced.as_ref().and_then(|anchor| match anchor.state() {
            AnchorState::Live { bytes, intact: true, .. } => Some(bytes.end),
            _ => None,
        });
        let place = bytes.end..replaced.unwrap_or(bytes.end).max(bytes.end);
        let mut text_changes = Vec::new();
        let first_line = snapshot.text.get_line(0).map(String::from).unwrap_or_default();
        let first_line = first_line.trim_end_matches(['\n', '\r']);
        if let Some(line) = new_first_line.filter(|line| *line != first_line)
            && first_line.len() <= place.start
        {
            text_changes.push(TextChange { range: 0..first_line.len(), text: line.to_owned() });
        }
        text_changes.push(TextChange { range: place.clone(), text: self.waiting.clone() });
        let Some(mut changes) = self.tail.changes() else { return Err(NotInDocument) };
        changes.mark_unchanged();
        self.sent = Some(Sent::new(&self.tail, &snapshot, &place, &self.waiting).ok_or(NotInDocument)?);
        let apply = edits::apply(self.session, None, &snapshot, &text_changes);
        match verified(apply, &mut AppendObserver { changes, appender: self }, &CancellationToken::new()).await {
            Ok(()) => Ok(()),
            Err(Unverified::NotMade(_)) => {
                self.sent = None;
                Err(NotInDocument)
            }
            Err(Unverified::NotShown | Unverified::Cancelled) => Err(NotInDocument),
        }
    }

    /// Checks if the document contains the sent text. If so, the next text goes after it.
    fn confirm_sent(&mut self) -> bool {
        let Some(sent) = &self.sent else { return false };
        let Some((snapshot, place)) = sent.own_range() else { return false };
        let Ok(tail) = self.tail.anchor_at(&snapshot, place) else { return false };
        self.waiting = self.waiting.get(sent.text.len()..).unwrap_or_default().to_owned();
        (self.tail, self.replaced, self.sent) = (tail, None, None);
        true
    }
}

/// Waits until the document contains the sent text.
struct AppendObserver<'a, 'b> {
    changes: watch::Receiver<u64>,
    appender: &'a mut Appender<'b>,
}

impl EditObserver for AppendObserver<'_, '_> {
    type Verdict = ();

    async fn next(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }

    async fn observe(&mut self, _: Option<&ApplyEditReply>) -> Option<()> {
        self.appender.confirm_sent().then_some(())
    }
}

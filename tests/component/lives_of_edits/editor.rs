//! An editor that owns the text and handles edits like real editors.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fastrand::Rng;
use stackspot_lsp::testing::agents_api::AgentsApi;
use stackspot_lsp::testing::documents::{ContentChange, DocumentStore, Position, PositionEncoding, Range, Snapshot};
use stackspot_lsp::testing::edit::{Granularity, TextChange};
use stackspot_lsp::testing::job::{ApplyEditReply, Host, HostCapabilities, Job, JobError, Jobs, Order};

use super::URI;
use super::code::{Source, pick};
use super::oracle::Oracle;

/// How the editor handles an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// Applies it, and answers before it sends the change.
    AnswersFirst,
    /// Applies it, and answers after it sends the change.
    ChangesFirst,
    /// Applies it at once, but sends the change late.
    ChangesLate,
    /// Applies it, but never answers.
    NeverAnswers,
    /// Its user types first. Therefore it refuses once or twice.
    TypesMeanwhile,
    /// Its user types so fast that it always refuses.
    AlwaysTypes,
    /// Its user types first. The editor moves the edit itself (Zed).
    Rebases,
    /// Its user types directly after the edit, before the editor sends the change.
    TypesRightAfter,
    /// Drops the edit but reports success (Neovim, a stale version).
    Lies,
    /// Refuses, with or without a reason.
    Refuses,
    /// Does not support edits.
    TakesNone,
    /// Its user wants to see edits first.
    AsksForReview,
}

impl Temper {
    pub fn random(dice: &mut Rng) -> Self {
        use Temper::*;
        let all = [
            AnswersFirst,
            ChangesFirst,
            ChangesLate,
            NeverAnswers,
            TypesMeanwhile,
            AlwaysTypes,
            Rebases,
            TypesRightAfter,
            Lies,
            Refuses,
            TakesNone,
            AsksForReview,
        ];
        all[dice.usize(0..all.len())]
    }

    /// Whether an allowed edit is finally applied.
    fn makes_edits(self) -> bool {
        !matches!(self, Self::AlwaysTypes | Self::Lies | Self::Refuses | Self::TakesNone | Self::AsksForReview)
    }
}

pub struct Editor {
    jobs: Jobs,
    documents: DocumentStore,
    new_code: String,
    granularity: Granularity,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    temper: Temper,
    dice: Rng,
    version: i32,
    /// The current text.
    text: Vec<char>,
    /// The text with only the user's changes.
    oracle: Oracle,
    eol: &'static str,
    refusals: u32,
    edits_made: u32,
    typed: u32,
}

impl fmt::Debug for Editor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text:  {:?}\ntyped: {:?}", self.text(), self.typed_only())
    }
}

impl Editor {
    pub fn new(documents: DocumentStore, source: &Source, temper: Temper, dice: &mut Rng) -> Self {
        let text = &source.text;
        let oracle = Oracle::new(&text[..source.selected.start], source.selected_text(), &text[source.selected.end..]);
        let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let state = State {
            temper,
            dice: dice.fork(),
            version: 1,
            text: text.chars().collect(),
            oracle,
            eol,
            refusals: 0,
            edits_made: 0,
            typed: 0,
        };
        let granularity = if dice.bool() { Granularity::Word } else { Granularity::Line };
        Self { jobs: Jobs::new(1), documents, new_code: source.new_code.clone(), granularity, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn text(&self) -> String {
        self.state().text.iter().collect()
    }

    /// The text without any edit of the server.
    pub fn typed_only(&self) -> String {
        self.state().oracle.text()
    }

    /// The required text with the new code. Returns `None` if the user typed in the selection.
    pub fn with_new_code(&self) -> Option<String> {
        self.state().oracle.with(&self.new_code)
    }

    pub fn edits_made(&self) -> u32 {
        self.state().edits_made
    }

    pub fn may_apply(&self) -> bool {
        self.state().temper.makes_edits()
    }

    pub fn becomes_honest(&self) {
        self.state().temper = Temper::AnswersFirst;
    }

    pub fn typing(&self) -> &'static str {
        if self.state().typed == 0 { "nobody typed" } else { "though somebody typed" }
    }

    /// Checks that the server's text equals the editor's.
    pub fn check_sync(&self, story: &dyn Fn() -> String) {
        let (text, known) = (self.text(), self.documents.snapshot(URI).map(|snapshot| snapshot.text.to_string()));
        assert_eq!(known.as_deref(), Ok(text.as_str()), "{}", story());
    }

    /// The user types at some place, and the editor sends the change.
    pub fn type_something(&self) {
        let change = self.state().type_something(self.documents.encoding());
        self.tell(vec![change]);
    }

    fn tell(&self, changes: Vec<ContentChange>) {
        let version = {
            let mut state = self.state();
            state.version += 1;
            state.version
        };
        self.documents.change(URI, version, &changes).unwrap();
    }
}

impl State {
    fn type_something(&mut self, encoding: PositionEncoding) -> ContentChange {
        self.typed += 1;
        let place = |state: &mut Self| loop {
            let at = state.dice.usize(0..=state.oracle.len());
            if !state.oracle.splits_a_break(at) {
                return at;
            }
        };
        let start = place(self);
        let near = (start + self.dice.usize(0..6)).min(self.oracle.len());
        let far = place(self).max(start);
        let end = match self.dice.u8(0..8) {
            0 => far,
            1 | 2 if !self.oracle.splits_a_break(near) => near,
            _ => start,
        };
        let word =
            pick(&mut self.dice, &["a", "é🦀", "let y = 2;", " ", "", "EOL", "    ", "xEOLy"]).replace("EOL", self.eol);
        if self.dice.u8(0..6) == 0 {
            // Some editors send the whole text. Marks distinguish the inserted text from its surroundings.
            let word = format!("«{}»", self.typed);
            self.replace(start, start, &word);
            return ContentChange { range: None, text: self.text.iter().collect() };
        }
        let range = Range::new(self.position(encoding, start), self.position(encoding, end));
        self.replace(start, end, &word);
        ContentChange { range: Some(range), text: word }
    }

    /// A change by the user: to the text, and to the text with only the user's changes.
    fn replace(&mut self, start: usize, end: usize, text: &str) {
        self.text.splice(start..end, text.chars());
        self.oracle.replace(start, end, text);
    }

    /// The position of a character in the client's encoding.
    fn position(&self, encoding: PositionEncoding, at: usize) -> Position {
        let (mut line, mut character) = (0, 0);
        for (index, &c) in self.text[..at].iter().enumerate() {
            if c == '\n' || c == '\r' && self.text.get(index + 1) != Some(&'\n') {
                (line, character) = (line + 1, 0);
            } else {
                character += units(encoding, c);
            }
        }
        Position::new(line, character)
    }

    fn index(&self, encoding: PositionEncoding, position: Position) -> usize {
        (0..=self.text.len()).find(|&at| self.position(encoding, at) == position).expect("a position of this text")
    }

    /// Applies an edit at positions of the current text. Returns the changes to send to the server.
    fn make(&mut self, encoding: PositionEncoding, edits: &[(Range, String)]) -> Vec<ContentChange> {
        self.edits_made += 1;
        let places: Vec<_> =
            edits.iter().map(|(range, _)| self.index(encoding, range.start)..self.index(encoding, range.end)).collect();
        // All ranges refer to the text before. Therefore the last edit is applied first.
        let mut changes = Vec::new();
        for ((range, text), place) in edits.iter().zip(places).rev() {
            self.text.splice(place, text.chars());
            changes.push(ContentChange { range: Some(*range), text: text.clone() });
        }
        changes
    }
}

fn units(encoding: PositionEncoding, c: char) -> u32 {
    let units = match encoding {
        PositionEncoding::Utf8 => c.len_utf8(),
        PositionEncoding::Utf16 => c.len_utf16(),
        PositionEncoding::Utf32 => 1,
    };
    u32::try_from(units).unwrap()
}

impl Host for Editor {
    fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    async fn api(&self) -> Result<Arc<AgentsApi>, JobError> {
        Err(JobError::Cancelled)
    }

    async fn consent(&self, _: &Job, _: &Order, _: &(dyn Fn() + Sync)) -> Result<(), JobError> {
        Ok(())
    }

    fn capabilities(&self) -> HostCapabilities {
        HostCapabilities {
            granularity: self.granularity,
            creates_files: false,
            drops_stale_edits: true,
            tells_at_once: true,
        }
    }

    async fn apply(&self, _: &Job, snapshot: &Snapshot, changes: &[TextChange]) -> ApplyEditReply {
        let encoding = self.documents.encoding();
        let edits: Vec<_> =
            changes.iter().map(|change| (snapshot.range(change.range.clone()), change.text.clone())).collect();
        let temper = self.state().temper;
        match temper {
            Temper::TakesNone => return ApplyEditReply::Unsupported,
            Temper::Lies => return ApplyEditReply::Claimed,
            Temper::Refuses => {
                let reason = self.state().dice.bool().then(|| "No.".to_owned());
                return ApplyEditReply::Refused(reason);
            }
            Temper::AlwaysTypes => self.type_something(),
            Temper::TypesMeanwhile if self.state().refusals < 2 => self.type_something(),
            _ => {}
        }
        if self.state().version != snapshot.version {
            self.state().refusals += 1;
            return ApplyEditReply::Refused(None);
        }
        match temper {
            Temper::Rebases => {
                // The user types at the start of the text, and the editor knows how far this moves the edit.
                let word = format!("typed{}", self.state().eol);
                let typed = {
                    let mut state = self.state();
                    state.typed += 1;
                    state.replace(0, 0, &word);
                    ContentChange { range: Some(Range::new(Position::new(0, 0), Position::new(0, 0))), text: word }
                };
                self.tell(vec![typed]);
                let down = |position: Position| Position::new(position.line + 1, position.character);
                let moved: Vec<_> = edits
                    .into_iter()
                    .map(|(range, text)| (Range::new(down(range.start), down(range.end)), text))
                    .collect();
                let made = self.state().make(encoding, &moved);
                self.tell(made);
                ApplyEditReply::Claimed
            }
            Temper::TypesRightAfter => {
                let made = {
                    let mut state = self.state();
                    let mut made = state.make(encoding, &edits);
                    // At the very end, which no edit of the server moves.
                    let end = state.text.len();
                    let at = state.position(encoding, end);
                    state.text.extend("// typed".chars());
                    let last = state.oracle.len();
                    state.oracle.replace(last, last, "// typed");
                    made.push(ContentChange { range: Some(Range::new(at, at)), text: "// typed".to_owned() });
                    made
                };
                self.tell(made);
                ApplyEditReply::Claimed
            }
            Temper::ChangesFirst => {
                let made = self.state().make(encoding, &edits);
                self.tell(made);
                tokio::time::sleep(Duration::from_millis(300)).await;
                ApplyEditReply::Claimed
            }
            Temper::NeverAnswers => {
                let made = self.state().make(encoding, &edits);
                tokio::time::sleep(Duration::from_millis(400)).await;
                self.tell(made);
                std::future::pending().await
            }
            Temper::ChangesLate => {
                let made = self.state().make(encoding, &edits);
                tokio::time::sleep(Duration::from_millis(500)).await;
                self.tell(made);
                ApplyEditReply::Claimed
            }
            _ => {
                let made = self.state().make(encoding, &edits);
                let (documents, version) = (self.documents.clone(), {
                    let mut state = self.state();
                    state.version += 1;
                    state.version
                });
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(150)).await;
                    documents.change(URI, version, &made).unwrap();
                });
                ApplyEditReply::Claimed
            }
        }
    }
}

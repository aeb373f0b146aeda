//! An answer while it is written: pieces of text at its pace, and faults at their positions.

use std::collections::VecDeque;
use std::time::Duration;

use super::model::ModelError;
use super::scenario::{Fault, FaultKind, Pace};

/// The interval between the empty frames of a stalled agent.
const EMPTY_FRAME_EVERY: Duration = Duration::from_secs(1);

/// The maximum delay of a plain reply after its first word, at a realistic pace, because a user waits for it.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// How fast the agent writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pacing {
    /// A realistic pace: the first word after about 400 ms, then about 45 words a second.
    #[default]
    Believable,
    /// Without any delay, for tests.
    Immediate,
    /// The first word comes after `first`, each further word `between` later (plus or minus a half).
    Words {
        /// The delay before the first word.
        first: Duration,
        /// The delay between words.
        between: Duration,
    },
}

/// The next event of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// More text. A stalled agent sends empty text.
    Text(String),
    /// A fault occurs.
    Fault(FaultKind),
    /// The answer is complete.
    End,
    /// The model failed during the answer.
    Failed(ModelError),
}

/// The speed of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rhythm {
    first: Duration,
    /// Plus or minus a half.
    between_pieces: Duration,
    per_char: Duration,
    /// The number of characters in a piece. `None` means words.
    piece_chars: Option<usize>,
}

impl From<Pacing> for Rhythm {
    fn from(pacing: Pacing) -> Self {
        let (first, between_pieces) = match pacing {
            Pacing::Believable => (Duration::from_millis(400), Duration::from_millis(22)),
            Pacing::Immediate => (Duration::ZERO, Duration::ZERO),
            Pacing::Words { first, between } => (first, between),
        };
        Self { first, between_pieces, per_char: Duration::ZERO, piece_chars: None }
    }
}

impl From<Pace> for Rhythm {
    fn from(pace: Pace) -> Self {
        let per_char = pace.chars_per_second.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.get());
        Self {
            first: Duration::from_millis(pace.first_ms),
            between_pieces: Duration::ZERO,
            per_char,
            piece_chars: pace.chunk_chars.map(std::num::NonZeroUsize::get),
        }
    }
}

impl Rhythm {
    fn pieces(self, text: &str) -> VecDeque<String> {
        match self.piece_chars {
            None => words(text).into_iter().map(str::to_owned).collect(),
            Some(size) => {
                let characters: Vec<char> = text.chars().collect();
                characters.chunks(size).map(|chunk| chunk.iter().collect()).collect()
            }
        }
    }

    /// The delay before a piece. At a rate of characters, the piece comes when its last character is written.
    fn before(self, piece: &str, is_first: bool) -> Duration {
        let written = self.per_char.saturating_mul(count(piece));
        let between = self.between_pieces.mul_f64(0.5 + fastrand::f64());
        written + if is_first { self.first } else { between }
    }

    /// The total delay, for an answer that comes at once.
    fn whole(self, text: &str) -> Duration {
        let words = count_of(words(text).len());
        let between = self.between_pieces.saturating_mul(words).min(LONGEST_WAIT);
        self.first + between + self.per_char.saturating_mul(count(text))
    }
}

/// An answer with known text.
#[derive(Debug)]
pub(super) struct Written {
    pieces: VecDeque<String>,
    rhythm: Rhythm,
    faults: Faults,
    begun: bool,
}

/// The faults of an answer, and the length of the text so far.
#[derive(Debug)]
pub(super) struct Faults {
    /// Sorted by position.
    ahead: VecDeque<Fault>,
    /// In characters.
    written: usize,
    state: WriterState,
}

#[derive(Debug)]
enum WriterState {
    Writing,
    Stalled,
    Emptying(Duration),
    Ended,
}

impl Written {
    pub(super) fn new(text: &str, rhythm: Rhythm, faults: Vec<Fault>) -> Self {
        Self { pieces: rhythm.pieces(text), rhythm, faults: Faults::new(faults), begun: false }
    }

    /// Removes all delays from the text and returns their sum, for a reply that comes at once.
    pub(super) fn at_once(&mut self) -> Duration {
        let text: String = self.pieces.iter().map(String::as_str).collect();
        let rhythm = std::mem::replace(&mut self.rhythm, Rhythm::from(Pacing::Immediate));
        rhythm.whole(&text)
    }

    /// Returns the next event when it happens, or `None` after the end. A caller may drop it while it waits.
    pub(super) async fn next(&mut self) -> Option<Event> {
        if let Some(decided) = self.faults.next(self.pieces.is_empty()).await {
            return decided;
        }
        let Some(piece) = self.pieces.front_mut() else { return self.faults.end(Event::End) };
        let later = self.faults.cut(piece);
        let wait = self.rhythm.before(piece, !self.begun);
        if !later.is_empty() {
            self.pieces.insert(1, later);
        }
        // A timer waits at least one tick. If a caller drops this future in the wait, the piece must stay.
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        self.begun = true;
        let piece = self.pieces.pop_front().unwrap_or_default();
        self.faults.count(&piece);
        Some(Event::Text(piece))
    }
}

impl Faults {
    pub(super) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| fault.after);
        Self { ahead: faults.into(), written: 0, state: WriterState::Writing }
    }

    /// Returns the event before any further text: a fault that is due, or the rest of the last one. Returns `None` if
    /// the text continues. At the end of the text, the faults after it are due.
    pub(super) async fn next(&mut self, at_end: bool) -> Option<Option<Event>> {
        match self.state {
            WriterState::Ended => return Some(None),
            WriterState::Stalled => std::future::pending::<()>().await,
            WriterState::Emptying(every) => {
                tokio::time::sleep(every).await;
                return Some(Some(Event::Text(String::new())));
            }
            WriterState::Writing => {}
        }
        self.ahead.front().filter(|fault| at_end || fault.after <= self.written)?;
        let fault = self.ahead.pop_front()?;
        match fault.then {
            FaultKind::Close | FaultKind::Reset | FaultKind::ErrorFrame | FaultKind::CutCharacter => {
                self.state = WriterState::Ended;
            }
            FaultKind::Stall => self.state = WriterState::Stalled,
            FaultKind::EmptyFrames => {
                let every = fault.every_ms.map(|every| Duration::from_millis(every.get()));
                self.state = WriterState::Emptying(every.unwrap_or(EMPTY_FRAME_EVERY));
            }
            _ => {}
        }
        Some(Some(Event::Fault(fault.then)))
    }

    /// Cuts a piece of text at the next fault, and returns the rest.
    pub(super) fn cut(&self, piece: &mut String) -> String {
        let room = self.ahead.front().map(|fault| fault.after.saturating_sub(self.written));
        let cut = room.and_then(|room| piece.char_indices().nth(room)).map(|(at, _)| at);
        cut.map(|at| piece.split_off(at)).unwrap_or_default()
    }

    /// Counts written text.
    pub(super) fn count(&mut self, piece: &str) {
        self.written += piece.chars().count();
    }

    /// Ends the answer. No event comes after this one.
    pub(super) fn end(&mut self, last: Event) -> Option<Event> {
        self.state = WriterState::Ended;
        Some(last)
    }
}

fn count(text: &str) -> u32 {
    count_of(text.chars().count())
}

fn count_of(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The words of a text, each with the white space after it. Joined, they are the text.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let space = rest.get(word..).and_then(|tail| tail.find(|c: char| !c.is_whitespace()));
        let (head, tail) = rest.split_at_checked(space.map_or(rest.len(), |space| word + space)).unwrap_or((rest, ""));
        words.push(head);
        rest = tail;
    }
    words
}

/// The number of characters in the first `count` words, with the white space after them.
pub(super) fn chars_of_words(text: &str, count: impl FnOnce(usize) -> usize) -> usize {
    let words = words(text);
    let count = count(words.len());
    words.into_iter().take(count).map(|word| word.chars().count()).sum()
}

#[cfg(test)]
mod tests;

//! Random `didChange` sequences against a model that is a vector of characters.
//!
//! In the model, ranges have colours: each character stores the ranges that it belongs to. Inserted characters get the
//! colour of the text that they replace, or that of both neighbours if these agree. Therefore the model follows a range
//! without arithmetic on offsets.

use super::positions::{ENCODINGS, naive_offset, text};
use proptest::prelude::*;
use stackspot_lsp::testing::documents::{
    Anchor, AnchorState, ContentChange, DocumentError, DocumentStore, Position, PositionEncoding, Range,
};
use std::collections::HashSet;

const URI: &str = "file:///shop/model.txt";

/// A random change: two positions in any order, or none for a whole text.
type RandomChange = (Option<[(u32, u32); 2]>, String);

fn change() -> impl Strategy<Value = RandomChange> {
    let place = (0_u32..8, 0_u32..10);
    let ranged = ([place.clone(), place.clone()], text(0..5)).prop_map(|(places, text)| (Some(places), text));
    let inserted = (place, text(1..3)).prop_map(|(at, text)| (Some([at, at]), text));
    let whole = text(0..30).prop_map(|text| (None, text));
    prop_oneof![5 => ranged, 3 => inserted, 1 => whole]
}

fn notifications() -> impl Strategy<Value = Vec<Vec<RandomChange>>> {
    prop::collection::vec(prop::collection::vec(change(), 0..4), 1..8)
}

fn content_change((places, text): &RandomChange) -> ContentChange {
    let range = places.map(|places| {
        let [start, end] = places.map(|(line, character)| Position::new(line, character));
        Range::new(start.min(end), start.max(end))
    });
    ContentChange { range, text: text.clone() }
}

#[derive(Debug, Clone, PartialEq)]
struct Cell {
    char: char,
    colours: HashSet<usize>,
}

#[derive(Debug, Default)]
struct Model {
    cells: Vec<Cell>,
    /// The colours of ranges for which a change replaced text on both sides of a boundary.
    torn: HashSet<usize>,
    /// The colours of ranges that were empty at some time.
    lost: HashSet<usize>,
}

impl Model {
    fn new(text: &str) -> Self {
        let cells = text.chars().map(|char| Cell { char, colours: HashSet::new() }).collect();
        Self { cells, ..Self::default() }
    }

    fn text(&self) -> String {
        self.cells.iter().map(|cell| cell.char).collect()
    }

    /// The index of the character at a byte offset.
    fn index(&self, byte: usize) -> usize {
        let mut at = 0;
        self.cells
            .iter()
            .position(|cell| {
                let found = at >= byte;
                at += cell.char.len_utf8();
                found
            })
            .unwrap_or(self.cells.len())
    }

    fn apply(&mut self, encoding: PositionEncoding, change: &ContentChange) {
        let text = self.text();
        let bytes = match change.range {
            Some(range) => naive_offset(encoding, &text, range.start)..naive_offset(encoding, &text, range.end),
            None => 0..text.len(),
        };
        let mut after = text.clone();
        after.replace_range(bytes.clone(), &change.text);
        let (old, new): (Vec<char>, Vec<char>) = (text.chars().collect(), after.chars().collect());
        let (first, last) = (self.index(bytes.start), self.index(bytes.end));

        // Text that is equal at both ends of the replacement was not typed.
        let (mut start, mut old_end, mut new_end) = (first, last, last + new.len() - old.len().min(last + new.len()));
        while start < old_end && start < new_end && old[start] == new[start] {
            start += 1;
        }
        while start < old_end && start < new_end && old[old_end - 1] == new[new_end - 1] {
            (old_end, new_end) = (old_end - 1, new_end - 1);
        }
        if start == old_end && start == new_end {
            return;
        }
        // A CRLF line break changes as a whole.
        let parted = |text: &[char], at: usize| at > 0 && text[at - 1] == '\r' && text.get(at) == Some(&'\n');
        if parted(&old, start) || parted(&new, start) {
            start -= 1;
        }
        if parted(&old, old_end) || parted(&new, new_end) {
            (old_end, new_end) = (old_end + 1, new_end + 1);
        }

        let colours_at = |at: Option<usize>| {
            at.and_then(|at| self.cells.get(at)).map(|cell| cell.colours.clone()).unwrap_or_default()
        };
        let (before, behind) = (colours_at(start.checked_sub(1)), colours_at(Some(old_end)));
        let replaced: HashSet<usize> =
            self.cells[start..old_end].iter().flat_map(|cell| cell.colours.clone()).collect();
        for colour in &replaced {
            // The first replaced character is outside and the range starts behind it; or the same at the end.
            let has = |at: usize| self.cells[at].colours.contains(colour);
            if !has(start) && !before.contains(colour) || !has(old_end - 1) && !behind.contains(colour) {
                self.torn.insert(*colour);
            }
        }
        let colours = &replaced | &(&before & &behind);
        let inserted: Vec<Cell> =
            new[start..new_end].iter().map(|char| Cell { char: *char, colours: colours.clone() }).collect();
        if inserted.is_empty() {
            let all_of = |colour: &usize| {
                let outside = self.cells[..start].iter().chain(&self.cells[old_end..]);
                outside.filter(|cell| cell.colours.contains(colour)).count() == 0
            };
            self.lost.extend(replaced.iter().filter(|colour| all_of(colour)));
        }
        self.cells.splice(start..old_end, inserted);
    }

    fn paint(&mut self, bytes: std::ops::Range<usize>, colour: usize) {
        let (start, end) = (self.index(bytes.start), self.index(bytes.end));
        for cell in &mut self.cells[start..end] {
            cell.colours.insert(colour);
        }
    }

    /// The bytes of `colour`; `None` if all of it was deleted, even if other text replaced it. After that, the model
    /// does not know its place.
    fn find(&self, colour: usize) -> Option<std::ops::Range<usize>> {
        if self.lost.contains(&colour) {
            return None;
        }
        let first = self.cells.iter().position(|cell| cell.colours.contains(&colour))?;
        let last = self.cells.iter().rposition(|cell| cell.colours.contains(&colour))?;
        assert!(self.cells[first..=last].iter().all(|cell| cell.colours.contains(&colour)), "the model tore a range");
        let bytes = |cells: &[Cell]| cells.iter().map(|cell| cell.char.len_utf8()).sum::<usize>();
        let start = bytes(&self.cells[..first]);
        Some(start..start + bytes(&self.cells[first..=last]))
    }
}

/// A range that is followed in every available way.
struct Followed {
    version: i32,
    range: Range,
    original: String,
    /// Created immediately.
    anchor: Anchor,
    snapshot: stackspot_lsp::testing::documents::Snapshot,
    bytes: std::ops::Range<usize>,
}

fn check_followed(store: &DocumentStore, model: &Model, followed: &[Followed]) -> Result<(), TestCaseError> {
    for (colour, one) in followed.iter().enumerate() {
        let AnchorState::Live { snapshot, bytes, intact, bounded } = one.anchor.state() else {
            return Err(TestCaseError::fail("the anchor is not live"));
        };
        let is_gone = bytes.is_empty() && one.original.chars().nth(1).is_some();
        match store.locate(URI, Some(one.version), one.range) {
            Ok(located) => prop_assert!(located.bytes == bytes && !is_gone, "locate and anchor disagree"),
            Err(error) => prop_assert!(is_gone && matches!(error, DocumentError::Gone { .. }), "{}", error),
        }
        let late = store.anchor(&one.snapshot, one.bytes.clone()).unwrap();
        let AnchorState::Live { bytes: late_bytes, intact: late_intact, .. } = late.state() else {
            return Err(TestCaseError::fail("the late anchor is not live"));
        };
        prop_assert_eq!((&late_bytes, late_intact), (&bytes, intact), "an anchor set late disagrees");

        let now = snapshot.slice(bytes.clone());
        if let Some(expected) = model.find(colour) {
            prop_assert_eq!(&bytes, &expected);
            prop_assert_eq!(intact, now == one.original && !model.torn.contains(&colour));
            prop_assert_eq!(bounded, !model.torn.contains(&colour));
        }
        prop_assert!(!intact || now == one.original);
        prop_assert_eq!(snapshot.bytes(snapshot.range(bytes.clone())).unwrap(), bytes, "no range names these bytes");
    }
    Ok(())
}

proptest! {
    #[test]
    fn documents_versions_and_anchors_match_the_model(
        start in text(0..40),
        notifications in notifications(),
        selections in prop::collection::vec([(0_u32..8, 0_u32..10), (0_u32..8, 0_u32..10)], 8),
        encoding in prop::sample::select(&ENCODINGS),
    ) {
        let [store, full] = [(); 2].map(|()| DocumentStore::new(encoding));
        store.open(URI, "text", 0, &start);
        full.open(URI, "text", 0, &start);
        let mut model = Model::new(&start);
        let mut followed: Vec<Followed> = vec![];
        for (version, (changes, selection)) in (0..).zip(notifications.iter().zip(&selections)) {
            let snapshot = store.snapshot(URI).unwrap();
            let range = content_change(&(Some(*selection), String::new())).range.unwrap();
            let bytes = snapshot.bytes(range).unwrap();
            let anchor = store.anchor(&snapshot, bytes.clone()).unwrap();
            model.paint(bytes.clone(), followed.len());
            let original = snapshot.slice(bytes.clone());
            followed.push(Followed { version, range, original, anchor, snapshot, bytes });

            let changes: Vec<ContentChange> = changes.iter().map(content_change).collect();
            // The store may skip changes that a whole text in the same notification overwrites.
            let whole = changes.iter().rposition(|change| change.range.is_none()).unwrap_or(0);
            store.change(URI, version + 1, &changes).unwrap();
            for change in &changes[whole..] {
                model.apply(encoding, change);
            }
            prop_assert_eq!(store.snapshot(URI).unwrap().text.to_string(), model.text());
            full.change(URI, version + 1, &[ContentChange { range: None, text: model.text() }]).unwrap();
            let full = full.snapshot(URI).unwrap().text;
            full.assert_integrity();
            full.assert_invariants();
            prop_assert_eq!(full.to_string(), model.text(), "full sync");
            check_followed(&store, &model, &followed)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The text spans many chunks, so that line breaks and characters cross their boundaries.
    #[test]
    fn long_documents_too(
        start in text(2000..4000),
        changes in prop::collection::vec(([(0_u32..900, 0_u32..10), (0_u32..900, 0_u32..10)], text(0..400)), 1..12),
        encoding in prop::sample::select(&ENCODINGS),
    ) {
        let [incremental, full] = [(); 2].map(|()| DocumentStore::new(encoding));
        incremental.open(URI, "text", 0, &start);
        full.open(URI, "text", 0, &start);
        let mut model = start;
        for (version, (places, text)) in (1..).zip(changes) {
            let change = content_change(&(Some(places), text));
            let Range { start, end } = change.range.unwrap();
            let bytes = naive_offset(encoding, &model, start)..naive_offset(encoding, &model, end);
            model.replace_range(bytes, &change.text);
            incremental.change(URI, version, &[change]).unwrap();
            full.change(URI, version, &[ContentChange { range: None, text: model.clone() }]).unwrap();
            for store in [&incremental, &full] {
                let snapshot = store.snapshot(URI).unwrap();
                prop_assert_eq!(&snapshot.text, model.as_str());
                snapshot.text.assert_integrity();
                snapshot.text.assert_invariants();
            }
        }
    }
}

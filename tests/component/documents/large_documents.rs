//! The costs of large documents. Memory is compared by address: two texts that share structure have chunks at the same
//! address.

use ropey::Rope;
use stackspot_lsp::testing::documents::{AnchorState, ContentChange, DocumentStore, Position, PositionEncoding, Range};
use std::collections::HashSet;

const URI: &str = "file:///shop/large.rs";
const LINE: &str = "    let größe = \"😀 a line of a large document\";\r\n";

fn large(bytes: usize) -> String {
    LINE.repeat(bytes / LINE.len())
}

/// How many bytes `new` holds that `old` does not share.
fn own_bytes(old: &Rope, new: &Rope) -> usize {
    let shared: HashSet<*const u8> = old.chunks().map(str::as_ptr).collect();
    new.chunks().filter(|chunk| !shared.contains(&chunk.as_ptr())).map(str::len).sum()
}

#[test]
fn typing_in_a_5_mb_document_copies_next_to_nothing() {
    let store = DocumentStore::new(PositionEncoding::Utf16);
    let text = large(5_000_000);
    store.open(URI, "rust", 0, &text);
    let before = store.snapshot(URI).unwrap();
    let line = before.text.len_lines() as u32 / 2;
    let at = Position::new(line, 8);
    // If the work grew with the text, this would process 50 GB and not end.
    for version in 1..=10_000 {
        let text = if version % 2 == 1 { "x" } else { "" }.to_owned();
        let end = if version % 2 == 1 { at } else { Position::new(line, 9) };
        store.change(URI, version, &[ContentChange { range: Some(Range::new(at, end)), text }]).unwrap();
    }
    let after = store.snapshot(URI).unwrap();
    assert!(own_bytes(&before.text, &after.text) < 16 * 1024);
    assert_eq!(after.text, text.as_str());
}

#[test]
fn typing_with_full_sync_shares_the_text() {
    let store = DocumentStore::new(PositionEncoding::Utf16);
    let mut text = large(3_000_000);
    store.open(URI, "rust", 0, &text);
    let before = store.snapshot(URI).unwrap();
    let (middle, last) = (text.len() / LINE.len() / 2 * LINE.len(), text.len() - LINE.len());
    let anchor = store.anchor(&before, last..last + 7).unwrap();
    for version in 1..=50 {
        text.insert(middle, 'x');
        store.change(URI, version, &[ContentChange { range: None, text: text.clone() }]).unwrap();
    }
    let after = store.snapshot(URI).unwrap();
    assert!(own_bytes(&before.text, &after.text) < 16 * 1024);
    assert_eq!(after.text, text.as_str());
    let AnchorState::Live { bytes, intact, .. } = anchor.state() else { panic!("not live") };
    assert_eq!((bytes, intact), (last + 50..last + 57, true));
    let first = store.locate(URI, Some(0), before.range(middle..middle + 7)).unwrap();
    assert_eq!(first.bytes, middle + 50..middle + 57);
}

#[test]
fn oldest_unshared_texts_are_forgotten_at_the_limit() {
    let store = DocumentStore::new(PositionEncoding::Utf16);
    let texts = ["a", "b", "c", "d", "e", "f"].map(|letter| letter.repeat(1_000_000));
    store.open(URI, "text", 0, &texts[0]);
    for (version, text) in (1..).zip(&texts[1..]) {
        store.change(URI, version, &[ContentChange { range: None, text: text.clone() }]).unwrap();
    }
    let known: Vec<i32> =
        (0..=5).filter(|version| store.locate(URI, Some(*version), Range::default()).is_ok()).collect();
    assert_eq!(known, [1, 2, 3, 4, 5], "4 MiB hold four old texts of 1 MB besides today's");

    // One replacement above the limit does not affect the current text.
    let [first, second] = ["x", "y"].map(|letter| letter.repeat(5_000_000));
    for (version, text) in [(6, first), (7, second)] {
        store.change(URI, version, &[ContentChange { range: None, text }]).unwrap();
    }
    assert!(store.locate(URI, Some(6), Range::default()).is_err());
    assert!(store.locate(URI, Some(7), Range::default()).is_ok());
}

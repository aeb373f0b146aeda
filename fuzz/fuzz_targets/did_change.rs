//! Any changes at any positions, in any encoding, leave the text that the same changes make of a plain string.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ropey::Rope;
use stackspot_lsp::testing::documents::{
    ContentChange, DocumentStore, Position, PositionEncoding, Range, offset, range_to_bytes,
};

const URI: &str = "file:///fuzz.txt";

#[derive(Debug, Arbitrary)]
struct Session {
    encoding: u8,
    text: String,
    changes: Vec<Change>,
}

#[derive(Debug, Arbitrary)]
struct Change {
    range: Option<[(u16, u16); 2]>,
    text: String,
}

fuzz_target!(|session: Session| {
    let encodings = [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32];
    let encoding = encodings[usize::from(session.encoding) % encodings.len()];
    let store = DocumentStore::new(encoding);
    store.open(URI, "plaintext", 0, &session.text);
    let mut plain = session.text;
    for (version, change) in (1..).zip(session.changes) {
        let range = change.range.map(|ends| {
            let [start, end] = ends.map(|(line, character)| Position::new(line.into(), character.into()));
            Range::new(start, end)
        });
        let bytes = match range {
            None => Ok(0..plain.len()),
            Some(range) => range_to_bytes(encoding, &Rope::from_str(&plain), range),
        };
        let changed = store.change(URI, version, &[ContentChange { range, text: change.text.clone() }]);
        // A range that ends before it starts puts the document out of sync, and nothing more is believed of it.
        let Ok(bytes) = bytes else {
            assert!(changed.is_err());
            assert!(store.snapshot(URI).is_err());
            return;
        };
        assert!(changed.is_ok(), "{changed:?}");
        plain.replace_range(bytes, &change.text);
        let snapshot = store.snapshot(URI).expect("it is in sync");
        assert_eq!(snapshot.text, plain);
        for byte in (0..=plain.len()).filter(|byte| plain.is_char_boundary(*byte)) {
            let back = offset(encoding, &snapshot.text, snapshot.position(byte));
            // The middle of a CRLF has no position of its own.
            assert!(back == byte || back + 1 == byte && plain[..byte].ends_with('\r'), "{byte} became {back}");
        }
    }
});

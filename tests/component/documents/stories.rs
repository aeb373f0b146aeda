//! Sequences of editor actions on documents.

use stackspot_lsp::testing::documents::{
    Anchor, AnchorState, ContentChange, DocumentError, DocumentStore, DocumentUri, Position, PositionEncoding, Range,
    SyncError,
};
use stackspot_lsp::testing::i18n::Message;

const URI: &str = "file:///shop/main.rs";

fn opened(text: &str) -> DocumentStore {
    let store = DocumentStore::new(PositionEncoding::Utf16);
    store.open(URI, "rust", 1, text);
    store
}

fn range(start: (u32, u32), end: (u32, u32)) -> Range {
    Range::new(Position::new(start.0, start.1), Position::new(end.0, end.1))
}

fn typed(start: (u32, u32), end: (u32, u32), text: &str) -> ContentChange {
    ContentChange { range: Some(range(start, end)), text: text.to_owned() }
}

fn whole(text: &str) -> ContentChange {
    ContentChange { range: None, text: text.to_owned() }
}

fn text(store: &DocumentStore) -> String {
    store.snapshot(URI).unwrap().text.to_string()
}

/// An anchor on the first `selection` in the text.
fn anchored(store: &DocumentStore, selection: &str) -> Anchor {
    let snapshot = store.snapshot(URI).unwrap();
    let start = snapshot.text.to_string().find(selection).unwrap();
    store.anchor(&snapshot, start..start + selection.len()).unwrap()
}

/// The range that the anchor covers now, and whether it is intact.
#[track_caller]
fn covered(anchor: &Anchor) -> (String, bool) {
    match anchor.state() {
        AnchorState::Live { snapshot, bytes, intact, .. } => (snapshot.slice(bytes), intact),
        other => panic!("the anchor is not live: {other:?}"),
    }
}

#[test]
fn a_snapshot_is_the_document_as_it_was() {
    let store = opened("let ü = 1;\n");
    let before = store.snapshot(URI).unwrap();
    store.change(URI, 2, &[typed((0, 4), (0, 5), "x")]).unwrap();

    assert_eq!(before.text.to_string(), "let ü = 1;\n");
    assert_eq!((before.version, &*before.language_id, &*before.client_uri), (1, "rust", URI));
    let after = store.snapshot("file://localhost/shop/m%61in.rs").unwrap();
    assert_eq!((after.text.to_string().as_str(), after.version), ("let x = 1;\n", 2));
    assert!(after.revision > before.revision);

    let bytes = before.bytes(range((0, 4), (0, 7))).unwrap();
    assert_eq!((before.slice(bytes.clone()), before.range(bytes)), ("ü =".into(), range((0, 4), (0, 7))));
    assert_eq!(
        (before.slice(4..5), before.slice(8..999), before.slice(99..100)),
        (String::new(), " 1;\n".into(), String::new())
    );
    assert_eq!(store.encoding(), PositionEncoding::Utf16);
}

#[test]
fn a_document_is_closed_and_forgotten() {
    let store = opened("text");
    store.open("untitled:Untitled-1", "plaintext", 1, "");
    let mut open: Vec<_> = store.open_documents();
    open.sort();
    assert_eq!(open, [DocumentUri::parse(URI), DocumentUri::parse("untitled:Untitled-1")]);

    let (snapshot, anchor) = (store.snapshot(URI).unwrap(), anchored(&store, "ex"));
    store.close("FILE:///shop/main.rs");
    let not_open = DocumentError::NotOpen { uri: URI.into() };
    assert_eq!(store.snapshot(URI).unwrap_err(), not_open);
    assert_eq!(store.locate(URI, None, Range::default()).unwrap_err(), not_open);
    assert_eq!(store.anchor(&snapshot, 0..1).unwrap_err(), not_open);
    assert_eq!(store.change(URI, 2, &[whole("x")]), Err(SyncError::NotOpen { uri: URI.into() }));
    assert_eq!(store.mark_out_of_sync(URI, Message::verbatim("x")), Err(SyncError::NotOpen { uri: URI.into() }));
    assert!(matches!(anchor.state(), AnchorState::Closed));
    assert!(matches!(store.anchor_if_open(&snapshot, 0..1).unwrap().state(), AnchorState::Closed));
    assert!(store.changes(URI).is_none());
    assert_eq!(store.open_documents(), [DocumentUri::parse("untitled:Untitled-1")]);
}

#[test]
fn opening_again_starts_afresh() {
    let store = opened("one two");
    let (snapshot, anchor) = (store.snapshot(URI).unwrap(), anchored(&store, "two"));
    store.change(URI, 2, &[typed((0, 0), (0, 0), ">")]).unwrap();
    store.open(URI, "text", 1, "one two");

    assert!(matches!(anchor.state(), AnchorState::Closed));
    let again = store.snapshot(URI).unwrap();
    assert_eq!((again.version, &*again.language_id), (1, "text"));
    // The old snapshot has the same version and text, but belongs to the document before it was reopened.
    let unknown = DocumentError::VersionUnknown { uri: URI.into(), version: 1 };
    assert_eq!(store.anchor(&snapshot, 0..1).unwrap_err(), unknown);
    assert!(matches!(store.anchor_if_open(&snapshot, 0..1).unwrap().state(), AnchorState::Closed));
    assert!(matches!(store.anchor_if_open(&again, 0..1).unwrap().state(), AnchorState::Live { .. }));
    assert!(store.locate(URI, Some(2), Range::default()).is_err());
    drop(anchor);
    assert_eq!(covered(&anchored(&store, "two")), ("two".into(), true));
}

#[test]
fn a_whole_text_heals_a_document_and_its_anchors() {
    let store = opened("one two three");
    let (inside, outside) = (anchored(&store, "one"), anchored(&store, "three"));
    let before = store.snapshot(URI).unwrap();
    store.change(URI, 2, &[typed((0, 0), (0, 0), "")]).unwrap();
    assert!(store.locate(URI, Some(1), Range::default()).is_ok());
    assert!(store.mark_out_of_sync(URI, Message::verbatim("a change could not be read")).is_err());
    store.change(URI, 7, &[typed((0, 0), (0, 0), "?")]).unwrap();
    store.change(URI, 7, &[whole("its version does not grow")]).unwrap();
    store.mark_out_of_sync(URI, Message::verbatim("once more")).unwrap();
    assert!(matches!(store.snapshot(URI), Err(DocumentError::OutOfSync { .. })));
    assert!(matches!(inside.state(), AnchorState::OutOfSync));
    store.change(URI, 8, &[whole("ore two three"), typed((0, 3), (0, 3), "!")]).unwrap();

    let now = store.snapshot(URI).unwrap();
    assert_eq!((now.text.to_string().as_str(), now.version), ("ore! two three", 8));
    assert_eq!(covered(&outside), ("three".into(), true));
    assert_eq!(covered(&inside), ("ore".into(), false));
    // Earlier versions are forgotten, because the changes in between are unknown.
    assert!(store.locate(URI, Some(1), Range::default()).is_err());
    assert!(store.anchor(&before, 0..1).is_err());
    // A second loss of sync is reported again.
    assert!(store.change(URI, 8, &[]).is_err());
}

#[test]
fn typing_inside_an_anchor_breaks_it_until_it_is_undone() {
    let store = opened("a bcd e");
    let anchor = anchored(&store, "bcd");
    for (version, (change, now, is_intact)) in (2..).zip([
        (typed((0, 3), (0, 4), "XY"), "bXYd", false),
        (typed((0, 3), (0, 5), "c"), "bcd", true),
        (typed((0, 1), (0, 3), ""), "cd", false),
        (typed((0, 1), (0, 1), " b"), "cd", false),
    ]) {
        store.change(URI, version, &[change]).unwrap();
        assert_eq!(covered(&anchor), (now.to_owned(), is_intact), "version {version}");
    }
    assert_eq!(text(&store), "a bcd e");
}

#[test]
fn an_anchor_set_late_catches_up() {
    let store = opened("one two");
    let then = store.snapshot(URI).unwrap();
    store.change(URI, 2, &[typed((0, 0), (0, 0), "zero ")]).unwrap();
    store.change(URI, 3, &[typed((0, 6), (0, 7), "N")]).unwrap();
    let [one, two] = [0..3, 4..7].map(|bytes| store.anchor(&then, bytes).unwrap());
    assert_eq!(covered(&one), ("oNe".into(), false));
    assert_eq!(covered(&two), ("two".into(), true));
    store.change(URI, 4, &[typed((0, 6), (0, 7), "n")]).unwrap();
    assert_eq!(covered(&one), ("one".into(), true));
}

#[test]
fn empty_anchor_stays_before_the_next_text() {
    let store = opened("ab");
    let snapshot = store.snapshot(URI).unwrap();
    let anchor = store.anchor(&snapshot, 1..1).unwrap();
    store.change(URI, 2, &[typed((0, 1), (0, 1), "xyz")]).unwrap();
    let AnchorState::Live { bytes, intact, .. } = anchor.state() else { panic!("not live") };
    assert_eq!((bytes, intact), (4..4, true));
}

#[test]
fn a_range_of_an_older_version_is_found_in_todays_text() {
    let store = opened("one\ntwo\nthree\n");
    store.change(URI, 2, &[typed((0, 0), (0, 0), "zero\n")]).unwrap();
    store.change(URI, 9, &[typed((2, 3), (2, 3), "!"), typed((3, 1), (3, 2), "HH")]).unwrap();
    let found = |version, wanted| {
        let located = store.locate(URI, version, wanted).unwrap();
        assert_eq!(located.snapshot.version, 9);
        located.snapshot.slice(located.bytes)
    };
    assert_eq!(found(Some(1), range((1, 0), (1, 3))), "two");
    assert_eq!(found(Some(1), range((1, 0), (2, 5))), "two!\ntHHree");
    assert_eq!(found(Some(2), range((2, 0), (2, 3))), "two");
    assert_eq!(found(Some(9), range((2, 0), (2, 4))), "two!");
    assert_eq!(found(None, range((2, 0), (2, 4))), "two!");

    for version in [0, 3, 8, 10] {
        let unknown = DocumentError::VersionUnknown { uri: URI.into(), version };
        assert_eq!(store.locate(URI, Some(version), Range::default()).unwrap_err(), unknown);
    }
    let backwards = store.locate(URI, Some(1), range((1, 0), (0, 0))).unwrap_err();
    assert!(matches!(backwards, DocumentError::Range { .. }), "{backwards}");
}

#[test]
fn deleted_range_is_gone_and_a_cursor_stays() {
    let store = opened("one\ntwo\nthree\n");
    store.change(URI, 2, &[typed((1, 0), (1, 3), "")]).unwrap();
    let bytes = |wanted| store.locate(URI, Some(1), wanted).map(|found| found.bytes);
    assert_eq!(bytes(range((1, 0), (1, 3))), Err(DocumentError::Gone { uri: URI.into() }));
    for cursor in [range((1, 1), (1, 1)), range((1, 1), (1, 2))] {
        assert_eq!(bytes(cursor), Ok(4..4));
    }
    assert_eq!(bytes(range((1, 0), (2, 0))), Ok(4..5));
}

#[test]
fn the_latest_128_versions_are_known() {
    let store = opened("");
    for version in 2..=200 {
        store.change(URI, version, &[typed((0, 0), (0, 0), "x")]).unwrap();
    }
    let at = |version| store.locate(URI, Some(version), range((0, 0), (0, 9))).map(|found| found.bytes);
    assert_eq!(at(73), Ok(127..136));
    assert!(matches!(at(72), Err(DocumentError::VersionUnknown { version: 72, .. })));
}

#[test]
fn an_anchor_outlives_the_history() {
    let store = opened("one two");
    let anchor = anchored(&store, "two");
    for version in 2..=300 {
        store.change(URI, version, &[typed((0, 0), (0, 0), "x")]).unwrap();
    }
    assert_eq!(covered(&anchor), ("two".into(), true));
}

#[tokio::test]
async fn change_wakes_all_waiting_tasks() {
    let store = opened("a");
    let mut changes = store.changes(URI).unwrap();
    let now = || store.snapshot(URI).unwrap().revision;
    assert_eq!(*changes.borrow_and_update(), now());

    let waiting = async {
        changes.changed().await.unwrap();
        assert_eq!(*changes.borrow_and_update(), now());
    };
    let change = async { store.change(URI, 2, &[typed((0, 0), (0, 0), "b")]).unwrap() };
    tokio::join!(waiting, change);

    // The same text again, a loss of sync and a reopening are signalled. Ignored changes are not.
    store.change(URI, 3, &[whole("ba")]).unwrap();
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    store.mark_out_of_sync(URI, Message::verbatim("test")).unwrap_err();
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    store.change(URI, 4, &[typed((0, 0), (0, 0), "b")]).unwrap();
    assert!(!changes.has_changed().unwrap());
    store.open(URI, "rust", 1, "a");
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    store.close(URI);
    changes.changed().await.unwrap_err();
}

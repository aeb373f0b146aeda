//! Random lives of edits: a text, a selection, a reply, a user who types, and an editor with its own behavior.
//!
//! Each scenario knows the required text at its end without computing offsets: `oracle` colours characters. The final
//! text is always one of two: the user's text with the new code instead of the old, or exactly the user's text. The
//! outcome says which.
//!
//! `SCENARIOS=1000000 cargo test --release --test component lives_of_edits -- --nocapture` runs a million and prints
//! the count. `SCENARIO_SEED=N SCENARIOS=1` repeats one.

mod code;
mod editor;
mod oracle;
mod replies;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stackspot_lsp::testing::actions::Catalogue;
use stackspot_lsp::testing::config::Settings;
use stackspot_lsp::testing::documents::{DocumentStore, PositionEncoding};
use stackspot_lsp::testing::edit;
use stackspot_lsp::testing::i18n::Language;
use stackspot_lsp::testing::job::{self, Answer, Job, Outcome, Target};
use stackspot_lsp::testing::syntax::worker;

use self::code::Source;
use self::editor::{Editor, Temper};

const URI: &str = "file:///shop/cart.rs";

/// Enough to reach every branch often. It takes a few seconds, also without optimization.
const DEFAULT_SCENARIOS: u64 = 5_000;

#[test]
fn edits_never_produce_a_wrong_text() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, count): (u64, u64) = (number("SCENARIO_SEED", 0), number("SCENARIOS", DEFAULT_SCENARIOS));
    // The program runs grammars as its worker, and this test is another program.
    worker::parse_with(Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")));
    let shares = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    std::thread::scope(|threads| {
        let lived: Vec<_> = (0..shares as u64)
            .map(|share| threads.spawn(move || lives((first + share..first + count).step_by(shares))))
            .collect();
        for end in lived.into_iter().flat_map(|thread| thread.join().expect("a scenario ended in a wrong text")) {
            *ends.entry(end).or_default() += 1;
        }
    });
    println!("{count} scenarios from seed {first}: {ends:#?}");
    if count >= 1_000 {
        for end in ["applied", "proposed, then applied", "proposed, and refused again", "unchanged"] {
            assert!(ends.keys().any(|key| key.starts_with(end)), "no scenario ended so: {end}; {ends:#?}");
        }
    }
}

/// Runs the scenarios of these seeds one after the other, and returns their outcomes.
fn lives(seeds: impl Iterator<Item = u64>) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    seeds.map(|seed| runtime.block_on(live(seed))).collect()
}

/// Runs one scenario, and returns its outcome.
async fn live(seed: u64) -> String {
    let mut dice = fastrand::Rng::with_seed(seed);
    let encoding =
        *dice.choice([PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32].iter()).unwrap();
    let source = Source::random(&mut dice);
    let reply = replies::random(&mut dice, &source);
    let temper = Temper::random(&mut dice);

    let documents = DocumentStore::new(encoding);
    documents.open(URI, "rust", 1, &source.text);
    let snapshot = documents.snapshot(URI).unwrap();
    let bytes = source.selected.clone();
    let anchor = Arc::new(documents.anchor(&snapshot, bytes.clone()).unwrap());
    let action = Catalogue::new(Arc::new(Settings::default())).find("edit").unwrap();
    let job = Job::new(action, snapshot.uri.clone(), Arc::clone(&snapshot.client_uri));
    let editor = Editor::new(documents.clone(), &source, temper, &mut dice);
    let story = || format!("seed {seed}, {encoding:?}, {temper:?}\n{source:#?}\nreply: {reply:?}\n{editor:#?}");

    for _ in 0..dice.usize(0..4) {
        editor.type_something();
    }
    let review = temper == Temper::AsksForReview;
    let target = Target { snapshot, bytes, anchor, syntax: None, destination: None, review };
    let judged = edit::CheckedEdit {
        document: &target.snapshot.text,
        range: target.bytes.clone(),
        new: &source.new_code,
        language_id: "rust",
        purpose: edit::Purpose::Free,
    };
    let issue = edit::check_edit(&judged).or_else(|| edit::unbalanced(&judged));
    let answer = Answer { text: reply.clone(), end: None, first_text: None, total: Duration::ZERO };
    let landing = job::land(&job, &target, &answer, &editor).await;
    editor.check_sync(&story);
    match landing {
        Some(Outcome::Unchanged { .. }) => {
            assert_eq!(source.new_code, source.selected_text(), "{}", story());
            assert_eq!(editor.text(), editor.typed_only(), "{}", story());
            "unchanged".to_owned()
        }
        Some(Outcome::Applied { .. }) => {
            assert_eq!(Some(editor.text()), editor.with_new_code(), "{}", story());
            assert_eq!(editor.edits_made(), 1, "one edit, one undo step: {}", story());
            format!("applied, {}", editor.typing())
        }
        Some(Outcome::Proposed(proposal)) => {
            assert_eq!(editor.text(), editor.typed_only(), "{}", story());
            assert_eq!(editor.edits_made(), 0, "{}", story());
            // For a selection inside a line, the request has whole lines. The answer may mean them: the user decides.
            if proposal.reason.text(Language::En).starts_with("It would also change the other text") {
                return "proposed, with other text on the selected lines".to_owned();
            }
            assert!(
                !editor.may_apply() || editor.with_new_code().is_none() || issue.is_some(),
                "nothing kept it from the text: {}",
                story()
            );
            editor.becomes_honest();
            for _ in 0..dice.usize(0..3) {
                editor.type_something();
            }
            let applied = job::apply_proposal(&job, &proposal, None, &editor).await;
            editor.check_sync(&story);
            match applied {
                Ok(()) => {
                    assert_eq!(Some(editor.text()), editor.with_new_code(), "{}", story());
                    "proposed, then applied".to_owned()
                }
                Err(_) => {
                    assert_eq!(editor.text(), editor.typed_only(), "{}", story());
                    assert_eq!(editor.with_new_code(), None, "nothing kept it from the text: {}", story());
                    "proposed, and refused again".to_owned()
                }
            }
        }
        Some(Outcome::Answered { reason }) => panic!("{reason:?}\n{}", story()),
        None => panic!("nobody cancelled\n{}", story()),
    }
}

//! Whatever an agent replies, the plan for it never panics, and its changes make exactly the text that it promises.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ropey::Rope;
use stackspot_lsp::testing::edit::{Granularity, Plan, Purpose, apply, plan};

#[derive(Debug, Arbitrary)]
struct Reply {
    document: String,
    start: u16,
    end: u16,
    language: u8,
    text: String,
}

fuzz_target!(|reply: Reply| {
    let languages = ["rust", "python", "markdown", "plaintext", "html", "yaml", ""];
    let language = languages[usize::from(reply.language) % languages.len()];
    let within = |at: u16| {
        let at = usize::from(at).min(reply.document.len());
        (0..=at).rev().find(|at| reply.document.is_char_boundary(*at)).unwrap_or(0)
    };
    let (first, second) = (within(reply.start), within(reply.end));
    let range = first.min(second)..first.max(second);
    let document = Rope::from_str(&reply.document);
    match plan(&document, range, language, Purpose::Free, &reply.text, Granularity::Line) {
        Plan::Replace { range, text, changes, .. } => {
            let mut expected = reply.document.clone();
            expected.replace_range(range, &text);
            assert_eq!(apply(&reply.document, &changes), expected);
        }
        Plan::Unchanged { .. } | Plan::Cannot { .. } | Plan::NoCode { .. } => {}
    }
});

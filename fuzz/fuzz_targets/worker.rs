//! Whatever is sent to the worker that parses, reading it ends, takes no more memory than came, and panics nowhere; and a
//! question that is framed well is found behind others.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackspot_lsp::testing::syntax::worker::questions_in;

fuzz_target!(|bytes: &[u8]| {
    let count = questions_in(bytes);
    // A question has two lengths of four bytes.
    assert!(count <= bytes.len() / 8);

    let question = br#"["Python",{"Imports":{}}]"#;
    let text = b"import os\n";
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("a short one").to_le_bytes();
    let framed = [&length(question)[..], question, &length(text), text].concat();
    assert_eq!(questions_in(&[&framed[..], bytes].concat()), 1 + count);
});

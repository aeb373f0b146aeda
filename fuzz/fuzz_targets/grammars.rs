//! Whatever text a grammar is given, in a process of its own: the answer comes in its time or is given up, and the next
//! question, about an honest text, is answered.
//!
//! The first byte picks the language, the rest is the text. `STACKSPOT_LSP` names the program that is the worker.
#![no_main]

use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use ropey::Rope;
use stackspot_lsp::testing::syntax::{language, syntax_errors, worker};

const LANGUAGES: [&str; 28] = [
    "shellscript", "c", "csharp", "cpp", "css", "dart", "go", "hcl", "html", "java", "javascript", "json", "jsonc", "kotlin", "lua", "markdown", "php", "python", "ruby", "rust", "scala", "sql", "swift", "toml", "typescript", "typescriptreact", "xml", "yaml",
];

/// How long a text may be parsed here.
const LIMIT: Duration = Duration::from_millis(200);

/// How long anybody may wait for it, the start of another worker included, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(20);

static START: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    START.call_once(|| {
        let program = std::env::var("STACKSPOT_LSP").expect("STACKSPOT_LSP names the program");
        worker::parse_with(Path::new(&program));
    });
    let Some((first, rest)) = bytes.split_first() else { return };
    let text = Rope::from_str(&String::from_utf8_lossy(rest));
    let syntax = language(LANGUAGES[usize::from(*first) % LANGUAGES.len()], None).expect("it has a grammar");
    let began = Instant::now();
    worker::with_limit(LIMIT, || syntax_errors(&text, syntax));
    let python = language("python", None).expect("it has a grammar");
    assert!(syntax_errors(&Rope::from_str("import os\n"), python).is_some(), "the next question is not answered");
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
});

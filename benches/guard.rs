//! Measures the search for secrets: `cargo bench --bench guard`.
//!
//! A prompt waits for this search. Therefore 10 MB of any text must be read in under 300 ms. Twice the size must take
//! little more than twice the time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use stackspot_lsp::testing::guard::find_secrets;

const SIZE: usize = 10_000_000;
const LIMIT: Duration = Duration::from_millis(300);

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rust = gathered(&root.join("src"), "rs");
    let prose = gathered(&root.join("docs"), "md");
    let typescript = gathered(&root.join("editors"), "ts");
    let data =
        (0..40_000).map(|n| format!("{{\"id\": {n}, \"token\": null, \"key\": \"row-{n}\", \"at\": [{n}, 2.5]}},\n"));
    let cases = [
        ("Rust", filled(&rust)),
        ("TypeScript", filled(&typescript)),
        ("TypeScript in one line", filled(&typescript.replace('\n', " "))),
        ("Markdown", filled(&prose)),
        ("JSON", filled(&data.collect::<String>())),
        ("Base64 in one line", base64()),
    ];
    println!("{:<26} {:>9} {:>9}  (ms on the processor, best of three)", "", "5 MB", "10 MB");
    let mut slow = Vec::new();
    for (name, text) in &cases {
        let half = text.get(..text.floor_char_boundary(SIZE / 2)).unwrap();
        let (half, whole) = (best(half), best(text));
        println!("{name:<26} {:>9.0} {:>9.0}", half.as_secs_f64() * 1_000.0, whole.as_secs_f64() * 1_000.0);
        if whole > LIMIT || whole > half * 3 {
            slow.push(*name);
        }
    }
    assert!(slow.is_empty(), "over {LIMIT:?}, or not linear: {slow:?}");
}

fn best(text: &str) -> Duration {
    let began = Instant::now();
    let now = || on_the_processor().unwrap_or_else(|| began.elapsed());
    let timed = || {
        let start = now();
        black_box(find_secrets(black_box(text)));
        now() - start
    };
    (0..3).map(|_| timed()).min().unwrap()
}

/// The CPU time of this thread, if the system provides it. Other programs on the machine do not affect it.
fn on_the_processor() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// The texts of all files below `folder` that end in `extension`.
fn gathered(folder: &Path, extension: &str) -> String {
    let mut text = String::new();
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.ends_with("node_modules") {
            text += &gathered(&path, extension);
        } else if path.extension().is_some_and(|it| it == extension) {
            text += &std::fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// `text`, repeated.
fn filled(text: &str) -> String {
    let mut filled = text.repeat(SIZE / text.len() + 1);
    filled.truncate(filled.floor_char_boundary(SIZE));
    filled
}

fn base64() -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut random = fastrand::Rng::with_seed(1);
    (0..SIZE).map(|_| char::from(LETTERS[random.usize(..64)])).collect()
}

//! Cases with a table of what became of each.

use futures::future::BoxFuture;

/// A case: its name, and a story that tells what was seen, a cell for each of [`HEADINGS`], or panics.
pub struct Case {
    pub name: &'static str,
    pub story: fn() -> BoxFuture<'static, Vec<String>>,
}

/// What each case tells.
pub const HEADINGS: [&str; 4] = ["what was seen", "next request", "memory: idle, most, at the end", "end"];

/// Runs the cases one after the other, those whose name has `only` in it; prints the table, and whether all went well.
pub async fn run(cases: &[Case], only: Option<&str>) -> bool {
    let chosen = cases.iter().filter(|case| only.is_none_or(|only| case.name.contains(only)));
    let (mut passed, mut failed) = (0, 0);
    println!("| case | {} |\n| --- |{}", HEADINGS.join(" | "), " --- |".repeat(HEADINGS.len()));
    for case in chosen {
        // A task of its own: its panic ends the case alone.
        match tokio::spawn((case.story)()).await {
            Ok(cells) => {
                passed += 1;
                println!("| {} | {} |", case.name, cells.join(" | "));
            }
            Err(_) => {
                failed += 1;
                println!("| {} | **FAILED**, see above | | | |", case.name);
            }
        }
    }
    println!("\n{passed} passed, {failed} failed");
    failed == 0 && passed > 0
}

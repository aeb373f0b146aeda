//! The targets of links and names on pages: files, headings, tests.

use std::collections::HashSet;
use std::path::Path;

use crate::pages::{files, name, pages, read, root};

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut checked = 0;
    for page in pages() {
        for target in link_targets(&read(&page)) {
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(path.exists(), "{} links to {target}", name(&page));
            assert!(heading.is_empty() || anchors(&path).iter().any(|it| it == heading), "{}: {target}", name(&page));
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked} links");
}

/// The targets of a page's links and pictures, except those of other sites. A link may be broken over two lines.
pub fn link_targets(page: &str) -> Vec<String> {
    let starts = ["](", "src=\"", "href=\""].map(|start| (start, if start == "](" { ')' } else { '"' }));
    let targets = starts.iter().flat_map(|(start, end)| {
        let parts = page.split(start).skip(1);
        parts.filter_map(|rest| rest.split_once(*end)).map(|(target, _)| target.to_owned())
    });
    // A title may follow the target.
    let targets = targets.map(|target| target.split(" \"").next().unwrap_or_default().to_owned());
    targets.filter(|target| !target.contains("://")).collect()
}

#[test]
fn every_story_in_the_table_of_editors_exists_in_its_file() {
    let page = read("docs/editors.md");
    let cells = page.split("[✓](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let mut told = 0;
    for (file, story) in cells.filter_map(|target| target.split_once(" \"")) {
        let story = story.trim_end_matches('"');
        assert!(read(file.trim_start_matches("../")).contains(story), "{file} tells no story {story:?}");
        told += 1;
    }
    assert!(told > 30 && told == page.matches("[✓]").count(), "{told} cells");
}

/// The link names of a page's headings, in order.
pub fn anchors(page: &Path) -> Vec<String> {
    headings(&read(page)).iter().map(|(_, heading)| anchor(heading)).collect()
}

/// The headings of a page: level and words. A comment in a block of code is not a heading.
pub fn headings(page: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut headings = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let level = line.chars().take_while(|c| *c == '#').count();
        if let Some(words) = line.get(level..).and_then(|rest| rest.strip_prefix(' ')).filter(|_| level > 0 && !fenced)
        {
            headings.push((level, words.trim().to_owned()));
        }
    }
    headings
}

/// The link name of a heading, as GitHub forms it.
fn anchor(heading: &str) -> String {
    let words = heading.to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_test_named_on_a_page_exists() {
    let folders = ["src", "tests"].map(|folder| root().join(folder));
    let sources: String = folders.iter().flat_map(|folder| files(folder, ".rs")).map(read).collect();
    let functions: HashSet<&str> = sources.split("fn ").filter_map(|after| Some(after.split_once('(')?.0)).collect();
    let mut named = 0;
    for page in pages() {
        let is_test = |span: &String| {
            span.matches('_').count() >= 4
                && span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        for test in spans(&read(&page)).into_iter().filter(is_test) {
            assert!(functions.contains(&*test), "{}: there is no test `{test}`", name(&page));
            named += 1;
        }
    }
    assert!(named > 50, "{named} names");
}

#[test]
fn every_project_file_named_on_a_page_exists() {
    let folders = ["src/", "tests/", "docs/", "editors/", "benches/", "packaging/", "fuzz/", ".ci/"];
    let of_a_reader = ["src/price.py", "docs/adr.md", "tests/test_cart.py"];
    let mut named = 0;
    for page in pages() {
        for span in spans(&read(&page)) {
            // Arguments follow the first blank. Capitals and stars mean names that the reader chooses.
            let path = span.split([' ', ':']).next().unwrap_or_default();
            let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
            let concrete = is_file && !path.contains(['*', '{', '$', '…', '<']) && !path.contains("NAME");
            if concrete && folders.iter().any(|folder| path.starts_with(folder)) && !of_a_reader.contains(&path) {
                assert!(root().join(path).exists(), "{}: there is no `{path}`", name(&page));
                named += 1;
            }
        }
    }
    assert!(named > 5, "{named} files");
}

/// The spans of code in a page's text, without the blocks.
pub fn spans(page: &str) -> Vec<String> {
    let mut fenced = false;
    let mut text = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            text.extend([line, "\n"]);
        }
    }
    text.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " ")).collect()
}

#[test]
fn troubleshooting_page_lists_only_messages_of_the_program() {
    let sources = files(&root().join("src"), ".rs").into_iter().chain(files(&root().join("src"), "en.ftl"));
    // A text over two lines of the source is joined. Braces in a text contain the variable parts.
    let said: String = sources.map(read).collect::<Vec<_>>().join("\n");
    let said = said.split("\\\n").map(str::trim_start).collect::<String>().replace("\\\"", "\"");
    let mut checked = 0;
    for page in pages().iter().filter(|page| name(page).starts_with("docs/troubleshooting")) {
        let text = read(page);
        let symptoms = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
        for (symptom, _) in symptoms {
            for part in symptom.split('…').map(|part| part.trim_matches([' ', '“', '”'])).filter(|part| part.len() > 3)
            {
                assert!(said.contains(part), "{}: nothing says {part:?}", name(page));
                checked += 1;
            }
        }
    }
    assert!(checked > 20, "{checked} messages");
}

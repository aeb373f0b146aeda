//! The README in Portuguese has the same headings, code, links and tables as the English one, in each section.
//! A person must compare the words. Therefore it names the English text from which each section was translated.

use std::path::Path;

use crate::docs::links::{anchors, headings, link_targets, spans};
use crate::pages::{blocks, read, root};

const ENGLISH: &str = "README.md";
const PORTUGUESE: &str = "README.pt-BR.md";

#[test]
fn portuguese_readme_has_the_structure_of_the_english_one() {
    let (english, portuguese) = (read(ENGLISH), read(PORTUGUESE));
    let levels = |page: &str| headings(page).into_iter().map(|(level, _)| level).collect::<Vec<_>>();
    assert_eq!(levels(&portuguese), levels(&english), "the levels of the headings");
    let code = |name: &str| {
        let blocks = blocks(&root().join(name)).into_iter();
        blocks.map(|block| (block.language, without_comments(&block.text), block.note)).collect::<Vec<_>>()
    };
    assert_eq!(code(PORTUGUESE), code(ENGLISH), "the blocks of code");
    let sections = sections(&english).into_iter().zip(sections(&portuguese));
    for (english, portuguese) in sections {
        let heading = english.lines().next().unwrap_or_default();
        assert_eq!(links(portuguese, PORTUGUESE), links(english, ENGLISH), "the links of the section {heading:?}");
        assert_eq!(code_spans(portuguese), code_spans(english), "the code in the section {heading:?}");
        let shape = |section: &str| {
            let starts = section.lines().filter(|line| line.starts_with(['|', '-']));
            starts.map(|line| (line.starts_with('-'), line.matches(" | ").count())).collect::<Vec<_>>()
        };
        assert_eq!(shape(portuguese), shape(english), "lists and tables of the section {heading:?}");
    }
}

#[test]
fn portuguese_readme_matches_the_current_english_text() {
    let (english, portuguese) = (read(ENGLISH), read(PORTUGUESE));
    let (text, _) = portuguese.split_once(MARK).unwrap_or((&portuguese, ""));
    let today = sections(&english).into_iter().map(|section| format!("{:08x}", digest(section))).collect::<Vec<_>>();
    if std::env::var_os("UPDATE_TRANSLATION").is_some() {
        std::fs::write(root().join(PORTUGUESE), format!("{text}{MARK} {} -->\n", today.join(" "))).unwrap();
    }
    let portuguese = read(PORTUGUESE);
    let told = portuguese.split_once(MARK).map_or("", |(_, rest)| rest);
    let told: Vec<&str> = told.split_whitespace().take_while(|word| *word != "-->").collect();
    let changed = sections(&english).into_iter().zip(&today).enumerate();
    let changed = changed.filter(|(index, (_, today))| told.get(*index) != Some(&today.as_str()));
    let changed: Vec<&str> = changed.filter_map(|(_, (section, _))| section.lines().next()).collect();
    assert!(
        changed.is_empty(),
        "These sections of {ENGLISH} changed: {changed:?}. Say the same in {PORTUGUESE}, and then run \
         UPDATE_TRANSLATION=1 cargo test --test process portuguese"
    );
}

/// Begins the comment at the end of the translation: a digest of each section that it was made from.
const MARK: &str = "<!-- translated from:";

/// FNV-1a, which distinguishes texts and needs no library.
fn digest(text: &str) -> u32 {
    text.trim().bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A page, split before each heading of the second level.
fn sections(page: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = page.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    starts.insert(0, 0);
    starts.push(page.len());
    starts.windows(2).map(|pair| page[pair[0]..pair[1]].split(MARK).next().unwrap()).collect()
}

/// The link targets of a section, sorted, because the order of words differs. The two READMEs link to each other.
fn links(section: &str, page: &str) -> Vec<String> {
    let own = anchors(Path::new(page));
    let targets = link_targets(section).into_iter().filter(|target| target != ENGLISH && target != PORTUGUESE);
    let mut targets: Vec<String> = targets
        .map(|target| match target.strip_prefix('#') {
            // The page's own heading has another name in each language. Its number is the same.
            Some(heading) => format!("heading {:?}", own.iter().position(|it| it == heading)),
            None => target,
        })
        .collect();
    targets.sort();
    targets
}

fn code_spans(section: &str) -> Vec<String> {
    let mut spans = spans(section);
    spans.sort();
    spans
}

/// Comments are for people. Therefore they are translated.
fn without_comments(code: &str) -> String {
    let lines = code
        .lines()
        .map(|line| if line.starts_with("# config.toml") { line } else { line.split("# ").next().unwrap() });
    lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
}

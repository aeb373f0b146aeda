//! Each file in `stories/` is a picture: a source with its selection drawn as «…», a reply, and the outcome.
//!
//! ```text
//! title: what the story shows
//! language: rust            (default: plaintext)
//! eol: crlf                 (of the source and the result: lf, crlf or cr; default: lf)
//! reply-eol: crlf           (of the reply; default: lf)
//! becomes: file             (the result is a new file from the reply; the selection is not replaced)
//! action: fix               (the requested action: refactor, fix, document; default: another one)
//! --- source
//! fn main() {
//! «    old();»
//! }
//! --- reply
//! new();
//! --- result
//! …
//! ```
//!
//! The result is one of these. The source with the new text between the same marks; `doubtful: REASON` if it is
//! proposed and not applied; `guessed: REASON` if it is proposed because another reading of the reply is possible;
//! `imports:` for the reply's imports. `unchanged`, with the agent's reason. `cannot: REASON`. `nothing: REASON`. All
//! three parts draw tabs as `→`, and spaces at the end of a line as `·`. `¬` at the end means that no line break
//! follows. `UPDATE_STORIES=1 cargo test --test component edit::stories` rewrites the results: check each. The replies
//! of `model-….txt` are from a real model; `tests/model/collect-replies.py` collected them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ropey::Rope;
use stackspot_lsp::testing::actions::{ActionResult, BUILT_INS};
use stackspot_lsp::testing::edit::{
    CheckedEdit, Edit, Granularity, NewText, Original, ParsedReply, Plan, Purpose, added_at_end, apply, check_edit,
    plan, read_reply, unbalanced,
};
use stackspot_lsp::testing::i18n::Language;

#[derive(Default)]
struct Story {
    header: String,
    language: String,
    becomes_file: bool,
    purpose: Purpose,
    eol: &'static str,
    reply_eol: &'static str,
    source: String,
    reply: String,
    result: String,
}

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/component/edit/stories");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn eol_named(name: &str) -> &'static str {
    match name {
        "lf" => "\n",
        "crlf" => "\r\n",
        "cr" => "\r",
        other => panic!("unknown eol {other:?}"),
    }
}

fn parse(text: &str) -> Story {
    let (header, rest) = text.split_once("--- source\n").expect("--- source");
    let (source, rest) = rest.split_once("--- reply\n").expect("--- reply");
    let (reply, result) = rest.split_once("--- result\n").expect("--- result");
    let field = |name: &str| {
        header.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(|value| value.trim().to_owned())
    };
    assert!(field("title").is_some(), "a story has a title");
    for line in header.lines() {
        let name = line.split(':').next().unwrap();
        assert!(
            ["title", "language", "eol", "reply-eol", "becomes", "action"].contains(&name),
            "unknown header {line:?}"
        );
    }
    Story {
        header: header.to_owned(),
        language: field("language").unwrap_or_else(|| "plaintext".into()),
        becomes_file: field("becomes").is_some_and(|becomes| becomes == "file"),
        purpose: match field("action").as_deref() {
            None => Purpose::Free,
            Some("refactor") => Purpose::Refactor,
            Some("fix") => Purpose::Fix,
            Some("document") => Purpose::Document,
            Some(other) => panic!("unknown action {other:?}"),
        },
        eol: eol_named(&field("eol").unwrap_or_else(|| "lf".into())),
        reply_eol: eol_named(&field("reply-eol").unwrap_or_else(|| "lf".into())),
        source: source.to_owned(),
        reply: reply.to_owned(),
        result: result.to_owned(),
    }
}

/// The drawn text in its real form.
fn undrawn(drawn: &str, eol: &str) -> String {
    let text = drawn.replace('→', "\t").replace('·', " ").replace("¬\n", "");
    text.replace('\n', eol)
}

/// The text in its drawn form. A line break that differs from the story's is written out.
fn drawn(text: &str, eol: &str) -> String {
    let mut lines: Vec<String> = text
        .split(eol)
        .map(|line| {
            let line = line.replace('\t', "→").replace('\r', "<CR>").replace('\n', "<LF>");
            let kept = line.trim_end_matches(' ').len();
            format!("{}{}", &line[..kept], "·".repeat(line.len() - kept))
        })
        .collect();
    match lines.last_mut() {
        Some(last) if last.is_empty() => {}
        Some(last) => last.push_str("¬\n"),
        None => {}
    }
    lines.join("\n")
}

/// The outcome of the story's reply, drawn. It also checks the laws of a plan.
fn told(story: &Story) -> String {
    let source = undrawn(&story.source, story.eol);
    let (before, rest) = source.split_once('«').expect("a selection starts with «");
    let (selected, after) = rest.split_once('»').expect("a selection ends with »");
    let document = [before, selected, after].concat();
    let range = before.len()..before.len() + selected.len();
    let reply = undrawn(&story.reply, story.reply_eol);
    if story.becomes_file {
        let original = Original { text: selected, language_id: &story.language, purpose: Purpose::Add };
        return match read_reply(&reply, &original) {
            Ok(ParsedReply::Edit(Edit { new: NewText::Whole(code), .. })) => {
                drawn(&apply("", &[added_at_end(&Rope::new(), &code, 1)]), "\n")
            }
            Ok(other) => panic!("{other:?} makes no file"),
            Err(reason) => format!("nothing: {}\n", reason.text(Language::En)),
        };
    }
    let planned = |granularity| {
        plan(&Rope::from_str(&document), range.clone(), &story.language, story.purpose, &reply, granularity)
    };
    let Plan::Replace { range: replaced, text, changes, imports, guess, issue: placed } = planned(Granularity::Line)
    else {
        return match planned(Granularity::Line) {
            Plan::Unchanged(None) => "unchanged\n".into(),
            Plan::Unchanged(Some(because)) => format!("unchanged: {because}\n"),
            Plan::Cannot(because) => format!("cannot: {because}\n"),
            Plan::NoCode(reason) => format!("nothing: {}\n", reason.text(Language::En)),
            Plan::Replace { .. } => unreachable!(),
        };
    };
    let (range, before, after) = (replaced.clone(), &document[..replaced.start], &document[replaced.end..]);
    let whole = [before, &text, after].concat();
    assert_eq!(apply(&document, &changes), whole, "the line changes lead to the text");
    let Plan::Replace { changes: words, .. } = planned(Granularity::Word) else {
        panic!("granularity decides nothing")
    };
    assert_eq!(apply(&document, &words), whole, "the word changes lead to the text");
    for change in changes.iter().chain(&words) {
        assert!(range.start <= change.range.start && change.range.end <= range.end, "{change:?} leaves {range:?}");
    }
    let rope = Rope::from_str(&document);
    let judged =
        CheckedEdit { document: &rope, range, new: &text, language_id: &story.language, purpose: story.purpose };
    let issue = placed
        .or_else(|| check_edit(&judged))
        .or_else(|| unbalanced(&judged))
        .map_or_else(String::new, |issue| format!("doubtful: {}\n", issue.text(Language::En)));
    let guess = guess.map_or_else(String::new, |it| format!("guessed: {}\n", it.text(Language::En)));
    let imports = if imports.is_empty() { String::new() } else { format!("imports: {}\n", imports.join(" | ")) };
    drawn(&[before, "«", &text, "»", after].concat(), story.eol) + &issue + &guess + &imports
}

#[test]
fn every_story_gives_its_written_result() {
    let update = std::env::var_os("UPDATE_STORIES").is_some();
    let mut wrong = String::new();
    for path in stories() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let story = parse(&fs::read_to_string(&path).unwrap());
        let told = told(&story);
        if told == story.result {
            continue;
        }
        if update {
            let text =
                format!("{}--- source\n{}--- reply\n{}--- result\n{told}", story.header, story.source, story.reply);
            fs::write(&path, text).unwrap();
        } else {
            let diff = similar::TextDiff::from_lines(&story.result, &told);
            writeln!(wrong, "\n=== {name}\n{}reply:\n{}", story.header, story.reply).unwrap();
            for change in diff.iter_all_changes() {
                write!(wrong, "{}{change}", change.tag()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "stories that end otherwise (- told in the file, + now):\n{wrong}");
}

#[test]
fn every_built_in_action_has_replies_of_a_real_model() {
    let names: Vec<String> =
        stories().iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    // Remarks have their own parser and tests.
    for action in BUILT_INS.iter().filter(|action| action.result != ActionResult::Remarks) {
        let is_of = |name: &&String| name.starts_with("model-") && name.ends_with(&format!("-{}", action.id));
        assert!(names.iter().filter(is_of).count() >= 2, "{}", action.id);
    }
}

#[test]
fn story_folder_has_at_least_sixty_stories() {
    assert!(stories().len() >= 60, "only {} stories were found", stories().len());
}

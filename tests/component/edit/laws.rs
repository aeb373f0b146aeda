//! Laws that are true for every text.

use proptest::prelude::*;
use ropey::Rope;
use stackspot_lsp::testing::edit::{
    CheckedEdit, Edit, Granularity, NewText, Original, ParsedReply, Plan, Purpose, Site, apply, check_edit, fit, merge,
    plan, read_reply, smallest_changes, unbalanced,
};
use stackspot_lsp::testing::i18n::{Language, Message};

/// Texts of many lines with few letters, so that lines repeat. Every line break and multi-byte letters occur.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b", "foo", "é", "🦀", " ", "    ", "\t", "\n", "\r\n", "\r", "\n\n", "{", "}", ";", "\u{2028}", "\u{b}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// The parts of replies, and text that confuses their parsers.
fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "```",
        "````",
        "~~~",
        "```rust",
        "```markdown",
        "`",
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "    ",
        "\t",
        " ",
        "<code>",
        "</code>",
        "<selection>",
        "</selection>",
        "<think>",
        "</think>",
        "Here is the code:",
        "Sentence one.",
        "fn f() {",
        "}",
        "x = 1;",
        "\"\"\"",
        "/*",
        "*/",
        "<<EOF",
        "EOF",
        "// ... rest of the code ...",
        "é",
        "🦀",
        "\u{a0}",
        "\u{3000}",
        "\u{feff}",
        "\u{2028}",
        "- item",
        "1. ",
        "#",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A nested block of code with text that looks like fences.
fn code() -> impl Strategy<Value = String> {
    let statement = prop::sample::select(vec![
        "let a = 1;",
        "call(a, b);",
        "return total;",
        "/// ```",
        "/// ```rust",
        "// Here is a comment that reads as prose.",
        "",
        "let text = \"Here is the code:\";",
        "/*\n~~~\n*/",
        "~~",
        "``",
        "x += `y`;",
    ]);
    prop::collection::vec((0usize..3, statement), 1..12).prop_map(|lines| {
        let line = |(depth, text): &(usize, &str)| match *text {
            "" => "\n".to_owned(),
            text => format!("{}{text}\n", "    ".repeat(*depth)),
        };
        let body: String = lines.iter().map(line).collect();
        format!("fn main() {{\n{body}}}\n")
    })
}

#[derive(Debug, Clone)]
struct Wrapping {
    before: &'static str,
    fence: String,
    info: &'static str,
    after: &'static str,
    indent: usize,
    eol: &'static str,
    closed: bool,
}

fn wrapping() -> impl Strategy<Value = Wrapping> {
    let before = prop::sample::select(vec![
        "",
        "Here is the code:\n\n",
        "Sure! I changed the loop.\n\nThe new version:\n",
        "### `src/main.rs`\n\n",
        "Aqui está o código:\n",
        "**Refactored**\n\n1. First, `foo()` goes.\n2. Then this comes:\n\n",
    ]);
    let after = prop::sample::select(vec![
        "",
        "\n",
        "\nThis is shorter than before.\n",
        "\n- It uses `iter()`.\n- It is faster.\n\nLet me know!\n",
    ]);
    let info = prop::sample::select(vec!["", "rust", "rust,ignore", "rust title=\"a b\"", "RUST"]);
    // In the generated code, only comments contain three backticks. A tilde fence there has three tildes.
    let fence = prop_oneof![(3usize..7).prop_map(|n| "`".repeat(n)), (4usize..7).prop_map(|n| "~".repeat(n))];
    let eol = prop::sample::select(vec!["\n", "\r\n"]);
    (before, fence, info, after, 0usize..6, eol, any::<bool>()).prop_map(
        |(before, fence, info, after, indent, eol, closed)| Wrapping {
            before,
            fence,
            info,
            after: if closed { after } else { "" },
            indent,
            eol,
            closed,
        },
    )
}

impl Wrapping {
    fn around(&self, code: &str) -> String {
        let pad = " ".repeat(self.indent);
        let padded: String =
            code.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("{pad}{line}\n") }).collect();
        let close = if self.closed { format!("{pad}{}\n", self.fence) } else { String::new() };
        let reply = format!("{}{pad}{}{}\n{padded}{close}{}", self.before, self.fence, self.info, self.after);
        reply.replace('\n', self.eol)
    }
}

/// The code of a reply if exactly one text is certain.
fn told(reply: &str, original: &Original<'_>) -> Result<String, Message> {
    match read_reply(reply, original)? {
        ParsedReply::Edit(Edit { new: NewText::Whole(code), guess: None, .. }) => Ok(code),
        other => panic!("{other:?}"),
    }
}

fn site(before: &str, original: &str) -> Site {
    let document = Rope::from_str(&[before, original].concat());
    Site::of(&document, before.len()..document.len_bytes()).unwrap()
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn code_is_extracted_from_any_wrapping(code in code(), wrapping in wrapping(), same in any::<bool>()) {
        let original = if same { code.clone() } else { "fn main() {\n    old();\n}\n".into() };
        let reply = wrapping.around(&code);
        let found = told(&reply, &Original { text: &original, language_id: "rust", purpose: Purpose::Free });
        prop_assert_eq!(found, Ok(code.replace('\n', wrapping.eol)), "from {}", reply);
    }

    #[test]
    fn raw_code_is_read_without_a_change(code in code()) {
        let found = told(&code, &Original { text: "fn main() {\n    old();\n}\n", language_id: "rust", purpose: Purpose::Free });
        // The server may refuse a tilde fence inside raw code, but it never cuts a part out of the code.
        let may_be_unclear = code.contains("~~~") && found.is_err();
        prop_assert!(found == Ok(code.clone()) || may_be_unclear, "{found:?} from {code}");
    }

    #[test]
    fn any_reply_gives_a_valid_plan(reply in odd_text(), document in odd_text(), ends in (0.0..=1.0, 0.0..=1.0), language in 0usize..16, purpose in 0usize..4) {
        let document = Rope::from_str(&document);
        let place = |share: f64| (share * document.len_bytes() as f64) as usize;
        let range = place(f64::min(ends.0, ends.1))..place(f64::max(ends.0, ends.1));
        let language = [
            "rust", "python", "markdown", "html", "plaintext", "", "ruby", "elixir", "sql", "terraform", "clojure", "cobol",
            "javascript", "csharp", "shellscript", "vue",
        ][language];
        let purpose = [Purpose::Free, Purpose::Refactor, Purpose::Fix, Purpose::Document][purpose];
        match plan(&document, range.clone(), language, purpose, &reply, Granularity::Word) {
            Plan::Replace { range: replaced, text, changes, .. } => {
                prop_assert!(replaced.start <= range.start && range.end <= replaced.end);
                let range = replaced;
                let judged = CheckedEdit { document: &document, range: range.clone(), new: &text, language_id: language, purpose };
                for issue in [check_edit(&judged), unbalanced(&judged)].into_iter().flatten() {
                    prop_assert!(issue.text(Language::En).ends_with('.'), "{issue:?}");
                }
                let whole = document.to_string();
                let expected = [&whole[..range.start], &text, &whole[range.end..]].concat();
                prop_assert_eq!(apply(&whole, &changes), expected);
            }
            Plan::Unchanged { .. } | Plan::Cannot { .. } => {}
            Plan::NoCode(reason) => prop_assert!(reason.text(Language::En).ends_with('.')),
        }
    }

    #[test]
    fn unchanged_code_is_never_doubted(document in text(), ends in (0.0..=1.0, 0.0..=1.0), language in 0usize..6) {
        let rope = Rope::from_str(&document);
        let line = |share: f64| rope.line_to_byte((share * rope.len_lines() as f64) as usize);
        let range = line(f64::min(ends.0, ends.1))..line(f64::max(ends.0, ends.1));
        let language_id = ["rust", "python", "ruby", "csharp", "sql", "html"][language];
        let new = &document[range.clone()];
        for purpose in [Purpose::Free, Purpose::Refactor, Purpose::Document] {
            let judged = CheckedEdit { document: &rope, range: range.clone(), new, language_id, purpose };
            let has_text = new.lines().filter(|line| !line.trim().is_empty()).count() > 1;
            if !has_text || new.trim().contains(|c: char| !c.is_alphanumeric()) {
                prop_assert_eq!(check_edit(&judged), None);
            }
            prop_assert_eq!(unbalanced(&judged), None);
        }
    }

    #[test]
    fn fitting_twice_is_fitting_once(code in text(), original in text()) {
        let site = site("", &original);
        let once = fit(&code, &site);
        prop_assert_eq!(fit(&once, &site), once);
    }

    #[test]
    fn fitting_changes_only_white_space(code in text(), before in "( {0,6}|\t{0,2}|let x = )", original in text()) {
        let fitted = fit(&code, &site(&before, &original));
        prop_assert_eq!(visible(&fitted), visible(&code));
    }

    #[test]
    fn fitted_code_ends_and_breaks_as_the_range_does(code in code(), original in code(), eol in prop::sample::select(vec!["\n", "\r\n", "\r"]), ends in any::<bool>()) {
        let original = if ends { original } else { original.trim_end().to_owned() }.replace('\n', eol);
        let fitted = fit(&code, &site("", &original));
        prop_assert_eq!(fitted.ends_with(['\n', '\r']), ends);
        prop_assert!(!fitted.replace(eol, "").contains(['\n', '\r']));
    }

    #[test]
    fn indentation_is_corrected_when_all_code_is_shifted(code in code(), depth in 0usize..4, moved in 0usize..4) {
        let shifted = |depth: usize| -> String {
            code.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("{}{line}\n", "    ".repeat(depth)) }).collect()
        };
        let (here, there) = (shifted(depth), shifted(moved));
        prop_assert_eq!(fit(&there, &site("", &here)), here);
    }

    #[test]
    fn changes_lead_from_the_old_text_to_the_new(old in text(), new in text(), base in 0usize..100, words in any::<bool>()) {
        let granularity = if words { Granularity::Word } else { Granularity::Line };
        let padding = "#".repeat(base);
        let document = [padding.as_str(), &old].concat();
        let changes = smallest_changes(&old, &new, base, granularity);
        prop_assert_eq!(apply(&document, &changes), [padding.as_str(), &new].concat());
        for pair in changes.windows(2) {
            prop_assert!(pair[0].range.end < pair[1].range.start, "sorted, and joined where they meet: {pair:?}");
        }
        for change in &changes {
            for at in [change.range.start, change.range.end] {
                prop_assert!(document.is_char_boundary(at));
                prop_assert!(!(document[..at].ends_with('\r') && document[at..].starts_with('\n')), "{change:?} cuts a CRLF");
            }
        }
        let size: usize = changes.iter().map(|change| change.range.len() + change.text.len()).sum();
        prop_assert!(size <= old.len() + new.len());
        prop_assert_eq!(changes.is_empty(), old == new);
    }
}

/// Texts with few different lines, so that they have much in common.
fn few_lines() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a\n", "b\n", "c\n", "}\n", "\n", "d\r\n", "e"]), 0..12)
        .prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merge_with_an_unchanged_side_gives_the_other_side(base in few_lines(), new in few_lines()) {
        prop_assert_eq!(merge(&base, &base, &new), Some(new.clone()));
        prop_assert_eq!(merge(&base, &new, &base), Some(new.clone()));
        prop_assert_eq!(merge(&base, &new, &new), Some(new.clone()));
    }

    #[test]
    fn changes_apart_from_each_other_are_all_made(changes in prop::collection::vec((0usize..3, 0usize..3), 1..8)) {
        // Paragraphs of three lines. In each, one side (or none) changes, deletes or extends the middle line.
        let (mut base, mut sides, mut expected) = (String::new(), [String::new(), String::new()], String::new());
        for (number, (who, how)) in changes.iter().enumerate() {
            let middle = format!("middle {number}\n");
            let changed = [format!("changed {number}\n"), String::new(), format!("{middle}more {number}\n")][*how].clone();
            let paragraph = |middle: &str| format!("first {number}\n{middle}last {number}\n");
            base += &paragraph(&middle);
            expected += &paragraph(if *who < 2 { &changed } else { &middle });
            for (side, text) in sides.iter_mut().enumerate() {
                *text += &paragraph(if *who == side { &changed } else { &middle });
            }
        }
        prop_assert_eq!(merge(&base, &sides[0], &sides[1]), Some(expected));
    }

    #[test]
    fn merge_is_symmetric_and_keeps_all_added_lines(base in few_lines(), ours in few_lines(), theirs in few_lines()) {
        let Some(merged) = merge(&base, &ours, &theirs) else { return Ok(()) };
        prop_assert_eq!(merge(&base, &theirs, &ours), Some(merged.clone()));
        let count = |text: &str, line: &str| text.lines().filter(|other| *other == line).count();
        for line in ["a", "b", "c", "}", "d"] {
            let added = |side: &str| count(side, line).saturating_sub(count(&base, line));
            prop_assert!(count(&merged, line) >= added(&ours).max(added(&theirs)), "{line:?} of {ours:?} and {theirs:?} is lost in {merged:?}");
        }
    }
}

#[test]
fn a_change_of_one_line_among_many_is_one_small_change() {
    let old: String = (0..5_000).map(|n| format!("    line {}\n", n % 7)).collect();
    let new = old.replacen("line 3\n", "line three\n", 1);
    let changes = smallest_changes(&old, &new, 0, Granularity::Line);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].text, "    line three\n");
    assert_eq!(&old[changes[0].range.clone()], "    line 3\n");
}

#[test]
fn range_outside_of_the_document_is_refused() {
    let document = Rope::from_str("é\r\nb");
    for range in [1..2, 0..3, 3..4, 0..99, 99..100] {
        let Plan::NoCode(reason) = plan(&document, range.clone(), "rust", Purpose::Free, "x", Granularity::Line) else {
            panic!("{range:?}")
        };
        assert!(reason.text(Language::En).starts_with("The range does not lie in the document"), "{range:?}");
    }
}

/// The forms that may surround a reply, in any order and number.
fn forms() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0u8..16, 0..5)
}

/// `reply` inside one more form.
fn in_form(reply: &str, old: &str, form: u8) -> String {
    let block = |open: &str, close: &str| format!("{open}\n{old}=======\n{reply}{close}\n");
    let signed = |sign: char, text: &str| -> String { text.lines().map(|line| format!("{sign}{line}\n")).collect() };
    let hunk = signed('-', old) + &signed('+', reply);
    let numbered: String = reply.lines().enumerate().map(|(at, line)| format!("{} | {line}\n", at + 4)).collect();
    match form {
        0 => format!("````rust\n{reply}````\n"),
        1 => format!("<code>\n{reply}</code>\n"),
        2 => format!("<code-2>\n{reply}</code-2>\n"),
        3 => format!("<think>\nHm.\n</think>\n{reply}"),
        4 => format!("Hm, so.\n</think>\n\n{reply}"),
        5 => format!("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>{reply}"),
        6 => format!("Here is the new version:\n\n{reply}"),
        7 => format!("{reply}\nLet me know whether that is what you wanted.\n"),
        8 => block("<<<<<<< SEARCH", ">>>>>>> REPLACE"),
        9 => format!("@@ -1,3 +1,9 @@\n{hunk}"),
        10 => format!("*** Begin Patch\n*** Update File: a.rs\n@@\n{hunk}*** End Patch\n"),
        11 => format!("```diff\n{hunk}```\n"),
        12 => serde_json::json!({ "code": reply, "explanation": "Shorter." }).to_string(),
        13 => format!("<antArtifact identifier=\"a\">\n{reply}</antArtifact>\n"),
        14 => numbered,
        _ => format!("<imports>\nuse a::b;\n</imports>\n<code>\n{reply}</code>\n"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn code_in_any_form_is_read_exactly_or_doubted(code in code(), forms in forms()) {
        let old = "fn main() {\n    let a = 0;\n    old(a);\n}\n";
        let reply = forms.iter().fold(code.clone(), |reply, form| in_form(&reply, old, *form));
        let document = Rope::from_str(old);
        if let Plan::Replace { text, guess: None, issue: None, .. } =
            plan(&document, 0..old.len(), "rust", Purpose::Free, &reply, Granularity::Line)
        {
            let judged = CheckedEdit { document: &document, range: 0..old.len(), new: &text, language_id: "rust", purpose: Purpose::Free };
            prop_assert!(visible(&text) == visible(&code) || check_edit(&judged).is_some(), "{forms:?}\n{reply}\nbecame\n{text}");
        }
    }

    #[test]
    fn patch_of_another_tool_gives_new_text_or_is_a_guess(old in code(), new in code(), context in 0usize..4, is_fenced in any::<bool>()) {
        let patch = diffy::DiffOptions::new().set_context_len(context).create_patch(&old, &new).to_string();
        let reply = if is_fenced { format!("````diff\n{patch}````\n") } else { patch };
        let document = Rope::from_str(&old);
        if let Plan::Replace { text, guess, .. } =
            plan(&document, 0..old.len(), "rust", Purpose::Free, &reply, Granularity::Line)
        {
            prop_assert!(text == new || guess.is_some(), "{text}\n{reply}");
        }
    }
}

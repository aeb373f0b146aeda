use super::*;

const CODE: &str = "/// A point.\npub struct Point { x: i32 }\n\n// TODO: y\nfn len(p: &Point) -> i32 {\n    p.x\n}\n";

fn prompt(action: &str, language: &str, code: &str) -> String {
    format!(
        "You are asked to act.\nAction: {action}\nLanguage: {language}\nFile: src/point.rs\n<selection>\n{code}\n</selection>\n"
    )
}

fn first_turn() -> AgentTurn {
    AgentTurn { number: 1, ..AgentTurn::default() }
}

fn say(prompt: &str) -> String {
    answer(prompt, &first_turn(), &[], false).text
}

#[test]
fn explain_names_code_parts_in_80_to_200_words() {
    let text = say(&prompt("explain", "rust", CODE));
    for part in ["sandbox", "**rust**", "**7 lines**", "`len`", "`Point`", "line 4", "number 2", "`src/point.rs`"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let portuguese = say(&format!("Answer in: pt-BR\n{}", prompt("explain", "rust", CODE)));
    assert!(portuguese.contains("**7 linhas**") && portuguese.contains("Funções"), "{portuguese}");
    let empty = say(&prompt("explain", "", ""));
    for text in [text, portuguese, empty] {
        let words = text.split_whitespace().count();
        assert!((80..=200).contains(&words), "{words} words: {text}");
    }
}

#[test]
fn explain_names_the_editors_way_to_sign_in() {
    let said = |client: Option<&str>, prompt: &str| {
        let turn = AgentTurn { client: client.map(str::to_owned), ..first_turn() };
        answer(prompt, &turn, &[], false).text
    };
    let ways = [
        (Some("Visual Studio Code"), "*StackSpot AI: Sign In…*"),
        (Some("Neovim"), "`:StackSpot login`"),
        (Some("helix"), "`stackspot-lsp login` in a terminal"),
        (None, "`stackspot-lsp login` in a terminal"),
    ];
    for (client, way) in ways {
        let text = said(client, &prompt("explain", "rust", CODE));
        assert!(text.contains(way) && !text.contains("STACKSPOT_"), "{client:?}: {text}");
    }
    let text = said(Some("Visual Studio Code"), &format!("Answer in: pt-BR\n{}", prompt("explain", "rust", CODE)));
    assert!(text.contains("*StackSpot AI: Entrar…*"), "{text}");
}

#[test]
fn lines_of_a_listing_are_named_by_their_numbers_in_the_file() {
    let numbered: String = CODE.lines().enumerate().map(|(at, line)| format!("{}| {line}\n", at + 41)).collect();
    let listing = format!("Action: explain\nLanguage: rust\n<selection lines=\"41-47\">\n{numbered}</selection>\n");
    let text = say(&listing);
    assert!(text.contains("**7 lines**") && text.contains("L42, with") && text.contains("L44"), "{text}");
    let portuguese = say(&format!("Answer in: pt-BR\n{listing}"));
    assert!(portuguese.contains("L42, com") && portuguese.contains("L44"), "{portuguese}");
}

#[test]
fn every_edit_is_raw_code_with_one_comment_more() {
    for (action, verb) in [("refactor", "Reviewed"), ("edit", "Edited"), ("fix", "Checked"), ("document", "Documented")]
    {
        let expected = format!("// {verb} by the StackSpot sandbox agent: 7 lines, nothing else changed.\n{CODE}");
        assert_eq!(say(&prompt(action, "rust", CODE)), expected);
    }
    let custom = format!("Result: replace\n{}", prompt("team-style", "rust", CODE));
    assert!(say(&custom).ends_with(CODE), "a prompt file that asks for code gets code");
    assert!(!say(&prompt("team-style", "rust", CODE)).contains("pub struct"));
    let later =
        answer(&prompt("refactor", "rust", CODE), &AgentTurn { number: 3, ..AgentTurn::default() }, &[], false).text;
    assert!(later.ends_with(CODE) && !later.contains("turn 3"), "no prose goes into code");
}

#[test]
fn code_is_between_the_requested_tags() {
    let asked = format!("Reply:\n<code>\n…\n</code>\n{}", prompt("refactor", "rust", "a();"));
    let text = say(&asked);
    assert!(text.starts_with("<code>\n") && text.ends_with("\n</code>\n") && text.contains("a();"), "{text}");
}

#[test]
fn prose_answer_has_a_fence_longer_than_any_in_the_code() {
    let text = answer(&prompt("refactor", "markdown", "# A\n```sh\nls\n```\n"), &first_turn(), &[], true).text;
    assert!(text.contains("\n````markdown\n<!-- ") && text.contains("\n```\n````\n"), "{text}");
    let text = answer(&prompt("explain", "rust", CODE), &first_turn(), &[], true).text;
    assert!(text.starts_with("## "), "words need no fence");
}

#[test]
fn tests_are_proposed_in_the_language_of_the_code() {
    assert!(say(&prompt("test", "rust", CODE)).contains("#[test]\n    fn len_works() {"));
    assert!(say(&prompt("test", "python", "def add(a, b):\n    return a + b")).contains("\ndef test_add():\n"));
    assert!(say(&prompt("test", "go", "func Add() {}")).contains("func TestAdd(t *testing.T) {"));
    assert!(say(&prompt("test", "kotlin", "fun add() {}")).contains("@Test\n    fun addWorks()"));
    assert!(say(&prompt("test", "lua", "function add()")).starts_with("-- "));
    assert!(say(&prompt("test", "json", "{}")).starts_with("Skeleton"));
}

/// A prompt that requests remarks on this code, from line 7 on.
fn listing(action: &str, code: &str) -> String {
    let numbered: String = code.lines().enumerate().map(|(at, line)| format!("{}| {line}\n", at + 7)).collect();
    format!(
        "Action: {action}\nLanguage: rust\n<remark lines=\"1\" severity=\"error\">\n</remark>\n<selection lines=\"7-9\">\n{numbered}</selection>\n"
    )
}

#[test]
fn remarks_are_about_real_findings_and_changes_are_harmless() {
    let text = say(&listing("review", "fn a() {\n    // TODO: more\n    b();  \n}"));
    assert!(text.contains("<remark lines=\"8\" severity=\"warning\">\n<at>// TODO: more</at>"), "{text}");
    assert!(text.contains("<new>\n    // TODO(team): more\n</new>"), "{text}");
    assert!(text.contains("lines=\"9\"") && text.contains("<new>\n    b();\n</new>"), "{text}");
    let long = format!("let x = {};", "1 + ".repeat(40));
    assert!(say(&listing("review", &long)).contains("The line is long"));
    assert!(!say(&listing("suggest", &long)).contains("The line is long"), "it has no new text for that");
    let nothing = say(&listing("suggest", "a();"));
    assert!(nothing.contains("<new>\n// Reviewed by the StackSpot sandbox.\na();\n</new>"), "{nothing}");
}

#[test]
fn answer_repeats_the_question_and_names_the_sandbox() {
    let text = say("Why is the sky blue?\nPlease be brief.");
    assert!(text.contains("\"Why is the sky blue?\"") && text.contains("sandbox") && text.len() < 400, "{text}");
    let text = say(&format!("Answer in: pt-BR\nInstruction: Por quê?\n{}", prompt("ask", "rust", CODE)));
    assert!(text.contains("\"Por quê?\"") && text.contains("7 linhas"), "{text}");
    assert!(say(&"x".repeat(5000)).len() < 600);
    assert!(say("").contains("You wrote no question."));
}

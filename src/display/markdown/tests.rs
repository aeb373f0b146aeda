use proptest::prelude::*;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use super::*;

/// The parts that a reader of Markdown would load, run or treat as HTML.
fn harm(markdown: &str) -> Vec<String> {
    harm_besides(markdown, "https://")
}

/// The same, but links to `ours` are harmless.
fn harm_besides(markdown: &str, ours: &str) -> Vec<String> {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let of = |event: Event<'_>| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(format!("HTML: {html}")),
        Event::Start(Tag::Image { dest_url, .. }) => Some(format!("picture: {dest_url}")),
        Event::Start(Tag::Link { dest_url, link_type, .. }) => {
            let is_plain =
                ALLOWED.iter().chain([&ours]).any(|scheme| dest_url.to_ascii_lowercase().starts_with(scheme));
            (!is_plain || link_type != LinkType::Inline).then(|| format!("link: {dest_url}"))
        }
        _ => None,
    };
    parser.filter_map(of).collect()
}

const ALLOWED: [&str; 3] = ["https://", "http://", "mailto:"];

#[test]
fn nothing_of_a_hostile_answer_is_fetched_or_run() {
    let hostile = [
        "![x](https://evil.example/a.png?d=1)",
        "![x][a]\n\n[a]: https://evil.example/a.png",
        "![a]\n\n[a]: https://evil.example/a.png 'title'",
        "\\![x](https://evil.example/a.png) \\\\![x](https://evil.example/b.png)",
        "[![x](https://evil.example/a.png)](https://evil.example)",
        "<img src=https://evil.example/a.png>",
        "<video src=\"https://evil.example/v.mp4\" autoplay></video>",
        "<style>@import url(https://evil.example/a.css)</style>",
        "a <link rel=stylesheet href=https://evil.example/l.css>",
        "<!-- stackspot-lsp {\"id\":\"1\"} -->",
        "<?x?> <![CDATA[x]]> <!DOCTYPE html>",
        "[run](command:workbench.action.terminal.new)",
        "[run]( <command:foo> )",
        "[run](\ncommand:foo)",
        "[run](&#99;ommand:foo)",
        "[run](command\\:foo)",
        "[run](JavaScript:alert(1)) [d](data:text/html,x) [f](file:///etc/passwd) [v](vscode://x)",
        "[a]: command:foo\n\n[a] [b][a]",
        "[a]:\n  command:foo\n\n[a]",
        "> [a]: command:foo\n\n- [b]: https://x\n\n[a] [b] [c][a]",
        "<command:foo> <javascript:alert(1)> <https://evil.example>",
        "    ```\n\n![x](https://evil.example/a.png)",
        "- ```\n![x](https://evil.example/a.png)",
        "> ```\n![x](https://evil.example/a.png)",
        "1. a\n\n   ```\n   b\n![x](https://evil.example/a.png)\n```\n",
        "-\n\n  ```\n ![x](https://evil.example/a.png)\n",
        "| `a | ![x](https://evil.example/a.png) ` |\n|---|---|\n",
        "| a | b |\n|---|---|\n| `a | ![x](https://evil.example/a.png) ` |",
        "a `b\n\n![x](https://evil.example/a.png) `",
        "a `b\n# ![x](https://evil.example/a.png) `",
        "`a``![x](https://evil.example/a.png)`` b",
        "[a]: https://x\n===\n    ![x](https://evil.example/a.png)",
        "~~~ `\n~~~\n![x](https://evil.example/a.png)",
        "``` a`b\n![x](https://evil.example/a.png)\n```",
    ];
    for text in hostile {
        let shown = sanitize(text);
        assert_eq!(harm(&shown), Vec::<String>::new(), "{text:?} became {shown:?}");
    }
    assert!(hostile.iter().filter(|text| !harm(text).is_empty()).count() > 25, "the check sees what is hostile");
}

#[test]
fn formulas_of_a_preview_hide_no_backtick() {
    assert_eq!(sanitize("a $`$ ![x](https://e/x) `b`"), "a \\$`$ ![x](https://e/x) `b`");
    assert_eq!(sanitize("$$\n```\n$$\n"), "\\$$\n```\n$$\n\n```");
    assert_eq!(sanitize("\\begin{align}\n"), "\\\\begin{align}\n");
    assert_eq!(sanitize(":::mermaid\n```\n:::\n"), "\\:::mermaid\n```\n:::\n\n```");
    assert_eq!(sanitize("``` Mermaid {x}\nA@{img}\n```"), "```text\nA@{img}\n```");
    assert_eq!(sanitize("it costs 5 $ or more"), "it costs 5 $ or more");
}

#[test]
fn code_is_shown_to_the_letter() {
    let code = "```html\n<img src=\"https://x\">![x](y)\n[a](command:b) $x \u{200d}\u{202e}\n```\n\n\
        Use `Vec<T>` and ``a ` <b>``:\n\n1. First:\n\n   ```rust\n   fn a() -> Vec<u8> {}\n   ```\n\n\
        > ~~~\n> <p>\n> ~~~\n\nText:\n\n    let a: Vec<T> = b![c];\n\n\
        | a | b |\n|---|---|\n| `Vec<T>` | `![x](y)` |\n\n`string | Array<number>` or so.\n";
    let in_lists = "So:\n\n- one `a<b>`\n  ```\n  <p>\n  ```\n- two\n\n```py\nx = \"<b>\"\n```\n";
    assert_eq!(sanitize(code), code);
    assert_eq!(sanitize(in_lists), in_lists);
}

#[test]
fn sanitized_text_stays_readable() {
    let text = "# What it does\n\nIf a < b, see [the page](https://docs.example/a) or mail [us](mailto:a@b.example)!\n\n\
        - **Note**: a[0]: first\n* [x] done\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\n---\n\nTitle\n=====\n";
    assert_eq!(sanitize(text), text);
    assert_eq!(sanitize("![a graph](https://x/y.png)"), "\\![a graph](https://x/y.png)");
    assert_eq!(sanitize("<b>bold</b> and [a](b.md)"), "\\<b>bold\\</b> and [a]\\(b.md)");
}

#[test]
fn no_heading_of_an_answer_is_one_of_ours() {
    for text in ["## You", "# **Você** ##", "### You <!-- question 1 -->", "## StackSpot AI", "> ## you:"] {
        let shown = sanitize(text);
        assert!(shown.contains("\\#"), "{shown}");
    }
    assert_eq!(sanitize("You\n---\nx"), "You\n\\---\nx");
    for text in ["## You should know", "## Your code", "You and I\n---\n"] {
        assert_eq!(sanitize(text), text);
    }
}

#[test]
fn unclosed_fence_is_closed_unless_its_list_item_ends_it() {
    assert_eq!(sanitize("````rust\nx\n```"), "````rust\nx\n```\n````");
    assert_eq!(sanitize("- ```\n  x"), "- ```\n  x", "it ends with its item");
    assert_eq!(sanitize("```"), "```\n```");
}

#[test]
fn terminal_codes_are_replaced_but_bidi_marks_stay_in_code() {
    assert_eq!(sanitize("a\x1b[2J `b\x1b` \u{202e}c\n```\n\x1b\u{202e}\n```"), "a�[2J `b�` �c\n```\n�\u{202e}\n```");
    assert_eq!(sanitize("a\r\nb\rc"), "a\nb\nc");
}

const ADDRESS: &str = "file:///work/a%20b.rs";

/// Links to the lines 3 to 12 of a file.
fn linked() -> Option<LineLinks> {
    LineLinks::new("file:///work/a b.rs", 3..=12)
}

#[test]
fn line_numbers_in_an_answer_become_links() {
    let to = |label: &str, line: usize| format!("[{label}](<{ADDRESS}#L{line}>)");
    for (text, shown) in [
        ("L5 returns.", format!("{} returns.", to("L5", 5))),
        ("See L5-9 (L7), **L8**: or `L9`.", {
            let [a, b, c, d] = [to("L5-9", 5), to("L7", 7), to("L8", 8), to("`L9`", 9)];
            format!("See {a} ({b}), **{c}**: or {d}.")
        }),
        ("L3–L4, L12", format!("{}, {}", to("L3–L4", 3), to("L12", 12))),
        ("- L5: x\n> L6\n\n# L7\n", format!("- {}: x\n> {}\n\n# {}\n", to("L5", 5), to("L6", 6), to("L7", 7))),
        (
            "| a | b |\n|---|---|\n| L5 | `L6` |\n",
            format!("| a | b |\n|---|---|\n| {} | {} |\n", to("L5", 5), to("`L6`", 6)),
        ),
    ] {
        assert_eq!(sanitize_with_links(text, linked()), shown);
        let mut pieces = Sanitizer::with_links(linked());
        let cut: String = text.chars().map(|c| pieces.next(&c.to_string())).collect();
        assert_eq!(cut + &pieces.end(), shown, "as it comes");
        assert_eq!(linked().unwrap().taken_off(&shown), text);
    }
}

#[test]
fn other_texts_do_not_become_links() {
    for text in [
        "L2 and L13 were not asked about, L10n and XL5 name no line, nor does L5_a.",
        "```\nL5\n```\n\n    L5\n\n`x L5` and ``L5 ` ``",
        "[L5](https://e/x) [L5] \\L5 https://e/x#L5 a/L5",
        "L L- L99999999999999999999 L0 LL5",
    ] {
        assert_eq!(sanitize_with_links(text, linked()), sanitize(text));
    }
    assert!(LineLinks::new("untitled:1", 1..=2).is_none() && LineLinks::new("file:///a#b", 1..=2).is_none());
    assert_eq!(
        sanitize_with_links("`L1`|", LineLinks::new("file:///a`|>)b", 1..=1)),
        "[`L1`](<file:///a%60%7C%3E%29b#L1>)|"
    );
}

/// Text of the characters that structure consists of.
fn tricky() -> impl Strategy<Value = String> {
    let marks = [
        "`", "``", "```", "~~~", "\n", "\n", "\n\n", " ", "  ", "    ", "\t", "- ", "1. ", "> ", "# ", "---", "===",
        "|", "|-|-|\n", "![x]", "[x]", "]", "(", "[", "!", "\\", "<!--", "-->", "<div>\n", "</div>", "*", "**", "a",
        "é", "b c", "x\n", "\\|", "\\`", "$", "\r", "\r\n", ":::", "2. ", "-", "+ ", "``` x", "\\\\|", "L5", "L4-6",
        "`L7`", "L",
    ];
    let constructs = [
        "![x](https://e/x)",
        "[x]: https://e/x",
        "[x]: command:a",
        "[x](command:a)",
        "[x](https://e)",
        "<img src=x>",
        "<https://e>",
        "| a | b |\n",
    ];
    let piece = prop::sample::select([&marks[..], &constructs[..]].concat());
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_answer_can_fetch_or_run_anything(text in tricky()) {
        let shown = sanitize(&text);
        prop_assert_eq!(harm(&shown), Vec::<String>::new(), "{:?} became {:?}", text, shown);
    }

    #[test]
    fn links_to_lines_bring_nothing_else_in_and_are_the_only_change(text in tricky()) {
        let shown = sanitize_with_links(&text, linked());
        prop_assert_eq!(harm_besides(&shown, ADDRESS), Vec::<String>::new(), "{:?} became {:?}", text, shown);
        prop_assert_eq!(linked().unwrap().taken_off(&shown), sanitize(&text));
    }

    #[test]
    fn sanitized_pieces_equal_the_sanitized_whole(text in tricky(), cuts in prop::collection::vec(0usize..80, 0..6), has_links: bool) {
        let links = linked().filter(|_| has_links);
        let whole = sanitize_with_links(&text, links.clone());
        let mut pieces = Sanitizer::with_links(links);
        let (mut shown, mut at) = (String::new(), 0);
        for cut in cuts {
            let end = text.char_indices().map(|(at, _)| at).find(|it| *it >= at + cut).unwrap_or(text.len());
            shown += &pieces.next(text.get(at..end).unwrap());
            at = end;
            prop_assert!(whole.starts_with(&shown), "{:?} is no start of {:?}", shown, whole);
        }
        shown += &pieces.next(text.get(at..).unwrap());
        shown += &pieces.end();
        prop_assert_eq!(shown, whole);
    }

    #[test]
    fn harmless_markdown_is_unchanged(words in "[a-z ,.;\n]{0,60}", code in "[a-z<>!\\[\\]()$ ]{1,30}") {
        let text = format!("{words}\n\n```\n{code}\n```\n");
        prop_assert_eq!(sanitize(&text), text);
    }
}

/// Each character is read a limited number of times, whatever stays open and however deep it is nested. Quadratic time
/// would take hours.
#[test]
fn megabyte_of_unclosed_marks_is_shown_in_time() {
    let nested = format!("{}a\n{}", "> - ".repeat(1 << 16), "a\n".repeat(1 << 18));
    let repeated =
        ["`a ", "``` ", "> - ", "[", "![", "\\", "| ` ", "a `` b\n"].map(|piece| piece.repeat((1 << 20) / piece.len()));
    for text in repeated.iter().chain([&nested]) {
        let start = std::time::Instant::now();
        let shown = sanitize(text);
        assert!(shown.len() >= text.len() / 2);
        assert!(start.elapsed().as_secs() < 120, "{:?} took {:?}", text.get(..8), start.elapsed());
    }
}

#[test]
fn too_deeply_nested_markdown_has_no_code_and_is_harmless() {
    let deep = "> ".repeat(100);
    let hostile = "```mermaid\nA@{ img: \"https://e/x\" }\n```\n`![x](https://e/x)` ~~~\n[a]: command:b\n<img src=x>";
    let shown = sanitize(&format!("{deep}{hostile}"));
    assert_eq!(harm(&shown), Vec::<String>::new(), "{shown}");
    assert!(!shown.contains('`') && !shown.contains("~~~"), "{shown}");
    let mut pieces = Sanitizer::default();
    let cut: String = format!("{deep}{hostile}").chars().map(|c| pieces.next(&c.to_string())).collect();
    assert_eq!(cut + &pieces.end(), shown);
}

#[test]
fn a_definition_is_one_wherever_it_is_cut() {
    let text = "é]\r1. [x]: https://e/x\n\n> [y]: https://e/y";
    let whole = sanitize(text);
    for (cut, _) in text.char_indices() {
        let (mut pieces, (before, behind)) = (Sanitizer::default(), text.split_at(cut));
        let (first, second, last) = (pieces.next(before), pieces.next(behind), pieces.end());
        assert_eq!(format!("{first}{second}{last}"), whole, "{first:?} {second:?} {last:?}");
    }
}

#[test]
fn start_of_a_long_answer_equals_start_of_the_whole() {
    let text = "Ação: see `a<b>` ![x](https://e/x)\r\n".repeat(1_000);
    let whole = sanitize(&text);
    for chars in [0, 1, 4_000, 20_000] {
        let start = sanitize_start(&text, chars);
        let shown = start.chars().count();
        assert!(whole.starts_with(&start), "{chars}");
        assert!(shown > chars && shown < chars + 5_000, "{chars}: {shown}, and the rest is not looked at");
    }
    for text in ["", "```", "a [b](command:c) `d", &text] {
        assert_eq!(sanitize_start(text, 100_000), sanitize(text), "all of what is shorter");
    }
}

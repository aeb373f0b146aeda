//! Marks of reply forms that remain in a new text after all known forms are removed. They are never text of a file.

use super::nesting::{is_left_fence, stands_bare};
use super::numbers::number;
use super::patches::is_mark_of_patch;
use super::thoughts::is_mark_of_thoughts;
use super::wrappers::AROUND;
use crate::edit::check::{closes_alike, is_closed, shortened};
use crate::edit::extract::{Original, Purpose, is_prose};
use crate::edit::fences::{blocks, fence};
use crate::edit::lexis::{TokenKind, tokens};
use crate::edit::lines::{Line, join, lines};
use crate::edit::outline::Outline;
use crate::edit::tags::{ANSWER_TAGS, is_selection};
use crate::edit::unfenced::is_ruler;
use crate::edit::word_list::WordList;
use crate::i18n::{Message, message};
use crate::languages::{canonical, is_markup, is_unknown};
use crate::prompt_tags::{self, without_number};

/// The marks that some models write by mistake at the end of an answer.
static ENDS: WordList = WordList::of(
    "<|im_end|> <|endoftext|> <|end_of_text|> <|eot_id|> <|end|> <|return|> <end_of_turn> <｜end▁of▁sentence｜> \
     [/INST] </s>",
);

/// The kind of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Fence,
    Tag,
    /// The text without such a mark is not certain.
    Other,
}

/// `reply` without the marks that some models write by mistake at its end.
pub(super) fn without_ends<'a>(reply: &'a str, original: &Original<'_>) -> &'a str {
    let mut text = reply;
    let is_left = |end: &str| !(original.text.contains(end) || end == "</s>" && is_markup(original.language_id));
    while let Some(rest) = ENDS.iter().filter(|end| is_left(end)).find_map(|end| text.trim_end().strip_suffix(end)) {
        text = rest;
    }
    text
}

/// `new` without the remaining marks, and how certain that is. Returns `None` if there are no marks. `around` gives the
/// document's text before and after it.
///
/// # Errors
/// A mark cannot be removed with certainty.
pub(super) fn without_marks(
    new: &str,
    around: &impl Fn() -> [String; 2],
    original: &Original<'_>,
) -> Result<Option<(String, Message)>, Message> {
    let all: Vec<Line<'_>> = lines(new).collect();
    let found = marks(&all, around, original);
    let Some((first, _)) = found.first() else { return Ok(None) };
    let refused =
        || message!("no-code-mark", line = all.get(*first).map_or_else(String::new, |it| shortened(it.content.trim())));
    let solid = |number: &usize| all.get(*number).is_some_and(|line| !line.is_blank());
    let ends = [(0..all.len()).find(solid), (0..all.len()).rfind(solid)];
    let may_go = |(number, mark): &(usize, Mark)| match mark {
        Mark::Fence => true,
        Mark::Tag => ends.contains(&Some(*number)),
        Mark::Other => false,
    };
    if !found.iter().all(may_go) {
        return Err(refused());
    }
    let kept: Vec<Line<'_>> = all
        .iter()
        .enumerate()
        .filter(|(number, _)| !found.iter().any(|(mark, _)| mark == number))
        .map(|(_, line)| *line)
        .collect();
    let text = join(&kept);
    if !is_whole(&text, original) {
        return Err(refused());
    }
    let has_fence = found.iter().any(|(_, mark)| *mark == Mark::Fence);
    Ok(Some((text, if has_fence { message!("guess-fences") } else { message!("guess-from-tags") })))
}

/// Whether the text is as complete as the old one: it closes its blocks, and has no definition twice.
fn is_whole(text: &str, original: &Original<'_>) -> bool {
    let Original { text: old, language_id, purpose } = *original;
    let is_addition = purpose == Purpose::Add || old.trim().is_empty();
    let closes = if is_addition { is_closed(text, language_id) } else { closes_alike(old, text, language_id) };
    let twice = |text: &str| {
        let outline = Outline::of(text, language_id);
        let mut heads: Vec<(usize, String)> = outline
            .definitions
            .iter()
            .filter_map(|definition| outline.lines.get(definition.line))
            .map(|line| (line.indent, line.normal()))
            .collect();
        heads.sort();
        heads.windows(2).filter(|pair| matches!(pair, [a, b] if a == b)).count()
    };
    !text.trim().is_empty() && closes && twice(text) <= if is_addition { 0 } else { twice(old) }
}

/// The lines of `all` that are marks, with their numbers.
fn marks(all: &[Line<'_>], around: &impl Fn() -> [String; 2], original: &Original<'_>) -> Vec<(usize, Mark)> {
    let prose = is_prose(original);
    let old: Vec<&str> = lines(original.text).map(|line| line.content).collect();
    let has_fences = old.iter().any(|line| fence(line).is_some());
    let is_known = |content: &str| {
        let start: String = content.trim().chars().take(3).collect();
        old.iter().any(|line| line.trim().starts_with(&start))
    };
    let mut found: Vec<(usize, Mark)> = Vec::new();
    for (number, line) in all.iter().enumerate().filter(|(_, line)| !line.is_blank()) {
        let next = all.get(number + 1).map_or("", |line| line.content);
        let mark = if is_left_fence(line) {
            (!prose && !has_fences && !stands_bare(line, original.language_id)).then_some(Mark::Fence)
        } else if is_tag(line.content, all, original) {
            Some(Mark::Tag)
        } else {
            let is_mark = is_mark_of_patch(line.content, next, prose)
                || is_mark_of_thoughts(line.content, is_loose(original.language_id))
                || !prose && (is_separator(line.content, original.language_id) || is_numbered(line.content, next));
            (is_mark && !is_known(line.content)).then_some(Mark::Other)
        };
        found.extend(mark.map(|mark| (number, mark)));
    }
    if !found.is_empty() {
        let numbers: Vec<usize> = found.iter().map(|(number, _)| *number).collect();
        let text = if prose { in_blocks(all) } else { in_text(all, &numbers, around(), original.language_id) };
        found.retain(|(number, _)| !text.contains(number));
    }
    found
}

/// Whether tags of any name may be text in the language.
fn is_loose(language_id: &str) -> bool {
    is_markup(language_id) || matches!(&*canonical(language_id), "javascript" | "typescript")
}

/// Whether the line is only a tag of a prompt or of an answer.
fn is_tag(content: &str, all: &[Line<'_>], original: &Original<'_>) -> bool {
    let Some((name, _)) = name_of_tag(content) else { return false };
    let bare = without_number(name);
    let is_section = prompt_tags::is_section(bare) || is_selection(bare);
    let is_ours = is_section || prompt_tags::all().any(|known| known == bare);
    let is_of_answer = is_ours || ANSWER_TAGS.has(bare) || AROUND.has(&name.to_ascii_lowercase());
    if !is_of_answer || [format!("<{name}"), format!("</{name}")].iter().any(|tag| original.text.contains(tag)) {
        return false;
    }
    if !is_loose(original.language_id) {
        return !is_prose(original) || is_section;
    }
    // In markup, a prompt's tags have a number; a pair of tags may be an element.
    let is_pair = || {
        let count = |closing| all.iter().filter(|line| name_of_tag(line.content) == Some((name, closing))).count();
        count(false) == count(true)
    };
    is_ours && name != bare || (is_section || !is_markup(original.language_id)) && !is_pair()
}

/// The name of the tag on the line, and whether it closes.
fn name_of_tag(content: &str) -> Option<(&str, bool)> {
    let inside = content.trim().strip_prefix('<')?.strip_suffix('>')?;
    let (inside, closes) = inside.strip_prefix('/').map_or((inside, false), |inside| (inside, true));
    let name = inside.split([' ', '\t']).next().unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':'));
    let is_plain = !inside.ends_with('/') && !inside.contains(['<', '>', '{', '(', ';']);
    (is_name && is_plain).then_some((name, closes))
}

/// A ruler that is not a comment.
fn is_separator(content: &str, language_id: &str) -> bool {
    let is_box = content.trim().starts_with(['─', '━', '═', '▬', '╌', '┄']);
    is_ruler(content) && (is_box || !is_unknown(language_id))
}

/// Whether this line starts with a number, and the next line with the following one: a listing.
fn is_numbered(content: &str, next: &str) -> bool {
    let told = |content: &str| {
        let sign = content.trim_start_matches(|c: char| c.is_whitespace() || c == 'L' || c.is_ascii_digit());
        number(content).filter(|_| sign.starts_with(['|', '│', '┃', '→', '¦'])).map(|(number, _)| number)
    };
    told(content).is_some_and(|number| told(next) == Some(number + 1))
}

/// The numbers of the lines inside of fenced blocks in prose.
fn in_blocks(all: &[Line<'_>]) -> Vec<usize> {
    blocks(all, |_| false).iter().flat_map(|block| block.open..block.end(all.len())).collect()
}

/// Whether every fence among the lines of code is in a string or a comment of the language.
pub(in crate::edit) fn fences_are_text(all: &[Line<'_>], language_id: &str) -> bool {
    let fences = all.iter().enumerate().filter(|(_, line)| fence(line.content).is_some());
    let numbers: Vec<usize> = fences.map(|(number, _)| number).collect();
    in_text(all, &numbers, Default::default(), language_id).len() == numbers.len()
}

/// The numbers of the marks that are in a string or a comment of the code.
fn in_text(all: &[Line<'_>], marks: &[usize], [before, after]: [String; 2], language_id: &str) -> Vec<usize> {
    let mut written = before.clone();
    // If the range starts inside a line, its first line is that line.
    let first = lines(&before).count() - usize::from(!before.is_empty() && !before.ends_with(['\n', '\r']));
    for (number, line) in all.iter().enumerate() {
        if marks.contains(&number) {
            // The signs of a mark may look like those of a string.
            let text = line.content.trim_start();
            let sign = text.chars().next().unwrap_or(' ');
            let rest = text.trim_start_matches(sign);
            written.push_str(line.indentation());
            written.push_str(&"x".repeat(text.chars().count() - rest.chars().count()));
            written.push_str(rest);
        } else {
            written.push_str(line.content);
        }
        written.push_str(line.eol);
    }
    written.push_str(&after);
    let kinds = |text: &str| -> std::collections::HashMap<usize, TokenKind> {
        tokens(text, language_id).iter().rev().map(|token| (token.line, token.kind)).collect()
    };
    let masked = kinds(&written);
    let plain = kinds(&[before, join(all), after].concat());
    let is_in_text = |number: &usize| {
        let begins = all.get(*number).is_some_and(|line| line.content.trim_start().starts_with(['-', '#', '=']));
        masked.get(&(first + number)).is_some_and(|kind| matches!(kind, TokenKind::Text | TokenKind::Comment))
            || begins && plain.get(&(first + number)) == Some(&TokenKind::Comment)
            || in_block_of_yaml(all, *number, language_id)
    };
    marks.iter().copied().filter(is_in_text).collect()
}

/// Whether the line is in a multi-line text of YAML: deeper than a line above that starts one.
fn in_block_of_yaml(all: &[Line<'_>], number: usize, language_id: &str) -> bool {
    if !matches!(&*canonical(language_id), "yaml" | "helm") {
        return false;
    }
    let Some(mut depth) = all.get(number).map(|line| line.indentation().len()) else { return false };
    for line in all.get(..number).unwrap_or_default().iter().rev().filter(|line| !line.is_blank()) {
        if line.indentation().len() < depth {
            depth = line.indentation().len();
            let end =
                line.content.trim_end().trim_end_matches(['-', '+']).trim_end_matches(|c: char| c.is_ascii_digit());
            if end.ends_with(['|', '>']) {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(new: &str, old: &str, language_id: &str) -> Result<Option<String>, Message> {
        let original = Original { text: old, language_id, purpose: Purpose::Free };
        Ok(without_marks(new, &Default::default, &original)?.map(|(text, _)| text))
    }

    fn refused(line: &str) -> Result<Option<String>, Message> {
        Err(message!("no-code-mark", line = line.to_owned()))
    }

    #[test]
    fn fences_inside_complete_code_are_removed() {
        for (language_id, new, clean) in [
            ("rust", "fn f() {\n    a();\n    ```\n    b();\n    ```\n}\n", "fn f() {\n    a();\n    b();\n}\n"),
            ("zig", "fn f() void {\n    a();\n    ```zig\n    b();\n}\n", "fn f() void {\n    a();\n    b();\n}\n"),
            ("abap", "METHOD f.\n  a( ).\n  ```\n  b( ).\nENDMETHOD.\n", "METHOD f.\n  a( ).\n  b( ).\nENDMETHOD.\n"),
        ] {
            let old =
                if language_id == "abap" { "METHOD f.\n  a( ).\nENDMETHOD.\n" } else { "fn f() {\n    a();\n}\n" };
            assert_eq!(of(new, old, language_id), Ok(Some(clean.into())), "{language_id}");
        }
        let twice = "def f(x):\n    return 1\n    ```\ndef f(x):\n    return 2\n";
        assert_eq!(of(twice, "def f(x):\n    return 0\n", "python"), refused("```"));
        assert_eq!(of("fn f() {\n    a();\n    ```\n", "fn f() {\n    a();\n}\n", "rust"), refused("```"));
    }

    #[test]
    fn other_marks_are_refused_in_every_language() {
        for line in [
            "<<<<<<< HEAD",
            "=======",
            ">>>>>>> theirs",
            "@@ -1,2 +1,2 @@",
            "*** End Patch",
            "</think>",
            "<|channel|>final",
            "<selection>",
            "─────────",
        ] {
            for (language_id, code) in
                [("kotlin", "val a = 1\n"), ("nim", "let a = 1\n"), ("cobol", "    MOVE 1 TO A.\n")]
            {
                assert_eq!(
                    of(&format!("{code}{line}\n{code}"), code, language_id),
                    refused(line),
                    "{language_id} {line}"
                );
            }
        }
        assert_eq!(of("1 | a()\n2 | b()\nc()\n", "a()\n", "swift"), refused("1 | a()"));
    }

    #[test]
    fn tags_of_prompts_are_refused_unless_the_text_has_them() {
        let code = "let a = 1\n";
        for name in crate::prompt_tags::all() {
            for line in
                [format!("<{name}>"), format!("<{name}-3 kind=\"file\" file=\"a.md\">"), format!("</{name}-12>")]
            {
                let new = format!("{code}{line}\n{code}");
                assert_eq!(of(&new, code, "nim"), refused(&line));
                assert_eq!(of(&new, &format!("{line}\n"), "nim"), Ok(None), "{line}");
            }
        }
    }

    #[test]
    fn lone_tag_at_either_end_is_removed() {
        assert_eq!(of("a = 1\n</code>\n", "a = 2\n", "dart"), Ok(Some("a = 1\n".into())));
        assert_eq!(of("<p>a</p>\n</code-2>\n", "<p>b</p>\n", "vue"), Ok(Some("<p>a</p>\n".into())));
        assert_eq!(of("<Before>\n  <p>a</p>\n</Before>\n", "<p>b</p>\n", "typescriptreact"), Ok(None));
    }

    #[test]
    fn marks_in_strings_comments_and_texts_stay() {
        for (language_id, code) in [
            ("rust", "const A: &str = r#\"\n<<<<<<< HEAD\n```rust\n\"#;\n"),
            ("rust", "/// ```\n/// a();\n/// ```\nfn a() {}\n"),
            (
                "python",
                "def f():\n    \"\"\"Reads.\n\n    ```\n    f()\n    ```\n    \"\"\"\n    return '''\n=======\n'''\n",
            ),
            ("go", "const a = `\n*** Begin Patch\n<|channel|>\n`\n"),
            ("javascript", "const a = `\n<think>\n</think>\n`;\n"),
            ("lua", "a = [[\n>>>>>>> x\n]]\n-- =====================\n"),
            ("sql", "-----------------------\nselect 1;\n"),
            ("yaml", "run: |\n  cat <<X\n  <<<<<<< HEAD\n  ```\n"),
            ("java", "var a = \"\"\"\n    <selection>\n    \"\"\";\n"),
        ] {
            assert_eq!(of(code, "x = 1\n", language_id), Ok(None), "{language_id}");
        }
        assert_eq!(of("<<<<<<< HEAD\nb\n", "<<<<<<< HEAD\na\n", "zig"), Ok(None));
        let text = "Resolve it:\n\n```\n<<<<<<< HEAD\na\n```\n";
        assert_eq!(of(text, "How conflicts look in a file.\n", "markdown"), Ok(None));
    }

    #[test]
    fn enclosing_code_decides_if_a_mark_is_text() {
        let original = Original { text: "a b\n", language_id: "python", purpose: Purpose::Free };
        let around = || ["x = '''\n".to_owned(), "'''\n".to_owned()];
        assert_eq!(without_marks("=======\nb\n", &around, &original), Ok(None));
    }
}

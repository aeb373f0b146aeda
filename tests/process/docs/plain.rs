//! Pages, messages and texts of the plug-ins are in short sentences and common words, because most readers are not native
//! speakers of English.

use crate::pages::{files, name, pages, read, root};

/// The longest sentence, in words. A span of code is one word.
const LONGEST: usize = 30;

/// The longest name of a function or test, in letters.
const LONGEST_NAME: usize = 60;

/// Phrases that have a plainer form everywhere, with that form.
const PHRASES: [(&str, &str); 10] = [
    ("whoever", "name the person or the program"),
    ("what is no ", "name the thing: \"a value that is not …\""),
    ("told from", "distinguished from"),
    ("told apart", "distinguished"),
    ("tell apart", "distinguish"),
    (", for it ", ", because it"),
    (", for they ", ", because they"),
    (", for nobody ", ", because nobody"),
    (", for there ", ", because there"),
    ("to be had", "available"),
];

/// The same for messages, headings and tables. A comment may say that a thread holds a lock.
const PHRASES_OF_TEXTS: [(&str, &str); 10] = [
    (" amid ", "inside"),
    (" hold ", "contain"),
    (" holds ", "contains"),
    (" stands ", "is"),
    ("goes on ", "continues"),
    ("go on ", "continue"),
    ("had come by", "the received text"),
    ("what came", "the received text"),
    ("unasked", "without a question"),
    (" anew", "again"),
];

/// The files of other texts for users, the sign of a line with a text, and the fewest such lines.
const TEXTS: [(&str, &str, usize); 6] = [
    ("src/i18n/en.ftl", " ", 800),
    ("packaging/stackspot-lsp.1", " ", 180),
    ("editors/vscode/package.nls.json", "\": \"", 90),
    ("editors/vscode/l10n/bundle.l10n.pt-br.json", "\": \"", 100),
    ("editors/neovim/lua/stackspot_lsp/text.lua", " = ", 100),
    ("editors/emacs/stackspot-lsp-texts.el", " \"", 80),
];

/// A sentence of a page's text, and the line where it begins.
#[derive(Debug, PartialEq)]
struct Sentence {
    line: usize,
    text: String,
}

#[test]
fn no_sentence_of_a_page_is_longer_than_thirty_words() {
    let mut checked = 0;
    let mut long = Vec::new();
    for (page, text) in english_pages() {
        for Sentence { line, text } in sentences(&text) {
            let words = text.split(' ').filter(|word| word.contains(char::is_alphanumeric)).count();
            if words > LONGEST {
                long.push(format!("{page}:{line}: {words} words: {text}"));
            }
            checked += 1;
        }
    }
    assert!(checked > 1000, "{checked} sentences");
    assert!(long.is_empty(), "Make two sentences of each:\n{}", long.join("\n"));
}

#[test]
fn no_page_and_no_comment_has_a_phrase_with_a_plainer_form() {
    let mut found = Vec::new();
    for file in files(&root().join("src"), ".rs") {
        let text = read(&file);
        let comments = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("//"));
        found.extend(comments.flat_map(|(index, line)| plainer(&PHRASES, &name(&file), index + 1, line)));
    }
    for (page, text) in english_pages() {
        let sentences = sentences(&text).into_iter();
        found.extend(sentences.flat_map(|it| plainer(&PHRASES, &page, it.line, &it.text)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_message_table_or_heading_has_a_phrase_with_a_plainer_form() {
    let phrases = [PHRASES.as_slice(), &PHRASES_OF_TEXTS].concat();
    let (mut found, mut rows) = (Vec::new(), 0);
    for (page, text) in english_pages() {
        for (line, row) in rows_and_headings(&text) {
            found.extend(plainer(&phrases, &page, line, &row));
            rows += 1;
        }
    }
    assert!(rows > 1000, "{rows} rows");
    for (file, sign, least) in TEXTS {
        let text = read(file);
        // The short form of a message has its own limit.
        let is_text = |line: &str| line.contains(sign) && !line.starts_with('#') && !line.contains(" .brief = ");
        let lines = text.lines().enumerate().filter(|(_, line)| is_text(line)).collect::<Vec<_>>();
        assert!(lines.len() >= least, "{file}: {}", lines.len());
        found.extend(lines.iter().flat_map(|(index, line)| plainer(&phrases, file, index + 1, line)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Each of these phrases in `text`, with the place and the plainer form.
fn plainer(phrases: &[(&str, &str)], file: &str, line: usize, text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let found = phrases.iter().filter(|(phrase, _)| lower.contains(phrase));
    found.map(|(phrase, plain)| format!("{file}:{line}: {phrase:?}; plainer: {plain}")).collect()
}

/// The rows and headings of a page, without code and targets of links, and their lines.
fn rows_and_headings(page: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut rows = Vec::new();
    for (index, line) in page.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        if !fenced && line.starts_with(['|', '#']) {
            let words = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
            let (mut shown, mut parts) = (String::new(), words.split("]("));
            shown.push_str(parts.next().unwrap_or_default());
            shown.extend(parts.map(|part| part.split_once(')').map_or(part, |(_, rest)| rest)));
            rows.push((index + 1, shown));
        }
    }
    rows
}

#[test]
fn names_of_functions_have_at_most_sixty_letters() {
    let mut checked = 0;
    let mut long = Vec::new();
    for file in ["src", "tests"].iter().flat_map(|folder| files(&root().join(folder), ".rs")) {
        for line in read(&file).lines() {
            let Some((_, rest)) = line.split_once("fn ") else { continue };
            let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = rest.find(|c| !is_letter(c)).unwrap_or(rest.len());
            if end > LONGEST_NAME {
                long.push(format!("{}: {}", name(&file), &rest[..end]));
            }
            checked += 1;
        }
    }
    assert!(checked > 5000, "{checked} names");
    assert!(long.is_empty(), "Say the case and the outcome in fewer words:\n{}", long.join("\n"));
}

#[test]
fn sentences_are_found_with_their_lines() {
    let page = "# A heading that counts for nothing.\n\nOne, two.\nThree `a. b` (see\n[four](x.md).) Five?\n\n\
                ```sh\nnot. this.\n```\n| nor | this. |\n- Six\n- Seven\n  eight!\n";
    let found = sentences(page).into_iter().map(|it| (it.line, it.text)).collect::<Vec<_>>();
    let expected =
        [(3, "One, two."), (4, "Three code (see [four](x.md).)"), (5, "Five?"), (11, "Six"), (12, "Seven eight!")];
    assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
}

/// The pages in English: name and text.
fn english_pages() -> Vec<(String, String)> {
    let pages = pages().into_iter().map(|page| (name(&page), page));
    let english = pages.filter(|(name, _)| !name.ends_with(".pt-BR.md"));
    english.map(|(name, page)| (name, read(page))).collect()
}

/// The sentences of a page's paragraphs and lists, without blocks of code, tables, headings, pictures and comments.
fn sentences(page: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut paragraph = String::new();
    let (mut first, mut fenced) = (0, false);
    for (index, line) in page.lines().chain([""]).enumerate() {
        let line = line.trim();
        let is_fence = line.starts_with("```");
        fenced ^= is_fence;
        let is_other = line.is_empty() || line.starts_with(['#', '|', '<']) || line.starts_with("![");
        let is_text = !fenced && !is_fence && !is_other;
        let item = item_of_a_list(line);
        if !is_text || item.is_some() {
            split(&paragraph, first, &mut sentences);
            paragraph.clear();
        }
        if is_text {
            if paragraph.is_empty() {
                first = index + 1;
            }
            paragraph.extend([item.unwrap_or(line), "\n"]);
        }
    }
    sentences
}

/// The text behind `- ` or `1. `.
fn item_of_a_list(line: &str) -> Option<&str> {
    let (mark, text) = line.split_once(' ')?;
    let number = mark.strip_suffix('.').is_some_and(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit()));
    (mark == "-" || mark == "*" || number).then_some(text)
}

/// Splits a paragraph, whose first line is this one, after each word that ends a sentence.
fn split(paragraph: &str, first: usize, sentences: &mut Vec<Sentence>) {
    let without_code = paragraph.split('`').enumerate().map(|(index, part)| {
        let lines = "\n".repeat(part.matches('\n').count());
        if index % 2 == 0 { part.to_owned() } else { format!("code{lines}") }
    });
    let (mut words, mut begun) = (Vec::new(), first);
    let mut end = |words: &mut Vec<String>, line| {
        if !words.is_empty() {
            sentences.push(Sentence { line, text: words.join(" ") });
            words.clear();
        }
    };
    for (index, line) in without_code.collect::<String>().lines().enumerate() {
        for word in line.split_whitespace() {
            if words.is_empty() {
                begun = first + index;
            }
            words.push(word.to_owned());
            if word.trim_end_matches([')', '*', '"', '”', '_']).ends_with(['.', '!', '?']) {
                end(&mut words, begun);
            }
        }
    }
    end(&mut words, begun);
}

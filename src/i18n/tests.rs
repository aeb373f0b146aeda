//! Compares the files with each other, and with the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::*;

type Variables = BTreeSet<String>;

#[test]
fn every_language_has_the_same_messages_with_the_same_variables() {
    let english = messages(Language::En);
    assert!(english.len() > 40, "{}", english.len());
    for language in Language::ALL {
        let other = messages(language);
        for (id, variables) in &english {
            // Only in English an article depends on the sound of the next word.
            let used = |all: &Variables| all.iter().filter(|name| *name != "article").cloned().collect::<Variables>();
            assert_eq!(other.get(id).map(used), Some(used(variables)), "{id} in {}", language.tag());
        }
        let surplus: Vec<_> = other.keys().filter(|id| !english.contains_key(*id)).collect();
        assert!(surplus.is_empty(), "only in {}: {surplus:?}", language.tag());
    }
}

#[test]
fn every_message_is_in_both_the_sources_and_the_files() {
    let (known, mut used) = (messages(Language::En), BTreeSet::new());
    for (place, id, variables) in uses() {
        assert_eq!(known.get(&id), Some(&variables), "{id} in {place}");
        used.insert(id);
    }
    let unused: Vec<_> = known.keys().filter(|id| !used.contains(*id)).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}

#[test]
fn every_message_is_one_line_of_text_with_nothing_left_open() {
    for language in Language::ALL {
        for (id, variables) in messages(language) {
            // In other code, ids and names live as long as the program.
            let id: &'static str = id.leak();
            for count in [0, 1, 2, 1_000_000] {
                let arguments = variables.iter().map(|name| (&*name.clone().leak(), Argument::Count(count))).collect();
                let text = Message(MessageText::Entry { id, arguments }).text(language);
                let marks = ['{', '}', '\n', '\r', '\u{2068}', '\u{2069}'];
                assert!(!text.is_empty() && !text.contains(marks) && text != id, "{id} in {}: {text}", language.tag());
                assert!(!text.contains("  "), "{id} in {}: {text}", language.tag());
            }
        }
    }
}

/// Messages with these starts are never sent to a client alone: shell commands, documents, menus and questions use
/// them, or other messages contain them. A truncated path is useless.
const ELSEWHERE: &str = "action-fix-without-problems menu- lens- description- part- fate- hover- button- doctor- demo- shell- \
                         cli- run- ask- agents- login- logout- sandbox- trust-question trust-name-it guard-question \
                         guard-reason guard-file uploads-question uploads-file uploads-list uploads-nobody progress- \
                         template- prompt-problem- syntax- python- file-problem conversation-menu conversation-open-it";

/// Messages with these starts go to a client alone, unless the list above contains them.
const GOES_OUT: &str = "report- job- conversation- no-agent credential-missing too-many nothing- upload- uploads- prompt-file- \
                        keep- kept- secret-command- bundle- settings-floor guard-failed guard-not trust- audit- limit-";

#[test]
fn first_sentence_of_brief_messages_is_within_90_characters() {
    // The product's name and the job's name precede the remedy of a failure.
    let in_front = "StackSpot AI: Document: ".len();
    for language in Language::ALL {
        let mut read = 0;
        for (id, variables) in messages(language) {
            let is_remedy = id.ends_with("-remedy");
            let begins_as = |starts: &str| starts.split_whitespace().any(|start| id.starts_with(start));
            if begins_as(ELSEWHERE) || !(is_remedy || begins_as(GOES_OUT)) {
                continue;
            }
            read += 1;
            let id: &'static str = id.leak();
            let arguments = variables.iter().map(|name| (&*name.clone().leak(), sample(name))).collect();
            let text = Message(MessageText::Entry { id, arguments }).written(language, Form::Brief);
            let first = text.split_inclusive(". ").next().unwrap_or_default().trim_end();
            let room = 90 - if is_remedy { in_front } else { "StackSpot AI: ".len() };
            let chars = first.chars().count();
            assert!(chars <= room, "{id} in {}: {chars} characters: {first}", language.tag());
        }
        assert!(read > 100, "{read}");
    }
}

/// The sample value for this name in a message.
fn sample(name: &str) -> Argument {
    match name {
        "title" => Message::verbatim("Document").into(),
        "path" => "~/.cache/stackspot-lsp/x.md".into(),
        "name" | "file" | "subject" | "names" | "files" => "orders.py".into(),
        "reason" | "problem" | "what" | "reasons" | "cause" | "parts" | "error" => "why".into(),
        "host" => "stackspot.com".into(),
        "count" | "megabytes" | "most" => Argument::Count(12),
        _ => "value".into(),
    }
}

#[test]
fn long_message_is_cut_at_sentence_or_word_and_gets_ellipsis() {
    assert_eq!(fit("Short enough.", 20), "Short enough.");
    assert_eq!(fit("Run it again. The service had a problem of its own.", 24), "Run it again. …");
    assert_eq!(fit("one two three four five", 14), "one two …");
    assert_eq!(fit("ação\nem duas linhas", 40), "ação em duas linhas");
    let long = "Não há espaço. ".repeat(30);
    for chars in 3..200 {
        assert!(fit(&long, chars).chars().count() <= chars, "{chars}");
    }
}

#[test]
fn short_form_uses_the_short_form_of_each_part() {
    let failed = message!(
        "report-failed",
        what = message!("api-truncated-remedy"),
        title = message!("action-explain"),
        subject = "a.py"
    );
    let brief = failed.brief(Language::En, 90);
    assert!(brief.starts_with("Explain: Run it again"), "{brief}");
    assert!(failed.text(Language::En).contains("Explain with StackSpot AI"));
}

#[test]
fn numbers_and_plurals_follow_the_language() {
    let took = message!("usage-total", seconds = Duration::from_millis(1_234));
    assert_eq!(took.text(Language::En), "1.2 s in all");
    assert_eq!(took.text(Language::PtBr), "1,2 s no total");
    let tokens = message!("usage-tokens", input = 12_345_usize, output = 6_usize);
    assert_eq!(tokens.text(Language::PtBr), "12345 → 6 tokens");
    let received = |count: usize| message!("progress-streaming", count = count, words = "fim").text(Language::PtBr);
    assert_eq!([received(1), received(2)], ["1 caractere … fim", "2 caracteres … fim"]);
}

#[test]
fn inner_message_is_translated_and_verbatim_names_are_kept() {
    let cancel = message!("menu-cancel-job", title = message!("action-explain"));
    assert_eq!(cancel.text(Language::PtBr), "Cancelar “Explicar com StackSpot AI”");
    let own = message!("menu-cancel-job", title = Message::verbatim("{ $count } Piraten"));
    assert_eq!(own.text(Language::En), "Cancel “{ $count } Piraten”");
}

#[test]
fn locales_of_any_spelling_find_their_language() {
    for locale in ["pt-BR", "pt-br", "pt_BR.UTF-8", "pt", "pt_PT@euro", "PT"] {
        assert_eq!(Language::of_locale(locale), Language::PtBr, "{locale}");
    }
    for locale in ["", "en", "C.UTF-8", "de_DE", "ptx"] {
        assert_eq!(Language::of_locale(locale), Language::En, "{locale}");
    }
}

/// The messages of a language, with the variables in each.
fn messages(language: Language) -> BTreeMap<String, Variables> {
    let resource = FluentResource::try_new(language.source().to_owned());
    let resource = resource.unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", language.tag()));
    let mut messages = BTreeMap::new();
    for entry in resource.entries() {
        let Entry::Message(message) = entry else { continue };
        let mut variables = Variables::new();
        collect(message.value.as_ref().expect("a text"), &mut variables);
        for attribute in &message.attributes {
            assert_eq!(attribute.id.name, "brief", "{}", message.id.name);
            let mut used = Variables::new();
            collect(&attribute.value, &mut used);
            assert!(used.is_subset(&variables), "{} has other variables in its short form: {used:?}", message.id.name);
        }
        let before = messages.insert(message.id.name.to_owned(), variables);
        assert!(before.is_none(), "{} stands twice in {}", message.id.name, language.tag());
    }
    messages
}

fn collect(pattern: &Pattern<&str>, variables: &mut Variables) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                variants.iter().for_each(|variant| collect(&variant.value, variables));
                selector
            }
        };
        match inline {
            InlineExpression::VariableReference { id } => _ = variables.insert(id.name.to_owned()),
            InlineExpression::StringLiteral { .. } => {}
            other => panic!("unlike every other message: {other:?}"),
        }
    }
}

/// The uses of messages in the sources: the place, the id and the variables.
fn uses() -> Vec<(String, String, Variables)> {
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in ignore::WalkBuilder::new(&folder).standard_filters(false).build() {
        let path = entry.unwrap().into_path();
        // The files of this folder implement messages and use none.
        if path.extension().is_none_or(|extension| extension != "rs") || path.starts_with(folder.join("i18n")) {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for (at, _) in source.match_indices("message!(") {
            let (before, after) = source.split_at(at);
            let Some((id, variables)) = read_use(after.trim_start_matches("message!(")) else { continue };
            let line = before.matches('\n').count() + 1;
            found.push((format!("{}:{line}", path.display()), id, variables));
        }
    }
    found
}

/// Reads `"id", name = value, …)`. A comment with the macro's name is not a use.
fn read_use(source: &str) -> Option<(String, Variables)> {
    let (id, rest) = source.trim_start().strip_prefix('"')?.split_once('"')?;
    let (mut depth, mut in_string, mut escaped) = (1, false, false);
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    for char in rest.chars() {
        match char {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 1 => pieces.push(std::mem::take(&mut piece)),
            _ if depth == 1 => piece.push(char),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    pieces.push(piece);
    let name = |piece: &String| piece.split_once('=').map(|(name, _)| name.trim().to_owned());
    Some((id.to_owned(), pieces.iter().filter_map(name).collect()))
}

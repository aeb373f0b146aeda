use proptest::prelude::*;
use ropey::Rope;

use super::*;
use crate::actions::context::{Diagnostic, OpenDocument};
use crate::i18n::message;
use crate::remarks::Severity;

/// The values of the variables in [`rendered`].
fn value(variable: Variable) -> Value {
    match variable {
        Variable::Selection => Value::from("let x = 1;"),
        Variable::Language => Value::from("rust"),
        Variable::Path => Value::from("src/lib.rs"),
        Variable::File => Value::from("one\ntwo\nthree\n"),
        Variable::Diagnostics => diagnostics(&[
            Diagnostic {
                line: Some(3),
                message: "mismatched types".into(),
                code: Some("E0308".into()),
                severity: Some(Severity::Error),
                ..Diagnostic::default()
            },
            Diagnostic { message: "odd".into(), ..Diagnostic::default() },
        ]),
        Variable::OpenDocuments => open_documents(&[
            OpenDocument {
                name: "src/main.rs".into(),
                language_id: "rust".into(),
                text: Some(Rope::from_str("fn main() {}")),
            },
            OpenDocument { name: ".env".into(), language_id: "dotenv".into(), text: None },
        ]),
        Variable::Before | Variable::After | Variable::Instruction | Variable::Branch => Value::from(""),
    }
}

fn rendered(source: &str) -> Result<String, String> {
    let rendered = Template::parse(source, 1).and_then(|template| template.render(10_000, value));
    rendered.map(|text| text.expect("within the budget")).map_err(|problem| problem.to_string())
}

fn error(source: &str) -> String {
    rendered(source).unwrap_err()
}

#[test]
fn template_prints_variables_and_lists_one_item_a_line() {
    let each = "{% for it in diagnostics %}{{ loop.index }}. {{ it.message }}{% if it.code %} ({{ it.code }}){% endif %}; {% endfor %}";
    for (source, expected) in [
        ("Review {{ path }} ({{ language | upper }}):", "Review src/lib.rs (RUST):"),
        ("{% if instruction %}{{ instruction }}{% else %}all of it{% endif %}", "all of it"),
        ("{{ file | lines | length }} {{ selection[:3] }} {{ 'x' ~ language }}", "3 let xrust"),
        ("{% if language in ['rust', 'go'] and path is endingwith('.rs') %}yes{% endif %}", "yes"),
        // No text is escaped.
        ("{% set name = path %}{{ name }}, {{ '<b>' }}", "src/lib.rs, <b>"),
        ("{{ diagnostics }}", "line 3: error[E0308]: mismatched types\nodd"),
        (each, "1. mismatched types (E0308); 2. odd; "),
        (
            "{{ diagnostics | selectattr('severity', 'eq', 'error') | map(attribute='message') | join }}",
            "mismatched types",
        ),
        ("{{ diagnostics | length }} {{ diagnostics[0] }}", "2 line 3: error[E0308]: mismatched types"),
        ("{{ open_documents }} {{ open_documents[0].text }}", "src/main.rs fn main() {}"),
    ] {
        assert_eq!(rendered(source).unwrap(), expected, "{source}");
    }
}

#[test]
fn only_mentioned_variables_need_a_value() {
    let template =
        Template::parse("{% if branch %}{{ selection }}{% endif %}{# file #}{% raw %}{{ path }}{% endraw %}", 1)
            .unwrap();
    let asked = |variable| match variable {
        Variable::Branch | Variable::Selection => Value::from("x"),
        other => panic!("{other:?} is not mentioned"),
    };
    assert_eq!(template.render(100, asked).unwrap().unwrap(), "x{{ path }}");
    let mentions = [Variable::Branch, Variable::File, Variable::Path].map(|it| template.mentions(it));
    assert_eq!(mentions, [true, false, false]);
}

#[test]
fn template_error_names_its_line_in_the_file() {
    for (source, said) in [
        ("a\n{{ selecton }}", "line 2: there is no variable “selecton”; did you mean “selection”?"),
        ("a\n\n{{ selection | uper }}", "line 3: there is no filter “uper”; did you mean “upper”?"),
        ("{{ whatever_this_is }}", "line 1: there is no variable “whatever_this_is”"),
        ("{{ 1 is oddd }}", "line 1: there is no test “oddd”; did you mean “odd”?"),
        (
            "{% for it in diagnostics %}{% set a = it %}{% endfor %}\n{{ a }}",
            "line 2: undefined value: `a` is undefined",
        ),
    ] {
        assert_eq!(error(source), said, "{source}");
    }
    assert!(error("a\n{{ selection").starts_with("line 2: unexpected end of input"), "{}", error("a\n{{ selection"));
    let parsed = |source| Template::parse(source, 7);
    assert_eq!(parsed("a\n{{ selecton }}").unwrap_err().line, Some(8));
    let template = parsed("a\n{{ diagnostics[7].message }}").unwrap();
    assert_eq!(template.render(100, value).unwrap_err().line, Some(8), "while it renders");
}

#[test]
fn a_template_includes_nothing_and_calls_nothing() {
    for (source, what) in [
        ("a\n{% include '/etc/passwd' %}", "“include” blocks"),
        ("a\n{% import 'x' as y %}", "“import” blocks"),
        ("a\n{% from 'x' import y %}", "“from” blocks"),
        ("a\n{% extends 'x' %}", "“extends” blocks"),
        ("a\n{% macro f() %}{{ f() }}{% endmacro %}", "“macro” blocks"),
        ("a\n{% set x %}{{ selection }}{% endset %}", "“set” blocks"),
        ("a\n{% filter upper %}x{% endfilter %}", "“filter” blocks"),
        ("a\n{{ range(10**9) }}", "calls"),
        ("a\n{{ selection.upper() }}", "calls"),
        ("a\n{% do selection() %}", "“do” tags"),
        ("a\n{% for x in diagnostics recursive %}{{ loop(diagnostics) }}{% endfor %}", "recursive loops"),
    ] {
        assert_eq!(error(source), format!("line 2: {what} are not available in prompt files"), "{source}");
    }
}

#[test]
fn expanding_operations_are_not_available() {
    for source in [
        "{{ 'x' * 10**9 }}",
        "{{ [1] * 10**8 }}",
        "{{ 10 ** 1000 }}",
        "{{ selection + selection }}",
        "{% set a = [selection, selection] %}",
        "{% set a = (selection, selection) %}",
        "{% set a = {'a': selection} %}",
        "{% set a = [[1], [2]] %}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ selection | center(10 ** 9) }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ diagnostics | batch(1000000000) }}",
        "{{ diagnostics | zip(diagnostics) }}",
        "{{ diagnostics | map('zip') }}",
        "{{ diagnostics | map(language) }}",
        "{{ diagnostics | select(language) }}",
        "{{ diagnostics | pprint }}",
        "{{ debug() }}",
        "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}",
    ] {
        let refused = Template::parse(source, 1).expect_err(source).to_string();
        let is_known =
            ["not available", "there is no filter", "there is no test"].iter().any(|it| refused.contains(it));
        assert!(is_known, "{source}: {refused}");
    }
}

#[test]
fn template_with_too_many_steps_is_stopped() {
    let text = "line\n".repeat(20_000);
    let value = |_| Value::from(text.as_str());
    for source in [
        "{% set a = file | lines %}{% for x in a %}{% for y in a %}{% for z in a %}{% endfor %}{% endfor %}{% endfor %}".to_owned(),
        "{% set a = file | lines %}{% for x in a %}{% if 'x' in file %}{% endif %}{% endfor %}".to_owned(),
        "{% set a = file | lines %}{% for x in a %}{{ file | length }}{% endfor %}".to_owned(),
        "{{ 'x' | indent(1000000000, true) }}".to_owned(),
        "{{ file | replace('', file) | length }}".to_owned(),
        "{{ file | lines | join(file) | length }}".to_owned(),
        format!("{{% set a = file %}}{}{{{{ a | length }}}}", "{% set a = a ~ a %}".repeat(1_000)),
        format!("{{% set a = file %}}{}{{{{ a | length }}}}", "{% set a = a | replace('l', a) %}".repeat(1_000)),
    ] {
        let started = std::time::Instant::now();
        let stopped = Template::parse(&source, 1).unwrap().render(1_000_000, value);
        assert_eq!(stopped.unwrap_err().reason, message!("template-too-many-steps"), "{source:.200}");
        assert!(started.elapsed().as_secs() < 10, "{source:.200}: {:?}", started.elapsed());
    }
}

#[test]
fn too_long_prompt_stops_the_rendering() {
    let template = Template::parse("x\n{% for it in diagnostics %}{{ file }}{% endfor %}", 5).unwrap();
    assert_eq!(template.render(30, value).unwrap().unwrap().chars().count(), 30);
    assert_eq!(template.render(29, value).unwrap(), None);
    // The limit counts characters, not bytes.
    let accents = |_| Value::from("ção");
    assert_eq!(Template::parse("{{ selection }}", 1).unwrap().render(3, accents).unwrap().unwrap(), "ção");
}

#[test]
fn deep_nesting_is_refused_before_the_engine() {
    let many = 60_000;
    for (before, link, after) in [
        ("{{ selection", "~selection", " }}"),
        ("{{ selection", "|upper", " }}"),
        ("{{ selection", ".a", " }}"),
        ("{{ selection", "[0]", " }}"),
        ("{{ selection", "()", " }}"),
        ("{{ selection", " and 1", " }}"),
        ("{{ selection", " is odd", " }}"),
        ("{{ selection", "+1", " }}"),
        ("{{ ", "not ", "1 }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ ", "1 if 1 else ", "1 }}"),
        ("{{ ", "(", "1 }}"),
        ("{{ ", "[", "1 }}"),
        ("{{ ", "{1:", "1 }}"),
        ("{% if 0 %}", "{% elif 0 %}", "{% endif %}"),
        ("", "{% if 1 %}", ""),
        ("", "{% for x in file %}", ""),
        ("", "{% with x = 1 %}", ""),
    ] {
        let source = format!("{before}{}{after}", link.repeat(many));
        assert!(Template::parse(&source, 1).is_err(), "{link}");
    }
    // Without nesting a template may be as long as its file.
    let long = "{% if selection %}{{ language ~ path }}{% endif %}\n".repeat(5_000);
    assert_eq!(Template::parse(&long, 1).unwrap().render(10_000, value).unwrap(), None);
    assert_eq!(error(&"\n".repeat(200_000)), "line 60000: the file has too many lines");
}

/// Pieces of templates, so that random texts contain more than plain text.
const PIECES: &str = "{{¦}}¦{%¦%}¦{#¦#}¦{{ ¦ }}¦{% ¦ %}¦if ¦endif¦for ¦in ¦endfor¦set ¦with ¦selection¦file¦diagnostics¦\
                      open_documents¦loop¦x¦=¦==¦~¦|¦.¦[¦]¦(¦)¦lines¦length¦join¦replace¦map¦attribute¦'a'¦\"¦1¦-1¦99999999999¦:¦,¦\
                      not ¦is ¦defined¦{% for x in file|lines %}¦{% endfor %}¦{{ x }}¦{% if x %}¦{% endif %}¦{% else %}¦\
                      {{ selection }}¦{% raw %}¦{% endraw %}¦{% set x = file %}¦\n¦é";

fn any_template() -> impl Strategy<Value = String> {
    let known: Vec<&str> = PIECES.split('¦').collect();
    let piece = prop_oneof![prop::sample::select(known).prop_map(str::to_owned), "\\PC{0,6}"];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_template_panics_or_gets_longer_than_it_may(source in any_template(), max_chars in 0_usize..200) {
        if let Ok(template) = Template::parse(&source, 1) {
            match template.render(max_chars, value) {
                Ok(text) => prop_assert!(text.unwrap_or_default().chars().count() <= max_chars),
                Err(error) => prop_assert!(error.line.is_none_or(|line| line >= 1 && line <= source.split('\n').count())),
            }
        }
    }
}

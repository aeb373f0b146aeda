use proptest::prelude::*;
use ropey::Rope;

use super::*;
use crate::actions::context::{Diagnostic, OpenDocument, Severity};

/// What [`rendered`] gives the variables.
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

fn rendered(source: &str) -> Result<String, TemplateError> {
    Template::parse(source, 1)?.render(10_000, value)
}

fn error(source: &str) -> String {
    rendered(source).unwrap_err().to_string()
}

#[test]
fn a_template_says_what_its_variables_are() {
    let source = "Review {{ path }} ({{ language | upper }}):\n{% if instruction %}{{ instruction }}{% else %}all of it{% endif %}";
    assert_eq!(rendered(source).unwrap(), "Review src/lib.rs (RUST):\nall of it");
    assert_eq!(
        rendered("{{ file | lines | length }} {{ selection[:3] }} {{ 'x' ~ language }}").unwrap(),
        "3 let xrust"
    );
    assert_eq!(
        rendered("{% if language in ['rust', 'go'] and path is endingwith('.rs') %}yes{% endif %}").unwrap(),
        "yes"
    );
    assert_eq!(
        rendered("{% set name = path %}{{ name }}, {{ '<b>' }}").unwrap(),
        "src/lib.rs, <b>",
        "nothing is escaped"
    );
}

#[test]
fn lists_print_one_a_line_and_have_parts() {
    assert_eq!(rendered("{{ diagnostics }}").unwrap(), "line 3: error[E0308]: mismatched types\nodd");
    let each = "{% for it in diagnostics %}{{ loop.index }}. {{ it.message }}{% if it.code %} ({{ it.code }}){% endif %}; {% endfor %}";
    assert_eq!(rendered(each).unwrap(), "1. mismatched types (E0308); 2. odd; ");
    assert_eq!(
        rendered("{{ diagnostics | selectattr('severity', 'eq', 'error') | map(attribute='message') | join }}")
            .unwrap(),
        "mismatched types"
    );
    assert_eq!(
        rendered("{{ diagnostics | length }} {{ diagnostics[0] }} {{ open_documents }} {{ open_documents[0].text }}")
            .unwrap(),
        "2 line 3: error[E0308]: mismatched types src/main.rs fn main() {}"
    );
}

#[test]
fn only_what_is_mentioned_needs_a_value() {
    let template =
        Template::parse("{% if branch %}{{ selection }}{% endif %}{# file #}{% raw %}{{ path }}{% endraw %}", 1)
            .unwrap();
    let asked = |variable| match variable {
        Variable::Branch | Variable::Selection => Value::from("x"),
        other => panic!("{other:?} is not mentioned"),
    };
    assert_eq!(template.render(100, asked).unwrap(), "x{{ path }}");
    assert!(
        template.mentions(Variable::Branch) && !template.mentions(Variable::File) && !template.mentions(Variable::Path)
    );
}

#[test]
fn what_is_wrong_is_said_with_its_line_in_the_file() {
    assert_eq!(error("a\n{{ selecton }}"), "line 2: there is no variable “selecton”; did you mean “selection”?");
    assert_eq!(error("a\n\n{{ selection | uper }}"), "line 3: there is no filter “uper”; did you mean “upper”?");
    assert_eq!(error("{{ whatever_this_is }}"), "line 1: there is no variable “whatever_this_is”");
    assert_eq!(error("{{ 1 is oddd }}"), "line 1: there is no test “oddd”; did you mean “odd”?");
    assert!(error("a\n{{ selection").starts_with("line 2: unexpected end of input"), "{}", error("a\n{{ selection"));
    let deep_in_its_file = Template::parse("a\n{{ selecton }}", 7).unwrap_err();
    assert_eq!(deep_in_its_file.line, Some(8));
    let while_rendering =
        Template::parse("a\n{{ diagnostics[7].message }}", 7).unwrap().render(100, value).unwrap_err();
    assert_eq!(while_rendering.line, Some(8));
    let used_elsewhere = error("{% for it in diagnostics %}{% set last = it %}{% endfor %}\n{{ last }}");
    assert_eq!(used_elsewhere, "line 2: undefined value: `last` is undefined");
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
fn what_makes_much_out_of_little_is_not_available() {
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
        let refused = Template::parse(source, 1).expect_err(source);
        assert!(
            matches!(refused.reason, TemplateProblem::NotAvailable(_) | TemplateProblem::Unknown { .. }),
            "{source}: {refused}"
        );
    }
}

#[test]
fn what_takes_too_long_is_stopped() {
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
        assert_eq!(stopped.map_err(|error| error.reason), Err(TemplateProblem::TooManySteps), "{source:.200}");
        assert!(started.elapsed().as_secs() < 10, "{source:.200}: {:?}", started.elapsed());
    }
}

#[test]
fn a_prompt_that_gets_too_long_is_stopped_while_it_renders() {
    let template = Template::parse("x\n{% for it in diagnostics %}{{ file }}{% endfor %}", 5).unwrap();
    assert_eq!(template.render(30, value).unwrap().chars().count(), 30);
    let stopped = template.render(29, value).unwrap_err();
    assert_eq!(stopped, TemplateError { line: None, reason: TemplateProblem::TooLong { max_chars: 29 } });
    // Characters count, and not bytes.
    let accents = |_| Value::from("ção");
    assert_eq!(Template::parse("{{ selection }}", 1).unwrap().render(3, accents).unwrap(), "ção");
}

#[test]
fn what_the_engine_would_answer_by_recursion_never_gets_there() {
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
    assert_eq!(rendered(&long).unwrap_err().reason, TemplateProblem::TooLong { max_chars: 10_000 });
    assert_eq!(error(&"\n".repeat(200_000)), "line 60000: the file has too many lines");
}

/// Pieces of templates, so that chance finds more than plain text.
fn any_template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "{{ ",
            " }}",
            "{% ",
            " %}",
            "if ",
            "endif",
            "for ",
            "in ",
            "endfor",
            "set ",
            "with ",
            "selection",
            "file",
            "diagnostics",
            "open_documents",
            "loop",
            "x",
            "=",
            "==",
            "~",
            "|",
            ".",
            "[",
            "]",
            "(",
            ")",
            "lines",
            "length",
            "join",
            "replace",
            "map",
            "attribute",
            "'a'",
            "\"",
            "1",
            "-1",
            "99999999999",
            ":",
            ",",
            "not ",
            "is ",
            "defined",
            "{% for x in file|lines %}",
            "{% endfor %}",
            "{{ x }}",
            "{% if x %}",
            "{% endif %}",
            "{% else %}",
            "{{ selection }}",
            "{% raw %}",
            "{% endraw %}",
            "{% set x = file %}",
            "\n",
            "é",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_template_panics_or_gets_longer_than_it_may(source in any_template(), max_chars in 0_usize..200) {
        if let Ok(template) = Template::parse(&source, 1) {
            match template.render(max_chars, value) {
                Ok(text) => prop_assert!(text.chars().count() <= max_chars),
                Err(error) => prop_assert!(error.line.is_none_or(|line| line >= 1 && line <= source.split('\n').count())),
            }
        }
    }
}

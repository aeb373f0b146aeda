//! Tests that the scripted agent proposes: a skeleton in the language's usual framework.

use super::facts::Facts;
use super::language::Language;

/// A test file for the code, in its language. Where the language is not known here, words in place of code.
pub(super) fn tests_for(facts: &Facts, language_id: &str, in_portuguese: bool) -> String {
    let subject = facts.functions.first().or(facts.types.first()).map_or("selection", String::as_str);
    let (note, todo) = if in_portuguese {
        ("Esqueleto do agente do sandbox StackSpot: complete as verificações.", "escreva a verificação")
    } else {
        ("Skeleton from the StackSpot sandbox agent: fill in the checks.", "write the check")
    };
    let camel = capitalized(subject);
    match language_id {
        "rust" => format!(
            "// {note}\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n    #[test]\n    fn {subject}_works() {{\n        // {todo}: {subject}\n        assert!(true);\n    }}\n}}\n"
        ),
        "python" => format!("# {note}\n\n\ndef test_{subject}():\n    # {todo}: {subject}\n    assert True\n"),
        "javascript" | "javascriptreact" | "typescript" | "typescriptreact" => format!(
            "// {note}\ndescribe(\"{subject}\", () => {{\n  it(\"works\", () => {{\n    // {todo}: {subject}\n    expect(true).toBe(true);\n  }});\n}});\n"
        ),
        "go" => format!(
            "// {note}\npackage main\n\nimport \"testing\"\n\nfunc Test{camel}(t *testing.T) {{\n\t// {todo}: {subject}\n\tt.Log(\"{subject}\")\n}}\n"
        ),
        "java" | "kotlin" | "csharp" => format!(
            "// {note}\nclass {camel}Test {{\n    @Test\n    void {subject}Works() {{\n        // {todo}: {subject}\n    }}\n}}\n"
        )
        .replace("@Test\n    void", if language_id == "csharp" { "[Fact]\n    public void" } else if language_id == "kotlin" { "@Test\n    fun" } else { "@Test\n    void" }),
        "ruby" => format!(
            "# {note}\nRSpec.describe \"{subject}\" do\n  it \"works\" do\n    # {todo}: {subject}\n    expect(true).to be(true)\n  end\nend\n"
        ),
        _ => {
            let language = Language::of(language_id);
            let (open, close) = match (language.line, language.block) {
                (Some(line), _) => (format!("{line} "), String::new()),
                (None, Some((open, close))) => (format!("{open} "), format!(" {close}")),
                (None, None) => (String::new(), String::new()),
            };
            format!("{open}{note}{close}\n{open}{todo}: {subject}{close}\n")
        }
    }
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

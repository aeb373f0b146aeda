//! Tests that the scripted agent proposes: a skeleton in the language's usual framework.

use super::facts::Facts;
use super::language::Language;

const RUST: &str = r#"// NOTE
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn SUBJECT_works() {
        // TODO: SUBJECT
        assert!(true);
    }
}
"#;

const PYTHON: &str = r"# NOTE


def test_SUBJECT():
    # TODO: SUBJECT
    assert True
";

const JAVASCRIPT: &str = r#"// NOTE
describe("SUBJECT", () => {
  it("works", () => {
    // TODO: SUBJECT
    expect(true).toBe(true);
  });
});
"#;

const GO: &str = r#"// NOTE
package main

import "testing"

func TestCAPITALIZED(t *testing.T) {
	// TODO: SUBJECT
	t.Log("SUBJECT")
}
"#;

const JAVA: &str = r"// NOTE
class CAPITALIZEDTest {
    @Test
    void SUBJECTWorks() {
        // TODO: SUBJECT
    }
}
";

const KOTLIN: &str = r"// NOTE
class CAPITALIZEDTest {
    @Test
    fun SUBJECTWorks() {
        // TODO: SUBJECT
    }
}
";

const CSHARP: &str = r"// NOTE
public class CAPITALIZEDTest
{
    [Fact]
    public void SUBJECTWorks()
    {
        // TODO: SUBJECT
    }
}
";

const RUBY: &str = r#"# NOTE
RSpec.describe "SUBJECT" do
  it "works" do
    # TODO: SUBJECT
    expect(true).to be(true)
  end
end
"#;

/// A test file for the code, in its language. Where the language's framework is not known here, comments in place of
/// code; where not even its comments are, words.
pub(super) fn tests_for(facts: &Facts, language_id: &str, in_portuguese: bool) -> String {
    let subject = facts.functions.first().or(facts.types.first()).map_or("selection", String::as_str);
    let (note, todo) = if in_portuguese {
        ("Esqueleto do agente do sandbox StackSpot: complete as verificações.", "escreva a verificação")
    } else {
        ("Skeleton from the StackSpot sandbox agent: fill in the checks.", "write the check")
    };
    let template = match language_id {
        "rust" => RUST,
        "python" => PYTHON,
        "javascript" | "javascriptreact" | "typescript" | "typescriptreact" => JAVASCRIPT,
        "go" => GO,
        "java" => JAVA,
        "kotlin" => KOTLIN,
        "csharp" => CSHARP,
        "ruby" => RUBY,
        other => {
            let language = Language::of(other);
            let (open, close) = match (language.line, language.block) {
                (Some(line), _) => (format!("{line} "), String::new()),
                (None, Some((open, close))) => (format!("{open} "), format!(" {close}")),
                (None, None) => (String::new(), String::new()),
            };
            return format!("{open}{note}{close}\n{open}{todo}: {subject}{close}\n");
        }
    };
    // The subject last, since a name may hold any of the other words.
    let text = template.replace("NOTE", note).replace("TODO", todo);
    text.replace("CAPITALIZED", &capitalized(subject)).replace("SUBJECT", subject)
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

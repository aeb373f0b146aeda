//! Tests that the scripted agent suggests: a skeleton for the usual framework of the language.

use super::facts::Facts;
use super::language::Comments;
use super::prompt::Prompt;

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

/// A test file for the code, in its language. If the framework of the language is unknown, it contains comments instead
/// of code. If the comment syntax is unknown too, it contains text.
pub(super) fn tests_for(prompt: &Prompt, facts: &Facts) -> String {
    let subject = facts.subject().unwrap_or("selection");
    let note = prompt.say(
        "Skeleton from the StackSpot sandbox agent: fill in the checks.",
        "Esqueleto do agente do sandbox StackSpot: complete as verificações.",
    );
    let todo = prompt.say("write the check", "escreva a verificação");
    let template = match prompt.language.as_str() {
        "rust" => RUST,
        "python" => PYTHON,
        "javascript" | "javascriptreact" | "typescript" | "typescriptreact" => JAVASCRIPT,
        "go" => GO,
        "java" => JAVA,
        "kotlin" => &JAVA.replace("void", "fun"),
        "csharp" => CSHARP,
        "ruby" => RUBY,
        other => {
            let line = |text: &str| Comments::of(other).comment(text).unwrap_or_else(|| text.to_owned());
            return format!("{}\n{}\n", line(note), line(&format!("{todo}: {subject}")));
        }
    };
    // The subject is replaced last, because a name may contain any of the other words.
    let text = template.replace("NOTE", note).replace("TODO", todo);
    let mut letters = subject.chars();
    let capitalized = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>();
    text.replace("CAPITALIZED", &capitalized).replace("SUBJECT", subject)
}

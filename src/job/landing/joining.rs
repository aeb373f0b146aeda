//! How code is added to an existing file: tests next to tests, without duplicates, and each in its group.

use std::ops::Range;

use ropey::Rope;

use super::replacement::changed;
use crate::edit::{self, TextChange};
use crate::syntax::{self, Syntax, TestBlock, test_block};

/// The changes that add `code` to `text`, sorted and disjoint; none if `text` already contains all of it. Also the
/// names of the items that it already contains.
pub(super) fn joining(text: &Rope, code: &str, syntax: Option<Syntax>) -> (Vec<TextChange>, Vec<String>) {
    without_duplicates(text, addition(text, code, syntax), syntax)
}

/// The change that adds `code` to `text`: in the block of tests if the language has one, else at the end.
fn addition(text: &Rope, code: &str, syntax: Option<Syntax>) -> TextChange {
    let Some(syntax) = syntax else { return edit::added_at_end(text, code, 1) };
    let blank_lines = if syntax == Syntax::Python { 2 } else { 1 };
    let at_end = |code: &str| edit::added_at_end(text, code, blank_lines);
    let is_empty = text.chars().all(char::is_whitespace);
    if is_empty && syntax != Syntax::Rust {
        return at_end(code);
    }
    let (inner, name) = bare(code, syntax).unzip();
    match test_block(text, syntax, name) {
        Some(TestBlock { body, .. }) => {
            let code = without_known_imports(inner.as_deref().unwrap_or(code), text);
            edit::added_in_block(text, body, &code).unwrap_or_else(|| at_end(&code))
        }
        None if syntax == Syntax::Rust => at_end(&rust_module(inner.as_deref().unwrap_or(code))),
        None => at_end(code),
    }
}

/// The addition without items whose names the text already contains, and these names. Duplicates could be invalid, or
/// could replace existing items. If an existing group of tests lacks tests, these are added to it.
fn without_duplicates(text: &Rope, change: TextChange, syntax: Option<Syntax>) -> (Vec<TextChange>, Vec<String>) {
    let Some(syntax) = syntax else { return (vec![change], Vec::new()) };
    let after = changed(text, std::slice::from_ref(&change));
    let added = change.range.start..change.range.start + change.text.len();
    let duplicates = syntax::duplicates(&after, syntax, added.clone());
    let code =
        |bytes: &Range<usize>| after.get_byte_slice(bytes.clone()).map(|code| code.to_string()).unwrap_or_default();
    let into_groups = duplicates.iter().flat_map(|duplicate| &duplicate.missing).map(|missing| {
        let items: Vec<String> = missing.items.iter().map(|bytes| code(bytes).trim_end().to_owned()).collect();
        edit::added_below(text, missing.below.clone(), &items.join("\n\n"), true)
    });
    let mut changes: Vec<TextChange> = into_groups.collect();
    changes.sort_by_key(|change| change.range.start);
    let mut kept = change.text;
    for duplicate in duplicates.iter().rev() {
        let cut = duplicate.bytes.start - added.start..duplicate.bytes.end - added.start;
        if kept.get(cut.clone()).is_some() {
            // The blank lines after it are removed as well.
            let behind = kept.get(cut.end..).unwrap_or_default();
            let blank = behind.len() - behind.trim_start_matches(['\n', '\r']).len();
            kept.replace_range(cut.start..cut.end + blank, "");
        }
    }
    if !kept.trim().is_empty() {
        changes.push(TextChange { range: change.range, text: kept });
    }
    (changes, duplicates.into_iter().map(|duplicate| duplicate.name).collect())
}

/// The content of the block and its name, if the agent also wrote the block around the code.
fn bare(code: &str, syntax: Syntax) -> Option<(String, String)> {
    // Without its opening tag, PHP code is plain text.
    let is_open = syntax != Syntax::Php || code.contains("<?");
    let rope = Rope::from_str(&if is_open { code.to_owned() } else { format!("<?php\n{code}") });
    let block = test_block(&rope, syntax, None).filter(|block| block.is_all)?;
    let inside = rope.get_byte_slice(block.body)?.to_string();
    let inside = inside.trim_start_matches([' ', '\t']).trim_start_matches(['\r', '\n']).trim_end().to_owned();
    (!inside.is_empty()).then_some((inside, block.name))
}

/// Removes Rust imports that the text already has, because duplicates are errors.
fn without_known_imports(code: &str, text: &Rope) -> String {
    let known: Vec<String> = text.lines().map(|line| line.to_string().trim().to_owned()).collect();
    let repeats = |line: &str| line.trim().starts_with("use ") && known.iter().any(|known| known == line.trim());
    code.split_inclusive('\n').filter(|line| !repeats(line)).collect()
}

fn rust_module(code: &str) -> String {
    let code = without_known_imports(code, &Rope::from_str("use super::*;"));
    let frame = Rope::from_str("#[cfg(test)]\nmod tests {\n    use super::*;\n}\n");
    let body = frame.len_bytes() - 2;
    let start = "#[cfg(test)]\nmod tests {".len();
    match edit::added_in_block(&frame, start..body, &code) {
        Some(change) => edit::apply(&frame.to_string(), &[change]),
        None => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str, code: &str, syntax: Syntax) -> String {
        let (changes, _) = joining(&Rope::from_str(text), code, Some(syntax));
        edit::apply(text, &changes)
    }

    /// A language, a file whose expected new lines start with `+`, and code with a group that the file has.
    const CASES: &[(Syntax, &str, &str)] = &[
        (
            Syntax::Python,
            "class TestCart:\n    def test_empty(self):\n        assert total([]) == 0\n\n+    @mark.slow\n+    \
             def test_two(self):\n+        assert total([1, 1]) == 2\n+\n\ndef test_x():\n    pass\n+\n+\n+def \
             test_y():\n+    pass\n",
            "class TestCart:\n    \"\"\"The cart.\"\"\"\n\n    def test_empty(self):\n        assert not \
             total([])\n\n    @mark.slow\n    def test_two(self):\n        assert total([1, 1]) == 2\n\n\ndef \
             test_y():\n    pass\n",
        ),
        (
            Syntax::TypeScript,
            "describe('cart', () => {\n  it('is empty', () => {\n    expect(total([])).toBe(0);\n  });\n+\n+  \
             it('adds', () => {\n+    expect(total([1, 1])).toBe(2);\n+  });\n});\n",
            "describe('cart', () => {\n    it('is empty', () => {});\n\n    it('adds', () => {\n        \
             expect(total([1, 1])).toBe(2);\n    });\n});\n",
        ),
        (
            Syntax::JavaScript,
            "describe('shop', () => {\n  beforeEach(reset)\n\n  describe('cart', () => {\n    test('a', () => {})\n\
             +\n+    test('b', () => {})\n  })\n+\n+  test('c', () => {})\n})\n",
            "describe('shop', () => {\n  beforeEach(reset)\n\n  describe('cart', () => {\n    test('b', () => \
             {})\n  })\n\n  test('c', () => {})\n})\n",
        ),
        (
            Syntax::Ruby,
            "RSpec.describe Cart do\n  it 'is empty' do\n    expect(a).to eq 0\n  end\nend\n+\n+class CartTest < \
             Minitest::Test\n+  def test_b\n+    assert b\n+  end\n+end\n",
            "class CartTest < Minitest::Test\n  def test_b\n    assert b\n  end\nend\n",
        ),
        (
            Syntax::Ruby,
            "class CartTest < Minitest::Test\n  def test_a\n    assert a\n  end\n+\n+  def test_b\n+    assert b\n\
             +  end\nend\n",
            "class CartTest < Minitest::Test\n  def test_a\n    assert 1\n  end\n\n  def test_b\n    assert b\n  \
             end\nend\n",
        ),
        (
            Syntax::Ruby,
            "describe 'cart' do\n  it 'is empty' do\n    expect(a).to eq 0\n  end\n+\n+  it 'adds' do\n+    \
             expect(a).to eq 2\n+  end\nend\n",
            "describe 'cart' do\n  it 'is empty' do\n    expect(b).to eq 0\n  end\n\n  it 'adds' do\n    \
             expect(a).to eq 2\n  end\nend\n",
        ),
        (
            Syntax::Php,
            "<?php\n\ndescribe('cart', function () {\n    it('is empty', function () {\n        \
             expect(1)->toBe(1);\n    });\n+\n+    it('adds', function () {\n+        expect(2)->toBe(2);\n+    \
             });\n});\n",
            "describe('cart', function () {\n    it('adds', function () {\n        expect(2)->toBe(2);\n    });\n\
             });\n",
        ),
        (
            Syntax::Java,
            "class ATest {\n    @Test\n    void a() {\n    }\n\n    @Nested\n    class Sums {\n        \
             @Test\n        void one() {\n        }\n+\n+        @Test\n+        void two() {\n+        }\n    }\n\
             }\n",
            "class ATest {\n    @Nested\n    class Sums {\n        @Test\n        void one() {\n        }\n\
             \n        @Test\n        void two() {\n        }\n    }\n}\n",
        ),
        (
            Syntax::CSharp,
            "namespace Shop;\n\npublic class CartTests\n{\n    [Fact]\n    public void Empty()\n+    {\n+    }\n+\n\
             +    [Fact]\n+    public void Two()\n    {\n    }\n}\n\npublic class MoneyTests\n{\n    [Fact]\n    \
             public void Rounds()\n    {\n    }\n}\n",
            "public class CartTests\n{\n    [Fact]\n    public void Empty()\n    {\n    }\n\n    [Fact]\n    \
             public void Two()\n    {\n    }\n}\n",
        ),
        (
            Syntax::CSharp,
            "public class CartTests\n{\n    public class Sums\n    {\n        [Fact]\n        public void \
             One()\n        {\n        }\n+\n+        [Fact]\n+        public void Two()\n+        {\n+        \
             }\n    }\n}\n",
            "public class CartTests\n{\n    public class Sums\n    {\n        [Fact]\n        public void \
             Two()\n        {\n        }\n    }\n}\n",
        ),
        (
            Syntax::Kotlin,
            "class ATest {\n    @Nested\n    inner class Sums {\n        @Test\n        fun one() {\n        }\n+\n\
             +        @Test\n+        fun `two and two`() {\n+        }\n    }\n}\n",
            "class ATest {\n    @Nested\n    inner class Sums {\n        @Test\n        fun `two and two`() \
             {\n        }\n    }\n}\n",
        ),
        (
            Syntax::Lua,
            "describe(\"cart\", function()\n  it(\"is empty\", function()\n    assert.equal(0, total({}))\n  end)\n\
             +\n+  it(\"adds\", function()\n+    assert.equal(2, total({ 1, 1 }))\n+  end)\nend)\n",
            "describe(\"cart\", function()\n  it(\"adds\", function()\n    assert.equal(2, total({ 1, 1 }))\n  \
             end)\nend)\n",
        ),
        (
            Syntax::Php,
            "<?php\n\nclass ATest extends TestCase\n{\n    private $cart;\n\n    public function testA(): \
             void\n    {\n    }\n+\n+    public function testB(): void\n+    {\n+    }\n}\n",
            "class ATest extends TestCase\n{\n    private Cart $cart;\n\n    public function testB(): void\n    \
             {\n    }\n}\n",
        ),
    ];

    /// A language and, separated by bars: the start of a group, its set-up, the same name with another value, a test
    /// `x`, and the end of the group.
    const SET_UPS: &[(Syntax, &str)] = &[
        (
            Syntax::TypeScript,
            "describe('c', () => {\n|  const cart = a();|  const cart = b();|  it('x', () => {});|});\n",
        ),
        (Syntax::TypeScript, "|const cart = a();|const cart = b();|test('x', () => {});|"),
        (
            Syntax::Java,
            "class T {\n|    private Cart cart = a();|    Cart cart = b();|    @Test\n    void x() {\n    }|}\n",
        ),
        (
            Syntax::Kotlin,
            "class T {\n|    private val cart = a()|    val cart = b()|    @Test\n    fun x() {\n    }|}\n",
        ),
        (
            Syntax::CSharp,
            "public class T\n{\n|    private readonly Cart _cart = A();|    Cart _cart = B();|    [Fact]\n    public void X()\n    \
             {\n    }|}\n",
        ),
        (Syntax::Ruby, "describe 'c' do\n|  let(:cart) { a }|  let(:cart) { b }|  it 'x' do\n  end|end\n"),
        (
            Syntax::Lua,
            "describe(\"c\", function()\n|  local cart = a()|  local cart = b()|  it(\"x\", function() end)|end)\n",
        ),
        (
            Syntax::Rust,
            "#[cfg(test)]\nmod tests {\n|    const CART: u8 = 1;|    const CART: u8 = 2;|    #[test]\n    fn x() {}|}\n",
        ),
        (Syntax::Go, "package a\n\n|var cart = A()|var cart = B()|func TestX(t *testing.T) {\n}|"),
    ];

    #[test]
    fn set_up_code_of_tests_is_added_once() {
        for (syntax, row) in SET_UPS {
            let [open, there, again, test, close] = row.split('|').collect::<Vec<_>>().try_into().unwrap();
            let more = test.replace('x', "y").replace('X', "Y");
            let file = |set_up: &str, tests: &str| format!("{open}{set_up}\n\n{tests}\n{close}");
            let code = match syntax {
                Syntax::Go => format!("{again}\n\n{more}\n"),
                _ => file(again, &more),
            };
            let expected = file(there, &format!("{test}\n\n{more}"));
            assert_eq!(joined(&file(there, test), &code, *syntax), expected, "{syntax:?}");
        }
        let python = "class TestA:\n    limit = 3\n\n    def test_a(self):\n        pass\n";
        let code = "class TestA:\n    limit = 4\n    other = 1\n\n    def test_b(self):\n        pass\n";
        let joined = joined(python, code, Syntax::Python);
        assert!(
            joined.contains("limit = 3") && !joined.contains("limit = 4") && joined.contains("other = 1"),
            "{joined}"
        );
    }

    #[test]
    fn tests_join_an_existing_group_only_once_when_repeated() {
        for (syntax, marked, code) in CASES {
            let text: String = marked.split_inclusive('\n').filter(|line| !line.starts_with('+')).collect();
            let expected: String =
                marked.split_inclusive('\n').map(|line| line.strip_prefix('+').unwrap_or(line)).collect();
            assert_eq!(joined(&text, code, *syntax), expected, "{syntax:?}");
            assert_eq!(joined(&expected, code, *syntax), expected, "{syntax:?}, once more");
        }
    }
}

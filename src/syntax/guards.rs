//! Texts that a grammar's scanner does not bear.
//!
//! The scanners are C code. Some overrun the fixed buffer for their state on deep nesting, one looks up letters in a
//! table that is too small for them; either ends the whole process. What comes near is not parsed at all. Hardly a text
//! that a person wrote does.

use ropey::{Rope, RopeSlice};

use super::Syntax;

/// Whether the scanner of `syntax` has room for what `text` makes it remember.
pub(super) fn is_borne(text: &Rope, syntax: Syntax) -> bool {
    match syntax {
        // It counts rows in 16 bits, and has room for 253 indentations.
        Syntax::Yaml => text.len_lines() < 32_000 && deepest_chain(text, yaml_indentations) < 200,
        // It has room for 380 indentations.
        Syntax::Python => deepest_chain(text, |_| 1) < 300,
        // It has room for 1,020 bytes of heredocs.
        Syntax::Ruby => most_open_heredocs(text) < 800,
        // It looks up in a table of 256 letters whether the one behind `{1` and `{1..2` is a digit.
        Syntax::Bash => !has_brace_before_wide_letter(text),
        _ => true,
    }
}

fn has_brace_before_wide_letter(text: &Rope) -> bool {
    let mut dots_since_brace = None;
    text.chars().any(|letter| {
        let in_number = matches!(dots_since_brace, Some(0 | 2));
        dots_since_brace = match (letter, dots_since_brace) {
            ('{', _) => Some(0),
            ('0'..='9', Some(0 | 2)) => dots_since_brace,
            ('.', Some(dots @ (0 | 1))) => Some(dots + 1),
            _ => None,
        };
        in_number && letter > '\u{ff}'
    })
}

/// How much the lines remember that are open at once: those that are further and further to the right.
fn deepest_chain(text: &Rope, weight: impl Fn(RopeSlice) -> usize) -> usize {
    let mut open: Vec<(usize, usize)> = Vec::new();
    let (mut sum, mut deepest) = (0, 0);
    for line in text.lines() {
        let indentation = line.chars().take_while(|c| matches!(c, ' ' | '\t' | '\u{c}')).count();
        if line.chars_at(indentation).next().is_none_or(|c| matches!(c, '\n' | '\r')) {
            continue;
        }
        let mut own = weight(line);
        while let Some((_, weight)) = open.pop_if(|(above, _)| *above > indentation) {
            sum -= weight;
        }
        if let Some((_, weight)) = open.pop_if(|(above, _)| *above == indentation) {
            sum -= weight;
            own = own.max(weight);
        }
        open.push((indentation, own));
        sum += own;
        deepest = deepest.max(sum);
    }
    deepest
}

/// How many indentations a line of YAML may open: two at its start, and two behind each `-`, `?` or `:`.
fn yaml_indentations(line: RopeSlice) -> usize {
    let mut count = 2;
    let mut previous = ' ';
    for letter in line.chars().chain(['\n']) {
        if matches!(previous, '-' | '?' | ':') && letter.is_whitespace() {
            count += 2;
        }
        previous = letter;
    }
    count
}

/// How many bytes the names of the heredocs take that are open at once, at most.
fn most_open_heredocs(text: &Rope) -> usize {
    const EACH: usize = 6;
    let mut open: Vec<String> = Vec::new();
    let (mut sum, mut most) = (0, 0);
    for line in text.lines() {
        if open.is_empty() && !line.chunks().any(|chunk| chunk.contains('<')) {
            continue;
        }
        let line = String::from(line);
        if let Some(at) = open.iter().position(|name| *name == line.trim()) {
            sum -= open.remove(at).len() + EACH;
        }
        for rest in line.split("<<").skip(1) {
            let rest = rest.trim_start_matches(['~', '-']);
            let name: &str = match rest.chars().next() {
                Some(quote @ ('"' | '\'' | '`')) => rest.split(quote).nth(1).unwrap_or_default(),
                _ => rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default(),
            };
            if !name.is_empty() {
                open.push(name.to_owned());
                sum += name.len() + EACH;
            }
        }
        most = most.max(sum);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn borne(syntax: Syntax, source: &str) -> bool {
        is_borne(&Rope::from_str(source), syntax)
    }

    #[test]
    fn deep_yaml_is_not_borne_and_long_yaml_is() {
        assert!(borne(Syntax::Yaml, &"a:\n  - b: c\n    d: \"e: - f\"\n".repeat(2_000)));
        assert!(!borne(Syntax::Yaml, &"- ".repeat(150)));
        let stairs: String = (0..150).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(!borne(Syntax::Yaml, &stairs));
        assert!(!borne(Syntax::Yaml, &"a: 1\n".repeat(40_000)));
    }

    #[test]
    fn a_wide_letter_behind_a_brace_is_not_borne_and_others_are() {
        assert!(borne(Syntax::Bash, "a() { echo \"{é} 🦀 ${a}🦀 ..🦀 {1..3}🦀\"; }"));
        for source in ["{🦀", "{12🦀", "{1..🦀", "{1..23🦀", "{..🦀", "{{🦀"] {
            assert!(!borne(Syntax::Bash, source), "{source}");
        }
    }

    #[test]
    fn deep_python_is_not_borne_and_long_python_is() {
        assert!(borne(Syntax::Python, &"def a():\n    if b:\n        c\n".repeat(2_000)));
        let stairs: String = (0..400).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect();
        assert!(!borne(Syntax::Python, &stairs));
    }

    #[test]
    fn heredocs_without_end_are_not_borne_and_closed_ones_are() {
        assert!(borne(Syntax::Ruby, &"a = <<~EOF\n  b\nEOF\nc << d\n".repeat(2_000)));
        assert!(!borne(Syntax::Ruby, &"<<A ".repeat(300)));
        assert!(!borne(Syntax::Ruby, &format!("<<{}\n", "A".repeat(1_000))));
    }
}

//! Lines of a file that an editor reads as settings.

/// How many lines at either end of a file Vim reads as settings.
const VIM_LINES: usize = 5;

/// The end of the mark of Emacs's local variables, from its blank. Emacs searches the last 3000 characters.
const VARIABLES: &str = " variables:";

/// A text for a file, in pieces, without the mark of Emacs's local variables. Its blank becomes a no-break space.
#[derive(Debug, Clone, Default)]
pub(super) struct LocalVariables {
    /// The possible start of the second word.
    waiting: String,
    /// The last characters, if they may be the first word.
    before: String,
}

impl LocalVariables {
    pub(super) fn next(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        loop {
            // If no word has started, skip to the next letter that can start one.
            if self.waiting.is_empty() && self.before.is_empty() {
                let next = memchr::memchr2(b'l', b'L', rest.as_bytes()).unwrap_or(rest.len());
                let (skipped, from) = rest.split_at_checked(next).unwrap_or((rest, ""));
                out.push_str(skipped);
                rest = from;
            }
            let mut following = rest.chars();
            let Some(c) = following.next() else { return out };
            rest = following.as_str();
            let lower = c.to_ascii_lowercase();
            if self.waiting.is_empty() {
                if c == ' ' && self.before == "local" {
                    self.waiting.push(c);
                } else {
                    self.show(c, lower, &mut out);
                }
            } else if VARIABLES.chars().nth(self.waiting.len()) == Some(lower) {
                self.waiting.push(c);
                if self.waiting.len() == VARIABLES.len() {
                    out.push('\u{a0}');
                    out.push_str(self.waiting.trim_start());
                    self.waiting.clear();
                    self.before.clear();
                }
            } else {
                out.push_str(&std::mem::take(&mut self.waiting));
                self.before.clear();
                self.show(c, lower, &mut out);
            }
        }
    }

    pub(super) fn end(&mut self) -> String {
        self.before.clear();
        std::mem::take(&mut self.waiting)
    }

    fn show(&mut self, c: char, lower: char, out: &mut String) {
        match "local".chars().nth(self.before.len()) {
            Some(wanted) if wanted == lower => self.before.push(lower),
            _ => {
                self.before.clear();
                if lower == 'l' {
                    self.before.push(lower);
                }
            }
        }
        out.push(c);
    }
}

/// The byte of a mark in the line that Vim, Kakoune or similar editors obey at an end of a file.
fn mark(line: &str) -> Option<usize> {
    let begins =
        |at: &usize| line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t', '#']));
    line.char_indices().map(|(at, _)| at).filter(begins).find(|at| {
        let rest = line.get(*at..).unwrap_or_default();
        let version = rest.get(..3).filter(|name| name.eq_ignore_ascii_case("vim")).and_then(|_| rest.get(3..));
        let version =
            version.map(|it| it.trim_start_matches(['<', '=', '>']).trim_start_matches(|c: char| c.is_ascii_digit()));
        version.is_some_and(|it| it.starts_with(':'))
            || ["vi:", "ex:", "kak:"].iter().any(|name| rest.starts_with(name))
    })
}

/// A text for a line at the start of a file. Editors do not read it as settings.
pub(super) fn without_mark(line: String) -> String {
    let mut line = line;
    while let Some(at) = mark(&line) {
        match at.checked_sub(1).filter(|before| line.get(*before..at) != Some("#")) {
            Some(before) => line.replace_range(before..at, "\u{a0}"),
            None => line.insert(at, '\u{a0}'),
        }
    }
    line
}

/// The text to add below a text in a file, so that editors obey none of its last lines: blank lines, if one has a mark.
pub(crate) fn below(text: &str) -> &'static str {
    if text.lines().rev().take(VIM_LINES).any(|line| mark(line).is_some()) { "\n\n\n\n\n" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emacs_local_variables_are_disabled_but_stay_readable() {
        let text = "ação\n;; Local Variables:\n;; eval: (x)\n;; lolocal variables: \n;; local vars, Local x\n;; End:\n";
        let whole = LocalVariables::default().next(text);
        assert!(!whole.to_lowercase().contains("local variables:"), "{whole}");
        assert_eq!(whole.replace('\u{a0}', " "), text);
        for (cut, _) in text.char_indices() {
            let (mut pieces, (before, behind)) = (LocalVariables::default(), text.split_at(cut));
            assert_eq!(pieces.next(before) + &pieces.next(behind) + &pieces.end(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_modeline_is_not_among_the_last_five_lines_and_in_no_title() {
        for line in ["# vim: set ft=sh:", "vi:noma", "a ex: set x", "Vim700: ts=1", "#vim>=8:x", "// kak: tabstop=1"] {
            let text = format!("a\n{line}\nb\n");
            let shown = format!("{text}{}", below(&text));
            assert!(shown.lines().rev().take(5).all(|it| it != line), "{line}");
            let title = without_mark(line.to_owned());
            assert_eq!(mark(&title), None, "{title}");
            assert_eq!(title.replace(['\u{a0}', ' '], ""), line.replace(' ', ""));
        }
        for line in ["x = 1", "Explain: a.py", "um exemplo: a", "index: 3", "# Explain: vim.py, lines 3–7"] {
            assert_eq!(below(line), "", "{line}");
        }
    }
}

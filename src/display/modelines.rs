//! Lines of a file that an editor takes for settings of its own.

/// How many lines at either end of a file Vim reads as settings.
const VIM_LINES: usize = 5;

/// The text without the words that begin Emacs's local variables, which it looks for in the last 3000 characters.
pub fn without_local_variables(text: String) -> String {
    const WORDS: &str = "local variables:";
    if !text.to_ascii_lowercase().contains(WORDS) {
        return text;
    }
    let lower = text.to_ascii_lowercase();
    let mut broken = String::with_capacity(text.len() + 8);
    let mut rest = 0;
    for (at, _) in lower.match_indices(WORDS) {
        let blank = at + "local".len();
        broken.push_str(text.get(rest..blank).unwrap_or_default());
        broken.push('\u{a0}');
        rest = blank + 1;
    }
    broken.push_str(text.get(rest..).unwrap_or_default());
    broken
}

/// What has to stand below a text that becomes a file, so that none of its last lines is one of those that Vim, Kakoune
/// or their like obey: blank lines, where one would.
pub fn breaks_modelines(text: &str) -> &'static str {
    let looks_like_one = |line: &str| {
        let line = line.to_ascii_lowercase();
        ["vi", "ex", "kak"].iter().any(|name| line.contains(name)) && line.contains(':')
    };
    if text.lines().rev().take(VIM_LINES).any(looks_like_one) { "\n\n\n\n\n" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emacs_finds_no_local_variables_and_the_words_can_still_be_read() {
        let text = "ação\n;; Local Variables:\n;; eval: (shell-command \"x\")\n;; LOCAL variables: \n;; End:\n";
        let broken = without_local_variables(text.to_owned());
        assert!(!broken.to_lowercase().contains("local variables:"), "{broken}");
        assert_eq!(broken.replace('\u{a0}', " "), text);
    }

    #[test]
    fn a_modeline_is_not_among_the_last_five_lines() {
        for line in ["# vim: set ft=sh:", "vi:noma", "a ex: set x", "Vim700: ts=1", "kak: tabstop=1"] {
            let text = format!("a\n{line}\nb\n");
            let shown = format!("{text}{}", breaks_modelines(&text));
            assert!(shown.lines().rev().take(5).all(|it| it != line), "{line}");
        }
        assert_eq!(breaks_modelines("x = 1\ny = 2\n"), "");
    }
}

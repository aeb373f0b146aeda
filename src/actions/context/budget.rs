//! Counts the characters of a prompt.

/// The characters that a prompt may still use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) left: usize,
}

impl Budget {
    /// The budget of `all` characters after `required` ones. Returns `None` if they are too many.
    pub(crate) fn after(required: usize, all: usize) -> Option<Self> {
        all.checked_sub(required).map(|left| Self { left })
    }

    /// Takes `chars`, or nothing if fewer are left.
    pub(crate) fn take(&mut self, chars: usize) -> bool {
        let rest = self.left.checked_sub(chars);
        if let Some(rest) = rest {
            self.left = rest;
        }
        rest.is_some()
    }
}

/// The first lines of `text` with at most `chars` characters together. Returns `None` if even the first line is longer.
pub(crate) fn first_lines(text: &str, chars: usize) -> Option<&str> {
    let (mut end, mut left) = (0, chars);
    for line in text.split_inclusive('\n') {
        let Some(rest) = left.checked_sub(line.chars().count()) else { break };
        (end, left) = (end + line.len(), rest);
    }
    text.get(..end).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spent_budget_gives_no_more() {
        assert!(Budget::after(5, 4).is_none());
        let mut budget = Budget::after(4, 10).unwrap();
        assert!(!budget.take(7) && budget.take(6) && !budget.take(1) && budget.take(0));
        assert_eq!(budget.left, 0);
    }

    #[test]
    fn a_text_is_cut_between_lines() {
        assert_eq!(first_lines("é\nab\nc", 5), Some("é\nab\n"));
        assert_eq!(first_lines("é\nab\nc", 100), Some("é\nab\nc"));
        assert_eq!(first_lines("abc\n", 3), None);
        assert_eq!(first_lines("", 3), None);
    }
}

//! Two people's changes of one text, made one.

/// What `base` becomes when both the changes that led to `ours` and those that led to `theirs` are made, line by line;
/// `None` where the two changed the same lines, or lines next to each other, in different ways.
///
/// Whoever changed nothing adds nothing: the result is then the other text. The time grows with the product of the lines
/// and the changes, so the caller bounds the texts.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    diffy::merge(base, ours, theirs).ok()
}

#[cfg(test)]
mod tests {
    use super::merge;

    const BASE: &str = "one\ntwo\nthree\nfour\nfive\n";

    #[test]
    fn changes_of_different_lines_are_both_made() {
        let ours = BASE.replace("one", "ONE");
        let theirs = BASE.replace("four\n", "4\n4.5\n");
        assert_eq!(merge(BASE, &ours, &theirs).as_deref(), Some("ONE\ntwo\nthree\n4\n4.5\nfive\n"));
    }

    #[test]
    fn different_changes_of_one_line_are_not_made_one() {
        assert_eq!(merge(BASE, &BASE.replace("three", "3"), &BASE.replace("three", "THREE")), None);
        assert_eq!(merge(BASE, &BASE.replace("three", "3"), &BASE.replace("three\n", "")), None);
    }

    #[test]
    fn line_ends_and_the_lack_of_the_last_one_are_kept() {
        assert_eq!(merge("a\r\nb\r\nc", "a\r\nb\r\nC", "A\r\nb\r\nc").as_deref(), Some("A\r\nb\r\nC"));
    }
}

//! An edit as a unified diff that `git apply` and `patch -p1` take.

use std::time::Duration;

use similar::TextDiff;

/// The diff from `before` to `after`; `before` is `None` for a new file. If the comparison takes longer than `limit`,
/// the rest of the lines counts as changed.
pub(crate) fn unified(name: &str, before: Option<&str>, after: &str, limit: Option<Duration>) -> String {
    let old_header = before.map_or_else(|| "/dev/null".to_owned(), |_| header("a", name));
    let before = before.unwrap_or_default();
    // For git, only LF ends a line.
    let (old, new): (Vec<_>, Vec<_>) = (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let mut diff = TextDiff::configure();
    if let Some(limit) = limit {
        diff.timeout(limit);
    }
    let diff = diff.newline_terminated(true).diff_slices(&old, &new);
    let mut unified = format!("--- {old_header}\n+++ {}\n", header("b", name));
    for hunk in diff.unified_diff().iter_hunks() {
        unified.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            unified.push_str(&format!("{}{}", change.tag(), change.value()));
            // The diff library treats a CR at the end of the text as a line end.
            if !change.value().ends_with('\n') {
                unified.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    unified
}

/// A name in the line before the text. A tab ends a name that contains blanks.
fn header(side: &str, name: &str) -> String {
    let name = quoted(side, name);
    if name.contains(' ') && !name.starts_with('"') { format!("{name}\t") } else { name }
}

/// A name as git writes it: quoted if it contains characters that would end it.
pub(crate) fn quoted(side: &str, name: &str) -> String {
    let name = format!("{side}/{name}");
    if name.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) {
        let quoted: String = name
            .chars()
            .map(|c| match c {
                '"' | '\\' => format!("\\{c}"),
                c if c.is_control() => format!("\\{:03o}", u32::from(c)),
                c => c.to_string(),
            })
            .collect();
        return format!("\"{quoted}\"");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_cr_line_ends_is_one_line_in_a_diff() {
        let told = unified("a.txt", Some("a\rb\r"), "a\rc\r", None);
        let missing = "\\ No newline at end of file\n";
        assert_eq!(told, format!("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\rb\r\n{missing}+a\rc\r\n{missing}"));
    }

    #[test]
    fn names_are_written_as_git_writes_them() {
        let headers = |name| unified(name, None, "a\n", None).lines().nth(1).unwrap_or_default().to_owned();
        assert_eq!(headers("my cart.py"), "+++ b/my cart.py\t");
        assert_eq!(headers("my \"cart\".py"), r#"+++ "b/my \"cart\".py""#);
        assert_eq!(quoted("a", "my cart.py"), "a/my cart.py");
    }

    #[test]
    fn missing_final_line_break_is_marked_once_per_side() {
        let told = unified("a.txt", Some("a\nb"), "a\nb\n", None);
        assert_eq!(told, "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
    }
}

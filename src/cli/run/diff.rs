//! An edit as a unified diff that `git apply` and `patch -p1` take.

use std::path::Path;

use similar::TextDiff;

/// The diff from `before` to `after`; `before` is `None` for a new file. The file name is relative to the current
/// directory, as both tools expect. If the file is outside of it, the name starts at the root of the file system.
pub(super) fn unified(path: &Path, before: Option<&str>, after: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).or_else(|_| path.strip_prefix("/")).unwrap_or(path);
    let name = named(&below.to_string_lossy(), cfg!(windows));
    let old_header = before.map_or_else(|| "/dev/null".to_owned(), |_| header("a", &name));
    let before = before.unwrap_or_default();
    // For git, only LF ends a line.
    let (old, new): (Vec<_>, Vec<_>) = (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let mut unified = format!("--- {old_header}\n+++ {}\n", header("b", &name));
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

/// A path as a diff names it: on Windows with `/`, and without the prefix of long paths.
fn named(path: &str, windows: bool) -> String {
    if !windows {
        return path.to_owned();
    }
    let path = path.replace('\\', "/");
    match path.strip_prefix("//?/UNC/") {
        Some(share) => format!("//{share}"),
        None => path.strip_prefix("//?/").unwrap_or(&path).to_owned(),
    }
}

/// A name as git writes it: quoted if it contains characters that would end it.
fn header(side: &str, name: &str) -> String {
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
    // A tab ends a name that contains blanks.
    if name.contains(' ') { format!("{name}\t") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_cr_line_ends_is_one_line_in_a_diff() {
        let told = unified(Path::new("a.txt"), Some("a\rb\r"), "a\rc\r");
        let missing = "\\ No newline at end of file\n";
        assert_eq!(told, format!("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\rb\r\n{missing}+a\rc\r\n{missing}"));
    }

    #[test]
    fn on_windows_a_path_has_slashes_and_no_mark_of_length() {
        for (path, shown) in [
            (r"shop\price.py", "shop/price.py"),
            (r"C:\shop\price.py", "C:/shop/price.py"),
            (r"\\?\C:\shop\price.py", "C:/shop/price.py"),
            (r"\\?\UNC\files\shop\price.py", "//files/shop/price.py"),
        ] {
            assert_eq!(named(path, true), shown);
            assert_eq!(named(path, false), path);
        }
    }

    #[test]
    fn missing_final_line_break_is_marked_once_per_side() {
        let told = unified(Path::new("a.txt"), Some("a\nb"), "a\nb\n");
        assert_eq!(told, "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
    }
}

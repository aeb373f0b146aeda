//! An edit as a unified diff that `git apply` and `patch -p1` take.

use std::path::Path;

use similar::TextDiff;

/// The diff that leads from `before` (`None` where the file is new) to `after`. The file is named from the current directory, as both tools expect it;
/// where it is not below, from the root of the file system.
pub(super) fn unified(path: &Path, before: Option<&str>, after: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).or_else(|_| path.strip_prefix("/")).unwrap_or(path);
    let name = below.to_string_lossy().replace('\\', if cfg!(windows) { "/" } else { "\\" });
    let old_header = before.map_or_else(|| "/dev/null".to_owned(), |_| header("a", &name));
    let before = before.unwrap_or_default();
    // To git a line ends with LF and nothing else.
    let (old, new): (Vec<_>, Vec<_>) = (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    diff.unified_diff().header(&old_header, &header("b", &name)).to_string()
}

/// A name as git writes it: quoted where it holds signs that would end it.
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
    // A tab ends a name that holds blanks.
    if name.contains(' ') { format!("{name}\t") } else { name }
}

//! The names of files in a diff.

use std::path::Path;

use crate::edit;

/// The diff from `before` to `after`; `before` is `None` for a new file. The file name is relative to the current
/// directory, as `git apply` expects. If the file is outside of it, the name starts at the root of the file system.
pub(super) fn unified(path: &Path, before: Option<&str>, after: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).or_else(|_| path.strip_prefix("/")).unwrap_or(path);
    edit::unified(&named(&below.to_string_lossy(), cfg!(windows)), before, after, None)
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

#[cfg(test)]
mod tests {
    use super::*;

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
}

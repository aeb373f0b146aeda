//! Finds the test file of a source file by its imports, if the name does not show it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{files, syntax};

/// Folders in which projects keep their tests.
const FOLDERS: [&str; 4] = ["tests", "test", "spec", "__tests__"];

/// How many folder entries are read, so that a large project takes milliseconds.
const MOST_ENTRIES: usize = 2_000;

/// Imports are at the top, so only this many bytes of a file are read.
const READ_BYTES: u64 = 8 << 10;

/// How many files are read.
const MOST_READ: usize = 200;

/// The names in a folder; none if it cannot be read.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.take(MOST_ENTRIES).flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.collect()
}

/// The test file around `source`, inside `folder`, that imports it. If several files do, a name that contains that of
/// the source comes first, then the fewest imports.
pub(super) fn tests_that_import(source: &Path, folder: &Path, language_id: &str) -> Option<PathBuf> {
    let module = Module::of(source)?;
    let mut left = MOST_ENTRIES;
    let mut files = Vec::new();
    let beside = source.parent()?;
    collect(beside, false, &mut left, &mut files);
    for root in beside.ancestors().take_while(|root| root.starts_with(folder)) {
        for tests in FOLDERS.map(|name| root.join(name)) {
            collect(&tests, true, &mut left, &mut files);
        }
    }
    let is_test = |path: &PathBuf| path != source && syntax::is_test_file(path, language_id);
    let found = files.into_iter().filter(is_test).take(MOST_READ).filter_map(|path| {
        let head = head(&path)?;
        let imports = head.lines().filter(|line| is_import(line)).count();
        let is_about = head.lines().any(|line| is_import(line) && module.is_named_in(line));
        let name = path.file_stem()?.to_str()?.to_lowercase();
        is_about.then(|| ((!name.contains(&module.stem), imports, path.clone()), path))
    });
    found.min_by(|left, right| left.0.cmp(&right.0)).map(|(_, path)| path)
}

/// Collects the files of a folder, and of its test folders. Links are not followed.
fn collect(folder: &Path, within: bool, left: &mut usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        match entry.file_type() {
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            Ok(kind) if kind.is_dir() && within => collect(&entry.path(), within, left, files),
            _ => {}
        }
    }
}

fn head(path: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&files::read_first_bytes(path, READ_BYTES).ok()?).into_owned())
}

fn is_import(line: &str) -> bool {
    let line = line.trim_start();
    ["import ", "from ", "use ", "using ", "require", "#include", "load ", "} from "]
        .iter()
        .any(|word| line.starts_with(word))
        || line.contains("require(")
}

/// A source file, as imports name it.
struct Module {
    stem: String,
    parent: String,
}

impl Module {
    fn of(source: &Path) -> Option<Self> {
        let lower = |name: &std::ffi::OsStr| name.to_str().map(str::to_lowercase);
        let stem = source.file_stem().and_then(lower)?;
        let parent = source.parent().and_then(Path::file_name).and_then(lower).unwrap_or_default();
        // Every project has these names, so they identify nothing.
        let is_common = ["index", "main", "mod", "__init__", "lib", "utils", "app"].contains(&stem.as_str());
        (!is_common && stem.chars().count() > 2).then_some(Self { stem, parent })
    }

    /// Whether the line names the file as a part of a path: `shop.cart`, `../src/cart`, `Shop\\Cart`. The name alone is
    /// enough if the line names no folder for it.
    fn is_named_in(&self, line: &str) -> bool {
        let line = line.to_lowercase();
        let parts: Vec<&str> = line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).collect();
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.iter().enumerate().any(|(at, part)| {
            let before = at.checked_sub(1).and_then(|at| parts.get(at)).copied().unwrap_or_default();
            let is_free =
                ["", "import", "from", "use", "using", "require", "require_relative", "include", "src", "lib"];
            *part == self.stem && (before == self.parent || is_free.contains(&before))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test file for the first of the files, relative to the project.
    fn about(files: &[(&str, &str)], language_id: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = tests_that_import(&folder.path().join(files[0].0), folder.path(), language_id)?;
        Some(found.strip_prefix(folder.path()).unwrap().to_str().unwrap().replace('\\', "/"))
    }

    #[test]
    fn the_file_that_imports_the_module_is_found_under_any_name() {
        let python = [
            ("src/shop/cart.py", ""),
            ("tests/test_all.py", "import os\nimport sys\nfrom shop.cart import total\nfrom shop.tax import rate\n"),
            ("tests/test_totals.py", "from shop.cart import total\n"),
            ("tests/test_tax.py", "from shop.tax import rate\n"),
        ];
        assert_eq!(about(&python, "python").as_deref(), Some("tests/test_totals.py"));
        let typescript = [
            ("src/react/shallow.ts", ""),
            ("tests/hooks.test.tsx", "import { useShallow } from '../src/react/shallow';\n"),
            ("tests/other.test.tsx", "import { a } from '../src/shallow/react';\n"),
        ];
        assert_eq!(about(&typescript, "typescript").as_deref(), Some("tests/hooks.test.tsx"));
    }

    #[test]
    fn what_only_has_the_name_in_it_is_no_test_of_the_module() {
        let files = [
            ("shop/cart.py", ""),
            ("tests/test_a.py", "# about shop.cart\nimport other.cart\nfrom shop import carts\n"),
            ("tests/helper.py", "from shop.cart import total\n"),
        ];
        assert_eq!(about(&files, "python"), None);
        assert_eq!(about(&[("shop/main.py", ""), ("tests/test_a.py", "import shop.main\n")], "python"), None);
    }
}

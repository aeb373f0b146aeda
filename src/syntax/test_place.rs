//! Finds the place for the tests of a source file, by the conventions of its language.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Syntax, language};

/// The place for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestPlace {
    /// The source file itself, in the module of this name. The module is added if it is missing.
    SameFile {
        /// The module's name, such as `tests`.
        module: &'static str,
    },
    /// A new file, which does not exist yet.
    NewFile(PathBuf),
    /// An existing file. The tests are added to it.
    ExistingFile(PathBuf),
}

/// Returns the place for the tests of the source file at `path`, or `None` if its language has no convention.
///
/// The first usual place that `exists` is used. Otherwise the place follows this project's other tests. An existing
/// test folder (`tests/`, `__tests__/`, `spec/`) is preferred to a place next to the source, unless other tests are
/// there. Tests for a test file belong into that file. `exists` receives files and folders, with paths that start like
/// `path`. `names` lists a folder. For a missing folder, the list is empty.
pub fn test_place(
    path: &Path,
    language_id: &str,
    exists: impl Fn(&Path) -> bool,
    names: impl Fn(&Path) -> Vec<String>,
) -> Option<TestPlace> {
    let syntax = language(language_id, Some(path))?;
    let source = Source::of(path)?;
    if syntax == Syntax::Rust {
        return Some(TestPlace::SameFile { module: "tests" });
    }
    if is_test(&source, syntax) {
        return Some(TestPlace::ExistingFile(path.to_owned()));
    }
    let names_tests = |name: &String| Source::of(Path::new(name)).is_some_and(|name| is_test(&name, syntax));
    let has_tests = |folder: &Path| exists(folder) && names(folder).iter().any(names_tests);
    let candidates = candidates(&source, syntax, &exists, &has_tests);
    let there = candidates.iter().find(|candidate| exists(candidate)).cloned();
    there.map(TestPlace::ExistingFile).or_else(|| candidates.into_iter().next().map(TestPlace::NewFile))
}

/// Whether a file of this name contains tests, by the conventions of the language.
pub(crate) fn is_test_file(path: &Path, language_id: &str) -> bool {
    language(language_id, Some(path))
        .is_some_and(|syntax| Source::of(path).is_some_and(|source| is_test(&source, syntax)))
}

struct Source<'a> {
    folder: &'a Path,
    stem: &'a str,
    extension: &'a str,
}

impl<'a> Source<'a> {
    fn of(path: &'a Path) -> Option<Self> {
        Some(Self {
            folder: path.parent()?,
            stem: path.file_stem()?.to_str()?,
            extension: path.extension().and_then(|extension| extension.to_str()).unwrap_or_default(),
        })
    }
}

fn is_test(source: &Source, syntax: Syntax) -> bool {
    let stem = source.stem;
    match syntax {
        Syntax::Python => stem.starts_with("test_") || stem.ends_with("_test"),
        Syntax::JavaScript | Syntax::TypeScript | Syntax::Tsx => stem.ends_with(".test") || stem.ends_with(".spec"),
        Syntax::Go | Syntax::C | Syntax::Cpp => stem.ends_with("_test") || stem.starts_with("test_"),
        Syntax::Java | Syntax::Kotlin | Syntax::CSharp | Syntax::Php => {
            stem.ends_with("Test") || stem.ends_with("Tests")
        }
        Syntax::Ruby | Syntax::Lua => stem.ends_with("_spec") || stem.ends_with("_test") || stem.starts_with("test_"),
        Syntax::Bash => source.extension == "bats",
        _ => false,
    }
}

/// The usual places, the most common first.
fn candidates(
    source: &Source,
    syntax: Syntax,
    exists: &impl Fn(&Path) -> bool,
    has_tests: &impl Fn(&Path) -> bool,
) -> Vec<PathBuf> {
    let Source { folder, stem, extension } = *source;
    let under =
        |tests: &[&str], sources: &[&str], name: &str| mirrored(folder, tests, sources, name, exists, has_tests);
    let under_or_beside = |tests: &[&str], sources: &[&str], name: String| {
        let mut places = under(tests, sources, &name);
        places.push(folder.join(&name));
        places
    };
    match syntax {
        Syntax::Python => {
            let (tests, sources) = (["tests", "test"], ["src", "lib"]);
            // Python projects have a test folder. A single script has its tests next to it.
            let mut places = under_or_beside(&tests, &sources, format!("test_{stem}.py"));
            places.push(folder.join(format!("{stem}_test.py")));
            // The test file of `json/tag.py` is often `tests/test_json_tag.py`.
            if let Some(parent) = folder.file_name().and_then(|parent| parent.to_str()) {
                places.extend(under(&tests, &sources, &format!("test_{parent}_{stem}.py")));
            }
            places
        }
        Syntax::JavaScript | Syntax::TypeScript | Syntax::Tsx => {
            // Tests of a component may be TypeScript, with or without JSX. Tests of old code may use a newer language.
            let others = ["ts", "tsx", "js", "jsx", "mjs", "mts"].into_iter().filter(|other| *other != extension);
            let extensions: Vec<&str> = [extension].into_iter().chain(others).collect();
            let test_names: Vec<String> = ["test", "spec"]
                .iter()
                .flat_map(|kind| extensions.iter().map(move |extension| format!("{stem}.{kind}.{extension}")))
                .collect();
            let (beside, apart) = (folder.join("__tests__"), ["test", "tests", "__tests__"]);
            let within = |folder: &Path| test_names.iter().map(|name| folder.join(name)).collect::<Vec<_>>();
            let mirrored = || test_names.iter().flat_map(|name| under(&apart, &["src", "lib"], name));
            let mut places = if exists(&beside) { within(&beside) } else { Vec::new() };
            // Test runners look in the folder of the other tests.
            let is_apart = !has_tests(folder)
                && folder.ancestors().any(|root| apart.iter().any(|tests| has_tests(&root.join(tests))));
            if is_apart {
                places.extend(mirrored().filter(|place| place.parent().is_some_and(exists)));
                places.extend(mirrored());
            }
            places.extend(within(folder));
            places.extend(mirrored());
            places
        }
        Syntax::Go => vec![folder.join(format!("{stem}_test.go"))],
        Syntax::Kotlin if extension == "kts" => Vec::new(),
        // `…/src/main/java/a` → `…/src/test/java/a`. If the path has no such part, next to the source.
        Syntax::Java | Syntax::Kotlin => {
            let (tests, extension) =
                (swapped(folder, &["main"], "test"), if syntax == Syntax::Java { "java" } else { "kt" });
            vec![tests.join(format!("{stem}Test.{extension}")), tests.join(format!("{stem}Tests.{extension}"))]
        }
        Syntax::CSharp => c_sharp(source, exists),
        Syntax::Ruby => {
            let (spec, test) = (format!("{stem}_spec.rb"), format!("{stem}_test.rb"));
            let mut places = under(&["spec"], &["lib", "app", "src"], &spec);
            places.extend(under(&["test"], &["lib", "app", "src"], &test));
            places.push(swapped(folder, &["lib", "app"], "spec").join(&spec));
            places
        }
        Syntax::Php => {
            let name = format!("{stem}Test.php");
            // If unit tests have their own folder, its test suite runs them.
            let mut places = under(&["tests/Unit"], &["src", "app"], &name);
            places.extend(under(&["tests"], &["src", "app"], &name));
            places.push(swapped(folder, &["src", "app"], "tests").join(&name));
            places
        }
        Syntax::C | Syntax::Cpp => {
            let extension = if extension.starts_with('h') { "cpp" } else { extension };
            under_or_beside(&["tests", "test"], &["src", "include", "lib"], format!("{stem}_test.{extension}"))
        }
        Syntax::Lua => under_or_beside(&["spec", "tests"], &["lua", "src"], format!("{stem}_spec.lua")),
        Syntax::Bash => under_or_beside(&["test", "tests"], &["src", "bin", "scripts"], format!("{stem}.bats")),
        _ => Vec::new(),
    }
}

/// Places under an existing test folder, the nearest first: `pkg/src/a/b.py` → `pkg/tests/a/test_b.py`, then
/// `pkg/tests/test_b.py`. If it has tests but no `a`, the order is reversed. A source folder in the path is left out.
fn mirrored(
    folder: &Path,
    tests: &[&str],
    sources: &[&str],
    name: &str,
    exists: &impl Fn(&Path) -> bool,
    has_tests: &impl Fn(&Path) -> bool,
) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for root in folder.ancestors() {
        for tests in tests.iter().map(|tests| root.join(tests)).filter(|tests| exists(tests)) {
            let below = folder.strip_prefix(root).unwrap_or(Path::new(""));
            let mut parts = below.components();
            let is_source = |part: &OsStr| sources.iter().any(|source| part == *source);
            if parts.clone().next().is_some_and(|part| is_source(part.as_os_str())) {
                parts.next();
            }
            let (mirror, flat) = (tests.join(parts.as_path()), tests.join(name));
            if parts.as_path() == Path::new("") {
                places.push(flat);
            } else if has_tests(&tests) && !exists(&mirror) {
                // All tests of this project are in one folder.
                places.extend([flat, mirror.join(name)]);
            } else {
                places.extend([mirror.join(name), flat]);
            }
        }
    }
    places
}

/// The path with its last part from `from` replaced. If it has no such part, the path itself.
fn swapped(folder: &Path, from: &[&str], to: &str) -> PathBuf {
    let parts: Vec<&OsStr> = folder.components().map(|part| part.as_os_str()).collect();
    let Some(at) = parts.iter().rposition(|part| from.iter().any(|from| *part == *from)) else {
        return folder.to_owned();
    };
    parts.iter().enumerate().map(|(index, part)| if index == at { OsStr::new(to) } else { part }).collect()
}

/// `…/Shop/Cart/Item.cs` → `…/Shop.Tests/Cart/ItemTests.cs` if that project exists, else next to the source.
fn c_sharp(source: &Source, exists: &impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let names = [format!("{}Tests.cs", source.stem), format!("{}Test.cs", source.stem)];
    let mut places = Vec::new();
    for project in source.folder.ancestors() {
        let Some(name) = project.file_name().and_then(|name| name.to_str()) else { continue };
        let below = source.folder.strip_prefix(project).unwrap_or(Path::new(""));
        for suffix in ["Tests", "UnitTests", "Test"] {
            let tests = format!("{name}.{suffix}");
            let beside = project.with_file_name(&tests);
            // Solutions keep their projects in one folder, or in `src/` and `tests/`.
            let apart = project.parent().and_then(Path::parent).map(|root| root.join("tests").join(&tests));
            for tests in [Some(beside), apart].into_iter().flatten().filter(|tests| exists(tests)) {
                places.extend(names.iter().map(|name| tests.join(below).join(name)));
            }
        }
    }
    places.extend(names.iter().map(|name| source.folder.join(name)));
    places
}

//! The places of tests.

use std::path::Path;

use stackspot_lsp::testing::syntax::{TestPlace, test_place};

/// The place of the tests for `path`, given the files and folders `there`. A `+` precedes a new file.
fn place(path: &str, language: &str, there: &[&str]) -> String {
    let exists = |asked: &Path| there.iter().any(|there| Path::new(there) == asked);
    let names = |folder: &Path| {
        let names = there.iter().filter_map(|there| Path::new(there).strip_prefix(folder).ok());
        names.filter(|name| name.components().count() == 1).map(|name| name.to_str().unwrap().to_owned()).collect()
    };
    match test_place(Path::new(path), language, exists, names) {
        None => "none".into(),
        Some(TestPlace::SameFile { module }) => format!("mod {module}"),
        Some(TestPlace::NewFile(path)) => format!("+{}", path.to_str().unwrap().replace('\\', "/")),
        Some(TestPlace::ExistingFile(path)) => path.to_str().unwrap().replace('\\', "/"),
    }
}

#[test]
fn each_language_has_its_own_place() {
    let places = [
        ("/p/src/a.rs", "rust", "mod tests"),
        ("/p/a.py", "python", "+/p/test_a.py"),
        ("/p/src/a.ts", "typescript", "+/p/src/a.test.ts"),
        ("/p/src/A.tsx", "typescriptreact", "+/p/src/A.test.tsx"),
        ("/p/src/a.mjs", "javascript", "+/p/src/a.test.mjs"),
        ("/p/a.go", "go", "+/p/a_test.go"),
        ("/p/src/main/java/b/A.java", "java", "+/p/src/test/java/b/ATest.java"),
        ("/p/src/main/kotlin/b/A.kt", "kotlin", "+/p/src/test/kotlin/b/ATest.kt"),
        ("/p/A.java", "java", "+/p/ATest.java"),
        ("/p/build.gradle.kts", "kotlin", "none"),
        ("/p/Shop/Item.cs", "csharp", "+/p/Shop/ItemTests.cs"),
        ("/p/lib/b/a.rb", "ruby", "+/p/spec/b/a_spec.rb"),
        ("/p/src/B/A.php", "php", "+/p/tests/B/ATest.php"),
        ("/p/src/a.cpp", "cpp", "+/p/src/a_test.cpp"),
        ("/p/a.sh", "shellscript", "+/p/a.bats"),
        ("/p/a.md", "markdown", "none"),
        ("/p/a.zig", "zig", "none"),
    ];
    for (path, language, expected) in places {
        assert_eq!(place(path, language, &[]), expected, "{path}");
    }
}

#[test]
fn existing_folder_of_tests_is_used() {
    assert_eq!(place("/p/src/b/a.py", "python", &["/p/tests"]), "+/p/tests/b/test_a.py");
    assert_eq!(place("/p/b/a.py", "python", &["/p/tests", "/p/tests/test_a.py"]), "/p/tests/test_a.py");
    assert_eq!(place("/p/src/a.ts", "typescript", &["/p/src/__tests__"]), "+/p/src/__tests__/a.test.ts");
    assert_eq!(place("/p/app/models/a.rb", "ruby", &["/p/spec"]), "+/p/spec/models/a_spec.rb");
    assert_eq!(place("/p/lib/a.rb", "ruby", &["/p/test"]), "+/p/test/a_test.rb");
    assert_eq!(place("/p/src/A.php", "php", &["/p/tests", "/p/tests/Unit"]), "+/p/tests/Unit/ATest.php");
    assert_eq!(place("/p/Shop/Cart/Item.cs", "csharp", &["/p/Shop.Tests"]), "+/p/Shop.Tests/Cart/ItemTests.cs");
    assert_eq!(place("/p/src/Shop/Item.cs", "csharp", &["/p/tests/Shop.Tests"]), "+/p/tests/Shop.Tests/ItemTests.cs");
    assert_eq!(place("/p/src/a.c", "c", &["/p/tests"]), "+/p/tests/a_test.c");
}

#[test]
fn tests_are_added_to_an_existing_test_file() {
    assert_eq!(place("/p/a.go", "go", &["/p/a_test.go"]), "/p/a_test.go");
    assert_eq!(place("/p/src/a.ts", "typescript", &["/p/src/a.spec.ts"]), "/p/src/a.spec.ts");
    assert_eq!(
        place("/p/src/main/java/A.java", "java", &["/p/src/test/java/ATests.java"]),
        "/p/src/test/java/ATests.java"
    );
}

#[test]
fn tests_for_a_test_file_go_into_the_same_file() {
    for (path, language) in [
        ("/p/tests/test_a.py", "python"),
        ("/p/a.test.ts", "typescript"),
        ("/p/a_test.go", "go"),
        ("/p/ATest.java", "java"),
        ("/p/spec/a_spec.rb", "ruby"),
    ] {
        assert_eq!(place(path, language, &[]), path);
    }
}

#[test]
fn a_relative_path_stays_relative() {
    assert_eq!(place("a.py", "python", &["tests"]), "+tests/test_a.py");
    assert_eq!(place("src/a.ts", "typescript", &[]), "+src/a.test.ts");
}

#[test]
fn new_test_file_goes_to_the_existing_tests_of_the_project() {
    let there = ["/p/tests", "/p/tests/hooks.test.tsx"];
    assert_eq!(place("/p/src/react/shallow.ts", "typescript", &there), "+/p/tests/shallow.test.ts");
    let there = ["/p/tests", "/p/tests/hooks.test.tsx", "/p/tests/react"];
    assert_eq!(place("/p/src/react/shallow.ts", "typescript", &there), "+/p/tests/react/shallow.test.ts");
    let there = ["/p/test", "/p/test/all.test.js", "/p/src", "/p/src/a.test.js"];
    assert_eq!(place("/p/src/b.js", "javascript", &there), "+/p/src/b.test.js", "as its neighbours");
    let there = ["/p/tests", "/p/tests/test_basic.py"];
    assert_eq!(place("/p/src/flask/json/tag.py", "python", &there), "+/p/tests/test_tag.py");
}

#[test]
fn test_file_is_found_by_other_extension_or_folder_name() {
    let there = ["/p/tests", "/p/tests/shallow.test.tsx"];
    assert_eq!(place("/p/src/react/shallow.ts", "typescript", &there), "/p/tests/shallow.test.tsx");
    let there = ["/p/tests", "/p/tests/test_json_tag.py"];
    assert_eq!(place("/p/src/flask/json/tag.py", "python", &there), "/p/tests/test_json_tag.py");
}

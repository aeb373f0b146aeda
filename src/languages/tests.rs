use super::*;

#[test]
fn names_and_endings_are_unique_in_the_table() {
    let mut seen = std::collections::HashSet::new();
    for language in LANGUAGES {
        let ids = language.also.split_whitespace().chain([language.id]).map(|id| ("id", id));
        let endings = language.endings.split_whitespace().map(|ending| ("ending", ending));
        let names = language.names.split_whitespace().map(|name| ("name", name));
        for one in ids.chain(endings).chain(names) {
            assert!(seen.insert(one), "{one:?} stands twice");
            assert_eq!(one.1, one.1.to_lowercase());
        }
    }
    assert!(LANGUAGES.is_sorted_by_key(|language| language.id));
}

#[test]
fn a_language_is_known_by_any_of_its_names() {
    for (name, id) in [
        ("py", "python"),
        ("C#", "csharp"),
        ("golang", "go"),
        ("TSX", "typescriptreact"),
        ("hcl", "terraform"),
        ("Nim", "nim"),
        ("Rhombus", "rhombus"),
    ] {
        assert_eq!(canonical(name), id, "{name}");
    }
    assert!(is_called("csharp", "cs") && !is_called("python", "ruby") && !is_called("shellscript", "bash"));
}

#[test]
fn file_name_decides_the_language() {
    let wordy = [
        ("ORDERS.CBL", "cobol"),
        ("copy/item.cpy", "cobol"),
        ("Form1.vb", "vb"),
        ("zreport.abap", "abap"),
        ("unit1.pas", "pascal"),
        ("solver.f90", "fortran"),
        ("MATA010.PRW", "advpl"),
        ("custom.tlpp", "tlpp"),
        ("orders.pls", "plsql"),
        ("orders.pkb", "plsql"),
    ];
    let with_a_grammar = [
        ("Podfile", "ruby"),
        ("stackspot.gemspec", "ruby"),
        ("tasks.rake", "ruby"),
        ("run.bats", "shellscript"),
        ("main.pyw", "python"),
        ("page.phtml", "php"),
        ("guide.mdx", "mdx"),
        ("schema.psql", "sql"),
        ("list.ipp", "cpp"),
        ("x/y.TSX", "typescriptreact"),
        ("Makefile.toml", "toml"),
        ("Gemfile", "ruby"),
        ("p.csproj", "xml"),
    ];
    let untold = ["README", "notes.unknown", "", ".hidden"].map(|name| (name, "plaintext"));
    for (name, expected) in [&wordy[..], &with_a_grammar, &untold].concat() {
        assert_eq!(id_of_file(Path::new(name)), expected, "{name}");
    }
    let of_prose: Vec<_> = wordy.iter().filter(|(_, id)| is_prose(id)).collect();
    assert!(of_prose.is_empty(), "code that reads like prose is known as code: {of_prose:?}");
    for (name, id) in with_a_grammar {
        assert!(crate::syntax::language(id, None).is_some(), "{name}");
    }
}

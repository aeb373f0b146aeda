//! LSP language ids by file name, for a shell has no editor that knows them.

use std::path::Path;

/// The language id of a file, as editors name it; `plaintext` where its name says nothing.
pub(in crate::cli) fn language_id(path: &Path) -> &'static str {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    match name.as_str() {
        "dockerfile" | "containerfile" => return "dockerfile",
        "makefile" | "gnumakefile" => return "makefile",
        "gemfile" | "rakefile" | "vagrantfile" => return "ruby",
        "jenkinsfile" => return "groovy",
        "cmakelists.txt" => return "cmake",
        "tsconfig.json" | "jsconfig.json" => return "jsonc",
        "cargo.lock" | "poetry.lock" | "uv.lock" => return "toml",
        ".bashrc" | ".bash_profile" | ".profile" | ".zshrc" | "pkgbuild" => return "shellscript",
        _ => {}
    }
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "4gl" | "per" => "4gl",
        "abap" => "abap",
        "adb" | "ads" => "ada",
        "aph" | "apw" | "prg" | "prw" | "prx" => "advpl",
        "apex" | "trigger" => "apex",
        "asm" => "asm",
        "bas" | "frm" | "vb" => "vb",
        "bash" | "sh" | "zsh" | "ksh" => "shellscript",
        "bat" | "cmd" => "bat",
        "c" | "h" => "c",
        "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" => "cpp",
        "clj" | "cljs" | "cljc" => "clojure",
        "cbl" | "cob" | "cobol" | "cpy" | "ccp" | "pco" => "cobol",
        "cs" => "csharp",
        "css" => "css",
        "dart" => "dart",
        "ex" | "exs" => "elixir",
        "erl" | "hrl" => "erlang",
        "f" | "f77" | "f90" | "f95" | "f03" | "f08" | "for" | "ftn" | "fpp" => "fortran",
        "fs" | "fsi" | "fsx" => "fsharp",
        "go" => "go",
        "graphql" | "gql" => "graphql",
        "groovy" | "gradle" => "groovy",
        "hs" => "haskell",
        "html" | "htm" | "xhtml" => "html",
        "ini" | "cfg" | "properties" => "ini",
        "java" => "java",
        "js" | "mjs" | "cjs" => "javascript",
        "json" => "json",
        "jsonc" | "json5" => "jsonc",
        "jsx" => "javascriptreact",
        "jl" => "julia",
        "jcl" => "jcl",
        "kt" | "kts" => "kotlin",
        "less" => "less",
        "lua" => "lua",
        "md" | "markdown" => "markdown",
        "mk" => "makefile",
        "m" => "objective-c",
        "nix" => "nix",
        "nsp" | "nsn" | "nss" => "natural",
        "p" | "w" => "abl",
        "pas" | "dpr" | "dpk" | "lpr" => "pascal",
        "php" => "php",
        "pl" | "pm" => "perl",
        "fnc" | "pck" | "pkb" | "pkg" | "pkh" | "pks" | "plb" | "pls" | "plsql" | "prc" | "tpb" | "tps" | "trg" => {
            "plsql"
        }
        "ps1" | "psm1" => "powershell",
        "proto" => "proto",
        "py" | "pyi" => "python",
        "r" => "r",
        "rb" => "ruby",
        "rpgle" | "sqlrpgle" | "rpg" => "rpgle",
        "rs" => "rust",
        "rst" => "restructuredtext",
        "sas" => "sas",
        "scala" | "sbt" | "sc" => "scala",
        "scss" => "scss",
        "sql" => "sql",
        "svelte" => "svelte",
        "sv" | "svh" => "systemverilog",
        "swift" => "swift",
        "tex" => "latex",
        "tlpp" | "tlh" => "tlpp",
        "tcl" => "tcl",
        "tf" | "tfvars" | "tofu" | "hcl" => "terraform",
        "toml" => "toml",
        "ts" | "mts" | "cts" => "typescript",
        "tsx" => "typescriptreact",
        "vue" => "vue",
        "v" => "verilog",
        "vhd" | "vhdl" => "vhdl",
        "vbs" => "vbscript",
        "xml" | "xsd" | "xsl" | "xslt" | "svg" | "csproj" | "fsproj" | "vbproj" | "props" | "targets" => "xml",
        "yaml" | "yml" => "yaml",
        "zig" => "zig",
        _ => "plaintext",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    #[test]
    fn a_file_of_a_built_in_grammar_is_known_by_the_same_language() {
        for name in [
            "a.py",
            "A.RS",
            "x/y.tsx",
            "main.go",
            "b.kt",
            "Makefile.toml",
            "Gemfile",
            "q.sql",
            "z.yml",
            "k.php",
            "m.tf",
            "c.swift",
            "b.sc",
            "lib/a.dart",
            "pom.xml",
            "p.csproj",
        ] {
            let path = Path::new(name);
            let (by_id, by_path) = (syntax::language(language_id(path), Some(path)), syntax::language("", Some(path)));
            assert!(by_id.is_some(), "{name}");
            assert!(by_path.is_none() || by_id == by_path, "{name}: {by_id:?}, {by_path:?}");
        }
    }

    #[test]
    fn code_that_reads_like_prose_is_known_as_code() {
        let cases = [
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
        for (name, expected) in cases {
            assert_eq!(language_id(Path::new(name)), expected, "{name}");
            assert!(!crate::edit::is_prose_language(expected), "{expected}");
        }
    }

    #[test]
    fn a_name_that_says_nothing_is_plain_text() {
        for name in ["README", "notes.unknown", "", ".hidden"] {
            assert_eq!(language_id(Path::new(name)), "plaintext", "{name}");
        }
    }
}

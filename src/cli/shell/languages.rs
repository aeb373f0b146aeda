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
        "bash" | "sh" | "zsh" | "ksh" => "shellscript",
        "bat" | "cmd" => "bat",
        "c" | "h" => "c",
        "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" => "cpp",
        "clj" | "cljs" | "cljc" => "clojure",
        "cs" => "csharp",
        "css" => "css",
        "dart" => "dart",
        "ex" | "exs" => "elixir",
        "erl" | "hrl" => "erlang",
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
        "kt" | "kts" => "kotlin",
        "less" => "less",
        "lua" => "lua",
        "md" | "markdown" => "markdown",
        "mk" => "makefile",
        "m" => "objective-c",
        "nix" => "nix",
        "php" => "php",
        "pl" | "pm" => "perl",
        "ps1" | "psm1" => "powershell",
        "proto" => "proto",
        "py" | "pyi" => "python",
        "r" => "r",
        "rb" => "ruby",
        "rs" => "rust",
        "rst" => "restructuredtext",
        "scala" | "sbt" => "scala",
        "scss" => "scss",
        "sql" => "sql",
        "svelte" => "svelte",
        "swift" => "swift",
        "tex" => "latex",
        "tf" | "tfvars" | "hcl" => "terraform",
        "toml" => "toml",
        "ts" | "mts" | "cts" => "typescript",
        "tsx" => "typescriptreact",
        "vue" => "vue",
        "xml" | "xsd" | "xsl" | "svg" | "csproj" => "xml",
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
        for name in
            ["a.py", "A.RS", "x/y.tsx", "main.go", "b.kt", "Makefile.toml", "Gemfile", "q.sql", "z.yml", "k.php"]
        {
            let path = Path::new(name);
            let (by_id, by_path) = (syntax::language(language_id(path), Some(path)), syntax::language("", Some(path)));
            assert!(by_id.is_some(), "{name}");
            assert!(by_path.is_none() || by_id == by_path, "{name}: {by_id:?}, {by_path:?}");
        }
    }

    #[test]
    fn a_name_that_says_nothing_is_plain_text() {
        for name in ["README", "notes.unknown", "", ".hidden"] {
            assert_eq!(language_id(Path::new(name)), "plaintext", "{name}");
        }
    }
}

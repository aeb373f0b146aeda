//! The comment syntax of the languages that the scripted agent knows.

use crate::languages::canonical;

/// The comment syntax of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comments {
    /// The start of a comment that ends at the end of its line.
    pub(super) line: Option<&'static str>,
    /// The start and end of a comment that may be within a line.
    pub(super) block: Option<(&'static str, &'static str)>,
}

const OF_C: (&str, &str) = ("/*", "*/");
const OF_ML: (&str, &str) = ("(*", "*)");
const OF_MARKUP: (&str, &str) = ("<!--", "-->");

impl Comments {
    /// The comments of an LSP language id. For an unknown language, nothing is assumed.
    pub(super) fn of(language_id: &str) -> Self {
        let (line, block) = match &*canonical(language_id.trim()) {
            "rust" | "javascript" | "javascriptreact" | "typescript" | "typescriptreact" | "go" | "java" | "c"
            | "cpp" | "csharp" | "objective-c" | "objective-cpp" | "cuda-cpp" | "groovy" | "d" | "glsl"
            | "solidity" | "kotlin" | "swift" | "scala" | "dart" | "php" | "proto" | "proto3" | "protobuf" | "scss"
            | "less" | "jsonc" | "verilog" | "systemverilog" | "prisma" => (Some("//"), Some(OF_C)),
            "zig" | "gleam" => (Some("//"), None),
            "fsharp" => (Some("//"), Some(OF_ML)),
            "ocaml" => (None, Some(OF_ML)),
            "css" => (None, Some(OF_C)),
            "python" | "ruby" | "crystal" | "elixir" | "shellscript" | "fish" | "perl" | "toml" | "yaml"
            | "dockerfile" | "makefile" | "cmake" | "r" | "nim" | "graphql" | "tcl" | "properties" | "just"
            | "starlark" => (Some("#"), None),
            "nix" | "terraform" => (Some("#"), Some(OF_C)),
            "powershell" => (Some("#"), Some(("<#", "#>"))),
            "julia" => (Some("#"), Some(("#=", "=#"))),
            "sql" => (Some("--"), Some(OF_C)),
            "lua" => (Some("--"), Some(("--[[", "]]"))),
            "haskell" | "elm" | "purescript" => (Some("--"), Some(("{-", "-}"))),
            "ada" | "vhdl" => (Some("--"), None),
            "erlang" | "latex" | "matlab" | "prolog" => (Some("%"), None),
            "clojure" | "lisp" | "scheme" | "racket" | "elisp" | "emacs-lisp" => (Some(";;"), None),
            "html" | "xml" | "vue" | "svelte" | "markdown" => (None, Some(OF_MARKUP)),
            _ => (None, None),
        };
        Self { line, block }
    }

    /// Whether the agent knows the comments of the language.
    pub(super) fn are_known(self) -> bool {
        self.line.is_some() || self.block.is_some()
    }

    /// Whether code and markup mix, and only markup has comments.
    pub(super) fn is_of_markup(self) -> bool {
        self.block == Some(OF_MARKUP)
    }

    /// A text as a comment on its own line. Returns `None` for a language without comments.
    pub(super) fn comment(self, text: &str) -> Option<String> {
        match (self.line, self.block) {
            (Some(start), _) => Some(format!("{start} {text}")),
            (None, block) => block.map(|(open, close)| format!("{open} {text} {close}")),
        }
    }
}

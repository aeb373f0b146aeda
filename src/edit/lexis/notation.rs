//! How languages write comments and strings.

use crate::languages::{self, Comments};

/// The meaning of an apostrophe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Apostrophe {
    /// A string.
    Text,
    /// One character. Otherwise it is a sign: a lifetime, a quoted symbol, a prime.
    Letter,
    /// It is only a sign.
    Sign,
}

/// How a language writes comments and strings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notation {
    /// The marks of a comment that ends with its line.
    pub(super) line: &'static [&'static str],
    /// The same, but only at the start of a line.
    pub(super) line_start: &'static [&'static str],
    pub(super) block: &'static [(&'static str, &'static str)],
    pub(super) apostrophe: Apostrophe,
    /// Whether strings between `"` or `'` may span lines.
    pub(super) long_strings: bool,
    /// Whether strings between backticks may span lines.
    pub(super) long_backticks: bool,
    /// Whether a backslash in a string escapes what follows it.
    pub(super) escapes: bool,
    /// Whether `[[…]]` is a string.
    pub(super) long_brackets: bool,
    /// Whether three apostrophes begin a string.
    pub(super) triple_apostrophes: bool,
    pub(super) here_documents: bool,
    /// Whether `/…/` is a pattern.
    pub(super) patterns: bool,
    /// Whether a string that is a whole statement documents.
    pub(super) documenting_strings: bool,
}

const C: Notation = Notation {
    line: &["//"],
    line_start: &[],
    block: &[("/*", "*/")],
    apostrophe: Apostrophe::Text,
    long_strings: false,
    long_backticks: false,
    escapes: true,
    long_brackets: false,
    triple_apostrophes: false,
    here_documents: false,
    patterns: false,
    documenting_strings: false,
};

/// The notation of a language. An unknown language has the most common notation.
pub(super) fn notation(language_id: &str) -> Notation {
    let Comments { line, block } = languages::comments(language_id);
    let own = Notation { line, block, ..C };
    let script = Notation { long_backticks: true, patterns: true, ..C };
    match &*languages::canonical(language_id) {
        "json" => C,
        "javascript" | "typescript" => script,
        "javascriptreact" | "typescriptreact" => Notation { block: &[("{/*", "*/}"), ("/*", "*/")], ..script },
        "vue" | "svelte" | "astro" | "html" | "angular" | "razor" | "blade" => {
            Notation { block: &[("<!--", "-->"), ("{/*", "*/}"), ("/*", "*/"), ("{{!--", "--}}")], ..script }
        }
        "xml" | "xhtml" | "go" | "d" => Notation { long_backticks: true, ..own },
        "rust" => Notation { apostrophe: Apostrophe::Letter, long_strings: true, ..own },
        "dart" | "groovy" | "toml" | "nim" => Notation { triple_apostrophes: true, ..own },
        "terraform" | "dockerfile" => Notation { here_documents: true, ..own },
        id if languages::is_pythonic(id) => Notation { triple_apostrophes: true, documenting_strings: true, ..own },
        "julia" => Notation { documenting_strings: true, apostrophe: Apostrophe::Letter, ..own },
        "graphql" => Notation { documenting_strings: true, ..own },
        "elixir" => Notation { triple_apostrophes: true, long_strings: true, ..own },
        "ruby" | "crystal" => Notation {
            block: &[("\n=begin", "\n=end")],
            long_strings: true,
            here_documents: true,
            patterns: true,
            ..own
        },
        "php" | "perl" | "shellscript" | "fish" => Notation { long_strings: true, here_documents: true, ..own },
        "r" => Notation { long_strings: true, ..own },
        "powershell" => Notation { escapes: false, long_strings: true, ..own },
        "yaml" | "helm" => Notation { block: &[("{{- /*", "*/"), ("{{/*", "*/}}")], ..own },
        "makefile" | "cmake" | "tcl" | "properties" | "dotenv" | "ini" => Notation { line_start: &[";", "!"], ..own },
        "sql" | "mysql" | "pgsql" | "postgres" | "plsql" | "sqlite" => {
            Notation { line_start: &["#"], escapes: false, long_strings: true, ..own }
        }
        "lua" => Notation { long_brackets: true, ..own },
        "haskell" | "elm" | "purescript" | "idris" | "ocaml" | "fsharp" | "erlang" | "prolog" | "matlab" | "octave" => {
            Notation { apostrophe: Apostrophe::Letter, ..own }
        }
        "ada" | "vhdl" => Notation { apostrophe: Apostrophe::Letter, escapes: false, ..own },
        "clojure" | "lisp" | "scheme" | "racket" | "emacs-lisp" | "elisp" | "commonlisp" => {
            Notation { apostrophe: Apostrophe::Sign, long_strings: true, ..own }
        }
        "latex" | "bibtex" => Notation { apostrophe: Apostrophe::Sign, ..own },
        "vb" => Notation { line_start: &["REM "], apostrophe: Apostrophe::Sign, escapes: false, ..own },
        "vim" | "viml" => Notation { line_start: &["\""], escapes: false, ..own },
        "bat" => Notation { line_start: &["REM ", "rem ", "::"], escapes: false, ..own },
        "pascal" => Notation { escapes: false, ..own },
        "cobol" => Notation { line_start: &["*", "/"], escapes: false, ..own },
        "abap" => Notation { line_start: &["*"], escapes: false, ..own },
        "fortran" => Notation { line_start: &["C ", "c ", "*"], escapes: false, ..own },
        other if languages::is_prose(other) => {
            Notation { line_start: &["#", "--", ";"], block: &[("/*", "*/"), ("<!--", "-->")], ..C }
        }
        _ if line.is_empty() && block.is_empty() => {
            Notation { line_start: &["#", "--", ";;"], block: &[("/*", "*/"), ("<!--", "-->")], ..C }
        }
        _ => own,
    }
}

//! How languages write comments and strings.

use crate::languages;

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

const HASH: Notation = Notation { line: &["#"], block: &[], ..C };

/// The notation of a language. An unknown language has the most common notation.
pub(super) fn notation(language_id: &str) -> Notation {
    let script = Notation { long_backticks: true, patterns: true, ..C };
    let markup = Notation { block: &[("<!--", "-->"), ("{/*", "*/}"), ("/*", "*/"), ("{{!--", "--}}")], ..script };
    match &*languages::canonical(language_id) {
        "arduino" | "c" | "cpp" | "csharp" | "cuda-cpp" | "glsl" | "hlsl" | "java" | "json" | "jsonc" | "kotlin"
        | "less" | "objective-c" | "objective-cpp" | "proto" | "proto3" | "scala" | "scss" | "solidity" | "swift"
        | "verilog" | "zig" => C,
        "javascript" | "typescript" => script,
        "javascriptreact" | "typescriptreact" => Notation { block: &[("{/*", "*/}"), ("/*", "*/")], ..script },
        "vue" | "svelte" | "astro" | "html" | "angular" | "razor" | "blade" => markup,
        "xml" | "xhtml" => Notation { line: &[], block: &[("<!--", "-->")], patterns: false, ..markup },
        "css" => Notation { line: &[], ..C },
        "go" | "d" => Notation { long_backticks: true, ..C },
        "rust" => Notation { apostrophe: Apostrophe::Letter, long_strings: true, ..C },
        "dart" | "groovy" => Notation { triple_apostrophes: true, ..C },
        "php" => Notation { line: &["//", "#"], long_strings: true, here_documents: true, ..C },
        "terraform" => Notation { line: &["#", "//"], here_documents: true, ..C },
        "nix" => Notation { line: &["#"], ..C },
        id if languages::is_pythonic(id) => Notation { triple_apostrophes: true, documenting_strings: true, ..HASH },
        "julia" => {
            Notation { block: &[("#=", "=#")], documenting_strings: true, apostrophe: Apostrophe::Letter, ..HASH }
        }
        "graphql" => Notation { documenting_strings: true, ..HASH },
        "elixir" => Notation { triple_apostrophes: true, long_strings: true, ..HASH },
        "toml" | "nim" => Notation { triple_apostrophes: true, ..HASH },
        "ruby" | "crystal" => Notation {
            block: &[("\n=begin", "\n=end")],
            long_strings: true,
            here_documents: true,
            patterns: true,
            ..HASH
        },
        "perl" => Notation { long_strings: true, here_documents: true, ..HASH },
        "shellscript" | "fish" => Notation { long_strings: true, here_documents: true, ..HASH },
        "dockerfile" => Notation { here_documents: true, ..HASH },
        "r" => Notation { long_strings: true, ..HASH },
        "powershell" => Notation { block: &[("<#", "#>")], escapes: false, long_strings: true, ..HASH },
        "yaml" | "helm" => Notation { block: &[("{{- /*", "*/"), ("{{/*", "*/}}")], ..HASH },
        "makefile" | "cmake" | "tcl" | "properties" | "dotenv" | "ini" => {
            Notation { line: &["#"], line_start: &[";", "!"], ..HASH }
        }
        "sql" | "mysql" | "pgsql" | "postgres" | "plsql" | "sqlite" => {
            Notation { line: &["--"], line_start: &["#"], escapes: false, long_strings: true, ..C }
        }
        "lua" => Notation { line: &["--"], block: &[("--[[", "]]"), ("--[=[", "]=]")], long_brackets: true, ..C },
        "haskell" | "elm" | "purescript" | "idris" => {
            Notation { line: &["--"], block: &[("{-", "-}")], apostrophe: Apostrophe::Letter, ..C }
        }
        "ada" | "vhdl" => Notation { line: &["--"], block: &[], apostrophe: Apostrophe::Letter, escapes: false, ..C },
        "ocaml" => Notation { line: &[], block: &[("(*", "*)")], apostrophe: Apostrophe::Letter, ..C },
        "fsharp" => Notation { block: &[("(*", "*)")], apostrophe: Apostrophe::Letter, ..C },
        "clojure" | "lisp" | "scheme" | "racket" | "emacs-lisp" | "elisp" | "commonlisp" => {
            Notation { line: &[";"], block: &[], apostrophe: Apostrophe::Sign, long_strings: true, ..C }
        }
        "asm" => Notation { line: &[";", "#"], ..C },
        "erlang" | "prolog" | "matlab" | "octave" => {
            Notation { line: &["%"], block: &[], apostrophe: Apostrophe::Letter, ..C }
        }
        "latex" | "bibtex" => Notation { line: &["%"], block: &[], apostrophe: Apostrophe::Sign, ..C },
        "vb" => Notation {
            line: &["'"],
            line_start: &["REM "],
            block: &[],
            apostrophe: Apostrophe::Sign,
            escapes: false,
            ..C
        },
        "vim" | "viml" => Notation { line: &[], line_start: &["\""], block: &[], escapes: false, ..C },
        "bat" => Notation { line: &[], line_start: &["REM ", "rem ", "::"], block: &[], escapes: false, ..C },
        "pascal" => Notation { block: &[("{", "}"), ("(*", "*)")], escapes: false, ..C },
        "cobol" => Notation { line: &["*>"], line_start: &["*", "/"], block: &[], escapes: false, ..C },
        "abap" => Notation { line: &["\""], line_start: &["*"], block: &[], escapes: false, ..C },
        "fortran" => Notation { line: &["!"], line_start: &["C ", "c ", "*"], block: &[], escapes: false, ..C },
        other if languages::is_unknown(other) || languages::is_prose(other) => {
            Notation { line_start: &["#", "--", ";"], block: &[("/*", "*/"), ("<!--", "-->")], ..C }
        }
        _ => Notation { line_start: &["#", "--", ";;"], block: &[("/*", "*/"), ("<!--", "-->")], ..C },
    }
}

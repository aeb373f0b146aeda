//! What the scripted agent knows of languages: how they write comments, and the words before a name.

use crate::languages::canonical;

/// A language, as far as the agent knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language {
    /// LSP language ids.
    ids: &'static [&'static str],
    /// The start of a comment that ends with its line.
    pub(super) line: Option<&'static str>,
    /// Start and end of a comment that may stand within a line.
    pub(super) block: Option<(&'static str, &'static str)>,
    /// Words before the name of a function.
    pub(super) functions: &'static [&'static str],
    /// Words before the name of a type or module.
    pub(super) types: &'static [&'static str],
    /// Functions are written `name(…) {`, with no word before the name that tells them.
    pub(super) bare_functions: bool,
    /// Code and markup mix, and a comment is one in markup alone.
    pub(super) is_markup: bool,
}

const PLAIN: Language =
    Language { ids: &[], line: None, block: None, functions: &[], types: &[], bare_functions: false, is_markup: false };

const C_COMMENTS: Language = Language { line: Some("//"), block: Some(("/*", "*/")), ..PLAIN };
const HASH_COMMENTS: Language = Language { line: Some("#"), ..PLAIN };

const LANGUAGES: &[Language] = &[
    Language {
        ids: &["rust"],
        functions: &["fn"],
        types: &["struct", "enum", "trait", "type", "mod", "union"],
        ..C_COMMENTS
    },
    Language {
        ids: &["javascript", "javascriptreact", "typescript", "typescriptreact"],
        functions: &["function"],
        types: &["class", "interface", "type", "enum", "namespace"],
        ..C_COMMENTS
    },
    Language { ids: &["python"], functions: &["def"], types: &["class"], ..HASH_COMMENTS },
    Language { ids: &["go"], functions: &["func"], types: &["type"], ..C_COMMENTS },
    Language {
        ids: &[
            "java",
            "c",
            "cpp",
            "csharp",
            "objective-c",
            "objective-cpp",
            "cuda-cpp",
            "groovy",
            "d",
            "glsl",
            "solidity",
        ],
        functions: &["function"],
        types: &["class", "interface", "enum", "struct", "record", "namespace", "union", "contract"],
        bare_functions: true,
        ..C_COMMENTS
    },
    Language {
        ids: &["kotlin", "swift", "scala", "dart"],
        functions: &["fun", "func", "def"],
        types: &["class", "interface", "object", "struct", "protocol", "trait", "enum", "extension"],
        ..C_COMMENTS
    },
    Language { ids: &["php"], functions: &["function"], types: &["class", "interface", "trait", "enum"], ..C_COMMENTS },
    Language {
        ids: &["proto", "proto3", "protobuf"],
        functions: &["rpc"],
        types: &["message", "service", "enum"],
        ..C_COMMENTS
    },
    Language { ids: &["scss", "less", "jsonc", "verilog", "systemverilog", "prisma"], ..C_COMMENTS },
    Language { ids: &["zig", "gleam"], functions: &["fn"], types: &["type"], block: None, ..C_COMMENTS },
    Language {
        ids: &["fsharp"],
        functions: &["let"],
        types: &["type", "module"],
        block: Some(("(*", "*)")),
        ..C_COMMENTS
    },
    Language { ids: &["css"], line: None, ..C_COMMENTS },
    Language { ids: &["ruby", "crystal"], functions: &["def"], types: &["class", "module"], ..HASH_COMMENTS },
    Language { ids: &["elixir"], functions: &["def", "defp"], types: &["defmodule"], ..HASH_COMMENTS },
    Language { ids: &["shellscript", "fish"], functions: &["function"], bare_functions: true, ..HASH_COMMENTS },
    Language {
        ids: &["powershell"],
        functions: &["function"],
        types: &["class", "enum"],
        block: Some(("<#", "#>")),
        ..HASH_COMMENTS
    },
    Language { ids: &["perl"], functions: &["sub"], types: &["package"], ..HASH_COMMENTS },
    Language {
        ids: &["julia"],
        functions: &["function"],
        types: &["struct", "module"],
        block: Some(("#=", "=#")),
        ..HASH_COMMENTS
    },
    Language {
        ids: &["nix", "terraform"],
        types: &["resource", "module", "variable"],
        block: Some(("/*", "*/")),
        ..HASH_COMMENTS
    },
    Language {
        ids: &[
            "toml",
            "yaml",
            "dockerfile",
            "makefile",
            "cmake",
            "r",
            "nim",
            "graphql",
            "tcl",
            "properties",
            "just",
            "starlark",
        ],
        functions: &["proc", "def"],
        types: &["type"],
        ..HASH_COMMENTS
    },
    Language { ids: &["lua"], line: Some("--"), block: Some(("--[[", "]]")), functions: &["function"], ..PLAIN },
    Language {
        ids: &["haskell", "elm", "purescript"],
        line: Some("--"),
        block: Some(("{-", "-}")),
        types: &["data", "newtype", "class", "type", "module"],
        ..PLAIN
    },
    Language {
        ids: &["sql"],
        line: Some("--"),
        block: Some(("/*", "*/")),
        functions: &["FUNCTION", "PROCEDURE", "function", "procedure"],
        types: &["TABLE", "VIEW", "table", "view"],
        ..PLAIN
    },
    Language {
        ids: &["ada", "vhdl"],
        line: Some("--"),
        functions: &["function", "procedure"],
        types: &["package", "entity", "type"],
        ..PLAIN
    },
    Language { ids: &["ocaml"], block: Some(("(*", "*)")), functions: &["let"], types: &["type", "module"], ..PLAIN },
    Language { ids: &["erlang", "latex", "matlab", "prolog"], line: Some("%"), functions: &["function"], ..PLAIN },
    Language {
        ids: &["clojure", "lisp", "scheme", "racket", "elisp", "emacs-lisp"],
        line: Some(";;"),
        functions: &["defn", "defun", "define"],
        ..PLAIN
    },
    Language {
        ids: &["html", "xml", "vue", "svelte", "markdown"],
        block: Some(("<!--", "-->")),
        is_markup: true,
        ..PLAIN
    },
];

impl Language {
    /// The language of an LSP language id. Of one that is not known here, nothing is assumed.
    pub(super) fn of(id: &str) -> Self {
        let id = canonical(id.trim());
        LANGUAGES.iter().find(|language| language.ids.contains(&&*id)).copied().unwrap_or(PLAIN)
    }

    /// Whether a line is nothing but a comment.
    pub(super) fn is_comment(&self, line: &str) -> bool {
        let line = line.trim_start();
        let starts = [self.line, self.block.map(|(open, _)| open)];
        // The lines of a comment block are known by their star, in the languages that have that habit.
        let starred = self.block == Some(("/*", "*/")) && (line.starts_with("* ") || line == "*" || line == "*/");
        starts.into_iter().flatten().any(|start| line.starts_with(start)) || starred
    }
}

//! What a language identifier says about how its text reads. The lists are sorted, and none has to be complete: a
//! language that is in none is code with comments of any kind.

/// Languages whose text is prose, so that nothing can be told from how it reads.
const PROSE_LANGUAGES: &[&str] = &[
    "asciidoc",
    "bibtex",
    "context",
    "creole",
    "cucumber",
    "feature",
    "gherkin",
    "git-commit",
    "git-rebase",
    "gitcommit",
    "jj-commit",
    "jjdescription",
    "latex",
    "mail",
    "markdown",
    "markdown.mdx",
    "mdx",
    "mediawiki",
    "org",
    "plaintext",
    "pod",
    "quarto",
    "rd",
    "restructuredtext",
    "rmd",
    "rmarkdown",
    "rst",
    "scminput",
    "svn-commit",
    "tex",
    "texinfo",
    "text",
    "textile",
    "txt",
    "typst",
];

/// Prose languages in which a fenced block is part of the text.
const MARKDOWN_LANGUAGES: &[&str] = &["markdown", "markdown.mdx", "md", "mdx", "mkd", "quarto", "rmarkdown", "rmd"];

/// Languages in which prose stands between tags.
const MARKUP_LANGUAGES: &[&str] = &[
    "angular",
    "astro",
    "blade",
    "django-html",
    "ejs",
    "erb",
    "handlebars",
    "heex",
    "html",
    "htmldjango",
    "javascriptreact",
    "jinja",
    "jinja-html",
    "jsx",
    "php",
    "razor",
    "svelte",
    "tsx",
    "twig",
    "typescriptreact",
    "vue",
    "vue-html",
    "xhtml",
    "xml",
    "xsl",
    "svg",
];

/// Whether the identifier says nothing, so that the text itself has to show whether it is prose or code.
pub(crate) fn is_unknown(language_id: &str) -> bool {
    matches!(language_id, "" | "plaintext" | "text" | "txt")
}

pub(crate) fn is_prose_language(language_id: &str) -> bool {
    is_unknown(language_id) || PROSE_LANGUAGES.contains(&language_id.to_lowercase().as_str())
}

pub(crate) fn is_markdown(language_id: &str) -> bool {
    MARKDOWN_LANGUAGES.contains(&language_id.to_lowercase().as_str())
}

pub(crate) fn is_markup(language_id: &str) -> bool {
    MARKUP_LANGUAGES.contains(&language_id.to_lowercase().as_str())
}

/// Languages in which a line of plain words, a label or a list item is code.
const WORDY_LANGUAGES: &[&str] = &[
    "4gl",
    "abap",
    "abl",
    "ada",
    "advpl",
    "applescript",
    "asm",
    "bat",
    "cobol",
    "delphi",
    "dockercompose",
    "dockerfile",
    "dosbatch",
    "erlang",
    "fortran",
    "fortran-modern",
    "fortranfixedform",
    "fortranfreeform",
    "gas",
    "inform",
    "jcl",
    "make",
    "makefile",
    "nasm",
    "natural",
    "objectpascal",
    "pascal",
    "plsql",
    "prolog",
    "robotframework",
    "rpgle",
    "sas",
    "sql",
    "systemverilog",
    "tcl",
    "tlpp",
    "vb",
    "vba",
    "vbnet",
    "vbscript",
    "verilog",
    "vhdl",
    "yaml",
];

/// Languages that have no line which starts with `# `, so that one is a heading around the code.
const HASHLESS_LANGUAGES: &[&str] = &[
    "css",
    "dart",
    "go",
    "haskell",
    "java",
    "javascript",
    "javascriptreact",
    "kotlin",
    "less",
    "lua",
    "rust",
    "scala",
    "scss",
    "sql",
    "swift",
    "typescript",
    "typescriptreact",
    "zig",
];

/// Languages in which backticks around a text are a literal, a command or a name.
const BACKTICK_LANGUAGES: &[&str] = &[
    "astro",
    "bash",
    "clojure",
    "d",
    "elixir",
    "elm",
    "fish",
    "fsharp",
    "go",
    "haskell",
    "javascript",
    "javascriptreact",
    "julia",
    "kotlin",
    "lisp",
    "mysql",
    "nim",
    "perl",
    "php",
    "r",
    "ruby",
    "scala",
    "scheme",
    "sh",
    "shellscript",
    "sql",
    "svelte",
    "swift",
    "typescript",
    "typescriptreact",
    "vue",
    "zsh",
];

/// Whether `word` is a name of the language, as models write it behind a fence. A shell is a command as well.
pub(crate) fn is_named(language_id: &str, word: &str) -> bool {
    const OTHER_NAMES: &[(&str, &str)] = &[
        ("cpp", "c++"),
        ("csharp", "c#"),
        ("csharp", "cs"),
        ("javascript", "js"),
        ("javascriptreact", "jsx"),
        ("python", "py"),
        ("python", "python3"),
        ("ruby", "rb"),
        ("rust", "rs"),
        ("typescript", "ts"),
        ("typescriptreact", "tsx"),
        ("yaml", "yml"),
    ];
    const COMMANDS: &[&str] = &["bash", "fish", "powershell", "sh", "shellscript", "zsh"];
    let (language_id, word) = (language_id.to_lowercase(), word.to_lowercase());
    let is_other = OTHER_NAMES.contains(&(language_id.as_str(), word.as_str()));
    !COMMANDS.contains(&language_id.as_str()) && (language_id == word || is_other)
}

pub(crate) fn is_wordy(language_id: &str) -> bool {
    WORDY_LANGUAGES.contains(&language_id.to_lowercase().as_str())
}

pub(crate) fn has_no_hash_comments(language_id: &str) -> bool {
    HASHLESS_LANGUAGES.contains(&language_id.to_lowercase().as_str())
}

pub(crate) fn has_backticks(language_id: &str) -> bool {
    BACKTICK_LANGUAGES.contains(&language_id.to_lowercase().as_str())
}

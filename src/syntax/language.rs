//! Chooses the grammar for a document.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tree_sitter::Language;

use crate::languages;

/// Creates [`Syntax`] and the facts about each language from one row: its usual name, its grammar, and the identifiers
/// that LSP clients use, as in `crate::languages`.
macro_rules! languages {
    ($($(#[$doc:meta])* $syntax:ident = $name:literal, $grammar:path, $id:literal $(| $also:literal)*;)*) => {
        /// A language with a built-in grammar.
        ///
        /// This is only a name. The grammar's tables are static data. A parse creates its parser.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the variants are the names of the languages")]
        pub enum Syntax {
            $($(#[$doc])* $syntax),*
        }

        fn by_id(language_id: &str) -> Option<Syntax> {
            Some(match &*languages::canonical(language_id) {
                $($id $(| $also)* => Syntax::$syntax,)*
                _ => return None,
            })
        }

        impl Syntax {
            /// Every built-in language.
            pub const ALL: [Syntax; [$($name),*].len()] = [$(Syntax::$syntax),*];

            /// The usual name of the language, such as `C#`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Syntax::$syntax => $name),*
                }
            }

            /// The usual identifier of the language, as in `crate::languages`.
            pub(crate) fn language_id(self) -> &'static str {
                match self {
                    $(Syntax::$syntax => $id),*
                }
            }

            /// The grammar. It costs only a pointer to static data.
            pub(super) fn grammar(self) -> Language {
                match self {
                    $(Syntax::$syntax => $grammar),*
                }
                .into()
            }
        }
    };
}

languages! {
    Bash = "Bash", tree_sitter_bash::LANGUAGE, "shellscript";
    C = "C", tree_sitter_c::LANGUAGE, "c";
    CSharp = "C#", tree_sitter_c_sharp::LANGUAGE, "csharp";
    Cpp = "C++", tree_sitter_cpp::LANGUAGE, "cpp";
    Css = "CSS", tree_sitter_css::LANGUAGE, "css";
    Dart = "Dart", tree_sitter_dart::LANGUAGE, "dart";
    Go = "Go", tree_sitter_go::LANGUAGE, "go";
    /// Terraform and similar languages.
    Hcl = "HCL", tree_sitter_hcl::LANGUAGE, "terraform";
    Html = "HTML", tree_sitter_html::LANGUAGE, "html" | "xhtml";
    Java = "Java", tree_sitter_java::LANGUAGE, "java";
    /// JavaScript, with or without JSX.
    JavaScript = "JavaScript", tree_sitter_javascript::LANGUAGE, "javascript" | "javascriptreact";
    Json = "JSON", tree_sitter_json::LANGUAGE, "json";
    /// JSON with comments and trailing commas. The JSON grammar reads it.
    Jsonc = "JSON", tree_sitter_json::LANGUAGE, "jsonc";
    Kotlin = "Kotlin", tree_sitter_kotlin_ng::LANGUAGE, "kotlin";
    Lua = "Lua", tree_sitter_lua::LANGUAGE, "lua";
    Markdown = "Markdown", tree_sitter_md::LANGUAGE, "markdown" | "mdx";
    Php = "PHP", tree_sitter_php::LANGUAGE_PHP, "php";
    PowerShell = "PowerShell", tree_sitter_pwsh::LANGUAGE, "powershell";
    Python = "Python", tree_sitter_python::LANGUAGE, "python";
    Ruby = "Ruby", tree_sitter_ruby::LANGUAGE, "ruby";
    Rust = "Rust", tree_sitter_rust::LANGUAGE, "rust";
    Scala = "Scala", tree_sitter_scala::LANGUAGE, "scala";
    Sql = "SQL", tree_sitter_sequel::LANGUAGE, "sql" | "mysql" | "pgsql" | "postgres" | "plsql" | "sqlite";
    Swift = "Swift", tree_sitter_swift::LANGUAGE, "swift";
    Toml = "TOML", tree_sitter_toml_ng::LANGUAGE, "toml";
    /// TypeScript with JSX.
    Tsx = "TSX", tree_sitter_typescript::LANGUAGE_TSX, "typescriptreact";
    TypeScript = "TypeScript", tree_sitter_typescript::LANGUAGE_TYPESCRIPT, "typescript";
    Xml = "XML", tree_sitter_xml::LANGUAGE_XML, "xml";
    Yaml = "YAML", tree_sitter_yaml::LANGUAGE, "yaml";
}

/// Returns the built-in syntax of a document, by the client's language identifier. If the identifier is unknown, empty
/// or `plaintext`, the extension of the path decides.
///
/// A `.tsx` file with the identifier `typescript` is TSX. Returns `None` if no built-in grammar matches.
pub fn language(language_id: &str, path: Option<&Path>) -> Option<Syntax> {
    let by_path = || path.and_then(|path| by_id(languages::id_of_file(path)));
    match by_id(language_id) {
        Some(Syntax::TypeScript) if by_path() == Some(Syntax::Tsx) => Some(Syntax::Tsx),
        Some(Syntax::C) if by_path() == Some(Syntax::Cpp) => Some(Syntax::Cpp),
        Some(Syntax::Json) if by_path() == Some(Syntax::Jsonc) => Some(Syntax::Jsonc),
        Some(syntax) => Some(syntax),
        None if !is_another(language_id) => by_path(),
        None => None,
    }
}

/// Whether a language only shares an extension with a built-in one. Most are templates of that language.
fn is_another(language_id: &str) -> bool {
    const OTHERS: &str = "objective-c objective-cpp objc objcpp cuda-cpp matlab vue svelte helm blade";
    const STEMS: &str = "jinja django handlebars erb eruby html- qml";
    OTHERS.split(' ').any(|id| language_id == id) || STEMS.split(' ').any(|stem| language_id.starts_with(stem))
}

impl Syntax {
    /// Whether brackets delimit its blocks and lists. Then a part with balanced brackets is complete.
    pub fn has_brackets(self) -> bool {
        !matches!(self, Self::Markdown | Self::Yaml | Self::Html | Self::Xml)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(language_id: &str, path: &str) -> Option<Syntax> {
        language(language_id, Some(Path::new(path)))
    }

    #[test]
    fn known_language_identifier_decides() {
        for (id, syntax) in [
            ("rust", Syntax::Rust),
            ("typescriptreact", Syntax::Tsx),
            ("javascriptreact", Syntax::JavaScript),
            ("shellscript", Syntax::Bash),
            ("sh", Syntax::Bash),
            ("csharp", Syntax::CSharp),
            ("cpp", Syntax::Cpp),
            ("jsonc", Syntax::Jsonc),
            ("dockercompose", Syntax::Yaml),
            ("Markdown", Syntax::Markdown),
            ("terraform", Syntax::Hcl),
            ("swift", Syntax::Swift),
            ("powershell", Syntax::PowerShell),
            ("xsl", Syntax::Xml),
        ] {
            assert_eq!(language(id, None), Some(syntax), "{id}");
            assert_eq!(of(id, "a.unknown"), Some(syntax), "{id}");
        }
    }

    #[test]
    fn each_grammar_has_an_identifier_that_leads_back_to_it() {
        for syntax in Syntax::ALL {
            assert_eq!(language(syntax.language_id(), None), Some(syntax));
            assert_eq!(languages::canonical(syntax.language_id()), syntax.language_id());
        }
    }

    #[test]
    fn path_decides_when_identifier_is_unknown_or_has_dialects() {
        for (id, path, syntax) in [
            ("", "src/a.RS", Some(Syntax::Rust)),
            ("plaintext", "a.py", Some(Syntax::Python)),
            ("js2-mode", "a.mjs", Some(Syntax::JavaScript)),
            ("", "Gemfile", Some(Syntax::Ruby)),
            ("scala-mode", "a.scala", Some(Syntax::Scala)),
            ("", "lib/main.dart", Some(Syntax::Dart)),
            ("", "a", None),
            ("typescript", "a.tsx", Some(Syntax::Tsx)),
            ("typescript", "a.ts", Some(Syntax::TypeScript)),
            ("json", "tsconfig.json", Some(Syntax::Jsonc)),
            ("c", "a.hpp", Some(Syntax::Cpp)),
            // These only share an extension with a language that has a grammar.
            ("objective-c", "a.h", None),
            ("blade", "a.blade.php", None),
            ("helm", "a.yaml", None),
            ("django-html", "a.html", None),
        ] {
            assert_eq!(of(id, path), syntax, "{id}: {path}");
        }
    }
}

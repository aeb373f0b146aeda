//! Which grammar reads which document.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tree_sitter::Language;

use crate::languages;

/// A language whose grammar is built in.
///
/// It is a plain name: the grammar's tables are static data and a parser is made only when a text is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the names of the languages")]
pub enum Syntax {
    Bash,
    C,
    CSharp,
    Cpp,
    Css,
    Dart,
    Go,
    /// Terraform and its kin.
    Hcl,
    Html,
    Java,
    /// JavaScript, with or without JSX.
    JavaScript,
    Json,
    /// JSON with comments and trailing commas, read by the grammar of JSON.
    Jsonc,
    Kotlin,
    Lua,
    Markdown,
    Php,
    PowerShell,
    Python,
    Ruby,
    Rust,
    Scala,
    Sql,
    Swift,
    Toml,
    /// TypeScript with JSX.
    Tsx,
    TypeScript,
    Xml,
    Yaml,
}

/// The built-in syntax of a document: by the client's language identifier, and by the path's extension where the
/// identifier is unknown, empty or `plaintext`.
///
/// A `.tsx` file that a client calls `typescript` is TSX. `None` where no grammar is built in.
pub fn language(language_id: &str, path: Option<&Path>) -> Option<Syntax> {
    let by_path = path.and_then(|path| by_id(languages::id_of_file(path)));
    match by_id(language_id) {
        Some(Syntax::TypeScript) if by_path == Some(Syntax::Tsx) => Some(Syntax::Tsx),
        Some(Syntax::C) if by_path == Some(Syntax::Cpp) => Some(Syntax::Cpp),
        Some(Syntax::Json) if by_path == Some(Syntax::Jsonc) => Some(Syntax::Jsonc),
        Some(syntax) => Some(syntax),
        None if !is_another(language_id) => by_path,
        None => None,
    }
}

/// Identifiers of languages that share an extension with a built-in one and are not it, templates of it above all.
fn is_another(language_id: &str) -> bool {
    matches!(
        language_id,
        "objective-c"
            | "objective-cpp"
            | "objc"
            | "objcpp"
            | "cuda-cpp"
            | "matlab"
            | "vue"
            | "svelte"
            | "helm"
            | "blade"
    ) || ["jinja", "django", "handlebars", "erb", "eruby", "html-", "qml"]
        .iter()
        .any(|stem| language_id.starts_with(stem))
}

fn by_id(language_id: &str) -> Option<Syntax> {
    Some(match &*languages::canonical(language_id) {
        "shellscript" => Syntax::Bash,
        "c" => Syntax::C,
        "csharp" => Syntax::CSharp,
        "cpp" => Syntax::Cpp,
        "css" => Syntax::Css,
        "dart" => Syntax::Dart,
        "go" => Syntax::Go,
        "terraform" => Syntax::Hcl,
        "html" | "xhtml" => Syntax::Html,
        "java" => Syntax::Java,
        "javascript" | "javascriptreact" => Syntax::JavaScript,
        "json" => Syntax::Json,
        "jsonc" => Syntax::Jsonc,
        "kotlin" => Syntax::Kotlin,
        "lua" => Syntax::Lua,
        "markdown" | "mdx" => Syntax::Markdown,
        "php" => Syntax::Php,
        "powershell" => Syntax::PowerShell,
        "python" => Syntax::Python,
        "ruby" => Syntax::Ruby,
        "rust" => Syntax::Rust,
        "scala" => Syntax::Scala,
        "swift" => Syntax::Swift,
        "sql" | "mysql" | "pgsql" | "postgres" | "plsql" | "sqlite" => Syntax::Sql,
        "toml" => Syntax::Toml,
        "typescriptreact" => Syntax::Tsx,
        "typescript" => Syntax::TypeScript,
        "xml" => Syntax::Xml,
        "yaml" => Syntax::Yaml,
        _ => return None,
    })
}

impl Syntax {
    /// Every built-in language.
    pub const ALL: [Syntax; 29] = [
        Syntax::Bash,
        Syntax::C,
        Syntax::CSharp,
        Syntax::Cpp,
        Syntax::Css,
        Syntax::Dart,
        Syntax::Go,
        Syntax::Hcl,
        Syntax::Html,
        Syntax::Java,
        Syntax::JavaScript,
        Syntax::Json,
        Syntax::Jsonc,
        Syntax::Kotlin,
        Syntax::Lua,
        Syntax::Markdown,
        Syntax::Php,
        Syntax::PowerShell,
        Syntax::Python,
        Syntax::Ruby,
        Syntax::Rust,
        Syntax::Scala,
        Syntax::Sql,
        Syntax::Swift,
        Syntax::Toml,
        Syntax::Tsx,
        Syntax::TypeScript,
        Syntax::Xml,
        Syntax::Yaml,
    ];

    /// Whether brackets hold its blocks and lists together, so that a part of it is whole where they balance.
    pub fn has_brackets(self) -> bool {
        !matches!(self, Self::Markdown | Self::Yaml | Self::Html | Self::Xml)
    }

    /// The language as people write it, such as `C#`.
    pub fn name(self) -> &'static str {
        match self {
            Syntax::Bash => "Bash",
            Syntax::C => "C",
            Syntax::CSharp => "C#",
            Syntax::Cpp => "C++",
            Syntax::Css => "CSS",
            Syntax::Dart => "Dart",
            Syntax::Go => "Go",
            Syntax::Hcl => "HCL",
            Syntax::Html => "HTML",
            Syntax::Java => "Java",
            Syntax::JavaScript => "JavaScript",
            Syntax::Json | Syntax::Jsonc => "JSON",
            Syntax::Kotlin => "Kotlin",
            Syntax::Lua => "Lua",
            Syntax::Markdown => "Markdown",
            Syntax::Php => "PHP",
            Syntax::PowerShell => "PowerShell",
            Syntax::Python => "Python",
            Syntax::Ruby => "Ruby",
            Syntax::Rust => "Rust",
            Syntax::Scala => "Scala",
            Syntax::Sql => "SQL",
            Syntax::Swift => "Swift",
            Syntax::Toml => "TOML",
            Syntax::Tsx => "TSX",
            Syntax::TypeScript => "TypeScript",
            Syntax::Xml => "XML",
            Syntax::Yaml => "YAML",
        }
    }

    /// The grammar. It costs nothing but a pointer to static data.
    pub(super) fn grammar(self) -> Language {
        match self {
            Syntax::Bash => tree_sitter_bash::LANGUAGE,
            Syntax::C => tree_sitter_c::LANGUAGE,
            Syntax::CSharp => tree_sitter_c_sharp::LANGUAGE,
            Syntax::Cpp => tree_sitter_cpp::LANGUAGE,
            Syntax::Css => tree_sitter_css::LANGUAGE,
            Syntax::Dart => tree_sitter_dart::LANGUAGE,
            Syntax::Go => tree_sitter_go::LANGUAGE,
            Syntax::Hcl => tree_sitter_hcl::LANGUAGE,
            Syntax::Html => tree_sitter_html::LANGUAGE,
            Syntax::Java => tree_sitter_java::LANGUAGE,
            Syntax::JavaScript => tree_sitter_javascript::LANGUAGE,
            Syntax::Json | Syntax::Jsonc => tree_sitter_json::LANGUAGE,
            Syntax::Kotlin => tree_sitter_kotlin_ng::LANGUAGE,
            Syntax::Lua => tree_sitter_lua::LANGUAGE,
            Syntax::Markdown => tree_sitter_md::LANGUAGE,
            Syntax::Php => tree_sitter_php::LANGUAGE_PHP,
            Syntax::PowerShell => tree_sitter_pwsh::LANGUAGE,
            Syntax::Python => tree_sitter_python::LANGUAGE,
            Syntax::Ruby => tree_sitter_ruby::LANGUAGE,
            Syntax::Rust => tree_sitter_rust::LANGUAGE,
            Syntax::Scala => tree_sitter_scala::LANGUAGE,
            Syntax::Sql => tree_sitter_sequel::LANGUAGE,
            Syntax::Swift => tree_sitter_swift::LANGUAGE,
            Syntax::Toml => tree_sitter_toml_ng::LANGUAGE,
            Syntax::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Syntax::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Syntax::Xml => tree_sitter_xml::LANGUAGE_XML,
            Syntax::Yaml => tree_sitter_yaml::LANGUAGE,
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(language_id: &str, path: &str) -> Option<Syntax> {
        language(language_id, Some(Path::new(path)))
    }

    #[test]
    fn the_identifier_decides_where_it_is_known() {
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
    fn the_path_decides_where_the_identifier_says_nothing() {
        assert_eq!(of("", "src/a.RS"), Some(Syntax::Rust));
        assert_eq!(of("plaintext", "a.py"), Some(Syntax::Python));
        assert_eq!(of("js2-mode", "a.mjs"), Some(Syntax::JavaScript));
        assert_eq!(of("", "Gemfile"), Some(Syntax::Ruby));
        assert_eq!(of("scala-mode", "a.scala"), Some(Syntax::Scala));
        assert_eq!(of("", "lib/main.dart"), Some(Syntax::Dart));
        assert_eq!(of("", "a"), None);
    }

    #[test]
    fn the_path_tells_dialects_apart() {
        assert_eq!(of("typescript", "a.tsx"), Some(Syntax::Tsx));
        assert_eq!(of("typescript", "a.ts"), Some(Syntax::TypeScript));
        assert_eq!(of("json", "tsconfig.json"), Some(Syntax::Jsonc));
        assert_eq!(of("c", "a.hpp"), Some(Syntax::Cpp));
    }

    #[test]
    fn languages_that_only_share_an_extension_have_no_grammar() {
        for (id, path) in
            [("objective-c", "a.h"), ("blade", "a.blade.php"), ("helm", "a.yaml"), ("django-html", "a.html")]
        {
            assert_eq!(of(id, path), None, "{id}");
        }
    }
}

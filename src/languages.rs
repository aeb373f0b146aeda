//! What is known of a language by its identifier or by the name of its files: one row for each. No list is complete; what
//! stands in none is code with comments of any kind. Grammars are `syntax`'s, signs and keywords are `edit`'s.

use std::borrow::Cow;
use std::path::Path;

/// A language as LSP clients name it.
struct Language {
    /// The language identifier that LSP's specification or VS Code gives it.
    id: &'static str,
    /// What other editors, and models behind a fence, call it.
    also: &'static [&'static str],
    /// The endings of its files, in lower case and without the dot.
    endings: &'static [&'static str],
    /// Whole names of its files, in lower case.
    names: &'static [&'static str],
    text: Text,
    /// A line of plain words, a label or a list item is code.
    is_wordy: bool,
    /// A line that starts with `# ` may be a comment or a directive, and not only a heading around the code.
    has_hash_lines: bool,
    /// Backticks around a text are a literal, a command or a name.
    has_backticks: bool,
}

/// How the text of a language reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Code,
    /// Nothing can be told from how it reads.
    Prose,
    /// Prose in which a fenced block is part of the text.
    Markdown,
    /// Prose stands between tags.
    Markup,
}

const fn named(id: &'static str) -> Language {
    Language {
        id,
        also: &[],
        endings: &[],
        names: &[],
        text: Text::Code,
        is_wordy: false,
        has_hash_lines: true,
        has_backticks: false,
    }
}

impl Language {
    const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    const fn files(self, endings: &'static [&'static str]) -> Self {
        Self { endings, ..self }
    }

    const fn names(self, names: &'static [&'static str]) -> Self {
        Self { names, ..self }
    }

    const fn reads_as(self, text: Text) -> Self {
        Self { text, ..self }
    }

    const fn prose(self) -> Self {
        self.reads_as(Text::Prose)
    }

    const fn markdown(self) -> Self {
        self.reads_as(Text::Markdown)
    }

    const fn markup(self) -> Self {
        self.reads_as(Text::Markup)
    }

    const fn wordy(self) -> Self {
        Self { is_wordy: true, ..self }
    }

    const fn no_hash(self) -> Self {
        Self { has_hash_lines: false, ..self }
    }

    const fn backticks(self) -> Self {
        Self { has_backticks: true, ..self }
    }
}

const LANGUAGES: &[Language] = &[
    named("4gl").files(&["4gl", "per"]).wordy(),
    named("abap").files(&["abap"]).wordy(),
    named("abl").files(&["p", "w"]).wordy(),
    named("ada").files(&["adb", "ads"]).wordy(),
    named("advpl").files(&["aph", "apw", "prg", "prw", "prx"]).wordy(),
    named("angular").markup(),
    named("apex").files(&["apex", "trigger"]),
    named("applescript").wordy(),
    named("asciidoc").prose(),
    named("asm").also(&["nasm", "gas"]).files(&["asm"]).wordy(),
    named("astro").markup().backticks(),
    named("bat").also(&["dosbatch"]).files(&["bat", "cmd"]).wordy(),
    named("bibtex").prose(),
    named("blade").markup(),
    named("c").files(&["c", "h"]),
    named("clojure").files(&["clj", "cljs", "cljc"]).backticks(),
    named("cmake").names(&["cmakelists.txt"]),
    named("cobol").files(&["cbl", "cob", "cobol", "cpy", "ccp", "pco"]).wordy(),
    named("context").prose(),
    named("cpp")
        .also(&["c++", "cplusplus"])
        .files(&["cc", "cpp", "cxx", "hh", "hpp", "hxx", "c++", "h++", "ipp", "tpp", "cppm", "ixx"]),
    named("creole").prose(),
    named("csharp").also(&["cs", "c#", "c-sharp", "c_sharp"]).files(&["cs", "csx"]),
    named("css").files(&["css"]).no_hash(),
    named("d").backticks(),
    named("dart").files(&["dart"]).no_hash(),
    named("django-html").also(&["htmldjango"]).markup(),
    named("dockerfile").names(&["dockerfile", "containerfile"]).wordy(),
    named("ejs").markup(),
    named("elixir").files(&["ex", "exs"]).backticks(),
    named("elm").backticks(),
    named("erb").also(&["eruby"]).markup(),
    named("erlang").files(&["erl", "hrl"]).wordy(),
    named("fish").backticks(),
    named("fortran")
        .also(&["fortran-modern", "fortranfixedform", "fortranfreeform"])
        .files(&["f", "f77", "f90", "f95", "f03", "f08", "for", "ftn", "fpp"])
        .wordy(),
    named("fsharp").files(&["fs", "fsi", "fsx"]).backticks(),
    named("gherkin").also(&["cucumber", "feature"]).prose(),
    named("git-rebase").prose(),
    named("gitcommit").also(&["git-commit"]).prose(),
    named("go").also(&["golang"]).files(&["go"]).no_hash().backticks(),
    named("graphql").files(&["graphql", "gql"]),
    named("groovy").files(&["groovy", "gradle"]).names(&["jenkinsfile"]),
    named("handlebars").markup(),
    named("haskell").files(&["hs"]).no_hash().backticks(),
    named("heex").markup(),
    named("html").files(&["html", "htm", "xhtml"]).markup(),
    named("inform").wordy(),
    named("ini").files(&["ini", "cfg", "properties"]),
    named("java").files(&["java"]).no_hash(),
    named("javascript").also(&["js"]).files(&["js", "mjs", "cjs"]).no_hash().backticks(),
    named("javascriptreact").also(&["jsx", "javascript.jsx"]).files(&["jsx"]).markup().no_hash().backticks(),
    named("jcl").files(&["jcl"]).wordy(),
    named("jinja").markup(),
    named("jinja-html").markup(),
    named("jjdescription").also(&["jj-commit"]).prose(),
    named("json").files(&["json", "webmanifest", "geojson"]),
    named("jsonc").also(&["json5", "jsonl"]).files(&["jsonc", "json5", "code-workspace"]).names(&[
        "tsconfig.json",
        "jsconfig.json",
        "devcontainer.json",
    ]),
    named("julia").files(&["jl"]).backticks(),
    named("kotlin").files(&["kt", "kts"]).no_hash().backticks(),
    named("latex").also(&["tex"]).files(&["tex"]).prose(),
    named("less").files(&["less"]).no_hash(),
    named("lisp").backticks(),
    named("lua").files(&["lua"]).no_hash(),
    named("mail").prose(),
    named("makefile").also(&["make"]).files(&["mk"]).names(&["makefile", "gnumakefile"]).wordy(),
    named("markdown").also(&["md", "mkd"]).files(&["md", "markdown"]).markdown(),
    named("mdx").also(&["markdown.mdx"]).files(&["mdx"]).markdown(),
    named("mediawiki").prose(),
    named("mysql").backticks(),
    named("natural").files(&["nsp", "nsn", "nss"]).wordy(),
    named("nim").backticks(),
    named("nix").files(&["nix"]),
    named("objective-c").files(&["m"]),
    named("org").prose(),
    named("pascal").also(&["delphi", "objectpascal"]).files(&["pas", "dpr", "dpk", "lpr"]).wordy(),
    named("perl").files(&["pl", "pm"]).backticks(),
    named("php").files(&["php", "phtml"]).markup().backticks(),
    named("plaintext").also(&["text", "txt"]).prose(),
    named("plsql")
        .files(&["fnc", "pck", "pkb", "pkg", "pkh", "pks", "plb", "pls", "plsql", "prc", "tpb", "tps", "trg"])
        .wordy(),
    named("pod").prose(),
    named("powershell").also(&["ps1", "pwsh"]).files(&["ps1", "psm1", "psd1"]),
    named("prolog").wordy(),
    named("proto").files(&["proto"]),
    named("python").also(&["py", "python3"]).files(&["py", "pyi", "pyw"]),
    named("quarto").markdown(),
    named("r").files(&["r"]).backticks(),
    named("razor").markup(),
    named("rd").prose(),
    named("restructuredtext").also(&["rst"]).files(&["rst"]).prose(),
    named("rmarkdown").also(&["rmd"]).markdown(),
    named("robotframework").wordy(),
    named("rpgle").files(&["rpgle", "sqlrpgle", "rpg"]).wordy(),
    named("ruby")
        .also(&["rb"])
        .files(&["rb", "rake", "gemspec", "ru"])
        .names(&["gemfile", "rakefile", "vagrantfile", "podfile"])
        .backticks(),
    named("rust").also(&["rs"]).files(&["rs"]).no_hash(),
    named("sas").files(&["sas"]).wordy(),
    named("scala").files(&["scala", "sbt", "sc"]).no_hash().backticks(),
    named("scheme").backticks(),
    named("scminput").prose(),
    named("scss").files(&["scss"]).no_hash(),
    named("shellscript")
        .also(&["bash", "sh", "shell", "zsh", "ksh", "sh-script"])
        .files(&["bash", "sh", "zsh", "ksh", "bats"])
        .names(&[".bashrc", ".bash_profile", ".profile", ".zshrc", "pkgbuild"])
        .backticks(),
    named("sql").files(&["sql", "ddl", "dml", "psql"]).wordy().no_hash().backticks(),
    named("svelte").files(&["svelte"]).markup().backticks(),
    named("svn-commit").prose(),
    named("swift").files(&["swift"]).no_hash().backticks(),
    named("systemverilog").files(&["sv", "svh"]).wordy(),
    named("tcl").files(&["tcl"]).wordy(),
    named("terraform")
        .also(&["tf", "tfvars", "terraform-vars", "opentofu", "opentofu-vars", "hcl"])
        .files(&["tf", "tfvars", "tofu", "hcl"]),
    named("texinfo").prose(),
    named("textile").prose(),
    named("tlpp").files(&["tlpp", "tlh"]).wordy(),
    named("toml").files(&["toml"]).names(&["cargo.lock", "poetry.lock", "uv.lock", "pipfile"]),
    named("twig").markup(),
    named("typescript").also(&["ts"]).files(&["ts", "mts", "cts"]).no_hash().backticks(),
    named("typescriptreact").also(&["tsx", "typescript.tsx"]).files(&["tsx"]).markup().no_hash().backticks(),
    named("typst").prose(),
    named("vb").also(&["vbnet", "vba", "visual-basic"]).files(&["bas", "frm", "vb"]).wordy(),
    named("vbscript").files(&["vbs"]).wordy(),
    named("verilog").files(&["v"]).wordy(),
    named("vhdl").files(&["vhd", "vhdl"]).wordy(),
    named("vue").files(&["vue"]).markup().backticks(),
    named("vue-html").markup(),
    named("xhtml").markup(),
    named("xml")
        .also(&["xsd", "xsl", "xslt", "svg"])
        .files(&["xml", "xsd", "xsl", "xslt", "svg", "csproj", "fsproj", "vbproj", "props", "targets"])
        .markup(),
    named("yaml")
        .also(&[
            "yml",
            "dockercompose",
            "docker-compose",
            "yaml.docker-compose",
            "yaml.ansible",
            "ansible",
            "github-actions-workflow",
            "yaml.gitlab",
            "azure-pipelines",
        ])
        .files(&["yaml", "yml"])
        .wordy(),
    named("zig").files(&["zig"]).no_hash(),
];

/// The row of an identifier, in any case and by any of its names.
fn find(id: &str) -> Option<&'static Language> {
    // Readers of answers ask for many lines, and nearly always by the identifier itself; the rows are in its order.
    if let Ok(at) = LANGUAGES.binary_search_by_key(&id, |language| language.id) {
        return LANGUAGES.get(at);
    }
    let is = |name: &&str| name.eq_ignore_ascii_case(id);
    LANGUAGES.iter().find(|language| is(&language.id) || language.also.iter().any(is))
}

/// The identifier by which the tables of this program know a language: `python` for `py`, `csharp` for `C#`.
pub(crate) fn canonical(id: &str) -> Cow<'static, str> {
    find(id).map_or_else(|| Cow::Owned(id.to_lowercase()), |language| Cow::Borrowed(language.id))
}

/// The language identifier of a file, as editors give it; `plaintext` where its name says nothing.
pub(crate) fn id_of_file(path: &Path) -> &'static str {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let by_name = LANGUAGES.iter().find(|language| language.names.contains(&name.as_str()));
    by_name
        .or_else(|| LANGUAGES.iter().find(|language| language.endings.contains(&ending)))
        .map_or("plaintext", |language| language.id)
}

/// Whether the identifier says nothing, so that the text itself has to show whether it is prose or code.
pub(crate) fn is_unknown(id: &str) -> bool {
    id.is_empty() || find(id).is_some_and(|language| language.id == "plaintext")
}

/// Whether nothing can be told from how the text reads.
pub(crate) fn is_prose(id: &str) -> bool {
    is_unknown(id) || find(id).is_some_and(|language| matches!(language.text, Text::Prose | Text::Markdown))
}

/// Whether a fenced block is part of the text.
pub(crate) fn is_markdown(id: &str) -> bool {
    find(id).is_some_and(|language| language.text == Text::Markdown)
}

/// Whether prose stands between tags.
pub(crate) fn is_markup(id: &str) -> bool {
    find(id).is_some_and(|language| language.text == Text::Markup)
}

/// Whether a line of plain words, a label or a list item is code.
pub(crate) fn is_wordy(id: &str) -> bool {
    find(id).is_some_and(|language| language.is_wordy)
}

/// Whether no line of the language starts with `# `, so that one is a heading around the code.
pub(crate) fn has_no_hash_lines(id: &str) -> bool {
    find(id).is_some_and(|language| !language.has_hash_lines)
}

/// Whether backticks around a text are a literal, a command or a name.
pub(crate) fn has_backticks(id: &str) -> bool {
    find(id).is_some_and(|language| language.has_backticks)
}

/// Whether `word` is a name of the language, as models write it behind a fence. A shell is a command as well.
pub(crate) fn is_called(id: &str, word: &str) -> bool {
    const COMMANDS: &[&str] = &["fish", "powershell", "shellscript"];
    let id = canonical(id);
    !COMMANDS.contains(&&*id) && id == canonical(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_ending_stands_in_two_rows() {
        let mut seen = std::collections::HashSet::new();
        for language in LANGUAGES {
            let ids = language.also.iter().chain([&language.id]).map(|id| ("id", *id));
            let endings = language.endings.iter().map(|ending| ("ending", *ending));
            let names = language.names.iter().map(|name| ("name", *name));
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
            assert_eq!(id_of_file(Path::new(name)), expected, "{name}");
            assert!(!is_prose(expected), "{expected}");
        }
    }

    #[test]
    fn a_name_that_says_nothing_is_plain_text() {
        for name in ["README", "notes.unknown", "", ".hidden"] {
            assert_eq!(id_of_file(Path::new(name)), "plaintext", "{name}");
        }
    }

    #[test]
    fn what_a_grammar_reads_is_known_to_the_shell_as_well() {
        let cases = [
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
        for (name, expected) in cases {
            assert_eq!(id_of_file(Path::new(name)), expected, "{name}");
            assert!(crate::syntax::language(expected, None).is_some(), "{name}");
        }
    }
}

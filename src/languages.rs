//! Facts about languages, by identifier or file name: one row each. The lists are not complete; an unknown language
//! counts as code with any kind of comments. Grammars are in `syntax`, strings and keywords in `edit`.

use std::borrow::Cow;
use std::path::Path;

/// A language as LSP clients name it. Several values in one field are separated by blanks.
struct Language {
    /// The language identifier of the LSP specification or VS Code.
    id: &'static str,
    /// Other names, in other editors or in the fences of models.
    also: &'static str,
    /// The extensions of its files, in lower case and without the dot.
    endings: &'static str,
    /// Complete names of its files, in lower case.
    names: &'static str,
    reads: &'static [Reads],
    comments: Comments,
}

/// The comments of a language. The first mark of each kind is the usual one. Both lists are empty if they are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comments {
    /// The marks of a comment that ends with its line.
    pub(crate) line: &'static [&'static str],
    /// The marks at the start and at the end of a comment.
    pub(crate) block: &'static [(&'static str, &'static str)],
}

const fn marks(line: &'static [&'static str], block: &'static [(&'static str, &'static str)]) -> Comments {
    Comments { line, block }
}

const UNKNOWN: Comments = marks(&[], &[]);
const C_LIKE: Comments = marks(&["//"], &[("/*", "*/")]);
const DASHES: Comments = marks(&["--"], &[]);
const HASH: Comments = marks(&["#"], &[]);
const HASKELL_LIKE: Comments = marks(&["--"], &[("{-", "-}")]);
const PERCENT: Comments = marks(&["%"], &[]);
const SEMICOLONS: Comments = marks(&[";;", ";"], &[]);
const SQL_LIKE: Comments = marks(&["--"], &[("/*", "*/")]);
const TAGS: Comments = marks(&[], &[("<!--", "-->")]);

/// How texts in a language read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// Prose: how a line reads does not show whether it belongs to the text.
    Prose,
    /// Prose in which a fenced block is part of the text.
    Markdown,
    /// Markup: prose between tags.
    Markup,
    /// Code in which a line may be plain words, a label or a list item.
    Wordy,
    /// A line that starts with `# ` is not a comment or a directive. It is a heading around the code.
    NoHashLines,
    /// Backticks around a text mark a literal, a command or a name.
    Backticks,
    /// Its code is that of JavaScript or TypeScript.
    Script,
    /// Its statements are those of Python.
    Pythonic,
}
use Reads::{Backticks, Markdown, Markup, NoHashLines, Prose, Pythonic, Script, Wordy};

const fn named(id: &'static str) -> Language {
    Language { id, also: "", endings: "", names: "", reads: &[], comments: UNKNOWN }
}

impl Language {
    const fn also(self, also: &'static str) -> Self {
        Self { also, ..self }
    }

    const fn files(self, endings: &'static str) -> Self {
        Self { endings, ..self }
    }

    const fn names(self, names: &'static str) -> Self {
        Self { names, ..self }
    }

    const fn reads(self, reads: &'static [Reads]) -> Self {
        Self { reads, ..self }
    }

    const fn comments(self, comments: Comments) -> Self {
        Self { comments, ..self }
    }
}

const LANGUAGES: &[Language] = &[
    named("4gl").files("4gl per").reads(&[Wordy]),
    named("abap").files("abap").reads(&[Wordy]).comments(marks(&["\""], &[])),
    named("abl").files("p w").reads(&[Wordy]),
    named("ada").files("adb ads").reads(&[Wordy]).comments(DASHES),
    named("advpl").files("aph apw prg prw prx").reads(&[Wordy]),
    named("angular").reads(&[Markup]),
    named("apex").files("apex trigger"),
    named("applescript").reads(&[Wordy]),
    named("asciidoc").reads(&[Prose]),
    named("asm").also("nasm gas").files("asm").reads(&[Wordy]).comments(marks(&[";", "#"], &[("/*", "*/")])),
    named("astro").reads(&[Markup, Backticks]),
    named("bat").also("dosbatch").files("bat cmd").reads(&[Wordy]),
    named("bibtex").reads(&[Prose]).comments(PERCENT),
    named("blade").reads(&[Markup]),
    named("c").files("c h").comments(C_LIKE),
    named("clojure").files("clj cljs cljc").reads(&[Backticks]).comments(SEMICOLONS),
    named("cmake").names("cmakelists.txt").comments(HASH),
    named("cobol").files("cbl cob cobol cpy ccp pco").reads(&[Wordy]).comments(marks(&["*>"], &[])),
    named("context").reads(&[Prose]),
    named("cpp").also("c++ cplusplus").files("cc cpp cxx hh hpp hxx c++ h++ ipp tpp cppm ixx").comments(C_LIKE),
    named("creole").reads(&[Prose]),
    named("csharp").also("cs c# c-sharp c_sharp").files("cs csx").comments(C_LIKE),
    named("css").files("css").reads(&[NoHashLines]).comments(marks(&[], &[("/*", "*/")])),
    named("cython").reads(&[Pythonic]).comments(HASH),
    named("d").reads(&[Backticks]).comments(C_LIKE),
    named("dart").files("dart").reads(&[NoHashLines]).comments(C_LIKE),
    named("django-html").also("htmldjango").reads(&[Markup]),
    named("dockerfile").names("dockerfile containerfile").reads(&[Wordy]).comments(HASH),
    named("ejs").reads(&[Markup]),
    named("elixir").files("ex exs").reads(&[Backticks]).comments(HASH),
    named("elm").reads(&[Backticks]).comments(HASKELL_LIKE),
    named("erb").also("eruby").reads(&[Markup]),
    named("erlang").files("erl hrl").reads(&[Wordy]).comments(PERCENT),
    named("fish").reads(&[Backticks]).comments(HASH),
    named("fortran")
        .also("fortran-modern fortranfixedform fortranfreeform")
        .files("f f77 f90 f95 f03 f08 for ftn fpp")
        .reads(&[Wordy])
        .comments(marks(&["!"], &[])),
    named("fsharp").files("fs fsi fsx").reads(&[Backticks]).comments(marks(&["//"], &[("(*", "*)")])),
    named("gdscript").reads(&[Pythonic]).comments(HASH),
    named("gherkin").also("cucumber feature").reads(&[Prose]),
    named("git-rebase").reads(&[Prose]),
    named("gitcommit").also("git-commit").reads(&[Prose]),
    named("go").also("golang").files("go").reads(&[NoHashLines, Backticks]).comments(C_LIKE),
    named("graphql").files("graphql gql").comments(HASH),
    named("groovy").files("groovy gradle").names("jenkinsfile").comments(C_LIKE),
    named("handlebars").reads(&[Markup]),
    named("haskell").files("hs").reads(&[NoHashLines, Backticks]).comments(HASKELL_LIKE),
    named("heex").reads(&[Markup]),
    named("html").files("html htm xhtml").reads(&[Markup]).comments(TAGS),
    named("inform").reads(&[Wordy]),
    named("ini").files("ini cfg properties").comments(HASH),
    named("java").files("java").reads(&[NoHashLines]).comments(C_LIKE),
    named("javascript").also("js").files("js mjs cjs").reads(&[NoHashLines, Backticks, Script]).comments(C_LIKE),
    named("javascriptreact")
        .also("jsx javascript.jsx")
        .files("jsx")
        .reads(&[Markup, NoHashLines, Backticks, Script])
        .comments(C_LIKE),
    named("jcl").files("jcl").reads(&[Wordy]),
    named("jinja").reads(&[Markup]),
    named("jinja-html").reads(&[Markup]),
    named("jjdescription").also("jj-commit").reads(&[Prose]),
    named("json").files("json webmanifest geojson"),
    named("jsonc")
        .also("json5 jsonl")
        .files("jsonc json5 code-workspace")
        .names("tsconfig.json jsconfig.json devcontainer.json")
        .comments(C_LIKE),
    named("julia").files("jl").reads(&[Backticks]).comments(marks(&["#"], &[("#=", "=#")])),
    named("kotlin").files("kt kts").reads(&[NoHashLines, Backticks]).comments(C_LIKE),
    named("latex").also("tex").files("tex").reads(&[Prose]).comments(PERCENT),
    named("less").files("less").reads(&[NoHashLines]).comments(C_LIKE),
    named("lisp").reads(&[Backticks]).comments(SEMICOLONS),
    named("lua").files("lua").reads(&[NoHashLines]).comments(marks(&["--"], &[("--[[", "]]"), ("--[=[", "]=]")])),
    named("mail").reads(&[Prose]),
    named("makefile").also("make").files("mk").names("makefile gnumakefile").reads(&[Wordy]).comments(HASH),
    named("markdown").also("md mkd").files("md markdown").reads(&[Markdown]).comments(TAGS),
    named("mdx").also("markdown.mdx").files("mdx").reads(&[Markdown]),
    named("mediawiki").reads(&[Prose]),
    named("mysql").reads(&[Backticks]).comments(SQL_LIKE),
    named("natural").files("nsp nsn nss").reads(&[Wordy]),
    named("nim").reads(&[Backticks]).comments(HASH),
    named("nix").files("nix").comments(marks(&["#"], &[("/*", "*/")])),
    named("objective-c").files("m").comments(C_LIKE),
    named("org").reads(&[Prose]),
    named("pascal")
        .also("delphi objectpascal")
        .files("pas dpr dpk lpr")
        .reads(&[Wordy])
        .comments(marks(&["//"], &[("{", "}"), ("(*", "*)")])),
    named("perl").files("pl pm").reads(&[Backticks]).comments(HASH),
    named("php").files("php phtml").reads(&[Markup, Backticks]).comments(marks(&["//", "#"], &[("/*", "*/")])),
    named("plaintext").also("text txt").reads(&[Prose]),
    named("plsql").files("fnc pck pkb pkg pkh pks plb pls plsql prc tpb tps trg").reads(&[Wordy]).comments(SQL_LIKE),
    named("pod").reads(&[Prose]),
    named("powershell").also("ps1 pwsh").files("ps1 psm1 psd1").comments(marks(&["#"], &[("<#", "#>")])),
    named("prolog").reads(&[Wordy]).comments(PERCENT),
    named("proto").files("proto").comments(C_LIKE),
    named("python").also("py python3").files("py pyi pyw").reads(&[Pythonic]).comments(HASH),
    named("quarto").reads(&[Markdown]),
    named("r").files("r").reads(&[Backticks]).comments(HASH),
    named("razor").reads(&[Markup]),
    named("rd").reads(&[Prose]),
    named("restructuredtext").also("rst").files("rst").reads(&[Prose]),
    named("rmarkdown").also("rmd").reads(&[Markdown]),
    named("robotframework").reads(&[Wordy]),
    named("rpgle").files("rpgle sqlrpgle rpg").reads(&[Wordy]),
    named("ruby")
        .also("rb")
        .files("rb rake gemspec ru")
        .names("gemfile rakefile vagrantfile podfile")
        .reads(&[Backticks])
        .comments(HASH),
    named("rust").also("rs").files("rs").reads(&[NoHashLines]).comments(C_LIKE),
    named("sas").files("sas").reads(&[Wordy]),
    named("scala").files("scala sbt sc").reads(&[NoHashLines, Backticks]).comments(C_LIKE),
    named("scheme").reads(&[Backticks]).comments(SEMICOLONS),
    named("scminput").reads(&[Prose]),
    named("scss").files("scss").reads(&[NoHashLines]).comments(C_LIKE),
    named("shellscript")
        .also("bash sh shell zsh ksh sh-script")
        .files("bash sh zsh ksh bats")
        .names(".bashrc .bash_profile .profile .zshrc pkgbuild")
        .reads(&[Backticks])
        .comments(HASH),
    named("sql").files("sql ddl dml psql").reads(&[Wordy, NoHashLines, Backticks]).comments(SQL_LIKE),
    named("starlark").reads(&[Pythonic]).comments(HASH),
    named("svelte").files("svelte").reads(&[Markup, Backticks, Script]).comments(TAGS),
    named("svn-commit").reads(&[Prose]),
    named("swift").files("swift").reads(&[NoHashLines, Backticks]).comments(C_LIKE),
    named("systemverilog").files("sv svh").reads(&[Wordy]).comments(C_LIKE),
    named("tcl").files("tcl").reads(&[Wordy]).comments(HASH),
    named("terraform")
        .also("tf tfvars terraform-vars opentofu opentofu-vars hcl")
        .files("tf tfvars tofu hcl")
        .comments(marks(&["#", "//"], &[("/*", "*/")])),
    named("texinfo").reads(&[Prose]),
    named("textile").reads(&[Prose]),
    named("tlpp").files("tlpp tlh").reads(&[Wordy]),
    named("toml").files("toml").names("cargo.lock poetry.lock uv.lock pipfile").comments(HASH),
    named("twig").reads(&[Markup]),
    named("typescript").also("ts").files("ts mts cts").reads(&[NoHashLines, Backticks, Script]).comments(C_LIKE),
    named("typescriptreact")
        .also("tsx typescript.tsx")
        .files("tsx")
        .reads(&[Markup, NoHashLines, Backticks, Script])
        .comments(C_LIKE),
    named("typst").reads(&[Prose]),
    named("vb").also("vbnet vba visual-basic").files("bas frm vb").reads(&[Wordy]).comments(marks(&["'"], &[])),
    named("vbscript").files("vbs").reads(&[Wordy]),
    named("verilog").files("v").reads(&[Wordy]).comments(C_LIKE),
    named("vhdl").files("vhd vhdl").reads(&[Wordy]).comments(DASHES),
    named("vue").files("vue").reads(&[Markup, Backticks, Script]).comments(TAGS),
    named("vue-html").reads(&[Markup]),
    named("xhtml").reads(&[Markup]).comments(TAGS),
    named("xml")
        .also("xsd xsl xslt svg")
        .files("xml xsd xsl xslt svg csproj fsproj vbproj props targets")
        .reads(&[Markup])
        .comments(TAGS),
    named("yaml")
        .also(
            "yml dockercompose docker-compose yaml.docker-compose yaml.ansible ansible \
             github-actions-workflow yaml.gitlab azure-pipelines",
        )
        .files("yaml yml")
        .reads(&[Wordy])
        .comments(HASH),
    named("zig").files("zig").reads(&[NoHashLines]).comments(marks(&["//"], &[])),
];

/// Languages of which only the comments are known.
const OTHERS: &[(&str, Comments)] = &[
    ("arduino cuda-cpp glsl hlsl objective-cpp prisma proto3 protobuf solidity", C_LIKE),
    ("commonlisp elisp emacs-lisp racket", SEMICOLONS),
    ("crystal dotenv helm just properties", HASH),
    ("gleam", marks(&["//"], &[])),
    ("idris purescript", HASKELL_LIKE),
    ("matlab octave", PERCENT),
    ("ocaml", marks(&[], &[("(*", "*)")])),
    ("pgsql postgres sqlite", SQL_LIKE),
];

/// The row of an identifier, in any letter case and by any of its names.
fn find(id: &str) -> Option<&'static Language> {
    // The reader of an answer looks up many lines, usually by identifier. The rows are sorted by it.
    if let Ok(at) = LANGUAGES.binary_search_by_key(&id, |language| language.id) {
        return LANGUAGES.get(at);
    }
    let mut names =
        LANGUAGES.iter().flat_map(|it| it.also.split_ascii_whitespace().chain([it.id]).map(move |name| (name, it)));
    names.find(|(name, _)| name.eq_ignore_ascii_case(id)).map(|(_, language)| language)
}

fn reads(id: &str, how: Reads) -> bool {
    find(id).is_some_and(|language| language.reads.contains(&how))
}

/// The identifier that the tables of this program use for a language: `python` for `py`, `csharp` for `C#`.
pub(crate) fn canonical(id: &str) -> Cow<'static, str> {
    find(id).map_or_else(|| Cow::Owned(id.to_lowercase()), |language| Cow::Borrowed(language.id))
}

/// The language identifier of a file, as editors set it; `plaintext` if its name is unknown.
pub(crate) fn id_of_file(path: &Path) -> &'static str {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_in = |words: &str, word: &str| words.split_ascii_whitespace().any(|it| it == word);
    let by_name = LANGUAGES.iter().find(|language| is_in(language.names, &name));
    let found = by_name.or_else(|| LANGUAGES.iter().find(|language| is_in(language.endings, ending)));
    found.map_or("plaintext", |language| language.id)
}

/// Whether the identifier is unknown. Then only the text can show whether it is prose or code.
pub(crate) fn is_unknown(id: &str) -> bool {
    id.is_empty() || find(id).is_some_and(|language| language.id == "plaintext")
}

/// Whether the language is prose or unknown, so that how a line reads shows nothing.
pub(crate) fn is_prose(id: &str) -> bool {
    is_unknown(id) || reads(id, Prose) || reads(id, Markdown)
}

/// Whether a fenced block is part of the text.
pub(crate) fn is_markdown(id: &str) -> bool {
    reads(id, Markdown)
}

/// Whether the language has prose between tags.
pub(crate) fn is_markup(id: &str) -> bool {
    reads(id, Markup)
}

/// Whether a line of plain words, a label or a list item is code.
pub(crate) fn is_wordy(id: &str) -> bool {
    reads(id, Wordy)
}

/// Whether no line of the language starts with `# `, so that such a line is a heading around the code.
pub(crate) fn has_no_hash_lines(id: &str) -> bool {
    reads(id, NoHashLines)
}

/// Whether backticks around a text mark a literal, a command or a name.
pub(crate) fn has_backticks(id: &str) -> bool {
    reads(id, Backticks)
}

/// Whether the language's code is that of JavaScript or TypeScript, with or without markup around it.
pub(crate) fn is_script(id: &str) -> bool {
    reads(id, Script)
}

/// Whether the language's statements are those of Python.
pub(crate) fn is_pythonic(id: &str) -> bool {
    reads(id, Pythonic)
}

/// The comments of the language.
pub(crate) fn comments(id: &str) -> Comments {
    let is_it = |names: &str| names.split(' ').any(|name| name.eq_ignore_ascii_case(id));
    let other = || OTHERS.iter().find(|(names, _)| is_it(names)).map_or(UNKNOWN, |(_, comments)| *comments);
    find(id).map_or_else(other, |language| language.comments)
}

/// Whether `word` is a name of the language, as models write it after a fence. A shell may also be a command.
pub(crate) fn is_called(id: &str, word: &str) -> bool {
    const COMMANDS: &[&str] = &["fish", "powershell", "shellscript"];
    let id = canonical(id);
    !COMMANDS.contains(&&*id) && id == canonical(word)
}

#[cfg(test)]
mod tests;

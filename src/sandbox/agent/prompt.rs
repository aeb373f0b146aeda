//! The parts of a prompt, by the convention of the language server: header lines (`Action: …`), then the code between
//! the lines `<selection>` and `</selection>`.

/// The parsed parts of a prompt. A value is empty if its header line is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) action: String,
    pub(super) language: String,
    pub(super) file: String,
    /// `Answer in: pt-BR`.
    pub(super) in_portuguese: bool,
    pub(super) result: String,
    /// `Instruction: …` or the text in `<instruction>` tags. Otherwise, without a selection, the whole prompt.
    pub(super) instruction: String,
    /// The text of the last selection, as in the document.
    pub(super) selection: Option<String>,
    /// The number of its first line, if the selection is a listing.
    pub(super) first_line: Option<usize>,
    /// The tag for remarks and the number of the first line, if the prompt requests remarks.
    pub(super) remarks: Option<(String, usize)>,
    /// The tag for code that the prompt requests: `code`, or `code-2` if the material already contains that tag.
    pub(super) code_tag: Option<String>,
}

impl Prompt {
    pub(super) fn parse(text: &str) -> Self {
        let suffix = suffix(text);
        let found = tagged(text, &format!("selection{suffix}"));
        let head = found.as_ref().map_or(text, |found| found.before.as_str());
        let header = |name: &str| {
            let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.map(str::trim).unwrap_or_default().to_owned()
        };
        let code_tag = Some(format!("code{suffix}")).filter(|tag| head.contains(&format!("<{tag}>\n…\n</{tag}>")));
        let instruction = tagged(text, &format!("instruction{suffix}")).map(|found| found.inside.trim().to_owned());
        let instruction = instruction.or_else(|| Some(header("Instruction")).filter(|text| !text.is_empty()));
        let remark_tag = Some(format!("remark{suffix}")).filter(|tag| head.contains(&format!("<{tag} lines=")));
        let listing = found.as_ref().filter(|found| found.is_listed).and_then(|found| unnumbered(&found.inside));
        let remarks = remark_tag.zip(listing.as_ref().map(|(first, _)| *first));
        let whole = || if found.is_none() { text.trim().to_owned() } else { String::new() };
        Self {
            action: header("Action").to_ascii_lowercase(),
            language: header("Language"),
            file: header("File"),
            in_portuguese: header("Answer in").to_ascii_lowercase().starts_with("pt"),
            result: header("Result").to_ascii_lowercase(),
            instruction: instruction.unwrap_or_else(whole),
            first_line: listing.as_ref().map(|(first, _)| *first),
            selection: listing.map(|(_, code)| code).or_else(|| found.map(|found| found.inside)),
            remarks,
            code_tag,
        }
    }

    /// Returns the text in the language of the prompt.
    pub(super) fn say<'a>(&self, english: &'a str, portuguese: &'a str) -> &'a str {
        if self.in_portuguese { portuguese } else { english }
    }
}

/// The suffix of the tag names in a prompt: `-2` if the material itself contains tags with these names.
fn suffix(text: &str) -> &str {
    fn closing(line: &str) -> Option<&str> {
        let rest = line.trim_end().strip_prefix("</selection")?.strip_suffix('>')?;
        let number = rest.strip_prefix('-').unwrap_or(rest);
        number.chars().all(|c| c.is_ascii_digit()).then_some(rest)
    }
    text.lines().rev().find_map(closing).unwrap_or_default()
}

/// A part of a prompt between two tags.
struct Tagged {
    /// The text before it.
    before: String,
    inside: String,
    /// Its tag names lines. Each line starts with its number.
    is_listed: bool,
}

/// The last `<tag>` line with a closing `</tag>` line, and the text between the two.
fn tagged(text: &str, tag: &str) -> Option<Tagged> {
    let (open, with_lines, close) = (format!("<{tag}>"), format!("<{tag} lines="), format!("</{tag}>"));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let closing = lines.iter().rposition(|line| line.trim_end() == close)?;
    let (lines, _) = lines.split_at_checked(closing)?;
    let opening = lines.iter().rposition(|line| line.trim_end() == open || line.starts_with(&with_lines))?;
    let (before, [open_line, inside @ ..]) = lines.split_at_checked(opening)? else { return None };
    let inside = inside.concat();
    // The line break before the closing tag belongs to the tag. It has the form that the prompt uses.
    let ending = if open_line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let inside = inside.strip_suffix(ending).or_else(|| inside.strip_suffix('\n')).unwrap_or(&inside).to_owned();
    Some(Tagged { before: before.concat(), inside, is_listed: open_line.starts_with(&with_lines) })
}

/// The number of the first line of a numbered listing, and its code without numbers.
fn unnumbered(listing: &str) -> Option<(usize, String)> {
    let mut first = None;
    let mut code = String::new();
    for line in listing.split_inclusive('\n') {
        let (number, text) = line.split_once("| ")?;
        first = first.or(Some(number.parse().ok()?));
        code.push_str(text);
    }
    Some((first?, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_prompt_are_found() {
        let prompt = Prompt::parse(
            "You help.\nAction: Refactor\nLanguage: rust\nFile: src/x.rs\nAnswer in: pt-BR\n<instruction>\nBe\nbrief\n</instruction>\n\
             <selection>\n    let x = 1;\r\n\n</selection>\nReply with the code alone.",
        );
        assert_eq!(
            (prompt.action.as_str(), prompt.language.as_str(), prompt.file.as_str()),
            ("refactor", "rust", "src/x.rs")
        );
        assert!(prompt.in_portuguese);
        assert_eq!(prompt.instruction, "Be\nbrief");
        assert_eq!(prompt.selection.as_deref(), Some("    let x = 1;\r\n"));
    }

    #[test]
    fn numbered_tags_and_the_requested_tag_are_found() {
        let prompt = Prompt::parse(
            "Action: refactor\n1. The new text:\n<code-2>\n…\n</code-2>\n<instruction-2>\nBe brief\n</instruction-2>\n\
             <selection-2>\n</selection>\n</selection-2>\nNow answer.",
        );
        assert_eq!(prompt.selection.as_deref(), Some("</selection>"));
        assert_eq!((prompt.code_tag.as_deref(), prompt.instruction.as_str()), (Some("code-2"), "Be brief"));
        assert_eq!(Prompt::parse("<selection>\nx\n</selection>").code_tag, None);
    }

    #[test]
    fn code_like_a_header_is_code() {
        let prompt = Prompt::parse("Language: yaml\n<selection>\nAction: explain\n</selection>");
        assert_eq!(prompt.action, "");
        assert_eq!(prompt.selection.as_deref(), Some("Action: explain"));
    }

    #[test]
    fn a_prompt_without_a_selection_is_a_question() {
        let prompt = Prompt::parse("  What is a ULID?\n");
        assert_eq!((prompt.selection, prompt.instruction.as_str()), (None, "What is a ULID?"));
        assert_eq!(Prompt::parse("<selection>\nnever closed").selection, None);
        assert_eq!(Prompt::parse("</selection>\n<selection>").selection, None);
        assert_eq!(Prompt::parse("<selection>\n</selection>").selection.as_deref(), Some(""));
    }
}

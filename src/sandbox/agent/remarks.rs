//! Remarks of the scripted agent about facts that it sees in the code. Each change that it suggests is harmless.

use super::language::Comments;
use super::prompt::Prompt;

/// The agent remarks on lines with more characters than this.
const LONG: usize = 100;

/// Text after this number of columns is deep. A tab counts as four columns.
const DEEP: usize = 20;

/// The maximum number of remarks of one kind.
const OF_EACH: usize = 3;

/// A kind of remark: its severity, and its text in English and Portuguese.
#[derive(PartialEq, Eq)]
struct RemarkTemplate(&'static str, &'static str, &'static str);

const OPEN_END: RemarkTemplate = RemarkTemplate(
    "warning",
    "This open end is nobody's. Write down whose it is.",
    "Aqui há uma pendência sem dono. Escreva de quem ela é.",
);
const BLANKS: RemarkTemplate =
    RemarkTemplate("hint", "There are blanks at the end of the line.", "Sobram espaços no fim da linha.");
const LONG_LINE: RemarkTemplate = RemarkTemplate(
    "information",
    "The line is long. Breaking it would help the reader.",
    "A linha é longa. Quebrá-la ajudaria a leitura.",
);
const NESTED: RemarkTemplate = RemarkTemplate(
    "information",
    "The code is deeply nested here. Returning earlier would make it flatter.",
    "O código está bem aninhado aqui. Retornar mais cedo o deixaria mais plano.",
);
/// The remark if the agent finds nothing. It shows a new user how to apply a suggestion.
const SHOWN: RemarkTemplate = RemarkTemplate(
    "hint",
    "The sandbox understands no code. This suggestion only shows how one goes in.",
    "O sandbox não entende código. Esta sugestão só mostra como uma entra no texto.",
);

/// The remarks on the selection of a prompt, in the requested form.
pub(super) fn remarks(prompt: &Prompt, tag: &str, first: usize) -> String {
    let code = prompt.selection.as_deref().unwrap_or_default();
    let comments = Comments::of(&prompt.language);
    let suffix = tag.strip_prefix("remark").unwrap_or_default();
    let block =
        |at: usize, line: &str, RemarkTemplate(severity, english, portuguese): &RemarkTemplate, new: Option<String>| {
            let new = new.map(|new| format!("<new{suffix}>\n{new}\n</new{suffix}>\n")).unwrap_or_default();
            format!(
                "<remark{suffix} lines=\"{}\" severity=\"{severity}\">\n<at{suffix}>{}</at{suffix}>\n\
             <say{suffix}>{}</say{suffix}>\n{new}</remark{suffix}>\n",
                first + at,
                line.trim(),
                prompt.say(english, portuguese),
            )
        };
    let mut kinds = Vec::new();
    let mut text = String::new();
    for (at, line) in code.lines().enumerate() {
        let Some((kind, new)) = seen(line, comments) else { continue };
        let is_enough = kinds.iter().filter(|known| **known == kind).count() >= OF_EACH;
        if !is_enough && (new.is_some() || prompt.action != "suggest") {
            text.push_str(&block(at, line, &kind, new));
            kinds.push(kind);
        }
    }
    if !text.is_empty() {
        return text;
    }
    let shown = code.lines().enumerate().find(|(_, line)| !line.trim().is_empty()).zip(comments.line);
    let shown = shown.map(|((at, line), mark)| {
        let (indentation, _) = line.split_at(line.len() - line.trim_start().len());
        let words = prompt.say("Reviewed by the StackSpot sandbox.", "Revisado pelo sandbox do StackSpot.");
        block(at, line, &SHOWN, Some(format!("{indentation}{mark} {words}\n{line}")))
    });
    shown.unwrap_or_else(|| format!("<none{suffix}/>\n"))
}

/// The remark on a line, and the improved line.
fn seen(line: &str, comments: Comments) -> Option<(RemarkTemplate, Option<String>)> {
    if let Some(marker) = ["TODO:", "FIXME:"].into_iter().find(|marker| line.contains(marker)) {
        return Some((OPEN_END, Some(line.replacen(marker, &marker.replace(':', "(team):"), 1))));
    }
    let trimmed = line.trim_end();
    let is_code = !trimmed.is_empty() && !comments.is_of_markup();
    if trimmed.len() < line.len() && is_code {
        return Some((BLANKS, Some(trimmed.to_owned())));
    }
    if trimmed.chars().count() > LONG {
        return Some((LONG_LINE, None));
    }
    let indentation = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    let columns: usize = indentation.map(|c| if c == '\t' { 4 } else { 1 }).sum();
    (columns >= DEEP && is_code).then_some((NESTED, None))
}

//! Remarks of the scripted agent: about what it really sees, each with a change that does no harm.

use super::language::Language;
use super::prompt::Prompt;

/// Lines of more characters than this are remarked on.
const LONG: usize = 100;

/// So many steps of indentation are deep.
const DEEP: usize = 5;

/// So many remarks of one kind are enough.
const OF_EACH: usize = 3;

/// What is seen in a line.
struct Seen<'a> {
    severity: &'static str,
    say: &'a str,
    /// The new text of the line.
    new: Option<String>,
}

/// The remarks on the selection of a prompt, in the form that it asks for.
pub(super) fn remarks(prompt: &Prompt, tag: &str, first: usize) -> String {
    let code = prompt.selection.as_deref().unwrap_or_default();
    let (language, pt) = (Language::of(&prompt.language), prompt.in_portuguese);
    let suffix = tag.strip_prefix("remark").unwrap_or_default();
    let needs_new = prompt.action == "suggest";
    let mut counts = [0_usize; 4];
    let mut text = String::new();
    for (at, line) in code.lines().enumerate() {
        let Some((kind, seen)) = seen(line, language, pt) else { continue };
        let Some(count) = counts.get_mut(kind).filter(|count| **count < OF_EACH) else { continue };
        if needs_new && seen.new.is_none() {
            continue;
        }
        *count += 1;
        text.push_str(&block(suffix, first + at, line, &seen));
    }
    if text.is_empty() {
        let line = code.lines().enumerate().find(|(_, line)| !line.trim().is_empty());
        let shown = line.and_then(|(at, line)| Some(block(suffix, first + at, line, &commented(line, language, pt)?)));
        text = shown.unwrap_or_else(|| format!("<none{suffix}/>\n"));
    }
    text
}

/// What is seen in a line, and of which kind that is.
fn seen(line: &str, language: Language, pt: bool) -> Option<(usize, Seen<'static>)> {
    let trimmed = line.trim_end();
    if let Some(marker) = ["TODO", "FIXME"].into_iter().find(|it| line.contains(&format!("{it}:"))) {
        let say = if pt {
            "Aqui há uma pendência sem dono. Escreva de quem ela é."
        } else {
            "This open end is nobody's. Write down whose it is."
        };
        let new = line.replacen(&format!("{marker}:"), &format!("{marker}(team):"), 1);
        return Some((0, Seen { severity: "warning", say, new: Some(new) }));
    }
    if trimmed.len() < line.len() && !trimmed.is_empty() && !language.is_markup {
        let say = if pt { "Sobram espaços no fim da linha." } else { "There are blanks at the end of the line." };
        return Some((1, Seen { severity: "hint", say, new: Some(trimmed.to_owned()) }));
    }
    if trimmed.chars().count() > LONG {
        let say = if pt {
            "A linha é longa. Quebrá-la ajudaria a leitura."
        } else {
            "The line is long. Breaking it would help the reader."
        };
        return Some((2, Seen { severity: "information", say, new: None }));
    }
    let indentation = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    let columns: usize = indentation.map(|c| if c == '\t' { 4 } else { 1 }).sum();
    if columns >= 4 * DEEP && !trimmed.is_empty() && !language.is_markup {
        let say = if pt {
            "O código está bem aninhado aqui. Retornar mais cedo o deixaria mais plano."
        } else {
            "The code is deeply nested here. Returning earlier would make it flatter."
        };
        return Some((3, Seen { severity: "information", say, new: None }));
    }
    None
}

/// Where nothing is to be seen: a comment, so that a newcomer sees how a suggestion goes in. `None` in a language without
/// comments of one line.
fn commented(line: &str, language: Language, pt: bool) -> Option<Seen<'static>> {
    let mark = language.line?;
    let indentation = line.get(..line.len() - line.trim_start().len())?;
    let (say, words) = if pt {
        (
            "O sandbox não entende código. Esta sugestão só mostra como uma entra no texto.",
            "Revisado pelo sandbox do StackSpot.",
        )
    } else {
        (
            "The sandbox understands no code. This suggestion only shows how one goes in.",
            "Reviewed by the StackSpot sandbox.",
        )
    };
    Some(Seen { severity: "hint", say, new: Some(format!("{indentation}{mark} {words}\n{line}")) })
}

fn block(suffix: &str, number: usize, line: &str, seen: &Seen<'_>) -> String {
    let Seen { severity, say, new } = seen;
    let new = new.as_ref().map(|new| format!("<new{suffix}>\n{new}\n</new{suffix}>\n")).unwrap_or_default();
    format!(
        "<remark{suffix} lines=\"{number}\" severity=\"{severity}\">\n<at{suffix}>{}</at{suffix}>\n<say{suffix}>{say}</say{suffix}>\n\
         {new}</remark{suffix}>\n",
        line.trim()
    )
}

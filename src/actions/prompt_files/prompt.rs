//! The prompt of a prompt file: its template, then all given parts that the template does not mention.

use std::ops::Range;

use minijinja::Value;
use ropey::Rope;

use super::PromptFile;
use crate::actions::context::{
    AddedPart, Delimiters, Part, PartKind, PartStatus, Prompt, Section, Writer, attribute, surroundings, window,
};
use crate::actions::listing::numbered;
use crate::actions::prompt::{Form, PromptContext, PromptTooLarge, build};
use crate::actions::template::{Variable, diagnostics, open_documents};
use crate::actions::{Action, ActionResult};
use crate::i18n::{Language, Message, message};

/// The reason why there is no prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message().text(Language::En))]
pub enum PromptFileError {
    /// The template could not be rendered. The message has the file and the reason.
    Template(Message),
    /// The prompt is over the budget.
    TooLarge(Message),
}

impl PromptFileError {
    /// The file and the reason why there is no prompt.
    pub fn message(&self) -> Message {
        let (Self::Template(message) | Self::TooLarge(message)) = self;
        message.clone()
    }

    /// Whether the prompt is over its budget.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge(_))
    }
}

impl From<PromptTooLarge> for PromptFileError {
    fn from(error: PromptTooLarge) -> Self {
        Self::TooLarge(error.message())
    }
}

/// Writes the prompt of `file`, the file of `context.action`, for `selection`, a range of bytes in `text`. Rendering
/// takes up to some tenths of a second: call it where blocking is allowed.
///
/// If the template mentions its subject, it is the whole task. Then only the user's and the editor's parts that it does
/// not mention are added. Otherwise the selection follows, as in every other prompt. Fails if the template fails, or if
/// the prompt is over its budget.
pub(crate) fn prompt(
    file: &PromptFile,
    text: &Rope,
    selection: Range<usize>,
    context: PromptContext<'_>,
    branch: impl Fn() -> Option<String>,
) -> Result<Prompt, PromptFileError> {
    let unusable = |problem: Message| message!("prompt-file-unusable", file = &file.shown, problem = problem);
    let failed = |problem| PromptFileError::Template(unusable(problem));
    let mentions = |variable| file.template.mentions(variable);
    let shows_itself =
        mentions(Variable::Selection) || (mentions(Variable::File) && context.action.result == ActionResult::Answer);
    let (head, tail) =
        if shows_itself { (head(&context), tail(file, text, &selection, &context)) } else { Default::default() };
    let fixed = head.chars().count() + tail.chars().count();
    let Some(budget) = context.max_chars.checked_sub(fixed) else {
        return Err(PromptTooLarge { needed: fixed, budget: context.max_chars }.into());
    };
    let value = |variable| match variable {
        Variable::Branch => branch().unwrap_or_default().into(),
        variable => value(variable, text, &selection, &context),
    };
    let rendered = file.template.render(budget, value).map_err(|problem| failed(problem.message()))?;
    let too_long = || PromptFileError::TooLarge(unusable(message!("template-too-long", chars = budget)));
    let rendered = rendered.ok_or_else(too_long)?;
    let rendered = rendered.trim_end();
    if rendered.trim_start().is_empty() {
        return Err(failed(message!("template-blank")));
    }
    if shows_itself {
        let mut writer = Writer::default();
        [&*head, rendered, &tail].into_iter().for_each(|words| writer.words(words));
        let chars = fixed + rendered.chars().count();
        return Ok(writer.finish(vec![Part::of(PartKind::Task, chars, PartStatus::Whole)], context.max_chars));
    }
    let task = format!("{rendered}\n\nResult: {}", context.action.result.name());
    let action = Action { prompt: task.into(), ..context.action.clone() };
    // The parts that the template mentions are not repeated.
    let context = PromptContext {
        action: &action,
        diagnostics: if mentions(Variable::Diagnostics) { &[] } else { context.diagnostics },
        instruction: context.instruction.filter(|_| !mentions(Variable::Instruction)),
        surrounding_lines: if mentions(Variable::File) { 0 } else { context.surrounding_lines },
        imports: if mentions(Variable::File) { &[] } else { context.imports },
        open_documents: if mentions(Variable::OpenDocuments) { &[] } else { context.open_documents },
        ..context
    };
    Ok(build(text, selection, context)?)
}

/// The separate lines that an agent can rely on.
fn head(context: &PromptContext<'_>) -> String {
    let file = context.path.map(|path| format!("File: {}\n", attribute(path))).unwrap_or_default();
    format!(
        "Action: {}\nLanguage: {}\n{file}Answer in: {}\nResult: {}\n\n",
        context.action.id,
        context.language_id,
        context.answer_language,
        context.action.result.name()
    )
}

/// The given parts that the template does not mention, and the form of the reply.
fn tail(file: &PromptFile, text: &Rope, selection: &Range<usize>, context: &PromptContext<'_>) -> String {
    let mut tail = String::from("\n");
    if let Some(instruction) = context.instruction.filter(|_| !file.template.mentions(Variable::Instruction)) {
        tail.push_str(&format!(
            "\nWhat the developer says in <instruction> decides what is done.\n\n<instruction>\n{instruction}\n</instruction>\n"
        ));
    }
    if !context.diagnostics.is_empty() && !file.template.mentions(Variable::Diagnostics) {
        let lines: Vec<String> = context.diagnostics.iter().map(ToString::to_string).collect();
        tail.push_str(&format!("\n<diagnostics>\n{}\n</diagnostics>\n", lines.join("\n")));
    }
    if !context.added.is_empty() {
        let mut writer = Writer::default();
        let sections: Vec<Section> = context.added.iter().map(AddedPart::section).collect();
        let tags = Delimiters::not_used_in(context.language_id, sections.iter().flat_map(Section::texts));
        writer.words(&tags.in_wording("\n<context> is what the developer added by hand for this question.\n\n"));
        sections.iter().for_each(|section| writer.section(section, &tags));
        tail.push_str(&writer.finish(Vec::new(), 0).text);
    }
    let form = Form::of(context, text, selection, false);
    if let Some(words) = form.words() {
        // The template's own tags do not count: only the language decides the spelling of the tags.
        let tags = Delimiters::not_used_in(context.language_id, std::iter::empty());
        tail.push_str(&tags.in_wording(&format!("\n{words}\n{}", form.reminder())));
    }
    tail
}

/// The value of a variable. A missing value is an empty string, so that `{% if branch %}` works as expected.
fn value(variable: Variable, text: &Rope, selection: &Range<usize>, context: &PromptContext<'_>) -> Value {
    let slice = |from: usize, to: usize| text.get_byte_slice(from..to).map(String::from).unwrap_or_default();
    let shown = || surroundings(text, selection, window(context.surrounding_lines, false), context.max_chars).0;
    match variable {
        Variable::Selection if context.action.result == ActionResult::Remarks => numbered(text, selection).into(),
        Variable::Selection => match context.left_out {
            Some(cut) => (slice(selection.start, cut.start) + &slice(cut.end, selection.end)).into(),
            None => slice(selection.start, selection.end).into(),
        },
        Variable::Language => context.language_id.into(),
        Variable::Path => context.path.unwrap_or_default().into(),
        Variable::File => text.to_string().into(),
        Variable::Before => slice(shown().start, selection.start).into(),
        Variable::After => slice(selection.end, shown().end).into(),
        Variable::Diagnostics => diagnostics(context.diagnostics),
        Variable::Instruction => context.instruction.unwrap_or_default().into(),
        Variable::OpenDocuments => open_documents(context.open_documents),
        // The caller reads it, at a place where it may read files.
        Variable::Branch => Value::from(""),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::actions::BUILT_INS;
    use crate::actions::context::Diagnostic;
    use crate::actions::prompt_files::PromptFileOwner;

    const TEXT: &str = "one\ntwo\nTHREE\nfour\nfive\n";

    /// The input of a run.
    struct RunInput {
        instruction: Option<&'static str>,
        diagnostics: Vec<Diagnostic>,
        max_chars: usize,
        left_out: Option<Range<usize>>,
    }

    const NOTHING: RunInput = RunInput { instruction: None, diagnostics: vec![], max_chars: 5_000, left_out: None };

    /// The prompt of a template about the line `THREE`.
    fn prompt_of(source: &str, result: ActionResult, given: &RunInput) -> Result<String, PromptFileError> {
        let file = Arc::new(PromptFile::of_template(".stackspot/actions/look.md", PromptFileOwner::Personal, source));
        let action = Action { id: "look".into(), result, file: Some(Arc::clone(&file)), ..BUILT_INS[0].clone() };
        let context = PromptContext {
            diagnostics: &given.diagnostics,
            instruction: given.instruction,
            surrounding_lines: 1,
            max_chars: given.max_chars,
            left_out: given.left_out.as_ref(),
            ..PromptContext::of(&action)
        };
        prompt(&file, &Rope::from_str(TEXT), 8..14, context, || Some("main".into())).map(|prompt| prompt.text)
    }

    fn answer(source: &str) -> String {
        prompt_of(source, ActionResult::Answer, &NOTHING).unwrap()
    }

    #[test]
    fn template_with_the_selection_is_the_whole_task() {
        assert_eq!(
            answer("Look:\n<selection>\n{{ selection }}</selection>\n"),
            "Action: look\nLanguage: rust\nFile: src/lib.rs\nAnswer in: en\nResult: answer\n\nLook:\n<selection>\nTHREE\n</selection>\n"
        );
        assert!(
            answer("{{ before }}|{{ selection }}|{{ after }}|{{ branch }}").ends_with("two\n|THREE\n|four\n|main\n")
        );
    }

    #[test]
    fn selection_follows_a_template_without_it() {
        let prompt = answer("Look at the code on {{ branch }}.\n");
        let task = ["Look at the code on main.", "\nResult: answer\n", "\nAction: look\n"];
        assert!(task.iter().all(|part| prompt.contains(part)), "{prompt}");
        let selection = "<before lines=\"2\">\ntwo\n</before>\n<selection lines=\"3\">\n3| THREE\n</selection>\n<after lines=\"4\">\nfour\n</after>\n";
        assert!(prompt.ends_with(selection), "{prompt}");
        assert!(!answer("{{ file }}").contains("<selection>"), "a question about the file is about the file");
        let edit = prompt_of("{{ file }}", ActionResult::Replace, &NOTHING).unwrap();
        assert!(edit.contains("<selection>\nTHREE\n</selection>") && !edit.contains("<before lines"), "{edit}");
    }

    #[test]
    fn input_is_in_the_prompt_exactly_once() {
        let odd = Diagnostic { line: Some(3), message: "odd".to_owned(), ..Diagnostic::default() };
        let given = RunInput { instruction: Some("be kind"), diagnostics: vec![odd], ..NOTHING };
        for (source, problem, tags) in [
            ("{{ selection }}", "<diagnostics>\nline 3: odd\n", 1),
            ("Look.", "<diagnostics>\nline 3 `THREE`: odd\n", 1),
            ("{{ selection }} {{ instruction }} {{ diagnostics }}", "line 3: odd", 0),
            ("{{ instruction }} {{ diagnostics }}", "line 3: odd", 0),
        ] {
            let prompt = prompt_of(source, ActionResult::Answer, &given).unwrap();
            let counts = ["be kind", problem, "<instruction>\nbe kind\n"].map(|part| prompt.matches(part).count());
            assert_eq!(counts, [1, 1, tags], "{prompt}");
        }
    }

    #[test]
    fn an_edit_asks_for_one_of_three_forms() {
        for source in ["{{ selection }}", "Look."] {
            let prompt = prompt_of(source, ActionResult::Replace, &NOTHING).unwrap();
            assert!(prompt.contains("<code>\n…\n</code>") && prompt.contains("\nResult: replace\n"), "{prompt}");
        }
    }

    #[test]
    fn comment_with_the_instruction_is_not_in_the_prompt() {
        let given = RunInput { left_out: Some(8..10), ..NOTHING };
        let prompt = prompt_of("[{{ selection }}]", ActionResult::Answer, &given);
        assert!(prompt.unwrap().ends_with("[REE\n]\n"));
    }

    #[test]
    fn no_prompt_of_a_file_is_larger_than_its_budget() {
        for source in
            ["{{ selection }}{{ file }}", "Look.", "{{ file }}", "{% for line in file | lines %}{{ line }}{% endfor %}"]
        {
            for max_chars in (0..2_000).step_by(13) {
                let made = prompt_of(source, ActionResult::Replace, &RunInput { max_chars, ..NOTHING });
                match made {
                    Ok(prompt) => assert!(prompt.chars().count() <= max_chars),
                    Err(error) => assert!(error.is_too_large(), "{error}"),
                }
            }
        }
    }

    #[test]
    fn template_error_names_file_and_line() {
        for (source, said) in [
            ("Look:\n{{ diagnostics[0].message }}", "look.md could not be used: line 2: undefined value"),
            ("{% if instruction %}{{ selection }}{% endif %}", "the prompt is empty"),
        ] {
            let error = prompt_of(source, ActionResult::Answer, &NOTHING).unwrap_err().to_string();
            assert!(error.starts_with("The prompt file .stackspot/actions/look.md") && error.contains(said), "{error}");
        }
    }
}

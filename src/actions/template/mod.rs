//! Templates of prompt files: a small, harmless part of Jinja.
//!
//! A template may come with a workspace, and a workspace is not trusted. So a template reads nothing but the variables
//! that it is given, runs nothing, and ends: what it may consist of is checked when it is loaded (`subset`), and what it
//! may cost is bounded while it renders. minijinja's fuel counts its steps and the bytes that it moves; that alone is not
//! enough, because values that nest in one another without end can be made from little fuel, and whoever prints, compares
//! or frees them runs out of stack. Hence no template can nest values: no calls, no arithmetic, no lists but constant ones.

mod output;
mod subset;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

use self::output::BoundedText;
pub(crate) use self::values::{Variable, diagnostics, open_documents};
use super::problem::Problem;
use crate::i18n::{Message, message};

/// How much a template may do: one for each step, and one for each 64 bytes that are made or looked at. This bounds the
/// time at some tenths of a second, and the memory for what is made on the way at some 32 MiB.
const FUEL: u64 = 500_000;

/// Loops and blocks within one another, at most.
const DEEPEST_NESTING: usize = 64;

/// The name of every template towards the engine, by which it decides that nothing is to be escaped.
const NAME: &str = "prompt";

/// A template that consists of nothing that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: Arc<str>,
    first_line: usize,
    mentions: BTreeSet<Variable>,
}

impl Template {
    /// Takes `source`, whose first line is line `first_line` of its file, counted from one.
    ///
    /// # Errors
    /// What in it is not understood, not allowed, or not known, with the line of the file.
    pub(crate) fn parse(source: &str, first_line: usize) -> Result<Self, Problem> {
        let mentions = subset::check(source).map_err(|problem| in_file(problem, first_line))?;
        // What the engine finds wrong beyond that is found now and not when the template is used.
        let environment = environment();
        let parsed = environment.template_from_named_str(NAME, source);
        parsed.map_err(|error| in_file(of_engine(&error), first_line))?;
        Ok(Self { source: source.into(), first_line, mentions })
    }

    /// Whether the template uses a variable; only those that it does need a value.
    pub fn mentions(&self, variable: Variable) -> bool {
        self.mentions.contains(&variable)
    }

    /// Renders the template; `None` where that makes more than `max_chars` characters. `value` is asked once for each variable
    /// that the template mentions. This takes up to some tenths of a second: call it where blocking is allowed.
    ///
    /// # Errors
    /// What went wrong, with the line of the file; also where it does more than it may.
    pub(crate) fn render(
        &self,
        max_chars: usize,
        value: impl Fn(Variable) -> Value,
    ) -> Result<Option<String>, Problem> {
        let variables: BTreeMap<&str, Value> =
            self.mentions.iter().map(|&variable| (variable.name(), value(variable))).collect();
        let environment = environment();
        let mut output = BoundedText::new(max_chars);
        let rendered = environment
            .template_from_named_str(NAME, &self.source)
            .and_then(|template| template.render_captured_to(Value::from(variables), &mut output).map(drop));
        if output.is_overfull {
            return Ok(None);
        }
        rendered.map_err(|error| in_file(of_engine(&error), self.first_line))?;
        Ok(Some(output.into_text()))
    }
}

/// A problem of a template that begins on line `first_line` of its file.
fn in_file(problem: Problem, first_line: usize) -> Problem {
    Problem { line: problem.line.map(|line| line.saturating_add(first_line.saturating_sub(1))), ..problem }
}

/// What the engine says, mostly in its own words.
fn of_engine(error: &minijinja::Error) -> Problem {
    let detail = error.detail();
    let reason = match (error.kind(), detail) {
        (ErrorKind::OutOfFuel, _) => message!("template-too-many-steps"),
        (ErrorKind::SyntaxError, None) => message!("template-none"),
        (ErrorKind::SyntaxError, Some(detail)) => match detail.strip_prefix("unknown statement ") {
            Some(name) => not_available(message!("template-blocks", name = name.to_owned())),
            None => Message::verbatim(detail.to_owned()),
        },
        (kind, None) => Message::verbatim(kind.to_string()),
        (kind, Some(detail)) => Message::verbatim(format!("{kind}: {detail}")),
    };
    Problem { line: error.line(), reason }
}

/// It is Jinja, but not allowed here.
fn not_available(what: Message) -> Message {
    message!("template-not-available", what = what)
}

fn environment<'source>() -> Environment<'source> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEEPEST_NESTING);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Only so does the engine name what is not defined.
    environment.set_debug(true);
    environment
}

#[cfg(test)]
mod tests;

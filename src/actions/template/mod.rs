//! Templates of prompt files: a small, harmless part of Jinja.
//!
//! A template may come with a workspace, and a workspace is not trusted. So a template reads nothing but the variables
//! that it is given, runs nothing, and ends: what it may consist of is checked when it is loaded (`subset`), and what it
//! may cost is bounded while it renders. minijinja's fuel counts its steps and the bytes that it moves; that alone is not
//! enough, because values that nest in one another without end can be made from little fuel, and whoever prints, compares
//! or frees them runs out of stack. Hence no template can nest values: no calls, no arithmetic, no lists but constant ones.

mod error;
mod output;
mod subset;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior, Value};

pub(crate) use error::{TemplateError, TemplateProblem};
pub(super) use error::{at_line, suggesting};
use output::BoundedText;
pub(super) use subset::similar;
pub(crate) use values::{Variable, diagnostics, open_documents};

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
    pub fn parse(source: &str, first_line: usize) -> Result<Self, TemplateError> {
        let at_line_of_file = |error: TemplateError| error.moved_down(first_line.saturating_sub(1));
        let mentions = subset::check(source).map_err(at_line_of_file)?;
        // What the engine finds wrong beyond that is found now and not when the template is used.
        let environment = environment();
        environment.template_from_named_str(NAME, source).map_err(|error| at_line_of_file((&error).into()))?;
        Ok(Self { source: source.into(), first_line, mentions })
    }

    /// Whether the template uses a variable; only those that it does need a value.
    pub fn mentions(&self, variable: Variable) -> bool {
        self.mentions.contains(&variable)
    }

    /// Renders the template with at most `max_chars` characters. `value` is asked once for each variable that the template
    /// mentions. This takes up to some tenths of a second: call it where blocking is allowed.
    ///
    /// # Errors
    /// What went wrong, with the line of the file; also where one of the bounds is reached.
    pub fn render(&self, max_chars: usize, value: impl Fn(Variable) -> Value) -> Result<String, TemplateError> {
        let variables: BTreeMap<&str, Value> =
            self.mentions.iter().map(|&variable| (variable.name(), value(variable))).collect();
        let environment = environment();
        let mut output = BoundedText::new(max_chars);
        let rendered = environment
            .template_from_named_str(NAME, &self.source)
            .and_then(|template| template.render_captured_to(Value::from(variables), &mut output).map(drop));
        if output.is_overfull() {
            return Err(TemplateError { line: None, reason: TemplateProblem::TooLong { max_chars } });
        }
        rendered.map_err(|error| TemplateError::from(&error).moved_down(self.first_line.saturating_sub(1)))?;
        Ok(output.into_text())
    }
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

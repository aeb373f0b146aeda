//! Templates of prompt files: a small, harmless part of Jinja.
//!
//! A template may come with a workspace, and a workspace is not trusted. Therefore a template reads only its variables,
//! runs nothing, and ends. `subset` checks its content at load time, and rendering has a cost limit. minijinja's fuel
//! counts its steps and the bytes that it moves. That is not enough: little fuel can create values of endless nesting.
//! Code that prints, compares or frees such values overflows the stack. Therefore no template can nest values: no
//! calls, no arithmetic, only constant lists.

mod errors;
mod output;
mod subset;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior, Value};

use self::errors::{NAME, of_engine};
use self::output::BoundedText;
pub(crate) use self::values::{Variable, diagnostics, open_documents};
use super::problem::Problem;

/// The fuel of a template: one unit for each step, and one for each 64 bytes that it creates or reads. This limits the
/// time to some tenths of a second, and the memory for intermediate values to some 32 MiB.
const FUEL: u64 = 500_000;

/// The largest number of nested loops and blocks.
const DEEPEST_NESTING: usize = 64;

/// A template with only allowed content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: Arc<str>,
    first_line: usize,
    mentions: BTreeSet<Variable>,
}

impl Template {
    /// Reads `source`, which starts on line `first_line` of its file, counted from one.
    ///
    /// # Errors
    /// The first part that is not understood, not allowed or not known, with the line of the file.
    pub(crate) fn parse(source: &str, first_line: usize) -> Result<Self, Problem> {
        let mentions = subset::check(source).map_err(|problem| in_file(problem, first_line))?;
        // The engine's own errors are found now, and not at the first use of the template.
        let environment = environment();
        let parsed = environment.template_from_named_str(NAME, source);
        parsed.map_err(|error| in_file(of_engine(&error), first_line))?;
        Ok(Self { source: source.into(), first_line, mentions })
    }

    /// Whether the template uses a variable. Only the used variables need a value.
    pub fn mentions(&self, variable: Variable) -> bool {
        self.mentions.contains(&variable)
    }

    /// Renders the template. Returns `None` if the text has more than `max_chars` characters. `value` is called once
    /// for each variable of the template. This takes up to some tenths of a second: call it where blocking is allowed.
    ///
    /// # Errors
    /// The problem, with the line of the file; also if the template exceeds its limits.
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

/// A problem of a template that starts on line `first_line` of its file.
fn in_file(problem: Problem, first_line: usize) -> Problem {
    Problem { line: problem.line.map(|line| line.saturating_add(first_line.saturating_sub(1))), ..problem }
}

fn environment<'source>() -> Environment<'source> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEEPEST_NESTING);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Only in this mode, the engine names undefined variables.
    environment.set_debug(true);
    environment
}

#[cfg(test)]
mod tests;

//! "Fix all of this rule here": each finding of another server's rule is fixed in a job of its own, as any other fix.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::jsonrpc::Result;

use super::run;
use crate::actions::{FIX, QUICK_FIX};
use crate::display;
use crate::documents::{Range, Snapshot};
use crate::i18n::message;
use crate::job::JobId;
use crate::server::session::{Feedback, Session};
use crate::server::wire::{Argument, CodeActionParams, Command, Item, RunArgument, RunParams, invalid};

/// How much of a rule's name a menu shows, in characters.
const RULE_CHARS: usize = 40;

/// An entry for each rule that reports several problems in the range.
pub(crate) fn menu(session: &Session, params: &CodeActionParams, snapshot: &Snapshot) -> Vec<Item> {
    let problems = params.context.problems();
    let mut rules: Vec<(String, Vec<Value>)> = Vec::new();
    for problem in problems {
        let Some(rule) = rule(problem) else { continue };
        match rules.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, of_it)) => of_it.push(problem.clone()),
            None => rules.push((rule, vec![problem.clone()])),
        }
    }
    rules.retain(|(_, of_it)| of_it.len() > 1);
    if rules.is_empty() || session.catalogue().find(FIX).is_none() {
        return Vec::new();
    }
    let item = |(rule, problems): (String, Vec<Value>)| {
        let rule: String = display::plain_line(&rule).chars().take(RULE_CHARS).collect();
        let title = session.title(&message!("menu-fix-rule", rule = rule, count = problems.len()));
        let argument = RunArgument::new(FIX.into(), &params.text_document.uri, snapshot.version, params.range);
        let argument = Argument::Run(RunArgument { diagnostics: problems.clone(), each: true, ..argument });
        Item { problems, ..Item::new(title, QUICK_FIX.into(), Command::Run, argument) }
    };
    rules.into_iter().map(item).collect()
}

/// The rule that reports a problem, with its tool: two tools may use the same code.
fn rule(problem: &Value) -> Option<String> {
    let code = problem.get("code")?;
    let code = code.as_str().map(str::to_owned).or_else(|| code.as_i64().map(|code| code.to_string()))?;
    let source = problem.get("source").and_then(Value::as_str).filter(|source| !source.is_empty());
    let rule = source.map_or_else(|| code.clone(), |source| format!("{source} {code}"));
    (!code.is_empty()).then_some(rule)
}

/// Starts a job for each of the diagnostics, up to the limit of waiting jobs. The last one in the text comes first.
/// Returns the id of the first job. Errors: -32602 if there are no diagnostics, one has no range, or an argument is
/// wrong; -32803 if no further job may wait.
pub(crate) fn run(session: &Arc<Session>, params: &RunParams) -> Result<(JobId, Feedback)> {
    if params.partial_result_token.is_some() || params.work_done_token.is_some() {
        return Err(invalid("each: several jobs have no token in common"));
    }
    let mut wanted = Vec::new();
    for problem in params.diagnostics.as_deref().unwrap_or_default() {
        let range = problem.get("range").and_then(|range| serde_json::from_value::<Range>(range.clone()).ok());
        let range = range.ok_or_else(|| invalid("diagnostics: one has no range"))?;
        wanted.push((scope_of(range), problem.clone()));
    }
    wanted.sort_by_key(|(range, _)| std::cmp::Reverse((range.start.line, range.start.character)));
    let (mut first, mut feedback) = (None, Feedback::none());
    for (range, problem) in wanted {
        if let (Some(_), Err(too_many)) = (&first, session.jobs.check_room()) {
            feedback = feedback.and(Feedback::error(too_many.message()));
            break;
        }
        let one = RunParams { each: false, range, diagnostics: Some(vec![problem]), ..params.clone() };
        let (id, of_one) = run::start_by_command(session, one)?;
        feedback = feedback.and(of_one);
        first.get_or_insert(id);
    }
    Ok((first.ok_or_else(|| invalid("diagnostics: there are none"))?, feedback))
}

/// The place of the question for a problem. In a single line it is a point: the job takes the definition around it.
fn scope_of(range: Range) -> Range {
    if range.start.line == range.end.line { Range { start: range.start, end: range.start } } else { range }
}

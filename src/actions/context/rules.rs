//! Rules files: the conventions of a project and of its user.

use std::sync::Arc;

use super::{Budget, Delimiters, Part, PartKind, PartStatus, Section, first_lines};

/// Conventions that the agent is to follow where they apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RulesFile {
    /// The file as the agent and the user see it: relative to its workspace folder.
    pub name: Arc<str>,
    /// Its text.
    pub text: String,
}

/// The share of the budget that rules may have: one part in so many.
pub(crate) const RULES_SHARE: usize = 4;

/// What stands at the end of a file of rules that does not fit.
const CUT_MARK: &str = "[the rest of this file is left out]\n";

/// The files of rules that fit, the nearest first; in the prompt the nearest stands last.
pub(crate) fn rules_within(
    rules: &[RulesFile],
    budget: &mut Budget,
    share: usize,
    tags: &Delimiters,
    parts: &mut Vec<Part>,
) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut share = share;
    for file in rules.iter().rev() {
        let mut section = Section::of_file("rules", &file.name, String::new(), file.text.clone());
        let mut status = PartStatus::Whole;
        let allowed = share.min(budget.left());
        if section.chars(tags) > allowed {
            let frame = Section::of_file("rules", &file.name, String::new(), CUT_MARK.to_owned()).chars(tags);
            let first = allowed.checked_sub(frame).and_then(|left| first_lines(&file.text, left));
            (section, status) = match first {
                Some((first, _)) => {
                    let text = format!("{first}{CUT_MARK}");
                    (Section::of_file("rules", &file.name, String::new(), text), PartStatus::Cut)
                }
                None => (section, PartStatus::OverBudget),
            };
        }
        let chars = if status == PartStatus::OverBudget { 0 } else { section.chars(tags) };
        if status != PartStatus::OverBudget && budget.take(chars) {
            share = share.saturating_sub(chars);
            sections.push(section);
        }
        parts.push(Part { kind: PartKind::Rules, file: Some(Arc::clone(&file.name)), chars, status });
    }
    sections.reverse();
    sections
}

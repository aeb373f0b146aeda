//! Rules files: the conventions of a project and of its user.

use std::sync::Arc;

use super::{Budget, Delimiters, Part, PartKind, PartStatus, Section, first_lines};

/// Conventions for the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RulesFile {
    /// The file as the agent and the user see it: relative to its workspace folder.
    pub name: Arc<str>,
    /// Its text.
    pub text: String,
}

/// Rules may use the budget divided by this number.
pub(crate) const RULES_SHARE: usize = 4;

/// The end of a rules file that was cut.
const CUT_MARK: &str = "[the rest of this file is left out]\n";

/// The rules files that fit, the nearest first. In the prompt, the nearest is last.
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
        let section = |text: String| Section::of_file("rules", &file.name, String::new(), text);
        let allowed = share.min(budget.left);
        let cut = || {
            let frame = section(CUT_MARK.to_owned()).chars(tags);
            let first = first_lines(&file.text, allowed.checked_sub(frame)?)?;
            Some((section(format!("{first}{CUT_MARK}")), PartStatus::Cut))
        };
        let whole = Some((section(file.text.clone()), PartStatus::Whole));
        let (chars, status) = match whole.filter(|(section, _)| section.chars(tags) <= allowed).or_else(cut) {
            Some((section, status)) => {
                let chars = section.chars(tags);
                budget.take(chars);
                share = share.saturating_sub(chars);
                sections.push(section);
                (chars, status)
            }
            None => (0, PartStatus::OverBudget),
        };
        parts.push(Part { file: Some(Arc::clone(&file.name)), ..Part::of(PartKind::Rules, chars, status) });
    }
    sections.reverse();
    sections
}

//! Remarks in other forms, from agents whose own system prompt requires them.

use super::json::from_json;
use super::quoted::{code, one_line};
use super::reader::line_numbers;
use super::{Remark, Severity};

/// The remarks of an answer without any in the requested form: a list in JSON, SEARCH/REPLACE blocks, or lines such as
/// `3. Line 357 in src/flow.js, bug, high severity: …`. A `suggestion` fence may follow each line. Empty if no form is
/// recognised.
pub fn other_forms(answer: &str) -> Vec<Remark> {
    let remarks = from_json(answer);
    if !remarks.is_empty() {
        return remarks;
    }
    let lines: Vec<&str> = answer.lines().collect();
    let blocks = search_replace(&lines);
    if blocks.is_empty() { by_line(&lines) } else { blocks }
}

/// SEARCH/REPLACE blocks: the old side is the quotation, the paragraph before it is the message.
fn search_replace(lines: &[&str]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut at = 0;
    while let Some(open) = next(lines, at, |line| line.starts_with("<<<<<<<") || line.starts_with("------- SEARCH")) {
        let Some(middle) = next(lines, open, |line| line.starts_with("=======")) else { break };
        let Some(close) =
            next(lines, middle, |line| line.starts_with(">>>>>>>") || line.starts_with("+++++++ REPLACE"))
        else {
            break;
        };
        at = close + 1;
        let side = |from: usize, to: usize| lines.get(from + 1..to).unwrap_or_default().join("\n");
        let Some(said) = paragraph_before(lines, open) else { continue };
        let (place, message) = split_reference(&said).map_or((None, said.as_str()), |it| (Some(it.0), it.1));
        remarks.push(Remark {
            lines: place.and_then(line_numbers),
            severity: severity_in(&said),
            quoted: Some(side(open, middle)).filter(|old| !old.trim().is_empty()),
            message: one_line(message),
            new_text: Some(side(middle, close)),
        });
    }
    remarks.retain(|remark| remark.quoted.is_some() && !remark.message.is_empty());
    remarks
}

fn next(lines: &[&str], from: usize, is_it: impl Fn(&str) -> bool) -> Option<usize> {
    lines.iter().skip(from).position(|line| is_it(line.trim())).map(|at| from + at)
}

/// The last lines of words before line `at`, without fences and file names.
fn paragraph_before(lines: &[&str], at: usize) -> Option<String> {
    let words = |line: &&&str| !line.trim_start().starts_with("```") && line.contains(' ');
    let before = lines.get(..at)?.iter().rev();
    let paragraph: Vec<&str> = before
        .skip_while(|line| !words(line))
        .take_while(|line| !line.trim().is_empty() && !line.starts_with(">>>>>>>"))
        .copied()
        .collect();
    let said = paragraph.into_iter().rev().collect::<Vec<_>>().join(" ");
    Some(without_marks(&said).to_owned()).filter(|said| !said.is_empty())
}

/// Items that start with a line number.
fn by_line(lines: &[&str]) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = Vec::new();
    let mut is_open = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        if let Some(info) = line.trim_start().strip_prefix("```") {
            let close = next(lines, at, |line| line.starts_with("```")).unwrap_or(lines.len());
            if let (true, Some(remark)) = (info.trim() == "suggestion", remarks.last_mut()) {
                remark.new_text = Some(code(&lines.get(at..close).unwrap_or_default().join("\n")));
            }
            (at, is_open) = (close + 1, false);
        } else if let Some((place, said)) = split_reference(without_marks(line)) {
            let severity = severity_in(line);
            // Code between backticks is the quotation, if it is long enough to find it again.
            let quoted = said.split('`').nth(1).filter(|text| text.chars().count() >= 8).map(str::to_owned);
            remarks.push(Remark {
                lines: line_numbers(place),
                severity,
                quoted,
                message: one_line(said),
                new_text: None,
            });
            is_open = true;
        } else if line.trim().is_empty() {
            is_open = false;
        } else if let (true, Some(remark)) = (is_open, remarks.last_mut()) {
            remark.message = one_line(&[remark.message.as_str(), without_marks(line)].join(" "));
        }
    }
    remarks.retain(|remark| remark.lines.is_some() && remark.message.chars().any(char::is_alphabetic));
    remarks
}

/// `text` without the bullet, the item number and the emphasis at its start.
fn without_marks(text: &str) -> &str {
    let text = text.trim().trim_start_matches(['-', '*', '+', '#', '>', ' ']);
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let text = if behind.len() < text.len() { behind.strip_prefix(['.', ')']).unwrap_or(text) } else { text };
    text.trim_start_matches(['*', '_', ' ', '['])
}

/// `Line 12: …`, `Lines 12-14 (warning): …`, `L12 – …`, `Linha 12: …`: the name of the lines, and the message.
fn split_reference(text: &str) -> Option<(&str, &str)> {
    const WORDS: [&str; 6] = ["lines", "line", "linhas", "linha", "ln", "l"];
    let lower = text.to_lowercase();
    let word = WORDS.iter().find(|word| {
        let behind = lower.strip_prefix(**word).unwrap_or_default().trim_start_matches([' ', '`', '#']);
        behind.starts_with(|c: char| c.is_ascii_digit())
    })?;
    let rest = text.get(word.len()..)?;
    let digits = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '`' | '#' | '-' | '–' | 'L');
    let place = rest.get(..rest.len() - rest.trim_start_matches(digits).len())?;
    let behind = rest.get(place.len()..)?;
    // The file, the kind and the severity precede a colon. Without a colon, everything is the message.
    let said = match behind.split_once(": ").or_else(|| behind.strip_suffix(':').map(|_| (behind, ""))) {
        Some((head, said)) if head.chars().count() <= 80 => said,
        _ => behind,
    };
    Some((place, said.trim_start_matches(['*', '_', ':', ' ', ')', ']', ',', '.', '–', '—', '-'])))
}

/// The most severe word before the sentence.
fn severity_in(text: &str) -> Severity {
    let head = text.split_once(": ").map_or("", |(head, _)| head);
    let words = head.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(Severity::of_word).filter(|severity| *severity != Severity::Hint).min().unwrap_or(Severity::Information)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_items_with_a_line_are_remarks_without_a_fix() {
        let answer = "## Review\n\n1. Line 357 in src/flow.js, bug, high severity: `items.pop()` may\n   be undefined.\n\
                      2. **Lines 12-14**: the same check twice.\n\n- Linha 7 (erro): falta o retorno.\n\nOverall it is fine.";
        let remarks = other_forms(answer);
        let told: Vec<_> = remarks.iter().map(|it| (it.lines.unwrap(), it.severity, it.message.as_str())).collect();
        assert_eq!(
            told,
            [
                ((357, 357), Severity::Warning, "`items.pop()` may be undefined."),
                ((12, 14), Severity::Information, "the same check twice."),
                ((7, 7), Severity::Error, "falta o retorno."),
            ]
        );
        assert_eq!(remarks[0].quoted.as_deref(), Some("items.pop()"));
        assert!(remarks.iter().all(|remark| remark.new_text.is_none()));
    }

    #[test]
    fn suggestion_fence_becomes_new_text_of_the_remark_before_it() {
        let remarks =
            other_forms("Line 3: use `let total = sum(xs)` once.\n\n```suggestion\n    let total = sum(xs);\n```\n");
        assert_eq!(remarks[0].new_text.as_deref(), Some("    let total = sum(xs);"));
    }

    #[test]
    fn old_side_of_a_search_block_is_the_quotation() {
        let answer = "The file is never closed.\n\n```python\n<<<<<<< SEARCH\n    f = open(p)\n=======\n    with open(p) as f:\n\
                      >>>>>>> REPLACE\n```\n\nLine 9: off by one.\n<<<<<<< SEARCH\nrange(n)\n=======\nrange(n + 1)\n>>>>>>> REPLACE\n";
        let remarks = other_forms(answer);
        assert_eq!(remarks.len(), 2);
        assert_eq!(remarks[0].message, "The file is never closed.");
        assert_eq!(remarks[0].quoted.as_deref(), Some("    f = open(p)"));
        assert_eq!(remarks[1].lines, Some((9, 9)));
        assert_eq!(
            (remarks[1].message.as_str(), remarks[1].new_text.as_deref()),
            ("off by one.", Some("range(n + 1)"))
        );
    }

    #[test]
    fn an_answer_in_prose_has_no_remarks() {
        let prose = "This looks fine. In line with the rest, `x` is used.\n\n```go\nfunc a() {}\n```\n";
        assert_eq!(other_forms(prose), []);
    }
}

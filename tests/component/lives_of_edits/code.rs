//! Texts that look like code, and the selection in them.

use std::ops::Range;

use fastrand::Rng;

/// A text with a selection, and the code that the agent writes instead.
#[derive(Debug)]
pub struct Source {
    pub text: String,
    /// In bytes.
    pub selected: Range<usize>,
    /// The exact new text of the selection.
    pub new_code: String,
    /// The same as whole lines at the margin, as from a model that ignores the indentation. `None` for a part of a
    /// line.
    pub at_the_margin: Option<String>,
    /// The text before the selection on its first line.
    pub in_front: String,
}

impl Source {
    pub fn selected_text(&self) -> &str {
        &self.text[self.selected.clone()]
    }

    pub fn random(dice: &mut Rng) -> Self {
        let unit = pick(dice, &["    ", "  ", "\t"]);
        let eol = pick(dice, &["\n", "\n", "\r\n"]);
        let mut lines: Vec<String> = Vec::new();
        // The runs of lines that are complete, with their depth: a function, or adjacent statements.
        let mut wholes: Vec<(Range<usize>, usize)> = Vec::new();
        for _ in 0..dice.usize(1..4) {
            let first = lines.len();
            lines.push(format!("fn {}({}) {{", name(dice), name(dice)));
            let mut starts = Vec::new();
            for _ in 0..dice.usize(1..5) {
                starts.push(lines.len());
                statement(dice, 1, unit, &mut lines);
            }
            let from = starts[dice.usize(0..starts.len())];
            wholes.push((from..lines.len(), 1));
            lines.push("}".to_owned());
            wholes.push((first..lines.len(), 0));
            if dice.bool() {
                lines.push(String::new());
            }
        }
        let (run, depth) = wholes.swap_remove(dice.usize(0..wholes.len()));
        let ends_with_break = dice.u8(0..8) > 0;
        let offset = |line: usize| lines.iter().take(line).map(|line| line.len() + eol.len()).sum::<usize>();
        let mut text = lines.join(eol);
        if ends_with_break {
            text.push_str(eol);
        }
        if dice.u8(0..4) == 0 {
            return Self::part_of_a_line(dice, text, &lines, &run, offset(run.start));
        }

        // A first or last line that equals its neighbour would repeat it. Other stories test this.
        let repeats = |new: &[String]| {
            let is = |line: Option<&String>, other: Option<&String>| {
                line.is_some() && line.map(|it| it.trim()) == other.map(|it| it.trim())
            };
            is(new.first(), run.start.checked_sub(1).map(|line| &lines[line])) || is(new.last(), lines.get(run.end))
        };
        let mut new_lines = Vec::new();
        while new_lines.is_empty() || repeats(&new_lines) {
            new_lines.clear();
            if dice.u8(0..10) == 0 {
                new_lines.extend(lines[run.clone()].iter().cloned());
            } else if depth == 0 {
                new_lines.push(format!("fn {}({}) {{", name(dice), name(dice)));
                (0..dice.usize(1..4)).for_each(|_| statement(dice, 1, unit, &mut new_lines));
                new_lines.push("}".to_owned());
            } else {
                (0..dice.usize(1..4)).for_each(|_| statement(dice, 1, unit, &mut new_lines));
            }
        }
        let indentation = unit.repeat(depth);
        let margin: Vec<&str> = new_lines.iter().map(|line| line.strip_prefix(&indentation).unwrap_or(line)).collect();
        let at_the_margin = Some(margin.join("\n") + "\n");

        let whole_first_line = dice.bool();
        let with_break = dice.bool() && run.end < lines.len();
        let start = offset(run.start) + if whole_first_line { 0 } else { indentation.len() };
        let end = if with_break { offset(run.end) } else { offset(run.end - 1) + lines[run.end - 1].len() };
        let mut new_code = new_lines.join(eol);
        if !whole_first_line {
            new_code.drain(..indentation.len());
        }
        if with_break {
            new_code.push_str(eol);
        }
        let in_front = if whole_first_line { String::new() } else { indentation };
        Self { text, selected: start..end, new_code, at_the_margin, in_front }
    }

    fn part_of_a_line(dice: &mut Rng, text: String, lines: &[String], run: &Range<usize>, line_start: usize) -> Self {
        let line = &lines[run.start];
        let from = line.len() - line.trim_start().len();
        let part = line.trim_end_matches([' ', '{', ';']);
        let (start, end) = (line_start + from, line_start + part.len());
        let new_code = format!("{}({}, {})", name(dice), name(dice), dice.u8(..));
        Self { text, selected: start..end, new_code, at_the_margin: None, in_front: line[..from].to_owned() }
    }
}

fn statement(dice: &mut Rng, depth: usize, unit: &str, lines: &mut Vec<String>) {
    let indentation = unit.repeat(depth);
    match dice.u8(0..6) {
        0 if depth < 4 => {
            lines.push(format!("{indentation}if {} {{", name(dice)));
            (0..dice.usize(1..3)).for_each(|_| statement(dice, depth + 1, unit, lines));
            lines.push(format!("{indentation}}}"));
        }
        1 => lines.push(format!("{indentation}// {} {}", name(dice), name(dice))),
        _ => lines.push(format!("{indentation}let {} = {}({});", name(dice), name(dice), dice.u8(..))),
    }
}

fn name(dice: &mut Rng) -> &'static str {
    pick(dice, &["total", "item", "price", "ação", "é", "日本", "crab_🦀", "x", "cart", "n"])
}

pub fn pick<'a>(dice: &mut Rng, all: &[&'a str]) -> &'a str {
    all[dice.usize(0..all.len())]
}

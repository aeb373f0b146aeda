//! Remarks: what an agent says about single lines, read from its answer and placed at the lines that it means.
//!
//! 1. [`RemarkReader`] reads them out of an answer while it streams; [`other_forms`] reads the forms that agents with
//!    system prompts of their own send instead.
//! 2. [`place()`] finds the lines in the text that was sent. The quoted line places a remark, its number only chooses
//!    between equal lines, and a number alone never places a fix.
//!
//! Everything here is a pure function of text. Lines are counted from zero, except in what an agent writes, which
//! counts from one.

mod forms;
mod json;
#[cfg(test)]
pub(crate) mod laws;
mod place;
mod quoted;
mod reader;

pub use forms::other_forms;
pub(crate) use place::Placed;
pub use place::place;
pub use reader::RemarkReader;

/// How grave a remark is, as LSP's `DiagnosticSeverity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// 1
    Error = 1,
    /// 2
    Warning,
    /// 3
    Information,
    /// 4
    Hint,
}

impl Severity {
    /// The severity that a word of an agent stands for: LSP's own names, and those that reviewers use. Anything else is
    /// information.
    pub fn of_word(word: &str) -> Self {
        match word.trim().to_lowercase().as_str() {
            "error" | "blocker" | "erro" => Self::Error,
            "warning" | "warn" | "high" | "critical" | "major" | "bug" | "medium" | "moderate" | "aviso" | "alta"
            | "alto" | "crítico" | "critica" | "crítica" | "média" | "media" => Self::Warning,
            "hint" | "nit" | "trivial" | "dica" => Self::Hint,
            _ => Self::Information,
        }
    }

    /// LSP's number: 1 to 4.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The word in reports and in the prompt.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
            Self::Hint => "hint",
        }
    }
}

/// A remark as the agent wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The lines that it names, counted from one, the first and the last.
    pub lines: Option<(usize, usize)>,
    /// How grave it is.
    pub severity: Severity,
    /// The text that it quotes: the first of its lines, or all of them.
    pub quoted: Option<String>,
    /// What it says, on one line.
    pub message: String,
    /// The new text of its lines, without a line break at its end; empty where they are to go.
    pub new_text: Option<String>,
}

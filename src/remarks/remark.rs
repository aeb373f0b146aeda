//! One remark, and how severe it is.

/// The severity of a remark, as LSP's `DiagnosticSeverity`.
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
    /// The severity for an agent's word: LSP's names, and those of reviewers. Any other word is information.
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
    /// The first and the last line that it names, counted from one.
    pub lines: Option<(usize, usize)>,
    /// Its severity.
    pub severity: Severity,
    /// The text that it quotes: its first line, or all its lines.
    pub quoted: Option<String>,
    /// Its message, on one line.
    pub message: String,
    /// The new text of its lines, without a line break at its end. Empty if the fix deletes them.
    pub new_text: Option<String>,
}

//! The checks, a line each as they are made, or all of them as JSON.

use std::io::{self, IsTerminal};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::shell::{Failure, Output, sentence};
use crate::i18n::{Language, Message, message};
use crate::job::without_nulls;

/// What is looked at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Check {
    Settings,
    Credential,
    Network,
    Token,
    Agent,
    Latency,
}

impl Check {
    pub(super) const ALL: [Self; 6] =
        [Self::Settings, Self::Credential, Self::Network, Self::Token, Self::Agent, Self::Latency];

    /// Its name for programs, the same in every language.
    fn id(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Credential => "credential",
            Self::Network => "network",
            Self::Token => "token",
            Self::Agent => "agent",
            Self::Latency => "latency",
        }
    }

    fn name(self) -> Message {
        match self {
            Self::Settings => message!("doctor-settings"),
            Self::Credential => message!("doctor-credential"),
            Self::Network => message!("doctor-network"),
            Self::Token => message!("doctor-token"),
            Self::Agent => message!("doctor-agent"),
            Self::Latency => message!("doctor-latency"),
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckState {
    Ok,
    /// It should be known, and stops nothing.
    Warning,
    Failed,
    /// It could not be made.
    Skipped,
}

impl CheckState {
    const ALL: [Self; 4] = [Self::Ok, Self::Warning, Self::Failed, Self::Skipped];

    /// Its name for programs, the same in every language.
    fn id(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    fn name(self) -> Message {
        match self {
            Self::Ok => message!("doctor-ok"),
            Self::Warning => message!("doctor-warning"),
            Self::Failed => message!("doctor-failed"),
            Self::Skipped => message!("doctor-skipped"),
        }
    }

    /// The number of its ANSI colour.
    fn colour(self) -> u8 {
        match self {
            Self::Ok => 32,
            Self::Warning => 33,
            Self::Failed => 31,
            Self::Skipped => 90,
        }
    }
}

pub(super) struct Report {
    output: Output,
    /// The checks so far, where JSON is wanted.
    json: Option<Vec<Value>>,
    in_colour: bool,
    failed: bool,
    language: Language,
}

impl Report {
    /// A report in this language; as JSON it is for programs, and the same for everybody.
    pub(super) fn new(json: bool, language: Language) -> Self {
        let language = if json { Language::En } else { language };
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let in_colour = io::stdout().is_terminal() && !no_colour;
        Self { output: Output::new(), json: json.then(Vec::new), in_colour, failed: false, language }
    }

    pub(super) async fn add(
        &mut self,
        check: Check,
        state: CheckState,
        message: &Message,
        time: Option<Duration>,
    ) -> Result<(), Failure> {
        self.failed |= state == CheckState::Failed;
        let language = self.language;
        let message = sentence(message.text(language));
        if let Some(checks) = &mut self.json {
            let time = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            checks.push(without_nulls(
                json!({ "check": check.id(), "state": state.id(), "message": message, "milliseconds": time }),
            ));
            return Ok(());
        }
        let name = padded(state.name(), CheckState::ALL.map(CheckState::name), language);
        let line = format!("  {}  {message}\n", padded(check.name(), Check::ALL.map(Check::name), language));
        if self.in_colour {
            self.output.write_orders(&format!("\x1b[{}m{name}\x1b[0m", state.colour())).await?;
            return Ok(self.output.write(&line).await?);
        }
        Ok(self.output.write(&format!("{name}{line}")).await?)
    }

    /// # Errors
    /// Where a check failed, or the report could not be written.
    pub(super) async fn end(mut self) -> Result<(), Failure> {
        if let Some(checks) = self.json.take() {
            let report = json!({ "ok": !self.failed, "checks": checks });
            self.output.write(&format!("{report:#}\n")).await?;
        }
        if self.failed { Err(Failure::AlreadyReported) } else { Ok(()) }
    }
}

/// The name, as wide as the widest of its kind in this language.
fn padded<const N: usize>(name: Message, all: [Message; N], language: Language) -> String {
    let width = all.iter().map(|name| name.text(language).chars().count()).max().unwrap_or_default();
    format!("{:<width$}", name.text(language))
}

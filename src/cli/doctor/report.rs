//! The checks: one line each when they are made, or all of them as JSON.

use std::io::{self, IsTerminal};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::shell::{Failure, Output, sentence};
use crate::i18n::{Language, Message, message};
use crate::job::without_nulls;

/// The checks, in this order.
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

    /// Its name for programs, the same in every language, and its name for people.
    fn names(self) -> (&'static str, Message) {
        match self {
            Self::Settings => ("settings", message!("doctor-settings")),
            Self::Credential => ("credential", message!("doctor-credential")),
            Self::Network => ("network", message!("doctor-network")),
            Self::Token => ("token", message!("doctor-token")),
            Self::Agent => ("agent", message!("doctor-agent")),
            Self::Latency => ("latency", message!("doctor-latency")),
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckState {
    Ok,
    /// The user should know it, but it is not an error.
    Warning,
    Failed,
    /// It was not possible.
    Skipped,
}

impl CheckState {
    const ALL: [Self; 4] = [Self::Ok, Self::Warning, Self::Failed, Self::Skipped];

    /// Its name for programs, the same in every language, its name for people, and the number of its ANSI colour.
    fn names(self) -> (&'static str, Message, u8) {
        match self {
            Self::Ok => ("ok", message!("doctor-ok"), 32),
            Self::Warning => ("warning", message!("doctor-warning"), 33),
            Self::Failed => ("failed", message!("doctor-failed"), 31),
            Self::Skipped => ("skipped", message!("doctor-skipped"), 90),
        }
    }
}

pub(super) struct Report {
    output: Output,
    /// The checks so far, if the output is JSON.
    json: Option<Vec<Value>>,
    in_colour: bool,
    failed: bool,
    language: Language,
}

impl Report {
    /// A report in this language. JSON is for programs, and is the same in every language.
    pub(super) fn new(json: bool, language: Language) -> Self {
        let language = if json { Language::En } else { language };
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let in_colour = io::stdout().is_terminal() && !no_colour;
        Self { output: Output::new(), json: json.then(Vec::new), in_colour, failed: false, language }
    }

    pub(super) async fn add(&mut self, check: Check, state: CheckState, message: &Message) -> Result<(), Failure> {
        self.add_timed(check, state, message, None).await
    }

    /// Adds a check, with its time if that is of interest.
    pub(super) async fn add_timed(
        &mut self,
        check: Check,
        state: CheckState,
        message: &Message,
        time: Option<Duration>,
    ) -> Result<(), Failure> {
        self.failed |= state == CheckState::Failed;
        let language = self.language;
        let message = sentence(message.text(language));
        let ((check, check_name), (state, state_name, colour)) = (check.names(), state.names());
        if let Some(checks) = &mut self.json {
            let time = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            checks.push(without_nulls(
                json!({ "check": check, "state": state, "message": message, "milliseconds": time }),
            ));
            return Ok(());
        }
        let name = padded(state_name, CheckState::ALL.map(|state| state.names().1), language);
        let line = format!("  {}  {message}\n", padded(check_name, Check::ALL.map(|check| check.names().1), language));
        if self.in_colour {
            self.output.write_orders(&format!("\x1b[{colour}m{name}\x1b[0m")).await?;
            return Ok(self.output.write(&line).await?);
        }
        Ok(self.output.write(&format!("{name}{line}")).await?)
    }

    /// Fails if a check failed, or the report could not be written.
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

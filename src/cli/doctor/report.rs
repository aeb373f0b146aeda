//! The checks, a line each as they are made, or all of them as JSON.

use std::io::{self, IsTerminal};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::shell::{Failure, Output};
use crate::job::without_nulls;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    /// It should be known, and stops nothing.
    Warning,
    Failed,
    /// It could not be made.
    Skipped,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
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
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let in_colour = io::stdout().is_terminal() && !no_colour;
        Self { output: Output::new(), json: json.then(Vec::new), in_colour, failed: false }
    }

    pub(super) async fn add(
        &mut self,
        check: &str,
        state: State,
        message: &str,
        time: Option<Duration>,
    ) -> Result<(), Failure> {
        self.failed |= state == State::Failed;
        if let Some(checks) = &mut self.json {
            let time = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            checks.push(without_nulls(
                json!({ "check": check, "state": state.name(), "message": message, "milliseconds": time }),
            ));
            return Ok(());
        }
        let name = format!("{:<7}", state.name());
        let line = format!("  {check:<10}  {message}\n");
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
        if self.failed { Err(Failure::Told) } else { Ok(()) }
    }
}

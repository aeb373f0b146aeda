//! `schema`: the JSON Schema of the settings.

use std::process::ExitCode;

use super::shell::{Failure, Output, exit_code};
use crate::config::settings_schema;
use crate::i18n::Language;

pub(super) async fn run(language: Language) -> ExitCode {
    let text = format!("{:#}\n", settings_schema());
    exit_code(Output::new().write(&text).await.map_err(Failure::from), language)
}

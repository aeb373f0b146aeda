//! What a command begins with: settings, service, language.

use std::sync::Arc;

use super::failure::Failure;
use super::output::{print_message, warn};
use crate::config::{AgentChoice, Environment, Settings, UserFile, load_connection};
use crate::i18n::{Language, message};
use crate::job::Audit;
use crate::sandbox::SandboxOptions;
use crate::service::Service;

/// The basis of a command: the settings of the user file over the defaults, and the service.
pub(in crate::cli) struct Shell {
    /// The source of directories and credentials.
    pub(in crate::cli) environment: Environment,
    /// The settings of its behaviour.
    pub(in crate::cli) settings: Arc<Settings>,
    /// The service that answers.
    pub(in crate::cli) service: Service,
    /// The language of titles, messages and answers.
    pub(in crate::cli) language: Language,
    /// Writes a line for each job.
    pub(in crate::cli) audit: Option<Audit>,
}

impl Shell {
    /// Reads the configuration, and does not connect yet. Warnings go to stderr. Fails if the user file or the
    /// connection is invalid. The sandbox needs neither.
    pub(in crate::cli) fn open(sandbox: bool, language: Language) -> Result<Self, Failure> {
        let environment = Environment::from_process();
        let user_file = UserFile::read(&environment).or_else(|error| {
            if !sandbox {
                return Err(error);
            }
            warn(&error, language);
            Ok(UserFile::default())
        })?;
        let settings = match Settings::from_layers(&user_file.settings, &[]) {
            Ok((settings, warnings)) => {
                warnings.iter().for_each(|warning| warn(&warning.message, language));
                settings
            }
            Err(error) if sandbox => {
                warn(&error, language);
                Settings::default()
            }
            Err(error) => return Err(message!("shell-settings-unusable", problem = error).into()),
        };
        let service = if sandbox {
            print_message(&message!("shell-sandbox"), language);
            Service::sandbox(SandboxOptions::default())
        } else {
            let connection = load_connection(&environment, &user_file)?;
            connection.warnings.iter().for_each(|warning| warn(&warning.message, language));
            Service::account(connection)
        };
        let audit = user_file.audit(&environment).map(Audit::new);
        Ok(Self { environment, settings: Arc::new(settings), service, language, audit })
    }

    /// The agent to ask: the named one, else the configured one. Fails if there is none.
    pub(in crate::cli) fn agent(&self, named: Option<&str>) -> Result<AgentChoice, Failure> {
        let agent = self.settings.resolve_agent(named, self.service.default_agent());
        let missing = || self.service.missing_credential().cloned().unwrap_or_else(|| message!("shell-no-agent"));
        Ok(agent.ok_or_else(missing)?)
    }

    /// Reports the problems that the first connection showed.
    pub(in crate::cli) fn tell_connection_warnings(&self) {
        let alone = self.service.counted_alone();
        self.service.connection_warnings().iter().chain(&alone).for_each(|warning| warn(warning, self.language));
    }
}

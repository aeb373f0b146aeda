//! The flags that put a real model behind the sandbox.

use clap::Args;
use secrecy::SecretString;

use super::shell::warn;
use crate::config::Environment;
use crate::i18n::{Language, message};
use crate::sandbox::{ModelServer, ModelUrl, SandboxOptions};

/// Which model answers; none where the sandbox's own agent does.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ModelArgs {
    /// Let a real model answer: an OpenAI-compatible server, such as Ollama's at http://127.0.0.1:11434
    #[arg(long, value_name = "URL")]
    pub(super) model_url: Option<ModelUrl>,
    /// The model's name on that server; without it the first that the server lists
    #[arg(long, value_name = "NAME", requires = "model_url")]
    model: Option<String>,
}

impl ModelArgs {
    /// A sandbox with this model. If the server needs a key, it is in the environment. A warning is in `language`.
    pub(super) fn sandbox(self, environment: &Environment, language: Language) -> SandboxOptions {
        let api_key = environment.get("STACKSPOT_MODEL_API_KEY").map(|key| SecretString::from(key.to_owned()));
        let model = self.model_url.map(|url| {
            if url.is_exposed() {
                warn(&message!("sandbox-model-exposed", url = url.to_string()), language);
            }
            ModelServer { url, model: self.model, api_key }
        });
        SandboxOptions { model, ..SandboxOptions::default() }
    }
}

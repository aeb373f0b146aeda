//! The options of a sandbox.

use std::sync::Arc;

use super::model::ModelServer;
use super::scenario::Scenario;
use super::writing::Pacing;

/// The options of a sandbox.
#[derive(Debug, Clone, Default)]
pub struct SandboxOptions {
    /// The port; 0 selects any free port.
    pub port: u16,
    /// How fast the agent writes.
    pub pacing: Pacing,
    /// Whether code comes in prose and a fence, instead of raw.
    pub fenced: bool,
    /// Refuse the requests that are otherwise accepted and reported.
    pub strict: bool,
    /// The behavior for each request. Without a matching rule, the sandbox behaves as without a scenario.
    pub scenario: Option<Arc<Scenario>>,
    /// The name of the editor, from its `clientInfo`. The agent explains how to use an account in this editor.
    pub client: Option<String>,
    /// A model that answers unless the scenario or an agent id that fails does.
    pub model: Option<ModelServer>,
}

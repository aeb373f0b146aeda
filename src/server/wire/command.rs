//! The commands of the server, by their ids on the wire.

/// The commands of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Run,
    Cancel,
    Apply,
    Discard,
    Retry,
    FollowUp,
    ShowAnswer,
    Status,
    Actions,
    Agents,
    ShowEdit,
    Proposal,
    ShowPrompt,
    Conversation,
    Context,
}

impl Command {
    /// All of them, with their ids on the wire.
    pub(crate) const ALL: [(Self, &'static str); 15] = [
        (Self::Run, "stackspot-lsp.run"),
        (Self::Cancel, "stackspot-lsp.cancel"),
        (Self::Apply, "stackspot-lsp.apply"),
        (Self::Discard, "stackspot-lsp.discard"),
        (Self::Retry, "stackspot-lsp.retry"),
        (Self::FollowUp, "stackspot-lsp.followUp"),
        (Self::ShowAnswer, "stackspot-lsp.showAnswer"),
        (Self::Status, "stackspot-lsp.status"),
        (Self::Actions, "stackspot-lsp.actions"),
        (Self::Agents, "stackspot-lsp.agents"),
        (Self::ShowEdit, "stackspot-lsp.showEdit"),
        (Self::Proposal, "stackspot-lsp.proposal"),
        (Self::ShowPrompt, "stackspot-lsp.showPrompt"),
        (Self::Conversation, "stackspot-lsp.conversation"),
        (Self::Context, "stackspot-lsp.context"),
    ];

    /// The id on the wire.
    pub(crate) fn id(self) -> &'static str {
        Self::ALL.iter().find(|(command, _)| *command == self).map_or("", |(_, id)| id)
    }
}

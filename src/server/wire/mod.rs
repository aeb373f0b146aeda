//! The types of LSP: parameters, capabilities, menu entries, errors. This module does not use the session.

pub(crate) mod capabilities;
mod command;
mod errors;
mod header;
pub(crate) mod links;
pub(crate) mod markdown;
pub(crate) mod menu;
pub(crate) mod names;
mod params;
mod profile;

pub(crate) use self::capabilities::{KIND_PREFIX, SCHEME};
pub(crate) use self::command::Command;
pub(crate) use self::errors::{ErrorAudience, error_response, refusal};
pub(crate) use self::header::{Header, Speaker};
pub(crate) use self::menu::{Argument, Item, RunArgument, decisions_first, kind, lens};
pub(crate) use self::params::{
    ActionsParams, ApplyParams, CancelParams, CodeActionContext, CodeActionParams, ContextParams, DidChangeParams,
    DiscardParams, DocumentParams, Fixes, FollowUpParams, HoverParams, JobParams, OpenedDocument, ProgressCancelParams,
    RunParams, ShowPromptParams, Step, StepParams, Token, VersionedDocument, invalid, parse_params,
};
pub(crate) use self::profile::{ClientProfile, LINE_CHARS};

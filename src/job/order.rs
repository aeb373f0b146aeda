//! What a run is asked, and about which place of which document.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::Destination;
use super::remarks::RemarkOrder;
use crate::actions::context::PromptParts;
use crate::actions::prompt_files::FileToUpload;
use crate::agents_api::{ChatRequest, Limits};
use crate::documents::{Anchor, DocumentUri, Snapshot};
use crate::guard::Excerpt;
use crate::i18n::Message;
use crate::syntax::Syntax;

/// Everything a run needs, decided when it was asked for: what happens to the text or the settings later does not change
/// what is sent.
#[derive(Debug)]
pub struct Order {
    /// What is asked.
    pub ask: Ask,
    /// What it is asked about, and where the answer goes; `None` where no document is meant.
    pub target: Option<Target>,
}

/// A question to an agent, with all that goes along.
#[derive(Debug, Default)]
pub struct Ask {
    pub request: ChatRequest,
    /// Files that are uploaded before it is asked, for the agent to read with it.
    pub uploads: Vec<FileToUpload>,
    /// What remarks are asked for; `None` for every other action.
    pub remarks: Option<RemarkOrder>,
    /// What its prompt is made of.
    pub prompt_parts: PromptParts,
    /// What the prompt is made from, as it stands in its file, for the guard against secrets.
    pub excerpts: Vec<Excerpt>,
    /// Further files that the prompt is made from, by their names: the guard judges those, too.
    pub named: Vec<PathBuf>,
    pub folders: Vec<PathBuf>,
    pub limits: Limits,
}

/// The place in a document that is asked about.
#[derive(Debug)]
pub struct Target {
    /// The text as it was.
    pub snapshot: Snapshot,
    /// The range, in bytes of the snapshot.
    pub bytes: Range<usize>,
    /// The same range, as it follows the typing.
    pub anchor: Arc<Anchor>,
    /// The grammar of the document.
    pub syntax: Option<Syntax>,
    /// Where the answer goes that does not replace the range, or a sentence that says why there is no place for it; `None` for
    /// every other action.
    pub home: Option<Result<Destination, Message>>,
    /// Propose the edit, even if it is safe.
    pub review: bool,
}

impl Order {
    /// The document that is asked about.
    pub(crate) fn document(&self) -> Option<&DocumentUri> {
        self.target.as_ref().map(|target| &target.snapshot.uri)
    }
}

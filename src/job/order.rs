//! The question of a run, and its place in a document.

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

/// Everything that a run needs, decided when the user asked. Later changes of the text or the settings do not change
/// the request.
#[derive(Debug)]
pub struct Order {
    /// The question.
    pub ask: Ask,
    /// The place, and the destination of the answer; `None` if the question is not about a document.
    pub target: Option<Target>,
}

/// A question to an agent, with its uploads and context.
#[derive(Debug, Default)]
pub struct Ask {
    pub request: ChatRequest,
    /// Files that are uploaded first; the agent reads them with the question.
    pub uploads: Vec<FileToUpload>,
    /// The kind of remarks; `None` for every other action.
    pub remarks: Option<RemarkOrder>,
    /// The parts of the prompt.
    pub prompt_parts: PromptParts,
    /// The source texts of the prompt as in their files, for the guard against secrets.
    pub excerpts: Vec<Excerpt>,
    /// Further source files of the prompt, by name. The guard checks these names too.
    pub named: Vec<PathBuf>,
    /// The folders whose ignore rules the guard reads.
    pub folders: Vec<PathBuf>,
    pub limits: Limits,
}

/// The place in a document that the question is about.
#[derive(Debug)]
pub struct Target {
    /// The text at the time of asking.
    pub snapshot: Snapshot,
    /// The range, in bytes of the snapshot.
    pub bytes: Range<usize>,
    /// The same range; it follows the typing.
    pub anchor: Arc<Anchor>,
    /// The grammar of the document.
    pub syntax: Option<Syntax>,
    /// The destination of an answer that does not replace the range, or a sentence that says why there is none. `None`
    /// for every other action.
    pub destination: Option<Result<Destination, Message>>,
    /// Propose the edit even if it is safe.
    pub review: bool,
}

impl Order {
    pub(crate) fn document(&self) -> Option<&DocumentUri> {
        self.target.as_ref().map(|target| &target.snapshot.uri)
    }
}

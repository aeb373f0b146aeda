//! The editor as the owner of the text.

use std::sync::Arc;

use super::{consent, run_request};
use crate::agents_api::AgentsApi;
use crate::documents::Snapshot;
use crate::edit::TextChange;
use crate::job::{ApplyEditReply, Audit, Host, HostCapabilities, Job, JobError, Jobs, Order, Replacement};
use crate::server::client::edits;
use crate::server::session::Session;

/// The editor as the owner of the text.
pub(crate) struct EditorHost<'a> {
    pub(crate) session: &'a Session,
}

impl Host for EditorHost<'_> {
    fn jobs(&self) -> &Jobs {
        &self.session.jobs
    }

    async fn api(&self) -> Result<Arc<AgentsApi>, JobError> {
        self.session.service.api().await
    }

    async fn consent(&self, job: &Job, order: &Order, asks: &(dyn Fn() + Sync)) -> Result<(), JobError> {
        if let Some(record) = self.session.history.record(&job.id) {
            record.set_order(order);
        }
        consent::request(self.session, job, order, asks).await
    }

    fn audit(&self) -> Option<&Audit> {
        self.session.audit.as_ref()
    }

    async fn rebuild_order(&self, job: &Job) -> Option<Result<Order, JobError>> {
        match run_request::redraft(self.session, job)? {
            Ok(draft) => Some(draft.into_order(&self.session.documents, job).await),
            Err(error) => Some(Err(error)),
        }
    }

    fn capabilities(&self) -> HostCapabilities {
        let profile = &self.session.profile;
        let creates_files = profile.apply_edit && profile.creates_files;
        let (granularity, drops_stale_edits) = (profile.granularity, profile.versioned_edits);
        HostCapabilities { granularity, creates_files, drops_stale_edits, tells_at_once: true }
    }

    async fn can_edit(&self, snapshot: &Snapshot) -> bool {
        edits::names_a_text(&snapshot.uri).await
    }

    async fn apply(&self, job: &Job, snapshot: &Snapshot, changes: &[TextChange]) -> ApplyEditReply {
        let label = job.action.title.text(self.session.language());
        edits::apply(self.session, Some(&label), snapshot, changes).await
    }

    async fn edit_file(&self, job: &Job, replacement: &Replacement) -> ApplyEditReply {
        edits::apply_to_file(self.session, &job.action.title.text(self.session.language()), replacement).await
    }
}

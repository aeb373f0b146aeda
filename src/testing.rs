//! The items that only the tests, the benches and the fuzz targets use. It is not a public interface, and may change
//! with every release. The program is `stackspot-lsp`; the library is its internals.

pub mod actions {
    pub use crate::actions::{ActionResult, BUILT_INS, Catalogue};
}
pub mod agents_api {
    pub use crate::agents_api::{
        AgentsApi, ApiError, ApiPhase, Chat, ChatEnd, ChatEvent, ChatRequest, Connection, Credential, Endpoint,
        EndpointProblem, Endpoints, ErrorKind, FileProblem, Knowledge, Limits, MAX_UPLOAD_BYTES, Operation,
        ProxyAddress, ProxySettings, Retry, Shortfall, Timeouts, TokenState, UploadContent, UploadFile, parse_event,
    };
    pub mod sse {
        pub use crate::agents_api::sse::{Event, SseError, events};
    }
}
pub mod config {
    pub use crate::config::{Environment, Settings, UserFile, load_connection, settings_schema};
}
pub mod documents {
    pub use crate::documents::{
        Anchor, AnchorState, ContentChange, DocumentError, DocumentStore, DocumentUri, Position, PositionEncoding,
        Range, RangeError, Snapshot, SyncError, offset, position, range_to_bytes,
    };
}
pub mod edit {
    pub use crate::edit::{
        CheckedEdit, Edit, Granularity, NewText, Original, ParsedReply, Plan, Purpose, Site, TextChange, added_at_end,
        apply, check_edit, fit, merge, plan, read_reply, smallest_changes, unbalanced,
    };
}
pub mod guard {
    pub use crate::guard::{
        Consents, Excerpt, IgnoredBy, MAX_FINDINGS, OutgoingText, about_file, assess, examine, find_secrets,
        guarded_name, ignored,
    };
}
pub mod i18n {
    pub use crate::i18n::{Language, Message};
}
pub mod job {
    pub use crate::job::{
        Answer, ApplyEditReply, Host, HostCapabilities, Job, JobError, Jobs, Order, Outcome, Target, apply_proposal,
        land,
    };
}
pub mod remarks {
    pub use crate::remarks::{RemarkReader, locate_remark, other_forms};
}
pub mod sandbox {
    pub use crate::sandbox::{
        ModelServer, Pacing, SANDBOX_AGENT_ID, Sandbox, SandboxOptions, Scenario, environment_lines,
    };
}
pub mod server {
    pub use crate::server::{ServeOptions, serve};
    pub mod transport {
        pub use crate::server::transport::{
            ClientError, Decoder, ExitStatus, Frame, MAX_BACKLOG_BYTES, Options, Outbox, serve,
        };
    }
}
pub mod syntax {
    pub use crate::syntax::{
        Checked, NewError, Syntax, TestPlace, check, enclosing_definition, instructions, language, syntax_errors,
        test_block, test_place,
    };
    pub mod worker {
        pub use crate::syntax::worker::{parse_with, questions_in, with_limit, with_menu_limit};
    }
}

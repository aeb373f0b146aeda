//! A task that panics restores what it held, and the user gets one message. Tests name the task that panics.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::api::run;
use super::client::prompt_files;
use super::jobs::proposals;
use super::session::{AnswerView, Refresh, ServeOptions, Session};
use super::transport::{Outbox, Outgoing};
use super::wire::{ClientProfile, RunParams};
use super::{answers, remarks};
use crate::config::{Environment, UserFile};
use crate::documents::DocumentUri;
use crate::i18n::{Language, message};
use crate::sandbox::SandboxOptions;
use crate::service::Service;
use crate::tasks::tests::panic_in;

/// No grammar reads it: a test has no process that could.
const URI: &str = "file:///shop/totals.ex";

/// A session with an open document, and its messages to the client.
fn session() -> (Arc<Session>, Outgoing) {
    let capabilities = json!({ "textDocument": {
        "hover": { "dynamicRegistration": true }, "publishDiagnostics": {},
    } });
    let profile = ClientProfile::from_initialize(&json!({ "capabilities": capabilities }));
    let state = tempfile::tempdir().unwrap().keep();
    let environment = Environment::from_pairs([("XDG_STATE_HOME", state.to_str().unwrap())]);
    let options = ServeOptions::for_environment(environment);
    let (outbox, outgoing) = Outbox::new();
    let service = Service::sandbox(SandboxOptions::default());
    let session = Session::new(profile, outbox, service, Ok(UserFile::default()), &options);
    session.documents.open(URI, "elixir", 1, "def total(items) do\n  # TODO: sum\n  Enum.sum(items)\nend\n");
    (Arc::new(session), outgoing)
}

fn params(action: &str) -> RunParams {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 4, "character": 0 } });
    let document = json!({ "uri": URI });
    let params = json!({ "action": action, "textDocument": document, "range": range, "apply": "review" });
    serde_json::from_value(params).unwrap()
}

/// Waits until a message of this method is sent, and returns all of them.
async fn sent(outgoing: &mut Outgoing, method: &str) -> Vec<Value> {
    let mut messages = Vec::new();
    while !messages.iter().any(|it: &Value| it["method"] == method) {
        let next = tokio::time::timeout(Duration::from_secs(60), outgoing.next()).await;
        messages.push(next.unwrap_or_else(|_| panic!("no {method} after {messages:?}")));
    }
    messages.extend(outgoing.sent());
    messages.retain(|it| it["method"] == method);
    messages
}

/// Waits for the message about the panic.
async fn said(outgoing: &mut Outgoing) {
    let messages = sent(outgoing, "window/showMessage").await;
    let texts: Vec<&str> = messages.iter().filter_map(|it| it["params"]["message"].as_str()).collect();
    let bug = message!("task-bug").text(Language::En);
    assert_eq!(texts, [format!("StackSpot AI [sandbox]: {bug}")]);
}

#[tokio::test]
async fn edit_still_waits_if_its_application_panics() {
    let (session, mut outgoing) = session();
    let result = run::run_by_request(&session, params("refactor")).await.unwrap();
    assert_eq!(result["outcome"], "proposed", "{result}");
    let job = session.jobs.get(result["jobId"].as_str().unwrap()).unwrap();
    outgoing.sent();
    panic_in("applying an edit");
    let argument = serde_json::from_value(json!({ "jobId": job.id })).unwrap();
    proposals::apply(&session, Arc::clone(&job), &argument).unwrap();
    said(&mut outgoing).await;
    assert_eq!(session.jobs.proposed().len(), 1);
}

#[tokio::test]
async fn request_gets_an_internal_error_if_its_job_panics() {
    let (session, mut outgoing) = session();
    panic_in("the run of a job");
    let error = run::run_by_request(&session, params("explain")).await.unwrap_err();
    assert_eq!((error.code.code(), error.data.unwrap()["kind"].as_str()), (-32603, Some("server")));
    // The user reads the response. A second message would be one too many.
    assert!(outgoing.sent().iter().all(|it| it["method"] != "window/showMessage"));
    assert!(session.jobs.live().is_empty());

    // What follows the run panics, too: nothing is left behind, and the request is answered.
    panic_in("a job");
    let error = run::run_by_request(&session, params("explain")).await.unwrap_err();
    assert_eq!(error.code.code(), -32603);
    said(&mut outgoing).await;
    assert!(session.jobs.live().is_empty());
}

#[tokio::test]
async fn user_gets_one_message_if_the_job_of_a_command_panics() {
    let (session, mut outgoing) = session();
    panic_in("the run of a job");
    let Ok((id, feedback)) = run::start_by_command(&session, params("explain")) else { panic!("it starts") };
    session.publish(feedback);
    let messages = sent(&mut outgoing, "window/showMessage").await;
    let bug = message!("job-bug").text(Language::En);
    assert!(messages.len() == 1 && messages[0]["params"]["message"].as_str().unwrap().contains(&bug), "{messages:?}");
    assert!(session.jobs.live().is_empty() && session.jobs.get(&id).is_some());
}

#[tokio::test]
async fn answer_can_be_shown_again_if_showing_it_panicked() {
    let (session, mut outgoing) = session();
    let result = run::run_by_request(&session, params("explain")).await.unwrap();
    let job = session.jobs.get(result["jobId"].as_str().unwrap()).unwrap();
    panic_in("showing an answer");
    answers::show_again(&session, &job);
    said(&mut outgoing).await;
    let record = session.history.record(&job.id).unwrap();
    assert!(record.shown() == AnswerView::Nowhere);
    answers::show_again(&session, &job);
    let messages = sent(&mut outgoing, "window/showMessage").await;
    assert_eq!(messages.len(), 1);
    assert!(record.shown() == AnswerView::Message);
}

#[tokio::test]
async fn prompt_files_are_read_again_if_a_read_panicked() {
    let (session, mut outgoing) = session();
    panic_in("reading the prompt files");
    prompt_files::refresh(&session, Refresh::Always);
    said(&mut outgoing).await;
    assert!(!session.prompt_files.is_read());
    prompt_files::refresh(&session, Refresh::Always);
    session.prompt_files.first_files.cancelled().await;
}

#[tokio::test]
async fn hovers_are_registered_later_if_the_registration_panicked() {
    let (session, mut outgoing) = session();
    panic_in("registering hovers");
    run::run_by_request(&session, params("explain")).await.unwrap();
    said(&mut outgoing).await;
    answers::reconcile(&session);
    sent(&mut outgoing, "client/registerCapability").await;
}

#[tokio::test]
async fn remarks_are_sent_later_if_a_task_panicked() {
    let (session, mut outgoing) = session();
    run::run_by_request(&session, params("review")).await.unwrap();
    outgoing.sent();
    assert!(!session.remarks.located(&DocumentUri::parse(URI)).is_empty(), "the sandbox has a remark");
    panic_in("telling of remarks");
    remarks::publish::publish_after_pause(&session, URI);
    said(&mut outgoing).await;
    assert!(session.remarks.schedule_publish(URI).is_some());
}

//! Each way to stop a job closes its stream at once and ends its progress once. The user gets no message about it.

use serde_json::{Value, json};

use crate::support::peer::{Exchange, Gate, Script};
use crate::support::profiles::{self, Apply};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, with};

/// An answer that has begun and never ends.
fn endless() -> Script {
    Script::stream().text("Some words").stall()
}

/// Starts a job by command, and waits until its answer has begun. Returns its id.
async fn started(world: &World, action: &str) -> (String, Exchange) {
    let chat = world.peer.expect_chat(endless());
    let reply = world.editor.execute("stackspot-lsp.run", json!([world.params(action)])).await;
    chat.arrived().await;
    world.wait_for_state("streaming").await;
    (reply["jobId"].as_str().unwrap().to_owned(), chat)
}

/// The progress says that the job was cancelled. There is no message, no edit, and no running job.
async fn assert_cancelled(world: &World, chat: &Exchange) {
    chat.closed().await;
    if world.shows_progress() {
        assert_eq!(world.ended_progress().await.end(), Some("cancelled"), "{}", world.profile.name);
    }
    world.wait_for_no_jobs().await;
    // The editor may have shown the first words.
    world.editor.shown_documents();
    assert_eq!(world.editor.text(URI), SOURCE);
}

#[tokio::test]
async fn first_action_of_the_menu_cancels_the_job() {
    for profile in profiles::all() {
        for action in ["explain", "refactor"] {
            let world = World::open(profile.clone()).await;
            let (_, chat) = started(&world, action).await;
            let actions = world.editor.code_actions(URI, &world.editor.range_of(URI, "greet")).await;
            let first = actions[0]["title"].as_str().unwrap();
            assert!(first.starts_with("Cancel “"), "{first}");
            assert_eq!(world.editor.run(&actions, "Cancel").await, json!({ "cancelled": 1 }));
            assert_cancelled(&world, &chat).await;
            let actions = world.editor.code_actions(URI, &world.editor.range_of(URI, FUNCTION)).await;
            assert!(actions.iter().all(|action| !action["title"].as_str().unwrap().starts_with("Cancel")));
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn cancel_command_works_for_one_job_a_document_or_all() {
    let other = file_uri!("/home/ana/shop/other.py");
    for profile in profiles::all() {
        let world = World::open(profile).await;
        world.editor.open(other, "python", SOURCE);
        let mut jobs = Vec::new();
        for uri in [URI, URI, other, other, other] {
            let chat = world.peer.expect_chat(endless());
            let params = with(world.params("explain"), "textDocument", json!({ "uri": uri }));
            let reply = world.editor.execute("stackspot-lsp.run", json!([params])).await;
            chat.arrived().await;
            jobs.push((reply["jobId"].clone(), chat));
        }
        let cancel = |argument: Value| async { world.editor.execute("stackspot-lsp.cancel", argument).await };
        assert_eq!(cancel(json!([{ "jobId": "01NONE" }])).await, json!({ "cancelled": 0 }));
        assert_eq!(cancel(json!([{ "jobId": jobs[0].0 }])).await, json!({ "cancelled": 1 }));
        jobs[0].1.closed().await;
        assert!(!jobs[1].1.is_closed());
        // The server recognizes another spelling of the same URI.
        let spelled = json!([{ "textDocument": { "uri": file_uri!("/home/ana/shop/%63art.py") } }]);
        assert_eq!(cancel(spelled).await, json!({ "cancelled": 1 }));
        jobs[1].1.closed().await;
        assert!(!jobs[2].1.is_closed());
        assert_eq!(cancel(Value::Null).await, json!({ "cancelled": 3 }));
        for (_, chat) in &jobs {
            chat.closed().await;
        }
        assert_eq!(cancel(json!([{}])).await, json!({ "cancelled": 0 }));
        if world.shows_progress() {
            let ends = world.editor.wait_for_ends(5).await;
            assert!(ends.iter().all(|progress| progress.end() == Some("cancelled")), "{ends:?}");
        }
        world.editor.shown_documents();
        world.finish().await;
    }
}

#[tokio::test]
async fn cancel_of_server_progress_cancels_the_job() {
    for profile in profiles::all().into_iter().filter(|profile| profile.behaviour.sends_progress_cancel) {
        let world = World::open(profile).await;
        let (job, chat) = started(&world, "explain").await;
        world.editor.cancel_progress(&json!("of something else"));
        world.editor.cancel_progress(&json!(format!("stackspot-lsp/{job}")));
        assert_cancelled(&world, &chat).await;
        world.finish().await;
    }
}

#[tokio::test]
async fn cancel_of_client_progress_cancels_the_job() {
    for profile in profiles::all() {
        for token in [json!("of the client"), json!(7)] {
            let world = World::open(profile.clone()).await;
            let chat = world.peer.expect_chat(endless());
            let request = world
                .editor
                .start_request("stackspot-lsp/run", with(world.params("explain"), "workDoneToken", token.clone()));
            chat.arrived().await;
            world.wait_for_state("streaming").await;
            world.editor.notify("window/workDoneProgress/cancel", json!({ "token": token }));
            let error = world.editor.response(request).await.unwrap_err();
            assert_eq!(error["code"], -32800, "{error}");
            chat.closed().await;
            assert_eq!(world.ended_progress().await.end(), Some("cancelled"));
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn cancel_of_the_request_cancels_the_job() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let chat = world.peer.expect_chat(endless());
        let request = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
        chat.arrived().await;
        world.wait_for_state("streaming").await;
        world.editor.cancel(request);
        assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800);
        assert_cancelled(&world, &chat).await;
        world.finish().await;
    }
}

#[tokio::test]
async fn cancel_of_a_request_with_own_tokens_cancels_the_job() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        // Text still arrives while the editor cancels the request. None of it may follow the response.
        let many: Script = (0..200).fold(Script::stream(), |script, _| script.text("Some words. "));
        let chat = world.peer.expect_chat(many.stall());
        let params = with(world.params("explain"), "partialResultToken", json!("partial"));
        let request = world.editor.start_request("stackspot-lsp/run", with(params, "workDoneToken", json!("work")));
        world.editor.wait_until("text", |state| state.partial_results(&json!("partial")).first().cloned()).await;
        world.editor.cancel(request);
        assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800);
        chat.closed().await;
        // The token is valid until the response. The progress ended before, which the editor checks.
        assert_eq!(world.ended_progress().await.end(), Some("cancelled"), "{}", world.profile.name);
        let shown = world.editor.execute("stackspot-lsp.status", Value::Null).await;
        assert_eq!(shown["token"], "valid");
        world.finish().await;
    }
}

#[tokio::test]
async fn partial_answer_can_be_read_after_a_cancel() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let (job, chat) = started(&world, "explain").await;
        world.editor.execute("stackspot-lsp.cancel", Value::Null).await;
        assert_cancelled(&world, &chat).await;
        world.editor.execute("stackspot-lsp.showAnswer", json!([{ "jobId": job }])).await;
        let text = if world.shows_documents() { world.shown_answer().await } else { world.message().await.1 };
        assert!(text.contains("Some words"), "{text}");
        world.finish().await;
    }
}

#[tokio::test]
async fn shutdown_cancels_all_running_jobs() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let (_, first) = started(&world, "explain").await;
        let second = world.peer.expect_chat(endless());
        let params = with(world.params("explain"), "workDoneToken", json!("work"));
        let request = world.editor.start_request("stackspot-lsp/run", params);
        second.arrived().await;
        let shutdown = world.editor.start_request("shutdown", Value::Null);
        assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800);
        world.editor.response(shutdown).await.unwrap();
        first.closed().await;
        second.closed().await;
        let expected = if world.shows_progress() { 2 } else { 1 };
        let ends = world.editor.wait_for_ends(expected).await;
        assert!(ends.iter().all(|progress| progress.end() == Some("cancelled")), "{ends:?}");
        let World { editor, peer: _peer, .. } = world;
        editor.shown_documents();
        editor.exit().await;
    }
}

#[tokio::test]
async fn jobs_are_cancelled_when_editor_hangs_up() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let (_, by_command) = started(&world, "explain").await;
        let by_request = world.peer.expect_chat(endless());
        world.editor.start_request("stackspot-lsp/run", world.params("explain"));
        by_request.arrived().await;
        world.hang_up(&[by_command, by_request]).await;
    }
}

#[tokio::test]
async fn job_can_be_cancelled_while_it_waits_in_queue_or_for_token() {
    let world = World::open(profiles::vscode().options(json!({ "limits": { "concurrentJobs": 1 } }))).await;
    let token = world.peer.expect_token(Script::raw().stall());
    let first = world.editor.start_request("stackspot-lsp/run", world.params("explain"));
    token.arrived().await;
    let second = world.editor.start_request("stackspot-lsp/run", world.params("explain"));
    let are_so = |first: &Value, second: &Value| first["state"] == "connecting" && second["state"] == "queued";
    world.wait_for_jobs(|jobs| matches!(jobs, [first, second] if are_so(first, second))).await;
    assert_eq!(world.editor.execute("stackspot-lsp.cancel", Value::Null).await, json!({ "cancelled": 2 }));
    for request in [first, second] {
        assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800);
    }
    assert_eq!(world.peer.chats().len(), 0);
    world.finish().await;
}

#[tokio::test]
async fn waiting_edit_is_not_applied_after_a_cancel() {
    for profile in profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit")) {
        let world = World::open(profile.applies(Apply::Ignore)).await;
        let gates = [Gate::default(), Gate::default()];
        let (first, _) = world.ask("refactor", Script::stream().gate(&gates[0]).text(BETTER).end()).await;
        // This job is about other lines of the same document. Therefore it asks at once, and waits before it edits.
        let other = "def greet(name):\n    print(name)\n";
        let second_chat = world.peer.expect_chat(Script::stream().gate(&gates[1]).text(other).end());
        let params = world.params_on("refactor", "def greet(name):\n    print(\"hi \" + name)\n");
        let second = world.editor.execute("stackspot-lsp.run", json!([params])).await;
        second_chat.arrived().await;
        gates[0].open();
        world.editor.wait_for_method("workspace/applyEdit").await;
        gates[1].open();
        world.wait_for_jobs(|jobs| jobs.get(1).is_some_and(|job| job["state"] == "applying")).await;
        let cancelled = world.editor.execute("stackspot-lsp.cancel", json!([{ "jobId": second["jobId"] }])).await;
        assert_eq!(cancelled, json!({ "cancelled": 1 }));
        // The service has sent everything. Only the five seconds of the first edit are awaited.
        tokio::time::pause();
        assert_eq!(world.editor.response(first).await.unwrap()["outcome"], "proposed");
        tokio::time::resume();
        let ends = world.editor.wait_for_ends(2).await;
        assert!(ends.iter().any(|progress| progress.end() == Some("cancelled")), "{ends:?}");
        assert_eq!(world.count("workspace/applyEdit"), 1, "{}", world.profile.name);
        world.finish().await;
    }
}

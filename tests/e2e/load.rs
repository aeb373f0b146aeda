//! Many jobs, long answers, and editors that do not answer.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::editor_state::Side;
use crate::support::peer::{Gate, Script, sse_text};
use crate::support::profiles;
use crate::world::{BETTER, SOURCE, URI, World, refactored, with};

#[tokio::test]
async fn sixty_four_jobs_at_once_share_one_token_and_all_end() {
    for profile in [profiles::vscode(), profiles::helix(), profiles::minimal()] {
        let limits = json!({ "limits": { "concurrentJobs": 64, "requestsPerMinute": 1000 } });
        let world = World::open(profile.options(limits)).await;
        let gate = Gate::default();
        let token = world.peer.expect_token(Script::token("token-1", 1200));
        world.peer.answer_by_default(Script::stream().text("An ").gate(&gate).text("answer.").end());
        let requests: Vec<i64> =
            (0..64).map(|_| world.editor.start_request("stackspot-lsp/run", world.params("explain"))).collect();
        token.sent().await;
        world.peer.chat_arrived(64).await;
        let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
        assert_eq!(status["jobs"].as_array().unwrap().len(), 64);
        gate.open();
        let mut jobs = BTreeSet::new();
        for request in requests {
            let result = world.editor.response(request).await.unwrap();
            assert_eq!(result["answer"], "An answer.");
            jobs.insert(result["jobId"].as_str().unwrap().to_owned());
        }
        assert_eq!((jobs.len(), world.peer.token_requests()), (64, 1));
        let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
        let usage = json!({ "requests": 64, "inputTokens": 64 * 7, "outputTokens": 64 * 3 });
        assert_eq!((&status["jobs"], &status["usage"]), (&json!([]), &usage));
        world.finish().await;
    }
}

#[tokio::test]
async fn sixty_four_jobs_on_eight_places_take_turns_and_all_end() {
    let world = World::open(profiles::neovim().options(json!({ "limits": { "requestsPerMinute": 1000 } }))).await;
    let gate = Gate::default();
    world.peer.answer_by_default(Script::stream().gate(&gate).text("An answer.").end());
    let requests: Vec<i64> =
        (0..64).map(|_| world.editor.start_request("stackspot-lsp/run", world.params("explain"))).collect();
    world.peer.chat_arrived(8).await;
    let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
    let queued = status["jobs"].as_array().unwrap().iter().filter(|job| job["state"] == "queued").count();
    assert_eq!((queued, world.peer.chats().len()), (56, 8));
    gate.open();
    for request in requests {
        assert_eq!(world.editor.response(request).await.unwrap()["answer"], "An answer.");
    }
    world.finish().await;
}

/// Requests of the server that an editor may never answer.
const REQUESTS: [&str; 5] = [
    "window/workDoneProgress/create",
    "workspace/applyEdit",
    "window/showDocument",
    "workspace/configuration",
    "client/registerCapability",
];

#[tokio::test]
async fn jobs_end_when_the_editor_never_answers() {
    for profile in profiles::all() {
        let silent = REQUESTS.into_iter().fold(profile, |profile, method| profile.never_answers(method));
        let world = World::open(silent).await;
        let chat = world.peer.expect_chat(Script::stream().text(BETTER).end());
        let refactor = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
        chat.arrived().await;
        if world.applies() {
            world.editor.wait_for_method("workspace/applyEdit").await;
        }
        let explain = world.peer.expect_chat(Script::stream().text("It adds prices.").end());
        world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
        explain.sent().await;
        if world.shows_documents() {
            world.editor.wait_for_method("window/showDocument").await;
        }
        // The service has sent everything. Only timers of this process are awaited.
        tokio::time::pause();
        let result = world.editor.response(refactor).await.unwrap();
        assert_eq!(
            (&result["outcome"], &result["answer"]),
            (&json!("proposed"), &json!(BETTER)),
            "{}",
            world.profile.name
        );
        let (_, message) = world.message().await;
        assert!(message.contains("It adds prices."), "an answer that no document shows is said: {message}");
        // If the editor did not open a virtual document, the server tried a file.
        let tried = usize::from(world.shows_documents()) + usize::from(world.has_virtual_documents());
        assert_eq!(world.editor.shown_documents().len(), tried);
        tokio::time::resume();
        // The server does not begin a progress that the editor did not accept.
        assert_eq!(world.editor.progress().len(), 0);
        assert_eq!(world.editor.text(URI), SOURCE);
        world.finish().await;
    }
}

#[tokio::test]
async fn job_runs_without_progress_when_editor_refuses_it() {
    for profile in profiles::all() {
        let world = World::open(profile.refuses("window/workDoneProgress/create")).await;
        world.peer.expect_chat(Script::stream().text(BETTER).end());
        let result = world.run(world.params("refactor")).await.unwrap();
        let expected = if world.applies() { refactored() } else { SOURCE.to_owned() };
        assert_eq!(world.editor.text(URI), expected, "{result}");
        assert_eq!(world.count("$/progress"), 0);
        world.editor.edits();
        world.finish().await;
    }
}

#[tokio::test]
async fn cost_of_many_deltas_depends_on_the_answer_length() {
    const DELTAS: usize = 30_000;
    let world = World::open(profiles::vscode()).await;
    let delta = |number: usize| format!("w{} ", number % 10);
    // Many frames in each write, as from a service that is faster than this process.
    let frames: Vec<String> = (0..DELTAS).map(|number| sse_text(&delta(number))).collect();
    let script = frames.chunks(64).fold(Script::stream(), |script, frames| script.bytes(frames.concat()));
    world.peer.expect_chat(script.end());
    let answer: String = (0..DELTAS).map(delta).collect();
    let (partial, work) = (json!("p"), json!("w"));
    let started = Instant::now();
    let params = with(world.params("explain"), "partialResultToken", partial.clone());
    let result = world.run(with(params, "workDoneToken", work)).await.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(result["answer"], answer);

    let deltas = world.editor.partial_results(&partial);
    let joined: String = deltas.iter().map(|delta| delta["delta"].as_str().unwrap()).collect();
    assert_eq!(joined, answer);
    // 60 frames per second, the first one, the last one, and a few because of the resolution of the clock.
    let frames = deltas.len() as f64;
    assert!(frames <= seconds * 60.0 + 5.0, "{frames} frames in {seconds} s");
    let log = world.editor.log();
    let heard = log.iter().filter(|(side, _)| *side == Side::Server).map(|(_, message)| message);
    let reports = heard.clone().filter(|message| message["params"]["value"]["kind"] == "report").count() as f64;
    assert!(reports <= seconds * 10.0 + 5.0, "{reports} reports in {seconds} s");
    let bytes: usize = heard.clone().map(|message| message.to_string().len()).sum();
    let budget = 2 * answer.len() + 130 * heard.count() + 4_000;
    assert!(bytes <= budget, "{bytes} bytes for an answer of {}", answer.len());
    world.finish().await;
}

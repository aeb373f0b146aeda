//! Several jobs at once: which jobs wait for others, and which do not.

use serde_json::{Value, json};

use crate::support::patience;
use crate::support::peer::{Gate, Script};
use crate::support::profiles::{self, Profile};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, refactored, with};

/// The second edit, made from the result of the first one.
const BEST: &str = "\
def total(items):
    \"\"\"Adds the prices up.\"\"\"
    return sum(item.price for item in items)";

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

/// The states of all jobs, in the order of their requests.
async fn states(world: &World) -> Vec<String> {
    let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
    let jobs = status["jobs"].as_array().unwrap().iter();
    jobs.map(|job| job["state"].as_str().unwrap().to_owned()).collect()
}

async fn wait_for_states(world: &World, wanted: &[&str]) {
    loop {
        if states(world).await == wanted {
            return;
        }
        patience::a_moment().await;
    }
}

/// Waits until the progress of `token` reports a message with `words`.
async fn wait_for_words(world: &World, token: &str, words: &str) {
    let said = |event: &Value| event["message"].as_str().is_some_and(|message| message.contains(words));
    world
        .editor
        .wait_until(words, |state| {
            let all = state.progress();
            let progress = all.iter().find(|progress| progress.token == token)?;
            progress.events.iter().any(said).then_some(())
        })
        .await;
}

#[tokio::test]
async fn queue_shows_the_place_of_each_job_and_keeps_the_order() {
    let world = World::open(profiles::vscode().options(json!({ "limits": { "concurrentJobs": 1 } }))).await;
    let (first_ends, second_ends) = (Gate::default(), Gate::default());
    let first_chat = world.peer.expect_chat(Script::stream().gate(&first_ends).text("one").end());
    let second_chat = world.peer.expect_chat(Script::stream().gate(&second_ends).text("two").end());
    let ask = |token: &str| {
        world.editor.start_request("stackspot-lsp/run", with(world.params("explain"), "workDoneToken", json!(token)))
    };
    let first = ask("first");
    first_chat.arrived().await;
    let (second, third, fourth) = (ask("second"), ask("third"), ask("fourth"));
    wait_for_words(&world, "second", "next in line").await;
    wait_for_words(&world, "third", "one other job comes first").await;
    wait_for_words(&world, "fourth", "2 other jobs come first").await;
    assert_eq!(states(&world).await, ["waiting", "queued", "queued", "queued"]);
    // A cancelled job makes room for those behind it.
    world.editor.cancel(third);
    assert_eq!(world.editor.response(third).await.unwrap_err()["code"], -32800);
    wait_for_words(&world, "fourth", "one other job comes first").await;
    first_ends.open();
    second_chat.arrived().await;
    wait_for_words(&world, "fourth", "next in line").await;
    second_ends.open();
    assert_eq!(world.editor.response(first).await.unwrap()["answer"], "one");
    assert_eq!(world.editor.response(second).await.unwrap()["answer"], "two");
    assert_eq!(world.editor.response(fourth).await.unwrap()["outcome"], "answered");
    world.finish().await;
}

/// A problem on each of the first `count` lines.
fn findings(count: usize) -> Value {
    (0..count)
        .map(|line| {
            let place = json!({ "line": line, "character": 0 });
            json!({ "range": { "start": place, "end": place }, "message": "too plain", "source": "lint", "code": "P1" })
        })
        .collect()
}

#[tokio::test]
async fn job_is_refused_when_a_thousand_jobs_wait() {
    let options = json!({ "limits": { "concurrentJobs": 1 }, "language": "pt-BR" });
    let world = World::open(profiles::vscode().options(options)).await;
    let gate = Gate::default();
    let chat = world.peer.expect_chat(Script::stream().gate(&gate).text("one").end());
    let ask = || world.editor.start_request("stackspot-lsp/run", world.params("explain"));
    let first = ask();
    chat.arrived().await;
    let nearly: Vec<i64> = (0..999).map(|_| ask()).collect();
    // Only the first of these three jobs gets the last place. The server reports the other two.
    let mut each = with(world.params("fix"), "each", json!(true));
    each["diagnostics"] = findings(3);
    let begun = world.editor.execute("stackspot-lsp.run", json!([each])).await;
    let waiting = states(&world).await;
    assert_eq!((waiting.len(), waiting.iter().filter(|state| *state == "queued").count()), (1001, 1000));
    let told = world.editor.messages();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("1000 tarefas já esperam. Cancele"), "{told:?}");
    // From here on the server starts no job, by any way to ask for one.
    let token = |params: Value| with(with(params, "workDoneToken", json!("mine")), "partialResultToken", json!("mine"));
    for (way, params) in [
        ("stackspot-lsp.run", world.params("explain")),
        ("stackspot-lsp.run", token(world.params("explain"))),
        ("stackspot-lsp.retry", json!({ "jobId": begun["jobId"] })),
        ("stackspot-lsp/run", token(world.params("refactor"))),
    ] {
        let refused = match way {
            "stackspot-lsp/run" => world.run(params).await,
            command => world.editor.try_execute(command, json!([params])).await,
        };
        let error = refused.unwrap_err();
        assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!("refused")), "{way}: {error}");
        assert!(error["message"].as_str().unwrap().contains("1000 tarefas já esperam. Cancele"), "{way}: {error}");
    }
    assert_eq!(states(&world).await.len(), 1001);
    assert_eq!(world.editor.partial_results(&json!("mine")), Vec::<Value>::new());
    assert!(world.editor.progress().iter().all(|progress| progress.token != "mine"));
    assert_eq!(world.editor.messages(), told);
    assert_eq!(world.peer.chats().len(), 1);
    // A cancelled job makes room for another one.
    world.editor.cancel(nearly[998]);
    assert_eq!(world.editor.response(nearly[998]).await.unwrap_err()["code"], -32800);
    // The response to a cancelled request comes before the end of its job.
    while states(&world).await.len() > 1000 {
        patience::a_moment().await;
    }
    let last = ask();
    assert_eq!(states(&world).await.len(), 1001);
    world.editor.execute("stackspot-lsp.cancel", Value::Null).await;
    for request in nearly.into_iter().take(998).chain([first, last]) {
        assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800);
    }
    world.finish().await;
}

#[tokio::test]
async fn edit_waits_for_another_edit_of_the_same_lines() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let gate = Gate::default();
        let first_chat = world.peer.expect_chat(Script::stream().gate(&gate).text(BETTER).end());
        let first = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
        first_chat.arrived().await;
        let second_chat = world.peer.expect_chat(Script::stream().text(BEST).end());
        let params = with(world.params("document"), "workDoneToken", json!("second"));
        let second = world.editor.start_request("stackspot-lsp/run", params);
        wait_for_words(&world, "second", "waiting for “Refactor with StackSpot AI”, lines 3–7").await;
        assert_eq!(states(&world).await, ["waiting", "queued"], "{}", world.profile.name);
        assert_eq!(world.peer.chats().len(), 1);
        gate.open();
        assert_eq!(world.editor.response(first).await.unwrap()["outcome"], "applied");
        let question = second_chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(question.contains(BETTER) && !question.contains("sum = sum"), "{question}");
        let result = world.editor.response(second).await.unwrap();
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        assert_eq!(world.editor.text(URI), SOURCE.replace(FUNCTION, BEST), "{}", world.profile.name);
        assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (2, 2));
        world.finish().await;
    }
}

#[tokio::test]
async fn queued_edit_uses_current_text_when_first_is_cancelled() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let first_chat = world.peer.expect_chat(Script::stream().text("def total").stall());
        let first = world.editor.start_request("stackspot-lsp/run", world.params_on("refactor", "sum = 0\n"));
        first_chat.arrived().await;
        let second_chat = world.peer.expect_chat(Script::stream().text(BETTER).end());
        let second = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
        wait_for_states(&world, &["streaming", "queued"]).await;
        // The question contains what the user types meanwhile.
        world.editor.replace(URI, "sum + item.price", "sum + item.cost");
        world.editor.cancel(first);
        assert_eq!(world.editor.response(first).await.unwrap_err()["code"], -32800);
        first_chat.closed().await;
        let question = second_chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(question.contains("sum + item.cost"), "{question}");
        assert_eq!(world.editor.response(second).await.unwrap()["outcome"], "applied");
        assert_eq!(world.editor.text(URI), refactored());
        world.editor.edits();
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_that_waits_for_another_does_not_block_other_jobs() {
    let world = World::open(profiles::vscode().options(json!({ "limits": { "concurrentJobs": 2 } }))).await;
    let gate = Gate::default();
    let first_chat = world.peer.expect_chat(Script::stream().gate(&gate).text(BETTER).end());
    let first = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
    first_chat.arrived().await;
    let behind = world.editor.start_request("stackspot-lsp/run", world.params("document"));
    wait_for_states(&world, &["waiting", "queued"]).await;
    let third_chat = world.peer.expect_chat(Script::stream().text("It adds prices.").end());
    let third = world.editor.start_request("stackspot-lsp/run", world.params("explain"));
    third_chat.arrived().await;
    assert_eq!(world.editor.response(third).await.unwrap()["outcome"], "answered");
    let document_chat = world.peer.expect_chat(Script::stream().text(BEST).end());
    gate.open();
    assert_eq!(world.editor.response(first).await.unwrap()["outcome"], "applied");
    document_chat.arrived().await;
    assert_eq!(world.editor.response(behind).await.unwrap()["outcome"], "applied");
    world.editor.edits();
    world.finish().await;
}

#[tokio::test]
async fn proposals_questions_and_edits_elsewhere_run_side_by_side() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let gate = Gate::default();
        world.peer.answer_by_default(Script::stream().gate(&gate).text(BETTER).end());
        let review = || with(world.params("refactor"), "apply", json!("review"));
        // Two proposals about the same lines can run at once, because neither changes the text.
        let all = [
            (review(), "proposed"),
            (review(), "proposed"),
            (world.params("refactor"), "applied"),
            (world.params("explain"), "answered"),
            (with(world.params_on("refactor", "def greet"), "apply", json!("review")), "proposed"),
        ];
        let requests: Vec<_> = all
            .iter()
            .map(|(params, outcome)| (world.editor.start_request("stackspot-lsp/run", params.clone()), *outcome))
            .collect();
        world.peer.chat_arrived(5).await;
        gate.open();
        for (request, outcome) in requests {
            let result = world.editor.response(request).await.unwrap();
            assert_eq!(result["outcome"], outcome, "{}: {result}", world.profile.name);
        }
        world.editor.edits();
        world.finish().await;
    }
}

#[tokio::test]
async fn status_counts_the_token_usage_of_each_agent() {
    let agents = json!({ "agents": { "house": { "id": "01HOUSE" } } });
    let world = World::open(profiles::neovim().options(agents)).await;
    for agent in ["house", "01OTHER", "house"] {
        world.run(with(world.params("explain"), "agent", json!(agent))).await.unwrap();
    }
    let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
    assert_eq!(status["usage"], json!({ "requests": 3, "inputTokens": 21, "outputTokens": 9 }));
    assert_eq!(
        status["usageByAgent"],
        json!([
            { "id": "01HOUSE", "name": "house", "requests": 2, "inputTokens": 14, "outputTokens": 6 },
            { "id": "01OTHER", "requests": 1, "inputTokens": 7, "outputTokens": 3 },
        ])
    );
    world.finish().await;
}

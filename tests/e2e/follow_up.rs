//! The user retries a question, continues a conversation, or asks what the server cannot answer.

use serde_json::{Value, json};

use crate::support::patience;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{ERROR, FUNCTION, SOURCE, URI, World, listed};

fn answer_in(conversation: &str) -> Script {
    let end = json!({ "stop_reason": "stop", "conversation_id": conversation, "tokens": { "input": 1, "output": 1 } });
    Script::stream().text("It adds prices.").data(&end.to_string())
}

#[tokio::test]
async fn retry_asks_about_the_current_text_of_the_range() {
    let world = World::open(profiles::vscode()).await;
    world.peer.expect_chat(Script::status(403));
    let job = world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
    assert_eq!(world.message().await.0, ERROR);
    let start = world.editor.range_of(URI, SOURCE)["start"].clone();
    world.editor.type_at(URI, &start, "# new above\n");

    let chat = world.peer.expect_chat(Script::stream().text("It adds prices.").end());
    let again = world.editor.execute("stackspot-lsp.retry", json!([job])).await;
    assert_ne!(again["jobId"], job["jobId"]);
    let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains(&listed(4, FUNCTION)), "{prompt}");
    assert!(world.shown_answer().await.contains("It adds prices."));
    world.finish().await;
}

#[tokio::test]
async fn follow_up_continues_the_same_conversation() {
    let world = World::open(profiles::vscode()).await;
    world.peer.expect_chat(answer_in("01CONVERSATION"));
    let result = world.run(world.params("explain")).await.unwrap();
    assert_eq!(result["conversationId"], "01CONVERSATION");

    let chat = world.peer.expect_chat(Script::stream().text("In cents.").end());
    let argument = json!({ "jobId": result["jobId"], "instruction": "In which unit?" });
    world.editor.execute("stackspot-lsp.followUp", json!([argument])).await;
    let body = chat.arrived().await.json();
    assert_eq!(body["conversation_id"], "01CONVERSATION");
    assert!(body["user_prompt"].as_str().unwrap().contains("In which unit?"));
    assert!(world.shown_answer().await.contains("In cents."));

    for argument in [json!({ "jobId": result["jobId"] }), json!({ "jobId": result["jobId"], "instruction": " " })] {
        let error = world.editor.try_execute("stackspot-lsp.followUp", json!([argument])).await.unwrap_err();
        assert!(error["code"] == -32602 && error["message"].as_str().unwrap().contains("instruction"), "{error}");
    }
    for command in ["stackspot-lsp.retry", "stackspot-lsp.followUp"] {
        let argument = json!([{ "jobId": "nobody", "instruction": "x" }]);
        let error = world.editor.try_execute(command, argument).await.unwrap_err();
        assert!(error["code"] == -32602 && error["message"].as_str().unwrap().contains("jobId: "), "{error}");
    }
    world.finish().await;
}

/// The ids of this number of jobs that have ended, the oldest first.
async fn ended_jobs(world: &World, count: usize) -> Vec<Value> {
    let mut ids = Vec::new();
    for _ in 0..count {
        world.peer.expect_chat(answer_in("01CONVERSATION"));
        ids.push(world.run(world.params("explain")).await.unwrap()["jobId"].clone());
    }
    ids
}

/// Waits until this number of documents was shown, and no job runs.
async fn shown(world: &World, count: usize) {
    while world.editor.shown_documents().len() < count {
        patience::a_moment().await;
    }
    world.wait_for_no_jobs().await;
}

#[tokio::test]
async fn one_of_the_last_64_jobs_can_be_retried_and_continued() {
    let world = World::open(profiles::vscode()).await;
    let ids = ended_jobs(&world, 66).await;
    for command in ["stackspot-lsp.retry", "stackspot-lsp.followUp"] {
        let argument = |id: &Value| json!([{ "jobId": id, "instruction": "In which unit?" }]);
        let chat = world.peer.expect_chat(Script::stream().text("Again.").end());
        let again = world.editor.execute(command, argument(&ids[66 - 40])).await;
        assert!(again["jobId"].is_string(), "{command}: {again}");
        chat.arrived().await;
        let error = world.editor.try_execute(command, argument(&ids[0])).await.unwrap_err();
        assert!(error["message"].as_str().unwrap().contains("jobId: "), "{command}: {error}");
    }
    shown(&world, 2).await;
    world.finish().await;
}

#[tokio::test]
async fn previews_do_not_push_a_job_out() {
    let world = World::open(profiles::neovim()).await;
    let ids = ended_jobs(&world, 1).await;
    for _ in 0..65 {
        world.editor.execute("stackspot-lsp.showPrompt", json!([{ "run": world.params("explain") }])).await;
    }
    let chat = world.peer.expect_chat(Script::stream().text("Again.").end());
    world.editor.execute("stackspot-lsp.retry", json!([{ "jobId": ids[0] }])).await;
    chat.arrived().await;
    shown(&world, 66).await;
    world.finish().await;
}

#[tokio::test]
async fn actions_and_agents_can_be_listed_by_command() {
    let settings =
        json!({ "agents": { "reviewer": { "id": "01REVIEWER" } }, "actions": { "fix": { "enabled": false } } });
    let world = World::open(profiles::vscode().options(settings)).await;
    let actions = world.editor.execute("stackspot-lsp.actions", Value::Null).await;
    let ids: Vec<&str> = actions.as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(ids, ["explain", "ask", "refactor", "document", "test", "review", "suggest", "edit"]);
    assert_eq!(
        actions[0],
        json!({
            "action": "explain", "title": "Explain with StackSpot AI", "shortTitle": "Explain",
            "kind": "stackspot-lsp.explain", "result": "answer", "needsInstruction": false,
        })
    );
    assert_eq!(actions[7]["needsInstruction"], true);
    let agents = world.editor.execute("stackspot-lsp.agents", Value::Null).await;
    assert_eq!(agents, json!([{ "id": "01REVIEWER", "name": "reviewer" }]));
    world.finish().await;
}

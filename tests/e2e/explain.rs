//! Answers are streamed, shown and kept.

use serde_json::{Value, json};

use crate::support::peer::{Gate, Script, sse_frame};
use crate::support::profiles;
use crate::world::{AGENT, FUNCTION, INFO, SOURCE, URI, World, listed, with};

const ANSWER: &str = "It adds the prices up. It says olá 🦀.";

/// An answer in two halves, with a gate between them.
fn halves(gate: &Gate) -> Script {
    let (first, second) = ANSWER.split_at(9);
    Script::stream().text(first).gate(gate).text(second).end()
}

#[tokio::test]
async fn explain_action_streams_progress_and_shows_the_answer() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let World { editor, peer, profile, .. } = &world;
        let gate = Gate::default();
        let chat = peer.expect_chat(halves(&gate));
        let range = editor.range_of(URI, FUNCTION);

        let reply = editor.choose(URI, &range, "Explain").await;
        let job = reply["jobId"].as_str().unwrap().to_owned();
        let question = chat.arrived().await;
        assert_eq!(question.path, format!("/v1/agent/{AGENT}/chat"));
        let prompt = question.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(prompt.contains(&listed(3, FUNCTION)), "{prompt}");
        assert!(
            prompt.contains("Action: explain\nLanguage: python\nFile: cart.py\nLines: 3-7\nAnswer in: en\n"),
            "{prompt}"
        );

        if world.shows_progress() {
            editor
                .wait_until("the first words in the progress", |state| {
                    let all = state.progress();
                    let messages = all.iter().flat_map(|progress| &progress.events);
                    messages.into_iter().any(|event| said(event).contains("It adds t")).then_some(())
                })
                .await;
        }
        gate.open();
        chat.sent().await;

        let shown = if world.shows_documents() {
            let shown = editor.wait_for_method("window/showDocument").await;
            assert_eq!((&shown["takeFocus"], &shown["external"]), (&json!(false), &json!(false)), "{}", profile.name);
            world.whole_answer(shown["uri"].as_str().unwrap()).await
        } else {
            let (kind, message) = world.message().await;
            assert_eq!(kind, INFO);
            message
        };
        assert!(shown.contains(ANSWER), "{}: {shown}", profile.name);

        if world.shows_progress() {
            let progress = world.ended_progress().await;
            assert_eq!(progress.title(), "Explain with StackSpot AI · cart.py");
            assert_eq!(progress.events[0]["cancellable"], true);
            assert!(progress.events.iter().all(|event| event.get("percentage").is_none()));
            let end = progress.end().unwrap();
            assert!(end.contains("first word after") && end.contains("7 → 3 tokens"), "{end}");
        } else {
            assert_eq!(world.count("$/progress"), 0);
        }
        assert_eq!((editor.text(URI), editor.version(URI)), (SOURCE.into(), 1));

        // The user closed the answer, and opens it again. Now it may take the focus.
        editor.execute("stackspot-lsp.showAnswer", json!([{ "jobId": job }])).await;
        if world.shows_documents() {
            assert_eq!(editor.wait_for_method("window/showDocument").await["takeFocus"], true);
        } else {
            assert!(world.message().await.1.contains(ANSWER));
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn plug_in_gets_all_partial_results_before_the_result() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let World { editor, peer, profile, .. } = &world;
        let gate = Gate::default();
        peer.expect_chat(halves(&gate));
        let (partial, work) = (json!("partial-1"), json!(17));
        let params = with(world.params("explain"), "partialResultToken", partial.clone());
        let request = editor.start_request("stackspot-lsp/run", with(params, "workDoneToken", work.clone()));

        // The service sends nothing more before the editor has this.
        let first =
            editor.wait_until("the first delta", |state| state.partial_results(&partial).first().cloned()).await;
        assert_eq!(first, json!({ "delta": "It adds t" }), "{}", profile.name);
        gate.open();
        let mut result = editor.response(request).await.unwrap();

        // The editor itself checks that no partial result and no progress follows the response.
        let deltas: Vec<Value> = editor.partial_results(&partial);
        assert!(deltas.iter().all(|delta| delta.as_object().unwrap().len() == 1));
        let joined: String = deltas.iter().map(|delta| delta["delta"].as_str().unwrap()).collect();
        assert_eq!(joined, ANSWER);
        let usage = result["usage"].as_object_mut().unwrap();
        let milliseconds = |value: Option<Value>| value.unwrap().as_u64().unwrap();
        let first_token = milliseconds(usage.remove("firstTokenMs"));
        assert!(first_token <= milliseconds(usage.remove("totalMs")));
        let job = result.as_object_mut().unwrap().remove("jobId").unwrap();
        assert_eq!(job.as_str().unwrap().len(), 26, "a ULID: {job}");
        let expected = json!({
            "outcome": "answered", "answer": ANSWER, "stopReason": "stop",
            "usage": { "inputTokens": 7, "outputTokens": 3 },
            "agent": AGENT, "messageId": "01TESTMESSAGE", "sources": [], "knowledgeSourceIds": [], "toolIds": [],
        });
        assert_eq!(result, expected, "{}", profile.name);

        let progress = world.ended_progress().await;
        assert_eq!(progress.token, work);
        assert_eq!(world.count("window/workDoneProgress/create"), 0);
        world.finish().await;
    }
}

#[tokio::test]
async fn plug_in_behind_a_multiplexer_gets_result_by_its_token() {
    for profile in [profiles::eglot(), profiles::minimal()] {
        let world = World::open(profile).await;
        let World { editor, peer, .. } = &world;
        let run = |action: &str, partial: &str| {
            let params = with(world.params(action), "partialResultToken", json!(partial));
            json!([with(params, "workDoneToken", json!(format!("work of {partial}")))])
        };
        let ended = |token: &str| {
            let (token, what) = (json!(token), format!("the end of {token}"));
            async move { editor.wait_until(&what, |state| state.partial_results(&token).pop().filter(is_end)).await }
        };
        fn is_end(value: &Value) -> bool {
            value.get("delta").is_none()
        }

        let gate = Gate::default();
        peer.expect_chat(halves(&gate));
        let started = editor.execute("stackspot-lsp.run", run("explain", "first")).await;
        editor.wait_until("the first delta", |state| state.partial_results(&json!("first")).first().cloned()).await;
        gate.open();
        let end = ended("first").await;
        assert_eq!(end["result"]["answer"], ANSWER);
        assert_eq!(end["result"]["jobId"], started["jobId"]);
        let deltas = editor.partial_results(&json!("first"));
        let joined: String = deltas.iter().filter_map(|delta| delta["delta"].as_str()).collect();
        assert_eq!(joined, ANSWER);

        peer.expect_chat(Script::status(403));
        editor.execute("stackspot-lsp.run", run("explain", "second")).await;
        let error = &ended("second").await["error"];
        assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!("forbidden")));

        let gate = Gate::default();
        peer.expect_chat(halves(&gate));
        editor.execute("stackspot-lsp.run", run("explain", "third")).await;
        editor.wait_until("the first delta", |state| state.partial_results(&json!("third")).first().cloned()).await;
        editor.notify("window/workDoneProgress/cancel", json!({ "token": "work of third" }));
        assert_eq!(ended("third").await["error"]["code"], -32800);

        // The tokens carried all of it.
        assert_eq!(world.count("window/showMessage") + world.count("window/showDocument"), 0);
        world.finish().await;
    }
}

#[tokio::test]
async fn a_request_without_a_token_shows_progress_as_any_job_does() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let result = world.run(world.params("explain")).await.unwrap();
        assert_eq!(result["answer"], "An answer by default.");
        let expected = usize::from(world.shows_progress());
        assert_eq!(world.count("window/workDoneProgress/create"), expected, "{}", world.profile.name);
        // If the answer comes before a progress begins, the progress need not begin.
        assert!(world.editor.progress().len() <= expected);
        world.finish().await;
    }
}

#[tokio::test]
async fn answer_metadata_of_the_service_reaches_the_plug_in() {
    let world = World::open(profiles::vscode()).await;
    let frame = json!({
        "message": "It adds.", "conversation_id": "01CONVERSATION",
        "knowledge_source_id": ["ks-1"], "tools_id": ["tool-1"],
        "source": [{ "type": "api", "name": "Prices", "slug": "prices", "document_score": 0.5, "document_id": "d1" }],
    });
    world.peer.expect_chat(Script::stream().frame(&frame).end());
    let result = world.run(with(world.params("explain"), "conversationId", json!("01EARLIER"))).await.unwrap();
    assert_eq!(world.peer.chats()[0].json()["conversation_id"], "01EARLIER");
    assert_eq!(result["conversationId"], "01CONVERSATION");
    assert_eq!(result["knowledgeSourceIds"], json!(["ks-1"]));
    assert_eq!(result["toolIds"], json!(["tool-1"]));
    let source = json!({ "kind": "api", "id": "d1", "name": "Prices", "slug": "prices", "score": 0.5 });
    assert_eq!(result["sources"], json!([source]));
    world.finish().await;
}

#[tokio::test]
async fn an_answer_can_be_read_while_it_is_still_coming_in() {
    let world = World::open(profiles::neovim()).await;
    let gate = Gate::default();
    let partial = json!("p");
    world.peer.expect_chat(Script::stream().text("The first half").gate(&gate).text(", the second.").end());
    let params = with(world.params("explain"), "partialResultToken", partial.clone());
    let request = world.editor.start_request("stackspot-lsp/run", params);
    world.editor.wait_until("the first half", |state| state.partial_results(&partial).first().cloned()).await;
    world.editor.execute("stackspot-lsp.showAnswer", Value::Null).await;
    let shown = world.editor.wait_for_method("window/showDocument").await;
    let uri = shown["uri"].as_str().unwrap();
    world.editor.wait_for_text(uri, |text| text.contains("The first half\n")).await;
    gate.open();
    assert_eq!(world.editor.response(request).await.unwrap()["answer"], "The first half, the second.");
    assert!(world.whole_answer(uri).await.contains("The first half, the second.\n"));
    world.finish().await;
}

#[tokio::test]
async fn a_frame_of_another_shape_does_not_disturb_the_answer() {
    let world = World::open(profiles::helix()).await;
    let script = Script::stream()
        .bytes(": ping\n\n")
        .data("[DONE]")
        .frame(&json!({ "message": null, "stop_reason": null }))
        .bytes(sse_frame(&json!({ "message": "ab" })))
        .data("\"no object\"")
        .text("cd")
        .end()
        .in_pieces_of(3);
    world.peer.expect_chat(script);
    assert_eq!(world.run(world.params("explain")).await.unwrap()["answer"], "abcd");
    world.finish().await;
}

fn said(event: &Value) -> &str {
    event["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn prompt_shows_file_path_relative_to_workspace_folder() {
    for profile in profiles::all() {
        let world = World::open(profile.folder(file_uri!("/home/ana"))).await;
        let asked_about = |count: usize| {
            let prompt = world.peer.chats()[count].json()["user_prompt"].as_str().unwrap().to_owned();
            prompt.lines().find_map(|line| line.strip_prefix("File: ").map(str::to_owned)).unwrap()
        };
        world.run(world.params("explain")).await.unwrap();
        assert_eq!(asked_about(0), "shop/cart.py");
        let folder = |uri: &str| json!([{ "uri": uri, "name": "it" }]);
        let event = json!({ "added": folder(file_uri!("/home/ana/shop/")), "removed": folder(file_uri!("/home/ana")) });
        world.editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
        world.run(world.params("explain")).await.unwrap();
        assert_eq!(asked_about(1), "cart.py");
        world.finish().await;
    }
}

//! Errors in arguments name the argument. The server finds the range of an older version in the current text.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, listed, titles, with, without};

const INVALID_PARAMS: i64 = -32602;

fn range(start: (u32, u32), end: (u32, u32)) -> Value {
    json!({ "start": { "line": start.0, "character": start.1 }, "end": { "line": end.0, "character": end.1 } })
}

/// The error for these arguments. It is the same for the request and the command.
async fn refusal(world: &World, params: Value) -> String {
    let by_request = world.run(params.clone()).await.unwrap_err();
    let by_command = world.editor.try_execute("stackspot-lsp.run", json!([params])).await.unwrap_err();
    assert_eq!(by_request, by_command);
    assert_eq!(by_request["code"], INVALID_PARAMS, "{by_request}");
    by_request["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn wrong_arguments_are_refused_by_the_name_of_the_field() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let good = world.params("explain");
        let cases = [
            (without(good.clone(), "action"), "action"),
            (without(good.clone(), "textDocument"), "textDocument"),
            (without(good.clone(), "range"), "range"),
            (with(good.clone(), "textDocument", json!({})), "uri"),
            (with(good.clone(), "textDocument", json!({ "uri": 7 })), "textDocument.uri"),
            (with(good.clone(), "textDocument", json!({ "uri": URI, "version": "1" })), "textDocument.version"),
            (with(good.clone(), "range", json!({ "start": { "line": 0, "character": 0 } })), "end"),
            (
                with(
                    good.clone(),
                    "range",
                    json!({ "start": { "line": -1, "character": 0 }, "end": { "line": 0, "character": 0 } }),
                ),
                "range.start.line",
            ),
            (with(good.clone(), "apply", json!("always")), "apply"),
            (with(good.clone(), "instruction", json!(3)), "instruction"),
            (with(good.clone(), "action", json!(null)), "action"),
            (with(good.clone(), "range", range((5, 0), (2, 0))), "range"),
            (with(good.clone(), "range", range((900, 0), (901, 0))), "range"),
            (
                with(good.clone(), "textDocument", json!({ "uri": file_uri!("/home/ana/shop/unknown.py") })),
                "textDocument.uri",
            ),
            (json!({}), "action"),
        ];
        for (params, name) in cases {
            let message = refusal(&world, params.clone()).await;
            assert!(message.contains(name), "{params}: {message}");
        }
        assert_eq!((world.peer.requests().len(), world.editor.progress().len()), (0, 0));
        world.finish().await;
    }
}

#[tokio::test]
async fn error_for_unknown_action_or_command_lists_the_known_ones() {
    let world = World::open(profiles::vscode()).await;
    let message = refusal(&world, world.params("explian")).await;
    assert!(
        message.contains("\"explian\"") && message.contains("explain") && message.contains("refactor"),
        "{message}"
    );

    let unknown = json!({ "command": "stackspot-lsp.dance", "arguments": [] });
    let error = world.editor.request("workspace/executeCommand", unknown).await.unwrap_err();
    assert_eq!(error["code"], INVALID_PARAMS);
    let message = error["message"].as_str().unwrap();
    for command in ["stackspot-lsp.dance", "stackspot-lsp.run", "stackspot-lsp.cancel", "stackspot-lsp.status"] {
        assert!(message.contains(command), "{message}");
    }
    world.finish().await;
}

#[tokio::test]
async fn command_with_an_unknown_job_id_is_an_error() {
    let world = World::open(profiles::neovim()).await;
    for command in ["stackspot-lsp.apply", "stackspot-lsp.discard", "stackspot-lsp.showAnswer"] {
        let error = world.editor.try_execute(command, json!([{ "jobId": "01NONE" }])).await.unwrap_err();
        assert_eq!(error["code"], INVALID_PARAMS, "{command}");
        let said = error["message"].as_str().unwrap();
        assert!(said.starts_with("jobId: ") && !said.contains("01NONE"), "an id is no word for a user: {said}");
    }
    for command in ["stackspot-lsp.apply", "stackspot-lsp.discard"] {
        let error = world.editor.try_execute(command, Value::Null).await.unwrap_err();
        assert!(error["code"] == INVALID_PARAMS && error["message"].as_str().unwrap().contains("jobId"), "{error}");
    }
    let error = world.editor.try_execute("stackspot-lsp.showAnswer", Value::Null).await.unwrap_err();
    assert!(error["message"].as_str().unwrap().contains("run an action first"), "{error}");
    let wrong = [
        ("stackspot-lsp.cancel", json!([{ "jobId": 7 }]), "jobId"),
        ("stackspot-lsp.actions", json!([{ "textDocument": { "uri": URI }, "range": 3 }]), "range"),
        ("stackspot-lsp.actions", json!([{ "action": 3 }]), "action"),
        ("stackspot-lsp.run", json!([null]), "action"),
    ];
    for (command, arguments, field) in wrong {
        let error = world.editor.try_execute(command, arguments).await.unwrap_err();
        assert!(error["code"] == INVALID_PARAMS && error["message"].as_str().unwrap().contains(field), "{error}");
    }
    // Lisp and Lua write "none" like this.
    let none = world.editor.execute("stackspot-lsp.cancel", json!([null])).await;
    assert_eq!(none, json!({ "cancelled": 0 }));
    world.finish().await;
}

#[tokio::test]
async fn range_of_an_older_version_is_found_in_the_current_text() {
    for profile in profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit")) {
        let world = World::open(profile).await;
        // The menu was listed for version 1. Then the user typed, and chose an entry.
        let menu = world.editor.code_actions(URI, &world.editor.range_of(URI, FUNCTION)).await;
        let params = world.params("refactor");
        world.editor.replace(URI, "# The cart", "# 🦀\n\n# The cart");
        world.editor.replace(URI, "def greet", "def say");
        world.peer.answer_by_default(Script::stream().text(BETTER).end());
        let result = world.run(params).await.unwrap();
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        let prompt = world.peer.chats()[0].json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(prompt.contains(&format!("<selection>\n{FUNCTION}\n</selection>")), "{prompt}");
        assert_eq!(world.editor.text(URI).matches(BETTER).count(), 1);

        world.editor.edits();
        world.peer.expect_chat(Script::stream().text(FUNCTION).end());
        world.editor.run(&menu, "Explain").await;
        world.peer.chat_arrived(2).await;
        if world.shows_documents() {
            world.editor.wait_for_method("window/showDocument").await;
        } else {
            world.message().await;
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn deleted_selection_is_out_of_sync_and_nothing_is_sent() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let params = world.params("refactor");
        world.editor.replace(URI, FUNCTION, "");
        let error = world.run(params).await.unwrap_err();
        assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!("outOfSync")), "{error}");
        assert!(error["message"].as_str().unwrap().contains("deleted"), "{error}");
        assert_eq!(world.peer.requests().len(), 0, "nothing beside it was asked about");
        world.finish().await;
    }
}

#[tokio::test]
async fn unknown_document_version_is_out_of_sync() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        // After two hundred changes the server no longer knows the first version. Version 900 does not exist yet.
        (0..200).for_each(|_| world.editor.replace(URI, "# The", "# # The"));
        for version in [1, 900] {
            let params = with(world.params("refactor"), "textDocument", json!({ "uri": URI, "version": version }));
            let error = world.run(params.clone()).await.unwrap_err();
            assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!("outOfSync")), "{error}");
            assert!(error["message"].as_str().unwrap().contains(&format!("Version {version}")), "{error}");

            let reply = world.editor.execute("stackspot-lsp.run", json!([params])).await;
            assert!(reply["jobId"].is_string());
            let (kind, message) = world.message().await;
            assert!(kind == 1 && message.contains("Select the text again"), "{message}");
        }
        assert_eq!(world.peer.requests().len(), 0);
        world.finish().await;
    }
}

#[tokio::test]
async fn a_point_means_the_paragraph_around_it() {
    let greet = "def greet(name):\n    print(\"hi \" + name)";
    // An empty range, Helix's cursor, the symbol that eglot sends, and a range beyond the end of the line.
    let points = [
        range((10, 4), (10, 4)),
        range((10, 4), (10, 5)),
        range((9, 4), (9, 9)),
        range((9, 80), (9, 99)),
        range((11, 0), (11, 0)),
    ];
    for profile in profiles::all() {
        let world = World::open(profile).await;
        for (count, point) in points.iter().enumerate() {
            world.run(with(world.params("explain"), "range", point.clone())).await.unwrap();
            let prompt = world.peer.chats()[count].json()["user_prompt"].as_str().unwrap().to_owned();
            // If an editor sends an empty range for a cursor, a range of one word is a selection.
            let (first, selected) = match count {
                1 if world.profile.sends_cursors_as_empty_ranges() => (11, "    p"),
                2 if world.profile.sends_cursors_as_empty_ranges() => (10, "greet"),
                _ => (10, greet),
            };
            assert!(prompt.contains(&listed(first, selected)), "{point}: {prompt}");
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn blank_document_has_no_actions_and_jobs_are_refused() {
    for profile in profiles::all() {
        for text in ["", "\n  \n\t\n"] {
            let world = World::start(profile.clone()).await;
            world.editor.open(URI, "python", text);
            let everything = json!({ "start": { "line": 0, "character": 0 }, "end": world.editor.end_of(URI) });
            assert_eq!(world.editor.code_actions(URI, &everything).await, Vec::<Value>::new());
            let params = json!({ "action": "explain", "textDocument": { "uri": URI }, "range": everything });
            let error = world.run(params.clone()).await.unwrap_err();
            assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!("refused")), "{error}");
            world.editor.execute("stackspot-lsp.run", json!([params])).await;
            let (kind, message) = world.message().await;
            assert!(kind == 1 && message.contains("blank") && message.contains("Select"), "{message}");
            assert_eq!(world.peer.requests().len(), 0);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn menu_contains_only_the_requested_kinds() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let range = world.editor.range_of(URI, FUNCTION);
        let listed = |only: Value| {
            let context = json!({ "diagnostics": [], "only": only, "triggerKind": 1 });
            let (world, range) = (&world, range.clone());
            async move {
                let actions = world.editor.code_actions_in(URI, &range, context).await;
                actions.iter().map(|action| action["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        let verbs =
            ["Explain", "Refactor", "Document", "Write tests", "Review", "Review this file", "Suggest refactorings"];
        let [explain, refactor, document, test, review, file, suggest] =
            verbs.map(|verb| format!("{verb} with StackSpot AI"));
        let fix = "Fix problems here with StackSpot AI".to_owned();
        let ask = "Ask StackSpot AI about this…".to_owned();
        let show = "Show what would be sent to StackSpot AI".to_owned();
        let add = "Add these lines to the next question".to_owned();
        let all = [&explain, &ask, &refactor, &fix, &document, &test, &review, &file, &suggest, &add, &show];
        assert_eq!(listed(json!(["refactor"])).await, [&*refactor, &document]);
        assert_eq!(listed(json!(["refactor.rewrite"])).await, [&*refactor, &document]);
        assert_eq!(listed(json!(["quickfix"])).await, [&*fix]);
        assert_eq!(
            listed(json!(["stackspot-lsp"])).await,
            [&*explain, &ask, &test, &review, &file, &suggest, &add, &show]
        );
        assert_eq!(listed(json!(["stackspot-lsp.explain", "quickfix"])).await, [&*explain, &fix]);
        assert_eq!(listed(json!([""])).await, all.map(|title| title.as_str()));
        assert!(listed(json!(["source"])).await.is_empty());
        assert!(listed(json!(["refactor.extract"])).await.is_empty());

        for action in world.editor.code_actions(URI, &range).await {
            assert!(action.get("isPreferred").is_none());
            let command = if world.profile.declares("/textDocument/codeAction/codeActionLiteralSupport") {
                assert!(action["kind"].is_string() && action.get("edit").is_none());
                let knows_tags =
                    !world.profile.initialize["capabilities"]["textDocument"]["codeAction"]["tagSupport"].is_null();
                // An entry that adds to the next question asks no agent.
                let asks_an_agent = action["kind"] != "stackspot-lsp.context";
                let tags = (knows_tags && asks_an_agent).then(|| json!([1]));
                assert_eq!(action.get("tags"), tags.as_ref());
                action["command"].clone()
            } else {
                assert!(action.get("kind").is_none());
                action
            };
            let argument = match command["command"].as_str() {
                Some("stackspot-lsp.run" | "stackspot-lsp.context") => &command["arguments"][0],
                Some("stackspot-lsp.showPrompt") => &command["arguments"][0]["run"],
                other => panic!("{other:?}"),
            };
            assert_eq!(argument["textDocument"], json!({ "uri": URI, "version": 1 }));
            let is_of_all = command["title"] == "Review this file with StackSpot AI";
            assert_eq!(argument["range"] == range, !is_of_all, "{argument}");
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn fix_action_sends_the_diagnostic_to_the_agent() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let point = world.editor.range_of(URI, "greet");
        let problem = json!({ "range": point, "message": "greet is odd", "code": "E7", "source": "other", "data": 3 });
        let bulb = json!({ "diagnostics": [problem], "triggerKind": 2 });
        let actions = world.editor.code_actions_in(URI, &point, bulb).await;
        assert_eq!(titles(&actions), ["Fix with StackSpot AI"], "{}", world.profile.name);
        if world.profile.declares("/textDocument/codeAction/codeActionLiteralSupport") {
            assert_eq!(actions[0]["diagnostics"], json!([problem]), "as the editor sent it");
        }
        let chat = world
            .peer
            .expect_chat(Script::stream().text("I am sorry, but I cannot fix this without more context.").end());
        world.editor.run(&actions, "Fix").await;
        let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(
            prompt.contains("<diagnostics>\nline 10 `def greet(name):`: [E7] (other): greet is odd\n</diagnostics>"),
            "{prompt}"
        );
        world.message().await;
        world.shown_answer().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn an_edit_needs_an_instruction_and_puts_it_first() {
    let world = World::open(profiles::vscode()).await;
    let error = world.run(world.params("edit")).await.unwrap_err();
    assert!(error["code"] == -32602 && error["message"].as_str().unwrap().starts_with("instruction"), "{error}");
    world.peer.expect_chat(Script::stream().text(BETTER).end());
    let result = world.run(with(world.params("edit"), "instruction", json!("use sum"))).await.unwrap();
    assert_eq!(result["outcome"], "applied");
    assert!(world.peer.chats()[0].json()["user_prompt"].as_str().unwrap().contains("use sum"));
    world.editor.edits();
    world.finish().await;
}

#[tokio::test]
async fn light_bulb_is_not_shown_on_every_line() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let bulb = json!({ "diagnostics": [], "triggerKind": 2 });
        let point = world.editor.range_of(URI, "greet");
        let listed = |range: Value| {
            let (world, bulb) = (&world, bulb.clone());
            async move { world.editor.code_actions_in(URI, &range, bulb).await }
        };
        assert!(listed(point.clone()).await.is_empty());
        assert_eq!(listed(world.editor.range_of(URI, FUNCTION)).await.len(), 7, "a real selection lights it");

        // The user can stop a running job, and apply a waiting edit.
        let chat = world.peer.expect_chat(Script::stream().stall());
        let request = world.editor.start_request("stackspot-lsp/run", world.params("explain"));
        chat.arrived().await;
        let actions = listed(point.clone()).await;
        assert_eq!(actions.len(), 1);
        world.editor.run(&actions, "Cancel").await;
        world.editor.response(request).await.unwrap_err();
        world.peer.expect_chat(Script::stream().text(BETTER).end());
        world.run(with(world.params("refactor"), "apply", json!("review"))).await.unwrap();
        let actions = listed(point).await;
        assert_eq!(actions.len(), 3);
        world.editor.run(&actions, "Discard").await;
        assert_eq!(world.editor.text(URI), SOURCE);
        world.finish().await;
    }
}

#[tokio::test]
async fn code_action_range_with_end_before_start_is_refused() {
    let world = World::open(profiles::vscode()).await;
    let params =
        json!({ "textDocument": { "uri": URI }, "range": range((3, 0), (1, 0)), "context": { "diagnostics": [] } });
    let error = world.editor.request("textDocument/codeAction", params).await.unwrap_err();
    assert!(error["code"] == INVALID_PARAMS && error["message"].as_str().unwrap().contains("range"), "{error}");
    world.finish().await;
}

#[tokio::test]
async fn diagnostics_and_an_instruction_go_into_the_question() {
    let world = World::open(profiles::vscode()).await;
    let diagnostic = json!({ "range": range((5, 0), (5, 3)), "message": "shadows a built-in", "code": "W0622" });
    let params = with(world.params("explain"), "diagnostics", json!([diagnostic]));
    world.run(with(params, "instruction", json!("Say why `sum` is a bad name."))).await.unwrap();
    let prompt = world.peer.chats()[0].json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(
        prompt.contains("line 6 `sum = sum + item.price`: [W0622]: shadows a built-in")
            && prompt.contains("Say why `sum`"),
        "{prompt}"
    );
    world.finish().await;
}

//! The user types while the agent answers. The typed text is never lost.

use serde_json::{Value, json};

use crate::support::peer::{Gate, Script};
use crate::support::profiles::{self, Profile};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, WARNING, World, refactored, titles};

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

/// A refactoring during which the user acts, after the agent has begun to answer.
async fn refactor_while(world: &World, user: impl FnOnce(&World)) -> Value {
    refactor_into(world, "refactor", FUNCTION, BETTER, user).await
}

async fn refactor_into(world: &World, action: &str, needle: &str, reply: &str, user: impl FnOnce(&World)) -> Value {
    let gate = Gate::default();
    let chat = world.peer.expect_chat(Script::stream().text(&reply[..1]).gate(&gate).text(&reply[1..]).end());
    let request = world.editor.start_request("stackspot-lsp/run", world.params_on(action, needle));
    chat.arrived().await;
    user(world);
    // This answer comes after the server has read the changes of the user.
    world.editor.execute("stackspot-lsp.status", Value::Null).await;
    gate.open();
    world.editor.response(request).await.unwrap()
}

#[tokio::test]
async fn typing_elsewhere_moves_the_edit_along() {
    let before: fn(&World) = |world| world.editor.replace(URI, "# The cart", "# Açaí 🦀\n# The cart");
    let after: fn(&World) = |world| world.editor.replace(URI, "print(\"hi \"", "print(\"olá \"");
    let both: fn(&World) = |world| {
        world.editor.replace(URI, "# The cart of the shop.\n", "");
        world.editor.replace(URI, "return sum\n\n", "return sum\n");
        world.editor.replace(URI, "def greet", "def say_hello");
    };
    let at_the_borders: fn(&World) = |world| {
        world.editor.replace(URI, "\ndef total", "\n@cached\ndef total");
        world.editor.replace(URI, "return sum\n", "return sum\n# end\n");
    };
    for profile in that_apply() {
        for user in [before, after, both, at_the_borders] {
            let world = World::open(profile.clone()).await;
            let mut typed = String::new();
            let result = refactor_while(&world, |world| {
                user(world);
                typed = world.editor.text(URI);
            })
            .await;
            assert_eq!(result["outcome"], "applied", "{}: {result}", profile.name);
            assert_eq!(world.editor.text(URI), typed.replace(FUNCTION, BETTER), "{}", profile.name);
            assert_ne!(typed, SOURCE);
            assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (1, 1), "{}", profile.name);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn typing_before_it_on_the_same_line_moves_the_edit_along() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let result = refactor_into(&world, "refactor", "sum + item.price", "item.price + sum", |world| {
            world.editor.replace(URI, "        sum = ", "        soma_🦀, sum = ");
        })
        .await;
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        let expected = SOURCE.replace("sum = sum + item.price", "soma_🦀, sum = item.price + sum");
        assert_eq!(world.editor.text(URI), expected, "{}", world.profile.name);
        assert_eq!(world.editor.edits().len(), 1);
        world.finish().await;
    }
}

#[tokio::test]
async fn typing_inside_leaves_the_text_to_the_user_and_keeps_the_edit() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let editor = &world.editor;
        let result = refactor_while(&world, |world| world.editor.replace(URI, "sum = 0", "sum = 0.0")).await;
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        assert!(result["reason"].as_str().unwrap().contains("You typed in it"), "{result}");
        let typed = SOURCE.replace("sum = 0", "sum = 0.0");
        assert_eq!((editor.text(URI), world.count("workspace/applyEdit")), (typed.clone(), 0));
        let edit = &result["edit"];
        let is_versioned = edit["documentChanges"][0]["textDocument"]["version"] == 2;
        assert!(is_versioned || edit["changes"][URI].is_array(), "for the text of today: {edit}");

        // The choices for the edit come first in the menu, anywhere in the document. Both changed the same lines.
        let range = editor.range_of(URI, "greet");
        let titles = titles(&editor.code_actions(URI, &range).await);
        let replace = "Apply “Refactor with StackSpot AI” for lines 3–7, in place of your changes";
        assert!(titles[0].starts_with("Preview") && titles[1].starts_with(replace), "{titles:?}");
        assert!(titles[2].starts_with("Discard"), "{titles:?}");
        let status = editor.execute("stackspot-lsp.status", Value::Null).await;
        assert_eq!(status["jobs"][0]["state"], "proposed");

        // The server overwrites the user's own text only if the user chooses that.
        for (argument, reason) in [(json!({}), "You typed in it"), (json!({ "merge": true }), "change the same lines")]
        {
            let argument = crate::world::with(argument, "jobId", result["jobId"].clone());
            editor.execute("stackspot-lsp.apply", json!([argument])).await;
            let (kind, message) = world.message().await;
            assert!(kind == WARNING && message.contains(reason), "{message}");
        }
        assert_eq!((editor.text(URI), world.count("workspace/applyEdit")), (typed, 0));

        // The user undoes the typing, and applies the edit.
        editor.replace(URI, "sum = 0.0", "sum = 0");
        editor.choose(URI, &range, "Apply").await;
        if world.applies() {
            let text = editor.wait_for_text(URI, |text| text != SOURCE).await;
            assert_eq!(text, refactored(), "{}", world.profile.name);
            assert_eq!(editor.edits().len(), 1);
            let titles = self::titles(&editor.code_actions(URI, &range).await);
            assert!(titles.iter().all(|title| !title.starts_with("Apply")), "{titles:?}");
        } else {
            assert!(world.message().await.1.contains("takes no edits"));
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn discarded_edit_is_removed_but_its_answer_is_kept() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let editor = &world.editor;
        let result = refactor_while(&world, |world| world.editor.replace(URI, "sum = 0", "sum = 0.0")).await;
        let typed = editor.text(URI);
        let range = editor.range_of(URI, "greet");
        let menu = editor.code_actions(URI, &range).await;
        assert_eq!(editor.run(&menu, "Discard").await, Value::Null);
        // The old menu is still open.
        let error = editor.try_execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await.unwrap_err();
        assert_eq!(error["code"], -32602);
        assert!(error["message"].as_str().unwrap().contains("jobId"), "{error}");
        let titles = titles(&editor.code_actions(URI, &range).await);
        assert!(titles[0].starts_with("Explain"), "{titles:?}");
        assert_eq!((editor.text(URI), world.count("workspace/applyEdit")), (typed, 0));

        editor.execute("stackspot-lsp.showAnswer", json!([{ "jobId": result["jobId"] }])).await;
        if world.shows_documents() {
            editor.wait_for_method("window/showDocument").await;
        } else {
            assert!(world.message().await.1.contains("return sum(item.price"));
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_applied_by_a_plug_in_is_not_applied_again() {
    // A plug-in applies the `edit` of a result by itself. Here the editor acts as the plug-in.
    for profile in that_apply() {
        let world = World::open(profile).await;
        let params = crate::world::with(world.params("refactor"), "apply", json!("review"));
        world.peer.expect_chat(Script::stream().text(BETTER).end());
        let result = world.run(params).await.unwrap();
        assert_eq!((&result["outcome"], world.count("workspace/applyEdit")), (&json!("proposed"), 0));
        world.editor.apply_edit(&result["edit"]);
        assert_eq!(world.editor.text(URI), refactored(), "{}", world.profile.name);

        // If the user applies it again by command, the server sees that the text already contains it.
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await;
        world.editor.execute("stackspot-lsp.status", Value::Null).await;
        assert_eq!((world.editor.text(URI), world.count("workspace/applyEdit")), (refactored(), 0));
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_applied_by_another_program_is_not_applied_again() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let params = crate::world::with(world.params_on("refactor", "sum + item.price"), "apply", json!("review"));
        world.peer.expect_chat(Script::stream().text("sum + item.price * item.count").end());
        let result = world.run(params).await.unwrap();
        let waiting = async || world.editor.execute("stackspot-lsp.status", Value::Null).await["jobs"].clone();
        assert_eq!(waiting().await.as_array().unwrap().len(), 1);

        world.editor.apply_edit(&result["edit"]);
        let expected = SOURCE.replace("item.price", "item.price * item.count");
        assert_eq!(world.editor.text(URI), expected, "{}", world.profile.name);
        assert_eq!(waiting().await, json!([]), "nothing waits any more");
        // After an undo the edit waits again. After a redo there is nothing left to do.
        world.editor.replace(URI, " * item.count", "");
        assert_eq!(waiting().await.as_array().unwrap().len(), 1);
        world.editor.replace(URI, "item.price", "item.price * item.count");
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await;
        assert_eq!(waiting().await, json!([]));
        assert_eq!((world.editor.text(URI), world.count("workspace/applyEdit")), (expected, 0));
        world.finish().await;
    }
}

#[tokio::test]
async fn same_text_sent_again_does_not_count_as_typing() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let result = refactor_while(&world, |world| world.editor.rewrite(URI, SOURCE)).await;
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        assert_eq!(world.editor.text(URI), refactored());
        assert_eq!(world.editor.edits().len(), 1);
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_is_kept_when_its_document_is_closed() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let result = refactor_while(&world, |world| world.editor.close(URI)).await;
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        assert!(result["reason"].as_str().unwrap().contains("closed"), "{result}");
        assert_eq!((&result["answer"], world.count("workspace/applyEdit")), (&json!(BETTER), 0));
        assert!(result["edit"].is_object());

        // After the document is open again, the edit waits and can be applied.
        world.editor.open(URI, "python", SOURCE);
        let range = world.editor.range_of(URI, "greet");
        world.editor.choose(URI, &range, "Apply").await;
        if world.applies() {
            let text = world.editor.wait_for_text(URI, |text| text != SOURCE).await;
            assert_eq!(text, refactored(), "{}", world.profile.name);
            assert_eq!(world.editor.edits().len(), 1);
        } else {
            assert!(world.message().await.1.contains("takes no edits"));
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_is_kept_when_document_closes_right_after_request() {
    for profile in profiles::all() {
        for opened_again in [false, true] {
            let world = World::open(profile.clone()).await;
            world.peer.expect_chat(Script::stream().text(BETTER).end());
            let id = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
            world.editor.close(URI);
            if opened_again {
                world.editor.open(URI, "python", SOURCE);
            }
            let result = world.editor.response(id).await.unwrap();
            assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
            assert_eq!((&result["answer"], world.count("workspace/applyEdit")), (&json!(BETTER), 0));
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn document_reopened_with_other_text_is_not_edited() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let other = SOURCE.replace("sum + item.price", "sum + item.cost");
        let result = refactor_while(&world, |world| {
            world.editor.close(URI);
            world.editor.open(URI, "python", &other);
        })
        .await;
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await;
        let (kind, message) = world.message().await;
        assert_eq!(kind, WARNING, "{message}");
        assert_eq!((world.editor.text(URI), world.count("workspace/applyEdit")), (other, 0));
        world.finish().await;
    }
}

#[tokio::test]
async fn two_edits_of_one_document_both_land() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let gate = Gate::default();
        let other = "def greet(name):\n    print(f\"hi {name}\")";
        let first = world.peer.expect_chat(Script::stream().gate(&gate).text(BETTER).end());
        let first_id = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
        first.arrived().await;
        let second = world.peer.expect_chat(Script::stream().gate(&gate).text(other).end());
        let greet = "def greet(name):\n    print(\"hi \" + name)";
        let second_id = world.editor.start_request("stackspot-lsp/run", world.params_on("refactor", greet));
        second.arrived().await;
        gate.open();
        for id in [first_id, second_id] {
            let result = world.editor.response(id).await.unwrap();
            assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        }
        assert_eq!(world.editor.text(URI), refactored().replace(greet, other), "{}", world.profile.name);
        world.editor.edits();
        world.finish().await;
    }
}

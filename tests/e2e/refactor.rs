//! Edits: the server inserts only the code, once, and changes nothing around it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles::{self, Profile};
use crate::world::{BETTER, FUNCTION, INFO, SOURCE, URI, WARNING, World, refactored};

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

#[tokio::test]
async fn code_of_a_reply_is_applied_as_one_edit_and_undo_step() {
    let replies = [
        BETTER.to_owned(),
        format!("```python\n{BETTER}\n```"),
        format!("Here is the refactored function:\n\n```python\n{BETTER}\n```\n\nIt uses the built-in `sum`."),
        format!("~~~~\n{BETTER}\n~~~~\n"),
        format!("```py\n{BETTER}"),
    ];
    for profile in that_apply() {
        for reply in &replies {
            let world = World::open(profile.clone()).await;
            let editor = &world.editor;
            world.peer.expect_chat(Script::stream().text(reply).end());
            editor.choose(URI, &editor.range_of(URI, FUNCTION), "Refactor").await;
            let progress = world.ended_progress().await;
            assert!(progress.end().unwrap().starts_with("applied: "), "{}: {progress:?}", profile.name);
            assert_eq!(editor.text(URI), refactored(), "{}: {reply}", profile.name);
            assert_eq!(editor.undo_steps(URI), 1, "{}", profile.name);
            let edits = editor.edits();
            assert_eq!(edits.len(), 1, "{}", profile.name);
            assert_versioned(&profile, &edits[0]["edit"], 1);
            if profile.name.starts_with("helix") {
                let (kind, message) = world.message().await;
                assert!(kind == INFO && message.contains("is done"), "{message}");
            }
            world.finish().await;
        }
    }
}

/// Every editor in these stories, except the minimal one, accepts versioned edits.
fn assert_versioned(profile: &Profile, edit: &Value, version: i32) {
    let changes = edit["documentChanges"].as_array().unwrap_or_else(|| panic!("{}: {edit}", profile.name));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["textDocument"], json!({ "uri": URI, "version": version }), "{}", profile.name);
}

#[tokio::test]
async fn edit_changes_only_the_different_words() {
    // The server sends whole lines to kak-lsp, because it may not support several changes of one line.
    for profile in that_apply().filter(|profile| profile.name != "kak-lsp") {
        let world = World::open(profile).await;
        let changed = FUNCTION.replace("sum + item.price", "sum + item.price * item.count");
        world.peer.expect_chat(Script::stream().text(&changed).end());
        assert_eq!(world.run(world.params("refactor")).await.unwrap()["outcome"], "applied");
        assert_eq!(world.editor.text(URI), SOURCE.replace(FUNCTION, &changed));
        let edits = world.editor.edits();
        let edits = edits[0]["edit"]["documentChanges"][0]["edits"].as_array().unwrap();
        assert_eq!(edits.len(), 1);
        let lines = [&edits[0]["range"]["start"]["line"], &edits[0]["range"]["end"]["line"]];
        assert!(lines.iter().all(|line| line.as_u64() == Some(5)), "{edits:?}");
        // The cursor and the marks in the rest of the line stay.
        assert_eq!(edits[0]["newText"].as_str().unwrap().trim(), "* item.count", "{}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn line_ends_tabs_and_the_final_newline_stay_as_they_are() {
    // The text, the selection, the reply, and the text after the edit.
    let cases = [
        (
            "a = 1\r\nif a:\r\n    b(1)\r\n    b(2)\r\nc = 3\r\n",
            "if a:\r\n    b(1)\r\n    b(2)",
            "```\nif a:\n    for i in (1, 2):\n        b(i)\n```",
            "a = 1\r\nif a:\r\n    for i in (1, 2):\r\n        b(i)\r\nc = 3\r\n",
        ),
        (
            "class A:\n\tdef f(self):\n\t\tx = 1\n\t\treturn x\n",
            "\tdef f(self):\n\t\tx = 1\n\t\treturn x\n",
            "def f(self):\n    if self:\n        return 1",
            "class A:\n\tdef f(self):\n\t\tif self:\n\t\t\treturn 1\n",
        ),
        ("x = f(1)\ny = x", "x = f(1)\ny = x", "y = f(1)\n", "y = f(1)"),
    ];
    for profile in that_apply() {
        for (text, selected, reply, expected) in cases {
            let world = World::start(profile.clone()).await;
            world.editor.open(URI, "python", text);
            world.peer.expect_chat(Script::stream().text(reply).end());
            let result = world.run(world.params_on("refactor", selected)).await.unwrap();
            let expected = profile.behaviour.held(expected);
            assert_eq!(world.editor.text(URI), expected, "{}: {result}", profile.name);
            assert_eq!(result["outcome"], "applied", "{}: {result}", profile.name);
            assert_eq!(world.editor.edits().len(), 1);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn edit_is_exact_with_emoji_in_every_position_encoding() {
    let text = "crab = \"🦀é\"; total = first + second  # soma 🧮\nend = 'fim 🦀'\n";
    // No editor requires UTF-32. Therefore one profile is changed to require it.
    let offered = "/capabilities/general/positionEncodings";
    let utf_32 = profiles::eglot().with(offered, json!(["utf-32", "utf-16"]));
    let mut seen = BTreeSet::new();
    for profile in that_apply().chain([utf_32]) {
        let world = World::start(profile).await;
        seen.insert(world.editor.server_capabilities()["positionEncoding"].to_string());
        world.editor.open(URI, "python", text);
        world.peer.expect_chat(Script::stream().text("sum((first, second)) + len(\"🦀\")").end());
        let result = world.run(world.params_on("refactor", "first + second")).await.unwrap();
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        let expected = text.replace("first + second", "sum((first, second)) + len(\"🦀\")");
        assert_eq!(world.editor.text(URI), expected, "{}", world.profile.name);
        assert_eq!(world.editor.edits().len(), 1);
        world.finish().await;
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[tokio::test]
async fn reply_with_the_same_code_gives_no_edit() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        world.peer.answer_by_default(Script::stream().text(&format!("```python\n{FUNCTION}\n```")).end());
        let result = world.run(world.params("refactor")).await.unwrap();
        assert_eq!(result["outcome"], "unchanged", "{}", world.profile.name);
        assert!(result.get("edit").is_none() && result.get("reason").is_none());
        world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
        let (kind, message) = world.message().await;
        assert!(kind == INFO && message.contains("nothing to change"), "{message}");
        assert_eq!((world.editor.text(URI), world.count("workspace/applyEdit")), (SOURCE.to_owned(), 0));
        world.finish().await;
    }
}

#[tokio::test]
async fn reply_without_code_is_an_answer_with_one_message() {
    let reply =
        "I am sorry, but I cannot refactor this function without knowing what an item is. Could you tell me more?";
    for profile in profiles::all() {
        let world = World::open(profile).await;
        world.peer.answer_by_default(Script::stream().text(reply).end());
        let result = world.run(world.params("refactor")).await.unwrap();
        assert_eq!((&result["outcome"], &result["answer"]), (&json!("answered"), &json!(reply)));
        assert!(result["reason"].as_str().unwrap().ends_with('.'), "{result}");

        world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
        let (kind, message) = world.message().await;
        assert!(kind == WARNING && message.contains("contains no code"), "{message}");
        assert!(world.shown_answer().await.contains(reply));
        assert_eq!((world.editor.text(URI), world.count("workspace/applyEdit")), (SOURCE.to_owned(), 0));
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_is_proposed_when_editor_cannot_apply_edits() {
    let world = World::open(profiles::minimal()).await;
    world.peer.expect_chat(Script::stream().text(BETTER).end());
    let result = world.run(world.params("refactor")).await.unwrap();
    assert_eq!(result["outcome"], "proposed");
    assert!(result["reason"].as_str().unwrap().contains("takes no edits"), "{result}");
    let edits = result["edit"]["changes"][URI].as_array().unwrap();
    assert!(!edits.is_empty(), "a plug-in can apply it: {result}");
    world.finish().await;
}

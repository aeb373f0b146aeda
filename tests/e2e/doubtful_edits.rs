//! Edits that could be made, but are only proposed: the agent was interrupted, or wrote too much.

use serde_json::json;

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, refactored};

#[tokio::test]
async fn edit_from_a_truncated_answer_waits_for_the_user() {
    for stop_reason in ["length", "max_tokens", "MAX_TOKENS", "content_filter"] {
        let world = World::open(profiles::vscode()).await;
        let end = json!({ "message": "", "stop_reason": stop_reason, "tokens": { "input": 1, "output": 1 } });
        world.peer.expect_chat(Script::stream().text(BETTER).frame(&end));
        let result = world.run(world.params("refactor")).await.unwrap();
        assert_eq!((&result["outcome"], &result["stopReason"]), (&json!("proposed"), &json!(stop_reason)));
        assert!(result["reason"].as_str().unwrap().contains("could not finish its answer"), "{result}");
        assert_eq!((world.editor.text(URI).as_str(), world.count("workspace/applyEdit")), (SOURCE, 0));

        // The edit may still be complete, which the user can see.
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await;
        world.editor.wait_for_text(URI, |text| text == refactored()).await;
        world.editor.edits();
        world.finish().await;
    }
}

/// A broken frame. One line of the answer is lost, and the rest reads as if nothing were missing.
const BROKEN: &str = "{\"message\":\"    items = [item for item in items if item";

const LOST: &str = "A part of the answer could not be read and is missing.";

#[tokio::test]
async fn edit_with_a_lost_piece_waits_for_the_user() {
    let (first, rest) = BETTER.split_once('\n').unwrap();
    let lost = || Script::stream().text(first).text("\n").data(BROKEN).text(rest).end();
    let world = World::open(profiles::vscode()).await;
    world.peer.expect_chat(lost());
    let result = world.run(world.params("refactor")).await.unwrap();
    assert_eq!((&result["outcome"], &result["stopReason"]), (&json!("proposed"), &json!("stop")));
    assert_eq!(result["reason"], LOST);
    assert_eq!((world.editor.text(URI).as_str(), world.count("workspace/applyEdit")), (SOURCE, 0));

    // After a command, the editor gets one message.
    world.peer.expect_chat(lost());
    world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
    let (_, message) = world.message().await;
    assert!(message.contains(LOST), "{message}");
    world.finish().await;
}

#[tokio::test]
async fn incomplete_answer_is_marked_and_warned_about_once() {
    for (script, said) in [
        (Script::stream().text("It adds ").data(BROKEN).text("prices.").end(), LOST),
        (
            Script::stream().text("It adds prices").data("{\"message\":\"\",\"stop_reason\":\"pause_turn\"}"),
            "pause_turn",
        ),
    ] {
        let world = World::open(profiles::vscode()).await;
        world.peer.expect_chat(script);
        world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
        let (kind, message) = world.message().await;
        assert!(message.contains("is not whole") && message.contains(said), "{message}");
        assert_eq!(kind, 2, "a warning");
        let shown = world.shown_answer().await;
        assert!(shown.contains("It adds ") && shown.contains(said), "{shown}");
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_leaves_out_repeated_text_around_the_selection() {
    let world = World::open(profiles::vscode()).await;
    let (before, after) = SOURCE.split_once(FUNCTION).unwrap();
    world.peer.expect_chat(Script::stream().text(&[before, BETTER, after].concat()).end());
    let result = world.run(world.params("refactor")).await.unwrap();
    assert_eq!(result["outcome"], "applied", "{result}");
    world.editor.wait_for_text(URI, |text| text == refactored()).await;
    world.editor.edits();
    world.finish().await;
}

#[tokio::test]
async fn edit_waits_for_user_when_it_would_remove_the_function() {
    for (action, reply) in [
        ("refactor", "# Means are what the callers of this ask for.\n"),
        ("fix", "    return sum(prices) / len(prices)\n"),
        ("refactor", "def average(prices):\n    return sum(prices) / len(prices)\n"),
    ] {
        let world = World::open(profiles::vscode()).await;
        world.peer.expect_chat(Script::stream().text(&format!("```python\n{reply}```")).end());
        let result = world.run(world.params(action)).await.unwrap();
        assert_eq!(result["outcome"], "proposed", "{reply}: {result}");
        assert_eq!((world.editor.text(URI).as_str(), world.count("workspace/applyEdit")), (SOURCE, 0));
        world.finish().await;
    }
}

//! A fix did not help, and the editor reports more problems.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{FUNCTION, URI, World, titles, with};

const AGAIN: &str = "Try again with the new error";

/// A reply in a conversation.
fn reply(text: &str, conversation: &str) -> Script {
    let end = json!({ "stop_reason": "stop", "conversation_id": conversation, "tokens": { "input": 1, "output": 1 } });
    Script::stream().text(text).data(&end.to_string())
}

fn fixed(body: &str) -> String {
    format!("def total(items):\n    {body}")
}

/// A problem that the editor reports at the first occurrence of `needle`.
fn problem(world: &World, needle: &str, message: &str) -> Value {
    json!({ "range": world.editor.range_of(URI, needle), "message": message })
}

/// The menu on the function, with these problems.
async fn menu(world: &World, needle: &str, problems: &[Value]) -> Vec<Value> {
    let context = json!({ "diagnostics": problems, "triggerKind": 1 });
    world.editor.code_actions_in(URI, &world.editor.range_of(URI, needle), context).await
}

/// The first fix, for one problem. The server applies it, and the problem stays.
async fn fix(world: &World, body: &str) {
    world.peer.expect_chat(reply(&fixed(body), "01CONVERSATION"));
    let problems = json!([problem(world, "sum + item", "sum is no number")]);
    let result = world.run(with(world.params("fix"), "diagnostics", problems)).await.unwrap();
    assert_eq!(result["outcome"], "applied");
}

#[tokio::test]
async fn fix_again_continues_conversation_when_new_error_appears() {
    for profile in profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit")) {
        let world = World::open(profile).await;
        let before = menu(&world, FUNCTION, &[problem(&world, "sum + item", "sum is no number")]).await;
        assert!(!titles(&before).iter().any(|title| title == AGAIN), "nothing was tried yet");

        fix(&world, "return total(item.price for item in items)").await;
        // The user types elsewhere. The editor checks again, and reports a problem.
        world.editor.replace(URI, "# The cart", "# More.\n# The cart");
        for (round, next) in ["return sums(items)", "return sum(items)"].into_iter().enumerate() {
            let actions =
                menu(&world, "def total", &[problem(&world, "return", &format!("no such thing {round}"))]).await;
            let all = titles(&actions);
            let (again, plain) =
                (all.iter().position(|it| it == AGAIN), all.iter().position(|it| it.starts_with("Fix")));
            assert!(again.is_some() && again < plain, "{}: {all:?}", world.profile.name);

            let chat = world.peer.expect_chat(reply(&fixed(next), "01CONVERSATION"));
            world.editor.run(&actions, AGAIN).await;
            let body = chat.arrived().await.json();
            assert_eq!(body["conversation_id"], "01CONVERSATION");
            let prompt = body["user_prompt"].as_str().unwrap();
            assert!(prompt.contains(&format!(": no such thing {round}")), "{prompt}");
            assert!(prompt.contains("An earlier fix is in the file now"), "{prompt}");
            assert!(!prompt.contains("sum is no number"), "the conversation knows: {prompt}");
            world.editor.wait_for_text(URI, |text| text.contains(next)).await;
            world.editor.edits();
            world.wait_for_no_jobs().await;
        }
        world.editor.messages();
        world.finish().await;
    }
}

#[tokio::test]
async fn fix_again_is_not_offered_for_problems_elsewhere() {
    let world = World::open(profiles::vscode()).await;
    fix(&world, "return total(items)").await;
    let elsewhere = problem(&world, "print(", "no such function");
    assert!(!titles(&menu(&world, "def total", &[elsewhere]).await).iter().any(|title| title == AGAIN));
    assert!(!titles(&menu(&world, "def total", &[]).await).iter().any(|title| title == AGAIN));

    // After the document was closed, the server does not know the place of the fix.
    world.editor.close(URI);
    world.editor.open(URI, "python", "def total(items):\n    return total(items)\n");
    let problems = [problem(&world, "return", "recursion")];
    assert!(!titles(&menu(&world, "def total", &problems).await).iter().any(|title| title == AGAIN));
    world.editor.edits();
    world.finish().await;
}

#[tokio::test]
async fn prompt_has_the_earlier_fix_when_conversations_are_off() {
    let profile = profiles::vscode().options(json!({ "conversation": { "enabled": false } }));
    let world = World::open(profile).await;
    fix(&world, "return total(items)").await;
    let actions = menu(&world, "def total", &[problem(&world, "return", "endless recursion")]).await;
    let chat = world.peer.expect_chat(reply(&fixed("return sum(items)"), "01CONVERSATION"));
    world.editor.run(&actions, AGAIN).await;
    let body = chat.arrived().await.json();
    assert!(body.get("conversation_id").is_none(), "{body}");
    let prompt = body["user_prompt"].as_str().unwrap();
    for told in [
        ": endless recursion",
        "sum is no number",
        "The reply that was tried:\ndef total(items):\n    return total(items)",
    ] {
        assert!(prompt.contains(told), "{told}: {prompt}");
    }
    world.editor.wait_for_text(URI, |text| text.contains("return sum(items)")).await;
    world.editor.edits();
    world.wait_for_no_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn fix_without_problems_changes_nothing_and_gives_a_reason() {
    let world = World::open(crate::support::profiles::helix()).await;
    world.peer.expect_chat(Script::stream().text("No problems found in the selection.").end());
    let result = world.run(world.params("fix")).await.unwrap();
    assert_eq!(
        (&result["outcome"], &result["reason"].as_str().unwrap().contains("No problems found")),
        (&json!("unchanged"), &true)
    );
    world.finish().await;
}

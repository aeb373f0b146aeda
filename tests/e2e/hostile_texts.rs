//! Texts that crash or block a parser. The session, its menu and its jobs continue.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{BETTER, SOURCE, URI, World, refactored};

const KOTLIN: &str = file_uri!("/home/ana/shop/Api.kt");

/// A menu, a status and a whole edit work.
async fn all_is_well(world: &World) {
    let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
    assert!(status["jobs"].as_array().unwrap().iter().all(|job| job["state"] == "proposed"), "{status}");
    world.editor.open(URI, "python", SOURCE);
    world.peer.expect_chat(Script::stream().text(BETTER).end());
    let result = world.run(world.params("refactor")).await.unwrap();
    assert_eq!(result["outcome"], "applied", "{result}");
    world.editor.wait_for_text(URI, |text| text == refactored()).await;
    world.editor.edits();
}

#[tokio::test]
async fn menu_opens_when_the_parser_never_ends() {
    let world = World::start(profiles::vscode()).await;
    world.editor.open(KOTLIN, "kotlin", "// @stackspot explain\nclass B\n@Ok");
    for _ in 0..3 {
        let actions = world.editor.code_actions(KOTLIN, &world.editor.range_of(KOTLIN, "class B")).await;
        // The menu offers the comment's action, because no parser could say that it is not a comment.
        assert!(actions.iter().any(|action| action["title"] == "StackSpot: explain"), "{actions:?}");
    }
    all_is_well(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn question_uses_the_paragraph_when_the_parser_fails() {
    let world = World::start(profiles::vscode()).await;
    for (uri, language, text) in [
        (KOTLIN, "kotlin", "package a\n\nval port: Int = 80\n@get:".to_owned()),
        (file_uri!("/home/ana/shop/a.rb"), "ruby", format!("a = <<-{}\n b\n", "b".repeat(300))),
    ] {
        world.editor.open(uri, language, &text);
        let chat = world.peer.expect_chat(Script::stream().text("It is so.").end());
        let point = json!({ "line": 2, "character": 0 });
        let point = if language == "kotlin" { point } else { json!({ "line": 0, "character": 0 }) };
        let params = json!({
            "action": "explain", "textDocument": { "uri": uri }, "range": { "start": point, "end": point },
        });
        let result = world.run(params).await.unwrap();
        assert_eq!(result["outcome"], "answered", "{result}");
        let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(prompt.contains(text.lines().last().unwrap()), "{prompt}");
    }
    all_is_well(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn edit_waits_for_user_when_its_syntax_cannot_be_checked() {
    let world = World::start(profiles::vscode()).await;
    world.editor.open(KOTLIN, "kotlin", "val port = 80");
    world.peer.expect_chat(Script::stream().text("val port = 81\n@get:").end());
    let params = json!({
        "action": "refactor",
        "textDocument": { "uri": KOTLIN },
        "range": world.editor.range_of(KOTLIN, "val port = 80"),
    });
    let result = world.run(params).await.unwrap();
    assert_eq!(result["outcome"], "proposed", "{result}");
    assert!(result["reason"].as_str().unwrap().contains("could not be checked for syntax errors"), "{result}");
    assert_eq!(world.editor.text(KOTLIN), "val port = 80");
    all_is_well(&world).await;
    world.finish().await;
}

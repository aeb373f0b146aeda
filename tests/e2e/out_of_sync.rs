//! If the text is no longer certain, the server makes no edits, and tells the user once.

use serde_json::{Value, json};

use crate::support::peer::{Gate, Script};
use crate::support::profiles;
use crate::world::{BETTER, ERROR, FUNCTION, SOURCE, URI, World, refactored, titles};

fn change(version: Value, changes: Value) -> Value {
    json!({ "textDocument": { "uri": URI, "version": version }, "contentChanges": changes })
}

/// Notifications after which the server does not know the text.
fn breakages() -> Vec<(&'static str, Value)> {
    let zero = json!({ "line": 0, "character": 0 });
    let later = json!({ "line": 3, "character": 0 });
    let insert = json!([{ "range": { "start": zero, "end": zero }, "text": "x" }]);
    vec![
        ("the version goes back", change(json!(0), insert.clone())),
        ("the version stands still", change(json!(1), insert.clone())),
        ("no version", change(Value::Null, insert)),
        (
            "a range that ends before it starts",
            change(json!(2), json!([{ "range": { "start": later, "end": zero }, "text": "" }])),
        ),
        ("a change without text", change(json!(2), json!([{ "range": { "start": zero, "end": zero } }]))),
        ("a range of nonsense", change(json!(2), json!([{ "range": { "start": -1, "end": zero }, "text": "" }]))),
    ]
}

#[tokio::test]
async fn out_of_sync_document_is_not_edited_until_it_is_reopened() {
    for profile in profiles::all() {
        for (name, breakage) in breakages() {
            let world = World::open(profile.clone()).await;
            let params = world.params("refactor");
            world.editor.notify("textDocument/didChange", breakage.clone());
            let (kind, message) = world.message().await;
            assert!(
                kind == ERROR && message.contains("cart.py") && message.contains("open it again"),
                "{name}: {message}"
            );
            // A second breakage gives no second message.
            world.editor.notify("textDocument/didChange", breakage);
            world.editor.notify("textDocument/didChange", change(json!(7), json!([])));

            let error = world.run(params.clone()).await.unwrap_err();
            assert_eq!(error["data"]["kind"], "outOfSync", "{name}: {error}");
            let range = params["range"].clone();
            assert_eq!(world.editor.code_actions(URI, &range).await, Vec::<Value>::new(), "{name}");
            assert_eq!((world.count("window/showMessage"), world.peer.requests().len()), (1, 0), "{name}");

            world.editor.close(URI);
            world.editor.open(URI, "python", SOURCE);
            world.peer.expect_chat(Script::stream().text(BETTER).end());
            let result = world.run(params).await.unwrap();
            let expected = if world.applies() { "applied" } else { "proposed" };
            assert_eq!(result["outcome"], expected, "{name}: {result}");
            world.editor.edits();
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn running_edit_is_kept_when_the_text_gets_out_of_sync() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let gate = Gate::default();
        let (request, _) = world.ask("refactor", Script::stream().gate(&gate).text(BETTER).end()).await;
        world.editor.notify("textDocument/didChange", breakages().remove(0).1);
        world.message().await;
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
        let menu = titles(&world.editor.code_actions(URI, &range).await);
        assert!(menu.len() == 1 && menu[0].starts_with("Cancel"), "{}: {menu:?}", world.profile.name);
        gate.open();
        let result = world.editor.response(request).await.unwrap();
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        assert!(result["reason"].as_str().unwrap().contains("disagree"), "{result}");
        assert_eq!(world.count("workspace/applyEdit"), 0);
        world.finish().await;
    }
}

#[tokio::test]
async fn full_text_change_repairs_an_out_of_sync_document() {
    for profile in profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit")) {
        let world = World::open(profile).await;
        world.editor.notify("textDocument/didChange", breakages().remove(0).1);
        world.message().await;
        world.editor.rewrite(URI, SOURCE);
        world.peer.expect_chat(Script::stream().text(BETTER).end());
        assert_eq!(world.run(world.params("refactor")).await.unwrap()["outcome"], "applied");
        assert_eq!(world.editor.text(URI), refactored());
        assert_eq!(world.editor.edits().len(), 1);
        world.finish().await;
    }
}

#[tokio::test]
async fn invalid_notifications_do_not_harm_the_session() {
    let world = World::open(profiles::vscode()).await;
    let unknown = json!({ "uri": file_uri!("/home/ana/shop/unknown.py"), "version": 2 });
    let notify = |method: &str, params: Value| world.editor.notify(method, params);
    notify("textDocument/didChange", json!({ "textDocument": unknown, "contentChanges": [{ "text": "a" }] }));
    notify("textDocument/didClose", json!({ "textDocument": unknown }));
    notify("textDocument/didSave", json!({ "textDocument": unknown }));
    notify("textDocument/didChange", json!({ "contentChanges": [] }));
    notify("textDocument/didOpen", json!({ "textDocument": { "uri": file_uri!("/x") } }));
    notify("window/workDoneProgress/cancel", json!({ "token": {} }));
    notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": 3 } }));
    notify("textDocument/didSomething", json!({}));
    let result = world.run(world.params_on("explain", FUNCTION)).await.unwrap();
    assert_eq!(result["outcome"], "answered");
    world.finish().await;
}

//! What a prompt carries besides the selection.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{FUNCTION, SOURCE, URI, World, with};

/// The prompt that the agent gets for these parameters.
async fn prompt(world: &World, params: Value) -> String {
    let chat = world.peer.expect_chat(Script::stream().text("I cannot say anything about that.").end());
    world.run(params).await.unwrap();
    chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned()
}

/// What stands between the tags of this name.
fn between<'a>(prompt: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = prompt.split_once(&format!("\n<{tag}>\n"))?;
    Some(rest.split_once(&format!("</{tag}>\n"))?.0)
}

#[tokio::test]
async fn a_fix_at_a_cursor_is_about_the_definition_around_it_or_about_the_lines_of_the_problems() {
    let world = World::open(profiles::vscode()).await;
    let point = json!({ "start": { "line": 4, "character": 9 }, "end": { "line": 4, "character": 9 } });
    let at =
        |line: u32| json!({ "start": { "line": line, "character": 4 }, "end": { "line": line + 1, "character": 0 } });
    let fix = |range: Value| {
        let problem = json!({ "range": range, "message": "odd" });
        with(with(world.params("fix"), "range", point.clone()), "diagnostics", json!([problem]))
    };
    let inside = prompt(&world, fix(at(5))).await;
    assert_eq!(between(&inside, "selection").unwrap().trim_end(), FUNCTION);
    assert_eq!(between(&inside, "diagnostics"), Some("line 6: odd\n"));

    let outside = prompt(&world, fix(at(10))).await;
    assert_eq!(between(&outside, "selection"), Some("    print(\"hi \" + name)\n"));

    // A question that is not about the problems stays where it was asked.
    let explain = with(fix(at(10)), "action", json!("explain"));
    assert_eq!(between(&prompt(&world, explain).await, "selection").unwrap().trim_end(), FUNCTION);
    assert_eq!(world.editor.text(URI), SOURCE);
    world.finish().await;
}

#[tokio::test]
async fn problems_come_with_their_rule_and_the_places_that_have_to_do_with_them() {
    let world = World::start(profiles::vscode()).await;
    let folder = "file:///home/ana/shop";
    let change = json!({ "event": { "added": [{ "uri": folder, "name": "shop" }], "removed": [] } });
    world.editor.notify("workspace/didChangeWorkspaceFolders", change);
    world.editor.open(URI, "python", SOURCE);
    let range = world.editor.range_of(URI, "sum + item");
    let place = |uri: &str| json!({ "location": { "uri": uri, "range": range }, "message": "defined\nhere" });
    let problem = json!({
        "range": range, "severity": 1, "code": "E0602", "source": "pylint", "message": "undefined\n  name",
        "relatedInformation": [place("file:///home/ana/shop/src/item.py"), place("file:///home/ana/secret/plan.py")],
    });
    let params = with(world.params("fix"), "diagnostics", json!([problem]));
    // The user goes on typing; the problem moves with its line.
    world.editor.replace(URI, "# The cart", "# A line more.\n# The cart");
    let prompt = prompt(&world, params).await;
    assert_eq!(
        between(&prompt, "diagnostics"),
        Some(
            "line 7: error[E0602] (pylint): undefined\n      name\n    src/item.py:6: defined here\n    \
             plan.py:6: defined here\n"
        )
    );
    assert!(!prompt.contains("/home/ana"), "no home directory goes out");
    world.finish().await;
}

//! The commands for a waiting edit, above its lines.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{BETTER, FUNCTION, URI, World, with};

async fn lenses(world: &World) -> Vec<Value> {
    let params = json!({ "textDocument": { "uri": URI } });
    let lenses = world.editor.request("textDocument/codeLens", params).await.unwrap();
    lenses.as_array().unwrap().clone()
}

fn shown(lenses: &[Value]) -> Vec<(u64, &str)> {
    let place = |lens: &Value| lens["range"]["start"]["line"].as_u64().unwrap();
    lenses.iter().map(|lens| (place(lens), lens["command"]["title"].as_str().unwrap())).collect()
}

async fn proposed(world: &World) -> Value {
    world.peer.expect_chat(Script::stream().text(BETTER).end());
    world.run(with(world.params("refactor"), "apply", json!("review"))).await.unwrap()["jobId"].clone()
}

async fn run(world: &World, lens: &Value) {
    let command = lens["command"]["command"].as_str().unwrap();
    world.editor.execute(command, lens["command"]["arguments"].clone()).await;
}

#[tokio::test]
async fn code_lenses_are_shown_only_for_waiting_edits() {
    for profile in [profiles::vscode(), profiles::neovim()] {
        let world = World::open(profile).await;
        let is_registered = world.profile.declares("/textDocument/codeLens/dynamicRegistration");
        if !is_registered {
            assert_eq!(lenses(&world).await, Vec::<Value>::new(), "the file is not lit");
        }
        proposed(&world).await;
        if is_registered {
            let asked =
                world.editor.wait_for(|message| message["params"]["registrations"][0]["id"] == "stackspot-lsp/lenses");
            assert_eq!(asked.await["params"]["registrations"][0]["method"], "textDocument/codeLens");
        } else {
            world.editor.wait_for_method("workspace/codeLens/refresh").await;
        }
        let all = lenses(&world).await;
        let apply = "Apply “Refactor with StackSpot AI”";
        assert_eq!(shown(&all), [(2, apply), (2, "Show diff"), (2, "Discard")], "{}", world.profile.name);

        world.editor.replace(URI, "# The cart", "# More.\n# The cart");
        let all = lenses(&world).await;
        assert_eq!(shown(&all)[0], (3, apply), "they go along with the lines");

        run(&world, &all[1]).await;
        let diff = world.shown_answer().await;
        assert!(diff.starts_with("diff --git a/cart.py"), "{diff}");
        run(&world, &all[0]).await;
        world.editor.wait_for_text(URI, |text| text.contains(BETTER)).await;
        world.editor.wait_for_method("workspace/codeLens/refresh").await;
        assert_eq!(lenses(&world).await, Vec::<Value>::new());
        world.editor.edits();

        world.editor.replace(URI, BETTER, FUNCTION);
        proposed(&world).await;
        world.editor.wait_for_method("workspace/codeLens/refresh").await;
        let all = lenses(&world).await;
        run(&world, &all[2]).await;
        world.editor.wait_for_method("workspace/codeLens/refresh").await;
        assert_eq!(lenses(&world).await, Vec::<Value>::new(), "what was discarded is gone");
        world.finish().await;
    }
}

#[tokio::test]
async fn code_lenses_change_when_user_types_in_the_range() {
    let world = World::open(profiles::vscode()).await;
    proposed(&world).await;
    world.editor.replace(URI, "sum = 0", "sum = 0.5");
    let all = lenses(&world).await;
    let titles: Vec<&str> = shown(&all).into_iter().map(|(_, title)| title).collect();
    assert_eq!(titles, ["StackSpot AI: Show diff", "Replace mine", "Discard"], "a narrow window shows the first alone");
    world.finish().await;
}

#[tokio::test]
async fn editor_without_code_lenses_gets_no_refresh_request() {
    for profile in profiles::all().into_iter().filter(|profile| !profile.declares("/textDocument/codeLens")) {
        let world = World::open(profile).await;
        let id = proposed(&world).await;
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": id }])).await;
        assert_eq!(world.count("workspace/codeLens/refresh"), 0, "{}", world.profile.name);
        world.finish().await;
    }
}

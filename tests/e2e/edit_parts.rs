//! A waiting edit of several changes, applied and discarded change by change.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::patience::until;
use crate::support::peer::Script;
use crate::support::profiles::{self, Profile};
use crate::world::{SOURCE, URI, World, titles, with};

/// Three changes, with unchanged lines between them.
const THREE: &str = "\
# The cart of a shop.

def total(items):
    sum = 0.0
    for item in items:
        sum = sum + item.price
    return round(sum)";

/// The selected text.
const ABOVE: &str = "\
# The cart of the shop.

def total(items):
    sum = 0
    for item in items:
        sum = sum + item.price
    return sum";

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

async fn proposed(world: &World) -> Value {
    world.peer.expect_chat(Script::stream().text(THREE).end());
    let result = world.run(with(world.params_on("refactor", ABOVE), "apply", json!("review"))).await.unwrap();
    assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
    result
}

async fn menu(world: &World, at: &str) -> Vec<String> {
    titles(&world.editor.code_actions(URI, &world.editor.range_of(URI, at)).await)
}

#[tokio::test]
async fn each_part_of_an_edit_can_be_applied_or_discarded_alone() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let result = proposed(&world).await;
        let parts = result["parts"].as_array().unwrap();
        assert_eq!(parts.len(), 3, "{}: {result}", world.profile.name);
        let lines: Vec<_> = parts.iter().map(|part| part["range"]["start"]["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, [0, 3, 6]);
        assert!(parts.iter().all(|part| part["edit"].is_object()), "{result}");

        let titles = menu(&world, "sum = 0").await;
        let of_changes: Vec<_> = titles.iter().filter(|title| title.contains("this change")).collect();
        assert!(of_changes.len() == 2 && of_changes[0].starts_with("Apply this change"), "{titles:?}");
        world.editor.choose(URI, &world.editor.range_of(URI, "sum = 0"), "Apply this change").await;
        world.editor.wait_for_text(URI, |text| text.contains("sum = 0.0")).await;
        assert_eq!(world.editor.text(URI), SOURCE.replace("sum = 0", "sum = 0.0"), "that one alone");
        world.wait_for_state("proposed").await;
        assert!(!menu(&world, "sum = 0.0").await.iter().any(|title| title.contains("this change")));

        // The numbers of the other changes are still valid, even after the user typed above.
        world.editor.type_at(URI, &json!({ "line": 0, "character": 0 }), "# Typed.\n");
        let job = &result["jobId"];
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": job, "part": 0 }])).await;
        for gone in [0, 1, 7] {
            let wrong = json!([{ "jobId": job, "part": gone }]);
            let error = world.editor.try_execute("stackspot-lsp.apply", wrong).await.unwrap_err();
            assert!(error["code"] == -32602 && error["message"].as_str().unwrap().contains("part"), "{error}");
        }
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job, "part": 2 }])).await;
        world.editor.wait_for_text(URI, |text| text.contains("round")).await;
        world.wait_for_no_jobs().await;
        let expected = SOURCE.replace("sum = 0", "sum = 0.0").replace("return sum", "return round(sum)");
        assert_eq!(world.editor.text(URI), format!("# Typed.\n{expected}"), "{}", world.profile.name);
        assert_eq!(world.editor.edits().len(), 2);
        world.finish().await;
    }
}

#[tokio::test]
async fn other_parts_of_an_edit_are_kept_after_a_restart() {
    let world = World::open(profiles::neovim()).await;
    let job = proposed(&world).await["jobId"].clone();
    world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job, "part": 1 }])).await;
    let text = world.editor.wait_for_text(URI, |text| text.contains("sum = 0.0")).await;
    world.wait_for_state("proposed").await;
    drop(world.editor.edits());
    let world = world.restarted().await;
    world.editor.open(URI, "python", &text);
    let described = world.editor.execute("stackspot-lsp.proposal", json!([{ "jobId": job }])).await;
    let parts = described["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2, "{described}");
    for part in parts {
        let argument = json!([{ "jobId": job, "part": part["part"] }]);
        world.editor.execute("stackspot-lsp.discard", argument).await;
    }
    world.wait_for_no_jobs().await;
    let world = world.restarted().await;
    let waiting = world.home.path().join("state/stackspot-lsp/waiting");
    let left = || -> Vec<PathBuf> { std::fs::read_dir(&waiting).unwrap().map(|entry| entry.unwrap().path()).collect() };
    // The server was about to write the file when the last change was discarded. It removes the file again.
    until("an empty folder of what waits", || left().is_empty().then_some(())).await;
    world.finish().await;
}

#[tokio::test]
async fn code_lens_is_shown_above_each_change() {
    let world = World::open(profiles::vscode()).await;
    proposed(&world).await;
    world.editor.wait_for_method("client/registerCapability").await;
    let params = json!({ "textDocument": { "uri": URI } });
    let lenses = world.editor.request("textDocument/codeLens", params).await.unwrap();
    let of_changes: Vec<_> = lenses
        .as_array()
        .unwrap()
        .iter()
        .filter(|lens| lens["command"]["title"].as_str().unwrap().contains("this change"))
        .map(|lens| (lens["range"]["start"]["line"].as_u64().unwrap(), &lens["command"]["arguments"][0]["part"]))
        .collect();
    let (zero, one, two) = (json!(0), json!(1), json!(2));
    assert_eq!(of_changes, [(0, &zero), (0, &zero), (3, &one), (3, &one), (6, &two), (6, &two)]);
    world.finish().await;
}
